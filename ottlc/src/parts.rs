//! Conditions and the values in them, for people and for programs.

use std::fmt::Write as _;

use ottl::trace::{Part, PartKind, Shown, Truth, ValuePart};
use serde_json::{Value as Json, json};

use crate::terminal::{Paint, Tone};

/// How much of a value is shown, in characters.
pub(crate) const VALUE_WIDTH: usize = 200;
/// How much of a statement is shown, in characters.
pub(crate) const SOURCE_WIDTH: usize = 160;
/// Where truths stand, in characters from the left.
const TRUTH_COLUMN: usize = 60;

/// A condition with the values of its parts, a line each, indented by twice `depth`.
pub(crate) fn text(part: &Part, depth: usize, paint: Paint) -> String {
    let mut printer = Printer {
        paint,
        out: String::new(),
    };
    printer.part(part, depth);
    printer.out
}

/// The text, cut to a number of characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

struct Printer {
    paint: Paint,
    out: String,
}

impl Printer {
    /// A part of a condition and what is in it.
    fn part(&mut self, part: &Part, depth: usize) {
        let label = match &part.kind {
            PartKind::Not(_) => "not".to_owned(),
            PartKind::And(_) => "and".to_owned(),
            PartKind::Or(_) => "or".to_owned(),
            _ => cut(&part.text, SOURCE_WIDTH),
        };
        let (tone, truth) = match &part.truth {
            Truth::True => (Tone::Good, "true".to_owned()),
            Truth::False => (Tone::Bad, "false".to_owned()),
            Truth::Failed(reason) => (Tone::Bad, format!("failed: {}", cut(reason, VALUE_WIDTH))),
            Truth::NotEvaluated => (Tone::Faint, "not evaluated".to_owned()),
        };
        let indent = " ".repeat(2 * depth);
        let width = TRUTH_COLUMN.saturating_sub(indent.len());
        let _ = writeln!(
            self.out,
            "{indent}{label:width$}  {}",
            self.paint.tone(tone, &truth)
        );
        let is_evaluated = part.truth != Truth::NotEvaluated;
        for value in part.values().iter().filter(|_| is_evaluated) {
            // A value that is the whole part has been shown.
            match part.kind {
                PartKind::Value(_) => value
                    .inputs
                    .iter()
                    .for_each(|input| self.value(input, depth + 1)),
                _ => self.value(value, depth + 1),
            }
        }
        for part in part.parts() {
            self.part(part, depth + 1);
        }
    }

    fn value(&mut self, value: &ValuePart, depth: usize) {
        // Names of enums and constants do not say what they stand for.
        let is_name = value.text.starts_with(char::is_alphabetic);
        let says_itself = |shown: &Shown| shown.text == value.text;
        if value.is_literal && (!is_name || value.shown().is_none_or(says_itself)) {
            return;
        }
        let indent = " ".repeat(2 * depth);
        let shown = match &value.value {
            None => self.paint.tone(Tone::Faint, "not evaluated"),
            Some(Ok(shown)) => format!("{} ({})", cut(&shown.text, VALUE_WIDTH), shown.ty),
            Some(Err(reason)) => {
                let failed = format!("failed: {}", cut(reason, VALUE_WIDTH));
                self.paint.tone(Tone::Bad, &failed)
            }
        };
        let _ = writeln!(
            self.out,
            "{indent}{} is {shown}",
            cut(&value.text, SOURCE_WIDTH)
        );
        for input in &value.inputs {
            self.value(input, depth + 1);
        }
    }
}

/// The same as JSON; `docs/trace.md` describes the shape.
pub(crate) fn json(part: &Part) -> Json {
    let mut object = json!({
        "kind": match &part.kind {
            PartKind::Known => "known",
            PartKind::Comparison { .. } => "comparison",
            PartKind::In(_) => "in",
            PartKind::Value(_) => "value",
            PartKind::Not(_) => "not",
            PartKind::And(_) => "and",
            PartKind::Or(_) => "or",
        },
        "truth": match &part.truth {
            Truth::True => "true",
            Truth::False => "false",
            Truth::Failed(_) => "failed",
            Truth::NotEvaluated => "not_evaluated",
        },
    });
    if let Truth::Failed(reason) = &part.truth {
        object["reason"] = json!(reason);
    }
    if !part.text.is_empty() {
        object["text"] = json!(part.text);
    }
    if let PartKind::Comparison { operator, .. } = &part.kind {
        object["operator"] = json!(operator);
    }
    if !part.values().is_empty() {
        object["values"] = part.values().iter().map(value_json).collect();
    }
    if !part.parts().is_empty() {
        object["parts"] = part.parts().iter().map(json).collect();
    }
    object
}

fn value_json(value: &ValuePart) -> Json {
    let mut object = json!({"text": value.text, "literal": value.is_literal});
    match &value.value {
        Some(Ok(shown)) => {
            object["type"] = json!(shown.ty);
            object["value"] = json!(shown.text);
        }
        Some(Err(reason)) => object["failed"] = json!(reason),
        None => object["evaluated"] = json!(false),
    }
    if !value.inputs.is_empty() {
        object["inputs"] = value.inputs.iter().map(value_json).collect();
    }
    object
}

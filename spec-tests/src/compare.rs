//! Whether an answer equals the expected one, as `FORMAT.md` defines equality.
//!
//! Messages are compared as OTLP, not as JSON text: `otlp` knows every field and brings both
//! sides to one normal form first. An expected `panic` accepts every answer.
//!
//! Errors are compared by presence: the reference has texts, which name its own types, and neither
//! kinds nor the number of the statement, so that there is nothing else to compare. Under `propagate`
//! it gives no message either. Which statement failed on which item, and that the item was left as it
//! was, shows in the cases that run under `ignore`, whose messages are compared whole.

mod otlp;
mod typed;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::case::Signal;

/// The first place where an answer departs from the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, as a path from the root of the answer, such as `output.resourceSpans[0].resource`.
    pub path: String,
    /// What the reference says there.
    pub expected: String,
    /// What the answer says there.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "at {}: expected {}, found {}",
            self.path, self.expected, self.found
        )
    }
}

/// Compares `answer` with `expect`; both are objects with one of the keys `parse_error`,
/// `exec_error`, `output`, `outputs`, `results` and `panic`.
///
/// # Errors
/// Returns the first difference in reading order.
pub fn compare(signal: Signal, expect: &Value, answer: &Value) -> Result<(), Difference> {
    let (wanted, expected) = outcome(expect)?;
    if wanted == "panic" {
        return Ok(());
    }
    let (got, found) = outcome(answer)?;
    if wanted != got {
        return Err(Difference {
            path: "(outcome)".to_owned(),
            expected: format!("{wanted} {}", excerpt(expected)),
            found: format!("{got} {}", excerpt(found)),
        });
    }
    match wanted {
        "output" => otlp::compare_messages(signal, expected, found),
        "outputs" => compare_outputs(signal, expected, found),
        "results" => typed::compare_results(expected, found),
        _ => Ok(()),
    }
}

/// Compares what each pipeline got. One message stands for itself or in a list; several come in any
/// order.
fn compare_outputs(signal: Signal, expected: &Value, found: &Value) -> Result<(), Difference> {
    let pipelines = |value: &Value| -> BTreeMap<String, Vec<Value>> {
        let entries = value.as_object().into_iter().flatten();
        let messages = |sent: &Value| match sent {
            Value::Array(messages) => messages.clone(),
            message => vec![message.clone()],
        };
        entries
            .map(|(name, sent)| (name.clone(), messages(sent)))
            .collect()
    };
    let (wanted, got) = (pipelines(expected), pipelines(found));
    let counts = |sent: &BTreeMap<String, Vec<Value>>| -> Vec<(String, usize)> {
        let counts = sent.iter();
        counts
            .map(|(name, messages)| (name.clone(), messages.len()))
            .collect()
    };
    if counts(&wanted) != counts(&got) {
        return Err(Difference {
            path: "outputs".to_owned(),
            expected: excerpt(expected),
            found: excerpt(found),
        });
    }
    for (name, messages) in wanted {
        let mut left = got.get(&name).cloned().unwrap_or_default();
        for message in messages {
            let is_equal = |other: &Value| otlp::compare_messages(signal, &message, other).is_ok();
            match left.iter().position(is_equal) {
                Some(at) => {
                    left.remove(at);
                }
                None => {
                    let other = left.first().cloned().unwrap_or_default();
                    return otlp::compare_messages(signal, &message, &other);
                }
            }
        }
    }
    Ok(())
}

/// The one outcome an answer has, with its content. Writers that leave out empty lists write an
/// answer without results, to a case without items, as an empty object.
fn outcome(answer: &Value) -> Result<(&'static str, &Value), Difference> {
    static NO_RESULTS: Value = Value::Array(Vec::new());
    if answer.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(("results", &NO_RESULTS));
    }
    let names = [
        "parse_error",
        "exec_error",
        "output",
        "outputs",
        "results",
        "panic",
    ];
    let mut present = names
        .into_iter()
        .filter_map(|name| Some((name, answer.get(name)?)));
    match (present.next(), present.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Difference {
            path: "(outcome)".to_owned(),
            expected: format!("exactly one of {}", names.join(", ")),
            found: excerpt(answer),
        }),
    }
}

/// The text of a value, cut to what fits into one line of a report.
fn excerpt(value: &Value) -> String {
    const MOST: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// A string as it is compared: what was not UTF-8 arrives as U+FFFD, and engines write one for
/// each byte or one for each invalid part, so a run of them counts as one.
fn comparable_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != char::REPLACEMENT_CHARACTER || !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// The number a JSON value stands for: a JSON number, or one of the names of the values that
/// JSON has no number for.
fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => match s.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "+Inf" | "Inf" => Some(f64::INFINITY),
            "-Infinity" | "-Inf" => Some(f64::NEG_INFINITY),
            other => other.parse().ok().filter(|v: &f64| v.is_finite()),
        },
        _ => None,
    }
}

fn same_double(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

/// The integer a JSON value stands for: a whole JSON number, or a string of digits.
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(n) => n
            .as_i64()
            .map(i128::from)
            .or_else(|| n.as_u64().map(i128::from))
            .or_else(|| {
                n.as_f64()
                    .filter(|f| f.fract() == 0.0 && f.abs() < 1e18)
                    .map(|f| f as i128)
            }),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// The bytes a base64 text stands for, in either alphabet, padded or not.
fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let bare = text.trim_end_matches('=');
    STANDARD_NO_PAD
        .decode(bare)
        .or_else(|_| URL_SAFE_NO_PAD.decode(bare))
        .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_compare_by_presence() {
        let expect = json!({"parse_error": "unexpected token"});
        assert_eq!(
            compare(Signal::Logs, &expect, &json!({"parse_error": "no"})),
            Ok(())
        );
        let other = compare(Signal::Logs, &expect, &json!({"exec_error": "no"})).unwrap_err();
        assert_eq!(other.path, "(outcome)");
    }

    #[test]
    fn a_panic_of_the_reference_accepts_anything() {
        let expect = json!({"panic": "nil"});
        assert_eq!(
            compare(Signal::Logs, &expect, &json!({"output": {}})),
            Ok(())
        );
    }

    #[test]
    fn an_answer_has_exactly_one_outcome() {
        let expect = json!({"output": {}});
        assert!(compare(Signal::Logs, &expect, &json!({})).is_err());
        assert!(compare(Signal::Logs, &expect, &json!({"output": {}, "results": []})).is_err());
        assert!(compare(Signal::Logs, &json!({"results": []}), &json!({})).is_ok());
    }

    #[test]
    fn runs_of_replacement_characters_count_as_one() {
        assert_eq!(
            comparable_text("a\u{fffd}\u{fffd}b\u{fffd}"),
            "a\u{fffd}b\u{fffd}"
        );
    }

    #[test]
    fn the_display_names_place_and_both_sides() {
        let d = Difference {
            path: "results[1]".into(),
            expected: "1".into(),
            found: "2".into(),
        };
        assert_eq!(d.to_string(), "at results[1]: expected 1, found 2");
    }
}

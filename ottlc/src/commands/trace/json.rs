//! A trace for programs. `docs/trace.md` describes the shape.

use bytes::Bytes;
use ottl::config::Verdict;
use ottl::trace::{Change, Outcome, Step, StepKind};
use ottl::{Signal, context_name};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use super::{Section, Shown};
use crate::parts;

/// The trace as one JSON object.
pub(super) fn show(shown: &Shown<'_>) -> Json {
    let (context, item, items) = shown.item;
    let sections = shown.sections.iter();
    json!({
        "input": shown.input,
        "program": shown.source.name,
        "signal": shown.signal.name(),
        "message": shown.message,
        "context": context_name(context),
        "item": item,
        "items": items,
        "sections": sections.map(|section| section_json(shown, section)).collect::<Json>(),
        "verdict": match (&shown.verdict, &shown.ended) {
            (Some(verdict), _) => verdict_json(shown, verdict),
            (None, Some(failure)) => json!({
                "kind": "stopped",
                "line": ended_at(shown, failure.statement),
                "item": failure.item,
                "reason": failure.error.to_string(),
            }),
            (None, None) => Json::Null,
        },
        "output": if shown.output.is_empty() {
            Json::Null
        } else {
            message(shown.signal, &shown.output)
        },
    })
}

/// The line of a statement of a script.
fn ended_at(shown: &Shown<'_>, statement: usize) -> Option<usize> {
    let section = shown.sections.first()?;
    let steps = section.trace.as_ref()?.steps.len();
    (statement < steps).then(|| shown.line(section, statement))
}

fn section_json(shown: &Shown<'_>, section: &Section) -> Json {
    let line = section
        .span
        .map(|span| shown.index.line_column(span.start as usize).line);
    let Some(trace) = &section.trace else {
        return json!({
            "line": line,
            "context": null,
            "item": null,
            "items": null,
            "more": section.more,
            "stopped": false,
            "dropped": false,
            "before": null,
            "after": null,
            "steps": [],
        });
    };
    let steps = trace.steps.iter().enumerate();
    let steps = steps.map(|(at, step)| step_json(shown.line(section, at), step));
    json!({
        "line": line,
        "context": context_name(trace.context),
        "item": trace.item,
        "items": trace.items,
        "more": section.more,
        "stopped": trace.stopped,
        "dropped": trace.dropped,
        "before": message(shown.signal, &trace.before),
        "after": if trace.dropped { Json::Null } else { message(shown.signal, &trace.after) },
        "steps": steps.collect::<Json>(),
    })
}

/// A message as OTLP/JSON.
fn message(signal: Signal, wire: &Bytes) -> Json {
    let mut text = Vec::new();
    if ottl::json::from_wire(signal, wire, &mut text).is_err() {
        return Json::Null;
    }
    // Values in messages may nest deeper than the parser goes of itself.
    let mut reader = serde_json::Deserializer::from_slice(&text);
    reader.disable_recursion_limit();
    Json::deserialize(&mut reader).unwrap_or_default()
}

fn step_json(line: usize, step: &Step) -> Json {
    let mut json = json!({
        "line": line,
        "source": step.source,
        "kind": match step.kind {
            StepKind::Statement => "statement",
            StepKind::Condition => "condition",
        },
        "outcome": match &step.outcome {
            Outcome::Matched => "matched",
            Outcome::Unmatched => "unmatched",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Failed { .. } => "failed",
            Outcome::NotReached => "not_reached",
        },
        "condition": step.condition.as_ref().map(parts::json),
        "changes": step.changes.iter().map(change_json).collect::<Json>(),
        "routed": step.routed,
        "appended": step.appended,
        "dropped": step.dropped,
    });
    match &step.outcome {
        Outcome::Skipped { because } => json["because"] = json!(because),
        Outcome::Failed {
            reason,
            in_condition,
            stops,
        } => {
            json["reason"] = json!(reason);
            json["in_condition"] = json!(in_condition);
            json["stops"] = json!(stops);
        }
        Outcome::Matched | Outcome::Unmatched | Outcome::NotReached => {}
    }
    json
}

fn change_json(change: &Change) -> Json {
    json!({"path": change.path, "before": change.before, "after": change.after})
}

fn verdict_json(shown: &Shown<'_>, verdict: &Verdict) -> Json {
    let line = |span: &ottl_syntax::Span| shown.index.line_column(span.start as usize).line;
    match verdict {
        Verdict::Transformed => json!({"kind": "transformed"}),
        Verdict::Merged => json!({"kind": "merged"}),
        Verdict::Kept => json!({"kind": "kept"}),
        Verdict::Dropped {
            context,
            span,
            held,
        } => {
            let (context, line) = (context_name(*context), span.as_ref().map(line));
            json!({"kind": "dropped", "context": context, "line": line, "held": held})
        }
        Verdict::Routed(pipelines) => json!({"kind": "routed", "pipelines": pipelines}),
        Verdict::Stopped { span, item, reason } => {
            json!({"kind": "stopped", "line": line(span), "item": item, "reason": reason})
        }
    }
}

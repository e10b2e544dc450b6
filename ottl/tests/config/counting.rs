//! What pipelines tell of themselves and of what they did.

use ottl::config::{ComponentKind, ItemCounts};
use ottl::{Engine, Level, Signal};
use serde_json::json;

use crate::{pipeline, pipeline_with, wire};

fn message() -> Vec<u8> {
    let span = |name: &str| json!({ "name": name, "events": [{ "name": "e" }] });
    let message = json!({"resourceSpans": [
        {"resource": {"attributes": [{"key": "svc", "value": {"stringValue": "one"}}]},
         "scopeSpans": [{"spans": [span("a"), span("b"), span("c")]}]},
        {"scopeSpans": [{"spans": [span("a"), span("d")]}]},
    ]});
    wire(Signal::Traces, &message)
}

#[test]
fn filters_count_what_each_condition_dropped() {
    let file = r#"
trace_conditions:
  - span.name == "a"
  - resource.attributes["svc"] == "one"
  - Len(span.kind) > 0
  - spanevent.name == "e"
"#;
    let pipeline = pipeline(ComponentKind::Filter, file);
    let outcome = pipeline.run(Signal::Traces, message()).expect("no failure");
    let found: Vec<_> = outcome
        .conditions
        .iter()
        .map(|report| {
            let text = &file[report.span.range()];
            let counts = (report.asked, report.matched, report.failed);
            (text, report.context, counts)
        })
        .collect();
    assert_eq!(
        found,
        [
            (r#"span.name == "a""#, Level::Span, (2, 1, 0)),
            (
                r#"resource.attributes["svc"] == "one""#,
                Level::Resource,
                (2, 1, 0)
            ),
            ("Len(span.kind) > 0", Level::Span, (1, 0, 1)),
            (r#"spanevent.name == "e""#, Level::SpanEvent, (1, 1, 0)),
        ]
    );
    assert_eq!(
        outcome.items,
        Some(ItemCounts {
            before: 5,
            after: 1
        })
    );
    let groups = pipeline.groups();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        groups[0].contexts,
        [Level::Resource, Level::Span, Level::SpanEvent]
    );
    assert!(pipeline.handles(Signal::Traces) && !pipeline.handles(Signal::Logs));
}

#[test]
fn routes_count_what_they_took() {
    let file = r#"
table:
  - {context: span, condition: 'name == "a"', pipelines: [traces/a]}
  - {context: span, action: copy, condition: 'name != "d"', pipelines: [traces/copy]}
  - {condition: 'true', pipelines: [traces/rest]}
  - {context: span, condition: 'name == "late"', pipelines: [traces/a]}
"#;
    let pipeline = pipeline(ComponentKind::Routing, file);
    let outcome = pipeline.run(Signal::Traces, message()).expect("no failure");
    let matched: Vec<_> = outcome
        .conditions
        .iter()
        .map(|report| (report.context, report.asked, report.matched))
        .collect();
    assert_eq!(
        matched,
        [
            (Level::Span, 5, 2),
            (Level::Span, 3, 2),
            (Level::Resource, 2, 2),
            (Level::Span, 0, 0),
        ]
    );
    assert_eq!(
        outcome.items,
        Some(ItemCounts {
            before: 5,
            after: 0
        })
    );
    let of_traces = pipeline.groups().into_iter();
    let of_traces = of_traces.filter(|group| group.signal == Signal::Traces);
    assert_eq!(of_traces.count(), 4);
}

#[test]
fn transform_processors_tell_their_contexts() {
    let file = r#"
trace_statements:
  - set(span.name, resource.attributes["svc"])
log_statements:
  - context: scope
    statements: ['set(name, "x")']
"#;
    let pipeline = pipeline(ComponentKind::Transform, file);
    let groups = pipeline.groups();
    let found: Vec<_> = groups
        .iter()
        .map(|group| (group.signal, group.contexts.as_slice(), group.sources.len()))
        .collect();
    assert_eq!(
        found,
        [
            (Signal::Traces, [Level::Span].as_slice(), 1),
            (Signal::Logs, [Level::Scope].as_slice(), 1),
        ]
    );
    let outcome = pipeline.run(Signal::Traces, message()).expect("no failure");
    assert_eq!(
        outcome.items,
        Some(ItemCounts {
            before: 5,
            after: 5
        })
    );
    let untouched = pipeline
        .run(Signal::Metrics, Vec::new())
        .expect("no failure");
    assert_eq!(untouched.items, None);
}

#[test]
fn failures_are_kept_as_the_limits_say() {
    let filter = "{error_mode: MODE, trace_conditions: ['ParseInt(span.name, 10) == 1']}";
    let table =
        "table: [{context: span, condition: 'ParseInt(name, 10) == 1', pipelines: [traces]}]";
    let routing = format!("{{error_mode: MODE, {table}}}");
    for (kind, file) in [
        (ComponentKind::Filter, filter),
        (ComponentKind::Routing, &routing),
    ] {
        for (mode, limit, kept) in [("ignore", 3, 3), ("ignore", 10, 5), ("silent", 10, 0)] {
            let mut limits = Engine::default().limits();
            limits.run.max_reported_errors = limit;
            let engine = Engine::default().with_limits(limits);
            let pipeline = pipeline_with(kind, &file.replace("MODE", mode), &engine);
            let outcome = pipeline.run(Signal::Traces, message()).expect("no failure");
            assert_eq!(outcome.failures.len(), kept, "{mode} {limit}");
            assert_eq!(outcome.conditions[0].failed, 5, "{mode} {limit}");
        }
    }
}

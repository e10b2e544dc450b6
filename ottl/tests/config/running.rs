//! What components do to messages.

use std::sync::Arc;

use ottl::config::{ComponentKind, PipelineError};
use ottl::{RunError, Signal};
use serde_json::{Value as Json, json};

use crate::{json, pipeline, wire};

fn resources(resources: &Json) -> Json {
    json!({ "resourceSpans": resources })
}

fn spans(names: &[&str]) -> Json {
    let spans: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    resources(&json!([{ "scopeSpans": [{ "spans": spans }] }]))
}

/// The names of all spans, in order.
fn names(message: &Json) -> Vec<String> {
    let list = |value: &Json, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut names = Vec::new();
    for resource in list(message, "resourceSpans") {
        for scope in list(&resource, "scopeSpans") {
            for span in list(&scope, "spans") {
                names.push(span["name"].as_str().unwrap_or("").to_owned());
            }
        }
    }
    names
}

/// The messages that come out, by pipeline.
fn run(kind: ComponentKind, file: &str, message: &Json) -> Vec<(String, Json)> {
    let outcome = pipeline(kind, file).run(Signal::Traces, wire(Signal::Traces, message));
    let outputs = outcome.expect("no failure").outputs.into_iter();
    outputs
        .map(|output| {
            let pipeline = output.pipeline.unwrap_or_default();
            (pipeline, json(Signal::Traces, &output.message))
        })
        .collect()
}

fn transformed(file: &str, message: &Json) -> Vec<String> {
    names(&run(ComponentKind::Transform, file, message)[0].1)
}

#[test]
fn groups_run_one_after_the_other() {
    let file = r#"
trace_statements:
  - context: span
    conditions: ['name == "a"', 'name == "b"']
    statements:
      - set(name, "c") where name == "a"
      - set(name, Concat([name, "1"], ""))
  - statements: ['set(span.name, Concat([span.name, "2"], "")) where span.name == "c1"']
log_statements: ['set(log.body, 1)']
"#;
    assert_eq!(
        transformed(file, &spans(&["a", "b", "c"])),
        ["c12", "b1", "c"]
    );
}

#[test]
fn the_first_mode_is_to_ignore() {
    let statement = r#"set(span.name, ParseJSON("[")["x"])"#;
    let file = format!("trace_statements: ['{statement}', 'set(span.name, \"x\")']");
    assert_eq!(transformed(&file, &spans(&["a"])), ["x"]);
    let file = format!("{{error_mode: propagate, trace_statements: ['{statement}']}}");
    let message = wire(Signal::Traces, &spans(&["a"]));
    let failed = pipeline(ComponentKind::Transform, &file).run(Signal::Traces, message);
    let Err(PipelineError::Failed { span, item, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(
        (&file[span.range()], item),
        (format!("'{statement}'").as_str(), 0)
    );
}

#[test]
fn other_signals_pass() {
    let message = spans(&["a"]);
    for (kind, file) in [
        (
            ComponentKind::Transform,
            "{log_statements: ['set(log.body, 1)']}",
        ),
        (ComponentKind::Filter, "{log_conditions: ['log.body == 1']}"),
    ] {
        assert_eq!(names(&run(kind, file, &message)[0].1), ["a"]);
    }
}

#[test]
fn filters_drop_what_becomes_empty() {
    let file = r#"{traces: {span: ['name == "a"', 'attributes["x"] == 1']}}"#;
    let message = resources(&json!([
        {"resource": {"attributes": []}, "scopeSpans": [
            {"scope": {"name": "one"}, "spans": [{"name": "a"}]},
            {"scope": {"name": "two"}, "spans": [{"name": "b"}, {"name": "a"}]},
        ]},
        {"scopeSpans": [{"spans": [{"name": "a"}]}]},
        {"scopeSpans": []},
    ]));
    let outputs = run(ComponentKind::Filter, file, &message);
    let left = outputs[0].1["resourceSpans"].as_array().expect("a list");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["scopeSpans"].as_array().map(Vec::len), Some(1));
    assert_eq!(names(&outputs[0].1), ["b"]);
    assert!(run(ComponentKind::Filter, file, &spans(&["a", "a"])).is_empty());
}

#[test]
fn inferred_conditions_go_from_resources_down() {
    let file = r#"
trace_conditions:
  - spanevent.name == "noise"
  - resource.attributes["drop"] == true
  - span.name == "a"
"#;
    let message = resources(&json!([
        {"resource": {"attributes": [{"key": "drop", "value": {"boolValue": true}}]},
         "scopeSpans": [{"spans": [{"name": "z"}]}]},
        {"scopeSpans": [{"spans": [
            {"name": "a"},
            {"name": "b", "events": [{"name": "noise"}, {"name": "signal"}]},
            {"name": "c", "events": [{"name": "noise"}]},
        ]}]},
    ]));
    let output = &run(ComponentKind::Filter, file, &message)[0].1;
    assert_eq!(names(output), ["b", "c"]);
    let spans = &output["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(spans[0]["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(spans[0]["events"][0]["name"], "signal");
}

#[test]
fn metrics_without_points_are_dropped() {
    let file = r#"{metrics: {datapoint: ['value_int > 1']}}"#;
    let gauge = |name: &str, values: &[&str]| {
        let points: Vec<_> = values
            .iter()
            .map(|value| json!({ "asInt": value }))
            .collect();
        json!({"name": name, "gauge": {"dataPoints": points}})
    };
    let message = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        gauge("some", &["1", "2"]), gauge("none", &["5"]), gauge("empty", &[]), {"name": "untyped"},
    ]}]}]});
    let outcome = pipeline(ComponentKind::Filter, file)
        .run(Signal::Metrics, wire(Signal::Metrics, &message))
        .expect("no failure");
    let output = json(Signal::Metrics, &outcome.outputs[0].message);
    let metrics = output["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].clone();
    let names: Vec<_> = metrics
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| &m["name"])
        .collect();
    assert_eq!(names, ["some", "untyped"]);
}

#[test]
fn failures_of_conditions_follow_the_mode() {
    let condition = r#"ParseJSON("[")["x"] == 1 and span.name != nil"#;
    let config = |mode: &str| {
        format!("{{error_mode: {mode}, trace_conditions: ['{condition}', 'span.name == \"a\"']}}")
    };
    let message = spans(&["a", "b"]);
    assert_eq!(
        names(&run(ComponentKind::Filter, &config("ignore"), &message)[0].1),
        ["b"]
    );
    let propagating = pipeline(ComponentKind::Filter, &config("propagate"));
    let failed = propagating.run(Signal::Traces, wire(Signal::Traces, &message));
    assert!(
        matches!(failed, Err(PipelineError::Failed { item: 0, .. })),
        "{failed:?}"
    );
}

#[test]
fn routes_take_in_turn() {
    let file = r#"
default_pipelines: [traces/rest]
table:
  - {context: span, condition: 'name == "a"', pipelines: [traces/a]}
  - {context: span, action: copy, condition: 'name != "c"', pipelines: [traces/copy, traces/a]}
  - {context: log, condition: 'body == 1', pipelines: [logs]}
  - {context: span, statement: route() where name == "d", pipelines: [traces/d]}
"#;
    let outputs = run(ComponentKind::Routing, file, &spans(&["a", "b", "c", "d"]));
    let found: Vec<_> = outputs
        .iter()
        .map(|(name, message)| (name.as_str(), names(message).join(" ")))
        .collect();
    let owned = |text: &str| text.to_owned();
    assert_eq!(
        found,
        [
            ("traces/a", owned("a")),
            ("traces/copy", owned("b d")),
            ("traces/a", owned("b d")),
            ("traces/d", owned("d")),
            ("traces/rest", owned("b c")),
        ]
    );
}

#[test]
fn routes_of_resources_take_them_whole() {
    let file = r#"
table:
  - {statement: 'delete_key(attributes, "tenant") where attributes["tenant"] == "acme"', pipelines: [traces/acme]}
  - {condition: 'attributes["tenant"] != nil', pipelines: [traces/other]}
"#;
    let resource = |tenant: &str, name: &str| {
        json!({
            "resource": {"attributes": [{"key": "tenant", "value": {"stringValue": tenant}}]},
            "scopeSpans": [{"spans": [{"name": name}]}],
        })
    };
    let message = resources(&json!([
        resource("acme", "a"), resource("b", "b"), resource("acme", "c"),
        {"scopeSpans": [{"spans": [{"name": "d"}]}]},
    ]));
    let outputs = run(ComponentKind::Routing, file, &message);
    assert_eq!(
        outputs.len(),
        2,
        "what no route takes is lost without default pipelines"
    );
    assert_eq!(
        (outputs[0].0.as_str(), names(&outputs[0].1)),
        ("traces/acme", vec!["a".to_owned(), "c".to_owned()])
    );
    assert_eq!(
        outputs[0].1["resourceSpans"][0]["resource"]["attributes"],
        Json::Null
    );
    assert_eq!(names(&outputs[1].1), ["b"]);
}

#[test]
fn what_a_route_took_is_gone_for_lower_contexts() {
    let file = r#"
default_pipelines: [traces/rest]
table:
  - {condition: 'attributes["a"] == "b"', pipelines: [traces/one]}
  - {context: span, condition: 'ParseJSON(resource.attributes["a"])["k"] == 1', pipelines: [traces/two]}
  - {context: span, condition: 'span.kind == 0 and span.name == "z"', pipelines: [traces/three]}
"#;
    let resource = |value: &str, spans: &[&str]| {
        let spans: Vec<_> = spans.iter().map(|name| json!({"name": name})).collect();
        json!({
            "resource": {"attributes": [{"key": "a", "value": {"stringValue": value}}]},
            "scopeSpans": [{"spans": spans}],
        })
    };
    let gone = resource("b", &["x", "y"]);
    let message = resources(&json!([gone.clone(), resource(r#"{"k": 2}"#, &["z"])]));
    let outputs = run(ComponentKind::Routing, file, &message);
    let found: Vec<_> = outputs
        .iter()
        .map(|(to, out)| (to.as_str(), names(out).join(" ")))
        .collect();
    let expected = [
        ("traces/one", "x y".to_owned()),
        ("traces/three", "z".to_owned()),
    ];
    assert_eq!(found, expected);
    // Numbers of items are those of the message that came.
    let message = resources(&json!([gone, resource("{", &["z"])]));
    let failed =
        pipeline(ComponentKind::Routing, file).run(Signal::Traces, wire(Signal::Traces, &message));
    match failed {
        Err(PipelineError::Failed { item, .. }) => assert_eq!(item, 2),
        other => panic!("{other:?}"),
    }
}

#[test]
fn routes_propagate_failures_unless_told_not_to() {
    let table = r#"table: [{context: span, condition: 'ParseJSON("[")["x"] == name', pipelines: [traces]}]"#;
    let message = wire(Signal::Traces, &spans(&["a"]));
    let strict = pipeline(ComponentKind::Routing, &format!("{{{table}}}"));
    assert!(strict.run(Signal::Traces, message.clone()).is_err());
    let lenient = pipeline(
        ComponentKind::Routing,
        &format!("{{error_mode: ignore, default_pipelines: [traces/x], {table}}}"),
    );
    let outcome = lenient
        .run(Signal::Traces, message)
        .expect("failures are ignored");
    assert_eq!(outcome.outputs[0].pipeline.as_deref(), Some("traces/x"));
    assert_eq!(outcome.failures.len(), 1);
}

#[test]
fn runs_can_be_stopped() {
    let file = "{trace_statements: ['set(span.name, \"x\")']}";
    let pipeline = pipeline(ComponentKind::Transform, file);
    let message = wire(Signal::Traces, &spans(&["a"]));
    let stopped = pipeline.run_until(Signal::Traces, message, Arc::new(|| true));
    assert_eq!(stopped, Err(PipelineError::Run(RunError::Interrupted)));
}

#[test]
fn malformed_messages_are_errors() {
    for (kind, file) in [
        (
            ComponentKind::Transform,
            "{trace_statements: ['set(span.name, \"x\")']}",
        ),
        (
            ComponentKind::Filter,
            "{trace_conditions: ['span.name == \"x\"']}",
        ),
        (
            ComponentKind::Routing,
            "{table: [{condition: 'true', pipelines: [traces]}]}",
        ),
    ] {
        let outcome = pipeline(kind, file).run(Signal::Traces, vec![10, 255]);
        assert!(
            matches!(outcome, Err(PipelineError::Decode(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn reports_say_where_what_they_count_stands() {
    let file = r#"
trace_statements:
  - conditions: ['span.name == "a"']
    statements: ['set(span.name, "b")', 'set(span.name, "c") where span.name == "x"']
"#;
    let message = wire(Signal::Traces, &spans(&["a", "a", "z"]));
    let pipeline = pipeline(ComponentKind::Transform, file);
    let outcome = pipeline.run(Signal::Traces, message).expect("no failure");
    let group = &outcome.groups[0];
    let found: Vec<_> = group
        .sources
        .iter()
        .zip(&group.report.statements)
        .map(|(span, statement)| (&file[span.range()], statement.matched, statement.changed))
        .collect();
    assert_eq!(
        found,
        [
            (r#"'span.name == "a"'"#, 2, 0),
            (r#"'set(span.name, "b")'"#, 2, 2),
            (r#"'set(span.name, "c") where span.name == "x"'"#, 0, 0),
        ]
    );
}

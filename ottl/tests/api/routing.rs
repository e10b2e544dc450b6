//! Named outputs.

use ottl::{Batch, Dialect, Engine, Level, Script, Signal};

use crate::{decode, from_wire, gauges, names, spans};

fn script(engine: Engine, signal: Signal, context: Level, source: &str) -> Script {
    engine
        .with_dialect(Dialect::Selfops)
        .compile(signal, context, source)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The name of each output, how many items it got, and their names.
fn outputs(script: &Script, batch: &mut Batch) -> Vec<(String, usize, Vec<String>)> {
    let report = script.run(batch).expect("no failure");
    let routed = script.routed(batch, &report);
    routed
        .map(|routed| {
            let message = routed.encode().expect("a message of a usual size");
            (routed.output().to_owned(), routed.count(), names(&message))
        })
        .collect()
}

#[test]
fn each_output_gets_its_items_as_they_are_in_the_end() {
    let source = r#"
        span.attributes["n"] > 1 > route(exporter.late)
        span.name == "a" > route(exporter.a)
        span.name == "nobody" > route(exporter.nobody)
        span.attributes["n"] == 2 > route(exporter.a)
        set(span.name, Concat([span.name, "!"], ""))"#;
    let script = script(Engine::default(), Signal::Traces, Level::Span, source);
    assert_eq!(script.outputs(), ["late", "a", "nobody"]);
    let mut batch = decode(&script, spans(&["a", "b", "c", "d"]));
    let owned = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        outputs(&script, &mut batch),
        [
            ("late".to_owned(), 2, owned(&["c!", "d!"])),
            ("a".to_owned(), 2, owned(&["a!", "c!"])),
            ("nobody".to_owned(), 0, owned(&[])),
        ]
    );
    // The items stay where they were.
    assert_eq!(names(&batch.encode()), ["a!", "b!", "c!", "d!"]);
}

#[test]
fn an_output_without_items_has_an_empty_message() {
    let script = script(
        Engine::default(),
        Signal::Traces,
        Level::Span,
        r#"span.name == "nobody" > route(exporter.nobody)"#,
    );
    let mut batch = decode(&script, spans(&["a"]));
    let report = script.run(&mut batch).expect("no failure");
    let routed = script.routed(&batch, &report).next().expect("an output");
    assert_eq!(routed.encode().expect("a message").len(), 0);
}

#[test]
fn a_routed_resource_brings_all_that_is_below() {
    let message = crate::wire(
        Signal::Traces,
        &serde_json::json!({"resourceSpans": [
            {"schemaUrl": "one", "scopeSpans": [{"spans": [{"name": "a"}, {"name": "b"}]}]},
            {"schemaUrl": "two", "scopeSpans": [{"spans": [{"name": "c"}]}]},
        ]}),
    );
    let script = script(
        Engine::default(),
        Signal::Traces,
        Level::Resource,
        r#"resource.schema_url == "one" > route(exporter.one)"#,
    );
    let mut batch = decode(&script, message);
    let found = outputs(&script, &mut batch);
    let expected = ["a".to_owned(), "b".to_owned()].to_vec();
    assert_eq!(found, [("one".to_owned(), 1, expected)]);
}

#[test]
fn items_that_were_removed_are_not_routed() {
    let engine = Engine::default().with_merged_points(true);
    let source = r#"
        route(exporter.all)
        datapoint.value_int == 2 > route(exporter.two)
        keep_keys(datapoint.attributes, ["none"])
        datapoint.value_int > 0 > set(datapoint.flags, 0)"#;
    let script = script(engine, Signal::Metrics, Level::DataPoint, source);
    let point = |value: i64, pod: &str| {
        serde_json::json!({
            "asInt": value.to_string(),
            "attributes": [{"key": "pod", "value": {"stringValue": pod}}],
        })
    };
    let sum = serde_json::json!({
        "aggregationTemporality": 1,
        "dataPoints": [point(1, "a"), point(2, "b")],
    });
    let message = serde_json::json!({
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": sum}]}]}],
    });
    let mut batch = decode(&script, crate::wire(Signal::Metrics, &message));
    let report = script.run(&mut batch).expect("no failure");
    assert_eq!(report.merged_points, 1);
    let routed: Vec<_> = script.routed(&batch, &report).collect();
    // The first of the points stays, with the sum; the second is gone.
    assert_eq!(
        routed.iter().map(ottl::Routed::count).collect::<Vec<_>>(),
        [1, 0]
    );
    let all = from_wire(Signal::Metrics, &routed[0].encode().expect("a message"));
    let value = "/resourceMetrics/0/scopeMetrics/0/metrics/0/sum/dataPoints/0/asInt";
    assert_eq!(all.pointer(value), Some(&"3".into()));
    assert_eq!(routed[1].encode().expect("a message").len(), 0);
}

#[test]
fn a_script_without_outputs_routes_nothing() {
    let script = script(
        Engine::default(),
        Signal::Metrics,
        Level::DataPoint,
        "set(datapoint.flags, 1)",
    );
    let mut batch = decode(&script, gauges(&[&[1]]));
    let report = script.run(&mut batch).expect("no failure");
    assert_eq!(script.routed(&batch, &report).count(), 0);
}

//! Scripts with regrouping, against what it is by definition: each item runs alone in a message of
//! its own, and what is equal in the end becomes one.

mod alone;
mod cases;

use ottl::{
    BatchLimits, Dialect, Engine, EngineLimits, ErrorMode, Interpreter, Level, Report, RunError,
    Script, Signal, json,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use alone::{apart, around, canonical, list, together};
use cases::case;

fn run(script: &Script, signal: Signal, message: &Json) -> (Json, Report) {
    let wire = json::to_wire(signal, message.to_string().as_bytes()).expect("OTLP/JSON");
    let mut batch = script.decode(wire).expect("a well-formed message");
    let report = script.run(&mut batch).expect("failures are ignored");
    let encoded = batch.try_encode().expect("a message of a usual size");
    let mut text = Vec::new();
    json::from_wire(signal, &encoded, &mut text).expect("a well-formed message");
    (serde_json::from_slice(&text).expect("JSON"), report)
}

fn engine(interpreter: Interpreter) -> Engine {
    Engine::default()
        .with_error_mode(ErrorMode::Ignore)
        .with_interpreter(interpreter)
}

/// How often each statement matched, changed something and failed.
fn counts(report: &Report) -> Vec<(u64, u64, u64)> {
    let statements = report.statements.iter();
    statements
        .map(|part| (part.matched, part.changed, part.failed))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_item_is_as_if_it_were_alone((about, statements, message) in case()) {
        let (signal, context, ..) = about;
        let by_points = matches!(context, Level::DataPoint | Level::Exemplar);
        let compile = |engine: Engine| {
            let script = engine.compile_statements(signal, context, &statements);
            script.unwrap_or_else(|error| panic!("{error}"))
        };
        let alone = compile(engine(Interpreter::Rows));
        let singles = apart(signal, by_points, &message);
        let mut total = Report::default();
        let mut is_changed = false;
        let after: Vec<_> = singles
            .iter()
            .map(|single| {
                let (after, report) = run(&alone, signal, single);
                total.merge(&report, 0);
                is_changed |= around(signal, by_points, &after) != around(signal, by_points, single);
                after
            })
            .collect();
        let expected = canonical(&together(signal, by_points, &after));
        let (as_ever, _) = run(&alone, signal, &message);
        for interpreter in [Interpreter::Rows, Interpreter::Columns] {
            let script = compile(engine(interpreter).with_regrouping(true));
            let (result, report) = run(&script, signal, &message);
            let result = canonical(&result);
            // Where nothing was changed nothing is moved, unless it was changed and changed back.
            let is_same = !is_changed && result == canonical(&as_ever);
            prop_assert!(
                is_same || result == expected,
                "{:#?}\n{}\ngives\n{}\nand not\n{}",
                statements, message, result, expected
            );
            if !singles.is_empty() {
                prop_assert_eq!(counts(&report), counts(&total));
            }
        }
    }
}

fn spans(message: &str, engine: Engine, source: &str) -> String {
    let script = engine
        .compile(Signal::Traces, None, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let message: Json = serde_json::from_str(message).expect("JSON");
    canonical(&run(&script, Signal::Traces, &message).0).to_string()
}

fn regrouping() -> Engine {
    Engine::default().with_regrouping(true)
}

#[test]
fn the_last_event_of_a_span_decides_for_the_span() {
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"1","events":[{"name":"a"},{"name":"b"}]},
        {"name":"2","events":[{"name":"b"}]},{"name":"3"}]}]}]}"#;
    let source = r#"set(resource.attributes["e"], spanevent.name)"#;
    let result = spans(message, regrouping(), source);
    let expected = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"e","value":{"stringValue":"b"}}]},"#,
        r#""scopeSpans":[{"spans":[{"events":[{"name":"a"},{"name":"b"}],"name":"1"},"#,
        r#"{"events":[{"name":"b"}],"name":"2"}]}]},{"scopeSpans":[{"spans":[{"name":"3"}]}]}]}"#,
    );
    assert_eq!(result, expected);
}

#[test]
fn what_is_not_written_comes_out_byte_for_byte() {
    // Two equal resources, and fields in an order that no encoder writes.
    let resource = [10, 10, 26, 1, b'u', 18, 5, 18, 3, 42, 1, b's'];
    let message = [resource, resource].concat();
    let source = r#"set(resource.attributes["e"], 1) where span.name == "other""#;
    let script = regrouping()
        .compile(Signal::Traces, None, source)
        .expect("a script");
    assert_eq!(script.program().separates, Some(Level::Span));
    let mut batch = script.decode(message.clone()).expect("a message");
    script.run(&mut batch).expect("no failure");
    assert_eq!(batch.separated(), None);
    assert_eq!(batch.encode(), message);
}

#[test]
fn what_follows_sees_the_message_as_it_is_encoded() {
    let script = |engine: Engine, source: &str| {
        let script = engine.compile(Signal::Traces, None, source);
        script.unwrap_or_else(|error| panic!("{error}"))
    };
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"a"},{"name":"b"},{"name":"a"}]}]}]}"#;
    let first = script(regrouping(), r#"set(resource.attributes["n"], span.name)"#);
    let second = script(regrouping(), r#"set(resource.attributes["x"], true)"#);
    let condition = Engine::default()
        .compile_condition(
            Signal::Traces,
            Level::Resource,
            r#"resource.attributes["n"] == "a""#,
        )
        .expect("a condition");
    let wire = json::to_wire(Signal::Traces, message.as_bytes()).expect("OTLP/JSON");
    let mut batch = first.decode(wire).expect("a message");
    first.run(&mut batch).expect("no failure");
    let report = second.run(&mut batch).expect("no failure");
    assert_eq!((report.items, report.statements[0].changed), (2, 2));
    let mask = condition.eval(&mut batch).expect("no failure");
    assert_eq!((mask.matched.len(), mask.matched.count()), (2, 1));
}

#[test]
fn points_that_come_together_are_merged_on_request() {
    let point = |pod: &str, value: i64| {
        json!({"asInt": value.to_string(), "timeUnixNano": "1",
            "attributes": [{"key": "pod", "value": {"stringValue": pod}}]})
    };
    let metrics = |points: Vec<Json>| json!([{"metrics": [{"name": "m", "sum": {"dataPoints": points, "aggregationTemporality": 2}}]}]);
    let resource = |pod: &str, points| {
        json!({"resource": {"attributes": [{"key": "pod", "value": {"stringValue": pod}}]},
            "scopeMetrics": metrics(points)})
    };
    let message = json!({"resourceMetrics": [
        resource("a", vec![point("a", 1), point("x", 10)]),
        resource("b", vec![point("b", 2), point("x", 20)]),
    ]});
    let source = "delete_key(resource.attributes, \"pod\")\n\
                  delete_key(datapoint.attributes, \"pod\") where datapoint.attributes[\"pod\"] != \"x\"";
    let engine = regrouping().with_merged_points(true);
    let script = engine
        .compile(Signal::Metrics, Level::DataPoint, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let (result, report) = run(&script, Signal::Metrics, &message);
    assert_eq!(report.merged_points, 2);
    let text = canonical(&result).to_string();
    let sums = ["\"asInt\":\"3\"", "\"asInt\":\"30\""];
    assert!(sums.iter().all(|sum| text.contains(sum)), "{text}");
    assert_eq!(list(&result, "resourceMetrics").len(), 1, "{text}");
}

#[test]
fn metrics_made_of_others_keep_the_resource_that_was_written() {
    let sum = |name: &str| {
        json!({"name": name, "histogram": {"aggregationTemporality": 2,
            "dataPoints": [{"count": "1", "sum": 2.0, "bucketCounts": ["1"]}]}})
    };
    let message = json!({"resourceMetrics": [{"scopeMetrics": [
        {"metrics": [sum("a"), sum("b"), sum("c")]}, {"scope": {"name": "empty"}}]}]});
    let compile = |engine: Engine, sources: &[&str]| {
        let sources: Vec<_> = sources.iter().map(|&source| source.to_owned()).collect();
        // The metrics that are made are no histograms.
        let engine = engine.with_error_mode(ErrorMode::Ignore);
        let script = engine.compile_statements(Signal::Metrics, Level::Metric, &sources);
        script.unwrap_or_else(|error| panic!("{error}"))
    };
    let extract = "extract_count_metric(true)";
    let name = r#"set(resource.attributes["n"], metric.name) where metric.name != "b""#;
    let script = compile(regrouping(), &[extract, name]);
    let (result, _) = run(&script, Signal::Metrics, &message);
    let resources = list(&result, "resourceMetrics").iter().map(|resource| {
        let own = resource.pointer("/resource/attributes/0/value/stringValue");
        let scopes = list(resource, "scopeMetrics").iter();
        let metrics = scopes.flat_map(|scope| list(scope, "metrics"));
        let names = metrics.map(|metric| metric["name"].as_str().unwrap_or_default().to_owned());
        (
            own.and_then(Json::as_str).unwrap_or_default().to_owned(),
            names.collect::<Vec<_>>(),
        )
    });
    let resources: Vec<_> = resources.collect();
    let own = |name: &str, metrics: &[&str]| {
        let metrics = metrics.iter().map(|&name| name.to_owned()).collect();
        (name.to_owned(), metrics)
    };
    assert_eq!(
        resources,
        [
            own("a", &["a"]),
            own("", &["b"]),
            own("c", &["c"]),
            own("a_count", &["a_count"]),
            own("b_count", &["b_count"]),
            own("c_count", &["c_count"]),
        ]
    );
    // Nothing is written, so that nothing is moved.
    let never = r#"set(resource.attributes["n"], 1) where metric.name == "other""#;
    let (moved, _) = run(
        &compile(regrouping(), &[extract, never]),
        Signal::Metrics,
        &message,
    );
    let (plain, _) = run(
        &compile(Engine::default(), &[extract]),
        Signal::Metrics,
        &message,
    );
    assert_eq!(moved, plain);
}

#[test]
fn what_is_routed_has_the_resource_that_was_written() {
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"a"},{"name":"b"},{"name":"c"},{"name":"a"}]}]}]}"#;
    let source = "set(resource.attributes[\"n\"], span.name)\n\
                  span.name != \"c\" > route(exporter.some)";
    let script = regrouping()
        .with_dialect(Dialect::Selfops)
        .compile(Signal::Traces, Level::Span, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let wire = json::to_wire(Signal::Traces, message.as_bytes()).expect("OTLP/JSON");
    let mut batch = script.decode(wire).expect("a message");
    let report = script.run(&mut batch).expect("no failure");
    let routed = script.routed(&batch, &report).next().expect("an output");
    assert_eq!(routed.count(), 3);
    let mut text = Vec::new();
    let encoded = routed.encode().expect("a message of a usual size");
    json::from_wire(Signal::Traces, &encoded, &mut text).expect("a message");
    let message: Json = serde_json::from_slice(&text).expect("JSON");
    let spans = list(&message, "resourceSpans").iter().map(|resource| {
        let own = resource.pointer("/resource/attributes/0/value/stringValue");
        let scopes = list(resource, "scopeSpans").iter();
        let count: usize = scopes.map(|scope| list(scope, "spans").len()).sum();
        (own.and_then(Json::as_str).unwrap_or_default(), count)
    });
    assert_eq!(spans.collect::<Vec<_>>(), [("a", 2), ("b", 1)]);
}

#[test]
fn the_memory_for_copies_is_limited() {
    // A resource with a scope with 10,000 spans without anything.
    let spans = [18, 0].repeat(10_000);
    let mut scope = vec![18];
    ottl::put_varint(&mut scope, spans.len() as u64);
    scope.extend(spans);
    let mut message = vec![10];
    ottl::put_varint(&mut message, scope.len() as u64);
    message.extend(scope);
    let source = r#"set(resource.attributes["n"], 1)"#;
    let run = |min_growth: usize| {
        let batch = BatchLimits {
            growth_factor: 0,
            min_growth,
        };
        let limits = EngineLimits {
            batch,
            ..EngineLimits::default()
        };
        let script = regrouping()
            .with_limits(limits)
            .compile(Signal::Traces, Level::Span, source)
            .unwrap_or_else(|error| panic!("{error}"));
        let mut batch = script.decode(message.clone()).expect("a message");
        script
            .run(&mut batch)
            .map(|report| report.statements[0].changed)
    };
    assert_eq!(run(500_000), Err(RunError::OutOfMemory));
    assert_eq!(run(2_000_000), Ok(10_000));
}

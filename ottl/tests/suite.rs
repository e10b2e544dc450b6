//! The library as its users see it.

use std::fmt::Write as _;

use ottl::{Engine, ErrorMode, Interpreter, Level, Report, RunError, Signal, json};

/// A log record with this body.
fn log(body: &str) -> Vec<u8> {
    let text = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{{"stringValue":{body:?}}}}}]}}]}}]}}"#
    );
    json::to_wire(Signal::Logs, text.as_bytes()).expect("a message")
}

/// Spans named 0, 1, 2 and so on, of which every 700th has no attribute `n`.
fn spans(count: usize) -> Vec<u8> {
    let mut text = r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":["#.to_owned();
    for at in 0..count {
        let comma = if at == 0 { "" } else { "," };
        write!(text, r#"{comma}{{"name":"{at}""#).expect("memory");
        if at % 700 != 699 {
            write!(
                text,
                r#","attributes":[{{"key":"n","value":{{"intValue":"{at}"}}}}]"#
            )
            .expect("memory");
        }
        text.push('}');
    }
    text.push_str("]}]}]}");
    json::to_wire(Signal::Traces, text.as_bytes()).expect("a message")
}

/// What becomes of a message, and what is reported.
fn run(
    engine: Engine,
    (signal, context): (Signal, Level),
    source: &str,
    message: &[u8],
) -> (Vec<u8>, Result<Report, RunError>) {
    let script = engine
        .compile(signal, context, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut batch = script.decode(message.to_vec()).expect("a message");
    let report = script.run(&mut batch);
    let encoded = batch.try_encode().expect("a message of a usual size");
    (encoded.to_vec(), report)
}

fn lenient() -> Engine {
    Engine::default().with_error_mode(ErrorMode::Ignore)
}

#[test]
fn doubling_a_value_again_and_again_is_an_error() {
    let steps = [
        r#"merge_maps(log.attributes, {"m": {"a": log.attributes["m"], "b": log.attributes["m"]}}, "upsert")"#,
        r#"set(log.attributes["m"], {"a": log.attributes["m"], "b": log.attributes["m"]})"#,
        r#"set(log.attributes, {"m": [log.attributes["m"], log.attributes["m"]]})"#,
        r#"set(log.body, {"a": log.body, "b": log.body})"#,
    ];
    for step in steps {
        let source = vec![step; 30].join("\n");
        let (message, report) = run(lenient(), (Signal::Logs, Level::Log), &source, &log("x"));
        let report = report.expect("a lenient run goes on");
        let last = report.statements.last().expect("statements");
        assert!(last.failed > 0, "{step}");
        assert!(message.len() < 1 << 28, "{step}: {}", message.len());
    }
}

#[test]
fn what_is_stored_can_be_read_again() {
    for depth in [10, 60, 62, 63, 64, 65, 66, 80, 99] {
        let body = "[".repeat(depth) + &"]".repeat(depth);
        for source in [
            r#"set(log.attributes["a"], ParseJSON(log.body))"#,
            r#"set(log.attributes["a"]["b"]["c"], ParseJSON(log.body))"#,
            r#"set(log.body, ParseJSON(log.body))"#,
            r#"merge_maps(log.attributes, {"m": ParseJSON(log.body)}, "insert")"#,
        ] {
            let (message, report) = run(lenient(), (Signal::Logs, Level::Log), source, &log(&body));
            assert!(report.is_ok(), "{source}");
            let mut text = Vec::new();
            json::from_wire(Signal::Logs, &message, &mut text)
                .unwrap_or_else(|error| panic!("{depth} {source}: {error}"));
            json::to_wire(Signal::Logs, &text)
                .unwrap_or_else(|error| panic!("{depth} {source}: {error}"));
        }
    }
}

#[test]
fn chunks_have_no_seams() {
    let source = r#"
        set(span.attributes["first"], "yes") where resource.attributes["seen"] == nil
        set(span.attributes["half"], Int(span.attributes["n"]) / 2)
        set(span.name, Concat(["span", span.name], " ")) where span.attributes["half"] > 500
        set(span.attributes["sum"], span.attributes["n"] + span.attributes["half"])"#;
    for count in [1_023, 1_024, 1_025, 3_000] {
        let message = spans(count);
        for mode in [ErrorMode::Propagate, ErrorMode::Ignore, ErrorMode::Silent] {
            let outcome = |interpreter| {
                let engine = Engine::default()
                    .with_error_mode(mode)
                    .with_interpreter(interpreter);
                run(engine, (Signal::Traces, Level::Span), source, &message)
            };
            let by_rows = outcome(Interpreter::Rows);
            let by_columns = outcome(Interpreter::Columns);
            assert_eq!(by_rows.1, by_columns.1, "{count} {mode:?}");
            assert_eq!(by_rows.1.is_err(), mode == ErrorMode::Propagate);
            // A run that stops leaves a message that is not meant to be used.
            if by_rows.1.is_ok() {
                assert!(by_rows.0 == by_columns.0, "{count} {mode:?}");
            }
        }
    }
}

#[test]
fn removing_siblings_is_seen_by_the_statements_behind() {
    let points: Vec<_> = (0..3).map(|at| format!(r#"{{"asInt":"{at}"}}"#)).collect();
    let message = format!(
        r#"{{"resourceMetrics":[{{"resource":{{}},"scopeMetrics":[{{"metrics":[{{"name":"m","gauge":{{"dataPoints":[{}]}}}}]}}]}}]}}"#,
        points.join(",")
    );
    let message = json::to_wire(Signal::Metrics, message.as_bytes()).expect("a message");
    let source = r#"
        set(metric.data_points, nil)
        set(resource.attributes["n"], datapoint.value_int)"#;
    let outcome = |interpreter| {
        run(
            lenient().with_interpreter(interpreter),
            (Signal::Metrics, Level::DataPoint),
            source,
            &message,
        )
    };
    assert_eq!(outcome(Interpreter::Rows), outcome(Interpreter::Columns));
}

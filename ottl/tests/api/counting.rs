//! What reports count, and what becomes of it.

use ottl::metrics::StatementMetrics;
use ottl::{Dialect, Engine, ErrorMode, Interpreter, Level, Signal, StatementReport};
use serde_json::json;

use crate::{decode, from_wire, wire};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];

/// Three records, of which the second has no attributes.
fn records() -> Vec<u8> {
    let value = |key: &str, value: serde_json::Value| json!({"key": key, "value": value});
    let full = json!([
        value("s", json!({"stringValue": "text"})),
        value("n", json!({"intValue": "1"})),
        value(
            "m",
            json!({"kvlistValue": {"values": [value("k", json!({"doubleValue": 0.5}))]}})
        ),
        value(
            "l",
            json!({"arrayValue": {"values": [{"stringValue": "a"}, {"boolValue": true}]}})
        ),
    ]);
    let record = |attributes| json!({"body": {"stringValue": "b"}, "severityNumber": 9, "attributes": attributes});
    wire(
        Signal::Logs,
        &json!({"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [
            record(full.clone()), record(json!([])), record(full),
        ]}]}]}),
    )
}

/// What a statement does to the records: matched, changed, failed.
fn counted(interpreter: Interpreter, source: &str) -> (u64, u64, u64) {
    let engine = Engine::default()
        .with_dialect(Dialect::Selfops)
        .with_interpreter(interpreter)
        .with_error_mode(ErrorMode::Ignore);
    let script = engine.compile(Signal::Logs, Level::Log, source);
    let script = script.unwrap_or_else(|error| panic!("{source}: {error}"));
    let mut batch = decode(&script, records());
    let report = script.run(&mut batch).expect("failures are ignored");
    let StatementReport {
        matched,
        changed,
        failed,
    } = report.statements[0];
    (matched, changed, failed)
}

#[test]
fn what_stays_the_same_did_not_change() {
    let cases = [
        // Writing what is there.
        (r#"set(log.body, "b")"#, (3, 0, 0)),
        (r#"set(log.body, Concat(["b"], ""))"#, (3, 0, 0)),
        (r#"set(log.severity_number, 9)"#, (3, 0, 0)),
        (r#"set(log.attributes["s"], "text")"#, (3, 1, 0)),
        (
            r#"set(log.attributes["s"], log.attributes["s"])"#,
            (3, 1, 0),
        ),
        (
            r#"set(log.attributes["n"], 1) where log.attributes["n"] != nil"#,
            (2, 0, 0),
        ),
        (
            r#"set(log.attributes["n"], 1.0) where log.attributes["n"] != nil"#,
            (2, 2, 0),
        ),
        (
            r#"set(log.attributes["m"], {"k": 0.5}) where log.attributes["m"] != nil"#,
            (2, 0, 0),
        ),
        (
            r#"set(log.attributes["m"]["k"], 0.5) where log.attributes["m"] != nil"#,
            (2, 0, 0),
        ),
        (r#"set(log.attributes["l"], ["a", true])"#, (3, 1, 0)),
        (
            r#"set(log.attributes["l"][1], true) where log.attributes["l"] != nil"#,
            (2, 0, 0),
        ),
        (r#"set(log.attributes, log.attributes)"#, (3, 0, 0)),
        // Editors with nothing to do.
        (r#"delete_key(log.attributes, "s")"#, (3, 2, 0)),
        (r#"delete_key(log.attributes, "none")"#, (3, 0, 0)),
        (
            r#"delete_matching_keys(log.attributes, "^none")"#,
            (3, 0, 0),
        ),
        (
            r#"keep_keys(log.attributes, ["s", "n", "m", "l"])"#,
            (3, 0, 0),
        ),
        (
            r#"keep_matching_keys(log.attributes, "^[mnl]$")"#,
            (3, 2, 0),
        ),
        (r#"limit(log.attributes, 10, [])"#, (3, 0, 0)),
        (r#"limit(log.attributes, 1, [])"#, (3, 2, 0)),
        (r#"truncate_all(log.attributes, 4)"#, (3, 0, 0)),
        (r#"truncate_all(log.attributes, 3)"#, (3, 2, 0)),
        (
            r#"merge_maps(log.attributes, {"s": "text"}, "update")"#,
            (3, 0, 0),
        ),
        (
            r#"merge_maps(log.attributes, {"s": "text"}, "upsert")"#,
            (3, 1, 0),
        ),
        (
            r#"merge_maps(log.attributes, {"s": "other"}, "insert")"#,
            (3, 1, 0),
        ),
        (r#"replace_pattern(log.body, "x", "y")"#, (3, 0, 0)),
        (r#"replace_pattern(log.body, "b", "b")"#, (3, 0, 0)),
        (
            r#"replace_match(log.attributes["s"], "te*", "text")"#,
            (3, 0, 0),
        ),
        (
            r#"replace_all_patterns(log.attributes, "value", "t", "t")"#,
            (3, 0, 0),
        ),
        (
            r#"replace_all_patterns(log.attributes, "key", "^s$", "t")"#,
            (3, 2, 0),
        ),
        // Failures, and what does not match.
        (
            r#"set(log.body, ParseInt(log.attributes["s"], 10))"#,
            (3, 0, 3),
        ),
        (
            r#"set(log.attributes["s"], 1) where log.body == "c""#,
            (0, 0, 0),
        ),
        (
            r#"set(log.attributes["s"], 1) where log.attributes["n"] / 0 == 1"#,
            (0, 0, 3),
        ),
        (
            r#"set(log.severity_number, "text") where log.attributes["n"] == 1"#,
            (2, 0, 2),
        ),
    ];
    for (source, expected) in cases {
        for interpreter in INTERPRETERS {
            let found = counted(interpreter, source);
            assert_eq!(found, expected, "{source} with {interpreter:?}");
        }
    }
}

#[test]
fn a_metric_that_is_made_anew_as_it_was_did_not_change() {
    let changed = |source: &str| {
        let engine = Engine::default().with_component(ottl::Component::Transform);
        let script = engine.compile(Signal::Metrics, Level::Metric, source);
        let script = script.unwrap_or_else(|error| panic!("{source}: {error}"));
        let message = crate::gauges(&[&[1, 2], &[3]]);
        let mut batch = decode(&script, message.clone());
        let report = script.run(&mut batch).expect("no failure");
        assert_eq!(report.statements[0].matched, 2);
        let is_same =
            from_wire(Signal::Metrics, &message) == from_wire(Signal::Metrics, &batch.encode());
        assert_eq!(report.statements[0].changed == 0, is_same, "{source}");
        report.statements[0].changed
    };
    assert_eq!(changed("scale_metric(1.0)"), 0);
    assert_eq!(changed("scale_metric(2.0)"), 2);
    assert_eq!(changed("convert_gauge_to_sum(\"delta\", true)"), 2);
}

#[test]
fn reports_add_up_to_metrics() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_interpreter(interpreter)
            .with_error_mode(ErrorMode::Ignore);
        let source = "set(log.attributes[\"s\"], \"text\")\n\
                      set(log.body, ParseInt(log.attributes[\"s\"], 10)) where log.attributes[\"n\"] == 1";
        let script = engine
            .compile(Signal::Logs, None, source)
            .expect("a script");
        let mut metrics = StatementMetrics::of(&script, 100);
        for _ in 0..2 {
            let mut batch = decode(&script, records());
            metrics.add(&script.run(&mut batch).expect("failures are ignored"));
        }
        let message = from_wire(Signal::Metrics, &metrics.export(200));
        let found = message["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array();
        let values: Vec<(String, Vec<String>)> = found
            .expect("metrics")
            .iter()
            .map(|metric| {
                let points = metric["sum"]["dataPoints"].as_array().expect("points");
                let value = |point: &serde_json::Value| point["asInt"].as_str().map(str::to_owned);
                let name = metric["name"].as_str().unwrap_or_default().to_owned();
                (name, points.iter().filter_map(value).collect())
            })
            .collect();
        let expected = [
            ("ottl.statement.matched", vec!["6", "4"]),
            ("ottl.statement.changed", vec!["2", "0"]),
            ("ottl.statement.failed", vec!["0", "4"]),
            ("ottl.script.items", vec!["6"]),
        ];
        for ((name, values), (expected_name, expected)) in values.iter().zip(expected) {
            assert_eq!(
                (name.as_str(), values.len()),
                (expected_name, expected.len())
            );
            assert_eq!(*values, expected, "{name}");
        }
    }
}

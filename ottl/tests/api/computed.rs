//! Arguments that are computed where the reference takes literals, which the `selfops` dialect allows.

use std::collections::BTreeSet;

use ottl::{
    Component, Dialect, Engine, EngineLimits, ErrorMode, Interpreter, PatternLimits, Signal,
};
use serde_json::{Value as Json, json};

use crate::{decode, from_wire, spans, wire};

/// A function, its parameter, a statement in which the argument is `$`, and a literal for it.
type Row = (&'static str, &'static str, &'static str, &'static str);

const LOGS: &[Row] = &[
    (
        "ParseKeyValue",
        "delimiter",
        "set(log.attributes[\"r\"], ParseKeyValue(\"a=1 b=2\", delimiter = $))",
        "\"=\"",
    ),
    (
        "ParseKeyValue",
        "pair_delimiter",
        "set(log.attributes[\"r\"], ParseKeyValue(\"a=1 b=2\", pair_delimiter = $))",
        "\" \"",
    ),
    (
        "ToKeyValueString",
        "delimiter",
        "set(log.attributes[\"r\"], ToKeyValueString(log.attributes, delimiter = $))",
        "\"=\"",
    ),
    (
        "ToKeyValueString",
        "pair_delimiter",
        "set(log.attributes[\"r\"], ToKeyValueString(log.attributes, pair_delimiter = $))",
        "\" \"",
    ),
    (
        "GetXML",
        "x_path",
        "set(log.attributes[\"r\"], GetXML(log.body, $))",
        "\"/a/b\"",
    ),
    (
        "InsertXML",
        "x_path",
        "set(log.body, InsertXML(log.body, $, \"<c/>\"))",
        "\"/a\"",
    ),
    (
        "RemoveXML",
        "x_path",
        "set(log.body, RemoveXML(log.body, $))",
        "\"/a/b\"",
    ),
    (
        "ConvertTextToElementsXML",
        "x_path",
        "set(log.body, ConvertTextToElementsXML(log.body, $))",
        "\"/a\"",
    ),
    (
        "ConvertTextToElementsXML",
        "element_name",
        "set(log.body, ConvertTextToElementsXML(log.body, \"/a\", $))",
        "\"t\"",
    ),
    (
        "ConvertAttributesToElementsXML",
        "x_path",
        "set(log.body, ConvertAttributesToElementsXML(log.body, $))",
        "\"/a\"",
    ),
    (
        "FormatTime",
        "format",
        "set(log.body, FormatTime(log.time, $))",
        "\"%Y-%m-%d\"",
    ),
    (
        "Time",
        "format",
        "set(log.time, Time(log.attributes[\"day\"], $))",
        "\"%Y-%m-%d\"",
    ),
    (
        "Time",
        "location",
        "set(log.time, Time(log.attributes[\"day\"], \"%Y-%m-%d\", $))",
        "\"Europe/Berlin\"",
    ),
    (
        "Time",
        "locale",
        "set(log.time, Time(log.attributes[\"tag\"], \"%d %B %Y\", \"UTC\", $))",
        "\"de\"",
    ),
    (
        "Format",
        "format",
        "set(log.body, Format($, [1, \"x\"]))",
        "\"%d-%s\"",
    ),
    (
        "ToKeyValueString",
        "sort_output",
        "set(log.body, ToKeyValueString(log.attributes, \"=\", \" \", $))",
        "true",
    ),
    (
        "replace_all_patterns",
        "mode",
        "replace_all_patterns(log.attributes, $, \"a\", \"z\")",
        "\"key\"",
    ),
    (
        "Trim",
        "replacement",
        "set(log.attributes[\"r\"], Trim(log.attributes[\"kv\"], $))",
        "\"k\"",
    ),
    (
        "Sort",
        "order",
        "set(log.attributes[\"l\"], Sort(log.attributes[\"l\"], $))",
        "\"desc\"",
    ),
    ("limit", "limit", "limit(log.attributes, $, [])", "1"),
    (
        "limit",
        "priority_keys",
        "limit(log.attributes, 1, $)",
        "[\"kv\"]",
    ),
    (
        "ParseCSV",
        "delimiter",
        "set(log.attributes[\"r\"], ParseCSV(\"1;2\", \"a,b\", $, \",\"))",
        "\";\"",
    ),
    (
        "ParseCSV",
        "header_delimiter",
        "set(log.attributes[\"r\"], ParseCSV(\"1;2\", \"a,b\", \";\", $))",
        "\",\"",
    ),
    (
        "ParseCSV",
        "mode",
        "set(log.attributes[\"r\"], ParseCSV(\"1,2\", \"a,b\", \",\", \",\", $))",
        "\"lazyQuotes\"",
    ),
    (
        "ConvertCase",
        "to_case",
        "set(log.body, ConvertCase(\"aB\", $))",
        "\"snake\"",
    ),
    ("flatten", "prefix", "flatten(log.attributes, $)", "\"p\""),
    ("flatten", "depth", "flatten(log.attributes, \"p\", $)", "1"),
    (
        "flatten",
        "resolve_conflicts",
        "flatten(log.attributes, \"p\", 9, $)",
        "true",
    ),
    (
        "merge_maps",
        "strategy",
        "merge_maps(log.attributes, {\"kv\": 1, \"n\": 2}, $)",
        "\"insert\"",
    ),
    (
        "truncate_all",
        "limit",
        "truncate_all(log.attributes, $)",
        "2",
    ),
    (
        "truncate_all",
        "utf8_safe",
        "truncate_all(log.attributes, 2, $)",
        "false",
    ),
    (
        "truncate_all",
        "truncation_marker",
        "truncate_all(log.attributes, 3, true, $)",
        "\"..\"",
    ),
    (
        "ExtractGrokPatterns",
        "named_captures_only",
        "set(log.attributes[\"r\"], ExtractGrokPatterns(\"5 a\", \"%{INT:n} %{WORD}\", $))",
        "false",
    ),
    (
        "ExtractGrokPatterns",
        "pattern_definitions",
        "set(log.attributes[\"r\"], ExtractGrokPatterns(\"5 a\", \"%{MINE:n}\", true, $))",
        "[\"MINE=\\\\d+\"]",
    ),
    (
        "Substring",
        "utf8_safe",
        "set(log.body, Substring(\"äb\", 0, 2, $))",
        "true",
    ),
    (
        "SliceToMap",
        "key_path",
        "set(log.attributes[\"r\"], SliceToMap(log.attributes[\"maps\"], $))",
        "[\"name\"]",
    ),
    (
        "SliceToMap",
        "value_path",
        "set(log.attributes[\"r\"], SliceToMap(log.attributes[\"maps\"], [\"name\"], $))",
        "[\"v\"]",
    ),
    (
        "ParseCLF",
        "format",
        "set(log.attributes[\"r\"], ParseCLF(log.attributes[\"clf\"], $))",
        "\"clf\"",
    ),
];

const METRICS: &[Row] = &[
    ("scale_metric", "multiplier", "scale_metric($)", "2.5"),
    (
        "convert_summary_quantile_val_to_gauge",
        "attribute_key",
        "convert_summary_quantile_val_to_gauge($)",
        "\"q\"",
    ),
    (
        "convert_summary_quantile_val_to_gauge",
        "suffix",
        "convert_summary_quantile_val_to_gauge(\"q\", $)",
        "\"_x\"",
    ),
    (
        "extract_count_metric",
        "monotonic",
        "extract_count_metric($) where metric.type == METRIC_DATA_TYPE_HISTOGRAM",
        "true",
    ),
    (
        "extract_count_metric",
        "suffix",
        "extract_count_metric(true, $) where metric.type == METRIC_DATA_TYPE_HISTOGRAM",
        "\"_x\"",
    ),
    (
        "extract_sum_metric",
        "monotonic",
        "extract_sum_metric($) where metric.type == METRIC_DATA_TYPE_HISTOGRAM",
        "true",
    ),
    (
        "extract_sum_metric",
        "suffix",
        "extract_sum_metric(true, $) where metric.type == METRIC_DATA_TYPE_HISTOGRAM",
        "\"_x\"",
    ),
    (
        "extract_percentile_metric",
        "percentile",
        "extract_percentile_metric($)",
        "50.0",
    ),
    (
        "extract_percentile_metric",
        "suffix",
        "extract_percentile_metric(50.0, $)",
        "\"_x\"",
    ),
    (
        "aggregate_on_attributes",
        "aggregation_function",
        "aggregate_on_attributes($, []) where metric.type == METRIC_DATA_TYPE_GAUGE",
        "\"sum\"",
    ),
    (
        "aggregate_on_attributes",
        "attributes",
        "aggregate_on_attributes(\"sum\", $) where metric.type == METRIC_DATA_TYPE_GAUGE",
        "[\"k\"]",
    ),
    (
        "aggregate_on_attribute_value",
        "aggregation_function",
        "aggregate_on_attribute_value($, \"k\", [\"a\", \"b\"], \"c\") where metric.type == METRIC_DATA_TYPE_GAUGE",
        "\"max\"",
    ),
    (
        "aggregate_on_attribute_value",
        "attribute",
        "aggregate_on_attribute_value(\"sum\", $, [\"a\", \"b\"], \"c\") where metric.type == METRIC_DATA_TYPE_GAUGE",
        "\"k\"",
    ),
    (
        "aggregate_on_attribute_value",
        "values",
        "aggregate_on_attribute_value(\"sum\", \"k\", $, \"c\") where metric.type == METRIC_DATA_TYPE_GAUGE",
        "[\"a\", \"b\"]",
    ),
    (
        "aggregate_on_attribute_value",
        "new_value",
        "aggregate_on_attribute_value(\"sum\", \"k\", [\"a\", \"b\"], $) where metric.type == METRIC_DATA_TYPE_GAUGE",
        "\"c\"",
    ),
    (
        "convert_gauge_to_sum",
        "string_agg_temp",
        "convert_gauge_to_sum($, true)",
        "\"delta\"",
    ),
    (
        "convert_gauge_to_sum",
        "monotonic",
        "convert_gauge_to_sum(\"delta\", $)",
        "true",
    ),
    (
        "convert_exponential_histogram_to_histogram",
        "distribution_fn",
        "convert_exponential_histogram_to_histogram($, [1.0, 10.0])",
        "\"upper\"",
    ),
    (
        "convert_exponential_histogram_to_histogram",
        "explicit_bounds",
        "convert_exponential_histogram_to_histogram(\"upper\", $)",
        "[1.0, 10.0]",
    ),
];

const POINTS: &[Row] = &[
    (
        "convert_summary_count_val_to_sum",
        "string_agg_temp",
        "convert_summary_count_val_to_sum($, true)",
        "\"delta\"",
    ),
    (
        "convert_summary_count_val_to_sum",
        "monotonic",
        "convert_summary_count_val_to_sum(\"delta\", $)",
        "true",
    ),
    (
        "convert_summary_count_val_to_sum",
        "suffix",
        "convert_summary_count_val_to_sum(\"delta\", true, $)",
        "\"_x\"",
    ),
    (
        "convert_summary_sum_val_to_sum",
        "string_agg_temp",
        "convert_summary_sum_val_to_sum($, true)",
        "\"delta\"",
    ),
    (
        "convert_summary_sum_val_to_sum",
        "monotonic",
        "convert_summary_sum_val_to_sum(\"delta\", $)",
        "true",
    ),
    (
        "convert_summary_sum_val_to_sum",
        "suffix",
        "convert_summary_sum_val_to_sum(\"delta\", true, $)",
        "\"_x\"",
    ),
    (
        "merge_histogram_buckets",
        "method",
        "merge_histogram_buckets(1.0, $) where metric.type == METRIC_DATA_TYPE_HISTOGRAM",
        "\"remove_explicit_bound\"",
    ),
];

const SPANS: &[Row] = &[
    (
        "set_semconv_span_name",
        "semconv_version",
        "set_semconv_span_name($)",
        "\"1.37.0\"",
    ),
    (
        "set_semconv_span_name",
        "original_span_name_attribute",
        "set_semconv_span_name(\"1.37.0\", $)",
        "\"old\"",
    ),
];

const CONDITIONS: &[Row] = &[
    (
        "HasAttrKeyOnDatapoint",
        "key",
        "set(metric.unit, \"1\") where HasAttrKeyOnDatapoint($)",
        "\"k\"",
    ),
    (
        "HasAttrOnDatapoint",
        "key",
        "set(metric.unit, \"1\") where HasAttrOnDatapoint($, \"a\")",
        "\"k\"",
    ),
    (
        "HasAttrOnDatapoint",
        "expected_val",
        "set(metric.unit, \"1\") where HasAttrOnDatapoint(\"k\", $)",
        "\"a\"",
    ),
];

fn logs() -> Vec<u8> {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let list = |values: Json| json!({"arrayValue": {"values": values}});
    let map = |values: Json| json!({"kvlistValue": {"values": values}});
    let record = json!({
        "timeUnixNano": "1600000000000000000",
        "body": {"stringValue": "<a k=\"1\">t<b>x</b></a>"},
        "attributes": [
            text("kv", "kvk"), text("day", "2024-02-03"), text("tag", "03 Februar 2024"),
            text("clf", "1.2.3.4 - ann [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 5"),
            {"key": "l", "value": list(json!([{"stringValue": "a"}, {"stringValue": "b"}]))},
            {"key": "maps", "value": list(json!([map(json!([text("name", "n"), text("v", "w")]))]))},
            {"key": "m", "value": map(json!([{"key": "x", "value": map(json!([text("y", "z")]))}]))},
        ],
    });
    let message = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {}, record]}]}]});
    wire(Signal::Logs, &message)
}

fn metrics() -> Vec<u8> {
    let point = |value: &str, number: i64| {
        json!({"asInt": number.to_string(), "timeUnixNano": "5",
               "attributes": [{"key": "k", "value": {"stringValue": value}}]})
    };
    let histogram = json!({"count": "3", "sum": 4.0, "timeUnixNano": "5",
        "bucketCounts": ["1", "1", "1"], "explicitBounds": [1.0, 2.0]});
    let exponential = json!({"count": "3", "sum": 4.0, "timeUnixNano": "5", "scale": 0,
        "positive": {"bucketCounts": ["1", "2"]}});
    let summary = json!({"count": "3", "sum": 4.0, "timeUnixNano": "5",
        "quantileValues": [{"quantile": 0.5, "value": 2.0}]});
    let message = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "g", "gauge": {"dataPoints": [point("a", 1), point("b", 2)]}},
        {"name": "h", "histogram": {"aggregationTemporality": 1, "dataPoints": [histogram]}},
        {"name": "e", "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [exponential]}},
        {"name": "s", "summary": {"dataPoints": [summary]}},
    ]}]}]});
    wire(Signal::Metrics, &message)
}

/// What a script makes of a message, its counts, and whether it was rejected.
fn outcome(
    engine: &Engine,
    signal: Signal,
    source: &str,
    message: &[u8],
) -> Result<(Json, u64), String> {
    let script = engine.compile(signal, None, source);
    let script = script.map_err(|error| error.to_string())?;
    let mut batch = decode(&script, message.to_vec());
    let report = script.run(&mut batch).map_err(|error| error.to_string())?;
    let last = report.statements.last().expect("a statement");
    Ok((from_wire(signal, &batch.encode()), last.failed))
}

/// Compares each row with a literal and with a value from the cache.
fn check(rows: &[Row], signal: Signal, context: &str, component: Component, message: &[u8]) {
    for (function, param, statement, literal) in rows {
        for interpreter in [Interpreter::Rows, Interpreter::Columns] {
            let strict = Engine::default()
                .with_component(component)
                .with_error_mode(ErrorMode::Ignore)
                .with_interpreter(interpreter);
            let selfops = strict.clone().with_dialect(Dialect::Selfops);
            // So that the context is inferred alike.
            let cached = format!("set({context}.cache[\"v\"], {literal})\n");
            let with_literal = format!("{cached}{}", statement.replace('$', literal));
            let path = format!("{context}.cache[\"v\"]");
            let computed = format!("{cached}{}", statement.replace('$', &path));
            let expected = outcome(&strict, signal, &with_literal, message)
                .unwrap_or_else(|error| panic!("{with_literal}\n{error}"));
            let found = outcome(&selfops, signal, &computed, message)
                .unwrap_or_else(|error| panic!("{computed}\n{error}"));
            assert_eq!(found, expected, "{function}, {param}: {computed}");
            let rejected = outcome(&strict, signal, &computed, message);
            assert!(
                rejected.is_err(),
                "{function}, {param}: the strict dialect takes literals only"
            );
            let constant = format!(
                "const V = {literal}\n{cached}{}",
                statement.replace('$', "V")
            );
            let found = outcome(&selfops, signal, &constant, message)
                .unwrap_or_else(|error| panic!("{constant}\n{error}"));
            assert_eq!(found, expected, "{function}, {param}: {constant}");
        }
    }
}

#[test]
fn literals_of_logs_can_be_computed() {
    check(LOGS, Signal::Logs, "log", Component::Transform, &logs());
}

#[test]
fn literals_of_metrics_can_be_computed() {
    check(
        METRICS,
        Signal::Metrics,
        "metric",
        Component::Transform,
        &metrics(),
    );
    check(
        POINTS,
        Signal::Metrics,
        "datapoint",
        Component::Transform,
        &metrics(),
    );
    check(
        CONDITIONS,
        Signal::Metrics,
        "metric",
        Component::Filter,
        &metrics(),
    );
}

#[test]
fn literals_of_spans_can_be_computed() {
    let message = spans(&["a", "b"]);
    check(
        SPANS,
        Signal::Traces,
        "span",
        Component::Transform,
        &message,
    );
}

#[test]
fn no_literal_is_forgotten() {
    let rows = [LOGS, METRICS, POINTS, SPANS, CONDITIONS].concat();
    let tried: BTreeSet<_> = rows.iter().map(|row| (row.0, row.1)).collect();
    let engine = Engine::default();
    let mut all = BTreeSet::new();
    for function in engine.registry().all() {
        let signature = function.signature();
        let literal = signature
            .params
            .iter()
            .filter(|param| param.kind.is_literal());
        all.extend(literal.map(|param| (signature.name, param.name)));
    }
    let missing: Vec<_> = all.difference(&tried).collect();
    let unknown: Vec<_> = tried.difference(&all).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{missing:?} {unknown:?}"
    );
}

fn selfops() -> Engine {
    Engine::default()
        .with_dialect(Dialect::Selfops)
        .with_error_mode(ErrorMode::Ignore)
}

#[test]
fn each_item_has_its_own_value() {
    let names: Vec<String> = (0..700).map(|n| format!("/a/b[{}]", n % 40 + 1)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let elements: String = (1..=40).map(|n| format!("<b>{n}</b>")).collect();
    let source = format!("set(span.name, GetXML(\"<a>{elements}</a>\", span.name))");
    for interpreter in [Interpreter::Rows, Interpreter::Columns] {
        let engine = selfops().with_interpreter(interpreter);
        let script = engine
            .compile(Signal::Traces, None, &source)
            .expect("a script");
        let mut batch = decode(&script, spans(&names));
        let report = script.run(&mut batch).expect("no failure");
        assert_eq!(report.statements[0].changed, 700);
        let found = crate::names(&batch.encode());
        let expected: Vec<_> = (0..700).map(|n| format!("<b>{}</b>", n % 40 + 1)).collect();
        assert_eq!(found, expected, "more values than are kept");
    }
}

#[test]
fn a_value_that_does_not_work_fails_on_its_item() {
    let source = "set(span.name, GetXML(\"<a>x</a>\", span.name))";
    for interpreter in [Interpreter::Rows, Interpreter::Columns] {
        let engine = selfops().with_interpreter(interpreter);
        let script = engine
            .compile(Signal::Traces, None, source)
            .expect("a script");
        let mut batch = decode(&script, spans(&["/a", "/a[", "/a", "/a["]));
        let report = script.run(&mut batch).expect("failures are ignored");
        assert_eq!(
            (report.statements[0].changed, report.statements[0].failed),
            (2, 2)
        );
        assert_eq!(
            crate::names(&batch.encode()),
            ["<a>x</a>", "/a[", "<a>x</a>", "/a["]
        );
    }
    let failed = |source: &str| {
        let script = selfops()
            .compile(Signal::Traces, None, source)
            .expect("a script");
        let mut batch = decode(&script, spans(&["a"]));
        let report = script.run(&mut batch).expect("failures are ignored");
        report
            .errors
            .first()
            .map(|failed| failed.error.to_string())
            .unwrap_or_default()
    };
    let wrong = failed("set(span.name, ConvertCase(span.name, span.attributes[\"n\"]))");
    assert!(wrong.contains("`to_case` takes a string"), "{wrong}");
    let wrong = failed("limit(span.attributes, 1, span.attributes[\"none\"])");
    assert!(
        wrong.contains("`priority_keys` takes a list of strings"),
        "{wrong}"
    );
    let none = failed("set(span.attributes[\"t\"], Trim(span.name, span.attributes[\"none\"]))");
    assert_eq!(
        none, "",
        "nil is as good as nothing where the parameter may be left out"
    );
}

#[test]
fn a_type_that_never_fits_is_rejected() {
    for source in [
        "set(span.name, ConvertCase(span.name, span.kind))",
        "limit(span.attributes, span.name, [])",
        "limit(span.attributes, 1, span.name)",
        "const KEYS = [1, 2]\nlimit(span.attributes, 1, KEYS)",
    ] {
        let error = selfops().compile(Signal::Traces, None, source);
        assert!(error.is_err(), "{source}");
    }
}

#[test]
fn what_is_kept_has_a_limit() {
    let long = format!("/a{}", " ".repeat(70_000));
    let source = "set(span.name, GetXML(\"<a>x</a>\", span.name))";
    let patterns = PatternLimits {
        max_kept_bytes: 100,
        ..PatternLimits::default()
    };
    let limits = EngineLimits {
        patterns,
        ..EngineLimits::default()
    };
    let engine = selfops().with_limits(limits);
    let script = engine
        .compile(Signal::Traces, None, source)
        .expect("a script");
    let mut batch = decode(&script, spans(&["/a", &long, "/a"]));
    let report = script.run(&mut batch).expect("failures are ignored");
    assert_eq!(
        (report.statements[0].changed, report.statements[0].failed),
        (2, 1)
    );
    assert!(
        report.errors[0]
            .error
            .to_string()
            .contains("longer than 65536 bytes")
    );
}

//! What the data model of the Go collector reads, and as what: each case was answered by it.

use otlp_columns::{Signal, json};

use crate::messages::Data;
use crate::rewrite::{Type, canonical};

fn wire(signal: Signal, text: &str) -> Vec<u8> {
    let bytes =
        json::to_wire(signal, text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let data = Data::decode(signal, &bytes).expect("a well-formed message");
    canonical(&data.encode(), Type::Top(signal))
}

/// Whether `left` and `right` are the same message.
#[track_caller]
fn same(signal: Signal, left: &str, right: &str) {
    assert_eq!(
        wire(signal, left),
        wire(signal, right),
        "{left}\nis not\n{right}"
    );
}

fn span(fields: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#)
}

fn log(fields: &str) -> String {
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{{fields}}}]}}]}}]}}"#)
}

fn metric(fields: &str) -> String {
    format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{{fields}}}]}}]}}]}}"#)
}

#[track_caller]
fn same_span(left: &str, right: &str) {
    same(Signal::Traces, &span(left), &span(right));
}

#[track_caller]
fn same_log(left: &str, right: &str) {
    same(Signal::Logs, &log(left), &log(right));
}

#[track_caller]
fn same_metric(left: &str, right: &str) {
    same(Signal::Metrics, &metric(left), &metric(right));
}

#[track_caller]
fn rejected(signal: Signal, text: &str) {
    assert!(json::to_wire(signal, text.as_bytes()).is_err(), "{text}");
}

#[test]
fn names_come_in_two_forms_and_others_are_skipped() {
    same_span(
        r#""start_time_unix_nano":"5","dropped_attributes_count":"3","what":[1,{"x":2}],"span_id":"""#,
        r#""startTimeUnixNano":5,"droppedAttributesCount":3"#,
    );
    same(
        Signal::Traces,
        r#"{"resource_spans":[{"scope_spans":[{"schema_url":"s","spans":[]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"schemaUrl":"s"}]}]}"#,
    );
    // Neither a part of a name nor another mixture of the two forms.
    same_span(r#""start_timeUnixNano":5,"nam":"x","":1,"namee":2"#, "");
    same(Signal::Traces, "{}", "null");
    same(
        Signal::Traces,
        r#"{"resourceSpans":[null]}"#,
        r#"{"resourceSpans":[{}]}"#,
    );
}

#[test]
fn numbers_are_numbers_or_strings() {
    same_log(
        r#""timeUnixNano":"18446744073709551615""#,
        r#""timeUnixNano":18446744073709551615"#,
    );
    same_log(
        r#""attributes":[{"key":"a","value":{"intValue":-9223372036854775808}}]"#,
        r#""attributes":[{"key":"a","value":{"intValue":"-9223372036854775808"}}]"#,
    );
    same_log(
        r#""body":{"doubleValue":"1e3"}"#,
        r#""body":{"doubleValue":1000}"#,
    );
    same_log(
        r#""body":{"doubleValue":123456789012345678901234567890}"#,
        r#""body":{"doubleValue":"1.2345678901234568e+29"}"#,
    );
    same_log(
        r#""body":{"doubleValue":"+Inf"}"#,
        r#""body":{"doubleValue":"Infinity"}"#,
    );
    same_log(r#""body":{"intValue":"+5"}"#, r#""body":{"intValue":5}"#);
    for bad in [
        r#""timeUnixNano":18446744073709551616"#,
        r#""timeUnixNano":-1"#,
        r#""timeUnixNano":"1.5""#,
        r#""timeUnixNano":"""#,
        r#""timeUnixNano":true"#,
        r#""flags":4294967296"#,
        r#""body":{"doubleValue":"1e999"}"#,
        r#""body":{"doubleValue":"x"}"#,
        r#""body":{"doubleValue":{}}"#,
        r#""body":{"intValue":"9223372036854775808"}"#,
        r#""body":{"boolValue":"true"}"#,
        r#""body":{"boolValue":1}"#,
        r#""body":{"stringValue":1}"#,
        r#""body":[]"#,
    ] {
        rejected(Signal::Logs, &log(bad));
    }
}

#[test]
fn enums_are_numbers_or_names() {
    same_span(r#""kind":"SPAN_KIND_SERVER""#, r#""kind":2"#);
    same_span(
        r#""status":{"code":"STATUS_CODE_ERROR"}"#,
        r#""status":{"code":2}"#,
    );
    same_log(
        r#""severityNumber":"SEVERITY_NUMBER_FATAL4""#,
        r#""severityNumber":24"#,
    );
    // With the space that the reference's own table has.
    same_log(
        r#""severityNumber":"SEVERITY_NUMBER_TRACE ""#,
        r#""severityNumber":1"#,
    );
    same_metric(
        r#""sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE"}"#,
        r#""sum":{"aggregationTemporality":2}"#,
    );
    rejected(Signal::Traces, &span(r#""kind":"2""#));
    rejected(Signal::Traces, &span(r#""kind":"span_kind_server""#));
    rejected(Signal::Traces, &span(r#""kind":2147483648"#));
}

#[test]
fn ids_are_hexadecimal_of_either_case_and_have_their_length() {
    same_span(
        r#""traceId":"0102030405060708090A0b0c0D0e0f10","parentSpanId":"ABcdef0123456789""#,
        r#""traceId":"0102030405060708090a0b0c0d0e0f10","parentSpanId":"abcdef0123456789""#,
    );
    same_span(r#""traceId":"","spanId":"""#, "");
    for bad in [
        "01",
        "0102030405060708090a0b0c0d0e0f1",
        "zz02030405060708090a0b0c0d0e0f10",
    ] {
        rejected(Signal::Traces, &span(&format!(r#""traceId":"{bad}""#)));
    }
    rejected(
        Signal::Traces,
        &span(r#""spanId":"0102030405060708090a0b0c0d0e0f10""#),
    );
}

#[test]
fn bytes_are_base64() {
    let same_bytes = |left: &str, right: &[u8]| {
        let text = log(&format!(r#""body":{{"bytesValue":"{left}"}}"#));
        let wire = wire(Signal::Logs, &text);
        let body = [&[0x3a, right.len() as u8], right].concat();
        assert!(wire.ends_with(&body), "{left}: {wire:?}");
    };
    same_bytes("AQI=", &[1, 2]);
    same_bytes("AQJ=", &[1, 2]);
    same_bytes("", &[]);
    for bad in ["AQI", "A", "A-_=", "*"] {
        rejected(
            Signal::Logs,
            &log(&format!(r#""body":{{"bytesValue":"{bad}"}}"#)),
        );
    }
}

#[test]
fn null_is_absent_but_chooses_a_kind_of_value() {
    same_span(
        r#""events":null,"status":null,"name":null,"attributes":null"#,
        "",
    );
    same_log(
        r#""body":{"stringValue":null}"#,
        r#""body":{"stringValue":""}"#,
    );
    same_log(
        r#""body":{"arrayValue":null}"#,
        r#""body":{"arrayValue":{}}"#,
    );
    same_log(
        r#""body":{"kvlistValue":null}"#,
        r#""body":{"kvlistValue":{"values":[]}}"#,
    );
    same_log(r#""body":null"#, "");
    same_metric(r#""gauge":null"#, r#""gauge":{"dataPoints":[]}"#);
    same_span(r#""links":[null]"#, r#""links":[{}]"#);
    same_log(
        r#""body":{"arrayValue":{"values":[null,{}]}}"#,
        r#""body":{"arrayValue":{"values":[{},{}]}}"#,
    );
}

#[test]
fn the_last_of_several_counts() {
    same_span(r#""name":"x","name":"","kind":3,"kind":0"#, "");
    same_span(
        r#""status":{"code":1},"status":{"message":"m"}"#,
        r#""status":{"code":1,"message":"m"}"#,
    );
    same_metric(
        r#""gauge":{"dataPoints":[{"asInt":"5","asDouble":1.5}]}"#,
        r#""gauge":{"dataPoints":[{"asDouble":1.5}]}"#,
    );
    same_metric(
        r#""gauge":{"dataPoints":[{"asInt":1}]},"name":"m","gauge":{"dataPoints":[{}]},"unit":"s""#,
        r#""name":"m","unit":"s","gauge":{"dataPoints":[{}]}"#,
    );
    same_metric(
        r#""gauge":{"dataPoints":[{"asInt":1}]},"sum":{"isMonotonic":true}"#,
        r#""sum":{"isMonotonic":true}"#,
    );
    same_log(
        r#""body":{"arrayValue":{"values":[{"intValue":1}]},"arrayValue":{"values":[{"intValue":2}]}}"#,
        r#""body":{"arrayValue":{"values":[{"intValue":2}]}}"#,
    );
    same_log(
        r#""attributes":[{"key":"k"}],"attributes":[{"key":"l"}]"#,
        r#""attributes":[{"key":"k"},{"key":"l"}]"#,
    );
}

#[test]
fn text_keeps_its_characters() {
    let named = |text: &str| wire(Signal::Traces, &span(&format!(r#""name":"{text}""#)));
    assert_eq!(named(r"a\ud800b"), named("a\u{fffd}b"));
    assert_eq!(named(r"\udc00\ud800"), named("\u{fffd}\u{fffd}"));
    assert_eq!(named(r"\ud83d\ude00\u00e9\/\b"), named("\u{1f600}é/\\b"));
}

#[test]
fn metrics_of_every_type_are_read() {
    let text = metric(
        r#""histogram":{"dataPoints":[{"sum":0,"count":"2","bucketCounts":["1",2],
        "explicitBounds":["1.5",2],"min":0,"exemplars":[{"asInt":0}]}]}},
        {"exponentialHistogram":{"dataPoints":[{"scale":-3,"positive":{"offset":-2,
        "bucketCounts":[1,2]},"zeroCount":4,"zeroThreshold":0.5}]}},
        {"summary":{"dataPoints":[{"sum":0,"quantileValues":[{"quantile":0.5,"value":2},{}]}]}"#,
    );
    let mut out = Vec::new();
    let wire = json::to_wire(Signal::Metrics, text.as_bytes()).expect("well-formed");
    json::from_wire(Signal::Metrics, &wire, &mut out).expect("well-formed");
    let expected = metric(
        r#""histogram":{"dataPoints":[{"count":"2","sum":0,"bucketCounts":["1","2"],"explicitBounds":[1.5,2],"exemplars":[{"asInt":"0"}],"min":0}]}},{"exponentialHistogram":{"dataPoints":[{"scale":-3,"zeroCount":"4","positive":{"offset":-2,"bucketCounts":["1","2"]},"zeroThreshold":0.5}]}},{"summary":{"dataPoints":[{"quantileValues":[{"quantile":0.5,"value":2},{}]}]}"#,
    );
    assert_eq!(String::from_utf8_lossy(&out), expected);
}

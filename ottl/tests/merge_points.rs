//! Scripts that remove attributes, with and without merging what they make equal.

use ottl::{
    Batch, BatchLimits, Dialect, Engine, EngineLimits, Level, RunError, Script, Signal, json,
};

/// A metric of two clusters with two nodes each, every point with its pod.
const REQUESTS: &str = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
    {"name":"requests","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[
        {"timeUnixNano":"10","asInt":"1","attributes":[
            {"key":"cluster","value":{"stringValue":"a"}},{"key":"pod","value":{"stringValue":"p"}}]},
        {"timeUnixNano":"20","asInt":"2","attributes":[
            {"key":"pod","value":{"stringValue":"q"}},{"key":"cluster","value":{"stringValue":"a"}}]},
        {"timeUnixNano":"15","asInt":"4","attributes":[
            {"key":"cluster","value":{"stringValue":"b"}},{"key":"pod","value":{"stringValue":"p"}}]}
    ]}},
    {"name":"up","gauge":{"dataPoints":[{"asInt":"1"},{"asInt":"2"}]}}
]}]}]}"#;

const KEEP: &str = r#"keep_keys(datapoint.attributes, ["cluster"])"#;

fn wire(text: &str) -> Vec<u8> {
    json::to_wire(Signal::Metrics, text.as_bytes())
        .expect("well-formed JSON")
        .to_vec()
}

fn text(batch: &Batch) -> String {
    let mut out = Vec::new();
    json::from_wire(Signal::Metrics, &batch.encode(), &mut out).expect("a well-formed message");
    String::from_utf8(out).expect("UTF-8")
}

/// How many points were merged away and the message after it.
fn run(script: &Script) -> (u64, String) {
    let mut batch = script
        .decode(wire(REQUESTS))
        .expect("a well-formed message");
    let report = script.run(&mut batch).expect("no failure");
    (report.merged_points, text(&batch))
}

/// The message without what `up` has, which no statement of these tests changes.
fn requests(text: &str) -> &str {
    let (requests, up) = text
        .split_once(r#"{"name":"up""#)
        .expect("the other metric");
    assert_eq!(
        up,
        r#","gauge":{"dataPoints":[{"asInt":"1"},{"asInt":"2"}]}}]}]}]}"#
    );
    requests
}

const MERGED: &str = concat!(
    r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"requests","sum":{"dataPoints":["#,
    r#"{"timeUnixNano":"20","asInt":"3","attributes":[{"key":"cluster","value":{"stringValue":"a"}}]},"#,
    r#"{"timeUnixNano":"15","asInt":"4","attributes":[{"key":"cluster","value":{"stringValue":"b"}}]}"#,
    r#"],"aggregationTemporality":1,"isMonotonic":true}},"#,
);

fn merging() -> Engine {
    Engine::default().with_merged_points(true)
}

/// The text with its objects' members in one order.
fn canonical(text: &str) -> String {
    let mut parts: Vec<_> = text.split(['{', '}', ',']).collect();
    parts.sort_unstable();
    parts.join(" ")
}

#[test]
fn equal_points_are_merged_on_request() {
    let script = merging()
        .compile(Signal::Metrics, Level::DataPoint, KEEP)
        .expect("a script");
    let (merged, text) = run(&script);
    assert_eq!(merged, 1);
    assert_eq!(canonical(requests(&text)), canonical(MERGED));

    let sources = [KEEP.to_owned()];
    let script = merging()
        .compile_statements(Signal::Metrics, None, &sources)
        .expect("a script");
    assert_eq!(run(&script), (merged, text));
}

#[test]
fn without_request_they_stay_apart() {
    for engine in [Engine::default(), merging().with_merged_points(false)] {
        let script = engine
            .compile(Signal::Metrics, None, KEEP)
            .expect("a script");
        let (merged, text) = run(&script);
        assert_eq!(merged, 0);
        assert_eq!(requests(&text).matches(r#""key":"cluster""#).count(), 3);
        assert!(!text.contains("pod"));
    }
}

#[test]
fn the_attributes_of_a_metric_are_those_of_its_points() {
    let engine = merging().with_dialect(Dialect::Selfops);
    let source = r#"metric.name == "requests" > keep_keys(metric.attributes, ["cluster"])"#;
    let script = engine
        .compile(Signal::Metrics, None, source)
        .expect("a script");
    let (merged, text) = run(&script);
    assert_eq!(merged, 1);
    assert_eq!(canonical(requests(&text)), canonical(MERGED));
}

#[test]
fn what_merging_needs_is_read_with_the_rest() {
    let needed = Batch::merge_projection();
    let script = merging()
        .compile(Signal::Metrics, None, KEEP)
        .expect("a script");
    let batch = script
        .decode(wire(REQUESTS))
        .expect("a well-formed message");
    assert!(batch.projection().covers(&needed));

    let script = Engine::default()
        .compile(Signal::Metrics, None, KEEP)
        .expect("a script");
    assert!(!script.program().projection.covers(&needed));
    let source = r#"set(log.attributes["a"], 1)"#;
    let script = merging()
        .compile(Signal::Logs, None, source)
        .expect("a script");
    assert!(!script.program().projection.covers(&needed));
}

#[test]
fn a_batch_that_was_read_without_the_script_is_merged_too() {
    let script = merging()
        .compile(Signal::Metrics, None, KEEP)
        .expect("a script");
    let mut batch = Batch::decode(Signal::Metrics, wire(REQUESTS)).expect("a well-formed message");
    let mut report = script.run(&mut batch).expect("no failure");
    assert_eq!(report.merged_points, 1);
    let again = script.run(&mut batch).expect("no failure");
    assert_eq!(again.merged_points, 0);
    report.merge(&again, 10);
    assert_eq!(report.merged_points, 1);
}

#[test]
fn merging_keeps_to_the_limits_of_the_batch() {
    let counts = vec![r#""1152921504606846976""#; 20_000].join(",");
    let point =
        format!(r#"{{"attributes":[{{"key":"pod"}}],"positive":{{"bucketCounts":[{counts}]}}}}"#);
    let message = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"exponentialHistogram":{{"dataPoints":[{point},{point}]}}}}]}}]}}]}}"#
    );
    let limits = BatchLimits {
        growth_factor: 0,
        min_growth: 100_000,
    };
    let engine = merging().with_limits(EngineLimits {
        batch: limits,
        ..EngineLimits::default()
    });
    let script = engine
        .compile(Signal::Metrics, None, KEEP)
        .expect("a script");
    let mut batch = script
        .decode(wire(&message))
        .expect("a well-formed message");
    assert_eq!(script.run(&mut batch), Err(RunError::OutOfMemory));
}

//! Functions that make other metrics of a metric, under data that wants too much of them.

use ottl::{Engine, EngineLimits, Level, RunError, RunLimits, Signal};
use serde_json::{Value as Json, json};

use crate::{from_wire, wire};

/// The metrics after a statement ran for the metric.
fn run(engine: &Engine, statement: &str, metric: &Json) -> Result<Vec<Json>, RunError> {
    let message = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [metric] }] }] });
    let script = engine
        .compile(Signal::Metrics, Level::Metric, statement)
        .expect("a statement that compiles");
    let mut batch = script
        .decode(wire(Signal::Metrics, &message))
        .expect("a message");
    script.run(&mut batch)?;
    let message = from_wire(Signal::Metrics, &batch.encode());
    let metrics = message.pointer("/resourceMetrics/0/scopeMetrics/0/metrics");
    Ok(metrics
        .and_then(Json::as_array)
        .cloned()
        .unwrap_or_default())
}

fn exponential(offset: i32, counts: &[u64]) -> Json {
    let counts: Vec<_> = counts.iter().map(u64::to_string).collect();
    json!({ "count": "1", "positive": { "offset": offset, "bucketCounts": counts } })
}

#[test]
fn buckets_that_lie_far_apart_stop_the_run() {
    let metric = |far: i32| {
        let points = [exponential(0, &[1]), exponential(far, &[2])];
        json!({ "exponentialHistogram": { "dataPoints": points } })
    };
    let statement = r#"aggregate_on_attributes("sum", [])"#;
    let engine = Engine::default();
    let merged = run(&engine, statement, &metric(3)).expect("there is room");
    let counts = merged[0].pointer("/exponentialHistogram/dataPoints/0/positive/bucketCounts");
    assert_eq!(counts, Some(&json!(["1", "0", "0", "2"])));
    let stopped = run(&engine, statement, &metric(i32::MAX));
    assert!(matches!(
        stopped,
        Err(RunError::OutOfMemory | RunError::OutOfWork)
    ));
}

#[test]
fn a_metric_that_is_always_copied_stops_the_run() {
    let metric = json!({ "gauge": {} });
    let with_work = |min_work| {
        let run = RunLimits {
            work_factor: 0,
            min_work,
            ..RunLimits::default()
        };
        Engine::default().with_limits(EngineLimits {
            run,
            ..EngineLimits::default()
        })
    };
    let always = "copy_metric()";
    let stopped = run(&with_work(10_000_000), always, &metric);
    assert_eq!(stopped, Err(RunError::OutOfWork));
    let once = r#"copy_metric(name="copy") where metric.name != "copy""#;
    let copied = run(&with_work(10_000), once, &metric).map(|metrics| metrics.len());
    assert_eq!(copied, Ok(2));
}

#[test]
fn attributes_for_every_quantile_stop_the_run() {
    let attributes: Vec<_> = (0..1000)
        .map(|n| json!({ "key": format!("{n:0>99}"), "value": {} }))
        .collect();
    let quantiles: Vec<_> = (0..5000).map(|n| json!({ "quantile": n })).collect();
    let points = [json!({ "attributes": attributes, "quantileValues": quantiles })];
    let stopped = run(
        &Engine::default(),
        "convert_summary_quantile_val_to_gauge()",
        &json!({ "summary": { "dataPoints": points } }),
    );
    assert!(matches!(
        stopped,
        Err(RunError::OutOfMemory | RunError::OutOfWork)
    ));
}

#[test]
fn many_bounds_for_many_buckets_are_work() {
    let bounds: Vec<_> = (0..500).map(|n| format!("{n}.5")).collect();
    let statement = format!(
        r#"convert_exponential_histogram_to_histogram("uniform", [{}])"#,
        bounds.join(", ")
    );
    let points = [exponential(-50_000, &[1; 100_000])];
    let metric = json!({ "exponentialHistogram": { "dataPoints": points } });
    let limits = RunLimits {
        work_factor: 10,
        min_work: 1000,
        ..RunLimits::default()
    };
    let engine = Engine::default().with_limits(EngineLimits {
        run: limits,
        ..EngineLimits::default()
    });
    let stopped = run(&engine, &statement, &metric);
    assert!(matches!(stopped, Err(RunError::OutOfWork)));
}

#[test]
fn every_point_of_a_summary_gets_a_sum() {
    let message = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [
        { "name": "s", "summary": { "dataPoints": [{ "count": "1" }, { "count": "2" }] } }
    ] }] }] });
    let script = Engine::default()
        .compile(
            Signal::Metrics,
            Level::DataPoint,
            r#"convert_summary_count_val_to_sum("delta", true)"#,
        )
        .expect("a statement that compiles");
    let mut batch = script
        .decode(wire(Signal::Metrics, &message))
        .expect("a message");
    script.run(&mut batch).expect("no failure");
    let message = from_wire(Signal::Metrics, &batch.encode());
    let metrics = message.pointer("/resourceMetrics/0/scopeMetrics/0/metrics");
    let names: Vec<_> = metrics
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|metric| metric["name"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(names, ["s", "s_count", "s_count"]);
}

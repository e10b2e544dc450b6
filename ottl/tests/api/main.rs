//! Each part of the library through its public interface alone, as a program uses it that links it.

mod applying;
mod asking;
mod computed;
mod counting;
mod dialect;
mod errors;
mod functions;
mod groups;
mod limits;
mod metrics;
mod requests;
mod routing;
mod samples;
#[cfg(feature = "opentelemetry-proto")]
mod structs;
mod testing;
mod tracing;

use ottl::{Batch, Script, Signal, Value, json};
use serde_json::Value as Json;

/// A message as protobuf.
fn wire(signal: Signal, message: &Json) -> Vec<u8> {
    json::to_wire(signal, message.to_string().as_bytes()).expect("OTLP/JSON")
}

/// A protobuf message as JSON.
fn from_wire(signal: Signal, message: &[u8]) -> Json {
    let mut text = Vec::new();
    json::from_wire(signal, message, &mut text).expect("a well-formed message");
    serde_json::from_slice(&text).expect("JSON")
}

/// A message with spans of these names, each with the attribute `n`, which is its number from 0.
fn spans(names: &[&str]) -> Vec<u8> {
    let span = |(n, name): (usize, &&str)| {
        serde_json::json!({
            "name": name,
            "attributes": [{"key": "n", "value": {"intValue": n.to_string()}}],
        })
    };
    let spans: Json = names.iter().enumerate().map(span).collect();
    let message = serde_json::json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
    wire(Signal::Traces, &message)
}

/// The names of the spans in a message.
fn names(message: &[u8]) -> Vec<String> {
    let message = from_wire(Signal::Traces, message);
    let spans = message.pointer("/resourceSpans/0/scopeSpans/0/spans");
    let spans = spans.and_then(Json::as_array).into_iter().flatten();
    spans
        .map(|span| span["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// A gauge for each list, with a point for each number.
fn gauges(metrics: &[&[i64]]) -> Vec<u8> {
    let metric = |points: &&[i64]| {
        let points: Json = points
            .iter()
            .map(|value| serde_json::json!({"asInt": value.to_string()}))
            .collect();
        serde_json::json!({"name": "m", "gauge": {"dataPoints": points}})
    };
    let metrics: Json = metrics.iter().map(metric).collect();
    let message = serde_json::json!({
        "resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}],
    });
    wire(Signal::Metrics, &message)
}

fn decode(script: &Script, message: Vec<u8>) -> Batch {
    script.decode(message).expect("a well-formed message")
}

/// A value as text.
fn text(batch: &Batch, value: Value) -> String {
    match value {
        Value::Str(text) => String::from_utf8_lossy(batch.heap().bytes(text)).into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

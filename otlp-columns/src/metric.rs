//! One metric as a tree of values, for what makes another metric of it.
//!
//! Changing the type of a metric, or making a new metric of one, touches every part of it, so that
//! splicing has nothing to offer. [`Metric`] is read from the bytes of one metric message and
//! written again; what it does not name, such as fields that OTLP does not know, is kept as it
//! stood. Do not use it to read or change fields: that is what a [`Batch`](crate::Batch) is for.

mod parts;
mod wire;

use std::collections::BTreeMap;

use crate::key_value::{WireValue, any_value, read_wire};
use crate::value::Value;

pub use self::parts::change_exemplar;

/// A metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metric {
    /// `name`, UTF-8 by convention.
    pub name: Vec<u8>,
    /// `description`, UTF-8 by convention.
    pub description: Vec<u8>,
    /// `unit`, UTF-8 by convention.
    pub unit: Vec<u8>,
    /// `metadata`, in order.
    pub metadata: Vec<Attribute>,
    /// The type and the points.
    pub data: Data,
    /// Other fields, as they stood.
    pub rest: Vec<u8>,
}

/// The type of a metric, with its points.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// The metric has no data.
    #[default]
    None,
    /// `gauge`
    Gauge(Series<Number>),
    /// `sum`
    Sum(Series<Number>),
    /// `histogram`
    Histogram(Series<Histogram>),
    /// `exponential_histogram`
    Exponential(Series<Exponential>),
    /// `summary`
    Summary(Series<Summary>),
}

/// The points of a metric, and what they have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series<D> {
    /// `data_points`, in order.
    pub points: Vec<Point<D>>,
    /// `aggregation_temporality` as its number, of sums and histograms.
    pub temporality: u64,
    /// `is_monotonic`, of sums.
    pub monotonic: bool,
    /// Other fields, as they stood.
    pub rest: Vec<u8>,
}

/// A data point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point<D> {
    /// `attributes`, in order.
    pub attributes: Vec<Attribute>,
    /// `start_time_unix_nano`
    pub start: u64,
    /// `time_unix_nano`
    pub time: u64,
    /// `flags`
    pub flags: u64,
    /// `exemplars`, each as its message.
    pub exemplars: Vec<Vec<u8>>,
    /// What points of this type have.
    pub data: D,
    /// Other fields, as they stood.
    pub rest: Vec<u8>,
}

/// The value of a point of a gauge or sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Number {
    /// The point has no value.
    #[default]
    None,
    /// `as_int`
    Int(i64),
    /// `as_double`
    Double(f64),
}

/// What a point of a histogram has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// `count`
    pub count: u64,
    /// `sum`
    pub sum: Option<f64>,
    /// `min`
    pub min: Option<f64>,
    /// `max`
    pub max: Option<f64>,
    /// `bucket_counts`
    pub counts: Vec<u64>,
    /// `explicit_bounds`
    pub bounds: Vec<f64>,
}

/// What a point of an exponential histogram has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exponential {
    /// `count`
    pub count: u64,
    /// `sum`
    pub sum: Option<f64>,
    /// `min`
    pub min: Option<f64>,
    /// `max`
    pub max: Option<f64>,
    /// `scale`
    pub scale: i32,
    /// `zero_count`
    pub zero_count: u64,
    /// `zero_threshold`
    pub zero_threshold: f64,
    /// `positive`
    pub positive: BucketCounts,
    /// `negative`
    pub negative: BucketCounts,
}

/// Buckets of an exponential histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketCounts {
    /// `offset`
    pub offset: i32,
    /// `bucket_counts`
    pub counts: Vec<u64>,
}

/// What a point of a summary has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// `count`
    pub count: u64,
    /// `sum`
    pub sum: f64,
    /// `quantile_values`: quantile and value.
    pub quantiles: Vec<(f64, f64)>,
}

/// An attribute: its key, and its `AnyValue` as it stands on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// The key, UTF-8 by convention.
    pub key: Vec<u8>,
    /// The bytes of the `AnyValue`; empty for no value.
    pub value: Vec<u8>,
}

impl Attribute {
    /// The text of the value, if it is a string.
    #[must_use]
    pub fn string(&self) -> Option<&[u8]> {
        match any_value(&self.value, 0, self.value.len(), Value::Nil, &[]) {
            Value::Str(text) => self
                .value
                .get(text.off as usize..(text.off + text.len) as usize),
            _ => None,
        }
    }
}

/// Bytes that are equal exactly for attributes that are: in any order, of equal keys the last counts.
#[must_use]
pub fn identity(attributes: &[Attribute]) -> Vec<u8> {
    let distinct: BTreeMap<_, _> = attributes
        .iter()
        .map(|attribute| (attribute.key.as_slice(), attribute.value.as_slice()))
        .collect();
    let mut out = Vec::new();
    for (key, value) in distinct {
        sized(&mut out, key);
        any(&mut out, value);
    }
    out
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// An `AnyValue` in one form for all ways to write it. Its nesting was limited when it was read.
fn any(out: &mut Vec<u8>, wire: &[u8]) {
    let value = any_value(wire, 0, wire.len(), Value::Nil, &[]);
    element(out, wire, value);
}

fn element(out: &mut Vec<u8>, wire: &[u8], value: Value) {
    let part = |slice: crate::Slice| &wire[slice.off as usize..][..slice.len as usize];
    match value {
        Value::Bool(value) => out.extend_from_slice(&[1, value.into()]),
        Value::Int(value) => {
            out.push(2);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Value::Double(value) => {
            out.push(3);
            out.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        Value::Str(text) => {
            out.push(4);
            sized(out, part(text));
        }
        Value::Bytes(bytes) => {
            out.push(5);
            sized(out, part(bytes));
        }
        Value::Wire(nested) => {
            let (start, end) = (nested.off as usize, (nested.off + nested.len) as usize);
            composite(out, wire, read_wire(wire, start, end, &[]));
        }
        _ => out.push(0),
    }
}

fn composite(out: &mut Vec<u8>, wire: &[u8], value: WireValue) {
    match value {
        WireValue::Scalar(_) => out.push(0),
        WireValue::List(elements) => {
            out.push(6);
            out.extend_from_slice(&(elements.len() as u64).to_le_bytes());
            for value in elements {
                element(out, wire, value);
            }
        }
        WireValue::Map(entries) => {
            let key = |slice: crate::Slice| &wire[slice.off as usize..][..slice.len as usize];
            let distinct: BTreeMap<_, _> = entries
                .iter()
                .map(|entry| (key(entry.key), entry.value))
                .collect();
            out.push(7);
            out.extend_from_slice(&(distinct.len() as u64).to_le_bytes());
            for (key, value) in distinct {
                sized(out, key);
                element(out, wire, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::Pieces;
    use crate::{Signal, json};

    fn with_metric(metric: &str) -> String {
        format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#)
    }

    #[test]
    fn what_is_read_is_written_again() {
        let attributes = r#""attributes":[{"key":"k","value":{"stringValue":"v"}}],"startTimeUnixNano":"1","timeUnixNano":"2""#;
        let exemplars = r#""exemplars":[{"timeUnixNano":"5","asInt":"7"}]"#;
        let metrics = [
            r#"{"name":"n","description":"d","unit":"u","metadata":[{"key":"k","value":{}}]}"#
                .to_owned(),
            format!(
                r#"{{"gauge":{{"dataPoints":[{{{attributes},"asDouble":1.5,{exemplars}}},{{"flags":1,"asInt":"-3"}}]}}}}"#
            ),
            format!(
                r#"{{"sum":{{"dataPoints":[{{{attributes},"asInt":"0"}}],"aggregationTemporality":2,"isMonotonic":true}}}}"#
            ),
            format!(
                r#"{{"histogram":{{"dataPoints":[{{{attributes},"count":"3","sum":-2.5,"bucketCounts":["1","2"],"explicitBounds":[0.5],"min":0,"max":9,{exemplars}}}],"aggregationTemporality":1}}}}"#
            ),
            format!(
                r#"{{"exponentialHistogram":{{"dataPoints":[{{{attributes},"count":"3","sum":4,"scale":-2,"zeroCount":"1","positive":{{"offset":-3,"bucketCounts":["1"]}},"negative":{{"offset":2,"bucketCounts":["0","1"]}},"zeroThreshold":0.1,"min":1,"max":2}}]}}}}"#
            ),
            format!(
                r#"{{"summary":{{"dataPoints":[{{{attributes},"count":"3","sum":4,"quantileValues":[{{"quantile":0.5,"value":2}},{{}}]}}]}}}}"#
            ),
        ];
        for metric in metrics {
            let message = with_metric(&metric);
            let wire = json::to_wire(Signal::Metrics, message.as_bytes()).expect("OTLP/JSON");
            let wire = bytes::Bytes::from(wire);
            let pieces = Pieces::of(&wire).expect("well formed");
            let place = pieces.first().expect("a metric");
            let batch = crate::Batch::decode(Signal::Metrics, wire).expect("well formed");
            let read = Metric::read(&batch.encode_row(crate::Level::Metric, 0)).expect("a metric");
            assert!(read.rest.is_empty());
            let written = pieces.single_with(place, &read.to_bytes());
            let mut before = Vec::new();
            json::from_wire(Signal::Metrics, &pieces.single(place), &mut before)
                .expect("a message");
            let mut after = Vec::new();
            json::from_wire(Signal::Metrics, &written, &mut after).expect("a message");
            let json =
                |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).expect("JSON");
            assert_eq!(json(&after), json(&before));
        }
    }

    #[test]
    fn attributes_are_the_same_in_any_order() {
        let attribute = |key: &str, value: &[u8]| Attribute {
            key: key.into(),
            value: value.to_vec(),
        };
        let (one, two) = (attribute("a", &[0x18, 1]), attribute("b", &[0x18, 2]));
        let forward = identity(&[one.clone(), two.clone()]);
        assert_eq!(forward, identity(&[two.clone(), one.clone()]));
        // The same integer with a superfluous byte.
        assert_eq!(forward, identity(&[attribute("a", &[0x18, 0x81, 0]), two]));
        assert_ne!(forward, identity(&[one]));
        assert_eq!(attribute("s", &[0x0a, 1, b'x']).string(), Some(&b"x"[..]));
        assert_eq!(attribute("s", &[0x18, 1]).string(), None);
    }
}

//! Random OTLP/JSON messages: small, with every kind of value, and with gaps.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use ottl::{Context, Level};
use ottl_vm::Type;

use super::expression::TEXTS;
use super::path::KEYS;
use super::profiles;
use super::rng::Rng;
use crate::case::Signal;

/// The signal that a case of a context is about.
pub(super) fn signal(rng: &mut Rng, context: Context) -> Signal {
    match context {
        Level::Resource | Level::Scope => {
            rng.pick(&[Signal::Traces, Signal::Logs, Signal::Metrics])
        }
        Level::Span | Level::SpanEvent => Signal::Traces,
        Level::Log => Signal::Logs,
        Level::Metric | Level::DataPoint | Level::Exemplar => Signal::Metrics,
        Level::Profile | Level::ProfileSample => Signal::Profiles,
    }
}

/// A message that holds at least one item of the context most of the time, and in most items the
/// planted attributes.
pub(super) fn message(
    rng: &mut Rng,
    context: Context,
    signal: Signal,
    planted: &[(String, Value)],
) -> Box<RawValue> {
    if signal == Signal::Profiles {
        let message = profiles::message(rng, context, planted);
        return to_raw_value(&message).unwrap_or_default();
    }
    let (outer, middle, inner) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
        Signal::Profiles => ("resourceProfiles", "scopeProfiles", "profiles"),
    };
    let most = rng.between(3, 6) / 3;
    let resources = list(rng, 1, most, |rng| {
        let mut scopes = list(rng, 1, 1, |rng| scope(rng, context, signal, inner));
        if rng.chance(20) {
            scopes.push(scope(rng, context, signal, inner));
        }
        let mut resource = object([(middle, Value::Array(scopes))]);
        if rng.chance(80) {
            resource.insert("resource".into(), json!({"attributes": attributes(rng, 2)}));
        }
        if rng.chance(15) {
            resource.insert("schemaUrl".into(), json!("https://r"));
        }
        Value::Object(resource)
    });
    let mut message = Value::Object(object([(outer, Value::Array(resources))]));
    let steps: &[&str] = match context {
        Level::Resource => &[outer, "resource", "attributes"],
        Level::Scope => &[outer, middle, "scope", "attributes"],
        Level::SpanEvent => &[outer, middle, inner, "events", "attributes"],
        Level::Metric => &[outer, middle, inner, "metadata"],
        Level::DataPoint => &[outer, middle, inner, DATA, "dataPoints", "attributes"],
        Level::Exemplar => &[
            outer,
            middle,
            inner,
            DATA,
            "dataPoints",
            "exemplars",
            "filteredAttributes",
        ],
        Level::Span | Level::Log | Level::Profile | Level::ProfileSample => {
            &[outer, middle, inner, "attributes"]
        }
    };
    if !planted.is_empty() {
        plant(rng, &mut message, steps, planted);
    }
    to_raw_value(&message).unwrap_or_default()
}

/// What is known of the request that brings the message, or less of it.
pub(super) fn request(rng: &mut Rng) -> Value {
    let mut client = object([("addr", "192.0.2.7:51012".into())]);
    let tenants = json!({"x-tenant": ["acme", "other"], "S1": "one", "empty": []});
    maybe(rng, 70, &mut client, "metadata", |_| tenants.clone());
    maybe(
        rng,
        60,
        &mut client,
        "auth",
        |_| json!({"attributes": {"s1": "ann", "i1": 3, "d1": 1.5, "t1": true, "l1": ["a", 1], "m1": {"k": "v", "n": 2}}}),
    );
    let mut request = object([("client", Value::Object(client))]);
    maybe(
        rng,
        50,
        &mut request,
        "grpc",
        |_| json!({"metadata": {"x-tenant": ["grpc"]}}),
    );
    Value::Object(request)
}

/// Stands for the field of a metric that its type names.
const DATA: &str = "*";

/// Adds attributes to most of the items that the steps lead to.
fn plant(rng: &mut Rng, value: &mut Value, steps: &[&str], planted: &[(String, Value)]) {
    let Some((step, rest)) = steps.split_first() else {
        return;
    };
    match value {
        Value::Array(elements) => {
            for element in elements {
                plant(rng, element, steps, planted);
            }
        }
        Value::Object(fields) if rest.is_empty() => {
            let attributes = fields.entry(*step).or_insert_with(|| json!([]));
            for (key, value) in planted {
                if let Some(list) = attributes.as_array_mut()
                    && rng.chance(85)
                {
                    list.push(json!({"key": key, "value": value}));
                }
            }
        }
        Value::Object(fields) if *step == DATA => {
            for data in fields.values_mut().filter(|it| it.get(rest[0]).is_some()) {
                plant(rng, data, rest, planted);
            }
        }
        Value::Object(fields) => {
            if let Some(field) = fields.get_mut(*step) {
                plant(rng, field, rest, planted);
            }
        }
        _ => {}
    }
}

pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) fn list(
    rng: &mut Rng,
    low: usize,
    high: usize,
    mut element: impl FnMut(&mut Rng) -> Value,
) -> Vec<Value> {
    (0..rng.between(low, high)).map(|_| element(rng)).collect()
}

/// Adds a field in `percent` of a hundred draws.
pub(super) fn maybe(
    rng: &mut Rng,
    percent: usize,
    fields: &mut Map<String, Value>,
    name: &str,
    value: impl FnOnce(&mut Rng) -> Value,
) {
    if rng.chance(percent) {
        let value = value(rng);
        fields.insert(name.to_owned(), value);
    }
}

fn scope(rng: &mut Rng, context: Context, signal: Signal, inner: &str) -> Value {
    let most = rng.between(3, 8) / 3;
    let items = list(rng, 1, most, |rng| match signal {
        Signal::Traces => span(rng, context == Level::SpanEvent),
        Signal::Logs => log(rng),
        Signal::Metrics => metric(rng, context == Level::Exemplar),
        Signal::Profiles => json!({}),
    });
    let mut fields = object([(inner, Value::Array(items))]);
    maybe(rng, 50, &mut fields, "scope", |rng| {
        let mut scope = object([("name", text(rng).into())]);
        maybe(rng, 50, &mut scope, "attributes", |rng| attributes(rng, 2));
        Value::Object(scope)
    });
    Value::Object(fields)
}

fn span(rng: &mut Rng, with_events: bool) -> Value {
    let mut span = object([("name", text(rng).into())]);
    maybe(rng, 80, &mut span, "attributes", |rng| attributes(rng, 4));
    maybe(rng, 40, &mut span, "kind", |rng| rng.below(6).into());
    maybe(rng, 50, &mut span, "startTimeUnixNano", time);
    maybe(rng, 40, &mut span, "endTimeUnixNano", time);
    maybe(rng, 30, &mut span, "traceId", |_| {
        "0102030405060708090a0b0c0d0e0f10".into()
    });
    maybe(rng, 30, &mut span, "spanId", |_| "a1a2a3a4a5a6a7a8".into());
    maybe(rng, 20, &mut span, "parentSpanId", |_| {
        "b1b2b3b4b5b6b7b8".into()
    });
    maybe(rng, 15, &mut span, "traceState", |_| "a=1,b=2".into());
    maybe(rng, 15, &mut span, "droppedLinksCount", |rng| {
        rng.below(9).into()
    });
    maybe(
        rng,
        30,
        &mut span,
        "status",
        |rng| json!({"code": rng.below(3), "message": text(rng)}),
    );
    maybe(
        rng,
        if with_events { 90 } else { 15 },
        &mut span,
        "events",
        |rng| {
            Value::Array(list(rng, 1, 2, |rng| {
                let mut event = object([("name", text(rng).into())]);
                maybe(rng, 70, &mut event, "attributes", |rng| attributes(rng, 3));
                maybe(rng, 50, &mut event, "timeUnixNano", time);
                Value::Object(event)
            }))
        },
    );
    Value::Object(span)
}

fn log(rng: &mut Rng) -> Value {
    let mut log = Map::new();
    maybe(rng, 85, &mut log, "body", |rng| match rng.chance(70) {
        true => json!({"stringValue": text(rng)}),
        false => any_value(rng, Type::Any, 2),
    });
    maybe(rng, 80, &mut log, "attributes", |rng| attributes(rng, 4));
    maybe(rng, 60, &mut log, "severityNumber", |rng| {
        rng.below(25).into()
    });
    maybe(rng, 40, &mut log, "severityText", |rng| text(rng).into());
    maybe(rng, 50, &mut log, "timeUnixNano", time);
    maybe(rng, 30, &mut log, "observedTimeUnixNano", time);
    maybe(rng, 20, &mut log, "traceId", |_| {
        "0102030405060708090a0b0c0d0e0f10".into()
    });
    maybe(rng, 20, &mut log, "spanId", |_| "a1a2a3a4a5a6a7a8".into());
    maybe(rng, 15, &mut log, "eventName", |rng| text(rng).into());
    maybe(rng, 15, &mut log, "flags", |rng| rng.below(300).into());
    Value::Object(log)
}

fn metric(rng: &mut Rng, with_exemplars: bool) -> Value {
    let mut metric = object([("name", text(rng).into())]);
    maybe(rng, 30, &mut metric, "description", |rng| text(rng).into());
    maybe(rng, 40, &mut metric, "unit", |_| "s".into());
    maybe(rng, 40, &mut metric, "metadata", |rng| attributes(rng, 2));
    let kinds = [
        "gauge",
        "sum",
        "sum",
        "gauge",
        "histogram",
        "exponentialHistogram",
        "summary",
        "",
    ];
    let kind = rng.pick(&kinds[..if with_exemplars { 6 } else { 8 }]);
    if kind.is_empty() {
        return Value::Object(metric);
    }
    let points = list(rng, 1, 2, |rng| point(rng, kind, with_exemplars));
    let mut data = object([("dataPoints", Value::Array(points))]);
    if matches!(kind, "sum" | "histogram" | "exponentialHistogram") {
        maybe(rng, 80, &mut data, "aggregationTemporality", |rng| {
            rng.below(3).into()
        });
    }
    if kind == "sum" {
        maybe(rng, 50, &mut data, "isMonotonic", |_| true.into());
    }
    metric.insert(kind.to_owned(), Value::Object(data));
    Value::Object(metric)
}

fn point(rng: &mut Rng, kind: &str, with_exemplars: bool) -> Value {
    let mut point = Map::new();
    maybe(rng, 70, &mut point, "attributes", |rng| attributes(rng, 3));
    maybe(rng, 60, &mut point, "timeUnixNano", time);
    maybe(rng, 20, &mut point, "startTimeUnixNano", time);
    maybe(rng, 10, &mut point, "flags", |_| 1.into());
    match kind {
        "gauge" | "sum" => {
            let (name, value) = match rng.chance(50) {
                true => ("asInt", json!(rng.below(100).to_string())),
                false => ("asDouble", double(rng)),
            };
            maybe(rng, 95, &mut point, name, |_| value);
        }
        "histogram" => {
            point.insert(
                "bucketCounts".into(),
                json!(["1", rng.below(5).to_string(), "0"]),
            );
            point.insert("explicitBounds".into(), json!([0.5, 2.5]));
        }
        "exponentialHistogram" => {
            point.insert("scale".into(), rng.below(5).into());
            let counts = json!({"offset": rng.below(4), "bucketCounts": ["2", "1"]});
            point.insert("positive".into(), counts);
        }
        _ => {
            let quantiles = json!([{"quantile": 0.5, "value": double(rng)}]);
            point.insert("quantileValues".into(), quantiles);
        }
    }
    if !matches!(kind, "gauge" | "sum") {
        maybe(rng, 90, &mut point, "count", |rng| {
            rng.below(50).to_string().into()
        });
        maybe(rng, 80, &mut point, "sum", double);
    }
    if kind != "summary" {
        maybe(
            rng,
            if with_exemplars { 90 } else { 10 },
            &mut point,
            "exemplars",
            |rng| Value::Array(list(rng, 1, 2, exemplar)),
        );
    }
    Value::Object(point)
}

fn exemplar(rng: &mut Rng) -> Value {
    let mut exemplar = match rng.chance(50) {
        true => object([("asInt", rng.below(100).to_string().into())]),
        false => object([("asDouble", double(rng))]),
    };
    maybe(rng, 50, &mut exemplar, "timeUnixNano", time);
    maybe(rng, 30, &mut exemplar, "spanId", |_| {
        "a1a2a3a4a5a6a7a8".into()
    });
    maybe(rng, 60, &mut exemplar, "filteredAttributes", |rng| {
        attributes(rng, 2)
    });
    Value::Object(exemplar)
}

/// An attribute list of up to `most` entries.
pub(super) fn attributes(rng: &mut Rng, most: usize) -> Value {
    let count = rng.between(1.min(most), most);
    let mut start = rng.below(KEYS.len());
    let mut list = Vec::new();
    for _ in 0..count {
        start = (start + rng.between(1, 3)) % KEYS.len();
        let (key, wanted) = KEYS[start];
        if key != "none" {
            list.push(json!({"key": key, "value": any_value(rng, wanted, 2)}));
        }
    }
    if rng.chance(1) {
        list.extend(list.first().cloned());
    }
    Value::Array(list)
}

/// A value of the wanted type, or sometimes of another.
pub(super) fn any_value(rng: &mut Rng, wanted: Type, depth: usize) -> Value {
    let types = [
        Type::String,
        Type::Int,
        Type::Double,
        Type::Bool,
        Type::Bytes,
        Type::List,
        Type::Map,
    ];
    let wanted = match wanted == Type::Any || rng.chance(7) {
        true if depth == 0 => rng.pick(&types[..5]),
        true => rng.pick(&types),
        false => wanted,
    };
    match wanted {
        Type::String => json!({"stringValue": text(rng)}),
        Type::Int => {
            let value = match rng.chance(10) {
                true => rng.pick(&ODD_INTS),
                false => rng.pick(&INTS),
            };
            json!({"intValue": value.to_string()})
        }
        Type::Double => json!({"doubleValue": double(rng)}),
        Type::Bool => json!({"boolValue": rng.chance(50)}),
        Type::Bytes => json!({"bytesValue": rng.pick(&["AQI=", "aGk=", ""])}),
        Type::List => {
            let values = list(rng, 0, 3, |rng| {
                any_value(rng, Type::Any, depth.saturating_sub(1))
            });
            json!({"arrayValue": {"values": values}})
        }
        Type::Map => {
            let k = any_value(rng, Type::String, depth.saturating_sub(1));
            let n = any_value(rng, Type::Int, depth.saturating_sub(1));
            json!({"kvlistValue": {"values": [{"key": "k", "value": k}, {"key": "n", "value": n}]}})
        }
        _ => json!({}),
    }
}

/// Integers that messages and literals draw from.
pub(super) const INTS: [i64; 12] = [
    0,
    1,
    2,
    3,
    5,
    42,
    200,
    1000,
    -7,
    -1,
    i64::MAX,
    1_700_000_000,
];

/// Integers that only messages draw from, now and then: no literal can be the smallest.
const ODD_INTS: [i64; 4] = [i64::MIN, -1_000, 4_294_967_296, 9_007_199_254_740_993];

/// How many of the texts messages draw from as well, the first ones.
const PLAIN_TEXTS: usize = 14;

fn text(rng: &mut Rng) -> &'static str {
    TEXTS[rng.below(PLAIN_TEXTS)]
}

fn double(rng: &mut Rng) -> Value {
    if rng.chance(15) {
        return rng.pick(&ODD_DOUBLES).parse().unwrap_or_default();
    }
    json!(rng.pick(&[0.0, 0.5, 1.0, 2.5, -3.25, 100.0, 1e10]))
}

/// Doubles whose text is long, or halfway between two texts.
const ODD_DOUBLES: [&str; 8] = [
    "-0.0",
    "5e-324",
    "1.7976931348623157e308",
    "1e21",
    "1e-7",
    "712340685623158.25",
    "0.30000000000000004",
    "9007199254740993",
];

pub(super) fn time(rng: &mut Rng) -> Value {
    let times = [
        "1600000000000000000",
        "1600000001500000002",
        "1700000000123456789",
        "5",
        "0",
        "18446744073709551615",
    ];
    rng.pick(&times).into()
}

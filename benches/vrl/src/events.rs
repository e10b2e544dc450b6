//! Spans as VRL values and back.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Proto;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, Status, TracesData};
use vrl::value::{ObjectMap, Value};

/// All spans, each with its resource.
pub(crate) fn of(data: TracesData) -> Vec<Value> {
    let mut events = Vec::new();
    for of_resource in data.resource_spans {
        let resource = resource(of_resource.resource.as_ref());
        for of_scope in of_resource.scope_spans {
            let spans = of_scope.spans.into_iter();
            events.extend(spans.map(|mut span| take(&mut span, resource.clone())));
        }
    }
    events
}

/// A resource with its attributes.
pub(crate) fn resource(resource: Option<&Resource>) -> Value {
    let attributes = resource.map_or_else(Vec::new, |resource| resource.attributes.clone());
    Value::Object(ObjectMap::from([("attributes".into(), object(attributes))]))
}

/// Takes out of a span what programs may look at and change.
pub(crate) fn take(span: &mut Span, resource: Value) -> Value {
    let status = span.status.take().unwrap_or_default();
    let status = ObjectMap::from([
        ("code".into(), i64::from(status.code).into()),
        ("message".into(), status.message.into()),
    ]);
    Value::Object(ObjectMap::from([
        ("name".into(), std::mem::take(&mut span.name).into()),
        ("kind".into(), i64::from(span.kind).into()),
        (
            "start_time_unix_nano".into(),
            (span.start_time_unix_nano as i64).into(),
        ),
        (
            "end_time_unix_nano".into(),
            (span.end_time_unix_nano as i64).into(),
        ),
        ("status".into(), Value::Object(status)),
        (
            "attributes".into(),
            object(std::mem::take(&mut span.attributes)),
        ),
        ("resource".into(), resource),
    ]))
}

/// Puts back what [`take`] took, but for the resource.
pub(crate) fn put(event: Value, span: &mut Span) {
    let Value::Object(mut event) = event else {
        return;
    };
    span.name = text(event.remove("name"));
    span.kind = integer(event.remove("kind")) as i32;
    span.start_time_unix_nano = integer(event.remove("start_time_unix_nano")) as u64;
    span.end_time_unix_nano = integer(event.remove("end_time_unix_nano")) as u64;
    if let Some(Value::Object(mut status)) = event.remove("status") {
        span.status = Some(Status {
            message: text(status.remove("message")),
            code: integer(status.remove("code")) as i32,
        });
    }
    if let Some(Value::Object(attributes)) = event.remove("attributes") {
        span.attributes = list(attributes);
    }
}

fn object(attributes: Vec<KeyValue>) -> Value {
    let entries = attributes.into_iter();
    Value::Object(
        entries
            .map(|entry| (entry.key.into(), value(entry.value)))
            .collect(),
    )
}

fn value(any: Option<AnyValue>) -> Value {
    match any.and_then(|any| any.value) {
        None | Some(Proto::StringValueStrindex(_)) => Value::Null,
        Some(Proto::StringValue(text)) => text.into(),
        Some(Proto::BoolValue(value)) => value.into(),
        Some(Proto::IntValue(value)) => value.into(),
        Some(Proto::DoubleValue(value)) => Value::from_f64_or_zero(value),
        Some(Proto::ArrayValue(list)) => {
            let values = list.values.into_iter();
            Value::Array(values.map(|any| value(Some(any))).collect())
        }
        Some(Proto::KvlistValue(list)) => object(list.values),
        Some(Proto::BytesValue(bytes)) => Value::Bytes(bytes.into()),
    }
}

fn list(attributes: ObjectMap) -> Vec<KeyValue> {
    let entry = |(key, value): (vrl::value::KeyString, Value)| KeyValue {
        key: key.into(),
        value: Some(any(value)),
        ..KeyValue::default()
    };
    attributes.into_iter().map(entry).collect()
}

fn any(value: Value) -> AnyValue {
    let value = match value {
        Value::String(text) => Some(Proto::StringValue(text.into())),
        Value::Boolean(value) => Some(Proto::BoolValue(value)),
        Value::Integer(value) => Some(Proto::IntValue(value)),
        Value::Float(value) => Some(Proto::DoubleValue(value.into_inner())),
        Value::Bytes(bytes) => Some(Proto::BytesValue(bytes.into())),
        Value::Array(values) => Some(Proto::ArrayValue(ArrayValue {
            values: values.into_iter().map(any).collect(),
        })),
        Value::Object(values) => Some(Proto::KvlistValue(KeyValueList {
            values: list(values),
        })),
        Value::Regex(_) | Value::Timestamp(_) | Value::Null => None,
    };
    AnyValue { value }
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text.into(),
        Some(Value::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => String::new(),
    }
}

fn integer(value: Option<Value>) -> i64 {
    match value {
        Some(Value::Integer(value)) => value,
        _ => 0,
    }
}

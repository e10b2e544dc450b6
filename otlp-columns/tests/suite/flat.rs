//! Logs whose records have resources and scopes of their own and less than they had, against a model
//! that works on prost's structs as the reference works on its own.

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otlp_columns::{
    Batch, BatchLimits, DecodeReason, Field, Level, MapField, Projection, Separation, Signal,
    Value, flat, put_varint,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::encode::{check, view};
use crate::messages::{Data, resource_logs};
use crate::regroup_model::{Around, needed, op, read, styled};
use crate::rewrite::{Type, rewrite, unknown_fields};

/// One record in each resource, with what is copied for it.
fn apart(data: &LogsData) -> LogsData {
    let mut apart = LogsData::default();
    for resource in &data.resource_logs {
        for scope in &resource.scope_logs {
            for record in &scope.log_records {
                apart.resource_logs.push(ResourceLogs {
                    resource: resource.resource.as_ref().map(|resource| Resource {
                        attributes: resource.attributes.clone(),
                        ..Resource::default()
                    }),
                    scope_logs: vec![ScopeLogs {
                        scope: scope.scope.as_ref().map(|scope| InstrumentationScope {
                            dropped_attributes_count: 0,
                            ..scope.clone()
                        }),
                        schema_url: scope.schema_url.clone(),
                        log_records: vec![record.clone()],
                    }],
                    schema_url: String::new(),
                });
            }
        }
    }
    apart
}

/// The same text for attributes that are equal: sorted by key, a key that is there again with its
/// first value.
fn text(attributes: &[KeyValue]) -> String {
    let first = |key: &str| attributes.iter().find(|entry| entry.key == key);
    let mut keys: Vec<_> = attributes.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    let entries = keys.iter().map(|key| {
        let value = first(key).and_then(|entry| entry.value.as_ref());
        format!("{key:?}={}", value_text(value))
    });
    entries.collect::<Vec<_>>().join(",")
}

fn value_text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Any::DoubleValue(double)) => format!("double {}", double.to_bits()),
        Some(Any::KvlistValue(map)) => format!("{{{}}}", text(&map.values)),
        Some(Any::ArrayValue(list)) => {
            let elements = list.values.iter().map(|value| value_text(Some(value)));
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        other => format!("{other:?}"),
    }
}

fn resource_key(resource: &ResourceLogs) -> String {
    let inner = resource.resource.as_ref();
    inner.map_or_else(String::new, |resource| text(&resource.attributes))
}

fn scope_key(scope: &ScopeLogs) -> (String, String, String, String) {
    let inner = scope.scope.clone().unwrap_or_default();
    let attributes = text(&inner.attributes);
    (
        inner.name,
        inner.version,
        attributes,
        scope.schema_url.clone(),
    )
}

/// What is equal moves to the first of it.
fn together(data: LogsData) -> LogsData {
    let mut all: Vec<ResourceLogs> = Vec::new();
    for resource in data.resource_logs {
        let key = resource_key(&resource);
        match all.iter_mut().find(|known| resource_key(known) == key) {
            Some(known) => known.scope_logs.extend(resource.scope_logs),
            None => all.push(resource),
        }
    }
    for resource in &mut all {
        let mut scopes: Vec<ScopeLogs> = Vec::new();
        for scope in resource.scope_logs.drain(..) {
            let key = scope_key(&scope);
            match scopes.iter_mut().find(|known| scope_key(known) == key) {
                Some(known) => known.log_records.extend(scope.log_records),
                None => scopes.push(scope),
            }
        }
        resource.scope_logs = scopes;
    }
    LogsData { resource_logs: all }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn records_have_their_own_and_what_has_equal_attributes_becomes_one(
        resources in vec(resource_logs(), 0..4),
        twice in any::<bool>(),
        style in styled(),
        wide in proptest::option::of(view()),
        ops in vec(op(), 1..6),
    ) {
        let mut data = LogsData { resource_logs: resources };
        if twice {
            data.resource_logs.extend_from_within(..);
        }
        let mut expected = apart(&data);
        let mut changes = ops.iter().cycle();
        for single in &mut expected.resource_logs {
            let scope = &mut single.scope_logs[0];
            let around = Around {
                resource: &mut single.resource,
                schema: &mut single.schema_url,
                scope: &mut scope.scope,
                metric: None,
            };
            if let Some(op) = changes.next() && !op.apply(around) {
                scope.log_records.clear();
            }
        }
        let data = Data::Logs(data);
        let projection = needed(&data, wide);
        let bytes = Bytes::from(rewrite(&data.encode(), Type::Top(Signal::Logs), style));
        let message = flat::bare(&bytes).expect("a well-formed message");
        prop_assert_eq!(flat::bare(&message).expect("another one"), message.clone());
        let mut batch = read(&data, message.to_vec(), &projection);
        batch.separate(Level::Log, Separation::Flat);
        let mut changes = ops.iter().cycle();
        for row in 0..batch.rows(Level::Log) {
            if let Some(op) = changes.next() {
                op.apply_to(&mut batch, Level::Log, row);
            }
        }
        check(&Data::Logs(together(expected)), &batch.encode())?;
    }
}

/// A field of a message.
fn field(number: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    put_varint(&mut out, body.len() as u64);
    out.extend_from_slice(body);
    out
}

fn separated(message: Vec<u8>, projection: &Projection) -> Batch {
    let message = flat::bare(&message.into()).expect("a well-formed message");
    let limits = BatchLimits::default();
    let mut batch = Batch::decode_projected(Signal::Logs, message, projection, limits)
        .expect("a well-formed message");
    batch.separate(Level::Log, Separation::Flat);
    batch
}

#[test]
fn fields_that_nobody_knows_stay_and_tell_apart() {
    let scope = field(2, &field(2, &field(3, b"text")));
    let resource = |inside: &[u8], beside: &[u8], schema: &[u8]| {
        let resource = field(1, &field(15, inside));
        let parts = [resource, scope.clone(), field(14, beside), field(3, schema)];
        field(1, &parts.concat())
    };
    let top = field(13, b"top");
    for (other, resources) in [
        (resource(b"x", b"y", b"a schema"), 1),
        (resource(b"z", b"y", b""), 2),
        (resource(b"x", b"z", b""), 2),
        // Nothing is below these.
        (field(1, &field(1, &field(1, &field(1, b"key")))), 1),
        (field(1, &field(2, &field(1, &field(1, b"name")))), 1),
        (field(1, &field(14, b"legacy")), 2),
        (field(1, &field(2, &field(1, &field(9, b"?")))), 2),
    ] {
        let message = [resource(b"x", b"y", b""), other, top.clone()].concat();
        let unknown = unknown_fields(&message, Type::Top(Signal::Logs));
        let mut batch = separated(message, &Projection::new(Level::Log));
        batch.regroup();
        assert_eq!(batch.rows(Level::Resource), resources);
        let encoded = batch.encode();
        assert!(encoded.ends_with(&top));
        if resources == 2 {
            assert_eq!(unknown_fields(&encoded, Type::Top(Signal::Logs)), unknown);
        }
    }
}

#[test]
fn what_is_left_out_must_be_well_formed() {
    let record = field(2, &field(2, &[]));
    // A schema that is a number, and entities that end too early.
    let wrong_type = field(1, &[record.clone(), vec![3 << 3, 1]].concat());
    let cut = field(
        1,
        &[record.clone(), field(1, &field(3, &[0x0a, 9]))].concat(),
    );
    for (message, reason) in [
        (wrong_type, DecodeReason::UnexpectedWireType { field: 3 }),
        (cut, DecodeReason::Truncated),
        (vec![0x0a, 9], DecodeReason::Truncated),
    ] {
        let message = Bytes::from(message);
        let error = flat::bare(&message).expect_err("the message is malformed");
        assert_eq!(error.reason, reason);
        let other = Batch::decode(Signal::Logs, message).expect_err("it is malformed");
        assert_eq!(other, error);
    }
}

#[test]
fn what_does_not_count_is_that_of_the_first() {
    let record = |body: &[u8]| field(1, &field(2, &field(2, &field(3, body))));
    let message = [record(b"a"), record(b"b"), record(b"c")].concat();
    let mut projection = Projection::new(Level::Log);
    for field in [
        Field::ResourceDropped,
        Field::ResourceSchemaUrl,
        Field::ScopeDropped,
    ] {
        projection.add_field(field);
    }
    projection.add_key(MapField::Resource, b"k");
    let mut batch = separated(message, &projection);
    for row in 0..3 {
        batch.set_scalar(Field::ResourceDropped, row, row as u64 + 1);
        batch.set_scalar(Field::ScopeDropped, row, row as u64 + 4);
        let schema = batch.heap_mut().alloc(&[b'0' + row as u8]);
        batch.set_slice(Field::ResourceSchemaUrl, row, schema);
    }
    batch.map_set(MapField::Resource, 1, b"k", Value::Bool(true));
    batch.regroup();
    assert_eq!(batch.scalars(Field::ResourceDropped), [1, 2]);
    assert_eq!(batch.scalars(Field::ScopeDropped), [4, 5]);
    let schema = |row| {
        batch
            .heap()
            .bytes(batch.slice(Field::ResourceSchemaUrl, row))
    };
    assert_eq!((schema(0), schema(1)), (&b"0"[..], &b"1"[..]));
    let parents: Vec<_> = (0..3).map(|row| batch.parent(Level::Log, row)).collect();
    assert_eq!(parents, [0, 0, 1]);
}

#[test]
fn it_lasts_through_other_projections() {
    let record = |body: &[u8]| field(1, &field(2, &field(2, &field(3, body))));
    let message = [record(b"a"), record(b"b")].concat();
    let mut batch = separated(message, &Projection::new(Level::Log));
    batch.separate(Level::Log, Separation::Lasting);
    let mut more = Projection::new(Level::Log);
    more.add_field(Field::ScopeDropped);
    batch.project(&more);
    assert_eq!(batch.rows(Level::Resource), 2);
    batch.set_scalar(Field::ScopeDropped, 1, 7);
    batch.regroup();
    assert_eq!(
        batch.rows(Level::Scope),
        1,
        "the count does not tell scopes apart"
    );
    assert_eq!(batch.items(), 2);
}

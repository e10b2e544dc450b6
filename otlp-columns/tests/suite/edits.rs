//! Changes, made to a batch on one side and to prost's structs on the other.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::Exemplar;
use opentelemetry_proto::tonic::metrics::v1::metric::Data as MetricData;
use otlp_columns::{
    Batch, Buckets, Entry, Field, Heap, Level, ListKind, MapField, MapKind, Storage, Value,
};
use proptest::prelude::*;

use crate::access::{
    Point, attributes, log, point, scalar_bits, set_bytes, set_number, set_optional, set_packed,
    set_scalar, span,
};
use crate::messages::{Data, key};

/// A value to set.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    Nil,
    Bool(bool),
    Int(i64),
    Double(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Val>),
    Map(Vec<(String, Val)>),
}

impl Val {
    fn of_batch(&self, heap: &mut Heap) -> Value {
        match self {
            Self::Nil => Value::Nil,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Str(text) => heap.alloc_str(text),
            Self::Bytes(bytes) => Value::Bytes(heap.alloc(bytes)),
            Self::List(list) => {
                let list: Vec<_> = list.iter().map(|value| value.of_batch(heap)).collect();
                Value::List(ListKind::Slice, heap.alloc_list(&list))
            }
            Self::Map(map) => {
                let entries = entries(heap, map);
                Value::Map(MapKind::Map, heap.alloc_map(&entries))
            }
        }
    }

    fn of_prost(&self) -> AnyValue {
        let value = match self {
            Self::Nil => None,
            Self::Bool(value) => Some(Any::BoolValue(*value)),
            Self::Int(value) => Some(Any::IntValue(*value)),
            Self::Double(value) => Some(Any::DoubleValue(*value)),
            Self::Str(text) => Some(Any::StringValue(text.clone())),
            Self::Bytes(bytes) => Some(Any::BytesValue(bytes.clone())),
            Self::List(list) => Some(Any::ArrayValue(ArrayValue {
                values: list.iter().map(Self::of_prost).collect(),
            })),
            Self::Map(map) => Some(Any::KvlistValue(KeyValueList {
                values: key_values(map),
            })),
        };
        AnyValue { value }
    }
}

fn entries(heap: &mut Heap, map: &[(String, Val)]) -> Vec<Entry> {
    map.iter()
        .map(|(key, value)| {
            let value = value.of_batch(heap);
            Entry::new(heap.alloc(key.as_bytes()), value)
        })
        .collect()
}

fn key_values(map: &[(String, Val)]) -> Vec<KeyValue> {
    map.iter()
        .map(|(key, value)| KeyValue {
            key: key.clone(),
            value: Some(value.of_prost()),
            ..KeyValue::default()
        })
        .collect()
}

/// One change. Rows are taken modulo the number of rows there are.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Scalar(Field, usize, i64),
    Slice(Field, usize, Vec<u8>),
    Number(Level, usize, (u64, u64)),
    Body(usize, Val),
    MapSet(usize, usize, String, Val),
    MapRemove(usize, usize, String),
    MapReplace(usize, usize, Vec<(String, Val)>),
    Packed(Field, usize, Vec<u64>),
    Optional(Field, usize, Option<f64>),
    Clear(Field, usize),
    CopyBuckets(usize, bool),
    Drop(Level, usize),
    Scratch(usize, String, Val),
}

fn value() -> impl Strategy<Value = Val> {
    let leaf = prop_oneof![
        Just(Val::Nil),
        any::<bool>().prop_map(Val::Bool),
        any::<i64>().prop_map(Val::Int),
        any::<f64>().prop_map(Val::Double),
        "[a-z]{0,200}".prop_map(Val::Str),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(Val::Bytes),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let map = proptest::collection::btree_map(key(), inner.clone(), 0..3);
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(Val::List),
            map.prop_map(|map| Val::Map(map.into_iter().collect())),
        ]
    })
}

fn fields(storage: Storage) -> impl Strategy<Value = Field> {
    let fields: Vec<Field> = Field::ALL
        .iter()
        .copied()
        .filter(|field| field.storage() == storage)
        .collect();
    proptest::sample::select(fields)
}

const KINDS: [Field; 4] = [
    Field::PointValueKind,
    Field::PointValueBits,
    Field::ExemplarValueKind,
    Field::ExemplarValueBits,
];

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let row = || 0..100usize;
    let scalar = || {
        let fields =
            fields(Storage::Scalar).prop_filter("a number", |field| !KINDS.contains(field));
        (fields, row(), 0..400i64).prop_map(|(field, row, bits)| Edit::Scalar(field, row, bits))
    };
    let slice = || {
        (fields(Storage::Bytes), row(), "[a-z]{0,150}")
            .prop_map(|(field, row, text)| Edit::Slice(field, row, text.into_bytes()))
    };
    let packed = proptest::sample::select(vec![
        Field::PointBucketCounts,
        Field::PointBounds,
        Field::PointPositiveCounts,
        Field::PointNegativeCounts,
    ]);
    let optional = proptest::sample::select(vec![
        Field::PointSum,
        Field::PointMin,
        Field::PointMax,
        Field::PointZeroThreshold,
    ]);
    let raw = || fields(Storage::Raw);
    let level = proptest::sample::select(vec![
        Level::Resource,
        Level::Scope,
        Level::Span,
        Level::SpanEvent,
        Level::Log,
        Level::Metric,
        Level::DataPoint,
        Level::Exemplar,
    ]);
    let map = || proptest::collection::btree_map(key(), value(), 0..3);
    let known = || "[abc]".prop_map(|key| key);
    let numbers = proptest::sample::select(vec![Level::DataPoint, Level::Exemplar]);
    prop_oneof![
        4 => scalar(),
        3 => slice(),
        2 => (numbers, row(), 1..3u64, any::<u64>())
            .prop_map(|(level, row, kind, bits)| Edit::Number(level, row, (kind, bits))),
        1 => (row(), value()).prop_map(|(row, value)| Edit::Body(row, value)),
        6 => (row(), row(), known(), value())
            .prop_map(|(map, row, key, value)| Edit::MapSet(map, row, key, value)),
        3 => (row(), row(), known()).prop_map(|(map, row, key)| Edit::MapRemove(map, row, key)),
        2 => (row(), row(), map())
            .prop_map(|(at, row, map)| Edit::MapReplace(at, row, map.into_iter().collect())),
        2 => (packed, row(), proptest::collection::vec(0..400u64, 0..4))
            .prop_map(|(field, row, elements)| Edit::Packed(field, row, elements)),
        2 => (optional, row(), proptest::option::of(0..3u8))
            .prop_map(|(field, row, value)| Edit::Optional(field, row, value.map(f64::from))),
        2 => (raw(), row()).prop_map(|(field, row)| Edit::Clear(field, row)),
        1 => (row(), any::<bool>()).prop_map(|(row, sign)| Edit::CopyBuckets(row, sign)),
        2 => (level, row()).prop_map(|(level, row)| Edit::Drop(level, row)),
        1 => (row(), known(), value()).prop_map(|(row, key, value)| Edit::Scratch(row, key, value)),
    ]
}

/// The maps of a signal's messages.
pub(crate) fn maps(data: &Data) -> &'static [MapField] {
    match data {
        Data::Traces(_) => &[
            MapField::Resource,
            MapField::Scope,
            MapField::Span,
            MapField::SpanEvent,
        ],
        Data::Logs(_) => &[MapField::Resource, MapField::Scope, MapField::Log],
        Data::Metrics(_) => &[
            MapField::Resource,
            MapField::Scope,
            MapField::MetricMetadata,
            MapField::DataPoint,
            MapField::Exemplar,
        ],
    }
}

/// A batch and prost's structs of one message; rows are dropped from the latter at the end.
pub(crate) struct Both {
    pub(crate) batch: Batch,
    pub(crate) data: Data,
    dropped: BTreeMap<Level, BTreeSet<usize>>,
}

impl Both {
    pub(crate) fn new(batch: Batch, data: Data) -> Self {
        Self {
            batch,
            data,
            dropped: BTreeMap::new(),
        }
    }

    /// Makes a change on both sides, if the message has a row for it.
    pub(crate) fn apply(&mut self, edit: &Edit) {
        let level = match edit {
            Edit::Scalar(field, ..)
            | Edit::Slice(field, ..)
            | Edit::Packed(field, ..)
            | Edit::Optional(field, ..)
            | Edit::Clear(field, ..) => field.level(),
            Edit::Number(level, ..) | Edit::Drop(level, _) => *level,
            Edit::Body(..) => Level::Log,
            Edit::MapSet(at, ..) | Edit::MapRemove(at, ..) | Edit::MapReplace(at, ..) => {
                self.map(*at).level()
            }
            Edit::CopyBuckets(..) => Level::DataPoint,
            Edit::Scratch(..) => self.data.signal().item_level(),
        };
        let rows = self.batch.rows(level);
        if rows > 0 {
            self.change(edit, level, rows);
        }
    }

    fn map(&self, at: usize) -> MapField {
        let maps = maps(&self.data);
        maps[at % maps.len()]
    }

    fn change(&mut self, edit: &Edit, level: Level, rows: usize) {
        match edit {
            Edit::Scalar(field, row, bits) => {
                let bits = scalar_bits(*field, *bits);
                self.batch.set_scalar(*field, row % rows, bits);
                set_scalar(&mut self.data, *field, row % rows, bits);
            }
            Edit::Slice(field, row, bytes) => {
                let slice = self.batch.heap_mut().alloc(bytes);
                self.batch.set_slice(*field, row % rows, slice);
                set_bytes(&mut self.data, *field, row % rows, bytes);
            }
            Edit::Number(level, row, number) => {
                let (kind, bits) = match level {
                    Level::Exemplar => (Field::ExemplarValueKind, Field::ExemplarValueBits),
                    _ => (Field::PointValueKind, Field::PointValueBits),
                };
                self.batch.set_number(kind, bits, row % rows, *number);
                set_number(&mut self.data, *level, row % rows, *number);
            }
            Edit::Body(row, value) => {
                let new = value.of_batch(self.batch.heap_mut());
                self.batch.set_body(row % rows, new);
                log(&mut self.data, row % rows).body = Some(value.of_prost());
            }
            Edit::MapSet(at, row, key, value) => {
                let (map, row) = (self.map(*at), row % rows);
                let new = value.of_batch(self.batch.heap_mut());
                self.batch.map_set(map, row, key.as_bytes(), new);
                let attributes = attributes(&mut self.data, map, row);
                match attributes.iter_mut().find(|entry| entry.key == *key) {
                    Some(entry) => entry.value = Some(value.of_prost()),
                    None => attributes.extend(key_values(&[(key.clone(), value.clone())])),
                }
            }
            Edit::MapRemove(at, row, key) => {
                let (map, row) = (self.map(*at), row % rows);
                let had = self.batch.map_remove(map, row, key.as_bytes());
                let attributes = attributes(&mut self.data, map, row);
                let found = attributes.iter().position(|entry| entry.key == *key);
                assert!(had == found.is_some() || self.batch.heap().exhausted());
                if let Some(at) = found {
                    attributes.swap_remove(at);
                }
            }
            Edit::MapReplace(at, row, new) => {
                let (map, row) = (self.map(*at), row % rows);
                if !self.batch.is_keyed(map) {
                    let entries = entries(self.batch.heap_mut(), new);
                    let range = self.batch.heap_mut().alloc_map(&entries);
                    self.batch.map_replace(map, row, range);
                    *attributes(&mut self.data, map, row) = key_values(new);
                }
            }
            Edit::Packed(field, row, elements) => {
                self.batch.set_packed(*field, row % rows, elements);
                set_packed(&mut self.data, *field, row % rows, elements);
            }
            Edit::Optional(field, row, value) => {
                self.batch.set_optional(*field, row % rows, *value);
                set_optional(&mut self.data, *field, row % rows, *value);
            }
            Edit::Clear(field, row) => self.clear(*field, row % rows),
            Edit::CopyBuckets(row, sign) => {
                let (from, to) = match sign {
                    true => (Buckets::Positive, Buckets::Negative),
                    false => (Buckets::Negative, Buckets::Positive),
                };
                self.batch.copy_buckets(row % rows, from, to);
                if let Point::Exponential(point) = point(&mut self.data, row % rows) {
                    match sign {
                        true => point.negative = point.positive.clone(),
                        false => point.positive = point.negative.clone(),
                    }
                }
            }
            Edit::Drop(_, row) => {
                self.batch.drop_row(level, row % rows);
                self.dropped.entry(level).or_default().insert(row % rows);
            }
            Edit::Scratch(row, key, value) => {
                let map = MapField::Scratch(level);
                self.batch.reset_scratch(level);
                let new = value.of_batch(self.batch.heap_mut());
                self.batch.map_set(map, row % rows, key.as_bytes(), new);
                let found = self.batch.map_get(map, row % rows, key.as_bytes());
                assert!(found.is_some() || self.batch.heap().exhausted());
            }
        }
    }

    fn clear(&mut self, field: Field, row: usize) {
        let below = match field {
            Field::SpanEvents => Some(Level::SpanEvent),
            Field::PointExemplars => Some(Level::Exemplar),
            Field::MetricPoints => Some(Level::DataPoint),
            _ => None,
        };
        let is_packed = self.batch.packed(field, row).is_some();
        if is_packed {
            return;
        }
        self.batch.clear(field, row);
        assert_eq!(self.batch.count(field, row), 0);
        match (field, below) {
            (_, Some(below)) if self.batch.rows(below) > 0 => {
                let children = self.batch.children(field.level(), row);
                self.dropped.entry(below).or_default().extend(children);
            }
            (Field::SpanEvents, _) => span(&mut self.data, row).events.clear(),
            (Field::SpanLinks, _) => span(&mut self.data, row).links.clear(),
            (Field::PointExemplars, _) => {
                if let Some(exemplars) = point(&mut self.data, row).exemplars() {
                    exemplars.clear();
                }
            }
            (Field::PointQuantiles, _) => {
                if let Point::Summary(point) = point(&mut self.data, row) {
                    point.quantile_values.clear();
                }
            }
            (Field::PointMin | Field::PointMax | Field::PointZeroThreshold, _) => {
                set_optional(&mut self.data, field, row, None);
            }
            _ => {}
        }
    }

    /// The structs without the rows that were dropped.
    pub(crate) fn expected(self) -> Data {
        let mut data = self.data;
        drop_rows(&mut data, &self.dropped);
        data
    }
}

/// Removes rows by their numbers in the whole message.
pub(crate) fn drop_rows(data: &mut Data, dropped: &BTreeMap<Level, BTreeSet<usize>>) {
    let mut seen: BTreeMap<Level, usize> = BTreeMap::new();
    let mut keep = |level: Level| {
        let row = seen.entry(level).or_default();
        *row += 1;
        !dropped
            .get(&level)
            .is_some_and(|rows| rows.contains(&(*row - 1)))
    };
    // Rows below a dropped one are numbered like the others.
    match data {
        Data::Traces(data) => data.resource_spans.retain_mut(|resource| {
            resource.scope_spans.retain_mut(|scope| {
                scope.spans.retain_mut(|span| {
                    span.events.retain(|_| keep(Level::SpanEvent));
                    keep(Level::Span)
                });
                keep(Level::Scope)
            });
            keep(Level::Resource)
        }),
        Data::Logs(data) => data.resource_logs.retain_mut(|resource| {
            resource.scope_logs.retain_mut(|scope| {
                scope.log_records.retain(|_| keep(Level::Log));
                keep(Level::Scope)
            });
            keep(Level::Resource)
        }),
        Data::Metrics(data) => data.resource_metrics.retain_mut(|resource| {
            resource.scope_metrics.retain_mut(|scope| {
                scope.metrics.retain_mut(|metric| {
                    let mut point = |exemplars: Option<&mut Vec<Exemplar>>| {
                        if let Some(exemplars) = exemplars {
                            exemplars.retain(|_| keep(Level::Exemplar));
                        }
                        keep(Level::DataPoint)
                    };
                    match &mut metric.data {
                        None => {}
                        Some(MetricData::Gauge(data)) => {
                            data.data_points
                                .retain_mut(|row| point(Some(&mut row.exemplars)));
                        }
                        Some(MetricData::Sum(data)) => {
                            data.data_points
                                .retain_mut(|row| point(Some(&mut row.exemplars)));
                        }
                        Some(MetricData::Histogram(data)) => {
                            data.data_points
                                .retain_mut(|row| point(Some(&mut row.exemplars)));
                        }
                        Some(MetricData::ExponentialHistogram(data)) => {
                            data.data_points
                                .retain_mut(|row| point(Some(&mut row.exemplars)));
                        }
                        Some(MetricData::Summary(data)) => data.data_points.retain(|_| point(None)),
                    }
                    keep(Level::Metric)
                });
                keep(Level::Scope)
            });
            keep(Level::Resource)
        }),
    }
}

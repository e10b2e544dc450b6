//! Reading a path.

use otlp_columns::{
    Batch, Field, Heap, Level, ListKind, MapField, MapKind, OpaqueKind, Shape, Slice, Timestamp,
    Value,
};

use super::attributes;
use super::coding::{
    KINDS, KindName, decode_int, has_shapes, not_indexable_body, points_kind, trace_state_key,
};
use super::keys::{index, map_key, with_key};
use super::{Key, Keys, Position, request};
use crate::path::{Access, IntCoding, PathDef};
use crate::{ExecError, TextBuilder, text, trace_state};

/// Reads a path.
///
/// # Errors
/// When keys do not fit what they index.
pub fn get(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
) -> Result<Value, ExecError> {
    let level = def.access.level();
    let row = position.row_of(batch, level);
    if !def.shapes.contains(batch.shape(level, row)) && has_shapes(level) {
        return Ok(Value::Nil);
    }
    get_row(batch, def.access, keys, row)
}

fn get_row(
    batch: &mut Batch,
    access: Access,
    keys: Keys<'_>,
    row: usize,
) -> Result<Value, ExecError> {
    Ok(match access {
        Access::Map(map) => map_get(batch, map, keys, row)?,
        Access::Body => body_get(batch, keys, row)?,
        Access::BodyString => {
            let body = batch.body(row);
            Value::Str(as_string(batch.heap_mut(), body)?)
        }
        Access::Int(field, coding) => Value::Int(decode_int(batch.scalars(field)[row], coding)),
        Access::MetricInt(field) => {
            Value::Int(decode_int(batch.scalars(field)[row], IntCoding::I32))
        }
        Access::MetricBool(field) => Value::Bool(batch.scalars(field)[row] != 0),
        Access::Double(field) => Value::Double(f64::from_bits(batch.scalars(field)[row])),
        Access::Str(field) => Value::Str(batch.slice(field, row)),
        Access::TimeNanos(field) => Value::Int(batch.scalars(field)[row] as i64),
        Access::Time(field) => Timestamp::from_unix_nanos(batch.scalars(field)[row] as i64).into(),
        Access::TraceId(field) => Value::TraceId(id(batch, field, row, 16)),
        Access::SpanId(field) => Value::SpanId(id(batch, field, row, 8)),
        Access::TraceIdHex(field) => id_hex(batch, field, row, 16),
        Access::SpanIdHex(field) => id_hex(batch, field, row, 8),
        Access::TraceState => trace_state_get(batch, keys, row)?,
        Access::KindString => kind_name(batch, row, |name| name.0),
        Access::KindDeprecatedString => kind_name(batch, row, |name| name.1),
        Access::Status => Value::Opaque(OpaqueKind::Status, Slice::EMPTY),
        Access::Messages(field, opaque) => sequence(opaque, batch.count(field, row)),
        Access::Points => match batch.shape(Level::Metric, row) {
            Shape::None => Value::Nil,
            shape => sequence(points_kind(shape), batch.count(Field::MetricPoints, row)),
        },
        Access::NumberDouble(kind, bits) => match number(batch, kind, bits, row) {
            value @ Value::Double(_) => value,
            _ => Value::Double(0.0),
        },
        Access::NumberInt(kind, bits) => match number(batch, kind, bits, row) {
            value @ Value::Int(_) => value,
            _ => Value::Int(0),
        },
        Access::Number(kind, bits) => number(batch, kind, bits, row),
        Access::Uints(field) => packed(batch, field, row, ListKind::Uints),
        Access::Doubles(field) => packed(batch, field, row, ListKind::Doubles),
        Access::Buckets(which) => Value::Opaque(
            OpaqueKind::Buckets,
            Slice {
                off: which as u32,
                len: 0,
            },
        ),
        Access::Bytes(field) => Value::Bytes(batch.slice(field, row)),
        Access::ProfileId(field) => Value::ProfileId(id(batch, field, row, 16)),
        Access::ProfileIdHex(field) => id_hex(batch, field, row, 16),
        Access::Ints(field, coding) => ints(batch, field, row, coding),
        Access::Times(field) => times(batch, field, row),
        Access::Attributes(indices) => attributes::get(batch, indices, keys, row)?,
        Access::DictionaryStr(field) => Value::Str(attributes::string(batch, field, row)?),
        Access::ValueType(field, _) => value_type(field),
        Access::MetricType => metric_type(batch.shape(Level::Metric, row)),
        Access::EventIndex => {
            let span = batch.parent(Level::SpanEvent, row);
            let first = batch.children(Level::Span, span).start;
            Value::Int((row - first) as i64)
        }
        Access::Request(part) => request::get(batch, part, keys)?,
        Access::DurationMillis => {
            let nanos = batch.integers(Field::SpanEnd)[row]
                .wrapping_sub(batch.integers(Field::SpanStart)[row]);
            Value::Double(nanos as f64 / 1e6)
        }
    })
}

fn map_get(
    batch: &mut Batch,
    map: MapField,
    keys: Keys<'_>,
    row: usize,
) -> Result<Value, ExecError> {
    let Some((first, rest)) = keys.split_first() else {
        return Ok(Value::Map(MapKind::Map, batch.map(map, row)));
    };
    let key = map_key(first)?;
    match with_key(batch, key, |batch, key| batch.map_get(map, row, key)) {
        None => Ok(Value::Nil),
        Some(value) => index(batch.heap_mut(), value, rest),
    }
}

fn body_get(batch: &mut Batch, keys: Keys<'_>, row: usize) -> Result<Value, ExecError> {
    let body = batch.body(row);
    let body = batch.heap_mut().resolve(body);
    if !keys.is_empty() && !matches!(body, Value::Map(..) | Value::List(..)) {
        return Err(not_indexable_body(body));
    }
    index(batch.heap_mut(), body, keys)
}

/// A number that is a double, an integer, or not there.
fn number(batch: &Batch, kind: Field, bits: Field, row: usize) -> Value {
    match (batch.scalars(kind)[row], batch.scalars(bits)[row]) {
        (1, bits) => Value::Double(f64::from_bits(bits)),
        (2, bits) => Value::Int(bits as i64),
        _ => Value::Nil,
    }
}

/// The type of a metric as the reference numbers it.
fn metric_type(shape: Shape) -> Value {
    Value::Int(match shape {
        Shape::None => 0,
        Shape::Gauge => 1,
        Shape::Sum => 2,
        Shape::Histogram => 3,
        Shape::Exponential => 4,
        Shape::Summary => 5,
    })
}

/// An attribute value as text; see [`text::attribute`].
fn as_string(heap: &mut Heap, value: Value) -> Result<Slice, ExecError> {
    Ok(match heap.resolve(value) {
        Value::Nil => Slice::EMPTY,
        Value::Str(slice) => slice,
        other => {
            let mut out = TextBuilder::from(&*heap);
            text::attribute(heap, other, &mut out)?;
            out.slice(heap)
        }
    })
}

/// An id of `len` bytes; one that is missing or of another length is all zeros.
fn id(batch: &Batch, field: Field, row: usize, len: usize) -> Slice {
    let slice = batch.slice(field, row);
    if slice.len as usize == len {
        slice
    } else {
        batch.heap().zeros(len)
    }
}

fn id_hex(batch: &mut Batch, field: Field, row: usize, len: usize) -> Value {
    let slice = id(batch, field, row, len);
    let text = text::hex(batch.heap().bytes(slice));
    batch.heap_mut().alloc_str(&text)
}

fn kind_name(batch: &mut Batch, row: usize, pick: fn(&KindName) -> &'static str) -> Value {
    let kind = decode_int(batch.scalars(Field::SpanKind)[row], IntCoding::I32);
    let name = usize::try_from(kind)
        .ok()
        .and_then(|kind| KINDS.get(kind))
        .map_or("", pick);
    batch.heap_mut().alloc_str(name)
}

fn trace_state_get(batch: &mut Batch, keys: Keys<'_>, row: usize) -> Result<Value, ExecError> {
    let state = batch.slice(Field::SpanTraceState, row);
    match keys.split_first() {
        None => Ok(Value::Str(state)),
        Some((key, _)) => {
            let Some(members) = trace_state::parse(batch.heap().bytes(state)) else {
                return Ok(Value::Nil);
            };
            let Key::Str(key) = key else {
                return Err(trace_state_key());
            };
            let value = members.get(key).map(<[u8]>::to_vec).unwrap_or_default();
            Ok(Value::Str(batch.heap_mut().alloc(&value)))
        }
    }
}

fn sequence(kind: OpaqueKind, count: usize) -> Value {
    Value::Opaque(
        kind,
        Slice {
            off: count as u32,
            len: 0,
        },
    )
}

/// Which of a profile's two value types it is, by its first field.
fn value_type(field: Field) -> Value {
    Value::Opaque(
        OpaqueKind::ValueType,
        Slice {
            off: field as u32,
            len: 0,
        },
    )
}

fn ints(batch: &mut Batch, field: Field, row: usize, coding: IntCoding) -> Value {
    let elements = batch.packed(field, row).unwrap_or_default().into_iter();
    let elements: Vec<_> = elements
        .map(|bits| Value::Int(decode_int(bits, coding)))
        .collect();
    Value::List(ListKind::Ints, batch.heap_mut().alloc_list(&elements))
}

fn times(batch: &mut Batch, field: Field, row: usize) -> Value {
    let elements = batch.packed(field, row).unwrap_or_default().into_iter();
    let elements: Vec<_> = elements
        .map(|bits| Timestamp::from_unix_nanos(bits as i64).into())
        .collect();
    Value::List(ListKind::Times, batch.heap_mut().alloc_list(&elements))
}

fn packed(batch: &mut Batch, field: Field, row: usize, kind: ListKind) -> Value {
    let elements: Vec<_> = batch
        .packed(field, row)
        .unwrap_or_default()
        .into_iter()
        .map(|bits| match kind {
            ListKind::Doubles => Value::Double(f64::from_bits(bits)),
            _ => Value::Int(bits as i64),
        })
        .collect();
    Value::List(kind, batch.heap_mut().alloc_list(&elements))
}

//! Reading and writing paths of one row.
//!
//! Rules: the setters of pkg/ottl/contexts/internal and their helpers in ctxutil.

mod entries;
mod store;

use otlp_columns::{
    Batch, Field, Heap, Level, ListKind, MapField, MapKind, OpaqueKind, PoolRange, Shape, Slice,
    Timestamp, Value,
};

use self::store::{assign, check_size};
use crate::path::{Access, IntCoding, PathDef};
use crate::program::KeyUse;
use crate::types::type_name;
use crate::{ExecError, text, trace_state};

pub use self::entries::{merge, remove, remove_key, retain};
pub(crate) use self::store::raw_map;

/// A key of a path once it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key<'a> {
    /// A literal string.
    Str(&'a [u8]),
    /// A literal integer.
    Int(i64),
    /// The result of an expression.
    Dynamic(Value),
}

/// The keys of a path, the literal ones from the program, the others as they were evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    uses: &'a [KeyUse],
    dynamic: &'a [Value],
}

impl<'a> Keys<'a> {
    /// The keys `uses`, of which the dynamic ones are `dynamic`, in order.
    #[must_use]
    pub fn new(uses: &'a [KeyUse], dynamic: &'a [Value]) -> Self {
        Self { uses, dynamic }
    }

    /// The first key and those behind it.
    #[inline]
    #[must_use]
    pub fn split_first(self) -> Option<(Key<'a>, Self)> {
        let (first, uses) = self.uses.split_first()?;
        let (key, dynamic) = match first {
            KeyUse::Str(key) => (Key::Str(key), self.dynamic),
            KeyUse::Int(index) => (Key::Int(*index), self.dynamic),
            KeyUse::Dynamic => {
                let (value, rest) = self.dynamic.split_first()?;
                (Key::Dynamic(*value), rest)
            }
        };
        Some((key, Self { uses, dynamic }))
    }

    /// The first `count` keys, which must be literal.
    #[must_use]
    fn prefix(self, count: usize) -> Self {
        Self {
            uses: &self.uses[..count],
            dynamic: &[],
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.uses.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.uses.is_empty()
    }
}

/// The item a program works on.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The level of the program's items.
    pub context: Level,
    /// The item's row.
    pub row: usize,
}

impl Position {
    /// The row of `level` that the item belongs to.
    #[inline]
    #[must_use]
    pub fn row_of(self, batch: &Batch, level: Level) -> usize {
        if level == self.context {
            self.row
        } else {
            batch.ancestor(self.context, self.row, level)
        }
    }
}

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

fn has_shapes(level: Level) -> bool {
    matches!(level, Level::Metric | Level::DataPoint)
}

fn get_row(
    batch: &mut Batch,
    access: Access,
    keys: Keys<'_>,
    row: usize,
) -> Result<Value, ExecError> {
    Ok(match access {
        Access::Map(map) => match keys.split_first() {
            None => Value::Map(MapKind::Map, batch.map(map, row)),
            Some((first, rest)) => {
                let key = map_key(first)?;
                let value = with_key(batch, key, |batch, key| batch.map_get(map, row, key));
                match value {
                    None => Value::Nil,
                    Some(value) => index(batch.heap_mut(), value, rest)?,
                }
            }
        },
        Access::Body => {
            let body = batch.body(row);
            let body = batch.heap_mut().resolve(body);
            if !keys.is_empty() && !matches!(body, Value::Map(..) | Value::List(..)) {
                return Err(not_indexable_body(body));
            }
            index(batch.heap_mut(), body, keys)?
        }
        Access::BodyString => {
            let body = batch.body(row);
            Value::Str(as_string(batch.heap_mut(), body))
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
        Access::NumberDouble(kind, bits) => Value::Double(match batch.scalars(kind)[row] {
            1 => f64::from_bits(batch.scalars(bits)[row]),
            _ => 0.0,
        }),
        Access::NumberInt(kind, bits) => Value::Int(match batch.scalars(kind)[row] {
            2 => batch.scalars(bits)[row] as i64,
            _ => 0,
        }),
        Access::Uints(field) => packed(batch, field, row, ListKind::Uints),
        Access::Doubles(field) => packed(batch, field, row, ListKind::Doubles),
        Access::Buckets(which) => Value::Opaque(
            OpaqueKind::Buckets,
            Slice {
                off: which as u32,
                len: 0,
            },
        ),
        Access::MetricType => Value::Int(match batch.shape(Level::Metric, row) {
            Shape::None => 0,
            Shape::Gauge => 1,
            Shape::Sum => 2,
            Shape::Histogram => 3,
            Shape::Exponential => 4,
            Shape::Summary => 5,
        }),
        Access::EventIndex => {
            let span = batch.parent(Level::SpanEvent, row);
            let first = batch.children(Level::Span, span).start;
            Value::Int((row - first) as i64)
        }
        Access::DurationMillis => {
            let nanos = batch.integers(Field::SpanEnd)[row]
                .wrapping_sub(batch.integers(Field::SpanStart)[row]);
            Value::Double(nanos as f64 / 1e6)
        }
        Access::Number(kind, bits) => match (batch.scalars(kind)[row], batch.scalars(bits)[row]) {
            (1, bits) => Value::Double(f64::from_bits(bits)),
            (2, bits) => Value::Int(bits as i64),
            _ => Value::Nil,
        },
    })
}

/// Follows keys into a value. Keys that a map does not have give nil.
fn index(heap: &mut Heap, value: Value, keys: Keys<'_>) -> Result<Value, ExecError> {
    let (mut value, mut keys) = (value, keys);
    while let Some((key, rest)) = keys.split_first() {
        keys = rest;
        value = match value {
            Value::Map(_, range) => {
                let key = map_key(key)?;
                let Some(found) = heap_get(heap, range, key) else {
                    return Ok(Value::Nil);
                };
                found
            }
            Value::List(_, range) => {
                let at = list_index(key, range.len as usize)?;
                let element = heap.list(range)[at];
                heap.resolve(element)
            }
            other => {
                return Err(ExecError::new(format!(
                    "A value of type {} cannot be indexed.",
                    type_name(other)
                )));
            }
        };
    }
    Ok(value)
}

/// A key for a map: literal, or a string that an expression gave.
#[derive(Clone, Copy)]
enum MapKey<'a> {
    Literal(&'a [u8]),
    Heap(Slice),
}

fn map_key(key: Key<'_>) -> Result<MapKey<'_>, ExecError> {
    match key {
        Key::Str(key) => Ok(MapKey::Literal(key)),
        Key::Dynamic(Value::Str(slice)) => Ok(MapKey::Heap(slice)),
        Key::Int(_) => Err(ExecError::new(
            "A map is indexed with a string, not an integer.",
        )),
        Key::Dynamic(other) => Err(ExecError::expected(
            "a string as a map's key",
            type_name(other),
        )),
    }
}

fn with_key<T>(batch: &mut Batch, key: MapKey<'_>, then: impl FnOnce(&mut Batch, &[u8]) -> T) -> T {
    match key {
        MapKey::Literal(key) => then(batch, key),
        MapKey::Heap(slice) => {
            let key = batch.heap().bytes(slice).to_vec();
            then(batch, &key)
        }
    }
}

fn heap_get(heap: &mut Heap, range: PoolRange, key: MapKey<'_>) -> Option<Value> {
    match key {
        MapKey::Literal(key) => heap.map_get(range, key),
        MapKey::Heap(slice) => {
            let key = heap.bytes(slice).to_vec();
            heap.map_get(range, &key)
        }
    }
}

fn list_index(key: Key<'_>, len: usize) -> Result<usize, ExecError> {
    let index = match key {
        Key::Int(index) | Key::Dynamic(Value::Int(index)) => index,
        Key::Str(_) => {
            return Err(ExecError::new(
                "A list is indexed with an integer, not a string.",
            ));
        }
        Key::Dynamic(other) => {
            return Err(ExecError::expected(
                "an integer as a list's index",
                type_name(other),
            ));
        }
    };
    usize::try_from(index)
        .ok()
        .filter(|&index| index < len)
        .ok_or_else(|| ExecError::new(format!("Index {index} is out of bounds.")))
}

#[cold]
fn not_indexable_body(body: Value) -> ExecError {
    ExecError::new(format!(
        "A log body of type {} cannot be indexed.",
        type_name(body)
    ))
}

/// An attribute value as text; see [`text::attribute`].
fn as_string(heap: &mut Heap, value: Value) -> Slice {
    match heap.resolve(value) {
        Value::Nil => Slice::EMPTY,
        Value::Str(slice) => slice,
        other => {
            let mut out = Vec::new();
            text::attribute(heap, other, &mut out);
            heap.alloc(&out)
        }
    }
}

#[inline]
pub(crate) fn decode_int(bits: u64, coding: IntCoding) -> i64 {
    match coding {
        IntCoding::Bits64 => bits as i64,
        IntCoding::U32 | IntCoding::StrictU32 => i64::from(bits as u32),
        IntCoding::I32 => i64::from(bits as i32),
    }
}

fn encode_int(value: i64, coding: IntCoding) -> Result<u64, ExecError> {
    Ok(match coding {
        IntCoding::Bits64 => value as u64,
        IntCoding::U32 => u64::from(value as u32),
        IntCoding::I32 => i64::from(value as i32) as u64,
        IntCoding::StrictU32 => u64::from(u32::try_from(value).map_err(|_| {
            ExecError::new(format!(
                "The value {value} does not fit 32 bits without a sign."
            ))
        })?),
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

/// Span kinds in both spellings, by number.
const KINDS: [(&str, &str); 6] = [
    ("Unspecified", "SPAN_KIND_UNSPECIFIED"),
    ("Internal", "SPAN_KIND_INTERNAL"),
    ("Server", "SPAN_KIND_SERVER"),
    ("Client", "SPAN_KIND_CLIENT"),
    ("Producer", "SPAN_KIND_PRODUCER"),
    ("Consumer", "SPAN_KIND_CONSUMER"),
];

type KindName = (&'static str, &'static str);

fn kind_name(batch: &mut Batch, row: usize, pick: fn(&KindName) -> &'static str) -> Value {
    let kind = decode_int(batch.scalars(Field::SpanKind)[row], IntCoding::I32);
    let name = usize::try_from(kind)
        .ok()
        .and_then(|kind| KINDS.get(kind))
        .map_or("", pick);
    batch.heap_mut().alloc_str(name)
}

fn kind_number(text: &[u8], pick: fn(&KindName) -> &'static str) -> Result<u64, ExecError> {
    KINDS
        .iter()
        .position(|name| pick(name).as_bytes() == text)
        .map(|kind| kind as u64)
        .ok_or_else(|| ExecError::new("The text is no span kind."))
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

#[cold]
fn trace_state_key() -> ExecError {
    ExecError::new("A trace state is indexed with a literal string.")
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

fn points_kind(shape: Shape) -> OpaqueKind {
    match shape {
        Shape::None | Shape::Gauge | Shape::Sum => OpaqueKind::NumberPoints,
        Shape::Histogram => OpaqueKind::HistogramPoints,
        Shape::Exponential => OpaqueKind::ExponentialPoints,
        Shape::Summary => OpaqueKind::SummaryPoints,
    }
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

/// Writes a path and tells whether anything changed.
///
/// # Errors
/// When the value does not fit the path, or keys do not fit what they index.
pub fn set(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    value: Value,
) -> Result<bool, ExecError> {
    let level = def.access.level();
    let row = position.row_of(batch, level);
    let fits = !has_shapes(level) || def.shapes.contains(batch.shape(level, row));
    match def.access {
        Access::Map(_) => check_size(batch.heap(), value, keys.len())?,
        Access::Body => check_size(batch.heap(), value, keys.len() + 1)?,
        _ => {}
    }
    set_row(batch, def.access, keys, row, value, fits)
}

/// Writes to a path what the first `depth` of its own keys lead to, so that a map or list comes
/// into itself, and tells whether anything changed.
///
/// The reference empties the place first and copies then, so that the copy has an empty place where
/// it stands itself.
///
/// # Errors
/// As [`set`].
pub fn set_within(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    depth: u32,
) -> Result<bool, ExecError> {
    let source = keys.prefix(depth as usize);
    let value = get(batch, def, source, position)?;
    let there = get(batch, def, keys, position).unwrap_or_default();
    let empty = match (value, there) {
        (Value::Map(..), Value::Map(..)) | (Value::List(..), Value::List(..)) => None,
        (Value::Map(kind, _), _) => Some(Value::Map(kind, PoolRange::EMPTY)),
        (Value::List(kind, _), _) => Some(Value::List(kind, PoolRange::EMPTY)),
        _ => return set(batch, def, keys, position, value),
    };
    let mut changed = false;
    if let Some(empty) = empty {
        changed |= set(batch, def, keys, position, empty)?;
    }
    let value = get(batch, def, source, position)?;
    Ok(set(batch, def, keys, position, value)? | changed)
}

fn set_row(
    batch: &mut Batch,
    access: Access,
    keys: Keys<'_>,
    row: usize,
    value: Value,
    fits: bool,
) -> Result<bool, ExecError> {
    let wrong_point = || ExecError::new("Data points of this type do not have the field.");
    let check = |fits: bool| if fits { Ok(()) } else { Err(wrong_point()) };
    match access {
        Access::Map(map) => set_map(batch, map, keys, row, value),
        Access::Body => set_body(batch, keys, row, value),
        Access::BodyString => {
            let text = expect_string(value)?;
            Ok(batch.set_body(row, Value::Str(text)))
        }
        Access::Int(field, coding) => {
            let bits = encode_int(expect_int(value)?, coding)?;
            check(fits)?;
            Ok(batch.set_scalar(field, row, bits))
        }
        Access::MetricInt(field) => {
            let bits = encode_int(expect_int(value)?, IntCoding::I32)?;
            Ok(fits && batch.set_scalar(field, row, bits))
        }
        Access::MetricBool(field) => {
            let Value::Bool(flag) = value else {
                return Err(unexpected("bool", value));
            };
            Ok(fits && batch.set_scalar(field, row, u64::from(flag)))
        }
        Access::Double(field) => {
            let number = expect_double(value)?;
            check(fits)?;
            Ok(batch.set_scalar(field, row, number.to_bits()))
        }
        Access::Str(field) => {
            let text = expect_string(value)?;
            Ok(batch.set_slice(field, row, text))
        }
        Access::TimeNanos(field) => {
            let nanos = expect_int(value)?;
            check(fits)?;
            Ok(batch.set_scalar(field, row, nanos as u64))
        }
        Access::Time(field) => {
            let Value::Time { seconds, nanos, .. } = value else {
                return Err(unexpected("time", value));
            };
            check(fits)?;
            let time = Timestamp {
                seconds,
                nanos,
                zone: 0,
            };
            Ok(batch.set_scalar(field, row, time.unix_nanos() as u64))
        }
        Access::TraceId(field) => match value {
            Value::TraceId(id) => Ok(set_id(batch, field, row, id)),
            other => Err(unexpected("trace id", other)),
        },
        Access::SpanId(field) => match value {
            Value::SpanId(id) => Ok(set_id(batch, field, row, id)),
            other => Err(unexpected("span id", other)),
        },
        Access::TraceIdHex(field) => set_id_hex(batch, field, row, value, 16),
        Access::SpanIdHex(field) => set_id_hex(batch, field, row, value, 8),
        Access::TraceState => set_trace_state(batch, keys, row, value),
        Access::KindString => set_kind(batch, row, value, |name| name.0),
        Access::KindDeprecatedString => set_kind(batch, row, value, |name| name.1),
        Access::Status => match value {
            // The only status there is is the row's own.
            Value::Opaque(OpaqueKind::Status, _) => Ok(false),
            other => Err(unexpected("status", other)),
        },
        Access::Messages(field, kind) => {
            check(fits)?;
            set_messages(batch, field, kind, row, value)
        }
        Access::Points => match batch.shape(Level::Metric, row) {
            Shape::None => Ok(false),
            shape => set_messages(batch, Field::MetricPoints, points_kind(shape), row, value),
        },
        Access::NumberDouble(kind, bits) => {
            let number = expect_double(value)?;
            check(fits)?;
            Ok(batch.set_number(kind, bits, row, (1, number.to_bits())))
        }
        Access::NumberInt(kind, bits) => {
            let number = expect_int(value)?;
            check(fits)?;
            Ok(batch.set_number(kind, bits, row, (2, number as u64)))
        }
        Access::Uints(field) => {
            check(fits)?;
            let elements = uints(batch.heap_mut(), value)?;
            Ok(batch.set_packed(field, row, &elements))
        }
        Access::Doubles(field) => {
            check(fits)?;
            let elements = doubles(batch.heap_mut(), value)?;
            Ok(batch.set_packed(field, row, &elements))
        }
        Access::Buckets(to) => {
            let Value::Opaque(OpaqueKind::Buckets, which) = value else {
                return Err(unexpected("buckets", value));
            };
            check(fits)?;
            let from = if which.off == otlp_columns::Buckets::Positive as u32 {
                otlp_columns::Buckets::Positive
            } else {
                otlp_columns::Buckets::Negative
            };
            Ok(from != to && batch.copy_buckets(row, from, to))
        }
        Access::MetricType => Ok(false),
        Access::EventIndex => Err(ExecError::new("The index of an event cannot be changed.")),
        Access::DurationMillis => Err(ExecError::new(
            "The duration of a span cannot be changed; change its start or end.",
        )),
        Access::Number(kind, bits) => {
            let number = match value {
                Value::Double(value) => (1, value.to_bits()),
                Value::Int(value) => (2, value as u64),
                other => return Err(unexpected("number", other)),
            };
            check(fits)?;
            Ok(batch.set_number(kind, bits, row, number))
        }
    }
}

#[cold]
fn unexpected(needed: &'static str, value: Value) -> ExecError {
    if value == Value::Nil {
        ExecError::new(format!("A field of type {needed} cannot be set to nil."))
    } else {
        ExecError::expected(needed, type_name(value))
    }
}

fn expect_int(value: Value) -> Result<i64, ExecError> {
    match value {
        Value::Int(value) => Ok(value),
        other => Err(unexpected("int", other)),
    }
}

fn expect_double(value: Value) -> Result<f64, ExecError> {
    match value {
        Value::Double(value) => Ok(value),
        other => Err(unexpected("double", other)),
    }
}

fn expect_string(value: Value) -> Result<Slice, ExecError> {
    match value {
        Value::Str(slice) => Ok(slice),
        other => Err(unexpected("string", other)),
    }
}

/// An id of zeros is the same as none.
fn set_id(batch: &mut Batch, field: Field, row: usize, id: Slice) -> bool {
    let is_zero = batch.heap().bytes(id).iter().all(|&byte| byte == 0);
    if is_zero
        && batch
            .heap()
            .bytes(batch.slice(field, row))
            .iter()
            .all(|&byte| byte == 0)
    {
        return false;
    }
    batch.set_slice(field, row, if is_zero { Slice::EMPTY } else { id })
}

fn set_id_hex(
    batch: &mut Batch,
    field: Field,
    row: usize,
    value: Value,
    len: usize,
) -> Result<bool, ExecError> {
    let text = expect_string(value)?;
    let id = text::unhex(batch.heap().bytes(text))
        .filter(|id| id.len() == len)
        .ok_or_else(|| ExecError::new(format!("The id must be {} hexadecimal digits.", len * 2)))?;
    let id = batch.heap_mut().alloc(&id);
    Ok(set_id(batch, field, row, id))
}

fn set_kind(
    batch: &mut Batch,
    row: usize,
    value: Value,
    pick: fn(&KindName) -> &'static str,
) -> Result<bool, ExecError> {
    let text = expect_string(value)?;
    let kind = kind_number(batch.heap().bytes(text), pick)?;
    Ok(batch.set_scalar(Field::SpanKind, row, kind))
}

fn set_trace_state(
    batch: &mut Batch,
    keys: Keys<'_>,
    row: usize,
    value: Value,
) -> Result<bool, ExecError> {
    let text = expect_string(value)?;
    let Some((key, _)) = keys.split_first() else {
        return Ok(batch.set_slice(Field::SpanTraceState, row, text));
    };
    let state = batch.slice(Field::SpanTraceState, row);
    let heap = batch.heap();
    let Some(members) = trace_state::parse(heap.bytes(state)) else {
        return Ok(false);
    };
    let Key::Str(key) = key else {
        return Err(trace_state_key());
    };
    let Some(updated) = members.insert(key, heap.bytes(text)) else {
        return Ok(false);
    };
    let updated = batch.heap_mut().alloc(&updated);
    Ok(batch.set_slice(Field::SpanTraceState, row, updated))
}

fn set_messages(
    batch: &mut Batch,
    field: Field,
    kind: OpaqueKind,
    row: usize,
    value: Value,
) -> Result<bool, ExecError> {
    match value {
        Value::Nil => Ok(batch.clear(field, row)),
        // The only such value there is are the row's own messages.
        Value::Opaque(other, _) if other == kind => Ok(false),
        other => Err(unexpected("the same kind of messages", other)),
    }
}

fn uints(heap: &mut Heap, value: Value) -> Result<Vec<u64>, ExecError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(ListKind::Strings | ListKind::Doubles, _) => {
            Err(unexpected("list of ints", value))
        }
        Value::List(_, range) => heap
            .list(range)
            .iter()
            .map(|element| expect_int(*element).map(|value| value as u64))
            .collect(),
        other => Err(unexpected("list of ints", other)),
    }
}

fn doubles(heap: &mut Heap, value: Value) -> Result<Vec<u64>, ExecError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(ListKind::Strings | ListKind::Ints | ListKind::Uints, _) => {
            Err(unexpected("list of doubles", value))
        }
        Value::List(_, range) => heap
            .list(range)
            .iter()
            .map(|element| expect_double(*element).map(f64::to_bits))
            .collect(),
        other => Err(unexpected("list of doubles", other)),
    }
}

fn set_map(
    batch: &mut Batch,
    map: MapField,
    keys: Keys<'_>,
    row: usize,
    value: Value,
) -> Result<bool, ExecError> {
    let Some((first, rest)) = keys.split_first() else {
        let range = match value {
            Value::Nil => PoolRange::EMPTY,
            Value::Map(MapKind::Map, range) => range,
            Value::Map(MapKind::Raw, range) => raw_map(batch.heap_mut(), range)?,
            other => return Err(unexpected("map", other)),
        };
        return Ok(batch.map_replace(map, row, range));
    };
    let key = map_key(first)?;
    with_key(batch, key, |batch, key| {
        let old = batch.map_get(map, row, key);
        let (new, outcome) = assign(batch.heap_mut(), old.unwrap_or(Value::Nil), rest, value);
        // A failed write may leave an empty value behind, as in the reference.
        let changed = (old != Some(new)) && batch.map_set(map, row, key, new);
        outcome.map(|()| changed)
    })
}

fn set_body(
    batch: &mut Batch,
    keys: Keys<'_>,
    row: usize,
    value: Value,
) -> Result<bool, ExecError> {
    let body = batch.body(row);
    let old = batch.heap_mut().resolve(body);
    match (keys.split_first(), old) {
        (None, _) => {}
        (Some((first, _)), Value::Map(..)) => {
            map_key(first)?;
        }
        (Some((first, _)), Value::List(_, range)) => {
            list_index(first, range.len as usize)?;
        }
        _ => return Err(not_indexable_body(old)),
    }
    let (new, outcome) = assign(batch.heap_mut(), old, keys, value);
    let changed = new != old && batch.set_body(row, new);
    outcome.map(|()| changed)
}

//! Writing a path.

use otlp_columns::{
    Batch, Buckets, Field, Heap, Level, ListKind, MapField, MapKind, OpaqueKind, PoolRange, Shape,
    Slice, Value,
};

use super::attributes;
use super::coding::{
    KindName, encode_int, expect_bool, expect_bytes, expect_double, expect_int, expect_string,
    expect_time, has_shapes, kind_number, not_indexable_body, points_kind, trace_state_key,
    unexpected,
};
use super::keys::{list_index, map_key, with_key};
use super::store::{assign, check_size, raw_map};
use super::{Key, Keys, Position};
use crate::path::{Access, IntCoding, PathDef};
use crate::{ExecError, text, trace_state};

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
        Access::Map(_) | Access::Attributes(_) => check_size(batch.heap(), value, keys.len())?,
        Access::Body => check_size(batch.heap(), value, keys.len() + 1)?,
        _ => {}
    }
    set_row(batch, def.access, keys, row, value, fits)
}

fn set_row(
    batch: &mut Batch,
    access: Access,
    keys: Keys<'_>,
    row: usize,
    value: Value,
    fits: bool,
) -> Result<bool, ExecError> {
    let mut target = Target { batch, row, fits };
    match access {
        Access::Map(map) => set_map(batch, map, keys, row, value),
        Access::Body => set_body(batch, keys, row, value),
        Access::BodyString => Ok(batch.set_body(row, Value::Str(expect_string(value)?))),
        Access::Int(field, coding) => target.scalar(field, encode_int(expect_int(value)?, coding)?),
        Access::MetricInt(field) => {
            let bits = encode_int(expect_int(value)?, IntCoding::I32)?;
            Ok(fits && batch.set_scalar(field, row, bits))
        }
        Access::MetricBool(field) => {
            let bits = u64::from(expect_bool(value)?);
            Ok(fits && batch.set_scalar(field, row, bits))
        }
        Access::Double(field) => target.scalar(field, expect_double(value)?.to_bits()),
        Access::Str(field) => Ok(batch.set_slice(field, row, expect_string(value)?)),
        Access::TimeNanos(field) => target.scalar(field, expect_int(value)? as u64),
        Access::Time(field) => target.scalar(field, expect_time(value)?.unix_nanos() as u64),
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
        Access::Messages(field, kind) => target.messages(field, kind, value),
        Access::Points => match target.batch.shape(Level::Metric, row) {
            Shape::None => Ok(false),
            shape => target.messages(Field::MetricPoints, points_kind(shape), value),
        },
        Access::NumberDouble(kind, bits) => {
            target.number(kind, bits, Value::Double(expect_double(value)?))
        }
        Access::NumberInt(kind, bits) => target.number(kind, bits, Value::Int(expect_int(value)?)),
        Access::Number(kind, bits) => target.number(kind, bits, value),
        Access::Uints(field) => target.packed(field, value, uints),
        Access::Doubles(field) => target.packed(field, value, doubles),
        Access::Buckets(to) => target.buckets(to, value),
        Access::Bytes(field) => Ok(batch.set_slice(field, row, expect_bytes(value)?)),
        Access::ProfileId(field) => match value {
            Value::ProfileId(id) => set_profile_id(batch, field, row, id),
            other => Err(unexpected("profile id", other)),
        },
        Access::ProfileIdHex(field) => {
            let id = id_of_digits(batch, value, 16)?;
            set_profile_id(batch, field, row, id)
        }
        Access::Ints(field, coding) => {
            let bits = |value: u64| encode_int(value as i64, coding);
            let elements = uints(target.batch.heap(), value)?.into_iter().map(bits);
            let elements: Vec<_> = elements.collect::<Result<_, _>>()?;
            Ok(batch.set_packed(field, row, &elements))
        }
        Access::Times(field) => target.packed(field, value, times),
        Access::Attributes(indices) => attributes::set(batch, indices, keys, row, value),
        Access::DictionaryStr(field) => {
            let text = expect_string(value)?;
            Ok(attributes::set_string(batch, field, row, text))
        }
        Access::ValueType(to, to_unit) => set_value_type(batch, (to, to_unit), row, value),
        Access::MetricType => Ok(false),
        Access::EventIndex => Err(ExecError::new("The index of an event cannot be changed.")),
        Access::DurationMillis => Err(ExecError::new(
            "The duration of a span cannot be changed; change its start or end.",
        )),
        Access::Request(_) => Err(read_only()),
    }
}

/// Why nothing is written to what is known of the request.
#[cold]
pub(crate) fn read_only() -> ExecError {
    ExecError::new("What is known of the request can only be read.")
}

/// A row that is written to, and whether it is of a type that has the field.
struct Target<'b> {
    batch: &'b mut Batch,
    row: usize,
    fits: bool,
}

impl Target<'_> {
    fn check(&self) -> Result<(), ExecError> {
        match self.fits {
            true => Ok(()),
            false => Err(ExecError::new(
                "Data points of this type do not have the field.",
            )),
        }
    }

    fn scalar(&mut self, field: Field, bits: u64) -> Result<bool, ExecError> {
        self.check()?;
        Ok(self.batch.set_scalar(field, self.row, bits))
    }

    /// Writes a number that is an integer or a double.
    fn number(&mut self, kind: Field, bits: Field, value: Value) -> Result<bool, ExecError> {
        let number = match value {
            Value::Double(value) => (1, value.to_bits()),
            Value::Int(value) => (2, value as u64),
            other => return Err(unexpected("number", other)),
        };
        self.check()?;
        Ok(self.batch.set_number(kind, bits, self.row, number))
    }

    fn packed(
        &mut self,
        field: Field,
        value: Value,
        elements: fn(&Heap, Value) -> Result<Vec<u64>, ExecError>,
    ) -> Result<bool, ExecError> {
        self.check()?;
        let elements = elements(self.batch.heap(), value)?;
        Ok(self.batch.set_packed(field, self.row, &elements))
    }

    fn messages(
        &mut self,
        field: Field,
        kind: OpaqueKind,
        value: Value,
    ) -> Result<bool, ExecError> {
        self.check()?;
        match value {
            Value::Nil => Ok(self.batch.clear(field, self.row)),
            // The only such value there is are the row's own messages.
            Value::Opaque(other, _) if other == kind => Ok(false),
            other => Err(unexpected("the same kind of messages", other)),
        }
    }

    fn buckets(&mut self, to: Buckets, value: Value) -> Result<bool, ExecError> {
        let Value::Opaque(OpaqueKind::Buckets, which) = value else {
            return Err(unexpected("buckets", value));
        };
        self.check()?;
        let from = if which.off == Buckets::Positive as u32 {
            Buckets::Positive
        } else {
            Buckets::Negative
        };
        Ok(from != to && self.batch.copy_buckets(self.row, from, to))
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
    let id = id_of_digits(batch, value, len)?;
    Ok(set_id(batch, field, row, id))
}

fn id_of_digits(batch: &mut Batch, value: Value, len: usize) -> Result<Slice, ExecError> {
    let text = expect_string(value)?;
    let id = text::unhex(batch.heap().bytes(text))
        .filter(|id| id.len() == len)
        .ok_or_else(|| ExecError::new(format!("The id must be {} hexadecimal digits.", len * 2)))?;
    Ok(batch.heap_mut().alloc(&id))
}

fn set_profile_id(
    batch: &mut Batch,
    field: Field,
    row: usize,
    id: Slice,
) -> Result<bool, ExecError> {
    if batch.heap().bytes(id).iter().all(|&byte| byte == 0) {
        return Err(ExecError::new("A profile id must not be all zeros."));
    }
    Ok(batch.set_slice(field, row, id))
}

/// Copies one of a profile's two value types to the other, or to itself.
fn set_value_type(
    batch: &mut Batch,
    to: (Field, Field),
    row: usize,
    value: Value,
) -> Result<bool, ExecError> {
    let Value::Opaque(OpaqueKind::ValueType, which) = value else {
        return Err(unexpected("value type", value));
    };
    if which.off == to.0 as u32 {
        return Ok(false);
    }
    let from = match to.0 {
        Field::ProfileSampleType => (Field::ProfilePeriodType, Field::ProfilePeriodUnit),
        _ => (Field::ProfileSampleType, Field::ProfileSampleUnit),
    };
    let (ty, unit) = (batch.scalars(from.0)[row], batch.scalars(from.1)[row]);
    let changed = batch.set_scalar(to.0, row, ty);
    Ok(batch.set_scalar(to.1, row, unit) | changed)
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

fn uints(heap: &Heap, value: Value) -> Result<Vec<u64>, ExecError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(ListKind::Strings | ListKind::Doubles | ListKind::Times, _) => {
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

fn doubles(heap: &Heap, value: Value) -> Result<Vec<u64>, ExecError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(ListKind::Strings | ListKind::Ints | ListKind::Uints | ListKind::Times, _) => {
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

fn times(heap: &Heap, value: Value) -> Result<Vec<u64>, ExecError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(ListKind::Times, range) => heap
            .list(range)
            .iter()
            .map(|element| expect_time(*element).map(|time| time.unix_nanos() as u64))
            .collect(),
        other => Err(unexpected("list of times", other)),
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
        if rest.is_empty() && is_scalar(value) {
            return Ok(batch.map_set(map, row, key, value));
        }
        let old = batch.map_get(map, row, key);
        let (new, outcome) = assign(batch.heap_mut(), old.unwrap_or(Value::Nil), rest, value);
        // A failed write may leave an empty value behind, as in the reference.
        let changed = (old != Some(new)) && batch.map_set(map, row, key, new);
        outcome.map(|()| changed)
    })
}

/// Whether an attribute can hold a value as it is.
#[inline]
pub(crate) fn is_scalar(value: Value) -> bool {
    matches!(
        value,
        Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Double(_)
            | Value::Str(_)
            | Value::Bytes(_)
    )
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

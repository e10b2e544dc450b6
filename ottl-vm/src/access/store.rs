//! Values as messages hold them: put into others through keys, converted, and limited.

use otlp_columns::{Entry, Heap, ListKind, MAX_VALUE_DEPTH, MapKind, PoolRange, Value};

use super::coding::unexpected;
use super::is_scalar;
use super::keys::{Key, Keys, MapKey, list_index, map_key};
use crate::ExecError;
use crate::limits::spend;
use crate::types::type_name;

/// How many values a stored value may have, and how many bytes of text.
pub(super) const MAX_STORED_VALUES: usize = 1 << 20;
const MAX_STORED_BYTES: usize = 256 << 20;

/// `old` with `value` put where `keys` lead. Where that fails, what the reference would leave
/// behind, and why.
pub(super) fn assign(
    heap: &mut Heap,
    old: Value,
    keys: Keys<'_>,
    value: Value,
) -> (Value, Result<(), ExecError>) {
    let old = heap.resolve(old);
    let Some((key, rest)) = keys.split_first() else {
        return to_attribute(heap, old, value);
    };
    match old {
        Value::Map(kind, range) => match map_key(key) {
            Ok(key) => {
                let (range, outcome) = assign_in_map(heap, range, key, rest, value);
                (Value::Map(kind, range), outcome)
            }
            Err(error) => (old, Err(error)),
        },
        Value::List(kind, range) => match list_index(key, range.len as usize) {
            Ok(at) => {
                let element = heap.list(range)[at];
                let (new, outcome) = assign(heap, element, rest, value);
                let mut elements = heap.list(range).to_vec();
                elements[at] = new;
                (Value::List(kind, heap.alloc_list(&elements)), outcome)
            }
            Err(error) => (old, Err(error)),
        },
        Value::Nil => assign_in_nothing(heap, key, rest, value),
        other => {
            let error = ExecError::new(format!(
                "A value of type {} cannot be indexed.",
                type_name(other)
            ));
            (old, Err(error))
        }
    }
}

fn assign_in_map(
    heap: &mut Heap,
    range: PoolRange,
    key: MapKey<'_>,
    rest: Keys<'_>,
    value: Value,
) -> (PoolRange, Result<(), ExecError>) {
    let key = match key {
        MapKey::Literal(key) => key.to_vec(),
        MapKey::Heap(slice) => heap.bytes(slice).to_vec(),
    };
    let mut entries = heap.map(range).to_vec();
    let outcome;
    match heap.map_position(range, &key) {
        Some(at) => {
            let (new, result) = assign(heap, entries[at].value, rest, value);
            entries[at] = Entry::new(entries[at].key, new);
            outcome = result;
        }
        None => {
            let (new, result) = assign(heap, Value::Nil, rest, value);
            let key = heap.alloc(&key);
            entries.push(Entry::new(key, new));
            outcome = result;
        }
    }
    (heap.alloc_map(&entries), outcome)
}

/// How far a missing list is padded.
const MAX_PADDING: i64 = 1 << 16;

fn assign_in_nothing(
    heap: &mut Heap,
    key: Key<'_>,
    rest: Keys<'_>,
    value: Value,
) -> (Value, Result<(), ExecError>) {
    match key {
        Key::Str(_) | Key::Dynamic(Value::Str(_)) => {
            let key = match key {
                Key::Str(key) => MapKey::Literal(key),
                Key::Dynamic(Value::Str(slice)) => MapKey::Heap(slice),
                _ => MapKey::Literal(b""),
            };
            let (range, outcome) = assign_in_map(heap, PoolRange::EMPTY, key, rest, value);
            (Value::Map(MapKind::Map, range), outcome)
        }
        Key::Int(at) | Key::Dynamic(Value::Int(at)) => {
            if at > MAX_PADDING {
                let error = format!("A list is not made longer than {MAX_PADDING} elements.");
                return (Value::Nil, Err(ExecError::new(error)));
            }
            let (new, outcome) = assign(heap, Value::Nil, rest, value);
            let mut elements = vec![Value::Nil; at.max(0) as usize];
            elements.push(new);
            let range = heap.alloc_list(&elements);
            (Value::List(ListKind::Slice, range), outcome)
        }
        Key::Dynamic(_) => (
            Value::Nil,
            Err(ExecError::new(
                "The key is neither a string nor an integer.",
            )),
        ),
    }
}

/// `value` as an attribute can hold it. Where it cannot, what stays, and why.
fn to_attribute(heap: &mut Heap, old: Value, value: Value) -> (Value, Result<(), ExecError>) {
    match value {
        Value::Nil
        | Value::Str(_)
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Double(_)
        | Value::Bytes(_)
        | Value::Wire(_) => (value, Ok(())),
        Value::List(ListKind::Any, range) => {
            let mut elements = heap.list(range).to_vec();
            let mut outcome = Ok(());
            for element in &mut elements {
                // Only the last element's failure is told, as in the reference.
                (*element, outcome) = to_attribute(heap, Value::Nil, *element);
            }
            let list = Value::List(ListKind::Slice, heap.alloc_list(&elements));
            (list, outcome)
        }
        Value::List(ListKind::Uints | ListKind::Times, _) => {
            (old, Err(unexpected("an attribute value", value)))
        }
        Value::List(_, range) => (Value::List(ListKind::Slice, range), Ok(())),
        Value::Map(kind, range) => {
            let range = match kind {
                MapKind::Map => Ok(range),
                MapKind::Raw => raw_map(heap, range),
            };
            let map = range.map(|range| Value::Map(MapKind::Map, range));
            match map {
                Ok(map) => (map, Ok(())),
                Err(error) => (old, Err(error)),
            }
        }
        Value::Time { .. }
        | Value::Duration(_)
        | Value::TraceId(_)
        | Value::SpanId(_)
        | Value::ProfileId(_)
        | Value::Opaque(..)
        | Value::Error(_) => (old, Err(unexpected("an attribute value", value))),
    }
}

/// A map made by a function, with its lists and maps as attributes have them.
pub(crate) fn raw_map(heap: &mut Heap, range: PoolRange) -> Result<PoolRange, ExecError> {
    if (heap.map(range).iter()).all(|entry| is_scalar(entry.value) && entry.raw.is_empty()) {
        return Ok(range);
    }
    let mut entries = heap.map(range).to_vec();
    for entry in &mut entries {
        let number = entry.value.as_opaque_number();
        let value = number.map_or(entry.value, Value::Int);
        let (value, outcome) = to_attribute(heap, Value::Nil, value);
        outcome?;
        *entry = Entry::new(entry.key, value);
    }
    Ok(heap.alloc_map(&entries))
}

/// Checks that a value can be stored below `depth` others.
///
/// Values are shared, not copied, so that a few assignments could describe more than memory holds,
/// and a message that is nested deeper than [`MAX_VALUE_DEPTH`] could not be read again.
pub(super) fn check_size(heap: &Heap, value: Value, depth: usize) -> Result<(), ExecError> {
    if !matches!(value, Value::List(..) | Value::Map(..) | Value::Wire(_)) {
        return match depth > MAX_VALUE_DEPTH {
            true => Err(too_deep()),
            false => Ok(()),
        };
    }
    let mut walk = SizeCheck {
        heap,
        values: MAX_STORED_VALUES,
        bytes: MAX_STORED_BYTES,
    };
    walk.value(value, depth)
}

/// What is left of the limits of a value that is stored.
struct SizeCheck<'h> {
    heap: &'h Heap,
    values: usize,
    bytes: usize,
}

impl SizeCheck<'_> {
    fn value(&mut self, value: Value, depth: usize) -> Result<(), ExecError> {
        if depth > MAX_VALUE_DEPTH {
            return Err(too_deep());
        }
        match value {
            Value::List(_, range) => {
                self.spend(range.len as usize, 0)?;
                for &element in self.heap.list(range) {
                    self.value(element, depth + 1)?;
                }
            }
            Value::Map(_, range) => {
                self.spend(range.len as usize, 0)?;
                for entry in self.heap.map(range) {
                    self.spend(0, entry.key.len as usize)?;
                    self.value(entry.value, depth + 1)?;
                }
            }
            Value::Str(slice) | Value::Bytes(slice) => self.spend(0, slice.len as usize)?,
            Value::Wire(slice) => {
                self.spend(slice.len as usize / 16, slice.len as usize)?;
                if !self.heap.nests_within(slice, depth) {
                    return Err(too_deep());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn spend(&mut self, values: usize, bytes: usize) -> Result<(), ExecError> {
        spend(self.heap.meter(), values as u64)?;
        let left = |have: usize, spent| have.checked_sub(spent);
        match (left(self.values, values), left(self.bytes, bytes)) {
            (Some(values), Some(bytes)) => {
                (self.values, self.bytes) = (values, bytes);
                Ok(())
            }
            _ => Err(too_large()),
        }
    }
}

#[cold]
pub(super) fn too_large() -> ExecError {
    ExecError::new("The value is too large to be stored.")
}

#[cold]
fn too_deep() -> ExecError {
    ExecError::new("The value is nested too deep to be stored.")
}

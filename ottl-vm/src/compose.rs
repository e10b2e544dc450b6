//! Making values of values: list and map literals, keys behind converters, constants.

use std::collections::HashMap;

use otlp_columns::{Entry, Heap, ListKind, MapKind, PoolRange, Value};

use crate::types::type_name;
use crate::{ExecError, Literal};

/// A constant as a value in `heap`.
pub fn literal(heap: &mut Heap, constant: &Literal) -> Value {
    match constant {
        Literal::Nil => Value::Nil,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::Str(heap.alloc(text)),
        Literal::Bytes(bytes) => Value::Bytes(heap.alloc(bytes)),
        Literal::List(elements) => {
            let elements: Vec<_> = elements
                .iter()
                .map(|element| literal(heap, element))
                .collect();
            Value::List(ListKind::Any, heap.alloc_list(&elements))
        }
        Literal::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| {
                    let value = literal(heap, value);
                    // Values that a map cannot hold are rejected by the compiler.
                    let value = map_value(heap, value).unwrap_or_default();
                    Entry::new(heap.alloc(key), value)
                })
                .collect();
            Value::Map(MapKind::Map, heap.alloc_map(&entries))
        }
    }
}

/// A list literal.
pub(crate) fn list(heap: &mut Heap, elements: &[Value]) -> Value {
    Value::List(ListKind::Any, heap.alloc_list(elements))
}

/// A map literal; of equal keys the last counts.
pub(crate) fn map(heap: &mut Heap, keys: &[Value], values: &[Value]) -> Result<Value, ExecError> {
    let mut entries: Vec<Entry> = Vec::with_capacity(keys.len());
    for (&key, &value) in keys.iter().zip(values) {
        if let Value::Str(key) = key {
            let value = map_value(heap, value)?;
            entries.push(Entry::new(key, value));
        }
    }
    let entries = if entries.len() > FEW {
        last_values(heap, &entries)
    } else {
        last_of_few_values(heap, entries)
    };
    Ok(Value::Map(MapKind::Map, heap.alloc_map(&entries)))
}

/// Up to this many entries looking for each key is faster than a table.
const FEW: usize = 16;

/// Each key once, where it is first, with the value it has last.
fn last_values(heap: &Heap, entries: &[Entry]) -> Vec<Entry> {
    let mut places = HashMap::with_capacity(entries.len());
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = *places
            .entry(heap.bytes(entry.key))
            .or_insert_with(|| kept.len());
        match kept.get_mut(place) {
            Some(known) => known.value = entry.value,
            None => kept.push(*entry),
        }
    }
    kept
}

/// The same for few entries.
fn last_of_few_values(heap: &Heap, mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut at = 0;
    while at < entries.len() {
        let entry = entries[at];
        let is_known = |known: &Entry| heap.bytes(known.key) == heap.bytes(entry.key);
        match entries[..at].iter().position(is_known) {
            Some(place) => {
                entries[place].value = entry.value;
                entries.remove(at);
            }
            None => at += 1,
        }
    }
    entries
}

/// What may stand in a map literal: scalars, maps, and list literals of these. Lists that come
/// from attributes or functions may not, as in the reference.
///
/// # Errors
/// When a map literal cannot hold the value.
pub fn map_value(heap: &mut Heap, value: Value) -> Result<Value, ExecError> {
    match value {
        Value::Map(MapKind::Map, _) => Ok(value),
        Value::List(ListKind::Any, range) => {
            let mut elements = heap.list(range).to_vec();
            for element in &mut elements {
                if !matches!(element, Value::Map(MapKind::Map, _)) {
                    *element = from_raw(heap, *element)?;
                }
            }
            Ok(Value::List(ListKind::Slice, heap.alloc_list(&elements)))
        }
        other => from_raw(heap, other),
    }
}

/// What becomes of a function's value inside of a map or list that another function makes. Unlike
/// in a map literal, lists of any kind may stand there, but not maps inside of list literals.
///
/// # Errors
/// When attributes cannot hold the value.
pub fn copied(heap: &mut Heap, value: Value) -> Result<Value, ExecError> {
    match value {
        Value::Map(MapKind::Map, _) | Value::List(ListKind::Slice, _) => Ok(value),
        Value::List(ListKind::Strings | ListKind::Ints | ListKind::Doubles, range) => {
            Ok(Value::List(ListKind::Slice, range))
        }
        other => from_raw(heap, other),
    }
}

fn from_raw(heap: &mut Heap, value: Value) -> Result<Value, ExecError> {
    match value {
        Value::Nil
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Double(_)
        | Value::Str(_)
        | Value::Bytes(_)
        | Value::Wire(_) => Ok(value),
        Value::List(ListKind::Any, range) => {
            let mut elements = heap.list(range).to_vec();
            for element in &mut elements {
                *element = from_raw(heap, *element)?;
            }
            Ok(Value::List(ListKind::Slice, heap.alloc_list(&elements)))
        }
        Value::Map(MapKind::Raw, range) => {
            crate::access::raw_map(heap, range).map(|range| Value::Map(MapKind::Map, range))
        }
        other => match other.as_opaque_number() {
            Some(number) => Ok(Value::Int(number)),
            None => Err(ExecError::expected(
                "a value that a map literal can hold",
                type_name(other),
            )),
        },
    }
}

/// Follows one key into a converter's result. Unlike with paths, a missing key is an error.
pub(crate) fn index(heap: &mut Heap, value: Value, key: Value) -> Result<Value, ExecError> {
    let value = heap.resolve(value);
    match (value, key) {
        (Value::Map(_, range), Value::Str(key)) => {
            let key = heap.bytes(key).to_vec();
            heap.map_get(range, &key)
                .ok_or_else(|| ExecError::new("The key is not in the map."))
        }
        (Value::List(kind, range), Value::Int(at))
            if !matches!(kind, ListKind::Uints | ListKind::Times) =>
        {
            let element = element(heap, range, at)?;
            Ok(heap.resolve(element))
        }
        (Value::Bytes(slice), Value::Int(at)) => usize::try_from(at)
            .ok()
            .and_then(|at| heap.bytes(slice).get(at))
            .map(|&byte| Value::opaque_byte(byte))
            .ok_or_else(|| out_of_bounds(at)),
        (other, Value::Str(_) | Value::Int(_)) => Err(ExecError::new(format!(
            "A value of type {} cannot be indexed with a key of type {}.",
            type_name(other),
            type_name(key)
        ))),
        (_, key) => Err(ExecError::expected(
            "a string or an integer as a key",
            type_name(key),
        )),
    }
}

fn element(heap: &Heap, range: PoolRange, at: i64) -> Result<Value, ExecError> {
    usize::try_from(at)
        .ok()
        .and_then(|at| heap.list(range).get(at).copied())
        .ok_or_else(|| out_of_bounds(at))
}

#[cold]
fn out_of_bounds(at: i64) -> ExecError {
    ExecError::new(format!("Index {at} is out of bounds."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_keys_the_first_place_and_the_last_value_count() {
        for size in [3, FEW as i64, FEW as i64 + 1, 300] {
            let heap = &mut Heap::scratch();
            // The keys 0 to size - 2, and the first one again.
            let numbers: Vec<_> = (0..size - 1).chain([0]).collect();
            let keys: Vec<_> = numbers
                .iter()
                .map(|key| heap.alloc_str(&key.to_string()))
                .collect();
            let values: Vec<_> = (0..size).map(Value::Int).collect();
            let map = map(heap, &keys, &values).expect("integers can be in a map");
            let Value::Map(MapKind::Map, range) = map else {
                panic!("{map:?} is no map");
            };
            let expected: Vec<_> = [size - 1].into_iter().chain(1..size - 1).collect();
            let made: Vec<_> = heap.map(range).iter().map(|entry| entry.value).collect();
            let expected: Vec<_> = expected.into_iter().map(Value::Int).collect();
            assert_eq!(made, expected, "{size}");
        }
    }
}

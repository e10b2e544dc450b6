//! Making values of values: list and map literals, keys behind converters, constants.

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
        let Value::Str(key) = key else { continue };
        let value = map_value(heap, value)?;
        let known = entries
            .iter_mut()
            .find(|entry| heap.bytes(entry.key) == heap.bytes(key));
        match known {
            Some(entry) => entry.value = value,
            None => entries.push(Entry::new(key, value)),
        }
    }
    Ok(Value::Map(MapKind::Map, heap.alloc_map(&entries)))
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
        other => Err(ExecError::expected(
            "a value that a map literal can hold",
            type_name(other),
        )),
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
        (Value::List(kind, range), Value::Int(at)) if kind != ListKind::Uints => {
            let element = element(heap, range, at)?;
            Ok(heap.resolve(element))
        }
        (Value::Bytes(slice), Value::Int(at)) => usize::try_from(at)
            .ok()
            .and_then(|at| heap.bytes(slice).get(at))
            .map(|&byte| Value::Int(i64::from(byte)))
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

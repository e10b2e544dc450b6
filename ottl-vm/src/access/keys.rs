//! The keys of a path, and what they lead to inside of a value.

use otlp_columns::{Batch, Heap, PoolRange, Slice, Value};

use crate::ExecError;
use crate::program::KeyUse;
use crate::types::type_name;

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
    pub(super) fn prefix(self, count: usize) -> Self {
        Self {
            uses: &self.uses[..count],
            dynamic: &[],
        }
    }

    /// The first key alone.
    #[must_use]
    pub(super) fn first(self) -> Self {
        Self {
            uses: &self.uses[..self.uses.len().min(1)],
            dynamic: self.dynamic,
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

/// Follows keys into a value. Keys that a map does not have give nil.
pub(super) fn index(heap: &mut Heap, value: Value, keys: Keys<'_>) -> Result<Value, ExecError> {
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
pub(super) enum MapKey<'a> {
    Literal(&'a [u8]),
    Heap(Slice),
}

pub(super) fn map_key(key: Key<'_>) -> Result<MapKey<'_>, ExecError> {
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

pub(super) fn with_key<T>(
    batch: &mut Batch,
    key: MapKey<'_>,
    then: impl FnOnce(&mut Batch, &[u8]) -> T,
) -> T {
    match key {
        MapKey::Literal(key) => then(batch, key),
        MapKey::Heap(slice) => {
            let key = batch.heap().bytes(slice).to_vec();
            then(batch, &key)
        }
    }
}

pub(super) fn heap_get(heap: &mut Heap, range: PoolRange, key: MapKey<'_>) -> Option<Value> {
    match key {
        MapKey::Literal(key) => heap.map_get(range, key),
        MapKey::Heap(slice) => {
            let key = heap.bytes(slice).to_vec();
            heap.map_get(range, &key)
        }
    }
}

pub(super) fn list_index(key: Key<'_>, len: usize) -> Result<usize, ExecError> {
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

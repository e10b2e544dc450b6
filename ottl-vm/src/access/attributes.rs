//! Attributes and strings of profiles, which are indices into the dictionary of the message.
//!
//! Writing one attribute appends a pair of key and value to the dictionary, unless it has the pair,
//! and puts its index where the old one stood. Writing all of them writes the list of indices anew.

use std::collections::HashMap;

use otlp_columns::{Batch, Entry, Field, MapKind, PoolRange, Slice, Value};

use super::coding::unexpected;
use super::keys::{index, map_key, with_key};
use super::store::{assign, raw_map};
use super::{Keys, decode_int};
use crate::ExecError;
use crate::limits::spend;
use crate::path::IntCoding;

/// Above this many attributes, keys are found through a table.
const FEW: usize = 16;

/// Reads all attributes of a row, or through keys what is in them.
pub(super) fn get(
    batch: &mut Batch,
    indices: Field,
    keys: Keys<'_>,
    row: usize,
) -> Result<Value, ExecError> {
    let Some((first, rest)) = keys.split_first() else {
        return Ok(Value::Map(MapKind::Map, map(batch, indices, row)?));
    };
    let key = map_key(first)?;
    let found = with_key(batch, key, |batch, key| {
        let mut found = None;
        for (name, value) in attributes(batch, indices, row)? {
            // Of several attributes with the key the last counts.
            if batch.heap().bytes(name) == key {
                found = Some(value);
            }
        }
        Ok(found)
    })?;
    match found {
        None => Ok(Value::Nil),
        Some(value) => {
            let value = batch.heap_mut().resolve(value);
            index(batch.heap_mut(), value, rest)
        }
    }
}

/// The attributes as a map that is not bound to the row.
pub(super) fn map(batch: &mut Batch, indices: Field, row: usize) -> Result<PoolRange, ExecError> {
    let attributes = attributes(batch, indices, row)?;
    let heap = batch.heap();
    let mut entries: Vec<Entry> = Vec::with_capacity(attributes.len());
    let mut places = HashMap::new();
    let many = attributes.len() > FEW;
    for (key, value) in attributes {
        let name = heap.bytes(key);
        let known = if many {
            places.get(name).copied()
        } else {
            let same = |entry: &Entry| heap.bytes(entry.key) == name;
            entries.iter().position(same)
        };
        match known {
            Some(at) => entries[at].value = value,
            None => {
                if many {
                    places.insert(name, entries.len());
                }
                entries.push(Entry::new(key, value));
            }
        }
    }
    Ok(batch.heap_mut().alloc_map(&entries))
}

/// The keys and values of a row's attributes, in order.
fn attributes(
    batch: &mut Batch,
    indices: Field,
    row: usize,
) -> Result<Vec<(Slice, Value)>, ExecError> {
    let indices = read_indices(batch, indices, row)?;
    indices
        .into_iter()
        .map(|index| attribute(batch, index))
        .collect()
}

fn read_indices(batch: &Batch, indices: Field, row: usize) -> Result<Vec<i32>, ExecError> {
    let indices = batch.packed(indices, row).unwrap_or_default();
    spend(batch.heap().meter(), indices.len() as u64)?;
    Ok(indices.into_iter().map(|bits| bits as i32).collect())
}

fn attribute(batch: &mut Batch, index: i32) -> Result<(Slice, Value), ExecError> {
    let Some(attribute) = batch.dictionary_attribute(index) else {
        return Err(out_of_range("attribute", index));
    };
    match batch.dictionary_string(attribute.key) {
        Some(key) => Ok((key, attribute.value)),
        None => Err(out_of_range("string", attribute.key)),
    }
}

#[cold]
fn out_of_range(what: &str, index: i32) -> ExecError {
    ExecError::new(format!("The dictionary has no {what} {index}."))
}

/// Writes all attributes of a row, or one of them, and tells whether anything changed.
pub(super) fn set(
    batch: &mut Batch,
    indices: Field,
    keys: Keys<'_>,
    row: usize,
    value: Value,
) -> Result<bool, ExecError> {
    let before = batch.dictionary_size();
    let changed = match keys.split_first() {
        None => set_all(batch, indices, row, value)?,
        Some((first, rest)) => {
            let key = map_key(first)?;
            with_key(batch, key, |batch, key| {
                set_one(batch, indices, row, (key, rest), value)
            })?
        }
    };
    Ok(changed | (batch.dictionary_size() != before))
}

fn set_all(batch: &mut Batch, indices: Field, row: usize, value: Value) -> Result<bool, ExecError> {
    let range = match value {
        Value::Nil => PoolRange::EMPTY,
        Value::Map(MapKind::Map, range) => range,
        Value::Map(MapKind::Raw, range) => raw_map(batch.heap_mut(), range)?,
        other => return Err(unexpected("map", other)),
    };
    spend(batch.heap().meter(), u64::from(range.len))?;
    let entries = batch.heap().map(range).to_vec();
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = batch.heap().bytes(entry.key).to_vec();
        let key = batch.intern_string(&key);
        found.push(i64::from(batch.intern_attribute(key, entry.value)) as u64);
    }
    Ok(batch.set_packed(indices, row, &found))
}

fn set_one(
    batch: &mut Batch,
    field: Field,
    row: usize,
    (key, rest): (&[u8], Keys<'_>),
    value: Value,
) -> Result<bool, ExecError> {
    let mut indices = read_indices(batch, field, row)?;
    let mut old = Value::Nil;
    for &index in &indices {
        let (name, value) = attribute(batch, index)?;
        if batch.heap().bytes(name) == key {
            old = value;
            break;
        }
    }
    let (new, outcome) = assign(batch.heap_mut(), old, rest, value);
    outcome?;
    let key = batch.intern_string(key);
    let new = batch.intern_attribute(key, new);
    let same_key = |index: &i32| {
        let known = batch.dictionary_attribute(*index);
        *index == new || known.is_some_and(|known| known.key == key)
    };
    match indices.iter().position(same_key) {
        Some(at) => indices[at] = new,
        None => indices.push(new),
    }
    let bits: Vec<_> = indices
        .into_iter()
        .map(|index| i64::from(index) as u64)
        .collect();
    Ok(batch.set_packed(field, row, &bits))
}

/// Reads a string of a row.
pub(super) fn string(batch: &mut Batch, field: Field, row: usize) -> Result<Slice, ExecError> {
    let index = decode_int(batch.scalars(field)[row], IntCoding::I32) as i32;
    batch
        .dictionary_string(index)
        .ok_or_else(|| out_of_range("string", index))
}

/// Writes a string of a row and tells whether anything changed.
pub(super) fn set_string(batch: &mut Batch, field: Field, row: usize, text: Slice) -> bool {
    let index = decode_int(batch.scalars(field)[row], IntCoding::I32) as i32;
    if index != 0
        && let Some(old) = batch.dictionary_string(index)
        && batch.heap().bytes(old) == batch.heap().bytes(text)
    {
        return false;
    }
    let before = batch.dictionary_size();
    let text = batch.heap().bytes(text).to_vec();
    let index = batch.intern_string(&text);
    let changed = batch.set_scalar(field, row, i64::from(index) as u64);
    changed | (batch.dictionary_size() != before)
}

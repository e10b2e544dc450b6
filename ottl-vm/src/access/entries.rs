//! Editing the entries of a map that a path leads to.

use std::collections::HashMap;

use otlp_columns::{Batch, Entry, Heap, MapKind, PoolRange, Value};

use super::keys::{MapKey, list_index, map_key, with_key};
use super::store::check_size;
use super::{Keys, Position, get, read_only, set};
use crate::ExecError;
use crate::limits::spend;
use crate::path::{Access, PathDef};
use crate::types::type_name;

/// Above this many entries to merge, keys are found through a table.
const SMALL: u32 = 16;

/// Removes what the last key of a path leads to, and tells whether there was anything.
///
/// # Errors
/// When the path has no keys, or they do not fit what they index.
pub fn remove(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
) -> Result<bool, ExecError> {
    let row = position.row_of(batch, def.access.level());
    if let (Access::Attributes(_), Some(_)) = (def.access, keys.split_first()) {
        return remove_indexed(batch, def, keys, position);
    }
    let Access::Map(map) = def.access else {
        return Err(ExecError::new("Only keys of attributes can be removed."));
    };
    let Some((first, rest)) = keys.split_first() else {
        return Err(ExecError::new("The path to remove must end with a key."));
    };
    let key = map_key(first)?;
    with_key(batch, key, |batch, key| {
        if rest.is_empty() {
            return Ok(batch.map_remove(map, row, key));
        }
        let Some(old) = batch.map_get(map, row, key) else {
            return Ok(false);
        };
        let new = without(batch.heap_mut(), old, rest)?;
        Ok(new != old && batch.map_set(map, row, key, new))
    })
}

/// The same for attributes in the dictionary, which are written as a whole.
fn remove_indexed(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
) -> Result<bool, ExecError> {
    let none = keys.prefix(0);
    let old = get(batch, def, none, position)?;
    let new = without(batch.heap_mut(), old, keys)?;
    Ok(new != old && set(batch, def, none, position, new)?)
}

/// Removes a key from a map, puts the last entry in its place, and tells whether there was one.
///
/// # Errors
/// When the path does not lead to a map, or its keys do not fit what they index.
pub fn remove_key(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    key: &[u8],
) -> Result<bool, ExecError> {
    if let (Access::Map(map), true) = (def.access, keys.is_empty()) {
        let row = position.row_of(batch, map.level());
        return Ok(batch.map_remove(map, row, key));
    }
    let range = match get(batch, def, keys, position)? {
        Value::Map(_, range) => range,
        other => return Err(ExecError::expected("map", type_name(other))),
    };
    let at = batch.heap().map_position(range, key);
    let mut entries = batch.heap().map(range).to_vec();
    match at {
        Some(at) => drop(entries.swap_remove(at)),
        None if is_written_anew(def) => {}
        None => return Ok(false),
    }
    let kept = batch.heap_mut().alloc_map(&entries);
    set(batch, def, keys, position, Value::Map(MapKind::Map, kept))
}

/// Whether writing a map that did not change matters: attributes in the dictionary lose what a map
/// does not have, units and all but the last of several with a key, and a request refuses it.
fn is_written_anew(def: &PathDef) -> bool {
    matches!(def.access, Access::Attributes(_) | Access::Request(_))
}

/// Copies those entries of `source` to a map for which `wanted` says so, told whether the map has
/// the key, and tells whether anything changed.
///
/// # Errors
/// When the path does not lead to a map, or its keys do not fit what they index.
pub fn merge(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    source: PoolRange,
    wanted: impl Fn(bool) -> bool,
) -> Result<bool, ExecError> {
    if let (Access::Map(map), true, ..=SMALL) = (def.access, keys.is_empty(), source.len) {
        let row = position.row_of(batch, map.level());
        for entry in batch.heap().map(source) {
            check_size(batch.heap(), entry.value, 1)?;
        }
        return Ok(batch.map_merge(map, row, source, wanted));
    }
    let range = match get(batch, def, keys, position)? {
        Value::Map(_, range) => range,
        other => return Err(ExecError::expected("map", type_name(other))),
    };
    let heap = batch.heap();
    let mut merged = heap.map(range).to_vec();
    let mut places = HashMap::with_capacity(merged.len());
    for (at, entry) in merged.iter().enumerate() {
        places.entry(heap.bytes(entry.key)).or_insert(at);
    }
    for entry in heap.map(source) {
        let known = places.get(heap.bytes(entry.key)).copied();
        if !wanted(known.is_some()) {
            continue;
        }
        match known {
            Some(at) => merged[at] = *entry,
            None => {
                places.insert(heap.bytes(entry.key), merged.len());
                merged.push(*entry);
            }
        }
    }
    let merged = batch.heap_mut().alloc_map(&merged);
    set(batch, def, keys, position, Value::Map(MapKind::Map, merged))
}

/// Keeps the entries of a map for which `keep` says so, in order, and tells whether one was removed.
///
/// # Errors
/// When the path does not lead to a map, or its keys do not fit what they index.
pub fn retain(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    mut keep: impl FnMut(&Heap, &Entry) -> bool,
) -> Result<bool, ExecError> {
    if let (Access::Map(map), true) = (def.access, keys.is_empty()) {
        let row = position.row_of(batch, map.level());
        return Ok(batch.map_retain(map, row, keep));
    }
    let range = match get(batch, def, keys, position)? {
        Value::Map(_, range) => range,
        other => return Err(ExecError::expected("map", type_name(other))),
    };
    let heap = batch.heap();
    let mut kept = heap.map(range).to_vec();
    kept.retain(|entry| keep(heap, entry));
    if kept.len() == range.len as usize && !is_written_anew(def) {
        return Ok(false);
    }
    let kept = batch.heap_mut().alloc_map(&kept);
    set(batch, def, keys, position, Value::Map(MapKind::Map, kept))
}

/// Gives entries of a map new values where `change` has one, and tells whether any changed.
///
/// # Errors
/// When the path does not lead to a map, or its keys do not fit what they index.
pub fn update(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    mut change: impl FnMut(&mut Heap, &Entry) -> Option<Value>,
) -> Result<bool, ExecError> {
    if let (Access::Map(map), true) = (def.access, keys.is_empty()) {
        let row = position.row_of(batch, map.level());
        let entries = batch.map_entries(map, row).len() as u64;
        spend(batch.heap().meter(), entries)?;
        return Ok(batch.map_update(map, row, change));
    }
    let range = match get(batch, def, keys, position)? {
        Value::Map(_, range) => range,
        other => return Err(ExecError::expected("map", type_name(other))),
    };
    let heap = batch.heap_mut();
    spend(heap.meter(), range.len.into())?;
    let mut entries = heap.map(range).to_vec();
    let mut any = false;
    for entry in &mut entries {
        if let Some(value) = change(heap, entry) {
            *entry = Entry::new(entry.key, value);
            any = true;
        }
    }
    if !any {
        return match def.access {
            Access::Request(_) => Err(read_only()),
            _ => Ok(false),
        };
    }
    let entries = heap.alloc_map(&entries);
    let entries = Value::Map(MapKind::Map, entries);
    set(batch, def, keys, position, entries)
}

/// Looks at the entries of a map.
///
/// # Errors
/// As [`update`].
pub fn peek<T>(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    look: impl FnOnce(&Heap, &[Entry]) -> T,
) -> Result<T, ExecError> {
    if let (Access::Map(map), true) = (def.access, keys.is_empty()) {
        let row = position.row_of(batch, map.level());
        return Ok(look(batch.heap(), batch.map_entries(map, row)));
    }
    match get(batch, def, keys, position)? {
        Value::Map(_, range) => Ok(look(batch.heap(), batch.heap().map(range))),
        other => Err(ExecError::expected("map", type_name(other))),
    }
}

fn without(heap: &mut Heap, value: Value, keys: Keys<'_>) -> Result<Value, ExecError> {
    let value = heap.resolve(value);
    let Some((key, rest)) = keys.split_first() else {
        return Ok(value);
    };
    match value {
        Value::Map(kind, range) => {
            let key = match map_key(key)? {
                MapKey::Literal(key) => key.to_vec(),
                MapKey::Heap(slice) => heap.bytes(slice).to_vec(),
            };
            let Some(at) = heap.map_position(range, &key) else {
                return Ok(value);
            };
            let mut entries = heap.map(range).to_vec();
            if rest.is_empty() {
                entries.remove(at);
            } else {
                let new = without(heap, entries[at].value, rest)?;
                entries[at] = Entry::new(entries[at].key, new);
            }
            Ok(Value::Map(kind, heap.alloc_map(&entries)))
        }
        Value::List(kind, range) => {
            let at = list_index(key, range.len as usize)?;
            let mut elements = heap.list(range).to_vec();
            if rest.is_empty() {
                elements.remove(at);
            } else {
                elements[at] = without(heap, elements[at], rest)?;
            }
            Ok(Value::List(kind, heap.alloc_list(&elements)))
        }
        Value::Nil => Ok(value),
        other => Err(ExecError::new(format!(
            "A value of type {} cannot be indexed.",
            type_name(other)
        ))),
    }
}

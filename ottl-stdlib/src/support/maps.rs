//! Making a map from another one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use otlp_columns::{Entry, Heap, MapKind, Value};

/// Above this many entries keys are found through a table.
const LINEAR: usize = 16;

/// Entries with distinct keys, in the order in which the keys came.
#[derive(Debug, Default)]
pub(crate) struct MapBuilder {
    entries: Vec<Entry>,
    hasher: RandomState,
    /// The latest entry whose key has a hash; the keys themselves are not copied.
    latest: HashMap<u64, usize>,
    /// For each entry the one before it whose key has the same hash.
    earlier: Vec<Option<usize>>,
}

impl MapBuilder {
    /// Makes the entry at `place`, the first behind those known to the table, known to it.
    fn index(&mut self, heap: &Heap, place: usize) {
        let hash = self.hasher.hash_one(heap.bytes(self.entries[place].key));
        self.earlier.push(self.latest.insert(hash, place));
    }

    /// Where a key is.
    pub(crate) fn position(&self, heap: &Heap, key: &[u8]) -> Option<usize> {
        let is_key =
            |entry: &Entry| entry.key.len as usize == key.len() && heap.bytes(entry.key) == key;
        if self.entries.len() <= LINEAR {
            return self.entries.iter().position(is_key);
        }
        let latest = self.latest.get(&self.hasher.hash_one(key)).copied();
        let mut places = std::iter::successors(latest, |&place| self.earlier[place]);
        places.find(|&place| is_key(&self.entries[place]))
    }

    /// Sets the value of a key. A key that is there already stays where it is.
    pub(crate) fn put(&mut self, heap: &Heap, entry: Entry) {
        match self.position(heap, heap.bytes(entry.key)) {
            Some(place) => self.entries[place] = entry,
            None => self.push(heap, entry),
        }
    }

    /// Appends an entry whose key is not there.
    pub(crate) fn push(&mut self, heap: &Heap, entry: Entry) {
        self.entries.push(entry);
        if self.entries.len() > LINEAR {
            for place in self.earlier.len()..self.entries.len() {
                self.index(heap, place);
            }
        }
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The map.
    pub(crate) fn into_value(self, heap: &mut Heap) -> Value {
        Value::Map(MapKind::Map, heap.alloc_map(&self.entries))
    }
}

/// A map with fixed keys, of the kind that the reference makes as a map of Go.
pub(crate) fn raw_map(heap: &mut Heap, entries: &[(&str, Value)]) -> Value {
    let entries = entries.iter();
    let entries = entries.map(|(key, value)| Entry::new(heap.alloc(key.as_bytes()), *value));
    let entries: Vec<_> = entries.collect();
    Value::Map(MapKind::Raw, heap.alloc_map(&entries))
}

/// The key of an entry.
#[inline]
pub(crate) fn key<'h>(heap: &'h Heap, entry: &Entry) -> &'h [u8] {
    heap.bytes(entry.key)
}

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

/// A set of keys that is made once and asked often.
#[derive(Debug)]
pub(crate) struct KeySet {
    /// By length, then by bytes.
    keys: Vec<Box<[u8]>>,
    /// Bit `len % 64` is set for the length of each key.
    lengths: u64,
}

impl KeySet {
    /// The set of these keys.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = &'k [u8]>) -> Self {
        let mut keys: Vec<Box<[u8]>> = keys.into_iter().map(Into::into).collect();
        keys.sort_by(|left, right| order(left, right));
        keys.dedup();
        let lengths = keys
            .iter()
            .fold(0, |bits, key| bits | 1 << (key.len() % 64));
        Self { keys, lengths }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the key is in the set.
    #[inline]
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.position(key).is_some()
    }

    /// The place of a key among those of the set, a number below their count.
    #[inline]
    pub(crate) fn position(&self, key: &[u8]) -> Option<usize> {
        if self.lengths >> (key.len() % 64) & 1 == 0 {
            return None;
        }
        let place = self.keys.binary_search_by(|known| order(known, key));
        place.ok()
    }
}

fn order(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// The key of an entry.
#[inline]
pub(crate) fn key<'h>(heap: &'h Heap, entry: &Entry) -> &'h [u8] {
    heap.bytes(entry.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_knows_its_keys() {
        let set = KeySet::new([&b"bb"[..], b"a", b"", b"bb"]);
        for key in ["", "a", "bb"] {
            assert!(set.contains(key.as_bytes()), "{key}");
        }
        for key in ["b", "ab", "c", &"x".repeat(64), &"x".repeat(65)] {
            assert!(!set.contains(key.as_bytes()), "{key}");
        }
        assert!(!KeySet::new([]).contains(b""));
    }
}

//! Making a map from another one.

use std::collections::HashMap;

use otlp_columns::{Entry, Heap};

/// Above this many entries keys are found through a table.
const LINEAR: usize = 16;

/// Entries with distinct keys, in the order in which the keys came.
#[derive(Debug, Default)]
pub(crate) struct MapBuilder {
    entries: Vec<Entry>,
    places: HashMap<Box<[u8]>, usize>,
}

impl MapBuilder {
    fn index(&mut self, heap: &Heap) {
        for (place, entry) in self.entries.iter().enumerate() {
            self.places
                .entry(heap.bytes(entry.key).into())
                .or_insert(place);
        }
    }

    /// Where a key is.
    pub(crate) fn position(&self, heap: &Heap, key: &[u8]) -> Option<usize> {
        if self.entries.len() > LINEAR {
            return self.places.get(key).copied();
        }
        let is_key =
            |entry: &Entry| entry.key.len as usize == key.len() && heap.bytes(entry.key) == key;
        self.entries.iter().position(is_key)
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
        if self.entries.len() == LINEAR + 1 {
            self.index(heap);
        } else if self.entries.len() > LINEAR {
            self.places
                .insert(heap.bytes(entry.key).into(), self.entries.len() - 1);
        }
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
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

    /// Whether the key is in the set.
    #[inline]
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.lengths >> (key.len() % 64) & 1 == 1
            && self
                .keys
                .binary_search_by(|known| order(known, key))
                .is_ok()
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

//! Making a map from another one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use otlp_columns::{Entry, Heap, MapKind, Slice, Value};

/// Above this many entries keys are found through a table.
const LINEAR: usize = 48;

/// Entries with distinct keys, in the order in which the keys came.
#[derive(Debug, Default)]
pub(crate) struct MapBuilder {
    entries: Vec<Entry>,
    seen: Seen,
    table: Option<Box<Table>>,
}

/// Where many keys are; the keys themselves are not copied.
#[derive(Debug, Default)]
struct Table {
    hasher: RandomState,
    /// The latest entry whose key has a hash.
    latest: HashMap<u64, usize>,
    /// For each entry the one before it whose key has the same hash.
    earlier: Vec<Option<usize>>,
}

impl Table {
    /// Adds the key of the entry at `place`, the first behind those that were added.
    fn add(&mut self, heap: &Heap, entry: &Entry, place: usize) {
        let hash = self.hasher.hash_one(heap.bytes(entry.key));
        self.earlier.push(self.latest.insert(hash, place));
    }
}

impl MapBuilder {
    /// Where a key is.
    #[inline]
    pub(crate) fn position(&self, heap: &Heap, key: &[u8]) -> Option<usize> {
        match self.seen.may_have(key) {
            true => self.find(heap, key),
            false => None,
        }
    }

    fn find(&self, heap: &Heap, key: &[u8]) -> Option<usize> {
        let is_key =
            |entry: &Entry| entry.key.len as usize == key.len() && heap.bytes(entry.key) == key;
        let Some(table) = &self.table else {
            return self.entries.iter().position(is_key);
        };
        let latest = table.latest.get(&table.hasher.hash_one(key)).copied();
        let mut places = std::iter::successors(latest, |&place| table.earlier[place]);
        places.find(|&place| is_key(&self.entries[place]))
    }

    /// Sets the value of a key. A key that is there already stays where it is.
    #[inline]
    pub(crate) fn put(&mut self, heap: &Heap, entry: Entry) {
        match self.position(heap, heap.bytes(entry.key)) {
            Some(place) => self.entries[place] = entry,
            None => self.push(heap, entry),
        }
    }

    /// Appends an entry whose key is not there.
    #[inline]
    pub(crate) fn push(&mut self, heap: &Heap, entry: Entry) {
        self.seen.insert(heap.bytes(entry.key));
        self.entries.push(entry);
        if self.entries.len() > LINEAR {
            self.index(heap);
        }
    }

    fn index(&mut self, heap: &Heap) {
        let table = self.table.get_or_insert_default();
        for place in table.earlier.len()..self.entries.len() {
            table.add(heap, &self.entries[place], place);
        }
    }

    /// Forgets all entries, but not their memory.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.seen = Seen::default();
        self.table = None;
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The map.
    pub(crate) fn value(&self, heap: &mut Heap) -> Value {
        Value::Map(MapKind::Map, heap.alloc_map(&self.entries))
    }

    /// The map, of which nothing is left here.
    pub(crate) fn into_value(self, heap: &mut Heap) -> Value {
        self.value(heap)
    }
}

/// Keys that were there, roughly.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen([u64; 4]);

impl Seen {
    /// Adds a key, and tells whether it may have been there.
    #[inline]
    pub(crate) fn insert(&mut self, key: &[u8]) -> bool {
        let (word, bit) = Self::place(key);
        let seen = self.0[word] & bit != 0;
        self.0[word] |= bit;
        seen
    }

    /// Whether a key may have been there.
    #[inline]
    pub(crate) fn may_have(&self, key: &[u8]) -> bool {
        let (word, bit) = Self::place(key);
        self.0[word] & bit != 0
    }

    #[inline]
    fn place(key: &[u8]) -> (usize, u64) {
        let at = |index: usize| usize::from(key.get(index).copied().unwrap_or(0));
        let ends = at(0) * 7 + at(key.len().wrapping_sub(1)) * 31;
        let place = ends + at(key.len() / 2) * 13 + key.len() * 5;
        (place / 64 % 4, 1 << (place % 64))
    }
}

/// Keys of fixed names in a heap, each of them made once for many items.
#[derive(Debug, Default)]
pub(crate) struct FixedKeys {
    keys: Vec<(&'static str, Slice)>,
    entries: Vec<Entry>,
}

impl FixedKeys {
    /// The key with a name, in the heap that all keys of this are in.
    #[inline]
    pub(crate) fn get(&mut self, heap: &mut Heap, name: &'static str) -> Slice {
        let is_it = |known: &&(&'static str, Slice)| std::ptr::eq(known.0, name);
        if let Some((_, key)) = self.keys.iter().find(is_it) {
            return *key;
        }
        let key = heap.alloc(name.as_bytes());
        self.keys.push((name, key));
        key
    }
}

/// A map with fixed keys, of the kind that the reference makes as a map of Go.
pub(crate) fn raw_map(
    heap: &mut Heap,
    keys: &mut FixedKeys,
    entries: &[(&'static str, Value)],
) -> Value {
    keys.entries.clear();
    for (key, value) in entries {
        let entry = Entry::new(keys.get(heap, key), *value);
        keys.entries.push(entry);
    }
    Value::Map(MapKind::Raw, heap.alloc_map(&keys.entries))
}

/// The key of an entry.
#[inline]
pub(crate) fn key<'h>(heap: &'h Heap, entry: &Entry) -> &'h [u8] {
    heap.bytes(entry.key)
}

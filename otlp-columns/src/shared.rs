//! A map that outlives batches: what all rows of a level write to and see, message after message.
//!
//! While a program runs it is the map [`MapField::Shared`] of the batch, in the batch's memory.
//! Between runs a [`SharedMap`] holds it, in memory of its own and within a limit of its own. Do not
//! use it for what belongs to one message: [`MapField::Scratch`] is for that.

use crate::table::{EntriesMap, MapRow, MapStore};
use crate::value::{MapKind, Value};
use crate::{Batch, Heap, PoolRange};

/// Bytes that are copied for one unit of work.
const BYTES_PER_UNIT: usize = 64;

/// The contents of a map between runs.
#[derive(Debug)]
pub struct SharedMap {
    heap: Heap,
    entries: PoolRange,
}

impl Default for SharedMap {
    /// An empty map.
    fn default() -> Self {
        Self {
            heap: Heap::scratch(),
            entries: PoolRange::EMPTY,
        }
    }
}

impl SharedMap {
    /// How many keys it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len as usize
    }

    /// The same map once more.
    #[must_use]
    pub fn copy(&mut self) -> Self {
        let mut heap = Heap::beside(usize::MAX);
        let value = Value::Map(MapKind::Map, self.entries);
        match heap.adopt(&mut self.heap, value) {
            Value::Map(_, entries) => Self { heap, entries },
            _ => Self::default(),
        }
    }

    /// Whether it has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Batch {
    /// Makes the shared map exist, empty if it did not.
    pub fn ensure_shared(&mut self) {
        if matches!(self.shared, MapStore::Absent) {
            self.put_shared(PoolRange::EMPTY, false);
        }
    }

    /// Copies `contents` to the shared map of the batch, which counts as unchanged then.
    pub fn load_shared(&mut self, contents: &mut SharedMap) {
        // Where this is refused the run stops, whatever is copied.
        let units = contents.heap.used() / BYTES_PER_UNIT;
        let _ = self.heap.meter().spend(units as u64);
        let value = Value::Map(MapKind::Map, contents.entries);
        if let Value::Map(_, range) = self.heap.adopt(&mut contents.heap, value) {
            self.put_shared(range, false);
        }
    }

    /// Copies what the shared map became to `contents`, and tells whether it takes no more than
    /// `max_bytes`. If it takes more, `contents` stays as it was.
    pub fn save_shared(&mut self, contents: &mut SharedMap, max_bytes: usize) -> bool {
        let MapStore::Entries(EntriesMap { rows }) = &self.shared else {
            return true;
        };
        let MapRow { range, changed, .. } = rows[0];
        if !changed {
            return true;
        }
        let mut heap = Heap::beside(max_bytes);
        let value = Value::Map(MapKind::Map, range);
        let Value::Map(_, entries) = heap.adopt(&mut self.heap, value) else {
            return true;
        };
        if heap.exhausted() {
            return false;
        }
        let units = heap.used() / BYTES_PER_UNIT;
        let _ = self.heap.meter().spend(units as u64);
        *contents = SharedMap { heap, entries };
        true
    }

    /// Takes over the shared map of another batch.
    pub fn adopt_shared(&mut self, other: &mut Self) {
        let MapStore::Entries(EntriesMap { rows }) = &other.shared else {
            return;
        };
        let MapRow { range, changed, .. } = rows[0];
        let value = Value::Map(MapKind::Map, range);
        if let Value::Map(_, range) = self.heap.adopt(&mut other.heap, value) {
            self.put_shared(range, changed);
        }
    }

    fn put_shared(&mut self, range: PoolRange, changed: bool) {
        let row = MapRow {
            range,
            capacity: range.len,
            shared: true,
            changed,
            ..MapRow::default()
        };
        self.shared = MapStore::Entries(EntriesMap { rows: vec![row] });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Level, MapField, Signal};

    const MAP: MapField = MapField::Shared(Level::Span);

    fn batch() -> Batch {
        let mut batch = Batch::decode(Signal::Traces, vec![]).expect("an empty message");
        batch.ensure_shared();
        batch
    }

    #[test]
    fn every_row_has_the_same_map_and_later_batches_too() {
        let mut contents = SharedMap::default();
        let mut first = batch();
        let value = first.heap_mut().alloc_str("text");
        let list = first.heap_mut().alloc_list(&[Value::Int(1), value]);
        let list = Value::List(crate::ListKind::Slice, list);
        assert!(first.map_set(MAP, 7, b"a", list));
        assert!(first.map_get(MAP, 2, b"a").is_some());
        assert!(first.save_shared(&mut contents, 1 << 10));
        drop(first);

        let mut second = batch();
        second.load_shared(&mut contents);
        let Some(Value::List(_, range)) = second.map_get(MAP, 0, b"a") else {
            panic!("the key is gone");
        };
        let Value::Str(text) = second.heap().list(range)[1] else {
            panic!("the element is gone");
        };
        assert_eq!(second.heap().bytes(text), b"text");
        assert!(second.map_remove(MAP, 0, b"a"));
        assert!(second.save_shared(&mut contents, 1 << 10));
        assert!(contents.is_empty());
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let mut contents = SharedMap::default();
        let mut batch = batch();
        batch.map_set(MAP, 0, b"small", Value::Int(1));
        assert!(batch.save_shared(&mut contents, 1 << 10));
        let value = batch.heap_mut().alloc_str(&"x".repeat(2 << 10));
        batch.map_set(MAP, 0, b"large", value);
        assert!(!batch.save_shared(&mut contents, 1 << 10));
        assert_eq!(contents.len(), 1);
    }
}

//! Tables: the rows of each level, their columns and their maps.

use crate::bits::BitSet;
use crate::keys::Keys;
use crate::schema::{Level, MapField, Shape};
use crate::value::{Entry, Value};
use crate::{Heap, PoolRange, Slice};

/// Where a row lies in the message.
///
/// Its layout is fixed, since machine code reads it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Row {
    /// Offset of the tag.
    pub(crate) head: u32,
    /// The body.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The row of the level above.
    pub(crate) parent: u32,
}

impl Row {
    /// The byte of a row at which the number of its parent stands, of 32 bits.
    pub const PARENT: usize = std::mem::offset_of!(Self, parent);
}

/// The rows of one level.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    /// One for each row, on levels that have shapes; otherwise empty.
    pub(crate) shapes: Vec<Shape>,
    /// For each row the first row of the level below, and one past the last at the end.
    pub(crate) first_child: Vec<u32>,
    /// Rows whose own fields or map changed.
    pub(crate) touched: BitSet,
    /// Rows that are left out when the batch is encoded.
    pub(crate) dropped: BitSet,
    pub(crate) map: MapStore,
    pub(crate) scratch: MapStore,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Makes room for more rows.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows);
        self.first_child.reserve(rows);
    }

    pub(crate) fn shape(&self, row: usize) -> Shape {
        self.shapes.get(row).copied().unwrap_or_default()
    }

    /// Bytes that the maps of one row take in the table.
    pub(crate) fn size_of_maps(&self) -> usize {
        self.map.size_of_row() + self.scratch.size_of_row()
    }

    pub(crate) fn children(&self, row: usize) -> std::ops::Range<usize> {
        match (self.first_child.get(row), self.first_child.get(row + 1)) {
            (Some(&first), Some(&end)) => first as usize..end as usize,
            _ => 0..0,
        }
    }
}

/// Whether a level's rows have a shape.
pub(crate) fn has_shape(level: Level) -> bool {
    matches!(level, Level::Metric | Level::DataPoint)
}

/// One value for each row of a level.
#[derive(Debug, Default)]
pub(crate) struct Column {
    pub(crate) data: Vec<u64>,
    /// Rows whose value is not the one on the wire.
    pub(crate) dirty: BitSet,
    /// Those of them of which an optional value was removed; without a bound when there are none.
    pub(crate) absent: BitSet,
}

impl Column {
    /// A column whose rows are copies of those in `origins`, with their changes.
    pub(crate) fn copied(&self, origins: &[u32]) -> Self {
        Self {
            data: gather(&self.data, origins),
            dirty: self.dirty.copied(origins),
            // Without a bound it cannot be grown, and has nothing to be copied.
            absent: match self.absent.len() {
                0 => BitSet::default(),
                _ => self.absent.copied(origins),
            },
        }
    }
}

/// The elements at the places `origins`.
fn gather<T: Copy>(data: &[T], origins: &[u32]) -> Vec<T> {
    origins.iter().map(|&at| data[at as usize]).collect()
}

/// A column of dynamic values.
#[derive(Debug, Default)]
pub(crate) struct AnyColumn {
    pub(crate) data: Vec<Value>,
    pub(crate) dirty: BitSet,
}

/// The maps of a level's rows, in one of two forms that fit two kinds of programs.
#[derive(Debug, Default)]
pub(crate) enum MapStore {
    /// The program does not look at the map.
    #[default]
    Absent,
    /// The program knows all the keys it uses: each is a column.
    Keyed(KeyedMap),
    /// The program uses whole maps: each row has its entries.
    Entries(EntriesMap),
}

impl MapStore {
    /// Maps whose rows are copies of those in `origins`, with their changes. Entries are shared.
    pub(crate) fn copied(&self, origins: &[u32]) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Keyed(keyed) => Self::Keyed(keyed.copied(origins)),
            Self::Entries(entries) => {
                let rows = origins.iter().map(|&origin| MapRow {
                    shared: true,
                    ..entries.rows[origin as usize]
                });
                Self::Entries(EntriesMap {
                    rows: rows.collect(),
                })
            }
        }
    }

    /// Bytes that the map of one row takes here.
    fn size_of_row(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Keyed(keyed) => keyed.columns.len() * KEY_BYTES,
            Self::Entries(_) => size_of::<MapRow>(),
        }
    }
}

/// A map seen through known keys.
#[derive(Debug, Default)]
pub(crate) struct KeyedMap {
    pub(crate) keys: Keys,
    /// One for each key.
    pub(crate) columns: Vec<KeyColumn>,
}

/// The values of one key; `None` where the map does not have it.
#[derive(Debug, Default)]
pub(crate) struct KeyColumn {
    pub(crate) cells: Vec<Option<Value>>,
    /// Where the attribute begins on the wire, for rows that had the key when they were read.
    pub(crate) heads: Vec<u32>,
    /// Rows whose value is not the one on the wire.
    pub(crate) dirty: BitSet,
    /// Those of them that have the key on the wire.
    pub(crate) replaced: BitSet,
}

/// Bytes that the column of a key takes for each row.
pub(crate) const KEY_BYTES: usize = size_of::<Option<Value>>() + size_of::<u32>();

impl KeyColumn {
    /// Makes room for `rows` rows.
    pub(crate) fn resize(&mut self, rows: usize) {
        self.cells.resize(rows, None);
        self.heads.resize(rows, 0);
    }

    /// Notes what a row has on the wire, and tells whether it had the key before.
    #[inline]
    pub(crate) fn read(&mut self, row: usize, value: Value, head: usize) -> bool {
        self.heads[row] = head as u32;
        self.cells[row].replace(value).is_some()
    }

    /// Forgets what changed in `rows` rows.
    pub(crate) fn clean(&mut self, rows: usize) {
        self.dirty = BitSet::new(rows);
        self.replaced = BitSet::new(rows);
    }

    /// Gives a row a value and tells whether it is another one than before.
    #[inline]
    pub(crate) fn assign(&mut self, heap: &mut Heap, row: usize, value: Value) -> bool {
        let changed = !self.cells[row].is_some_and(|old| same(heap, old, value));
        if changed {
            self.set(row, Some(value));
        }
        changed
    }

    /// Changes the value of a row.
    pub(crate) fn set(&mut self, row: usize, value: Option<Value>) {
        let old = std::mem::replace(&mut self.cells[row], value);
        if !self.dirty.contains(row) {
            self.dirty.insert(row);
            if old.is_some() {
                self.replaced.insert(row);
            }
        }
    }
}

/// Entries of each row, in the heap's pool.
#[derive(Debug, Default)]
pub(crate) struct EntriesMap {
    pub(crate) rows: Vec<MapRow>,
}

/// The entries of one row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MapRow {
    pub(crate) range: PoolRange,
    /// Places in the pool that belong to this row, from the start of the range.
    pub(crate) capacity: u32,
    /// Whether somebody else may hold the range, so that it must be copied before it changes.
    pub(crate) shared: bool,
    /// Whether the entries are not the ones on the wire.
    pub(crate) changed: bool,
    /// Where the attributes are on the wire.
    pub(crate) wire: WireRun,
}

/// Where the attributes of a row are on the wire, with their tags, if they follow each other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WireRun {
    start: u32,
    /// Zero while there are none.
    end: u32,
    is_scattered: bool,
}

impl WireRun {
    /// Adds attributes that follow those that were added before.
    #[inline]
    pub(crate) fn add(&mut self, start: usize, end: usize) {
        if self.end == 0 {
            self.start = start as u32;
        } else if self.end != start as u32 {
            self.is_scattered = true;
        }
        self.end = end as u32;
    }

    /// The bytes, none at `end` if there are no attributes; `None` if they do not follow each other.
    pub(crate) fn get(self, end: usize) -> Option<std::ops::Range<usize>> {
        match (self.is_scattered, self.end) {
            (true, _) => None,
            (false, 0) => Some(end..end),
            (false, to) => Some(self.start as usize..to as usize),
        }
    }
}

impl MapRow {
    /// Keeps places free behind the entries, if they are the last in the pool.
    pub(crate) fn keep_free(&mut self, heap: &mut Heap, places: u32) {
        if self.range.range().end == heap.entries_len() && self.capacity == self.range.len {
            heap.push_free(places);
            self.capacity += places;
        }
    }
}

impl KeyedMap {
    pub(crate) fn new(keys: &[&[u8]]) -> Self {
        Self {
            keys: Keys::new(keys),
            columns: keys.iter().map(|_| KeyColumn::default()).collect(),
        }
    }

    fn copied(&self, origins: &[u32]) -> Self {
        let columns = self.columns.iter().map(|column| KeyColumn {
            cells: gather(&column.cells, origins),
            heads: gather(&column.heads, origins),
            dirty: column.dirty.copied(origins),
            replaced: column.replaced.copied(origins),
        });
        Self {
            keys: self.keys.clone(),
            columns: columns.collect(),
        }
    }

    /// The column of a key.
    #[inline(always)]
    pub(crate) fn position(&self, key: &[u8]) -> Option<usize> {
        self.keys.position(key)
    }
}

impl EntriesMap {
    /// Makes the row's range changeable with room for `extra` more entries.
    fn make_mut(&mut self, heap: &mut Heap, row: usize, extra: u32) -> PoolRange {
        let cell = &mut self.rows[row];
        cell.changed = true;
        let needed = cell.range.len + extra;
        if cell.shared || needed > cell.capacity {
            let spare = if extra == 0 {
                0
            } else {
                extra + cell.range.len / 2
            };
            cell.range = heap.relocate(cell.range, spare as usize);
            cell.capacity = cell.range.len + spare;
            cell.shared = false;
        }
        cell.range
    }

    /// Sets `key` and tells whether anything changed.
    pub(crate) fn set(&mut self, heap: &mut Heap, row: usize, key: &[u8], value: Value) -> bool {
        match heap.map_position(self.rows[row].range, key) {
            Some(index) => self.set_at(heap, row, index, value),
            None => {
                let key = heap.alloc(key);
                self.push(heap, row, key, value);
                true
            }
        }
    }

    /// Sets those of the entries `source` for which `wanted` says so, told whether the row has the
    /// key, and tells whether anything changed.
    pub(crate) fn merge(
        &mut self,
        heap: &mut Heap,
        row: usize,
        source: PoolRange,
        wanted: impl Fn(bool) -> bool,
    ) -> bool {
        let mut changed = false;
        for at in source.range() {
            let Entry { key, value, .. } = *heap.entry_mut(at);
            let known = heap.map_position(self.rows[row].range, heap.bytes(key));
            if !wanted(known.is_some()) {
                continue;
            }
            changed |= match known {
                Some(index) => self.set_at(heap, row, index, value),
                None => {
                    self.push(heap, row, key, value);
                    true
                }
            };
        }
        changed
    }

    fn set_at(&mut self, heap: &mut Heap, row: usize, index: usize, value: Value) -> bool {
        let old = heap.map(self.rows[row].range)[index].value;
        if same(heap, old, value) {
            return false;
        }
        let range = self.make_mut(heap, row, 0);
        if !heap.exhausted() {
            let entry = heap.entry_mut(range.start as usize + index);
            entry.value = value;
            entry.raw = Slice::EMPTY;
        }
        true
    }

    fn push(&mut self, heap: &mut Heap, row: usize, key: Slice, value: Value) {
        let range = self.make_mut(heap, row, 1);
        if !heap.exhausted() {
            *heap.entry_mut(range.range().end) = Entry::new(key, value);
            self.rows[row].range.len += 1;
        }
    }

    /// Removes the first entry with `key`, puts the last one in its place, and tells whether there
    /// was one.
    pub(crate) fn remove(&mut self, heap: &mut Heap, row: usize, key: &[u8]) -> bool {
        let Some(index) = heap.map_position(self.rows[row].range, key) else {
            return false;
        };
        let range = self.make_mut(heap, row, 0);
        if heap.exhausted() {
            return true;
        }
        let last = range.range().end - 1;
        *heap.entry_mut(range.start as usize + index) = *heap.entry_mut(last);
        self.rows[row].range.len -= 1;
        true
    }

    /// Keeps the entries for which `keep` says so, in order, and tells whether one was removed.
    pub(crate) fn retain(
        &mut self,
        heap: &mut Heap,
        row: usize,
        mut keep: impl FnMut(&Heap, &Entry) -> bool,
    ) -> bool {
        let range = self.rows[row].range;
        let Some(first) = (heap.map(range).iter()).position(|entry| !keep(heap, entry)) else {
            return false;
        };
        let range = self.make_mut(heap, row, 0);
        if heap.exhausted() {
            return true;
        }
        let mut to = range.start as usize + first;
        for at in to + 1..range.range().end {
            let entry = *heap.entry_mut(at);
            if keep(heap, &entry) {
                *heap.entry_mut(to) = entry;
                to += 1;
            }
        }
        self.rows[row].range.len = (to - range.start as usize) as u32;
        true
    }

    /// Gives entries new values where `update` has one, and tells whether any changed.
    pub(crate) fn update(
        &mut self,
        heap: &mut Heap,
        row: usize,
        mut update: impl FnMut(&mut Heap, &Entry) -> Option<Value>,
    ) -> bool {
        let mut changed = false;
        for index in 0..self.rows[row].range.len as usize {
            let entry = heap.map(self.rows[row].range)[index];
            if let Some(value) = update(heap, &entry) {
                changed |= self.set_at(heap, row, index, value);
            }
            if heap.exhausted() {
                break;
            }
        }
        changed
    }

    /// Replaces all entries by those of `range`, which stays shared with whoever made it.
    pub(crate) fn replace(&mut self, row: usize, range: PoolRange) {
        self.rows[row] = MapRow {
            range,
            capacity: range.len,
            shared: true,
            changed: true,
            wire: self.rows[row].wire,
        };
    }

    /// The entries; they stay as they are while the row goes on.
    pub(crate) fn share(&mut self, row: usize) -> PoolRange {
        let cell = &mut self.rows[row];
        cell.shared = true;
        cell.range
    }
}

/// Whether two attribute values are the same, so that writing one over the other changes nothing.
/// Maps are the same when their entries are, in the same order.
pub(crate) fn same(heap: &mut Heap, left: Value, right: Value) -> bool {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            left == right || heap.bytes(left) == heap.bytes(right)
        }
        (Value::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
        (Value::Map(_, left), Value::Map(_, right)) => same_entries(heap, left, right),
        (Value::List(_, left), Value::List(_, right)) => {
            left == right
                || left.len == right.len
                    && left.range().zip(right.range()).all(|(left, right)| {
                        let (left, right) = (heap.element(left), heap.element(right));
                        same(heap, left, right)
                    })
        }
        (Value::Wire(one), Value::Wire(other)) if one == other => true,
        (Value::Wire(_), _) | (_, Value::Wire(_)) => {
            let (left, right) = (heap.resolve(left), heap.resolve(right));
            same(heap, left, right)
        }
        _ => left == right,
    }
}

/// Whether two ranges of entries are the same, in the same order.
pub(crate) fn same_entries(heap: &mut Heap, left: PoolRange, right: PoolRange) -> bool {
    left == right
        || left.len == right.len
            && left.range().zip(right.range()).all(|(left, right)| {
                let (left, right) = (*heap.entry_mut(left), *heap.entry_mut(right));
                heap.bytes(left.key) == heap.bytes(right.key) && same(heap, left.value, right.value)
            })
}

/// Whether the map belongs to no message.
pub(crate) fn is_scratch(map: MapField) -> bool {
    matches!(map, MapField::Scratch(_) | MapField::Shared(_))
}

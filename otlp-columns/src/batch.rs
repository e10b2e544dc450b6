//! A batch: one message and the changes made to it.

use std::sync::Arc;

use bytes::Bytes;

use crate::dictionary::Dictionary;
use crate::error::DecodeError;
use crate::follow::Followed;
use crate::index::{self, Index, LEVELS};
use crate::pool::Pool;
use crate::projection::Projection;
use crate::regroup::Separated;
use crate::schema::{Field, Level, MapField, Shape, Signal, Storage};
use crate::table::{
    AnyColumn, Column, EntriesMap, MapRow, MapStore, Row, Table, is_scratch, same, same_entries,
};
use crate::validate::MAX_SIZE;
use crate::value::{Entry, MapKind, Value};
use crate::{BitSet, Heap, PoolRange, Slice};

/// Limits on what a batch may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Bytes that values made beside the message may take, for each byte of the message.
    pub growth_factor: usize,
    /// Bytes that they may take in any case.
    pub min_growth: usize,
}

impl Default for BatchLimits {
    /// 32 times the message, and 64 MiB in any case.
    fn default() -> Self {
        Self {
            growth_factor: 32,
            min_growth: 64 << 20,
        }
    }
}

impl BatchLimits {
    /// What values may take beside a message of `bytes`.
    pub(crate) fn max_growth(&self, bytes: usize) -> usize {
        bytes
            .saturating_mul(self.growth_factor)
            .max(self.min_growth)
    }

    /// How long a message of `bytes` may become.
    #[must_use]
    pub fn max_encoded(&self, bytes: usize) -> usize {
        bytes.saturating_add(self.max_growth(bytes)).min(MAX_SIZE)
    }
}

/// One OTLP message, indexed where a program needs it, with the changes made to it.
///
/// Rows are numbered from 0 within each [`Level`], in the order of the message. Accessing a field
/// or map that is not in the projection panics: the projection is made by the same code that makes
/// the accesses.
#[derive(Debug)]
pub struct Batch {
    pub(crate) signal: Signal,
    pub(crate) heap: Heap,
    pub(crate) tables: [Table; LEVELS],
    pub(crate) columns: Vec<Column>,
    pub(crate) body: AnyColumn,
    pub(crate) dictionary: Option<Box<Dictionary>>,
    pub(crate) shared: MapStore,
    pub(crate) separated: Option<Box<Separated>>,
    pub(crate) followed: Option<Box<Followed>>,
    asides: Vec<Value>,
    projection: Projection,
    pub(crate) limits: BatchLimits,
}

impl Batch {
    /// Reads a protobuf message with nothing but its rows down to the items.
    ///
    /// # Errors
    /// When the bytes are not a well-formed message of the signal.
    pub fn decode(signal: Signal, message: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let projection = Projection::new(signal.item_level());
        Self::decode_projected(signal, message, &projection, BatchLimits::default())
    }

    /// Reads a protobuf message with what `projection` names.
    ///
    /// # Errors
    /// When the bytes are not a well-formed message of the signal.
    pub fn decode_projected(
        signal: Signal,
        message: impl Into<Bytes>,
        projection: &Projection,
        limits: BatchLimits,
    ) -> Result<Self, DecodeError> {
        Self::read(signal, message.into(), projection, limits, None)
    }

    /// The same with memory from a pool, where it goes back to when the batch is dropped.
    ///
    /// # Errors
    /// When the bytes are not a well-formed message of the signal.
    pub fn decode_pooled(
        signal: Signal,
        message: impl Into<Bytes>,
        projection: &Projection,
        limits: BatchLimits,
        pool: &Arc<Pool>,
    ) -> Result<Self, DecodeError> {
        let pool = Some(Arc::clone(pool));
        Self::read(signal, message.into(), projection, limits, pool)
    }

    fn read(
        signal: Signal,
        message: Bytes,
        projection: &Projection,
        limits: BatchLimits,
        pool: Option<Arc<Pool>>,
    ) -> Result<Self, DecodeError> {
        let mut heap = new_heap(message, limits, pool);
        let mut projection = projection.clone();
        projection.add_level(signal.item_level());
        let index = index::index(signal, &mut heap, &mut projection, true)?;
        Ok(Self::new(signal, heap, index, projection, limits))
    }

    fn new(
        signal: Signal,
        heap: Heap,
        index: Index,
        projection: Projection,
        limits: BatchLimits,
    ) -> Self {
        Self {
            signal,
            heap,
            tables: index.tables,
            columns: index.columns,
            body: index.body,
            dictionary: None,
            shared: MapStore::Absent,
            separated: None,
            followed: None,
            asides: Vec::new(),
            projection,
            limits,
        }
    }

    /// Makes sure that all that `projection` names is indexed.
    ///
    /// A batch that already changed is encoded and read again for this, so that it is better to
    /// know the projection of all programs beforehand: dropped rows lose their numbers, and the
    /// size of columns is not limited as it is when a message is decoded. Should the changed
    /// message be too large, its changes are lost and [`Heap::exhausted`] says so.
    pub fn project(&mut self, projection: &Projection) {
        let separated = match &self.separated {
            Some(separated) if separated.is_passing() => {
                self.regroup();
                None
            }
            Some(separated) => Some((separated.level(), separated.lasts())),
            None => None,
        };
        if self.projection.covers(projection) {
            return;
        }
        let mut wanted = self.projection.clone();
        wanted.merge(projection);
        self.read_anew(wanted);
        if let Some((level, lasts)) = separated {
            self.separate(level, lasts);
        }
    }

    /// Encodes the batch and reads it again.
    pub(crate) fn read_anew(&mut self, mut wanted: Projection) {
        let places = self.followed_places();
        let (message, is_lost) = match self.try_encode() {
            Ok(message) => (message, false),
            Err(_) => (self.heap.input().clone(), true),
        };
        let is_exhausted = is_lost || self.heap.exhausted();
        let mut heap = new_heap(message, self.limits, self.heap.pool().cloned());
        if is_exhausted {
            heap.exhaust();
        }
        let index = index::index(self.signal, &mut heap, &mut wanted, false)
            .expect("bytes that were validated or encoded here are well formed");
        let new = Self::new(self.signal, heap, index, wanted, self.limits);
        let mut old = std::mem::replace(self, new);
        self.adopt_shared(&mut old);
        if let Some(followed) = old.followed {
            self.follow_places(followed.level, &places);
        }
    }

    /// A batch with another message of the same signal, with the same projection and limits.
    ///
    /// # Errors
    /// When the bytes are not a well-formed message of the signal.
    pub fn with_message(&self, message: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let pool = self.heap.pool().cloned();
        Self::read(
            self.signal,
            message.into(),
            &self.projection,
            self.limits,
            pool,
        )
    }

    /// The kind of message.
    #[must_use]
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// What is indexed.
    #[must_use]
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// The memory behind the values.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The memory behind the values, to make new ones.
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    /// A value that was set with [`Batch::set_asides`]; nil when there is none of the number.
    #[inline]
    #[must_use]
    pub fn aside(&self, number: usize) -> Value {
        self.asides.get(number).copied().unwrap_or_default()
    }

    /// Keeps values of the heap beside the message, of which they do not become a part. They are
    /// lost when the batch is read anew, as [`Batch::project`] may do.
    pub fn set_asides(&mut self, values: Vec<Value>) {
        self.asides = values;
    }

    /// Number of rows of `level`, dropped ones included; 0 when the level is not indexed.
    #[must_use]
    pub fn rows(&self, level: Level) -> usize {
        self.tables[level as usize].len()
    }

    /// Number of spans, log records, data points or profiles.
    #[must_use]
    pub fn items(&self) -> usize {
        self.rows(self.signal.item_level())
    }

    /// The row of the level above that `row` belongs to.
    #[inline]
    #[must_use]
    pub fn parent(&self, level: Level, row: usize) -> usize {
        self.tables[level as usize].rows[row].parent as usize
    }

    /// The rows of a level; each belongs to a row that exists of the level above.
    #[must_use]
    pub fn table(&self, level: Level) -> &[Row] {
        &self.tables[level as usize].rows
    }

    /// The row of `ancestor`, a level at or above `level`, that `row` belongs to.
    #[inline]
    #[must_use]
    pub fn ancestor(&self, level: Level, row: usize, ancestor: Level) -> usize {
        let (mut at, mut above) = (level, row);
        while at != ancestor {
            let Some(next) = at.above() else {
                return row;
            };
            above = self.parent(at, above);
            at = next;
        }
        above
    }

    /// The rows of `level` that belong to `row` of a level at or above it.
    #[must_use]
    pub fn descendants(&self, ancestor: Level, row: usize, level: Level) -> std::ops::Range<usize> {
        if level == ancestor {
            return row..row + 1;
        }
        let Some(above) = level.above() else {
            return 0..0;
        };
        let parents = self.descendants(ancestor, row, above);
        if parents.is_empty() {
            return 0..0;
        }
        let first = self.children(above, parents.start).start;
        first..self.children(above, parents.end - 1).end
    }

    /// The rows of the level below that belong to `row`.
    #[must_use]
    pub fn children(&self, level: Level, row: usize) -> std::ops::Range<usize> {
        self.tables[level as usize].children(row)
    }

    /// The type of a metric or data point.
    #[inline]
    #[must_use]
    pub fn shape(&self, level: Level, row: usize) -> Shape {
        self.tables[level as usize].shape(row)
    }

    /// Whether the batch would be encoded as the bytes it was read from.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.separated.is_none()
            && self
                .tables
                .iter()
                .all(|table| table.touched.is_empty() && table.dropped.is_empty())
            && !self.has_new_entries()
    }

    /// A scalar's column, one value for each row.
    #[inline]
    #[must_use]
    pub fn scalars(&self, field: Field) -> &[u64] {
        debug_assert_eq!(field.storage(), Storage::Scalar);
        &self.columns[field as usize].data
    }

    /// A scalar's column as signed integers.
    #[inline]
    #[must_use]
    pub fn integers(&self, field: Field) -> &[i64] {
        bytemuck::cast_slice(self.scalars(field))
    }

    /// Sets a scalar and tells whether it changed.
    pub fn set_scalar(&mut self, field: Field, row: usize, bits: u64) -> bool {
        if self.columns[field as usize].data[row] == bits && !(bits == 0 && self.lacks(field, row))
        {
            return false;
        }
        let column = &mut self.columns[field as usize];
        column.data[row] = bits;
        column.dirty.insert(row);
        column.absent.remove(row);
        self.touch(field.level(), row);
        true
    }

    /// Sets a number's kind (1 `as_double`, 2 `as_int`) and bits and tells whether it changed.
    pub fn set_number(&mut self, kind: Field, bits: Field, row: usize, number: (u64, u64)) -> bool {
        let changed = self.columns[kind as usize].data[row] != number.0
            || self.columns[bits as usize].data[row] != number.1;
        if changed {
            for (field, value) in [(kind, number.0), (bits, number.1)] {
                let column = &mut self.columns[field as usize];
                column.data[row] = value;
                column.dirty.insert(row);
            }
            self.touch(kind.level(), row);
        }
        changed
    }

    /// A string or bytes field.
    #[inline]
    #[must_use]
    pub fn slice(&self, field: Field, row: usize) -> Slice {
        debug_assert_eq!(field.storage(), Storage::Bytes);
        Slice::from_bits(self.columns[field as usize].data[row])
    }

    /// The column of a scalar, or of a string or bytes field: places in the lower, lengths in the upper
    /// halves.
    #[inline]
    #[must_use]
    pub fn words(&self, field: Field) -> &[u64] {
        &self.columns[field as usize].data
    }

    /// Sets a string or bytes field and tells whether it changed.
    pub fn set_slice(&mut self, field: Field, row: usize, value: Slice) -> bool {
        let old = self.slice(field, row);
        if self.heap.bytes(old) == self.heap.bytes(value) {
            return false;
        }
        let column = &mut self.columns[field as usize];
        column.data[row] = value.to_bits();
        column.dirty.insert(row);
        self.touch(field.level(), row);
        true
    }

    /// A log record's body; may be [`Value::Wire`].
    #[inline]
    #[must_use]
    pub fn body(&self, row: usize) -> Value {
        self.body.data[row]
    }

    /// The bodies of all log records; values may be [`Value::Wire`].
    #[must_use]
    pub fn bodies(&self) -> &[Value] {
        &self.body.data
    }

    /// Sets a log record's body and tells whether it changed.
    pub fn set_body(&mut self, row: usize, value: Value) -> bool {
        if same(&mut self.heap, self.body.data[row], value) {
            return false;
        }
        self.body.data[row] = value;
        self.body.dirty.insert(row);
        self.touch(Level::Log, row);
        true
    }

    /// Marks a row as left out of the encoded message, with all below it.
    pub fn drop_row(&mut self, level: Level, row: usize) {
        self.tables[level as usize].dropped.insert(row);
    }

    /// The rows of `level` that are left out.
    #[must_use]
    pub fn dropped(&self, level: Level) -> &BitSet {
        &self.tables[level as usize].dropped
    }

    /// Whether neither a row nor anything that it belongs to is left out.
    #[must_use]
    pub fn is_left(&self, level: Level, row: usize) -> bool {
        let levels = self.signal.levels().iter();
        let mut above = levels.take_while(|above| **above != level);
        let is_left = |level: Level, row| !self.dropped(level).contains(row);
        is_left(level, row) && above.all(|above| is_left(*above, self.ancestor(level, row, *above)))
    }

    pub(crate) fn touch(&mut self, level: Level, row: usize) {
        self.tables[level as usize].touched.insert(row);
    }

    fn store(&self, map: MapField) -> &MapStore {
        let table = &self.tables[map.level() as usize];
        match map {
            MapField::Scratch(_) => &table.scratch,
            MapField::Shared(_) => &self.shared,
            _ => &table.map,
        }
    }

    fn store_mut(&mut self, map: MapField) -> (&mut MapStore, &mut Heap) {
        let table = &mut self.tables[map.level() as usize];
        let store = match map {
            MapField::Scratch(_) => &mut table.scratch,
            MapField::Shared(_) => &mut self.shared,
            _ => &mut table.map,
        };
        (store, &mut self.heap)
    }

    /// Empties the scratch maps of `level`, which then exist for every row.
    pub fn reset_scratch(&mut self, level: Level) {
        let table = &mut self.tables[level as usize];
        let rows = table.len();
        table.scratch = MapStore::Entries(EntriesMap {
            rows: vec![MapRow::default(); rows],
        });
    }

    /// Fills the scratch maps of `level` with those of another batch with as many rows.
    pub fn adopt_scratch(&mut self, level: Level, other: &mut Self) {
        let map = MapField::Scratch(level);
        self.reset_scratch(level);
        for row in 0..self.rows(level).min(other.rows(level)) {
            let range = other.map(map, row);
            let value = Value::Map(MapKind::Map, range);
            if let Value::Map(_, range) = self.heap.adopt(&mut other.heap, value) {
                self.map_replace(map, row, range);
            }
        }
    }

    /// Bytes that values beside the message may take.
    #[must_use]
    pub fn max_growth(&self) -> usize {
        self.heap.max_growth()
    }

    /// Whether `map` is kept as columns of known keys; then [`Batch::map`] is not available.
    #[must_use]
    pub fn is_keyed(&self, map: MapField) -> bool {
        matches!(self.store(map), MapStore::Keyed(_))
    }

    /// The column of `key`, where the map is kept as columns; values may be [`Value::Wire`].
    #[must_use]
    pub fn key_column(&self, map: MapField, key: &[u8]) -> Option<&[Option<Value>]> {
        match self.store(map) {
            MapStore::Keyed(keyed) => keyed
                .position(key)
                .map(|at| keyed.columns[at].cells.as_slice()),
            _ => None,
        }
    }

    /// The value of `key`, resolved; `None` when the row's map does not have it.
    pub fn map_get(&mut self, map: MapField, row: usize, key: &[u8]) -> Option<Value> {
        let row = map.row(row);
        let value = match self.store(map) {
            MapStore::Absent => not_projected(map),
            MapStore::Keyed(keyed) => {
                let at = keyed.position(key).unwrap_or_else(|| not_projected(map));
                keyed.columns[at].cells[row]?
            }
            MapStore::Entries(entries) => {
                let range = entries.rows[row].range;
                let at = self.heap.map_position(range, key)?;
                self.heap.map(range)[at].value
            }
        };
        Some(self.heap.resolve(value))
    }

    /// Sets the value of `key` and tells whether anything changed.
    pub fn map_set(&mut self, map: MapField, row: usize, key: &[u8], value: Value) -> bool {
        let row = map.row(row);
        let (store, heap) = self.store_mut(map);
        let changed = match store {
            MapStore::Absent => not_projected(map),
            MapStore::Keyed(keyed) => {
                let at = keyed.position(key).unwrap_or_else(|| not_projected(map));
                keyed.columns[at].assign(heap, row, value)
            }
            MapStore::Entries(entries) => entries.set(heap, row, key, value),
        };
        self.touch_map(map, row, changed)
    }

    /// The number of the column of `key`, where the map is kept as columns.
    #[must_use]
    pub fn key_number(&self, map: MapField, key: &[u8]) -> Option<usize> {
        match self.store(map) {
            MapStore::Keyed(keyed) => keyed.position(key),
            _ => None,
        }
    }

    /// The same as [`Batch::map_set`] for the key whose column has a number.
    pub fn map_set_column(
        &mut self,
        map: MapField,
        row: usize,
        number: usize,
        value: Value,
    ) -> bool {
        let (MapStore::Keyed(keyed), heap) = self.store_mut(map) else {
            not_projected(map)
        };
        let changed = keyed.columns[number].assign(heap, row, value);
        self.touch_map(map, row, changed)
    }

    /// Sets those of the entries `source` for which `wanted` says so, told whether the row's map has
    /// the key, and tells whether anything changed. The map must be projected as a whole.
    pub fn map_merge(
        &mut self,
        map: MapField,
        row: usize,
        source: PoolRange,
        wanted: impl Fn(bool) -> bool,
    ) -> bool {
        let row = map.row(row);
        let (store, heap) = self.store_mut(map);
        let MapStore::Entries(entries) = store else {
            not_projected(map)
        };
        let changed = entries.merge(heap, row, source, wanted);
        self.touch_map(map, row, changed)
    }

    /// Removes `key`, which puts the last entry in its place, and tells whether the map had it.
    pub fn map_remove(&mut self, map: MapField, row: usize, key: &[u8]) -> bool {
        let row = map.row(row);
        let (store, heap) = self.store_mut(map);
        let changed = match store {
            MapStore::Absent => not_projected(map),
            MapStore::Keyed(keyed) => {
                let at = keyed.position(key).unwrap_or_else(|| not_projected(map));
                let column = &mut keyed.columns[at];
                let had = column.cells[row].is_some();
                if had {
                    column.set(row, None);
                }
                had
            }
            MapStore::Entries(entries) => entries.remove(heap, row, key),
        };
        self.touch_map(map, row, changed)
    }

    /// Keeps the entries of a row's map for which `keep` says so, in order, and tells whether one
    /// was removed. Values may be [`Value::Wire`].
    ///
    /// The map must be projected as a whole.
    pub fn map_retain(
        &mut self,
        map: MapField,
        row: usize,
        keep: impl FnMut(&Heap, &Entry) -> bool,
    ) -> bool {
        let row = map.row(row);
        let (store, heap) = self.store_mut(map);
        let MapStore::Entries(entries) = store else {
            not_projected(map)
        };
        let changed = entries.retain(heap, row, keep);
        self.touch_map(map, row, changed)
    }

    /// Gives entries of a row's map new values where `update` has one, and tells whether any changed.
    /// Values may be [`Value::Wire`].
    ///
    /// The map must be projected as a whole.
    pub fn map_update(
        &mut self,
        map: MapField,
        row: usize,
        update: impl FnMut(&mut Heap, &Entry) -> Option<Value>,
    ) -> bool {
        let row = map.row(row);
        let (store, heap) = self.store_mut(map);
        let MapStore::Entries(entries) = store else {
            not_projected(map)
        };
        let changed = entries.update(heap, row, update);
        self.touch_map(map, row, changed)
    }

    /// The entries of a row's map, which must be projected as a whole. Values may be
    /// [`Value::Wire`].
    #[must_use]
    pub fn map_entries(&self, map: MapField, row: usize) -> &[Entry] {
        match self.store(map) {
            MapStore::Entries(entries) => self.heap.map(entries.rows[map.row(row)].range),
            MapStore::Absent | MapStore::Keyed(_) => not_projected(map),
        }
    }

    /// The whole map of a row; its entries stay as they are when the row's map changes.
    ///
    /// The map must be projected as a whole.
    pub fn map(&mut self, map: MapField, row: usize) -> PoolRange {
        let row = map.row(row);
        match self.store_mut(map).0 {
            MapStore::Entries(entries) => entries.share(row),
            MapStore::Absent | MapStore::Keyed(_) => not_projected(map),
        }
    }

    /// Replaces the whole map of a row and tells whether anything changed.
    pub fn map_replace(&mut self, map: MapField, row: usize, range: PoolRange) -> bool {
        let row = map.row(row);
        let MapStore::Entries(entries) = self.store_mut(map).0 else {
            not_projected(map)
        };
        let old = entries.rows[row].range;
        let changed = old != range && !same_entries(&mut self.heap, old, range);
        if changed {
            let MapStore::Entries(entries) = self.store_mut(map).0 else {
                not_projected(map)
            };
            entries.replace(row, range);
        }
        self.touch_map(map, row, changed)
    }

    fn touch_map(&mut self, map: MapField, row: usize, changed: bool) -> bool {
        if changed && !is_scratch(map) {
            self.touch(map.level(), row);
        }
        changed
    }
}

fn new_heap(message: Bytes, limits: BatchLimits, pool: Option<Arc<Pool>>) -> Heap {
    let max_growth = limits.max_growth(message.len());
    Heap::with(message, max_growth, pool)
}

#[cold]
#[track_caller]
fn not_projected(map: MapField) -> ! {
    panic!("{map:?} was accessed in a way that the projection does not have")
}

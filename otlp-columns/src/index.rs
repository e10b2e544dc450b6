//! One pass over a message: rows, projected columns and attributes, and whether it is well formed.
//!
//! Nothing is copied. The pass also reads what is not projected, down to every value, unless the
//! bytes were validated before: malformed input is an error here and nowhere later.
//!
//! The smallest row takes two bytes of the message and much more of the tables. Their size is
//! limited like everything beside the message: columns of keys give way to entries, which are as
//! many as the message has, and if that is not enough the message is rejected.

mod fields;
mod plan;

use crate::dictionary;
use crate::error::{DecodeError, DecodeReason};
use crate::messages;
use crate::projection::{MapUse, Projection, in_order};
use crate::schema::{Coding, Field, Level, MapField, Shape, Signal, Storage};
use crate::table::{
    AnyColumn, Column, EntriesMap, KEY_BYTES, KeyedMap, MapRow, MapStore, Row, Table, has_shape,
};
use crate::validate::check_size;
use crate::value::{Entry, Value};
use crate::wire::{RawField, unzigzag};
use crate::{BitSet, Heap, Slice};
use plan::{Plan, Plans};

/// Number of levels.
pub(crate) const LEVELS: usize = 10;

/// Rows that a table has room for at first.
const FIRST_ROWS: usize = 64;

/// The result of a pass.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) tables: [Table; LEVELS],
    pub(crate) columns: Vec<Column>,
    pub(crate) body: AnyColumn,
}

/// Indexes the message in `heap`, reading everything when `validate` is set.
///
/// A map in which a projected key occurs twice cannot be kept as columns, nor can one whose columns
/// would take too much memory; `projection` is then widened to the whole map.
pub(crate) fn index(
    signal: Signal,
    heap: &mut Heap,
    projection: &mut Projection,
    validate: bool,
) -> Result<Index, DecodeError> {
    let input = heap.input().clone();
    check_size(&input, messages::top(signal))?;
    let mut validate = validate;
    if signal == Signal::Profiles && MAPS.iter().any(|&map| projection.map(map).is_some()) {
        // Attributes may refer to the table of strings, which may come behind them.
        dictionary::read_strings(heap);
    }
    loop {
        let plans = Plans::new(signal, projection, validate);
        let about = (&*projection, &plans);
        let mut indexer = Indexer::new(signal, (&input, heap), about, validate);
        indexer.run()?;
        let Indexer { index, widened, .. } = indexer;
        if widened.is_empty() {
            return Ok(index);
        }
        for map in widened {
            projection.add_map(map);
        }
        heap.clear_entries();
        validate = false;
    }
}

struct Indexer<'a> {
    input: &'a [u8],
    plans: &'a Plans,
    heap: &'a mut Heap,
    signal: Signal,
    depth: Level,
    validate: bool,
    index: Index,
    /// Projected scalar and byte columns of each level.
    level_fields: [Vec<Field>; LEVELS],
    /// The level below each.
    below: [Option<Level>; LEVELS],
    /// Rows that each level's columns have room for.
    room: [usize; LEVELS],
    /// Bytes that the columns take, and may take.
    size: usize,
    max_size: usize,
    /// Maps that cannot be kept as columns.
    widened: Vec<MapField>,
    /// Free places in the pool behind the entries of a row.
    spare: [u32; LEVELS],
}

impl<'a> Indexer<'a> {
    fn new(
        signal: Signal,
        (input, heap): (&'a [u8], &'a mut Heap),
        (projection, plans): (&Projection, &'a Plans),
        validate: bool,
    ) -> Self {
        let mut level_fields: [Vec<Field>; LEVELS] = Default::default();
        for &field in Field::ALL {
            if projection.has(field) && field.storage() != Storage::Raw {
                level_fields[field.level() as usize].push(field);
            }
        }
        let mut tables: [Table; LEVELS] = Default::default();
        for map in MAPS {
            tables[map.level() as usize].map = match projection.map(map) {
                None => MapStore::Absent,
                Some(MapUse::Keys(keys)) => MapStore::Keyed(KeyedMap::new(&in_order(keys))),
                Some(MapUse::All) => MapStore::Entries(EntriesMap::default()),
            };
        }
        let mut spare = [0; LEVELS];
        for map in MAPS {
            if projection.map(map) == Some(&MapUse::All) {
                spare[map.level() as usize] = projection.spare(map);
                // An attribute has some 32 bytes or more; memory that is not used costs nothing.
                heap.reserve_entries(input.len() / 16);
            }
        }
        let mut below = [None; LEVELS];
        for pair in signal.levels().windows(2) {
            below[pair[0] as usize] = Some(pair[1]);
        }
        Self {
            input,
            plans,
            max_size: heap.max_growth(),
            heap,
            signal,
            depth: projection.depth(),
            validate,
            index: Index {
                tables,
                columns: Field::ALL.iter().map(|_| Column::default()).collect(),
                body: AnyColumn::default(),
            },
            level_fields,
            spare,
            below,
            room: [0; LEVELS],
            size: 0,
            widened: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), DecodeError> {
        self.fields(self.plans.top(), (0, self.input.len()), Level::Resource, 0)?;
        for &level in self.signal.levels() {
            if let Some(below) = self.below[level as usize] {
                let children = self.index.tables[below as usize].len() as u32;
                self.index.tables[level as usize].first_child.push(children);
            }
            let rows = self.index.tables[level as usize].len();
            self.resize(level, rows);
            self.clean(level, rows);
        }
        Ok(())
    }

    /// Gives every column of a level `rows` rows.
    fn resize(&mut self, level: Level, rows: usize) {
        for &field in &self.level_fields[level as usize] {
            if field.storage() == Storage::Any {
                self.index.body.data.resize(rows, Value::Nil);
            } else {
                self.index.columns[field as usize].data.resize(rows, 0);
            }
        }
        match &mut self.index.tables[level as usize].map {
            MapStore::Absent => {}
            MapStore::Keyed(map) => {
                for column in &mut map.columns {
                    column.resize(rows);
                }
            }
            MapStore::Entries(map) => map.rows.resize(rows, MapRow::default()),
        }
    }

    /// Marks all rows of a level as unchanged.
    fn clean(&mut self, level: Level, rows: usize) {
        for &field in &self.level_fields[level as usize] {
            if field.storage() == Storage::Any {
                self.index.body.dirty = BitSet::new(rows);
            } else {
                self.index.columns[field as usize].dirty = BitSet::new(rows);
            }
        }
        let table = &mut self.index.tables[level as usize];
        table.touched = BitSet::new(rows);
        table.dropped = BitSet::new(rows);
        if let MapStore::Keyed(map) = &mut table.map {
            for column in &mut map.columns {
                column.clean(rows);
            }
        }
    }

    /// Makes room for more rows of a level; `offset` is where the next one is.
    #[cold]
    fn grow(&mut self, level: Level, offset: usize) -> Result<(), DecodeError> {
        let at = level as usize;
        let room = self.room[at];
        let fields = self.level_fields[at]
            .iter()
            .map(|field| match field.storage() {
                Storage::Any => size_of::<Value>(),
                _ => size_of::<u64>(),
            });
        let (entries, keys) = match &self.index.tables[at].map {
            MapStore::Absent => (0, 0),
            MapStore::Entries(_) => (size_of::<MapRow>(), 0),
            MapStore::Keyed(map) => (0, map.columns.len() * KEY_BYTES),
        };
        let fixed = fields.sum::<usize>() + size_of::<Row>() + size_of::<u32>() + entries;
        let mut rows = (2 * room).max(FIRST_ROWS);
        // If the rest of the message is like what was read, this is the last time.
        let expected = (room as u128 * self.input.len() as u128 * 9 / 8)
            .checked_div(offset as u128)
            .unwrap_or(0) as usize;
        if self.size + expected.saturating_mul(fixed + keys) < self.max_size / 4 {
            rows = rows.max(expected);
        }
        self.size += (rows - room) * (fixed + keys);
        if self.size > self.max_size && keys > 0 {
            self.widen(level);
            self.size -= rows * keys;
        }
        if self.size > self.max_size && self.validate {
            return Err(DecodeError {
                offset,
                reason: DecodeReason::TooManyRows,
                message: messages::top(self.signal).name,
            });
        }
        self.room[at] = rows;
        self.index.tables[at].reserve(rows - room);
        self.resize(level, rows);
        Ok(())
    }

    /// Gives up on a level's map, whose columns cannot be kept, for this pass.
    #[cold]
    fn widen(&mut self, level: Level) {
        if let Some(map) = MAPS.into_iter().find(|map| map.level() == level) {
            self.widened.push(map);
        }
        self.index.tables[level as usize].map = MapStore::Absent;
    }

    fn row(
        &mut self,
        level: Level,
        plan: &'a Plan,
        (head, start, end): (usize, usize, usize),
        (parent, shape): (usize, Shape),
    ) -> Result<(), DecodeError> {
        let at = level as usize;
        let row = self.index.tables[at].len();
        if row == self.room[at] {
            self.grow(level, head)?;
        }
        if let Some(below) = self.below[at] {
            let first = self.index.tables[below as usize].len() as u32;
            self.index.tables[at].first_child.push(first);
        }
        let table = &mut self.index.tables[at];
        table.rows.push(Row {
            head: head as u32,
            start: start as u32,
            end: end as u32,
            parent: parent as u32,
        });
        if has_shape(level) {
            table.shapes.push(shape);
        }
        self.fields(plan, (start, end), level, row)?;
        if self.spare[at] > 0
            && let MapStore::Entries(entries) = &mut self.index.tables[at].map
        {
            entries.rows[row].keep_free(self.heap, self.spare[at]);
        }
        Ok(())
    }
}

/// Appends an entry to a row's own in the pool.
///
/// They move when those of other rows lie behind them, which happens where the attributes of a
/// message come before and after its rows.
fn append(heap: &mut Heap, cell: &mut MapRow, entry: Entry) {
    if cell.range.is_empty() {
        cell.range.start = heap.entries_len() as u32;
    }
    if cell.range.range().end == heap.entries_len() {
        heap.push_entry(entry);
    } else {
        if cell.range.len == cell.capacity {
            // Room for as many again, so that all moves together are not longer than the map.
            cell.range = heap.move_entries(cell.range, cell.range.len as usize);
            cell.capacity = 2 * cell.range.len;
        }
        *heap.entry_mut(cell.range.range().end) = entry;
    }
    cell.range.len += 1;
    cell.capacity = cell.capacity.max(cell.range.len);
}

fn bytes_of(input: &[u8], slice: Slice) -> &[u8] {
    &input[slice.off as usize..slice.off as usize + slice.len as usize]
}

/// Every map that belongs to a message.
pub(crate) const MAPS: [MapField; 8] = [
    MapField::Resource,
    MapField::Scope,
    MapField::Span,
    MapField::SpanEvent,
    MapField::Log,
    MapField::MetricMetadata,
    MapField::DataPoint,
    MapField::Exemplar,
];

/// A scalar's bits as a column has them.
#[inline]
pub(crate) fn decode_scalar(coding: Coding, field: &RawField) -> u64 {
    match coding {
        Coding::Varint | Coding::Fixed32 | Coding::Fixed64 => field.bits,
        Coding::Varint32 => field.bits & 0xffff_ffff,
        Coding::ZigZag32 => unzigzag(field.bits),
        Coding::Len => Slice::new(field.start, field.end).to_bits(),
    }
}

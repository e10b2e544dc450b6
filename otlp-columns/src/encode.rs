//! Encoding by splicing.
//!
//! A row that did not change is copied as it stood, and neighbours are copied together. A row that
//! changed is walked field by field: what changed is left out and written behind the rest, the
//! other fields are copied in runs.

use std::cell::Cell;
use std::ops::Range;

use bytes::Bytes;

use crate::Slice;
use crate::batch::Batch;
use crate::bits::BitSet;
use crate::dictionary;
use crate::error::EncodeError;
use crate::index::LEVELS;
use crate::key_value::{ValueWriter, key_of};
use crate::messages;
use crate::raw;
use crate::schema::{
    Coding, Field, FieldDesc, Kind, Level, MapField, Message, Presence, Shape, Storage,
};
use crate::table::MapStore;
use crate::validate::{MAX_SIZE, settle_oneof};
use crate::wire::{
    RawField, Reader, WireType, fill_varint, put_len, put_nested, put_scalar, put_tag, varint_len,
};

impl Batch {
    /// The message with all changes, as protobuf.
    ///
    /// A batch without changes gives the bytes it was read from. There is no limit on the size:
    /// one long value that was set on many rows is written for each; see [`Batch::try_encode`].
    #[must_use]
    pub fn encode(&self) -> Bytes {
        self.write(self.dropped_rows(), usize::MAX)
            .unwrap_or_default()
    }

    /// The message with all changes, as protobuf.
    ///
    /// # Errors
    /// When the message would be larger than the batch's limits allow values to be, or than a batch
    /// can read.
    pub fn try_encode(&self) -> Result<Bytes, EncodeError> {
        self.write(self.dropped_rows(), self.max_encoded())
    }

    /// The message with only those rows of `level` that are in `rows`, and of the levels above only
    /// what contains one.
    #[must_use]
    pub fn encode_rows(&self, level: Level, rows: &BitSet) -> Bytes {
        self.write(self.all_but(level, rows), usize::MAX)
            .unwrap_or_default()
    }

    /// The same as [`Batch::encode_rows`] with a limit.
    ///
    /// # Errors
    /// When the message would be larger than the batch's limits allow values to be, or than a batch
    /// can read.
    pub fn try_encode_rows(&self, level: Level, rows: &BitSet) -> Result<Bytes, EncodeError> {
        self.write(self.all_but(level, rows), self.max_encoded())
    }

    /// The message of one row with all changes to it and below it.
    #[must_use]
    pub fn encode_row(&self, level: Level, row: usize) -> Vec<u8> {
        let at = self.tables[level as usize].rows[row];
        let (start, end) = (at.start as usize, at.end as usize);
        let encoder = Encoder::new(self, self.dropped_rows(), usize::MAX);
        if !encoder.changed[level as usize].contains(row) {
            return self.heap.input()[start..end].to_vec();
        }
        let place = Place {
            message: messages::row(self.signal, level, self.shape(level, row)),
            container: None,
            level,
            row,
        };
        let mut out = Vec::with_capacity(end - start);
        encoder.body(&mut out, place, &[(start, end)]);
        out
    }

    fn max_encoded(&self) -> usize {
        let input = self.heap.input().len();
        (input + self.heap.max_growth()).min(MAX_SIZE)
    }

    fn dropped_rows(&self) -> [BitSet; LEVELS] {
        self.tables.each_ref().map(|table| table.dropped.clone())
    }

    /// The dropped rows and those of `level` that are not in `rows`, with what contains no others.
    fn all_but(&self, level: Level, rows: &BitSet) -> [BitSet; LEVELS] {
        let mut dropped = self.dropped_rows();
        for row in 0..self.rows(level) {
            if !rows.contains(row) {
                dropped[level as usize].insert(row);
            }
        }
        let levels = self.signal.levels();
        let at = levels.iter().position(|&known| known == level).unwrap_or(0);
        for pair in levels[..=at].windows(2).rev() {
            let (above, below) = (pair[0], pair[1]);
            for row in 0..self.rows(above) {
                let is_empty = self
                    .children(above, row)
                    .all(|child| dropped[below as usize].contains(child));
                if is_empty {
                    dropped[above as usize].insert(row);
                }
            }
        }
        dropped
    }

    fn write(&self, dropped: [BitSet; LEVELS], limit: usize) -> Result<Bytes, EncodeError> {
        if self.is_clean() && dropped.iter().all(BitSet::is_empty) {
            return Ok(self.heap.input().clone());
        }
        Encoder::new(self, dropped, limit).message()
    }
}

struct Encoder<'a> {
    batch: &'a Batch,
    input: &'a [u8],
    dropped: [BitSet; LEVELS],
    /// Rows whose encoding differs from their bytes, for their own sake or because of a row below.
    changed: [BitSet; LEVELS],
    /// Fields of which some row changed, one bit each.
    dirty_fields: u128,
    /// For each level the numbers of the fields of its messages that cannot be copied unseen, one
    /// bit each.
    active: [u32; LEVELS],
    /// Bytes that there may be, and whether there were more.
    limit: usize,
    is_over: Cell<bool>,
    values: ValueWriter<'a>,
}

/// The message that is being written.
#[derive(Clone, Copy)]
struct Place {
    message: &'static Message,
    /// The number of its field in the row's own message, if it is not that itself.
    container: Option<u32>,
    level: Level,
    row: usize,
}

/// A changed message inside of a row: its field number and the parts it has on the wire.
type Inline = (u32, Vec<(usize, usize)>);

/// Copies runs of the input.
struct Runs<'a> {
    input: &'a [u8],
    copied: usize,
}

impl Runs<'_> {
    /// Copies up to `head` and goes on behind `end`.
    fn cut(&mut self, out: &mut Vec<u8>, head: usize, end: usize) {
        out.extend_from_slice(&self.input[self.copied..head]);
        self.copied = end;
    }
}

impl<'a> Encoder<'a> {
    fn new(batch: &'a Batch, dropped: [BitSet; LEVELS], limit: usize) -> Self {
        let mut changed = batch.tables.each_ref().map(|table| table.touched.clone());
        for pair in batch.signal.levels().windows(2).rev() {
            let (above, below) = (pair[0], pair[1]);
            let mut parents = std::mem::take(&mut changed[above as usize]);
            for row in changed[below as usize]
                .iter()
                .chain(dropped[below as usize].iter())
            {
                parents.insert(batch.parent(below, row));
            }
            changed[above as usize] = parents;
        }
        let dirty = |&&field: &&Field| !batch.columns[field as usize].dirty.is_empty();
        let mut encoder = Self {
            batch,
            input: batch.heap.input(),
            dropped,
            changed,
            dirty_fields: (Field::ALL.iter().filter(dirty))
                .fold(0, |bits, &field| bits | 1 << field as u8),
            active: [0; LEVELS],
            limit,
            is_over: Cell::new(false),
            values: ValueWriter {
                heap: &batch.heap,
                limit,
            },
        };
        for &level in batch.signal.levels() {
            encoder.active[level as usize] = Shape::ALL
                .map(|shape| messages::row(batch.signal, level, shape))
                .iter()
                .fold(0, |bits, message| bits | encoder.active_fields(message));
        }
        encoder
    }

    /// The numbers of the fields of a message that may have changed in some row.
    fn active_fields(&self, message: &Message) -> u32 {
        let is_active = |desc: &&FieldDesc| match desc.kind {
            Kind::Column(field, _) | Kind::Number(field, ..) => {
                self.dirty_fields >> (field as u8) & 1 == 1
            }
            Kind::Any => !self.batch.body.dirty.is_empty(),
            Kind::Packed(_) | Kind::Plain(_) | Kind::RawMessage(_) => {
                self.dirty_fields & RAW_FIELDS != 0
            }
            Kind::PlainAttribute => false,
            Kind::Attribute(map) => match &self.batch.tables[map.level() as usize].map {
                MapStore::Absent => false,
                MapStore::Entries(_) => true,
                MapStore::Keyed(keyed) => keyed.columns.iter().any(|it| !it.dirty.is_empty()),
            },
            Kind::Inline(inner) => self.active_fields(inner) != 0,
            Kind::Rows(below, _) if self.batch.rows(below) > 0 => {
                let below = below as usize;
                !self.changed[below].is_empty() || !self.dropped[below].is_empty()
            }
            Kind::Rows(..) => self.dirty_fields & RAW_FIELDS != 0,
            Kind::Data(..) => true,
        };
        let active = message.fields.iter().filter(is_active);
        active.fold(0, |bits, desc| bits | 1 << desc.number)
    }

    /// The numbers of the fields of the message at `place` that may have changed, one bit each.
    #[inline]
    fn active(&self, place: Place) -> u32 {
        match place.container {
            None => self.active[place.level as usize],
            Some(_) => u32::MAX,
        }
    }

    fn message(&self) -> Result<Bytes, EncodeError> {
        // What is new is mostly in the arena; lengths and numbers take a little more.
        let capacity = self.input.len() + self.batch.heap.arena_len();
        let mut out = Vec::with_capacity(capacity + capacity / 16);
        let mut runs = Runs {
            input: self.input,
            copied: 0,
        };
        let mut dictionary = self.batch.has_new_entries().then(|| self.dictionary());
        for row in 0..self.batch.rows(Level::Resource) {
            let head = self.batch.tables[Level::Resource as usize].rows[row].head;
            if let Some(at) = dictionary.take_if(|(at, _)| *at < head as usize) {
                self.put_dictionary(&mut out, &mut runs, at);
            }
            self.child(&mut out, &mut runs, Level::Resource, row, 1);
        }
        if let Some(at) = dictionary {
            self.put_dictionary(&mut out, &mut runs, at);
        }
        runs.cut(&mut out, self.input.len(), self.input.len());
        if self.is_over.get() || out.len() > self.limit {
            return Err(EncodeError { limit: self.limit });
        }
        Ok(out.into())
    }

    /// Where the dictionary begins, and its body: of several parts the last, or nothing at the end.
    fn dictionary(&self) -> (usize, Range<usize>) {
        let end = self.input.len();
        let mut at = (end, end..end);
        let mut reader = Reader::new(self.input, 0, end, "ProfilesData");
        while let Ok(Some(field)) = reader.next() {
            if field.number == dictionary::DICTIONARY {
                at = (field.head, field.start..field.end);
            }
        }
        at
    }

    /// Writes the dictionary with its new entries behind what it has.
    fn put_dictionary(
        &self,
        out: &mut Vec<u8>,
        runs: &mut Runs<'_>,
        (head, body): (usize, Range<usize>),
    ) {
        runs.cut(out, head, body.end);
        put_resized(out, dictionary::DICTIONARY, body.len(), |out| {
            out.extend_from_slice(&self.input[body]);
            self.batch.put_new_entries(out, &self.values);
        });
    }

    /// Writes a row as field `number`, or leaves it to the run that is being copied.
    fn child(&self, out: &mut Vec<u8>, runs: &mut Runs<'_>, level: Level, row: usize, number: u32) {
        let at = self.batch.tables[level as usize].rows[row];
        if self.dropped[level as usize].contains(row) {
            runs.cut(out, at.head as usize, at.end as usize);
        } else if out.len() > self.limit {
            self.is_over.set(true);
        } else if self.changed[level as usize].contains(row) {
            runs.cut(out, at.head as usize, at.end as usize);
            let place = Place {
                message: messages::row(self.batch.signal, level, self.batch.shape(level, row)),
                container: None,
                level,
                row,
            };
            put_resized(out, number, (at.end - at.start) as usize, |out| {
                self.body(out, place, &[(at.start as usize, at.end as usize)]);
            });
        }
    }

    /// Writes the body of a message. On the wire it may have been split into several parts, which
    /// means the same as one after the other.
    fn body(&self, out: &mut Vec<u8>, place: Place, parts: &[(usize, usize)]) {
        let mut children = self.batch.children(place.level, place.row);
        let mut inlines: Vec<Inline> = Vec::new();
        for &(start, end) in parts {
            let mut runs = Runs {
                input: self.input,
                copied: start,
            };
            self.part(out, place, &mut runs, end, &mut children, &mut inlines);
            runs.cut(out, end, end);
        }
        self.overlay(out, place, &inlines);
    }

    /// Copies a part of a message up to `end`, without the fields that changed.
    fn part(
        &self,
        out: &mut Vec<u8>,
        place: Place,
        runs: &mut Runs<'_>,
        end: usize,
        children: &mut Range<usize>,
        inlines: &mut Vec<Inline>,
    ) {
        let Place { message, row, .. } = place;
        let active = self.active(place);
        let mut data_from = None;
        let mut map_changed = None;
        let mut inline_dirty = None;
        let mut reader = Reader::new(self.input, runs.copied, end, message.name);
        while let Some(field) = reader.next_of(active) {
            let Some(desc) = message.field(field.number) else {
                continue;
            };
            let is_overlaid = match desc.kind {
                Kind::Column(to, _) | Kind::Number(to, ..) => self.is_dirty(to, row),
                Kind::Any => self.batch.body.dirty.contains(row),
                Kind::Packed(_) | Kind::Plain(_) | Kind::RawMessage(_) => {
                    self.raw_dirty(place, field.number)
                }
                Kind::PlainAttribute => false,
                Kind::Attribute(map) => {
                    if *map_changed.get_or_insert_with(|| self.map_dirty(map, row)) {
                        self.attribute(out, runs, map, row, &field, &mut reader);
                    }
                    false
                }
                Kind::Inline(inner) => {
                    let is_dirty = match inline_dirty {
                        Some((number, is_dirty)) if number == field.number => is_dirty,
                        _ => self.message_dirty(place.inside(inner, field.number)),
                    };
                    inline_dirty = Some((field.number, is_dirty));
                    if is_dirty {
                        add_part(inlines, field.number, (field.start, field.end));
                    }
                    is_dirty
                }
                Kind::Rows(below, _) if self.batch.rows(below) > 0 => {
                    // There is a row for each occurrence, in order.
                    if let Some(child) = children.next() {
                        self.child(out, runs, below, child, field.number);
                    }
                    false
                }
                Kind::Rows(..) => self.raw_dirty(place, field.number),
                Kind::Data(_, inner) => {
                    let from = *data_from.get_or_insert_with(|| {
                        settle_oneof(message, &field, reader).unwrap_or(field.head)
                    });
                    if field.head >= from {
                        runs.cut(out, field.head, field.end);
                        self.data(out, place.inside(inner, field.number), &field, children);
                    }
                    // What another type of data came behind does not count.
                    field.head < from
                }
            };
            if is_overlaid {
                runs.cut(out, field.head, field.end);
            }
        }
    }

    /// Writes the data of a metric, whose data points are the next of `points`.
    fn data(&self, out: &mut Vec<u8>, place: Place, field: &RawField, points: &mut Range<usize>) {
        put_resized(out, field.number, field.end - field.start, |out| {
            let mut runs = Runs {
                input: self.input,
                copied: field.start,
            };
            self.part(out, place, &mut runs, field.end, points, &mut Vec::new());
            runs.cut(out, field.end, field.end);
            self.overlay(out, place, &[]);
        });
    }

    /// Writes what changed in a message, behind what was copied of it.
    fn overlay(&self, out: &mut Vec<u8>, place: Place, inlines: &[Inline]) {
        let row = place.row;
        let active = self.active(place);
        for desc in place.message.fields {
            if active >> desc.number & 1 == 0 {
                continue;
            }
            match desc.kind {
                Kind::Column(from, coding) if self.is_dirty(from, row) => {
                    self.column(out, desc, from, coding, row);
                }
                Kind::Number(kind, bits, tag)
                    if self.is_dirty(kind, row)
                        && self.batch.columns[kind as usize].data[row] == tag =>
                {
                    put_tag(out, desc.number, WireType::Fixed64);
                    let bits = self.batch.columns[bits as usize].data[row];
                    out.extend_from_slice(&bits.to_le_bytes());
                }
                Kind::Any if self.batch.body.dirty.contains(row) => {
                    let value = self.batch.body.data[row];
                    self.values.put_any(out, desc.number, value);
                }
                Kind::Packed(_) | Kind::Plain(_) => self.raw(out, place, desc.number),
                Kind::Attribute(map) => self.rest_of_map(out, map, row, desc.number),
                Kind::Inline(inner) => {
                    let inside = place.inside(inner, desc.number);
                    if self.message_dirty(inside) {
                        let parts = inlines.iter().find(|(number, _)| *number == desc.number);
                        let parts = parts.map_or(&[][..], |(_, parts)| parts);
                        put_nested(out, desc.number, |out| self.body(out, inside, parts));
                    }
                }
                _ => {}
            }
        }
    }

    fn column(
        &self,
        out: &mut Vec<u8>,
        desc: &FieldDesc,
        field: Field,
        coding: Coding,
        row: usize,
    ) {
        let column = &self.batch.columns[field as usize];
        if column.absent.contains(row) {
            return;
        }
        let bits = column.data[row];
        if coding == Coding::Len {
            let bytes = self.batch.heap.bytes(Slice::from_bits(bits));
            if !bytes.is_empty() {
                put_len(out, desc.number, bytes);
            }
        } else if bits != 0 || desc.presence != Presence::Implicit {
            put_tag(out, desc.number, coding.wire());
            put_scalar(out, coding, bits);
        }
    }

    /// Writes a changed attribute in its place, or nothing in the place of a removed one.
    fn attribute(
        &self,
        out: &mut Vec<u8>,
        runs: &mut Runs<'_>,
        map: MapField,
        row: usize,
        field: &RawField,
        reader: &mut Reader<'_>,
    ) {
        match &self.batch.tables[map.level() as usize].map {
            MapStore::Absent => {}
            MapStore::Entries(_) => {
                let mut last = *field;
                while let Some(next) = reader.another(&last) {
                    last = next;
                }
                runs.cut(out, field.head, last.end);
            }
            MapStore::Keyed(keyed) => {
                let key = key_of(
                    self.input,
                    field.start,
                    field.end,
                    self.batch.heap.strings(),
                );
                let column = keyed.position(key).map(|at| &keyed.columns[at]);
                if let Some(column) = column.filter(|column| column.dirty.contains(row)) {
                    runs.cut(out, field.head, field.end);
                    if let Some(value) = column.cells[row] {
                        self.values.put_key_value(out, field.number, key, value);
                    }
                }
            }
        }
    }

    /// Writes the attributes that have no place on the wire.
    fn rest_of_map(&self, out: &mut Vec<u8>, map: MapField, row: usize, number: u32) {
        match &self.batch.tables[map.level() as usize].map {
            MapStore::Absent => {}
            MapStore::Entries(entries) => {
                let cell = entries.rows[row];
                if cell.changed {
                    self.values.put_entries(out, number, cell.range);
                }
            }
            MapStore::Keyed(keyed) => {
                for (key, column) in keyed.keys.iter().zip(&keyed.columns) {
                    if let Some(value) = column.cells[row]
                        && column.dirty.contains(row)
                        && !column.replaced.contains(row)
                    {
                        self.values.put_key_value(out, number, key, value);
                    }
                }
            }
        }
    }

    #[inline]
    fn is_dirty(&self, field: Field, row: usize) -> bool {
        self.dirty_fields >> (field as u8) & 1 == 1
            && self.batch.columns[field as usize].dirty.contains(row)
    }

    /// The changed raw field that a field number of a message stands for.
    fn raw_field(&self, place: Place, number: u32) -> Option<Field> {
        if self.dirty_fields & RAW_FIELDS == 0 {
            return None;
        }
        let shape = self.batch.shape(place.level, place.row);
        Field::ALL.iter().copied().find(|&field| {
            RAW_FIELDS >> (field as u8) & 1 == 1
                && field.level() == place.level
                && self.is_dirty(field, place.row)
                && raw::place(field, shape)
                    .is_some_and(|at| at.number == number && at.container == place.container)
        })
    }

    fn raw_dirty(&self, place: Place, number: u32) -> bool {
        self.raw_field(place, number).is_some()
    }

    fn raw(&self, out: &mut Vec<u8>, place: Place, number: u32) {
        if let Some(field) = self.raw_field(place, number) {
            let bits = self.batch.columns[field as usize].data[place.row];
            out.extend_from_slice(self.batch.heap.bytes(Slice::from_bits(bits)));
        }
    }

    /// Whether something in a message inside of a row changed.
    fn message_dirty(&self, place: Place) -> bool {
        place.message.fields.iter().any(|desc| match desc.kind {
            Kind::Column(field, _) => self.is_dirty(field, place.row),
            Kind::Attribute(map) => self.map_dirty(map, place.row),
            Kind::Packed(_) | Kind::Plain(_) => self.raw_dirty(place, desc.number),
            _ => false,
        })
    }

    fn map_dirty(&self, map: MapField, row: usize) -> bool {
        match &self.batch.tables[map.level() as usize].map {
            MapStore::Absent => false,
            MapStore::Entries(entries) => entries.rows[row].changed,
            MapStore::Keyed(keyed) => keyed
                .columns
                .iter()
                .any(|column| column.dirty.contains(row)),
        }
    }
}

impl Place {
    /// A message inside of the same row.
    fn inside(self, message: &'static Message, number: u32) -> Self {
        Self {
            message,
            container: Some(number),
            ..self
        }
    }
}

/// The fields that are found on demand, one bit each.
const RAW_FIELDS: u128 = {
    let (mut bits, mut at) = (0, 0);
    while at < Field::ALL.len() {
        if matches!(Field::ALL[at].storage(), Storage::Raw) {
            bits |= 1 << at;
        }
        at += 1;
    }
    bits
};

fn add_part(inlines: &mut Vec<Inline>, number: u32, part: (usize, usize)) {
    match inlines.iter_mut().find(|(known, _)| *known == number) {
        Some((_, parts)) => parts.push(part),
        None => inlines.push((number, vec![part])),
    }
}

/// Writes a length-delimited field whose body had `original` bytes and will have about as many.
fn put_resized(out: &mut Vec<u8>, number: u32, original: usize, write: impl FnOnce(&mut Vec<u8>)) {
    put_tag(out, number, WireType::Len);
    let at = out.len();
    let guess = varint_len(original as u64);
    out.resize(at + guess, 0);
    write(out);
    let len = out.len() - at - guess;
    let actual = varint_len(len as u64);
    if actual > guess {
        out.splice(at..at, std::iter::repeat_n(0, actual - guess));
    } else if actual < guess {
        out.drain(at..at + (guess - actual));
    }
    fill_varint(&mut out[at..at + actual], len as u64);
}

//! Encoding by splicing.
//!
//! A row that did not change is copied as it stood, and neighbours are copied together. A row that
//! changed is walked field by field: what changed is left out and written behind the rest, the
//! other fields are copied in runs.

mod changes;
mod grouped;
mod rows;
mod splice;

use std::cell::Cell;
use std::ops::Range;

use bytes::Bytes;

use crate::batch::Batch;
use crate::bits::BitSet;
use crate::dictionary;
use crate::error::EncodeError;
use crate::index::LEVELS;
use crate::key_value::ValueWriter;
use crate::messages;
use crate::schema::{Field, Level, Message, Shape};
use crate::wire::{Reader, WireType, fill_varint, put_tag, varint_len};
use splice::Splice;

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

    /// Appends the message with all changes to `out`, which may become `limit` bytes long.
    ///
    /// # Errors
    /// When it would become longer. There is then something behind what `out` had.
    pub fn encode_into(&self, out: &mut Vec<u8>, limit: usize) -> Result<(), EncodeError> {
        let dropped = self.dropped_rows();
        if self.separated.is_some() {
            out.extend_from_slice(&self.write(dropped, limit)?);
        } else if self.is_clean() && dropped.iter().all(BitSet::is_empty) {
            out.extend_from_slice(self.heap.input());
        } else {
            let encoder = Encoder::new(self, dropped, limit);
            encoder.message_into(out);
            encoder.check(out)?;
        }
        match out.len() > limit {
            true => Err(EncodeError { limit }),
            false => Ok(()),
        }
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
        self.limits.max_encoded(self.heap.input().len())
    }

    pub(crate) fn dropped_rows(&self) -> [BitSet; LEVELS] {
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
        if let Some(separated) = &self.separated {
            return Encoder::new(self, dropped, limit).grouped(separated);
        }
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
    /// How the rows of each level are written of which only attributes changed.
    splices: [Option<Splice>; LEVELS],
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

/// The changed messages inside of a row: their field numbers and the parts they have on the wire. Nearly
/// always there is one, of one part.
#[derive(Default)]
struct Inlines {
    first: Option<(u32, [Part; 1])>,
    others: Vec<(u32, Vec<Part>)>,
}

/// A start and an end.
type Part = (usize, usize);

impl Inlines {
    fn add(&mut self, number: u32, part: Part) {
        if let Some((_, parts)) = self.others.iter_mut().find(|(known, _)| *known == number) {
            parts.push(part);
            return;
        }
        match self.first {
            None => self.first = Some((number, [part])),
            Some((known, [first])) if known == number => {
                self.first = None;
                self.others.push((number, vec![first, part]));
            }
            Some(_) => self.others.push((number, vec![part])),
        }
    }

    fn parts(&self, number: u32) -> &[Part] {
        match &self.first {
            Some((known, part)) if *known == number => part,
            _ => {
                let found = self.others.iter().find(|(known, _)| *known == number);
                found.map_or(&[], |(_, parts)| parts)
            }
        }
    }
}

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
            splices: Default::default(),
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
            encoder.splices[level as usize] = encoder.splice_of(level);
        }
        encoder
    }

    fn message(&self) -> Result<Bytes, EncodeError> {
        // What is new is mostly in the arena; lengths and numbers take a little more.
        let capacity = self.input.len() + self.batch.heap.arena_len();
        let mut out = Vec::with_capacity(capacity + capacity / 16);
        self.message_into(&mut out);
        self.check(&out)?;
        Ok(out.into())
    }

    fn message_into(&self, out: &mut Vec<u8>) {
        let mut runs = Runs {
            input: self.input,
            copied: 0,
        };
        let mut dictionary = self.batch.has_new_entries().then(|| self.dictionary());
        for row in 0..self.batch.rows(Level::Resource) {
            let head = self.batch.tables[Level::Resource as usize].rows[row].head;
            if let Some(at) = dictionary.take_if(|(at, _)| *at < head as usize) {
                self.put_dictionary(out, &mut runs, at);
            }
            self.child(out, &mut runs, Level::Resource, row, 1);
        }
        if let Some(at) = dictionary {
            self.put_dictionary(out, &mut runs, at);
        }
        runs.cut(out, self.input.len(), self.input.len());
    }

    /// Whether the encoded message is not too large.
    fn check(&self, out: &[u8]) -> Result<(), EncodeError> {
        match self.is_over.get() || out.len() > self.limit {
            true => Err(EncodeError { limit: self.limit }),
            false => Ok(()),
        }
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

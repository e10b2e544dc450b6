//! Reading the fields of a message: a fast way for what nearly all messages are made of, and a
//! general one behind it, which also finds out what is wrong.

use super::plan::{Plan, Step};
use super::{Indexer, append, bytes_of, decode_scalar};
use crate::error::DecodeError;
use crate::key_value::{
    PlainParts, any_value, is_plain_value, key_value, plain_parts, plain_value, short_parts,
};
use crate::messages::{ANY_VALUE, KEY_VALUE};
use crate::schema::{Coding, Field, FieldDesc, Kind, Level, Message};
use crate::table::{KeyedMap, MapRow, MapStore};
use crate::validate::{check_field, settle_oneof, validate};
use crate::value::Entry;
use crate::wire::{RawField, Reader, short_len, short_scalar};
use crate::{Heap, Slice};

/// From where on the fields of a metric's data count, once the first was seen.
type DataFrom = Option<usize>;

impl<'a> Indexer<'a> {
    /// Reads the fields of a message that belongs to a row.
    pub(super) fn fields(
        &mut self,
        plan: &'a Plan,
        (start, end): (usize, usize),
        level: Level,
        row: usize,
    ) -> Result<(), DecodeError> {
        let buf = &self.input[..end];
        let mut at = start;
        let mut data_from = None;
        while let Some(&tag) = buf.get(at) {
            let head = at;
            let next = match plan.step(tag) {
                Step::Look => None,
                Step::Varint => pass_varint(buf, at),
                Step::Fixed64 => pass(buf, at + 9),
                Step::Fixed32 => pass(buf, at + 5),
                Step::Len => short_len(buf, at + 1).map(|(_, end)| end),
                Step::Column(to, coding) => self.column(buf, at, (to, coding), row),
                Step::Number(kind, bits, tag) => self.number(buf, at, (kind, bits, tag), row),
                Step::Attribute => {
                    let next = self.attributes(buf, at, level, row);
                    (next > at).then_some(next)
                }
                Step::PlainAttribute => plain_attributes(buf, at),
                Step::Inline(inner) => match short_len(buf, at + 1) {
                    Some((start, end)) => {
                        self.fields(self.plans.get(inner), (start, end), level, row)?;
                        Some(end)
                    }
                    None => None,
                },
                Step::Check(inner) => match short_len(buf, at + 1) {
                    Some((start, end)) => {
                        self.check(self.plans.get(inner), (start, end))?;
                        Some(end)
                    }
                    None => None,
                },
                Step::Row(below, inner) => match short_len(buf, at + 1) {
                    Some((start, end)) => {
                        let shape = self.index.tables[level as usize].shape(row);
                        let plan = self.plans.get(inner);
                        self.row(below, plan, (head, start, end), (row, shape))?;
                        Some(end)
                    }
                    None => None,
                },
            };
            at = match next {
                Some(next) => next,
                None => self.look(plan.message, (head, end), (level, row), &mut data_from)?,
            };
        }
        Ok(())
    }

    /// Reads one field of any kind and gives the place behind it.
    #[inline(never)]
    fn look(
        &mut self,
        message: &'static Message,
        (head, end): (usize, usize),
        (level, row): (Level, usize),
        data_from: &mut DataFrom,
    ) -> Result<usize, DecodeError> {
        let mut reader = Reader::new(self.input, head, end, message.name);
        let Some(field) = reader.next()? else {
            return Ok(end);
        };
        if let Some(desc) = message.field(field.number) {
            check_field(self.input, &field, desc, message)?;
            self.general(message, desc, &field, (level, row), (reader, data_from))?;
        }
        Ok(field.end)
    }

    fn general(
        &mut self,
        message: &'static Message,
        desc: &'static FieldDesc,
        field: &RawField,
        (level, row): (Level, usize),
        (rest, data_from): (Reader<'_>, &mut DataFrom),
    ) -> Result<(), DecodeError> {
        let body = (field.start, field.end);
        match desc.kind {
            Kind::Attribute(_) => self.general_attribute(level, field, row)?,
            Kind::Column(to, coding) => {
                self.store(to, row, || decode_scalar(coding, field));
            }
            Kind::Number(kind, bits, tag) => {
                self.store(kind, row, || tag);
                self.store(bits, row, || field.bits);
            }
            Kind::Plain(_) | Kind::Packed(_) => {}
            Kind::RawMessage(inner) => self.skip(inner, field)?,
            Kind::PlainAttribute => self.skip(&KEY_VALUE, field)?,
            Kind::Any => {
                self.skip(&ANY_VALUE, field)?;
                if let Some(cell) = self.index.body.data.get_mut(row) {
                    *cell = any_value(self.input, field.start, field.end, *cell, &[]);
                }
            }
            Kind::Inline(inner) => self.fields(self.plans.of(inner), body, level, row)?,
            Kind::Data(shape, inner) => {
                let from = match *data_from {
                    Some(from) => from,
                    None => *data_from.insert(settle_oneof(message, field, rest)?),
                };
                if field.head < from {
                    self.skip(inner, field)?;
                } else {
                    self.index.tables[level as usize].shapes[row] = shape;
                    self.fields(self.plans.of(inner), body, level, row)?;
                }
            }
            Kind::Rows(below, inner) if below > self.depth => self.skip(inner, field)?,
            Kind::Rows(below, inner) => {
                let shape = self.index.tables[level as usize].shape(row);
                let place = (field.head, field.start, field.end);
                self.row(below, self.plans.of(inner), place, (row, shape))?;
            }
        }
        Ok(())
    }

    /// Reads a message that is not indexed and only has to be well formed.
    fn check(&self, plan: &Plan, (start, end): (usize, usize)) -> Result<(), DecodeError> {
        let buf = &self.input[..end];
        let mut at = start;
        while let Some(&tag) = buf.get(at) {
            let next = match plan.step(tag) {
                Step::Look => None,
                Step::Varint => pass_varint(buf, at),
                Step::Fixed64 => pass(buf, at + 9),
                Step::Fixed32 => pass(buf, at + 5),
                Step::Len => short_len(buf, at + 1).map(|(_, end)| end),
                Step::Column(_, coding) => short_scalar(buf, at, coding).map(|(_, end)| end),
                Step::Number(..) => pass(buf, at + 9),
                Step::Attribute | Step::PlainAttribute => plain_attributes(buf, at),
                Step::Inline(inner) | Step::Check(inner) | Step::Row(_, inner) => {
                    match short_len(buf, at + 1) {
                        Some(body) => {
                            self.check(self.plans.get(inner), body)?;
                            Some(body.1)
                        }
                        None => None,
                    }
                }
            };
            at = match next {
                Some(next) => next,
                None => self.check_one(plan.message, at, end)?,
            };
        }
        Ok(())
    }

    /// The same for one field of any kind; gives the place behind it.
    #[inline(never)]
    fn check_one(
        &self,
        message: &'static Message,
        head: usize,
        end: usize,
    ) -> Result<usize, DecodeError> {
        let mut reader = Reader::new(self.input, head, end, message.name);
        let Some(field) = reader.next()? else {
            return Ok(end);
        };
        if self.validate {
            validate(message, self.input, head, field.end, 0)?;
        }
        Ok(field.end)
    }

    fn skip(&self, message: &'static Message, field: &RawField) -> Result<(), DecodeError> {
        if self.validate {
            validate(message, self.input, field.start, field.end, 0)?;
        }
        Ok(())
    }

    /// Stores a column's value, if the column is projected.
    #[inline]
    fn store(&mut self, to: Field, row: usize, bits: impl FnOnce() -> u64) {
        if let Some(cell) = self.index.columns[to as usize].data.get_mut(row) {
            *cell = bits();
        }
    }

    #[inline(always)]
    fn column(
        &mut self,
        buf: &[u8],
        at: usize,
        (to, coding): (Field, Coding),
        row: usize,
    ) -> Option<usize> {
        let (bits, end) = short_scalar(buf, at, coding)?;
        self.store(to, row, || bits);
        Some(end)
    }

    #[inline(always)]
    fn number(
        &mut self,
        buf: &[u8],
        at: usize,
        (kind, bits, tag): (Field, Field, u8),
        row: usize,
    ) -> Option<usize> {
        let (number, end) = short_scalar(buf, at, Coding::Fixed64)?;
        self.store(kind, row, || u64::from(tag));
        self.store(bits, row, || number);
        Some(end)
    }

    /// Reads the attributes that follow each other from `at` on, as long as they have the shape that
    /// nearly all have, and gives the place behind them.
    #[inline]
    fn attributes(&mut self, buf: &[u8], at: usize, level: Level, row: usize) -> usize {
        match &mut self.index.tables[level as usize].map {
            MapStore::Absent => pass_attributes(buf, at),
            MapStore::Keyed(keyed) => {
                let (end, has_duplicates) = keyed_attributes(buf, at, keyed, row);
                if has_duplicates {
                    self.widen(level);
                }
                end
            }
            MapStore::Entries(entries) => {
                append_attributes(buf, at, self.heap, &mut entries.rows[row])
            }
        }
    }

    /// Reads a `KeyValue` of any shape.
    fn general_attribute(
        &mut self,
        level: Level,
        field: &RawField,
        row: usize,
    ) -> Result<(), DecodeError> {
        self.skip(&KEY_VALUE, field)?;
        let entry = key_value(self.input, field.start, field.end, self.heap.strings());
        match &mut self.index.tables[level as usize].map {
            MapStore::Absent => {}
            MapStore::Keyed(keyed) => {
                if let Some(column) = keyed.position(bytes_of(self.input, entry.key)) {
                    let column = &mut keyed.columns[column];
                    if column.read(row, entry.value, field.head) {
                        self.widen(level);
                    }
                }
            }
            MapStore::Entries(entries) => {
                let cell = &mut entries.rows[row];
                append(self.heap, cell, entry);
                cell.wire.add(field.head, field.end);
            }
        }
        Ok(())
    }
}

/// Where an attribute lies.
struct Place {
    /// Its tag.
    head: usize,
    /// Its body.
    start: usize,
    end: usize,
}

/// Shows the attributes that follow each other from `at` on, as long as they have the shape that
/// nearly all have, and are taken. Gives the place behind them.
#[inline(always)]
fn each_attribute<'b>(
    buf: &'b [u8],
    mut at: usize,
    mut take: impl FnMut(Place, PlainParts<'b>) -> bool,
) -> usize {
    let tag = buf[at];
    while let Some([next, len, rest @ ..]) = buf.get(at..)
        && *next == tag
    {
        let len = usize::from(*len);
        // The parts of a short body have short lengths, which is why it has a way of its own.
        let (start, end, parts) = if len < 0x80 && len <= rest.len() {
            (at + 2, at + 2 + len, short_parts(&rest[..len]))
        } else if let Some((start, end)) = short_len(buf, at + 1) {
            (start, end, plain_parts(&buf[start..end]))
        } else {
            break;
        };
        match parts {
            Some(parts)
                if take(
                    Place {
                        head: at,
                        start,
                        end,
                    },
                    parts,
                ) =>
            {
                at = end
            }
            _ => break,
        }
    }
    at
}

/// Passes over attributes from `at` on and gives the place behind them.
#[inline(never)]
fn pass_attributes(buf: &[u8], at: usize) -> usize {
    each_attribute(buf, at, |_, parts| is_plain_value(parts.value))
}

/// Puts attributes into the columns of their keys. Gives the place behind them, and whether a
/// key was there before.
#[inline(never)]
fn keyed_attributes(buf: &[u8], at: usize, keyed: &mut KeyedMap, row: usize) -> (usize, bool) {
    let mut has_duplicates = false;
    let KeyedMap { keys, columns } = keyed;
    let end = each_attribute(buf, at, |place, parts| {
        if !keys.may_have(parts.key) {
            return is_plain_value(parts.value);
        }
        let Some(column) = keys.position(parts.key) else {
            return is_plain_value(parts.value);
        };
        let Some(value) = plain_value(parts.value, place.start + parts.value_at) else {
            return false;
        };
        has_duplicates |= columns[column].read(row, value, place.head);
        true
    });
    (end, has_duplicates)
}

/// Appends attributes to the entries of a row and gives the place behind them.
#[inline(never)]
fn append_attributes(buf: &[u8], at: usize, heap: &mut Heap, cell: &mut MapRow) -> usize {
    let is_last = cell.range.is_empty() || cell.range.range().end == heap.entries_len();
    let first = heap.entries_len() - cell.range.len as usize;
    let next = each_attribute(buf, at, |place, parts| {
        let Some(value) = plain_value(parts.value, place.start + parts.value_at) else {
            return false;
        };
        let key = place.start + parts.key_at;
        let entry = Entry {
            key: Slice::new(key, key + parts.key.len()),
            value,
            raw: Slice::new(place.start, place.end),
        };
        if is_last {
            heap.push_entry(entry);
        } else {
            append(heap, cell, entry);
        }
        true
    });
    if is_last {
        cell.range.start = first as u32;
        cell.range.len = (heap.entries_len() - first) as u32;
        cell.capacity = cell.capacity.max(cell.range.len);
    }
    if next > at {
        cell.wire.add(at, next);
    }
    next
}

/// The place behind a field that ends at `end`, if the message has as many bytes.
#[inline(always)]
fn pass(buf: &[u8], end: usize) -> Option<usize> {
    (end <= buf.len()).then_some(end)
}

/// The place behind a field whose value is a varint of one byte.
#[inline(always)]
fn pass_varint(buf: &[u8], at: usize) -> Option<usize> {
    match buf.get(at + 1) {
        Some(0..0x80) => Some(at + 2),
        _ => None,
    }
}

/// The place behind the attributes that follow each other from `at` on, if there are plain ones.
#[inline(always)]
fn plain_attributes(buf: &[u8], at: usize) -> Option<usize> {
    let next = pass_attributes(buf, at);
    (next > at).then_some(next)
}

//! Writing rows: what did not change is copied, what changed is written behind it.

use std::ops::Range;

use super::{Encoder, Inlines, Place, Runs, put_resized};
use crate::Slice;
use crate::key_value::key_of;
use crate::messages;
use crate::schema::{Coding, Field, FieldDesc, Kind, Level, MapField, Presence};
use crate::table::MapStore;
use crate::validate::settle_oneof;
use crate::wire::{RawField, Reader, WireType, put_len, put_nested, put_scalar, put_tag};

impl Encoder<'_> {
    /// Writes a row as field `number`, or leaves it to the run that is being copied.
    pub(super) fn child(
        &self,
        out: &mut Vec<u8>,
        runs: &mut Runs<'_>,
        level: Level,
        row: usize,
        number: u32,
    ) {
        let at = self.batch.tables[level as usize].rows[row];
        if self.dropped[level as usize].contains(row) {
            runs.cut(out, at.head as usize, at.end as usize);
        } else if out.len() > self.limit {
            self.is_over.set(true);
        } else if self.changed[level as usize].contains(row) {
            runs.cut(out, at.head as usize, at.end as usize);
            self.row(out, level, row, number);
        }
    }

    /// Writes a row that changed as field `number`.
    pub(super) fn row(&self, out: &mut Vec<u8>, level: Level, row: usize, number: u32) {
        let at = self.batch.tables[level as usize].rows[row];
        let place = Place {
            message: messages::row(self.batch.signal, level, self.batch.shape(level, row)),
            container: None,
            level,
            row,
        };
        put_resized(out, number, (at.end - at.start) as usize, |out| {
            if !self.spliced(out, level, row) {
                self.body(out, place, &[(at.start as usize, at.end as usize)]);
            }
        });
    }

    /// Writes the body of a message. On the wire it may have been split into several parts, which
    /// means the same as one after the other.
    pub(super) fn body(&self, out: &mut Vec<u8>, place: Place, parts: &[(usize, usize)]) {
        let mut children = self.batch.children(place.level, place.row);
        let mut inlines = Inlines::default();
        if let (Some((below, number)), &[(start, end)]) = (self.only_rows(place), parts) {
            let mut runs = Runs {
                input: self.input,
                copied: start,
            };
            self.children(out, &mut runs, (below, children), number);
            runs.cut(out, end, end);
            return;
        }
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

    /// The level below and the number of its field, if nothing else changed in a message.
    fn only_rows(&self, place: Place) -> Option<(Level, u32)> {
        let rows = place
            .message
            .fields
            .iter()
            .find_map(|desc| match desc.kind {
                Kind::Rows(below, _) => Some((below, desc.number)),
                _ => None,
            });
        rows.filter(|&(below, number)| {
            // Items that are grouped anew are not where they were read.
            self.batch.separated.is_none()
                && place.container.is_none()
                && self.active[place.level as usize] == 1 << number
                && self.batch.rows(below) > 0
        })
    }

    /// Writes those of some rows as field `number` that changed, and leaves the others to the run.
    pub(super) fn children(
        &self,
        out: &mut Vec<u8>,
        runs: &mut Runs<'_>,
        (level, rows): (Level, Range<usize>),
        number: u32,
    ) {
        let (changed, dropped) = (&self.changed[level as usize], &self.dropped[level as usize]);
        for row in changed.union_in(dropped, rows) {
            self.child(out, runs, level, row, number);
        }
    }

    /// Copies a part of a message up to `end`, without the fields that changed.
    fn part(
        &self,
        out: &mut Vec<u8>,
        place: Place,
        runs: &mut Runs<'_>,
        end: usize,
        children: &mut Range<usize>,
        inlines: &mut Inlines,
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
                        inlines.add(field.number, (field.start, field.end));
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
            self.part(
                out,
                place,
                &mut runs,
                field.end,
                points,
                &mut Inlines::default(),
            );
            runs.cut(out, field.end, field.end);
            self.overlay(out, place, &Inlines::default());
        });
    }

    /// Writes what changed in a message, behind what was copied of it.
    fn overlay(&self, out: &mut Vec<u8>, place: Place, inlines: &Inlines) {
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
                        let parts = inlines.parts(desc.number);
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

    fn raw(&self, out: &mut Vec<u8>, place: Place, number: u32) {
        if let Some(field) = self.raw_field(place, number) {
            let bits = self.batch.columns[field as usize].data[place.row];
            out.extend_from_slice(self.batch.heap.bytes(Slice::from_bits(bits)));
        }
    }
}

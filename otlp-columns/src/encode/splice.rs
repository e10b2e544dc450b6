//! Writing rows of which only attributes changed: where these are on the wire is known since the row
//! was read, so that nothing has to be read again.

use super::{Encoder, Runs};
use crate::messages;
use crate::schema::{Field, FieldDesc, Kind, Level, Message, Shape};
use crate::table::{EntriesMap, KeyedMap, MapStore, Row};
use crate::wire::Reader;

/// Up to so many keys are put into order for each row.
const MAX_KEYS: usize = 8;

/// How the rows of a level can be written, of whose fields only attributes changed.
#[derive(Debug, Default)]
pub(super) struct Splice {
    /// For each shape the number of the attributes' field.
    numbers: [u32; Shape::ALL.len()],
    /// The columns with changes, in the order of their numbers.
    columns: Vec<u32>,
    /// The fields beside the attributes that changed in some row.
    others: Vec<Field>,
}

impl Encoder<'_> {
    /// How the rows of a level are written of which nothing but their own attributes changed, if there
    /// may be such rows.
    pub(super) fn splice_of(&self, level: Level) -> Option<Splice> {
        let mut splice = Splice::default();
        for shape in Shape::ALL {
            let message = messages::row(self.batch.signal, level, shape);
            let number = attributes_of(message)?;
            let active = self.active_fields(message);
            let mut changing =
                (message.fields.iter()).filter(|desc| active >> desc.number & 1 == 1);
            if active >> number & 1 == 0 || !changing.all(is_of_row) {
                return None;
            }
            splice.numbers[shape as usize] = number;
        }
        let others = Field::ALL.iter().copied();
        let others = others
            .filter(|&field| field.level() == level && self.dirty_fields >> (field as u8) & 1 == 1);
        splice.others = others.collect();
        match &self.batch.tables[level as usize].map {
            MapStore::Absent => return None,
            MapStore::Entries(_) => {}
            MapStore::Keyed(keyed) => {
                let columns = keyed.columns.iter().zip(0..);
                let changed = columns.filter(|(column, _)| !column.dirty.is_empty());
                splice.columns = changed.map(|(_, at)| at).take(MAX_KEYS + 1).collect();
                if splice.columns.len() > MAX_KEYS {
                    return None;
                }
            }
        }
        Some(splice)
    }

    /// Writes the body of a row, or says that it has to be written in another way.
    pub(super) fn spliced(&self, out: &mut Vec<u8>, level: Level, row: usize) -> bool {
        let Some(splice) = &self.splices[level as usize] else {
            return false;
        };
        if splice.others.iter().any(|&field| self.is_dirty(field, row))
            || level == Level::Log && self.batch.body.dirty.contains(row)
        {
            return false;
        }
        let table = &self.batch.tables[level as usize];
        let number = splice.numbers[table.shape(row) as usize];
        let at = table.rows[row];
        match &table.map {
            MapStore::Absent => false,
            MapStore::Entries(entries) => self.entries(out, (at, row), number, entries),
            MapStore::Keyed(keyed) => {
                self.keys(out, (at, row), number, (keyed, &splice.columns));
                true
            }
        }
    }

    fn entries(
        &self,
        out: &mut Vec<u8>,
        (at, row): (Row, usize),
        number: u32,
        entries: &EntriesMap,
    ) -> bool {
        let cell = entries.rows[row];
        let (start, end) = (at.start as usize, at.end as usize);
        let Some(on_wire) = cell.wire.get(end).filter(|_| cell.changed) else {
            return false;
        };
        out.extend_from_slice(&self.input[start..on_wire.start]);
        out.extend_from_slice(&self.input[on_wire.end..end]);
        self.values.put_entries(out, number, cell.range);
        true
    }

    fn keys(
        &self,
        out: &mut Vec<u8>,
        (at, row): (Row, usize),
        number: u32,
        (keyed, columns): (&KeyedMap, &[u32]),
    ) {
        let mut cuts = [(0, 0); MAX_KEYS];
        let mut count = 0;
        for &column in columns {
            let known = &keyed.columns[column as usize];
            if known.replaced.contains(row) {
                cuts[count] = (known.heads[row], column);
                count += 1;
            }
        }
        let cuts = &mut cuts[..count];
        cuts.sort_unstable();
        let mut runs = Runs {
            input: self.input,
            copied: at.start as usize,
        };
        for &mut (head, column) in cuts {
            let head = head as usize;
            runs.cut(out, head, self.end_of(head, at.end as usize));
            if let Some(value) = keyed.columns[column as usize].cells[row] {
                let key = keyed.keys.get(column as usize);
                self.values.put_key_value(out, number, key, value);
            }
        }
        runs.cut(out, at.end as usize, at.end as usize);
        for &column in columns {
            let known = &keyed.columns[column as usize];
            if let Some(value) = known.cells[row]
                && known.dirty.contains(row)
                && !known.replaced.contains(row)
            {
                let key = keyed.keys.get(column as usize);
                self.values.put_key_value(out, number, key, value);
            }
        }
    }

    /// The place behind the field at `head` of a row that ends at `end`.
    fn end_of(&self, head: usize, end: usize) -> usize {
        let mut reader = Reader::new(self.input, head, end, "row");
        match reader.next() {
            Ok(Some(field)) => field.end,
            _ => end,
        }
    }
}

/// Whether a field holds what is known of the row itself, in columns.
fn is_of_row(desc: &FieldDesc) -> bool {
    match desc.kind {
        Kind::Attribute(_) | Kind::Column(..) | Kind::Number(..) | Kind::Any => true,
        Kind::Inline(inner) => inner
            .fields
            .iter()
            .all(|desc| matches!(desc.kind, Kind::Column(..))),
        _ => false,
    }
}

/// The number of the attributes' field in the message of a row, if they are fields of it.
fn attributes_of(message: &Message) -> Option<u32> {
    let mut fields = message.fields.iter();
    fields.find_map(|desc| match desc.kind {
        Kind::Attribute(_) => Some(desc.number),
        _ => None,
    })
}

//! What changed: which fields have to be looked at, and which of a row's are not the ones on the wire.

use super::{Encoder, Place};
use crate::raw;
use crate::schema::{Field, FieldDesc, Kind, MapField, Message, Storage};
use crate::table::MapStore;

impl Encoder<'_> {
    /// The numbers of the fields of a message that may have changed in some row.
    pub(super) fn active_fields(&self, message: &Message) -> u32 {
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
    pub(super) fn active(&self, place: Place) -> u32 {
        match place.container {
            None => self.active[place.level as usize],
            Some(_) => u32::MAX,
        }
    }

    #[inline]
    pub(super) fn is_dirty(&self, field: Field, row: usize) -> bool {
        self.dirty_fields >> (field as u8) & 1 == 1
            && self.batch.columns[field as usize].dirty.contains(row)
    }

    /// The changed raw field that a field number of a message stands for.
    pub(super) fn raw_field(&self, place: Place, number: u32) -> Option<Field> {
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

    pub(super) fn raw_dirty(&self, place: Place, number: u32) -> bool {
        self.raw_field(place, number).is_some()
    }

    /// Whether something in a message inside of a row changed.
    pub(super) fn message_dirty(&self, place: Place) -> bool {
        place.message.fields.iter().any(|desc| match desc.kind {
            Kind::Column(field, _) => self.is_dirty(field, place.row),
            Kind::Attribute(map) => self.map_dirty(map, place.row),
            Kind::Packed(_) | Kind::Plain(_) => self.raw_dirty(place, desc.number),
            _ => false,
        })
    }

    pub(super) fn map_dirty(&self, map: MapField, row: usize) -> bool {
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

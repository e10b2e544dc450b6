//! Which rows above the items become one.
//!
//! Rows are compared by numbers, which two of them share if and only if they are equal. What a row
//! has on the wire beside what is projected has one number for all copies of it, so that it is
//! looked at once, however many there are.

use std::collections::HashMap;

use super::{Before, Separated};
use crate::batch::Batch;
use crate::bits::BitSet;
use crate::flat;
use crate::identity::{Ids, Node};
use crate::index::{LEVELS, decode_scalar};
use crate::key_value::{key_of, key_value};
use crate::messages;
use crate::schema::{Field, Kind, MapField, Message, Storage};
use crate::table::MapStore;
use crate::validate::settle_oneof;
use crate::wire::Reader;
use crate::{Slice, Value};

/// Stands for no group.
const NONE: u32 = u32::MAX;

/// The groups that the rows above become, and what is in each.
#[derive(Debug)]
pub(crate) struct Plan {
    /// For each level above, from the outside in, its groups.
    pub(crate) levels: Vec<Groups>,
    /// The rows that are not copies, by the group they are in.
    pub(crate) items: Members,
    /// For each level above, behind that of the message, for each of its rows its group.
    homes: Vec<Vec<u32>>,
}

/// Groups of equal rows of one level, by their first rows.
#[derive(Debug)]
pub(crate) struct Groups {
    /// For each group its first row.
    pub(crate) rows: Vec<u32>,
    /// The groups by the group above.
    pub(crate) members: Members,
}

/// What is in each of several groups, in order.
#[derive(Debug)]
pub(crate) struct Members {
    all: Vec<u32>,
    first: Vec<u32>,
}

impl Members {
    /// Sorts numbers by their group, of which there are `groups`; those without one are left out.
    fn by(group_of: &[u32], groups: usize) -> Self {
        let mut first = vec![0; groups + 1];
        for &group in group_of.iter().filter(|group| **group != NONE) {
            first[group as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let mut next = first.clone();
        let mut all = vec![0; first[groups] as usize];
        for (member, &group) in group_of.iter().enumerate() {
            if group != NONE {
                let at = &mut next[group as usize];
                all[*at as usize] = member as u32;
                *at += 1;
            }
        }
        Self { all, first }
    }

    /// What is in a group.
    pub(crate) fn of(&self, group: usize) -> &[u32] {
        &self.all[self.first[group] as usize..self.first[group + 1] as usize]
    }
}

impl Plan {
    /// Groups the rows of a separated batch but for those in `dropped`.
    pub(crate) fn of(batch: &Batch, separated: &Separated, dropped: &[BitSet; LEVELS]) -> Self {
        let mut ids = Ids::new(&batch.heap).with_first_counting(separated.is_flat());
        let mut levels = Vec::new();
        let mut known = vec![vec![0]];
        for before in separated.above() {
            let table = &batch.tables[before.level as usize];
            let mut identities = Identities::new(batch, before, separated.is_flat());
            let mut grouping = Grouping::default();
            let is_dropped = &dropped[before.level as usize];
            let homes = &known[levels.len()];
            let own = (0..table.len()).map(|row| {
                let above = homes[table.rows[row].parent as usize];
                if above == NONE || is_dropped.contains(row) {
                    return NONE;
                }
                grouping.group(above, identities.of(&mut ids, row), row)
            });
            let own: Vec<_> = own.collect();
            let count = homes.iter().filter(|home| **home != NONE).max();
            let count = count.map_or(0, |last| *last as usize + 1);
            levels.push(Groups {
                members: Members::by(&grouping.parents, count),
                rows: grouping.rows,
            });
            known.push(own);
        }
        let homes = &known[levels.len()];
        let table = &batch.tables[separated.level() as usize];
        let is_dropped = &dropped[separated.level() as usize];
        let group_of = table.rows.iter().enumerate().map(|(row, at)| {
            if is_dropped.contains(row) {
                NONE
            } else {
                homes[at.parent as usize]
            }
        });
        let group_of: Vec<_> = group_of.collect();
        let count = levels.last().map_or(0, |groups| groups.rows.len());
        Self {
            items: Members::by(&group_of, count),
            levels,
            homes: known,
        }
    }

    /// For each row of the last level above its group; a number that is no group's for one that is
    /// left out.
    pub(crate) fn homes(&self) -> &[u32] {
        self.homes.last().map_or(&[], Vec::as_slice)
    }

    /// What is where a row goes, and how the row is called there: the groups of its level, or the
    /// rows of the items. `rows` are those that the row belongs to down to itself, at `depth`. None
    /// below the items.
    pub(crate) fn siblings(&self, rows: &[usize], depth: usize) -> Option<(&[u32], u32)> {
        if depth > self.levels.len() {
            return None;
        }
        let home = |depth: usize| match depth {
            0 => 0,
            _ => self.homes[depth][rows[depth - 1]],
        };
        let group = home(depth) as usize;
        if depth < self.levels.len() {
            let own = self.homes[depth + 1][rows[depth]];
            return Some((self.levels[depth].members.of(group), own));
        }
        Some((self.items.of(group), rows[depth] as u32))
    }
}

/// The groups of a level as they are found.
#[derive(Default)]
struct Grouping {
    rows: Vec<u32>,
    parents: Vec<u32>,
    known: HashMap<(u32, u32), u32>,
    /// Neighbours are mostly alike.
    last: Option<((u32, u32), u32)>,
}

impl Grouping {
    /// The group of a row, by the group above and the number of what it is.
    fn group(&mut self, above: u32, identity: u32, row: usize) -> u32 {
        let key = (above, identity);
        if let Some((last, group)) = self.last
            && last == key
        {
            return group;
        }
        let next = self.rows.len() as u32;
        let group = *self.known.entry(key).or_insert(next);
        if group == next {
            self.rows.push(row as u32);
            self.parents.push(above);
        }
        self.last = Some((key, group));
        group
    }
}

/// The numbers of the rows of one level.
struct Identities<'a> {
    batch: &'a Batch,
    before: &'a Before,
    /// For each row there was the number of what is not projected.
    bases: Vec<Option<u32>>,
    /// For each row there was the number of those of its copies that did not change.
    unchanged: Vec<Option<u32>>,
    fields: Vec<Field>,
    is_flat: bool,
}

impl<'a> Identities<'a> {
    fn new(batch: &'a Batch, before: &'a Before, is_flat: bool) -> Self {
        let is_here = |field: &&Field| {
            field.level() == before.level
                && field.storage() != Storage::Raw
                && batch.projection().has(**field)
                && (!is_flat || flat::keeps(**field))
        };
        Self {
            batch,
            before,
            bases: vec![None; before.table.len()],
            unchanged: vec![None; before.table.len()],
            fields: Field::ALL.iter().filter(is_here).copied().collect(),
            is_flat,
        }
    }

    fn of(&mut self, ids: &mut Ids<'a>, row: usize) -> u32 {
        let table = &self.batch.tables[self.before.level as usize];
        let origin = self.before.origins[row] as usize;
        let is_changed = table.touched.contains(row);
        if let Some(known) = self.unchanged[origin].filter(|_| !is_changed) {
            return known;
        }
        let base = match self.bases[origin] {
            Some(base) => base,
            None => self.base(ids, origin),
        };
        self.bases[origin] = Some(base);
        let id = self.projected(ids, base, row);
        if !is_changed {
            self.unchanged[origin] = Some(id);
        }
        id
    }

    /// The number of a row with what is projected and what is not.
    fn projected(&self, ids: &mut Ids<'a>, base: u32, row: usize) -> u32 {
        let batch = self.batch;
        let mut id = base;
        for &field in &self.fields {
            let bits = batch.columns[field as usize].data[row];
            let value = match field.storage() {
                Storage::Bytes => ids.value(Value::Str(Slice::from_bits(bits))),
                _ => ids.node(Node::Int(bits as i64)),
            };
            id = ids.node(Node::Pair(id, value));
        }
        match &batch.tables[self.before.level as usize].map {
            MapStore::Absent => {}
            MapStore::Keyed(keyed) => {
                for column in &keyed.columns {
                    let value = match column.cells[row] {
                        Some(value) => ids.value(value),
                        None => ids.node(Node::Absent),
                    };
                    id = ids.node(Node::Pair(id, value));
                }
            }
            MapStore::Entries(entries) => {
                let map = ids.map(entries.rows[row].range);
                id = ids.node(Node::Pair(id, map));
            }
        }
        id
    }

    /// The number of what a row there was has on the wire and is not projected.
    fn base(&self, ids: &mut Ids<'a>, origin: usize) -> u32 {
        let batch = self.batch;
        let level = self.before.level;
        let at = self.before.table.rows[origin];
        let message = messages::row(batch.signal, level, self.before.table.shape(origin));
        let mut base = Base {
            batch,
            ids,
            attributes: Vec::new(),
            fields: Vec::new(),
            rest: 0,
            is_flat: self.is_flat,
        };
        base.rest = base.ids.node(Node::Absent);
        base.walk(message, 0, at.start as usize, at.end as usize);
        let Base {
            attributes,
            mut fields,
            rest,
            ..
        } = base;
        fields.sort_unstable();
        let mut id = ids.unordered(attributes);
        for (field, value) in fields {
            let field = ids.node(Node::Int(i64::from(field)));
            let field = ids.node(Node::Pair(field, value));
            id = ids.node(Node::Pair(id, field));
        }
        ids.node(Node::Pair(id, rest))
    }
}

/// What a message has beside the rows below and what is projected.
struct Base<'a, 'i> {
    batch: &'a Batch,
    ids: &'i mut Ids<'a>,
    /// The numbers of keys and values.
    attributes: Vec<(u32, u32)>,
    /// Fields that are neither zero nor empty, and the numbers of their values.
    fields: Vec<(u8, u32)>,
    /// The number of everything else.
    rest: u32,
    /// Whether only what bare logs have counts of the fields that OTLP knows.
    is_flat: bool,
}

impl<'a> Base<'a, '_> {
    /// Reads the message in field `container`.
    fn walk(&mut self, message: &'static Message, container: u32, start: usize, end: usize) {
        let input: &'a [u8] = self.batch.heap.input();
        let mut data_from = None;
        let mut reader = Reader::new(input, start, end, message.name);
        while let Ok(Some(field)) = reader.next() {
            match message.field(field.number).map(|desc| desc.kind) {
                Some(Kind::Rows(..)) => {}
                Some(Kind::Inline(inner)) => {
                    self.walk(inner, field.number, field.start, field.end);
                }
                Some(Kind::Data(_, inner)) => {
                    let from = *data_from.get_or_insert_with(|| {
                        settle_oneof(message, &field, reader).unwrap_or(field.head)
                    });
                    if field.head == from {
                        // An empty one still says of which type the metric is.
                        self.other(field.number, &[]);
                    }
                    if field.head >= from {
                        self.walk(inner, field.number, field.start, field.end);
                    }
                }
                Some(Kind::Attribute(map)) => self.attribute(map, field.start, field.end),
                Some(Kind::Column(to, coding)) => {
                    if self.batch.projection().has(to) || self.is_flat && !flat::keeps(to) {
                        continue;
                    }
                    self.fields.retain(|(known, _)| *known != to as u8);
                    let bits = decode_scalar(coding, &field);
                    let id = match to.storage() {
                        Storage::Bytes if field.start == field.end => continue,
                        Storage::Bytes => self.ids.value(Value::Str(Slice::from_bits(bits))),
                        _ if bits == 0 => continue,
                        _ => self.ids.node(Node::Int(bits as i64)),
                    };
                    self.fields.push((to as u8, id));
                }
                Some(_) if self.is_flat => {}
                _ => self.other(container, &input[field.head..field.end]),
            }
        }
    }

    fn attribute(&mut self, map: MapField, start: usize, end: usize) {
        let heap = &self.batch.heap;
        let is_projected = match &self.batch.tables[map.level() as usize].map {
            MapStore::Absent => false,
            MapStore::Entries(_) => true,
            MapStore::Keyed(keyed) => {
                let key = key_of(heap.input(), start, end, heap.strings());
                keyed.position(key).is_some()
            }
        };
        if !is_projected {
            let entry = key_value(heap.input(), start, end, heap.strings());
            self.attributes.push(self.ids.entry(entry.key, entry.value));
        }
    }

    /// Adds bytes that are compared as they are.
    fn other(&mut self, container: u32, bytes: &'a [u8]) {
        let container = self.ids.node(Node::Int(i64::from(container)));
        let bytes = self.ids.node(Node::Bytes(bytes));
        let field = self.ids.node(Node::Pair(container, bytes));
        self.rest = self.ids.node(Node::Pair(self.rest, field));
    }
}

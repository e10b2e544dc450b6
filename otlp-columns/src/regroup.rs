//! Rows of their own: messages in which no two items share a resource, a scope or a metric.
//!
//! What is written to the resource of an item is written to that of all items that share it.
//! [`Batch::separate`] gives each item a copy of everything above it. The copies are rows that have
//! the same place in the message, so that they take as much as their columns do and no more, however
//! large a resource is. Encoding such a batch puts rows together again: those above the items that
//! are equal become one, in the order of their first items.
//!
//! What makes rows equal is all that they have but the rows below: attributes whatever their order
//! is, all other fields, those that OTLP does not know by their bytes, and the row above. So nothing
//! is lost where rows become one, but with [`Separation::Flat`], where fewer fields count. Resources,
//! scopes and metrics that had no items stay, unless they equal others; those whose items all got
//! others are gone.

mod plan;
mod rest;

use crate::batch::Batch;
use crate::bits::BitSet;
use crate::dictionary;
use crate::index::LEVELS;
use crate::schema::{Field, Level, Signal};
use crate::table::{Column, Row, Table};

pub(crate) use plan::Plan;
pub(crate) use rest::Rest;

/// How long items have rows of their own, and which of these become one then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Separation {
    /// Until [`Batch::project`] is called, which then regroups them: whoever uses a batch calls it
    /// before looking at rows.
    Passing,
    /// Until [`Batch::regroup`] is called.
    Lasting,
    /// The same, and rows become one if they are equal in what logs have that are [bare](crate::flat):
    /// the attributes of resources, and the name, version, attributes and schema of scopes. Of all
    /// else that OTLP knows they have what the first of them has.
    Flat,
}

/// What a batch with rows of their own was before.
#[derive(Debug)]
pub(crate) struct Separated {
    level: Level,
    lasts: Separation,
    /// For each level above, from the outside in, the rows that there were.
    before: Vec<Before>,
    /// How many rows above were dropped once they were copied.
    dropped: usize,
    /// Bytes that were charged for the copies.
    charged: usize,
}

/// A level before its rows were copied.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) level: Level,
    pub(crate) table: Table,
    columns: Vec<(Field, Column)>,
    /// For each row of today the one it is a copy of.
    pub(crate) origins: Vec<u32>,
}

impl Separated {
    /// The levels whose rows were copied, from the outside in.
    pub(crate) fn above(&self) -> &[Before] {
        &self.before
    }

    /// The level whose rows have rows of their own above.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Whether this ends when the batch is projected.
    pub(crate) fn is_passing(&self) -> bool {
        self.lasts == Separation::Passing
    }

    /// How long this lasts.
    pub(crate) fn lasts(&self) -> Separation {
        self.lasts
    }

    /// Whether rows that differ in what bare logs do not have are equal.
    pub(crate) fn is_flat(&self) -> bool {
        self.lasts == Separation::Flat
    }
}

impl Batch {
    /// Gives each row of `level` a resource, a scope and, below metrics, a metric of its own, which
    /// are equal to those it had. `level` is that of items or one above; at others this does nothing.
    ///
    /// Rows of `level` and below keep their numbers, those above get others. Values, changes and
    /// dropped rows are copied with them; a row above without rows of `level` is there once. What
    /// encodes the batch puts rows that are equal together; see [`Batch::regroup`]. Only
    /// [`Batch::encode_row`] knows nothing of it, which is for rows of `level` and below then.
    ///
    /// A batch that is separated at another level is regrouped first.
    ///
    /// The memory for the copies is limited like everything beside the message; where it does not
    /// suffice the batch stays as it was and [`Heap::exhausted`](crate::Heap::exhausted) says so.
    pub fn separate(&mut self, level: Level, lasts: Separation) {
        match &mut self.separated {
            Some(known) if known.level == level => {
                known.lasts = known.lasts.max(lasts);
                return;
            }
            Some(_) => self.regroup(),
            None => {}
        }
        let levels = self.signal.levels().iter();
        let above: Vec<_> = levels
            .copied()
            .take_while(|known| *known != level)
            .collect();
        if above.is_empty() || above.contains(&self.signal.item_level()) {
            return;
        }
        if self.signal == Signal::Profiles && self.heap.strings().is_empty() {
            // Attributes may refer to the table of strings.
            dictionary::read_strings(&mut self.heap);
        }
        let charged = self.size_of_copies(&above, level);
        if !self.heap.charge(charged) {
            return;
        }
        let Copies {
            origins, parents, ..
        } = Copies::of(&self.tables, &above);
        let rows = &mut self.tables[level as usize].rows;
        for (row, &parent) in rows.iter_mut().zip(&parents[above.len()]) {
            row.parent = parent;
        }
        let mut before = Vec::with_capacity(above.len());
        for (depth, (&level, origins)) in above.iter().zip(origins).enumerate() {
            self.follow_copies(level, &origins);
            let columns = self.copy_columns(level, &origins);
            let table = &mut self.tables[level as usize];
            let copy = table.copied(&origins, &parents[depth], &parents[depth + 1]);
            before.push(Before {
                level,
                table: std::mem::replace(table, copy),
                columns,
                origins,
            });
        }
        self.separated = Some(Box::new(Separated {
            level,
            lasts,
            dropped: self.dropped_above(&before),
            before,
            charged,
        }));
    }

    /// The level whose rows have rows of their own above, if one does.
    #[must_use]
    pub fn separated(&self) -> Option<Level> {
        self.separated.as_ref().map(|separated| separated.level)
    }

    /// Takes back [`Batch::separate`], if nothing above has changed since, and tells whether it did.
    /// The batch is then as if it had never been separated, but for what changed in the rows that
    /// kept their numbers.
    pub fn rejoin(&mut self) -> bool {
        let Some(separated) = &self.separated else {
            return false;
        };
        let is_touched = |before: &Before| !self.tables[before.level as usize].touched.is_empty();
        if separated.before.iter().any(is_touched)
            || self.dropped_above(&separated.before) != separated.dropped
        {
            return false;
        }
        let Some(separated) = self.separated.take() else {
            return false;
        };
        let Separated {
            level,
            before,
            charged,
            ..
        } = *separated;
        for Before {
            level,
            table,
            columns,
            origins,
        } in before
        {
            self.follow_origins(level, &origins);
            self.tables[level as usize] = table;
            for (field, column) in columns {
                self.columns[field as usize] = column;
            }
        }
        let levels = self.signal.levels();
        let at = levels.iter().position(|known| *known == level).unwrap_or(0);
        let above = levels[at - 1] as usize;
        for parent in 0..self.tables[above].len() {
            for row in self.tables[above].children(parent) {
                self.tables[level as usize].rows[row].parent = parent as u32;
            }
        }
        self.heap.release(charged);
        true
    }

    /// Makes one of the rows above that are equal, in the order of their first items, and reads the
    /// batch anew. Does nothing with a batch that is not separated.
    ///
    /// Rows get new numbers, and dropped ones none. Should the message be too large, its changes are
    /// lost and [`Heap::exhausted`](crate::Heap::exhausted) says so.
    pub fn regroup(&mut self) {
        if self.separated.is_some() {
            let projection = self.projection().clone();
            self.read_anew(projection);
        }
    }

    fn dropped_above(&self, before: &[Before]) -> usize {
        let counts = before
            .iter()
            .map(|before| self.dropped(before.level).count());
        counts.sum()
    }

    /// Bytes that copies of the rows above those of `level` take at most.
    fn size_of_copies(&self, above: &[Level], level: Level) -> usize {
        // Each item has a row of its own at every level above, and so has each row without any below.
        let mut copies = self.rows(level);
        let mut size = |level: &Level| {
            let childless = |row: &usize| self.children(*level, *row).is_empty();
            copies += (0..self.rows(*level)).filter(childless).count();
            let columns = self.columns_of(*level).count() * size_of::<u64>();
            let table = &self.tables[*level as usize];
            // The row, its parent, its first child, and the row it is a copy of.
            let row = size_of::<Row>() + 3 * size_of::<u32>() + table.size_of_maps();
            copies.saturating_mul(columns + row)
        };
        above
            .iter()
            .rev()
            .map(&mut size)
            .fold(0, |sum: usize, size| sum.saturating_add(size))
    }

    /// The columns that rows of a level have.
    fn columns_of(&self, level: Level) -> impl Iterator<Item = Field> + '_ {
        let has_column = move |field: &Field| {
            field.level() == level && !self.columns[*field as usize].data.is_empty()
        };
        Field::ALL.iter().copied().filter(has_column)
    }

    /// Puts copies in the place of the columns of a level, and gives those there were.
    fn copy_columns(&mut self, level: Level, origins: &[u32]) -> Vec<(Field, Column)> {
        let fields: Vec<_> = self.columns_of(level).collect();
        let copied = fields.into_iter().map(|field| {
            let column = &mut self.columns[field as usize];
            let copy = column.copied(origins);
            (field, std::mem::replace(column, copy))
        });
        copied.collect()
    }
}

/// Which rows are copies of which.
struct Copies<'a> {
    tables: &'a [Table; LEVELS],
    above: &'a [Level],
    /// The rows that are copied next, from the outside in.
    path: Vec<u32>,
    /// For each level above and each of its copies the row it is a copy of.
    origins: Vec<Vec<u32>>,
    /// For each level above and each of its copies its parent, and behind them those of the rows
    /// that are not copied.
    parents: Vec<Vec<u32>>,
}

impl<'a> Copies<'a> {
    fn of(tables: &'a [Table; LEVELS], above: &'a [Level]) -> Self {
        let mut copies = Self {
            tables,
            above,
            path: vec![0; above.len()],
            origins: vec![Vec::new(); above.len()],
            parents: vec![Vec::new(); above.len() + 1],
        };
        for row in 0..tables[above[0] as usize].len() {
            copies.row(0, row);
        }
        copies
    }

    /// Copies a row for each of those below.
    fn row(&mut self, depth: usize, row: usize) {
        self.path[depth] = row as u32;
        let children = self.tables[self.above[depth] as usize].children(row);
        if children.is_empty() {
            self.copy(depth);
        }
        for child in children {
            if depth + 1 < self.above.len() {
                self.row(depth + 1, child);
            } else {
                self.copy(depth);
                let parent = self.origins[depth].len() - 1;
                self.parents[depth + 1].push(parent as u32);
            }
        }
    }

    /// Copies the path down to `depth`.
    fn copy(&mut self, depth: usize) {
        for at in 0..=depth {
            let parent = match at {
                0 => 0,
                _ => self.origins[at - 1].len() - 1,
            };
            self.parents[at].push(parent as u32);
            self.origins[at].push(self.path[at]);
        }
    }
}

impl Table {
    /// A table whose rows are copies of those in `origins`, without their changes being its own.
    /// `parents` are those of the rows, `below` the parents of the rows below.
    fn copied(&self, origins: &[u32], parents: &[u32], below: &[u32]) -> Self {
        let rows = origins.iter().zip(parents);
        let rows = rows.map(|(&origin, &parent)| Row {
            parent,
            ..self.rows[origin as usize]
        });
        let shapes = match self.shapes.is_empty() {
            true => Vec::new(),
            false => (origins.iter())
                .map(|&at| self.shapes[at as usize])
                .collect(),
        };
        Self {
            rows: rows.collect(),
            shapes,
            first_child: first_children(below, origins.len()),
            touched: BitSet::new(origins.len()),
            dropped: self.dropped.copied(origins),
            map: self.map.copied(origins),
            scratch: self.scratch.copied(origins),
        }
    }
}

/// For each of `rows` rows the first that has it as a parent or is behind those that have, and one
/// past the last. `parents` ascend.
fn first_children(parents: &[u32], rows: usize) -> Vec<u32> {
    let mut first = Vec::with_capacity(rows + 1);
    let mut at = 0;
    for row in 0..rows {
        first.push(at as u32);
        while parents
            .get(at)
            .is_some_and(|&parent| parent as usize == row)
        {
            at += 1;
        }
    }
    first.push(at as u32);
    first
}

//! Encoding a batch whose items have rows of their own above: equal rows are written once.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Encoder, Place, Runs, put_resized};
use crate::error::EncodeError;
use crate::messages;
use crate::regroup::{Before, Plan, Rest, Separated};
use crate::schema::{Kind, Level, Message};

/// What the groups of a level are written with.
struct Writer<'e, 'a> {
    encoder: &'e Encoder<'a>,
    plan: &'e Plan,
    above: &'a [Before],
    /// The level of the rows that are not copies.
    items: Level,
    /// For each level the rests of the rows that groups are copies of. Many may be copies of one.
    rests: Vec<HashMap<u32, Rest>>,
}

impl<'a> Encoder<'a> {
    /// The message with each group of rows as one.
    pub(super) fn grouped(&self, separated: &'a Separated) -> Result<Bytes, EncodeError> {
        let batch = self.batch;
        let plan = Plan::of(batch, separated, &self.dropped);
        let mut out = Vec::with_capacity(self.input.len() + batch.heap.arena_len());
        let writer = Writer {
            encoder: self,
            plan: &plan,
            above: separated.above(),
            items: separated.level(),
            rests: self.rests(&plan, separated.above()),
        };
        if let Some(resources) = plan.levels.first() {
            let top = messages::top(batch.signal);
            for &group in resources.members.of(0) {
                writer.group(&mut out, 0, group as usize, number_of_rows(top));
            }
        }
        self.around(&mut out);
        self.check(&out)?;
        Ok(out.into())
    }

    /// The rests of all rows that a group is a copy of.
    fn rests(&self, plan: &Plan, above: &[Before]) -> Vec<HashMap<u32, Rest>> {
        let of_level = |(at, before): (usize, &Before)| {
            let mut rests = HashMap::new();
            for &row in &plan.levels[at].rows {
                let origin = before.origins[row as usize];
                rests.entry(origin).or_insert_with(|| {
                    let row = before.table.rows[origin as usize];
                    let shape = before.table.shape(origin as usize);
                    let message = messages::row(self.batch.signal, before.level, shape);
                    Rest::of(self.input, message, row.start as usize, row.end as usize)
                });
            }
            rests
        };
        above.iter().enumerate().map(of_level).collect()
    }

    /// Writes what the message has beside the resources.
    fn around(&self, out: &mut Vec<u8>) {
        let end = self.input.len();
        let top = messages::top(self.batch.signal);
        let mut dictionary = self.batch.has_new_entries().then(|| self.dictionary());
        let mut runs = Runs {
            input: self.input,
            copied: end,
        };
        for (start, end) in Rest::of(self.input, top, 0, end).parts {
            runs.copied = start;
            if let Some(at) = dictionary.take_if(|(head, _)| (start..end).contains(head)) {
                self.put_dictionary(out, &mut runs, at);
            }
            runs.cut(out, end, end);
        }
        if let Some(at) = dictionary {
            runs.copied = end;
            self.put_dictionary(out, &mut runs, at);
        }
    }
}

impl Writer<'_, '_> {
    /// Writes a group of rows as field `number`.
    fn group(&self, out: &mut Vec<u8>, depth: usize, group: usize, number: u32) {
        let encoder = self.encoder;
        if out.len() > encoder.limit {
            encoder.is_over.set(true);
            return;
        }
        let before = &self.above[depth];
        let row = self.plan.levels[depth].rows[group] as usize;
        let origin = before.origins[row];
        let at = before.table.rows[origin as usize];
        let level = before.level;
        let message = messages::row(
            encoder.batch.signal,
            level,
            before.table.shape(origin as usize),
        );
        let rest = &self.rests[depth][&origin];
        let place = Place {
            message,
            container: None,
            level,
            row,
        };
        put_resized(out, number, (at.end - at.start) as usize, |out| {
            encoder.body(out, place, &rest.parts);
            match &rest.data {
                None => self.below(out, depth, group, number_of_rows(message)),
                Some((number, inner, parts)) => {
                    let place = place.inside(inner, *number);
                    put_resized(out, *number, (at.end - at.start) as usize, |out| {
                        encoder.body(out, place, parts);
                        self.below(out, depth, group, number_of_rows(inner));
                    });
                }
            }
        });
    }

    /// Writes what is in a group as field `number`.
    fn below(&self, out: &mut Vec<u8>, depth: usize, group: usize, number: u32) {
        if let Some(next) = self.plan.levels.get(depth + 1) {
            for &group in next.members.of(group) {
                self.group(out, depth + 1, group as usize, number);
            }
            return;
        }
        let encoder = self.encoder;
        let level = self.items as usize;
        let rows = &encoder.batch.tables[level].rows;
        // Neighbours that did not change are copied together.
        let mut run = 0..0;
        for &row in self.plan.items.of(group) {
            let at = rows[row as usize];
            if out.len() + run.len() > encoder.limit {
                encoder.is_over.set(true);
                return;
            }
            if encoder.changed[level].contains(row as usize) {
                out.extend_from_slice(&encoder.input[std::mem::take(&mut run)]);
                encoder.row(out, self.items, row as usize, number);
            } else if run.end == at.head as usize {
                run.end = at.end as usize;
            } else {
                out.extend_from_slice(&encoder.input[run]);
                run = at.head as usize..at.end as usize;
            }
        }
        out.extend_from_slice(&encoder.input[run]);
    }
}

/// The number of the field that rows below are in.
fn number_of_rows(message: &Message) -> u32 {
    let is_rows = |kind: Kind| matches!(kind, Kind::Rows(..));
    let found = message.fields.iter().find(|desc| is_rows(desc.kind));
    found.map_or(1, |desc| desc.number)
}

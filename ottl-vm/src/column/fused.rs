//! Statements that run together: where each begins and ends, what they share, and which of them an
//! item is for.
//!
//! The outermost selection has all items that the statements are for. A statement begins with a copy
//! of it, so that items on which the one before failed take part again. Between statements stands
//! what several of them need. It is evaluated for all of the items, and its failures are kept until
//! a statement asks for them.

use otlp_columns::{Batch, Level, Value};

use super::{ColumnMachine, PartOutcome};
use crate::context::RunState;
use crate::program::Fused;
use crate::slots::Vector;
use crate::{ExecError, Instruction, Operand, Register};

/// Where a machine stands in the code of statements that run together.
#[derive(Default)]
pub(super) struct Standing {
    at: usize,
    end: usize,
    /// For each number the items for which something shared has failed, ascending.
    failures: Vec<Vec<(u32, ExecError)>>,
    /// The items for which something shared is evaluated, ascending.
    heads: Vec<u32>,
    switch: Option<Switch>,
    /// Memory of switches that are over.
    spare: Vec<(u32, u32)>,
}

/// The statements that a table has for the items.
struct Switch {
    table: u32,
    /// The instruction behind the last statement.
    end: usize,
    /// The next arm that nobody asked for yet.
    next: u32,
    /// Arms and items that they are for, descending.
    hits: Vec<(u32, u32)>,
    /// Items whose value stands for an error, which fails all statements.
    failed: Vec<(u32, ExecError)>,
}

impl ColumnMachine<'_> {
    /// Makes ready to run statements together for the items `base + i`, where `i` is in `selection`,
    /// in ascending order.
    pub(crate) fn begin(
        &mut self,
        state: &mut RunState,
        fused: &Fused,
        base: usize,
        selection: &[u32],
    ) {
        self.select(state, base, selection);
        self.enter(fused.code.start);
        self.standing.at = fused.code.start;
        self.standing.end = fused.code.end;
        self.standing.switch = None;
        let kept = self.program.kept_failures as usize;
        self.standing.failures.resize_with(kept, Vec::new);
    }

    /// Runs up to the end of the next statement, and tells which it is and what it did. There is
    /// none at the end of the code, without items, and when the run has to stop.
    pub(crate) fn next_part(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
    ) -> Option<(usize, PartOutcome)> {
        let program = self.program;
        let mut part = 0;
        while self.standing.at < self.standing.end {
            let selected = self.selection().len() as u64;
            if self.selections.first().is_none_or(Vec::is_empty) || !state.meter.spend(1 + selected)
            {
                return None;
            }
            let at = self.standing.at;
            match &program.code[at] {
                Instruction::Part { part: index, .. } => {
                    part = *index as usize;
                    self.begin_part();
                    self.standing.at = at + 1;
                }
                Instruction::EndPart {} => {
                    self.spare.extend(self.selections.pop());
                    self.standing.at = match self.standing.switch {
                        Some(_) => self.next_arm(),
                        None => at + 1,
                    };
                    return Some((part, self.outcome()));
                }
                Instruction::Switch { value, table, end } => {
                    self.switch(batch, state, *value, *table, *end as usize);
                    self.standing.at = self.next_arm();
                }
                _ => {
                    self.standing.at = match self.native(batch, state, at) {
                        Some(next) => next,
                        None => self.step(batch, state, at),
                    };
                }
            }
        }
        None
    }

    /// Leaves the items from a row on out of all further statements.
    pub(crate) fn narrow(&mut self, end: usize) {
        let end = end.saturating_sub(self.base) as u32;
        if let Some(outermost) = self.selections.first_mut() {
            outermost.retain(|&item| item < end);
        }
        if let Some(switch) = &mut self.standing.switch {
            switch.hits.retain(|&(_, item)| item < end);
            switch.failed.retain(|&(item, _)| item < end);
        }
    }

    fn begin_part(&mut self) {
        let mut selection = self.spare.pop().unwrap_or_default();
        selection.clear();
        let Some(mut switch) = self.standing.switch.take() else {
            selection.extend_from_slice(self.selections.first().map_or(&[], Vec::as_slice));
            self.selections.push(selection);
            return;
        };
        let arm = switch.next;
        while let Some((_, item)) = switch.hits.pop_if(|(hit, _)| *hit == arm) {
            selection.push(item);
        }
        self.selections.push(selection);
        for (item, error) in &switch.failed {
            self.fail(*item, error.clone());
        }
        switch.next += 1;
        self.standing.switch = Some(switch);
    }

    /// The index of the first instruction of the next arm that is for some item, or of what is behind
    /// all of them.
    fn next_arm(&mut self) -> usize {
        let Some(switch) = &mut self.standing.switch else {
            return self.standing.end;
        };
        let arms = &self.program.tables[switch.table as usize].arms;
        if switch.failed.is_empty() {
            let hit = switch.hits.last();
            switch.next = hit.map_or(arms.len() as u32, |(arm, _)| *arm);
        }
        if let Some(at) = arms.get(switch.next as usize) {
            return *at as usize;
        }
        let end = switch.end;
        if let Some(switch) = self.standing.switch.take() {
            self.standing.spare = switch.hits;
        }
        end
    }

    fn switch(&mut self, batch: &Batch, state: &RunState, value: Operand, table: u32, end: usize) {
        let mut hits = std::mem::take(&mut self.standing.spare);
        hits.clear();
        let mut failed = Vec::new();
        let known = &self.program.tables[table as usize];
        // Neighbouring items often have the same value.
        let mut last: Option<(Value, &[u32])> = None;
        for &item in self.selection() {
            let value = self.operand(value, item);
            let arms = match last {
                Some((same, arms)) if same == value => arms,
                _ => match state.check(value) {
                    Ok(value) => known.find(batch.heap(), value),
                    Err(error) => {
                        failed.push((item, error));
                        continue;
                    }
                },
            };
            last = Some((value, arms));
            hits.extend(arms.iter().map(|&arm| (arm, item)));
        }
        hits.sort();
        hits.reverse();
        self.standing.switch = Some(Switch {
            table,
            end: end + 1,
            next: 0,
            hits,
            failed,
        });
    }

    /// Selects the items for which something shared is evaluated.
    pub(super) fn begin_shared(&mut self, batch: &Batch, level: Option<Level>) {
        let mut heads = std::mem::take(&mut self.standing.heads);
        heads.clear();
        match level {
            None => heads.extend_from_slice(self.selection()),
            Some(level) => self.heads(batch, level, &mut heads),
        }
        let mut selection = self.spare.pop().unwrap_or_default();
        selection.clear();
        selection.extend_from_slice(&heads);
        self.selections.push(selection);
        self.standing.heads = heads;
    }

    /// The first items of runs with the same row.
    fn heads(&self, batch: &Batch, level: Level, heads: &mut Vec<u32>) {
        let mut rows = self.rows(level);
        let mut rest = self.selection();
        while let Some(&first) = rest.first() {
            heads.push(first);
            rows.of(batch, first);
            let end = rows.items.end.saturating_sub(self.base) as u32;
            let len = rest.partition_point(|&item| item < end);
            rest = &rest[len.max(1)..];
        }
    }

    /// Gives what was evaluated to the items that share it.
    pub(super) fn end_shared(&mut self, results: &[Register], failures: u32) {
        self.spare.extend(self.selections.pop());
        let outcome = self.outcome();
        let mut heads = std::mem::take(&mut self.standing.heads);
        let all = self.take_selection();
        let mut failed = outcome.failed;
        if heads.len() < all.len() {
            let runs = Runs {
                heads: &heads,
                all: &all,
            };
            for register in results {
                self.registers[register.0 as usize].spread(&runs);
            }
            failed = runs.failures(&failed);
        }
        self.put_selection(all);
        self.standing.failures[failures as usize] = failed;
        heads.clear();
        self.standing.heads = heads;
    }

    /// Fails the items of the selection for which something shared has failed.
    pub(super) fn fail_as(&mut self, failures: u32) {
        let failed = std::mem::take(&mut self.standing.failures[failures as usize]);
        for (item, error) in &failed {
            if self.selection().binary_search(item).is_ok() {
                self.fail(*item, error.clone());
            }
        }
        self.standing.failures[failures as usize] = failed;
        self.drop_failed();
    }
}

/// Items, and those of them that begin a run whose items share something.
struct Runs<'a> {
    /// The first items of the runs, some at least when there are items.
    heads: &'a [u32],
    all: &'a [u32],
}

impl Runs<'_> {
    /// Calls for each run with its first item and those behind it.
    fn each(&self, mut call: impl FnMut(u32, &[u32])) {
        let mut from = 0;
        for (at, &head) in self.heads.iter().enumerate() {
            let end = match self.heads.get(at + 1) {
                Some(next) => from + self.all[from..].partition_point(|item| item < next),
                None => self.all.len(),
            };
            call(head, &self.all[from + 1..end]);
            from = end;
        }
    }

    /// The failures of all items, from those of the first ones.
    fn failures(&self, failed: &[(u32, ExecError)]) -> Vec<(u32, ExecError)> {
        if failed.is_empty() {
            return Vec::new();
        }
        let mut spread = Vec::new();
        self.each(|head, rest| {
            if let Ok(at) = failed.binary_search_by_key(&head, |(item, _)| *item) {
                let items = std::iter::once(&head).chain(rest);
                spread.extend(items.map(|&item| (item, failed[at].1.clone())));
            }
        });
        spread
    }
}

impl Vector {
    /// Gives each item what the first one of its run has.
    fn spread(&mut self, runs: &Runs<'_>) {
        fn fill<T: Copy>(values: &mut [T], runs: &Runs<'_>) {
            runs.each(|head, rest| {
                let value = values[head as usize];
                for &item in rest {
                    values[item as usize] = value;
                }
            });
        }
        match self {
            Self::Value(values) => fill(values, runs),
            Self::Int(values) => fill(values, runs),
            Self::Str(values) => fill(values, runs),
            Self::Bool(values) => fill(values, runs),
        }
    }
}

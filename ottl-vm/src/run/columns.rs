//! Groups of statements, conditions and expressions chunk by chunk, by columns.

use std::ops::Range;

use otlp_columns::{Batch, BitSet, Value};

use super::{Interpreter, Results, Run, check_limits};
use crate::access::Position;
use crate::column::{CHUNK, ColumnMachine, PartOutcome};
use crate::program::{Fused, Group};
use crate::report::RunError;
use crate::row::RowMachine;
use crate::step::Way;

impl<'a> Run<'a> {
    pub(super) fn columns(&mut self, batch: &mut Batch, group: &Group) -> Result<(), RunError> {
        let constants = std::mem::take(&mut self.constants);
        let mut machine = self.column_machine(&constants);
        let dropped = batch.dropped(self.program.context).clone();
        let mut base = 0;
        while base < self.limit(batch) {
            let mut from = group.parts.start;
            let items = self.limit(batch).min(base + CHUNK) - base;
            for fused in &group.fused {
                if machine.runs_apart(fused, items) {
                    continue;
                }
                self.chunk(
                    batch,
                    &mut machine,
                    (from..fused.parts.start, base),
                    &dropped,
                )?;
                self.fused_chunk(batch, &mut machine, (fused, base), &dropped)?;
                from = fused.parts.end;
            }
            self.chunk(batch, &mut machine, (from..group.parts.end, base), &dropped)?;
            base += CHUNK;
        }
        self.constants = constants;
        Ok(())
    }

    /// Runs parts one by one over the items of a chunk.
    fn chunk(
        &mut self,
        batch: &mut Batch,
        machine: &mut ColumnMachine<'_>,
        (parts, base): (Range<usize>, usize),
        dropped: &BitSet,
    ) -> Result<(), RunError> {
        for part in parts {
            let selection = self.selection(batch, part, base, dropped);
            let outcome = machine.run(batch, &mut self.state, part, base, &selection);
            check_limits(batch)?;
            self.account_chunk(batch, machine, (part, base, &selection), outcome);
            self.spare = selection;
        }
        Ok(())
    }

    /// Runs parts together over the items of a chunk.
    fn fused_chunk(
        &mut self,
        batch: &mut Batch,
        machine: &mut ColumnMachine<'_>,
        (fused, base): (&Fused, usize),
        dropped: &BitSet,
    ) -> Result<(), RunError> {
        let mut end = self.limit(batch);
        let selection = self.selection(batch, fused.parts.start, base, dropped);
        machine.begin(&mut self.state, fused, base, &selection);
        while let Some((part, outcome)) = machine.next_part(batch, &mut self.state) {
            check_limits(batch)?;
            self.account_chunk(batch, machine, (part, base, &selection), outcome);
            if self.limit(batch) < end {
                end = self.limit(batch);
                machine.narrow(end);
            }
        }
        self.spare = selection;
        check_limits(batch)
    }

    /// The items of a chunk that a part is for.
    fn selection(&mut self, batch: &Batch, part: usize, base: usize, dropped: &BitSet) -> Vec<u32> {
        let end = self.limit(batch).min(base + CHUNK);
        let mut selection = std::mem::take(&mut self.spare);
        live_items(dropped, base, end, &mut selection);
        if self.program.parts[part].items.are_some() {
            selection.retain(|item| self.is_for(part, base + *item as usize));
        }
        selection
    }

    /// Notes what a part did to the items of a chunk that were selected.
    fn account_chunk(
        &mut self,
        batch: &Batch,
        machine: &ColumnMachine<'_>,
        (part, base, selection): (usize, usize, &[u32]),
        outcome: PartOutcome,
    ) {
        let report = &mut self.report.statements[part];
        report.matched += outcome.matched;
        report.changed += outcome.changed;
        if let Some(result) = self.program.parts[part].result {
            let mut failed = outcome.failed.iter().map(|(item, _)| *item).peekable();
            for &item in selection {
                if failed.next_if_eq(&item).is_none() {
                    self.sort(part, base + item as usize, machine.value(result, item));
                }
            }
        }
        for (item, error) in outcome.failed {
            self.fail(batch, part, base + item as usize, error);
        }
    }

    fn column_machine<'c>(&self, constants: &'c [Value]) -> ColumnMachine<'c>
    where
        'a: 'c,
    {
        let machine = ColumnMachine::new(self.program, constants);
        match self.interpreter {
            Interpreter::Auto => machine.with_native(false),
            Interpreter::Native => machine.with_native(true),
            Interpreter::Rows | Interpreter::Columns => machine,
        }
    }

    pub(super) fn results(
        &mut self,
        batch: &mut Batch,
        part: usize,
        way: &mut Way<'_>,
    ) -> Result<Results, RunError> {
        if let Way::Watched(watch) = way {
            return self.results_watched(batch, part, *watch);
        }
        let rows = batch.rows(self.program.context);
        let dropped = batch.dropped(self.program.context).clone();
        let constants = std::mem::take(&mut self.constants);
        let mut values = Vec::with_capacity(rows);
        if self.interpreter == Interpreter::Rows {
            let mut machine = RowMachine::new(self.program, &constants);
            for row in (0..rows).filter(|&row| !dropped.contains(row)) {
                let position = Position {
                    context: self.program.context,
                    row,
                };
                let (_, result) = machine.run(batch, &mut self.state, part, position);
                check_limits(batch)?;
                let register = self.program.parts[part].result;
                let value = register.map_or(Value::Nil, |register| machine.register(register));
                values.push(result.and_then(|()| self.state.check(value)));
            }
        } else {
            let mut machine = self.column_machine(&constants);
            let mut fused = self.program.groups.iter().flat_map(|group| &group.fused);
            let fused = fused.find(|fused| fused.parts == (part..part + 1));
            let mut selection = Vec::new();
            for base in (0..rows).step_by(CHUNK) {
                live_items(&dropped, base, rows.min(base + CHUNK), &mut selection);
                let outcome = match fused {
                    Some(fused) => {
                        machine.begin(&mut self.state, fused, base, &selection);
                        let done = machine.next_part(batch, &mut self.state);
                        done.map(|(_, outcome)| outcome).unwrap_or_default()
                    }
                    None => machine.run(batch, &mut self.state, part, base, &selection),
                };
                check_limits(batch)?;
                let mut failed = outcome.failed.into_iter().peekable();
                for &item in &selection {
                    if let Some((_, error)) = failed.next_if(|(other, _)| *other == item) {
                        values.push(Err(error));
                        continue;
                    }
                    let register = self.program.parts[part].result;
                    let value =
                        register.map_or(Value::Nil, |register| machine.value(register, item));
                    values.push(self.state.check(value));
                }
            }
        }
        self.constants = constants;
        Ok(Results { values })
    }
}

/// Fills `items` with those of a chunk that are not dropped.
fn live_items(dropped: &BitSet, base: usize, end: usize, items: &mut Vec<u32>) {
    items.clear();
    items.extend(0..(end - base) as u32);
    if dropped.any_in(base..end) {
        items.retain(|&item| !dropped.contains(base + item as usize));
    }
}

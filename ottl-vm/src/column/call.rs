//! Calling functions.

use otlp_columns::Batch;

use super::ColumnMachine;
use crate::calls::{Calls, Sink};
use crate::context::{Code, RunState};
use crate::slots::Slots;
use crate::{Operand, Register};

impl ColumnMachine<'_> {
    /// Fills a register with what a function gives.
    pub(super) fn call_values(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        call: u32,
        slots: &[Operand],
    ) {
        let selection = self.take_selection();
        // The destination is never an operand, so that it can be taken out for the calls.
        let mut values = std::mem::take(self.values_mut(dst));
        let sink = Sink::Values(&mut values);
        self.call_each(batch, state, (call, slots), &selection, sink);
        *self.values_mut(dst) = values;
        self.put_selection(selection);
    }

    /// Calls an editor.
    pub(super) fn call_effects(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        call: u32,
        slots: &[Operand],
    ) {
        let selection = self.take_selection();
        let mut outcome = std::mem::take(&mut self.outcome);
        let known = outcome.failed.len();
        let sink = Sink::Effects(&mut outcome);
        self.call_each(batch, state, (call, slots), &selection, sink);
        for (item, _) in &outcome.failed[known..] {
            self.failed[*item as usize] = true;
        }
        self.outcome = outcome;
        self.put_selection(selection);
        self.drop_failed();
    }

    fn call_each(
        &self,
        batch: &mut Batch,
        state: &mut RunState,
        (call, operands): (u32, &[Operand]),
        selection: &[u32],
        sink: Sink<'_>,
    ) {
        let call = &self.program.calls[call as usize];
        let slots = Slots::Columns {
            operands,
            registers: &self.registers,
            constants: self.constants,
            item: 0,
        };
        let code = Code {
            program: self.program,
            constants: self.constants,
        };
        let items = (self.position(0), selection);
        let mut calls = Calls::new(batch, state, (code, call), slots, items, sink);
        match &call.kernel {
            Some(kernel) => kernel.call_each(&mut calls),
            None => calls.fail_all("The function cannot be called here."),
        }
    }
}

//! Calling one function for many items.

use otlp_columns::{Batch, Value};

use crate::ExecError;
use crate::access::Position;
use crate::column::PartOutcome;
use crate::context::{CallContext, Code, RunState};
use crate::program::Call;
use crate::slots::Slots;

/// The calls that one instruction makes, one for each item of a selection.
///
/// What is the same for all of them is set up once, and the loop is compiled together with the
/// function, see [`Kernel::call_each`](crate::Kernel::call_each).
pub struct Calls<'a> {
    context: CallContext<'a>,
    base: usize,
    items: std::slice::Iter<'a, u32>,
    item: u32,
    sink: Sink<'a>,
}

/// What becomes of the results.
pub(crate) enum Sink<'a> {
    /// They are values; failures become error values.
    Values(&'a mut [Value]),
    /// What counts is whether the item changed; failures fail the statement.
    Effects(&'a mut PartOutcome),
}

impl<'a> Calls<'a> {
    pub(crate) fn new(
        batch: &'a mut Batch,
        state: &'a mut RunState,
        (code, call): (Code<'a>, &'a Call),
        slots: Slots<'a>,
        (first, items): (Position, &'a [u32]),
        sink: Sink<'a>,
    ) -> Self {
        Self {
            context: CallContext::with_slots(batch, state, &code.program.paths, call, slots, first)
                .with_code(code),
            base: first.row,
            items: items.iter(),
            item: 0,
            sink,
        }
    }

    /// The context of the next call, if there is one. Its result goes to [`Calls::finish`].
    #[inline]
    pub fn next_call(&mut self) -> Option<&mut CallContext<'a>> {
        if self.context.state.must_stop() {
            return None;
        }
        self.item = *self.items.next()?;
        self.context.position.row = self.base + self.item as usize;
        self.context.changed = false;
        self.context.state.iterations = self.context.state.settings.limits.max_iterations;
        if let Slots::Columns { item, .. } = &mut self.context.slots {
            *item = self.item;
        }
        Some(&mut self.context)
    }

    /// Takes the result of the call that [`Calls::next_call`] gave the context for.
    #[inline]
    pub fn finish(&mut self, result: Result<Value, ExecError>) {
        let changed = self.context.changed;
        match &mut self.sink {
            Sink::Values(values) => {
                values[self.item as usize] = match result {
                    Ok(value) => value,
                    Err(error) => self.context.state.defer(error),
                };
            }
            Sink::Effects(outcome) => match result {
                Ok(_) => outcome.changed += u64::from(changed),
                Err(error) => outcome.failed.push((self.item, error)),
            },
        }
    }

    /// Fails every call.
    #[cold]
    pub(crate) fn fail_all(&mut self, reason: &'static str) {
        while self.next_call().is_some() {
            self.finish(Err(ExecError::new(reason)));
        }
    }
}

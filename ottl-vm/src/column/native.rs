//! Running machine code in place of instructions.

use otlp_columns::Batch;

use super::ColumnMachine;
use crate::context::RunState;
use crate::native::{Chunk, Loop, Native, Plan};
use crate::{Instruction, Program};

/// Fewer items are interpreted: finding the columns takes longer than it saves.
const MIN_ITEMS: usize = 8;

/// The loops of a run.
#[derive(Clone, Copy)]
pub(super) struct Loops<'a> {
    native: &'a dyn Native,
    plan: &'a Plan,
    always: bool,
    /// The first loop that does not begin before the part.
    next: usize,
}

impl<'a> Loops<'a> {
    /// Those of a program, which run for all chunks, or where it pays.
    pub(super) fn of(program: &'a Program, always: bool) -> Option<Self> {
        let native = program.native.as_deref()?;
        let plan = native.plan(program);
        let loops = Self {
            native,
            plan,
            always,
            next: 0,
        };
        (!plan.loops.is_empty()).then_some(loops)
    }

    fn enter(&mut self, start: usize) {
        self.next = (self.plan.loops).partition_point(|looped| looped.code.start < start);
    }

    /// The loop that begins at an instruction, where those before it were asked for already.
    fn at(&mut self, at: usize) -> Option<(usize, &'a Loop)> {
        while let Some(looped) = self.plan.loops.get(self.next) {
            if looped.code.start > at {
                return None;
            }
            self.next += 1;
            if looped.code.start == at {
                return Some((self.next - 1, looped));
            }
        }
        None
    }
}

impl<'a> ColumnMachine<'a> {
    /// The same machine, which runs the program's loops: for all chunks, or where it pays.
    pub(crate) fn with_native(mut self, always: bool) -> Self {
        self.loops = Loops::of(self.program, always);
        self
    }

    /// Prepares for instructions that begin at `start`.
    pub(super) fn enter(&mut self, start: usize) {
        if let Some(loops) = &mut self.loops {
            loops.enter(start);
        }
    }

    /// Runs the loop that stands for the instructions from `at` on, if one does and is ready, and gives
    /// the index of what comes behind them.
    pub(super) fn native(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        at: usize,
    ) -> Option<usize> {
        let loops = self.loops.as_mut()?;
        let (number, looped) = loops.at(at)?;
        let (native, always) = (loops.native, loops.always);
        if self.selection().len() < MIN_ITEMS && !always {
            return None;
        }
        let items = self.take_selection();
        let mut entered = self.spare.pop().unwrap_or_default();
        entered.clear();
        let mut held = std::mem::take(self.bools_mut(looped.condition));
        let mut chunk = Chunk {
            batch,
            base: self.base,
            items: &items,
            entered: &mut entered,
            held: &mut held,
            always,
        };
        let is_done = native.run(self.program, number, &mut chunk);
        *self.bools_mut(looped.condition) = held;
        self.put_selection(items);
        if !is_done || looped.guard.is_none() {
            self.spare.push(entered);
            return is_done.then_some(looped.code.end);
        }
        Some(self.enter_guard(batch, state, looped, entered))
    }

    /// Goes on behind the guard that a loop ends in.
    fn enter_guard(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        looped: &Loop,
        entered: Vec<u32>,
    ) -> usize {
        if entered.is_empty() {
            self.spare.push(entered);
            return match &self.program.code[looped.code.end - 1] {
                Instruction::Guard { end, .. } => *end as usize + 1,
                _ => looped.code.end,
            };
        }
        self.selections.push(entered);
        for &at in &looped.repeated {
            self.step(batch, state, at as usize);
        }
        looped.code.end
    }
}

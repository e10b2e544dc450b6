//! Running machine code in place of instructions.

use otlp_columns::Batch;

use super::ColumnMachine;
use crate::context::RunState;
use crate::native::{Chunk, Conditions, Loop, Native, Plan};
use crate::program::Fused;
use crate::{Instruction, Program};

/// Fewer items are interpreted: finding the columns takes as long as it saves.
const MIN_ITEMS: usize = 4;

/// The loops of a run.
#[derive(Clone, Copy)]
pub(super) struct Loops<'a> {
    native: &'a dyn Native,
    plan: &'a Plan,
    always: bool,
    /// The first loop that was not asked for yet.
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

    /// Whether parts that can run together run one by one over so many items, since all of their
    /// conditions are machine code.
    pub(crate) fn runs_apart(&self, fused: &Fused, items: usize) -> bool {
        let Some(loops) = &self.loops else {
            return false;
        };
        let Some(apart) = (loops.plan.apart.iter()).find(|apart| apart.parts == fused.parts) else {
            return false;
        };
        // All of them are asked, so that each counts the items.
        let numbers = apart.loops.clone();
        let is_ready = |number| {
            let native = loops.native;
            native.is_ready(self.program, number, items, loops.always)
        };
        numbers.filter(|&number| !is_ready(number)).count() == 0
    }

    /// Prepares for instructions that begin at `start` and are run from the first to the last, some of
    /// them perhaps not.
    pub(super) fn enter_code(&mut self, start: usize) {
        if let Some(loops) = &mut self.loops {
            loops.enter(start);
        }
    }

    /// Executes the instruction at `at`, or runs the loop that stands for it and others, and gives the
    /// index of what comes behind.
    pub(super) fn native_or_step(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        at: usize,
    ) -> usize {
        match self.native(batch, state, at) {
            Some(next) => next,
            None => self.step(batch, state, at),
        }
    }

    /// Runs the loop that stands for the instructions from `at` on, if one does and is ready.
    fn native(&mut self, batch: &mut Batch, state: &mut RunState, at: usize) -> Option<usize> {
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
            conditions: Conditions(&self.registers),
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

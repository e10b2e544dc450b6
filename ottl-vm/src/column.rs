//! The column interpreter: one instruction over many items, then the next.
//!
//! Items come in chunks, so that registers stay in the cache. A selection says which items of the
//! chunk an instruction is for; guards narrow it. An item on which the statement failed leaves all
//! selections until the next statement.

mod call;
mod dynamic;
mod fused;
mod load;
mod native;
mod typed;

use std::ops::Range;

use otlp_columns::{Batch, Level, Slice, Value};

use crate::access::Position;
use crate::context::RunState;
use crate::slots::Vector;
use crate::{ExecError, Instruction, Operand, Program, Register, RegisterKind};

/// Items of a chunk.
pub(crate) const CHUNK: usize = 256;

/// What a part did to the items of a chunk.
#[derive(Default)]
pub(crate) struct PartOutcome {
    pub(crate) matched: u64,
    pub(crate) changed: u64,
    /// Items of the chunk and why the part failed on them, in ascending order.
    pub(crate) failed: Vec<(u32, ExecError)>,
}

/// Registers of a run, and the chunk they are about.
pub(crate) struct ColumnMachine<'a> {
    program: &'a Program,
    constants: &'a [Value],
    registers: Vec<Vector>,
    /// The first item of the chunk.
    base: usize,
    /// Selections from the outermost to the innermost.
    selections: Vec<Vec<u32>>,
    /// Memory of selections that are over.
    spare: Vec<Vec<u32>>,
    failed: Vec<bool>,
    outcome: PartOutcome,
    slots: Vec<Value>,
    standing: fused::Standing,
    /// Machine code for some of the instructions.
    loops: Option<native::Loops<'a>>,
}

impl<'a> ColumnMachine<'a> {
    pub(crate) fn new(program: &'a Program, constants: &'a [Value]) -> Self {
        let vector = |kind: &RegisterKind| match kind {
            RegisterKind::Value => Vector::Value(vec![Value::Nil; CHUNK]),
            RegisterKind::Int => Vector::Int(vec![0; CHUNK]),
            RegisterKind::Str => Vector::Str(vec![Slice::EMPTY; CHUNK]),
            RegisterKind::Bool => Vector::Bool(vec![false; CHUNK]),
        };
        Self {
            program,
            constants,
            registers: program.registers.iter().map(vector).collect(),
            base: 0,
            selections: Vec::new(),
            spare: Vec::new(),
            failed: vec![false; CHUNK],
            outcome: PartOutcome::default(),
            slots: Vec::new(),
            standing: fused::Standing::default(),
            loops: None,
        }
    }

    /// Runs one part for the items `base + i`, where `i` is in `selection`, in ascending order.
    pub(crate) fn run(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        part: usize,
        base: usize,
        selection: &[u32],
    ) -> PartOutcome {
        self.select(state, base, selection);
        let program = self.program;
        let code = program.parts[part].code.clone();
        let mut at = code.start;
        self.enter(at);
        while at < code.end && state.meter.spend(1 + self.selection().len() as u64) {
            at = match self.native(batch, state, at) {
                Some(next) => next,
                None => self.step(batch, state, at),
            };
        }
        self.outcome()
    }

    /// Makes a selection the outermost one.
    fn select(&mut self, state: &mut RunState, base: usize, selection: &[u32]) {
        state.errors.clear();
        self.base = base;
        self.spare.append(&mut self.selections);
        let mut outermost = self.spare.pop().unwrap_or_default();
        outermost.clear();
        outermost.extend_from_slice(selection);
        self.selections.push(outermost);
    }

    /// What was done since the last time. Items that failed may be selected again.
    fn outcome(&mut self) -> PartOutcome {
        let mut outcome = std::mem::take(&mut self.outcome);
        for (item, _) in &outcome.failed {
            self.failed[*item as usize] = false;
        }
        outcome.failed.sort_by_key(|(item, _)| *item);
        outcome
    }

    /// A register's value for an item of the chunk, after a part ran.
    pub(crate) fn value(&self, register: Register, item: u32) -> Value {
        self.registers[register.0 as usize].get(item)
    }

    /// Executes the instruction at `at` and gives the index of the next.
    fn step(&mut self, batch: &mut Batch, state: &mut RunState, at: usize) -> usize {
        let program = self.program;
        match &program.code[at] {
            Instruction::Guard {
                condition,
                when,
                end,
            } => return self.guard(*condition, *when, *end as usize, at),
            Instruction::EndGuard {} => {
                self.spare.extend(self.selections.pop());
                self.drop_failed();
            }
            Instruction::Matched { .. } => {
                self.outcome.matched += self.selection().len() as u64;
            }
            Instruction::Bool { dst, value } => self.set_bools(*dst, *value),
            Instruction::Not { dst, src } => self.invert(*dst, *src),
            Instruction::Copy { dst, src } => self.copy(*dst, *src),
            Instruction::In { dst, value, table } => {
                self.is_in(batch, state, *dst, *value, *table);
            }
            Instruction::Load { dst, path, keys } => {
                self.load(batch, state, *dst, *path, keys);
            }
            Instruction::LoadInt { dst, path } => self.load_int(batch, *dst, *path),
            Instruction::LoadStr { dst, path } => self.load_str(batch, *dst, *path),
            Instruction::ArithmeticInt { dst, op, lhs, rhs } => {
                self.arithmetic_int(*dst, *op, *lhs, *rhs);
            }
            Instruction::CompareInt { dst, op, lhs, rhs } => {
                self.compare_int(*dst, *op, *lhs, *rhs);
            }
            Instruction::CompareStr { dst, op, lhs, rhs } => {
                self.compare_str(batch, *dst, *op, *lhs, *rhs);
            }
            Instruction::Compare { dst, op, lhs, rhs } => {
                self.compare(batch, state, *dst, *op, (*lhs, *rhs));
            }
            Instruction::Truth { dst, src } => self.truth(state, *dst, *src),
            Instruction::Box { dst, src } => self.boxed(state, *dst, *src),
            Instruction::Negate { dst, src } => self.negate(state, *dst, *src),
            Instruction::Arithmetic { dst, op, lhs, rhs } => {
                self.arithmetic(state, *dst, *op, (*lhs, *rhs));
            }
            Instruction::Call { dst, call, slots } => {
                self.call_values(batch, state, *dst, *call, slots);
            }
            Instruction::Index { dst, src, keys } => self.index(batch, state, *dst, *src, keys),
            Instruction::List { dst, elements } => self.list(batch, state, *dst, elements),
            Instruction::Map { dst, keys, values } => {
                self.map(batch, state, *dst, (keys, values));
            }
            Instruction::Store {
                path,
                keys,
                src,
                within,
            } => {
                let path = &program.paths[*path as usize];
                self.store(batch, state, (path, keys), *src, *within);
            }
            Instruction::Edit { call, slots } => self.call_effects(batch, state, *call, slots),
            Instruction::Shared { level, .. } => self.begin_shared(batch, *level),
            Instruction::EndShared { results, failures } => self.end_shared(results, *failures),
            Instruction::Fail { failures } => self.fail_as(*failures),
            Instruction::Part { .. } | Instruction::EndPart {} | Instruction::Switch { .. } => {
                only_in_fused()
            }
        }
        at + 1
    }

    fn selection(&self) -> &[u32] {
        self.selections.last().map_or(&[], Vec::as_slice)
    }

    /// Lends out the innermost selection, so that registers can be changed while it is walked.
    fn take_selection(&mut self) -> Vec<u32> {
        self.selections
            .last_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    fn put_selection(&mut self, selection: Vec<u32>) {
        if let Some(last) = self.selections.last_mut() {
            *last = selection;
        }
    }

    fn guard(&mut self, condition: Register, when: bool, end: usize, at: usize) -> usize {
        let mut inner = self.spare.pop().unwrap_or_default();
        inner.clear();
        let bools = self.bools(condition);
        inner.extend((self.selection().iter()).filter(|&&item| bools[item as usize] == when));
        if inner.is_empty() {
            self.spare.push(inner);
            return end + 1;
        }
        self.selections.push(inner);
        at + 1
    }

    fn bools(&self, register: Register) -> &[bool] {
        match &self.registers[register.0 as usize] {
            Vector::Bool(values) => values,
            Vector::Value(_) | Vector::Int(_) | Vector::Str(_) => wrong_kind(register),
        }
    }

    fn bools_mut(&mut self, register: Register) -> &mut Vec<bool> {
        match &mut self.registers[register.0 as usize] {
            Vector::Bool(values) => values,
            Vector::Value(_) | Vector::Int(_) | Vector::Str(_) => wrong_kind(register),
        }
    }

    fn values_mut(&mut self, register: Register) -> &mut Vec<Value> {
        match &mut self.registers[register.0 as usize] {
            Vector::Value(values) => values,
            Vector::Bool(_) | Vector::Int(_) | Vector::Str(_) => wrong_kind(register),
        }
    }

    fn operand(&self, operand: Operand, item: u32) -> Value {
        match operand {
            Operand::Register(register) => self.value(register, item),
            Operand::Constant(index) => self.constants[index as usize],
        }
    }

    /// The rows of `level` that the items of the chunk belong to.
    fn rows(&self, level: Level) -> Rows {
        Rows {
            base: self.base,
            context: self.program.context,
            level,
            row: 0,
            items: 0..0,
        }
    }

    fn position(&self, item: u32) -> Position {
        Position {
            context: self.program.context,
            row: self.base + item as usize,
        }
    }

    #[cold]
    fn fail(&mut self, item: u32, error: ExecError) {
        self.failed[item as usize] = true;
        self.outcome.failed.push((item, error));
    }

    fn drop_failed(&mut self) {
        if !self.outcome.failed.is_empty() {
            let failed = &self.failed;
            if let Some(selection) = self.selections.last_mut() {
                selection.retain(|&item| !failed[item as usize]);
            }
        }
    }
}

/// Finds the rows of a level that items belong to. Neighbours mostly share theirs.
struct Rows {
    base: usize,
    context: Level,
    level: Level,
    /// The row that was found last, and the items that belong to it.
    row: usize,
    items: Range<usize>,
}

impl Rows {
    #[inline]
    fn of(&mut self, batch: &Batch, item: u32) -> usize {
        let item = self.base + item as usize;
        if self.level == self.context {
            return item;
        }
        if !self.items.contains(&item) {
            self.row = batch.ancestor(self.context, item, self.level);
            self.items = batch.descendants(self.level, self.row, self.context);
        }
        self.row
    }
}

/// Where one statement ends and the next begins only [`ColumnMachine::next_part`] knows.
#[cold]
fn only_in_fused() -> ! {
    panic!("a part on its own has instructions of statements that run together")
}

/// The compiler gives every register one kind; see the verifier.
#[cold]
fn wrong_kind(register: Register) -> ! {
    panic!("register {register} is of another kind")
}

#[cold]
fn wrong_constant(index: u32) -> ! {
    panic!("constant c{index} is of another kind")
}

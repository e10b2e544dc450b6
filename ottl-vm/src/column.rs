//! The column interpreter: one instruction over many items, then the next.
//!
//! Items come in chunks, so that registers stay in the cache. A selection says which items of the
//! chunk an instruction is for; guards narrow it. An item on which the statement failed leaves all
//! selections until the next statement.

use otlp_columns::{Batch, Heap, Level, Slice, Value};

use crate::access::{self, Keys, Position, decode_int};
use crate::arithmetic::{arithmetic, negate};
use crate::calls::{Calls, Sink};
use crate::compare::{compare, texts};
use crate::compose;
use crate::context::RunState;
use crate::path::{Access, IntCoding};
use crate::program::PathUse;
use crate::row::truth;
use crate::slots::{Slots, Vector};
use crate::{
    ArithmeticOp, CompareOp, ExecError, Instruction, KeyUse, Operand, Program, Register,
    RegisterKind,
};

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
    failed: Vec<bool>,
    outcome: PartOutcome,
    slots: Vec<Value>,
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
            failed: vec![false; CHUNK],
            outcome: PartOutcome::default(),
            slots: Vec::new(),
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
        state.errors.clear();
        self.base = base;
        self.selections.clear();
        self.selections.push(selection.to_vec());
        let program = self.program;
        let code = program.parts[part].code.clone();
        let mut at = code.start;
        while at < code.end && state.meter.spend(1 + self.selection().len() as u64) {
            at = self.step(batch, state, at);
        }
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
                self.selections.pop();
                self.drop_failed();
            }
            Instruction::Matched { .. } => {
                self.outcome.matched += self.selection().len() as u64;
            }
            Instruction::Bool { dst, value } => {
                let selection = self.take_selection();
                let bools = self.bools_mut(*dst);
                for &item in &selection {
                    bools[item as usize] = *value;
                }
                self.put_selection(selection);
            }
            Instruction::Not { dst, src } => {
                let selection = self.take_selection();
                for &item in &selection {
                    let holds = self.bool(*src, item);
                    self.bools_mut(*dst)[item as usize] = !holds;
                }
                self.put_selection(selection);
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
                self.test(state, *dst, |machine, state, item| {
                    let left = state.check(machine.operand(*lhs, item))?;
                    let right = state.check(machine.operand(*rhs, item))?;
                    Ok(compare(batch.heap_mut(), *op, left, right))
                });
            }
            Instruction::Truth { dst, src } => {
                self.test(state, *dst, |machine, state, item| {
                    truth(state.check(machine.operand(*src, item))?)
                });
            }
            Instruction::Box { dst, src } => {
                self.fill(state, *dst, |machine, _, item| {
                    Ok(machine.operand(*src, item))
                });
            }
            Instruction::Negate { dst, src } => {
                self.fill(state, *dst, |machine, state, item| {
                    negate(state.check(machine.operand(*src, item))?)
                });
            }
            Instruction::Arithmetic { dst, op, lhs, rhs } => {
                self.fill(state, *dst, |machine, state, item| {
                    let left = state.check(machine.operand(*lhs, item))?;
                    let right = state.check(machine.operand(*rhs, item))?;
                    arithmetic(*op, left, right)
                });
            }
            Instruction::Call { dst, call, slots } => {
                self.call_values(batch, state, *dst, *call, slots);
            }
            Instruction::Index { dst, src, keys } => {
                self.fill(state, *dst, |machine, state, item| {
                    let mut value = state.check(machine.operand(*src, item))?;
                    for &key in keys {
                        let key = state.check(machine.operand(key, item))?;
                        value = compose::index(batch.heap_mut(), value, key)?;
                    }
                    Ok(value)
                });
            }
            Instruction::List { dst, elements } => {
                self.fill(state, *dst, |machine, state, item| {
                    machine.fill_slots(state, elements, item)?;
                    Ok(compose::list(batch.heap_mut(), &machine.slots))
                });
            }
            Instruction::Map { dst, keys, values } => {
                self.fill(state, *dst, |machine, state, item| {
                    let keys: Vec<_> = keys.iter().map(|&key| machine.operand(key, item)).collect();
                    machine.fill_slots(state, values, item)?;
                    compose::map(batch.heap_mut(), &keys, &machine.slots)
                });
            }
            Instruction::Store {
                path,
                keys,
                src,
                within,
            } => {
                let path = &program.paths[*path as usize];
                self.effect(state, |machine, state, item| {
                    let value = state.check(machine.operand(*src, item))?;
                    machine.fill_slots(state, keys, item)?;
                    let position = machine.position(item);
                    let keys = Keys::new(&path.keys, &machine.slots);
                    match within {
                        None => access::set(batch, &path.def, keys, position, value),
                        Some(depth) => access::set_within(batch, &path.def, keys, position, *depth),
                    }
                });
            }
            Instruction::Edit { call, slots } => self.call_effects(batch, state, *call, slots),
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
        let inner: Vec<u32> = self
            .selection()
            .iter()
            .copied()
            .filter(|&item| self.bool(condition, item) == when)
            .collect();
        if inner.is_empty() {
            return end + 1;
        }
        self.selections.push(inner);
        at + 1
    }

    fn bool(&self, register: Register, item: u32) -> bool {
        match &self.registers[register.0 as usize] {
            Vector::Bool(values) => values[item as usize],
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

    fn position(&self, item: u32) -> Position {
        Position {
            context: self.program.context,
            row: self.base + item as usize,
        }
    }

    fn fill_slots(
        &mut self,
        state: &RunState,
        operands: &[Operand],
        item: u32,
    ) -> Result<(), ExecError> {
        self.slots.clear();
        for &operand in operands {
            let value = state.check(self.operand(operand, item))?;
            self.slots.push(value);
        }
        Ok(())
    }

    /// Fills a register with what a function gives.
    fn call_values(
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
    fn call_effects(
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
        let items = (self.position(0), selection);
        let mut calls = Calls::new(
            batch,
            state,
            (&self.program.paths, call),
            slots,
            items,
            sink,
        );
        match &call.kernel {
            Some(kernel) => kernel.call_each(&mut calls),
            None => calls.fail_all("The function cannot be called here."),
        }
    }

    /// Fills a register of values; failures become error values.
    fn fill(
        &mut self,
        state: &mut RunState,
        dst: Register,
        mut make: impl FnMut(&mut Self, &mut RunState, u32) -> Result<Value, ExecError>,
    ) {
        let selection = self.take_selection();
        // The destination is never an operand, so that it can be taken out for the loop.
        let mut values = std::mem::take(self.values_mut(dst));
        for &item in &selection {
            if state.must_stop() {
                break;
            }
            values[item as usize] = match make(self, state, item) {
                Ok(value) => value,
                Err(error) => state.defer(error),
            };
        }
        *self.values_mut(dst) = values;
        self.put_selection(selection);
    }

    /// Fills a register of conditions; failures fail the statement.
    fn test(
        &mut self,
        state: &mut RunState,
        dst: Register,
        mut make: impl FnMut(&mut Self, &mut RunState, u32) -> Result<bool, ExecError>,
    ) {
        let selection = self.take_selection();
        let mut bools = std::mem::take(self.bools_mut(dst));
        for &item in &selection {
            if state.must_stop() {
                break;
            }
            match make(self, state, item) {
                Ok(holds) => bools[item as usize] = holds,
                Err(error) => self.fail(item, error),
            }
        }
        *self.bools_mut(dst) = bools;
        self.put_selection(selection);
        self.drop_failed();
    }

    /// Changes items; failures fail the statement.
    fn effect(
        &mut self,
        state: &mut RunState,
        mut make: impl FnMut(&mut Self, &mut RunState, u32) -> Result<bool, ExecError>,
    ) {
        let selection = self.take_selection();
        for &item in &selection {
            if state.must_stop() {
                break;
            }
            match make(self, state, item) {
                Ok(changed) => self.outcome.changed += u64::from(changed),
                Err(error) => self.fail(item, error),
            }
        }
        self.put_selection(selection);
        self.drop_failed();
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

    fn load(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        path: u32,
        keys: &[Operand],
    ) {
        let program = self.program;
        let path = &program.paths[path as usize];
        if self.load_values(batch, dst, path) {
            return;
        }
        let level = path.level();
        // Neighbouring items mostly share their resource and scope.
        let mut last: Option<(usize, Value)> = None;
        let shared = level != program.context && keys.is_empty();
        self.fill(state, dst, |machine, state, item| {
            let position = machine.position(item);
            let row = position.row_of(batch, level);
            if let Some((known, value)) = last
                && shared
                && known == row
            {
                return Ok(value);
            }
            if keys.is_empty() {
                let value = access::get(batch, &path.def, Keys::new(&path.keys, &[]), position)?;
                if shared {
                    last = Some((row, value));
                }
                return Ok(value);
            }
            machine.fill_slots(state, keys, item)?;
            let keys = Keys::new(&path.keys, &machine.slots);
            access::get(batch, &path.def, keys, position)
        });
    }

    /// Reads what needs no general access: bodies, and attributes by a literal key.
    fn load_values(&mut self, batch: &mut Batch, dst: Register, path: &PathUse) -> bool {
        let (base, context, level) = (self.base, self.program.context, path.level());
        let selection = self.take_selection();
        let values = self.values_mut(dst);
        let row = |batch: &Batch, item: u32| row_of(batch, context, base + item as usize, level);
        let is_read = match (path.def.access, path.keys.as_slice()) {
            (Access::Body, []) => {
                for &item in &selection {
                    let body = batch.body(row(batch, item));
                    values[item as usize] = batch.heap_mut().resolve(body);
                }
                true
            }
            (Access::Map(map), [KeyUse::Str(key)]) => {
                if let Some(column) = batch.key_column(map, key) {
                    for &item in &selection {
                        values[item as usize] = column[row(batch, item)].unwrap_or(Value::Nil);
                    }
                    resolve(batch.heap_mut(), values, &selection);
                } else {
                    for &item in &selection {
                        let value = batch.map_get(map, row(batch, item), key);
                        values[item as usize] = value.unwrap_or(Value::Nil);
                    }
                }
                true
            }
            _ => false,
        };
        self.put_selection(selection);
        is_read
    }

    fn load_int(&mut self, batch: &Batch, dst: Register, path: u32) {
        let path: &PathUse = &self.program.paths[path as usize];
        let (field, coding) = match path.def.access {
            Access::Int(field, coding) => (field, coding),
            Access::TimeNanos(field) => (field, IntCoding::Bits64),
            _ => unreachable_path(path),
        };
        let column = batch.scalars(field);
        let (base, context, level) = (self.base, self.program.context, path.level());
        let selection = self.take_selection();
        let Vector::Int(values) = &mut self.registers[dst.0 as usize] else {
            wrong_kind(dst)
        };
        for &item in &selection {
            let row = row_of(batch, context, base + item as usize, level);
            values[item as usize] = decode_int(column[row], coding);
        }
        self.put_selection(selection);
    }

    fn load_str(&mut self, batch: &Batch, dst: Register, path: u32) {
        let path: &PathUse = &self.program.paths[path as usize];
        let Access::Str(field) = path.def.access else {
            unreachable_path(path)
        };
        let (base, context, level) = (self.base, self.program.context, path.level());
        let selection = self.take_selection();
        let Vector::Str(values) = &mut self.registers[dst.0 as usize] else {
            wrong_kind(dst)
        };
        for &item in &selection {
            let row = row_of(batch, context, base + item as usize, level);
            values[item as usize] = batch.slice(field, row);
        }
        self.put_selection(selection);
    }

    fn ints(&self, operand: Operand) -> Ints<'_> {
        match operand {
            Operand::Register(register) => match &self.registers[register.0 as usize] {
                Vector::Int(values) => Ints::Column(values),
                Vector::Value(_) | Vector::Str(_) | Vector::Bool(_) => wrong_kind(register),
            },
            Operand::Constant(index) => match self.constants[index as usize] {
                Value::Int(value) => Ints::Constant(value),
                _ => wrong_constant(index),
            },
        }
    }

    fn arithmetic_int(&mut self, dst: Register, op: ArithmeticOp, lhs: Operand, rhs: Operand) {
        let selection = self.take_selection();
        let at = dst.0 as usize;
        // The destination is never an operand, so that it can be taken out for the loop.
        let mut vector = std::mem::replace(&mut self.registers[at], Vector::Int(Vec::new()));
        let Vector::Int(out) = &mut vector else {
            wrong_kind(dst)
        };
        let (left, right) = (self.ints(lhs), self.ints(rhs));
        for &item in &selection {
            let (left, right) = (left.at(item), right.at(item));
            out[item as usize] = match op {
                ArithmeticOp::Add => left.wrapping_add(right),
                ArithmeticOp::Sub => left.wrapping_sub(right),
                ArithmeticOp::Mul => left.wrapping_mul(right),
                ArithmeticOp::Div => left.checked_div(right).unwrap_or(0),
            };
        }
        self.registers[at] = vector;
        self.put_selection(selection);
    }

    fn compare_int(&mut self, dst: Register, op: CompareOp, lhs: Operand, rhs: Operand) {
        let selection = self.take_selection();
        let at = dst.0 as usize;
        let mut vector = std::mem::replace(&mut self.registers[at], Vector::Bool(Vec::new()));
        let Vector::Bool(out) = &mut vector else {
            wrong_kind(dst)
        };
        let (left, right) = (self.ints(lhs), self.ints(rhs));
        for &item in &selection {
            out[item as usize] = op.accepts(left.at(item).cmp(&right.at(item)));
        }
        self.registers[at] = vector;
        self.put_selection(selection);
    }

    fn compare_str(
        &mut self,
        batch: &Batch,
        dst: Register,
        op: CompareOp,
        lhs: Operand,
        rhs: Operand,
    ) {
        let selection = self.take_selection();
        for &item in &selection {
            let (Value::Str(left), Value::Str(right)) =
                (self.operand(lhs, item), self.operand(rhs, item))
            else {
                wrong_kind(dst)
            };
            let holds = op.accepts(texts(batch.heap(), left, right));
            self.bools_mut(dst)[item as usize] = holds;
        }
        self.put_selection(selection);
    }
}

/// Integers of an operand.
enum Ints<'a> {
    Column(&'a [i64]),
    Constant(i64),
}

impl Ints<'_> {
    #[inline]
    fn at(&self, item: u32) -> i64 {
        match self {
            Self::Column(values) => values[item as usize],
            Self::Constant(value) => *value,
        }
    }
}

/// Decodes the values of a selection that are still in their wire form.
fn resolve(heap: &mut Heap, values: &mut [Value], selection: &[u32]) {
    for &item in selection {
        let value = &mut values[item as usize];
        if matches!(value, Value::Wire(_)) {
            *value = heap.resolve(*value);
        }
    }
}

#[inline]
fn row_of(batch: &Batch, context: Level, row: usize, level: Level) -> usize {
    if level == context {
        row
    } else {
        batch.ancestor(context, row, level)
    }
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

#[cold]
fn unreachable_path(path: &PathUse) -> ! {
    panic!(
        "path {} is not of the kind that the instruction reads",
        path.name
    )
}

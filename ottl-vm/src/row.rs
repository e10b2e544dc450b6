//! The row interpreter: one item at a time, one value in each register.
//!
//! It is the plain meaning of the instructions; the column interpreter must give the same answers
//! wherever both may run.

use std::ops::Range;

use otlp_columns::{Batch, Value};

use crate::access::{self, Holders, Keys, Position};
use crate::arithmetic::{arithmetic, negate};
use crate::compare::compare;
use crate::compose;
use crate::context::{CallContext, Code, RunState};
use crate::program::Lambda;
use crate::{
    ArithmeticOp, CompareOp, ExecError, Instruction, Operand, PathUse, Program, Register, limits,
};

/// Registers and constants of a run.
pub(crate) struct RowMachine<'a> {
    pub(crate) program: &'a Program,
    pub(crate) constants: &'a [Value],
    registers: Vec<Value>,
    slots: Vec<Value>,
    /// Whether it runs the body of a lambda.
    is_lambda: bool,
}

/// What a statement did to an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowOutcome {
    pub(crate) matched: bool,
    pub(crate) changed: bool,
}

impl<'a> RowMachine<'a> {
    pub(crate) fn new(program: &'a Program, constants: &'a [Value]) -> Self {
        Self {
            program,
            constants,
            registers: vec![Value::Nil; program.registers.len()],
            slots: Vec::new(),
            is_lambda: false,
        }
    }

    /// A machine for the body of a lambda.
    pub(crate) fn with_registers(code: Code<'a>, registers: Vec<Value>) -> Self {
        Self {
            program: code.program,
            constants: code.constants,
            registers,
            slots: Vec::new(),
            is_lambda: true,
        }
    }

    pub(crate) fn into_registers(self) -> Vec<Value> {
        self.registers
    }

    pub(crate) fn register(&self, register: Register) -> Value {
        self.registers[register.0 as usize]
    }

    fn operand(&self, operand: Operand) -> Value {
        match operand {
            Operand::Register(register) => self.register(register),
            Operand::Constant(index) => self.constants[index as usize],
        }
    }

    fn fill_slots(&mut self, operands: &[Operand]) {
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        slots.extend(operands.iter().map(|&operand| self.operand(operand)));
        self.slots = slots;
    }

    /// Runs one part for one item. What it did before it failed is told as well.
    pub(crate) fn run(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        part: usize,
        position: Position,
    ) -> (RowOutcome, Result<(), ExecError>) {
        state.errors.clear();
        self.execute(
            batch,
            state,
            self.program.parts[part].code.clone(),
            position,
        )
    }

    /// Runs the body of a lambda and gives its result.
    pub(crate) fn call(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        lambda: &Lambda,
        (args, captures): (&[Value], &[Value]),
        position: Position,
    ) -> Result<Value, ExecError> {
        for (register, value) in lambda.params.iter().zip(args) {
            if let Some(register) = register {
                self.registers[register.0 as usize] = *value;
            }
        }
        for (register, value) in lambda.captures.iter().zip(captures) {
            self.registers[register.0 as usize] = *value;
        }
        let known = state.errors.len();
        let (_, result) = self.execute(batch, state, lambda.code.clone(), position);
        let result = result.and_then(|()| state.check(self.operand(lambda.result)));
        // Nothing but the result leaves the body, so that nobody can look at its errors any more.
        state.errors.truncate(known);
        result
    }

    fn execute(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        code: Range<usize>,
        position: Position,
    ) -> (RowOutcome, Result<(), ExecError>) {
        let mut outcome = RowOutcome::default();
        let mut at = code.start;
        let mut result = Ok(());
        let mut steps = 0;
        while at < code.end && result.is_ok() {
            steps += 1;
            match self.step(batch, state, at, position, &mut outcome) {
                Ok(next) => at = next,
                Err(error) => result = Err(error),
            }
        }
        let result = limits::spend(&state.meter, steps).and(result);
        (outcome, result)
    }

    /// Executes the instruction at `at` and gives the index of the next.
    fn step(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        at: usize,
        position: Position,
        outcome: &mut RowOutcome,
    ) -> Result<usize, ExecError> {
        let program = self.program;
        let (dst, result) = match &program.code[at] {
            Instruction::Guard {
                condition,
                when,
                end,
            } => return Ok(self.guard(*condition, *when, *end as usize, at)),
            Instruction::EndGuard {} => return Ok(at + 1),
            Instruction::Part { .. }
            | Instruction::EndPart {}
            | Instruction::Shared { .. }
            | Instruction::EndShared { .. }
            | Instruction::Fail { .. }
            | Instruction::Switch { .. } => only_in_columns(),
            Instruction::Matched { .. } => {
                outcome.matched = true;
                return Ok(at + 1);
            }
            Instruction::Store {
                path,
                keys,
                src,
                within,
            } => {
                let place = (&program.paths[*path as usize], keys.as_slice());
                outcome.changed |= self.store(batch, state, place, (*src, *within), position)?;
                return Ok(at + 1);
            }
            Instruction::Edit { call, slots } => {
                outcome.changed |= self.function(batch, state, *call, slots, position)?.1;
                return Ok(at + 1);
            }
            Instruction::Load { dst, path, keys } => {
                (dst, self.load(batch, state, *path, keys, position))
            }
            Instruction::LoadInt { dst, path } | Instruction::LoadStr { dst, path } => {
                (dst, self.load(batch, state, *path, &[], position))
            }
            Instruction::Call { dst, call, slots } => {
                let result = self.function(batch, state, *call, slots, position);
                (dst, result.map(|(value, _)| value))
            }
            Instruction::Box { dst, src } => (dst, Ok(self.operand(*src))),
            Instruction::Bool { dst, value } => (dst, Ok(Value::Bool(*value))),
            Instruction::Not { dst, src } => (dst, Ok(self.not(*src))),
            Instruction::Copy { dst, src } => (dst, Ok(self.register(*src))),
            Instruction::In { dst, value, table } => {
                (dst, Ok(self.is_in(batch, state, *value, *table)?))
            }
            Instruction::Negate { dst, src } => (dst, self.negate(state, *src)),
            Instruction::Arithmetic { dst, op, lhs, rhs }
            | Instruction::ArithmeticInt { dst, op, lhs, rhs } => {
                (dst, self.arithmetic(state, *op, (*lhs, *rhs)))
            }
            // What cannot be a condition fails at once.
            Instruction::Compare { dst, op, lhs, rhs }
            | Instruction::CompareInt { dst, op, lhs, rhs }
            | Instruction::CompareStr { dst, op, lhs, rhs } => {
                (dst, Ok(self.compare(batch, state, *op, (*lhs, *rhs))?))
            }
            Instruction::Truth { dst, src } => (dst, Ok(self.truth(state, *src)?)),
            Instruction::Index { dst, src, keys } => (dst, self.index(batch, state, *src, keys)),
            Instruction::List { dst, elements } => (dst, self.list(batch, state, elements)),
            Instruction::Map { dst, keys, values } => (dst, self.map(batch, state, keys, values)),
        };
        let value = result.unwrap_or_else(|error| state.defer(error));
        self.registers[dst.0 as usize] = value;
        Ok(at + 1)
    }

    /// The index of what comes behind a guard.
    fn guard(&self, condition: Register, when: bool, end: usize, at: usize) -> usize {
        match self.register(condition) == Value::Bool(when) {
            true => at + 1,
            false => end + 1,
        }
    }

    /// Writes a value, which may hold its own place, and tells whether that changed anything.
    fn store(
        &mut self,
        batch: &mut Batch,
        state: &RunState,
        (path, keys): (&PathUse, &[Operand]),
        (src, within): (Operand, Option<Holders>),
        position: Position,
    ) -> Result<bool, ExecError> {
        let value = state.check(self.operand(src))?;
        self.fill_slots(keys);
        let keys = Keys::new(&path.keys, &self.slots);
        let result = match within {
            None => access::set(batch, &path.def, keys, position, value),
            Some(holders) => access::set_within(batch, &path.def, keys, position, (value, holders)),
        };
        state.explain(result, &self.slots)
    }

    fn not(&self, src: Register) -> Value {
        Value::Bool(self.register(src) != Value::Bool(true))
    }

    fn is_in(
        &self,
        batch: &Batch,
        state: &RunState,
        value: Operand,
        table: u32,
    ) -> Result<Value, ExecError> {
        let value = state.check(self.operand(value))?;
        let arms = self.program.tables[table as usize].find(batch.heap(), value);
        Ok(Value::Bool(!arms.is_empty()))
    }

    fn truth(&self, state: &RunState, src: Operand) -> Result<Value, ExecError> {
        let value = state.check(self.operand(src))?;
        truth(value).map(Value::Bool)
    }

    fn negate(&self, state: &RunState, src: Operand) -> Result<Value, ExecError> {
        negate(state.check(self.operand(src))?)
    }

    fn arithmetic(
        &self,
        state: &RunState,
        op: ArithmeticOp,
        (lhs, rhs): (Operand, Operand),
    ) -> Result<Value, ExecError> {
        let left = state.check(self.operand(lhs))?;
        arithmetic(op, left, state.check(self.operand(rhs))?)
    }

    fn compare(
        &self,
        batch: &mut Batch,
        state: &RunState,
        op: CompareOp,
        (lhs, rhs): (Operand, Operand),
    ) -> Result<Value, ExecError> {
        let left = state.check(self.operand(lhs))?;
        let right = state.check(self.operand(rhs))?;
        Ok(Value::Bool(compare(batch.heap_mut(), op, left, right)))
    }

    fn load(
        &mut self,
        batch: &mut Batch,
        state: &RunState,
        path: u32,
        keys: &[Operand],
        position: Position,
    ) -> Result<Value, ExecError> {
        self.fill_slots(keys);
        let path = &self.program.paths[path as usize];
        let keys = Keys::new(&path.keys, &self.slots);
        let result = access::get(batch, &path.def, keys, position);
        state.explain(result, &self.slots)
    }

    fn index(
        &mut self,
        batch: &mut Batch,
        state: &RunState,
        src: Operand,
        keys: &[Operand],
    ) -> Result<Value, ExecError> {
        self.fill_slots(keys);
        let mut value = state.check(self.operand(src))?;
        for &key in &self.slots {
            value = compose::index(batch.heap_mut(), value, state.check(key)?)?;
        }
        Ok(value)
    }

    fn list(
        &mut self,
        batch: &mut Batch,
        state: &RunState,
        elements: &[Operand],
    ) -> Result<Value, ExecError> {
        self.fill_slots(elements);
        for &element in &self.slots {
            state.check(element)?;
        }
        Ok(compose::list(batch.heap_mut(), &self.slots))
    }

    fn map(
        &mut self,
        batch: &mut Batch,
        state: &RunState,
        keys: &[Operand],
        values: &[Operand],
    ) -> Result<Value, ExecError> {
        self.fill_slots(values);
        let keys: Vec<_> = keys.iter().map(|&key| self.operand(key)).collect();
        for &value in &self.slots {
            state.check(value)?;
        }
        compose::map(batch.heap_mut(), &keys, &self.slots)
    }

    fn function(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        call: u32,
        slots: &[Operand],
        position: Position,
    ) -> Result<(Value, bool), ExecError> {
        self.fill_slots(slots);
        let call = &self.program.calls[call as usize];
        let Some(kernel) = &call.kernel else {
            return Err(ExecError::new("The function cannot be called here."));
        };
        let paths = &self.program.paths;
        if !self.is_lambda {
            state.iterations = state.settings.limits.max_iterations;
        }
        let code = Code {
            program: self.program,
            constants: self.constants,
        };
        let mut cx =
            CallContext::new(batch, state, paths, call, &self.slots, position).with_code(code);
        let value = kernel.call(&mut cx)?;
        Ok((value, cx.changed()))
    }
}

/// A converter's result as a condition.
pub(crate) fn truth(value: Value) -> Result<bool, ExecError> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(ExecError::expected(
            "a boolean as a condition",
            crate::type_name(other),
        )),
    }
}

/// Parts and lambdas have no such instruction; see the verifier.
#[cold]
fn only_in_columns() -> ! {
    panic!("statements that run together are run by columns")
}

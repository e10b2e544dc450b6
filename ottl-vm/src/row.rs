//! The row interpreter: one item at a time, one value in each register.
//!
//! It is the plain meaning of the instructions; the column interpreter must give the same answers
//! wherever both may run.

use otlp_columns::{Batch, Value};

use crate::access::{self, Keys, Position};
use crate::arithmetic::{arithmetic, negate};
use crate::compare::compare;
use crate::compose;
use crate::context::{CallContext, RunState};
use crate::{ExecError, Instruction, Operand, Program, Register, limits};

/// Registers and constants of a run.
pub(crate) struct RowMachine<'a> {
    pub(crate) program: &'a Program,
    pub(crate) constants: &'a [Value],
    registers: Vec<Value>,
    slots: Vec<Value>,
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
        }
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
        let code = self.program.parts[part].code.clone();
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
        let instruction = &program.code[at];
        match instruction {
            Instruction::Guard {
                condition,
                when,
                end,
            } => {
                if self.register(*condition) != Value::Bool(*when) {
                    return Ok(*end as usize + 1);
                }
            }
            Instruction::EndGuard {} => {}
            Instruction::Matched { .. } => outcome.matched = true,
            Instruction::Store {
                path,
                keys,
                src,
                within,
            } => {
                let value = state.check(self.operand(*src))?;
                self.fill_slots(keys);
                let path = &program.paths[*path as usize];
                for &key in &self.slots {
                    state.check(key)?;
                }
                let keys = Keys::new(&path.keys, &self.slots);
                outcome.changed |= match within {
                    None => access::set(batch, &path.def, keys, position, value)?,
                    Some(depth) => access::set_within(batch, &path.def, keys, position, *depth)?,
                };
            }
            Instruction::Edit { call, slots } => {
                let (_, changed) = self.call(batch, state, *call, slots, position)?;
                outcome.changed |= changed;
            }
            _ => self.compute(batch, state, instruction, position)?,
        }
        Ok(at + 1)
    }

    /// Instructions that do nothing but fill a register.
    fn compute(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        instruction: &Instruction,
        position: Position,
    ) -> Result<(), ExecError> {
        let (dst, result) = match instruction {
            Instruction::Load { dst, path, keys } => {
                self.fill_slots(keys);
                (dst, self.load(batch, state, *path, position))
            }
            Instruction::LoadInt { dst, path } | Instruction::LoadStr { dst, path } => {
                self.slots.clear();
                (dst, self.load(batch, state, *path, position))
            }
            Instruction::Box { dst, src } => (dst, Ok(self.operand(*src))),
            Instruction::Negate { dst, src } => {
                (dst, state.check(self.operand(*src)).and_then(negate))
            }
            Instruction::Arithmetic { dst, op, lhs, rhs }
            | Instruction::ArithmeticInt { dst, op, lhs, rhs } => {
                let operands = self.pair(state, *lhs, *rhs);
                (
                    dst,
                    operands.and_then(|(left, right)| arithmetic(*op, left, right)),
                )
            }
            Instruction::Compare { dst, op, lhs, rhs }
            | Instruction::CompareInt { dst, op, lhs, rhs }
            | Instruction::CompareStr { dst, op, lhs, rhs } => {
                let (left, right) = self.pair(state, *lhs, *rhs)?;
                let holds = compare(batch.heap_mut(), *op, left, right);
                (dst, Ok(Value::Bool(holds)))
            }
            Instruction::Truth { dst, src } => {
                let value = state.check(self.operand(*src))?;
                (dst, Ok(Value::Bool(truth(value)?)))
            }
            Instruction::Bool { dst, value } => (dst, Ok(Value::Bool(*value))),
            Instruction::Not { dst, src } => {
                let holds = self.register(*src) == Value::Bool(true);
                (dst, Ok(Value::Bool(!holds)))
            }
            Instruction::Call { dst, call, slots } => {
                let result = self.call(batch, state, *call, slots, position);
                (dst, result.map(|(value, _)| value))
            }
            Instruction::Index { dst, src, keys } => {
                self.fill_slots(keys);
                (dst, self.index(batch, state, *src))
            }
            Instruction::List { dst, elements } => {
                self.fill_slots(elements);
                let failed = self
                    .slots
                    .iter()
                    .find_map(|&value| state.check(value).err());
                let list = compose::list(batch.heap_mut(), &self.slots);
                (dst, failed.map_or(Ok(list), Err))
            }
            Instruction::Map { dst, keys, values } => (dst, self.map(batch, state, keys, values)),
            Instruction::Guard { .. }
            | Instruction::EndGuard {}
            | Instruction::Matched { .. }
            | Instruction::Store { .. }
            | Instruction::Edit { .. } => return Ok(()),
        };
        let value = result.unwrap_or_else(|error| state.defer(error));
        self.registers[dst.0 as usize] = value;
        Ok(())
    }

    fn pair(
        &self,
        state: &RunState,
        lhs: Operand,
        rhs: Operand,
    ) -> Result<(Value, Value), ExecError> {
        Ok((
            state.check(self.operand(lhs))?,
            state.check(self.operand(rhs))?,
        ))
    }

    fn load(
        &self,
        batch: &mut Batch,
        state: &RunState,
        path: u32,
        position: Position,
    ) -> Result<Value, ExecError> {
        let path = &self.program.paths[path as usize];
        for &key in &self.slots {
            state.check(key)?;
        }
        let keys = Keys::new(&path.keys, &self.slots);
        access::get(batch, &path.def, keys, position)
    }

    fn index(&self, batch: &mut Batch, state: &RunState, src: Operand) -> Result<Value, ExecError> {
        let mut value = state.check(self.operand(src))?;
        for &key in &self.slots {
            value = compose::index(batch.heap_mut(), value, state.check(key)?)?;
        }
        Ok(value)
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

    fn call(
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
        let mut cx = CallContext::new(batch, state, paths, call, &self.slots, position);
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

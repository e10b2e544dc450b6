//! Instructions over values of any type, which may fail on an item.

use otlp_columns::{Batch, MapField, Value};

use super::ColumnMachine;
use crate::access::{self, Holders, Keys};
use crate::arithmetic::{arithmetic, negate};
use crate::compare::compare;
use crate::compose;
use crate::context::RunState;
use crate::path::Access;
use crate::program::PathUse;
use crate::row::truth;
use crate::{ArithmeticOp, CompareOp, ExecError, KeyUse, Operand, Register};

impl ColumnMachine<'_> {
    pub(super) fn compare(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        op: CompareOp,
        (lhs, rhs): (Operand, Operand),
    ) {
        self.test(state, dst, |machine, state, item| {
            let left = state.check(machine.operand(lhs, item))?;
            let right = state.check(machine.operand(rhs, item))?;
            Ok(compare(batch.heap_mut(), op, left, right))
        });
    }

    pub(super) fn is_in(
        &mut self,
        batch: &Batch,
        state: &mut RunState,
        dst: Register,
        value: Operand,
        table: u32,
    ) {
        let table = &self.program.tables[table as usize];
        // Neighbouring items often have the same value.
        let mut last: Option<(Value, bool)> = None;
        self.test(state, dst, |machine, state, item| {
            let value = machine.operand(value, item);
            if let Some((same, holds)) = last
                && same == value
            {
                return Ok(holds);
            }
            let holds = !table.find(batch.heap(), state.check(value)?).is_empty();
            last = Some((value, holds));
            Ok(holds)
        });
    }

    pub(super) fn truth(&mut self, state: &mut RunState, dst: Register, src: Operand) {
        self.test(state, dst, |machine, state, item| {
            truth(state.check(machine.operand(src, item))?)
        });
    }

    pub(super) fn boxed(&mut self, state: &mut RunState, dst: Register, src: Operand) {
        self.fill(
            state,
            dst,
            |machine, _, item| Ok(machine.operand(src, item)),
        );
    }

    pub(super) fn negate(&mut self, state: &mut RunState, dst: Register, src: Operand) {
        self.fill(state, dst, |machine, state, item| {
            negate(state.check(machine.operand(src, item))?)
        });
    }

    pub(super) fn arithmetic(
        &mut self,
        state: &mut RunState,
        dst: Register,
        op: ArithmeticOp,
        (lhs, rhs): (Operand, Operand),
    ) {
        self.fill(state, dst, |machine, state, item| {
            let left = state.check(machine.operand(lhs, item))?;
            let right = state.check(machine.operand(rhs, item))?;
            arithmetic(op, left, right)
        });
    }

    pub(super) fn index(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        src: Operand,
        keys: &[Operand],
    ) {
        self.fill(state, dst, |machine, state, item| {
            let mut value = state.check(machine.operand(src, item))?;
            for &key in keys {
                let key = state.check(machine.operand(key, item))?;
                value = compose::index(batch.heap_mut(), value, key)?;
            }
            Ok(value)
        });
    }

    pub(super) fn list(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        elements: &[Operand],
    ) {
        self.fill(state, dst, |machine, state, item| {
            machine.fill_slots(state, elements, item)?;
            Ok(compose::list(batch.heap_mut(), &machine.slots))
        });
    }

    pub(super) fn map(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        dst: Register,
        (keys, values): (&[Operand], &[Operand]),
    ) {
        self.fill(state, dst, |machine, state, item| {
            let keys: Vec<_> = keys.iter().map(|&key| machine.operand(key, item)).collect();
            machine.fill_slots(state, values, item)?;
            compose::map(batch.heap_mut(), &keys, &machine.slots)
        });
    }

    pub(super) fn store(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        (path, keys): (&PathUse, &[Operand]),
        src: Operand,
        within: Option<Holders>,
    ) {
        if let (Access::Map(map), [KeyUse::Str(key)]) = (path.def.access, path.keys.as_slice())
            && let Some(number) = batch.key_number(map, key)
            && within.is_none()
        {
            return self.store_attributes(batch, state, path, (map, number), src);
        }
        self.effect(state, |machine, state, item| {
            let value = state.check(machine.operand(src, item))?;
            machine.fill_keys(keys, item);
            let position = machine.position(item);
            let keys = Keys::new(&path.keys, &machine.slots);
            let result = match within {
                None => access::set(batch, &path.def, keys, position, value),
                Some(holders) => {
                    access::set_within(batch, &path.def, keys, position, (value, holders))
                }
            };
            state.explain(result, &machine.slots)
        });
    }

    /// Writes attributes by a literal key, of maps that are kept as columns.
    fn store_attributes(
        &mut self,
        batch: &mut Batch,
        state: &mut RunState,
        path: &PathUse,
        (map, number): (MapField, usize),
        src: Operand,
    ) {
        let mut rows = self.rows(path.level());
        self.effect(state, |machine, state, item| {
            let value = state.check(machine.operand(src, item))?;
            if access::is_scalar(value) {
                let row = rows.of(batch, item);
                return Ok(batch.map_set_column(map, row, number, value));
            }
            let keys = Keys::new(&path.keys, &[]);
            access::set(batch, &path.def, keys, machine.position(item), value)
        });
    }

    /// Fills the slots with dynamic keys, some of which may stand for an error.
    pub(super) fn fill_keys(&mut self, keys: &[Operand], item: u32) {
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        slots.extend(keys.iter().map(|&key| self.operand(key, item)));
        self.slots = slots;
    }

    pub(super) fn fill_slots(
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

    /// Fills a register of values; failures become error values.
    pub(super) fn fill(
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
}

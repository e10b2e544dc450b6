//! Instructions whose operands have one type: loops over plain vectors, which cannot fail.

use otlp_columns::{Batch, Value};

use super::{ColumnMachine, wrong_constant, wrong_kind};
use crate::compare::texts;
use crate::slots::Vector;
use crate::{ArithmeticOp, CompareOp, Operand, Register};

impl ColumnMachine<'_> {
    pub(super) fn set_bools(&mut self, dst: Register, value: bool) {
        let selection = self.take_selection();
        let bools = self.bools_mut(dst);
        for &item in &selection {
            bools[item as usize] = value;
        }
        self.put_selection(selection);
    }

    pub(super) fn invert(&mut self, dst: Register, src: Register) {
        self.map_bools(dst, src, |value| !value);
    }

    pub(super) fn copy(&mut self, dst: Register, src: Register) {
        self.map_bools(dst, src, |value| value);
    }

    #[inline]
    fn map_bools(&mut self, dst: Register, src: Register, map: impl Fn(bool) -> bool) {
        let selection = self.take_selection();
        // The destination is never an operand, so that it can be taken out for the loop.
        let mut out = std::mem::take(self.bools_mut(dst));
        let bools = self.bools(src);
        for &item in &selection {
            out[item as usize] = map(bools[item as usize]);
        }
        *self.bools_mut(dst) = out;
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

    pub(super) fn arithmetic_int(
        &mut self,
        dst: Register,
        op: ArithmeticOp,
        lhs: Operand,
        rhs: Operand,
    ) {
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

    pub(super) fn compare_int(&mut self, dst: Register, op: CompareOp, lhs: Operand, rhs: Operand) {
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

    pub(super) fn compare_str(
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

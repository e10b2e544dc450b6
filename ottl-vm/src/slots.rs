//! Where a call finds the values of its arguments and dynamic keys.

use std::borrow::Cow;

use otlp_columns::{Slice, Value};

use crate::{Operand, Register};

/// One register of the column interpreter: a value for each item of a chunk.
#[derive(Debug)]
pub(crate) enum Vector {
    Value(Vec<Value>),
    Int(Vec<i64>),
    Str(Vec<Slice>),
    Bool(Vec<bool>),
}

impl Vector {
    #[inline]
    pub(crate) fn get(&self, item: u32) -> Value {
        match self {
            Self::Value(values) => values[item as usize],
            Self::Int(values) => Value::Int(values[item as usize]),
            Self::Str(values) => Value::Str(values[item as usize]),
            Self::Bool(values) => Value::Bool(values[item as usize]),
        }
    }
}

/// The values that come with a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slots<'a> {
    /// One after the other.
    Values(&'a [Value]),
    /// Those of an item of a chunk, in registers and constants; nothing is copied to call.
    Columns {
        operands: &'a [Operand],
        registers: &'a [Vector],
        constants: &'a [Value],
        item: u32,
    },
}

impl<'a> Slots<'a> {
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Value {
        match *self {
            Self::Values(values) => values[slot],
            Self::Columns {
                operands,
                registers,
                constants,
                item,
            } => match operands[slot] {
                Operand::Register(Register(register)) => registers[register as usize].get(item),
                Operand::Constant(index) => constants[index as usize],
            },
        }
    }

    /// `count` values from `first` on.
    pub(crate) fn range(&self, first: usize, count: usize) -> Cow<'a, [Value]> {
        match self {
            Self::Values(values) => Cow::Borrowed(&values[first..first + count]),
            Self::Columns { .. } => (first..first + count).map(|slot| self.get(slot)).collect(),
        }
    }
}

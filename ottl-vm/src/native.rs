//! Machine code that runs in place of instructions.
//!
//! This crate makes none and knows nobody who does: whoever can hands a [`Native`] to a
//! [`Program`]. A [`Loop`] stands for neighbouring instructions of one part that cannot fail and that end
//! in a condition. It goes once over the items of a chunk, and leaves what the instructions would have
//! left: a selection, and the registers that are read later.
//!
//! Only the column interpreter runs loops, and only those that are ready; everything can be run without.

use std::fmt;
use std::ops::Range;

use otlp_columns::Batch;

use crate::slots::Vector;
use crate::{Instruction, Program, Register};

/// The loops of a program.
///
/// Nothing has to happen before they are asked for: a program that runs seldom costs nothing.
pub trait Native: fmt::Debug + Send + Sync {
    /// What there are loops for; the same each time.
    fn plan(&self, program: &Program) -> &Plan;

    /// Whether a loop is ready, which it may be from now on if a run over `items` asks for it; with `always`
    /// also where that does not pay.
    fn is_ready(&self, program: &Program, number: usize, items: usize, always: bool) -> bool;

    /// Runs a loop, of which `chunk` is told what it wants. Whether it ran: it may not be ready, or
    /// not be able to read the batch.
    fn run(&self, program: &Program, number: usize, chunk: &mut Chunk<'_>) -> bool;
}

/// Which instructions there are loops for, and which not.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of the instructions, without overlaps.
    pub loops: Vec<Loop>,
    /// Parts that run together when they are interpreted, and one by one where their loops are ready:
    /// each has one for all of its condition, and they share nothing that is worth more.
    pub apart: Vec<Apart>,
    /// The conditions that are interpreted, wholly or in part, in the order of parts.
    pub declined: Vec<Declined>,
}

/// Parts that run one by one where their loops are ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The parts.
    pub parts: Range<usize>,
    /// The numbers of their loops.
    pub loops: Range<usize>,
}

/// Instructions of a part for which there is machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// The part.
    pub part: usize,
    /// The instructions; the last one is the guard that takes the condition, if one does.
    pub code: Range<usize>,
    /// Where the condition is.
    pub condition: Register,
    /// The value with which items enter the guard. Without one the loop only fills the register.
    pub guard: Option<bool>,
    /// Whether the register with the condition is read later.
    pub keeps: bool,
    /// Instructions of those that are run again for the items that entered: they fill registers that are
    /// read later.
    pub repeated: Vec<u32>,
}

/// A condition, or a part of one, that no loop stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// The part it belongs to.
    pub part: usize,
    /// The instruction.
    pub at: usize,
    /// Why.
    pub why: Unsupported,
}

/// Why there is no machine code for an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The instruction's name in disassembly.
    pub instruction: &'static str,
    /// What of it is not supported.
    pub reason: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.instruction, self.reason)
    }
}

impl std::error::Error for Unsupported {}

/// Items that a loop is run for, and where it puts what it finds.
#[derive(Debug)]
pub struct Chunk<'a> {
    /// The batch.
    pub batch: &'a Batch,
    /// The row of the chunk's first item.
    pub base: usize,
    /// The items, counted from the first one, in ascending order.
    pub items: &'a [u32],
    /// What other registers hold.
    pub conditions: Conditions<'a>,
    /// Where those go that enter the guard; empty before.
    pub entered: &'a mut Vec<u32>,
    /// The register of the condition, with an element for each item of the chunk.
    pub held: &'a mut [bool],
    /// Whether to run also where that does not pay.
    pub always: bool,
}

/// Registers of a machine, of which conditions can be seen.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a>(pub(crate) &'a [Vector]);

impl<'a> Conditions<'a> {
    /// The conditions in a register, one for each item of the chunk; nothing where it holds others.
    #[must_use]
    pub fn get(self, register: Register) -> Option<&'a [bool]> {
        match self.0.get(register.0 as usize)? {
            Vector::Bool(held) => Some(held),
            Vector::Value(_) | Vector::Int(_) | Vector::Str(_) => None,
        }
    }
}

impl Instruction {
    /// The register that the instruction fills.
    #[must_use]
    pub fn fills(&self) -> Option<Register> {
        crate::verify::destination(self)
    }

    /// Shows each register that the instruction reads.
    pub fn reads(&self, visitor: &mut dyn FnMut(Register)) {
        use crate::Operand;
        use crate::instruction::Use;

        let filled = self.fills();
        // No instruction reads the register that it fills; see the verifier.
        self.visit(&mut |_, operand| {
            if let Use::Operand(Operand::Register(register)) = operand
                && Some(register) != filled
            {
                visitor(register);
            }
        });
    }
}

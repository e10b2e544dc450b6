//! Programs whose conditions can be looked into.
//!
//! A probed program is the program that is run, and behind its parts further ones, which no group
//! runs: one for each value and each comparison that the conditions consist of. Whoever steps
//! through the program evaluates them between its parts, and so learns why a condition did not hold
//! from the same instructions that decided it.

use ottl_syntax::Span;
use ottl_vm::CompareOp;

/// The probes of a program, which are its last parts.
#[derive(Debug)]
pub struct Probes {
    /// For each part that is no probe its condition: that of a statement if it has one, or what the
    /// part itself is when it is a condition.
    pub conditions: Vec<Option<Probe>>,
    /// The part whose result is the cache of the context, where statements can have changed it.
    pub cache: Option<usize>,
}

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It holds always or never, which was known when it was compiled.
    Known(bool),
    /// A comparison.
    Compare {
        /// How it is written.
        text: String,
        /// The operator.
        op: CompareOp,
        /// The left side.
        lhs: ValueProbe,
        /// The right side.
        rhs: ValueProbe,
        /// The part whose result is whether it holds.
        truth: usize,
    },
    /// Whether a value is in a list of literals.
    In {
        /// How it is written.
        text: String,
        /// The value.
        value: ValueProbe,
        /// The part whose result is whether it holds.
        truth: usize,
    },
    /// A value that is a boolean.
    Truth {
        /// The value.
        value: ValueProbe,
        /// The part whose result is whether it holds.
        truth: usize,
    },
    /// The opposite.
    Not(Box<Self>),
    /// All of them, from left to right up to the first that does not hold.
    And(Vec<Self>),
    /// One of them, from left to right up to the first that holds.
    Or(Vec<Self>),
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueProbe {
    /// How it is written.
    pub text: String,
    /// The part whose result it is.
    pub part: usize,
    /// Whether it is known when it is compiled.
    pub is_literal: bool,
    /// The values it is computed from, but for literals, and not deeper than eight levels.
    pub inputs: Vec<Self>,
}

/// How deep values are looked into.
const MAX_DEPTH: usize = 8;

/// The texts of one source, which parts of a condition are cut from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    /// What is there of the source, and the place at which it begins.
    text: &'a str,
    start: u32,
    /// How many values the one that is looked at is an input of.
    depth: usize,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(text: &'a str, start: u32) -> Self {
        Self {
            text,
            start,
            depth: 0,
        }
    }

    /// The same for the inputs of a value, unless they are too deep in it: each level is generated
    /// once more.
    pub(crate) fn inside(self) -> Option<Self> {
        let depth = self.depth + 1;
        (depth <= MAX_DEPTH).then_some(Self { depth, ..self })
    }

    /// What stands at a place, on one line.
    pub(crate) fn at(&self, span: Span) -> String {
        let start = span.start.saturating_sub(self.start) as usize;
        let end = span.end.saturating_sub(self.start) as usize;
        let written = self.text.get(start..end).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

//! What the language is, beside its functions.
//!
//! The same sources with the same options and functions always make the same program.

use ottl_syntax::{Dialect, Limits};
use ottl_vm::PatternLimits;

/// The language that sources are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which forms are allowed.
    pub dialect: Dialect,
    /// How much a source may demand.
    pub limits: Limits,
    /// How much memory compiled patterns may take.
    pub patterns: PatternLimits,
}

impl Options {
    /// Whether the `selfops` dialect is spoken.
    #[must_use]
    pub fn selfops(&self) -> bool {
        self.dialect == Dialect::Selfops
    }
}

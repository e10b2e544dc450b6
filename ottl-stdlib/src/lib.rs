//! The standard functions of OTTL, one file each.
//!
//! A function is a type that implements [`Function`]; a line in [`registry`] makes it exist.
//! No other place knows its name. `docs/add-a-function.md` has the steps.

mod functions;
#[cfg(test)]
mod limits;
mod support;
#[cfg(test)]
mod testing;

use ottl_vm::Function;

/// Every standard function.
#[must_use]
pub fn registry() -> Vec<Box<dyn Function>> {
    functions::all()
}

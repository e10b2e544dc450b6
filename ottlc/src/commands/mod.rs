//! One module for each command.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod fmt;
pub(crate) mod run;

//! One module for each command.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod completions;
mod config;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod functions;
#[cfg(feature = "lsp")]
pub(crate) mod lsp;
pub(crate) mod man;
pub(crate) mod run;
pub(crate) mod test;
pub(crate) mod trace;

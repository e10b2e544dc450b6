//! The program as its users see it. One binary, which links once.

mod bench;
mod check;
mod common;
mod completions;
mod config_check;
mod config_run;
mod damaged;
mod examples;
mod explain;
mod flatten;
mod fmt;
mod fmt_cases;
mod functions;
mod limits;
#[cfg(feature = "lsp")]
mod lsp_features;
#[cfg(feature = "lsp")]
mod lsp_protocol;
mod observe;
mod run;
mod run_threads;
mod test;
mod trace;

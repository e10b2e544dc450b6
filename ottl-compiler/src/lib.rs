//! OTTL syntax trees to typed HIR to bytecode.
//!
//! [`Language`] has the ways in. The stages are: the context is inferred from the paths, names are
//! resolved and arguments checked ([`hir`]), what cannot work is reported, effects decide which
//! statements must run by rows, and instructions are generated.
//!
//! Sources come from strangers: every stage takes time and memory in proportion to the length of
//! the source, as good as, and the number of problems is limited.
//!
//! Nothing here runs a program or reads a message: this crate knows what OTLP's fields are called,
//! not what they contain.

mod call;
mod codegen;
mod compile;
mod definitions;
pub mod dump;
mod effects;
pub mod enums;
mod expansion;
mod groups;
pub mod hir;
mod incomplete;
mod infer;
#[cfg(feature = "jit")]
pub mod jit;
mod lambda;
mod lint;
mod literal;
mod lower;
mod optimise;
mod options;
mod paths;
mod probe;
mod problems;
mod registry;
mod sources;
mod suggest;

pub use call::{declaration, describe_param};
pub use compile::{Checked, Compiled, Language, Target};
pub use lint::{Lint, Lints, conventional_keys};
pub use optimise::{Pass, Passes};
pub use options::{Component, Gates, Options};
pub use probe::{Probe, Probes, ValueProbe};
pub use problems::Problem;
pub use registry::Registry;
pub use sources::Group;
pub use suggest::nearest;

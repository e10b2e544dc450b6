//! Conformance cases with the reference's answers, and the tools that write and compare them.
//!
//! The corpus is engine-neutral: a case names a context, some OTTL sources and one OTLP/JSON
//! message, and carries the answer that the reference implementation gave. `FORMAT.md` describes
//! the exchange format, `README.md` how cases are added and answers regenerated.
//!
//! - [`case`] is one case as it stands in `cases/*.jsonl`.
//! - [`compare`] decides whether an answer equals the expected one.
//! - [`table`] expands the hand-written tables of `cases-src/` to cases without answers.
//! - [`random`] writes random cases without answers.
//! - [`mod@reference`] asks a program for the reference's answers, and [`shrink`] makes a case smaller.
//! - [`tree`] finds the calls in a source.
//! - [`references`] brings messages of profiles into the form of the answers.
//! - [`eval`] answers a case with this project's engine, and [`answer`] reads answers from a file.

pub mod answer;
pub mod case;
pub mod compare;
mod components;
pub mod eval;
mod order;
pub mod random;
pub mod reference;
pub mod references;
pub mod shrink;
pub mod table;
pub mod tree;

//! What this project is measured with: data, scenarios, and the benchmarks over them.
//!
//! `cargo bench -p benches` measures the parts of the engine one by one, `cargo xtask
//! bench-vs-reference` the whole beside the reference implementation and VRL; `docs/benchmarks.md` says
//! how to read either. The tests of this crate hold what can be held without a clock: allocations and
//! peak memory.
//!
//! Nothing here is part of what users link.

pub mod data;
pub mod scenarios;

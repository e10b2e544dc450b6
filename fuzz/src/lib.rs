//! What each fuzz target checks, as a function of bytes that panics when it does not hold.
//!
//! The targets in `fuzz_targets/` call these, and so does a test of `spec-tests`, which replays the
//! files of `regressions/` with an ordinary toolchain. Nothing here depends on the fuzzer.

mod configs;
mod decode;
mod engines;
mod format;
mod functions;
mod messages;
mod native;
mod programs;
mod source;

pub use configs::configs;
pub use decode::decode;
pub use engines::engines;
pub use format::format;
pub use functions::functions;
pub use messages::messages;
pub use native::native;
pub use source::{parse, print_roundtrip};

//! The limits of an engine, in one place.

use otlp_columns::{BatchLimits, PoolLimits};
use ottl_syntax::Limits;
use ottl_vm::{PatternLimits, RunLimits};

/// How much sources, messages and runs may demand. Every limit has a default that is safe for
/// sources and messages of strangers.
///
/// | limit | unit | default | when it is hit |
/// | --- | --- | --- | --- |
/// | [`source.max_source_bytes`](Limits::max_source_bytes) | bytes | 1 MiB | the source is rejected |
/// | [`source.max_depth`](Limits::max_depth) | brackets | 64 | the source is rejected |
/// | [`source.max_diagnostics`](Limits::max_diagnostics) | problems | 100 | further ones are left out |
/// | [`patterns.max_bytes`](PatternLimits::max_bytes) | bytes of the automaton of a pattern of the source | 32 MiB | the source is rejected |
/// | [`patterns.max_total_bytes`](PatternLimits::max_total_bytes) | bytes of all compiled patterns of the source | 256 MiB | the source is rejected |
/// | [`patterns.max_cache_bytes`](PatternLimits::max_cache_bytes) | bytes of what searches for the patterns of the source keep, for each thread | 1 GiB | searches take longer |
/// | [`patterns.max_kept_bytes`](PatternLimits::max_kept_bytes) | bytes of compiled patterns of the data | 64 MiB | fewer are kept for the next item |
/// | [`batch.growth_factor`](BatchLimits::growth_factor) | bytes for each byte of the message | 32 | [`RunError::OutOfMemory`] |
/// | [`batch.min_growth`](BatchLimits::min_growth) | bytes that are allowed in any case | 64 MiB | [`RunError::OutOfMemory`] |
/// | [`pool.max_bytes`](PoolLimits::max_bytes) | bytes that batches leave behind for later ones, of all scripts of an engine together | 64 MiB | more goes back to the system |
/// | [`run.work_factor`](RunLimits::work_factor) | units of work for each byte of the message | 1,000 | [`RunError::OutOfWork`] |
/// | [`run.min_work`](RunLimits::min_work) | units of work that are allowed in any case | 1,000,000,000 | [`RunError::OutOfWork`] |
/// | [`run.max_string_bytes`](RunLimits::max_string_bytes) | bytes of a text made by a function | 64 MiB | the statement fails on the item |
/// | [`run.max_depth`](RunLimits::max_depth) | levels of values read from text | 100 | the statement fails on the item |
/// | [`run.max_iterations`](RunLimits::max_iterations) | calls of lambdas for one item by one call of a function | 1,000,000 | the statement fails on the item |
/// | [`run.max_reported_errors`](RunLimits::max_reported_errors) | failures with a reason | 10 | further ones are only counted |
/// | [`run.max_shared_bytes`](RunLimits::max_shared_bytes) | bytes of a cache that messages share | 1 MiB | [`RunError::SharedCacheFull`] |
///
/// A run that hits one of the limits on memory or work stops under every error mode. A limit on
/// time is not among them, since nothing here reads a clock: set one with
/// [`Script::run_until`](crate::Script::run_until).
///
/// These limits are fixed: a stored value has at most a million parts and 256 MiB of text, a
/// value nests at most 64 deep, and a pattern that comes with the data has at most 64 KiB and takes
/// at most 1 MiB as an automaton and 512 KiB for what searches keep.
///
/// [`RunError::OutOfMemory`]: crate::RunError::OutOfMemory
/// [`RunError::OutOfWork`]: crate::RunError::OutOfWork
/// [`RunError::SharedCacheFull`]: crate::RunError::SharedCacheFull
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineLimits {
    /// How much a source may demand.
    pub source: Limits,
    /// How much memory compiled patterns may take.
    pub patterns: PatternLimits,
    /// How much memory a message and what is made of it may take.
    pub batch: BatchLimits,
    /// How much memory is kept from one message to the next.
    pub pool: PoolLimits,
    /// How much a run may demand.
    pub run: RunLimits,
}

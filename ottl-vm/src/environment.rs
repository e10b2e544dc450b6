//! What a program may ask of the world around it: the time, chance, the local time zone.
//!
//! All of it is passed in, so that a run can be repeated. Nothing in this crate reads a clock.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;

/// The world around a program.
pub trait Environment: Send + Sync {
    /// The present time in UTC.
    fn now(&self) -> Timestamp;

    /// 64 random bits.
    fn random(&self) -> u64;

    /// The zone that a time without one is in.
    fn local_zone(&self) -> TimeZone;
}

/// How a program runs.
#[derive(Clone)]
pub struct ExecSettings {
    /// The world around the program.
    pub environment: Arc<dyn Environment>,
    /// What happens when a statement fails on an item.
    pub error_mode: ErrorMode,
    /// How many failures are reported with their reason; further ones are only counted.
    pub max_reported_errors: usize,
    /// How deep nested values may be walked.
    pub max_depth: usize,
    /// How many bytes one string made by a function may have.
    pub max_string_bytes: usize,
}

/// What happens when a statement fails on an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ErrorMode {
    /// The run stops with the first failure in reference order: item by item, statement by
    /// statement.
    #[default]
    Propagate,
    /// The failure is counted and reported; the item goes on with the next statement.
    Ignore,
    /// The failure is only counted.
    Silent,
}

impl ExecSettings {
    /// Default limits in `environment`, with [`ErrorMode::Propagate`].
    #[must_use]
    pub fn new(environment: Arc<dyn Environment>) -> Self {
        Self {
            environment,
            error_mode: ErrorMode::default(),
            max_reported_errors: 10,
            max_depth: 100,
            max_string_bytes: 64 << 20,
        }
    }
}

impl fmt::Debug for ExecSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSettings")
            .field("error_mode", &self.error_mode)
            .field("max_reported_errors", &self.max_reported_errors)
            .field("max_depth", &self.max_depth)
            .field("max_string_bytes", &self.max_string_bytes)
            .finish_non_exhaustive()
    }
}

/// A world that stands still: one time, a counter for chance, UTC. For tests and examples.
#[derive(Debug, Default)]
pub struct FixedEnvironment {
    /// The time that [`Environment::now`] tells, in nanoseconds since the epoch.
    pub now_unix_nanos: i64,
    counter: std::sync::atomic::AtomicU64,
}

impl FixedEnvironment {
    /// The world at `now_unix_nanos`.
    #[must_use]
    pub fn at(now_unix_nanos: i64) -> Self {
        Self {
            now_unix_nanos,
            counter: std::sync::atomic::AtomicU64::new(0),
        }
    }
}

impl Environment for FixedEnvironment {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.now_unix_nanos)
    }

    fn random(&self) -> u64 {
        self.counter
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

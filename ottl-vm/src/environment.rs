//! What a program may ask of the world around it: the time, chance, the local time zone.
//!
//! All of it is passed in, so that a run can be repeated. Nothing in this crate reads a clock.

use std::fmt;
use std::sync::Arc;

use jiff::tz::TimeZone;
use otlp_columns::{Batch, Interrupt, Timestamp};

use crate::{Program, Request, RunLimits, StatementError};

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
    /// How much a run may demand.
    pub limits: RunLimits,
    /// Asked when a run begins its work, and about every 16,000 units of it: with `true` the run
    /// stops. So whoever has a clock can set a deadline. It should be quick.
    pub interrupt: Option<Arc<Interrupt>>,
    /// What is known of the request that brought the message.
    pub request: Option<Arc<Request>>,
    /// Who is told of failures under [`ErrorMode::Ignore`], with the item at hand.
    pub failures: Option<Arc<dyn FailureSink>>,
}

/// Somebody who wants to know of failures that are ignored.
pub trait FailureSink: Send + Sync {
    /// Tells of a failure while the item is as it was when the statement failed on it. Where a
    /// program runs by columns, neighbours may already have written to what they share with it.
    fn failed(&self, failed: &FailedItem<'_>);
}

/// An item that a statement failed on, and what is around it.
#[derive(Clone, Copy)]
pub struct FailedItem<'a> {
    /// The program.
    pub program: &'a Program,
    /// The item's batch.
    pub batch: &'a Batch,
    /// Its row in the batch.
    pub row: usize,
    /// The statement, the number of the item in the run, and the reason.
    pub failure: &'a StatementError,
    /// The world around the program.
    pub environment: &'a dyn Environment,
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
            limits: RunLimits::default(),
            interrupt: None,
            request: None,
            failures: None,
        }
    }
}

impl fmt::Debug for ExecSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSettings")
            .field("error_mode", &self.error_mode)
            .field("limits", &self.limits)
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

//! What a run did.

use std::fmt;

use otlp_columns::{BitSet, Stop};

use crate::ExecError;

/// What a run did, statement by statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of items the program ran over.
    pub items: u64,
    /// One for each statement, in source order.
    pub statements: Vec<StatementReport>,
    /// The first failures, with their reasons; none under the silent error mode.
    pub errors: Vec<StatementError>,
    /// For each output of the program the rows of the context that were routed to it.
    pub routes: Vec<BitSet>,
    /// Data points that were left out because they were merged into others, by whoever runs the
    /// program; a run itself merges none.
    pub merged_points: u64,
}

/// What one statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatementReport {
    /// Items whose condition held.
    pub matched: u64,
    /// Items of which something changed.
    pub changed: u64,
    /// Items on which it failed.
    pub failed: u64,
}

/// A statement that failed on an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementError {
    /// Index of the statement.
    pub statement: usize,
    /// Row of the item among those of the context.
    pub item: usize,
    /// Why.
    pub error: ExecError,
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Statement {} failed on item {}: {}",
            self.statement + 1,
            self.item,
            self.error
        )
    }
}

/// Why a run stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// A statement failed under [`ErrorMode::Propagate`](crate::ErrorMode::Propagate).
    Statement(StatementError),
    /// The values made by the program would take more memory than the batch may.
    OutOfMemory,
    /// The program needs more work than [`RunLimits`](crate::RunLimits) allow for this message.
    OutOfWork,
    /// The interrupt that was handed in with the batch said to stop.
    Interrupted,
    /// What the statements left in the cache that items and messages share takes more than this
    /// many bytes.
    SharedCacheFull(usize),
}

impl From<Stop> for RunError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Work => Self::OutOfWork,
            Stop::Memory => Self::OutOfMemory,
            Stop::Interrupt => Self::Interrupted,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(error) => error.fmt(f),
            Self::OutOfMemory => f.write_str(
                "The program makes more data than the limit for this message allows. Make the \
                 program write less, or split the message.",
            ),
            Self::OutOfWork => f.write_str(
                "The program needs more work than the limit for this message allows. Make the \
                 program or its patterns simpler, split the message, or raise the limit.",
            ),
            Self::SharedCacheFull(limit) => write!(
                f,
                "The cache that items and messages share would hold more than {limit} bytes. \
                 Remove from it what is no longer needed, with `delete_key` or `keep_keys`."
            ),
            Self::Interrupted => f.write_str(
                "The run was stopped from outside before it was done. Give it more time, or a \
                 smaller message.",
            ),
        }
    }
}

impl std::error::Error for RunError {}

impl Report {
    /// Adds what another run of the same program did, but for its routes, which are rows of another
    /// batch.
    pub fn merge(&mut self, other: &Self, max_errors: usize) {
        self.items += other.items;
        self.merged_points += other.merged_points;
        self.statements.resize(
            self.statements.len().max(other.statements.len()),
            StatementReport::default(),
        );
        for (sum, part) in self.statements.iter_mut().zip(&other.statements) {
            sum.matched += part.matched;
            sum.changed += part.changed;
            sum.failed += part.failed;
        }
        let room = max_errors.saturating_sub(self.errors.len());
        self.errors.extend(other.errors.iter().take(room).cloned());
    }
}

//! Running components over messages.

pub(super) mod filter;
pub(super) mod routing;
pub(super) mod transform;

use otlp_columns::{Batch, Level, Shape};
use ottl_vm::{Report, RunError};

use crate::{Condition, Mask, RunContext, Script};

/// Runs scripts and conditions, with what comes from outside for the message.
pub(super) struct Runner<'a> {
    pub(super) context: &'a RunContext,
}

impl Runner<'_> {
    fn script(&self, script: &Script, batch: &mut Batch) -> Result<Report, RunError> {
        script.run_with(batch, self.context)
    }

    fn condition(&self, condition: &Condition, batch: &mut Batch) -> Result<Mask, RunError> {
        condition.eval_with(batch, self.context)
    }
}

/// Whether nothing of a row is left: it has no children that are not dropped.
fn is_empty(batch: &Batch, level: Level, below: Level, row: usize) -> bool {
    let dropped = batch.dropped(below);
    batch
        .children(level, row)
        .all(|child| dropped.contains(child))
}

/// Whether a row may be dropped for having no children. Metrics without a type stay, since what
/// their children are is not known.
fn may_be_empty(batch: &Batch, level: Level, row: usize) -> bool {
    level != Level::Metric || batch.shape(level, row) != Shape::None
}

/// Whether every resource of the message is dropped.
fn is_void(batch: &Batch) -> bool {
    let dropped = batch.dropped(Level::Resource);
    (0..batch.rows(Level::Resource)).all(|row| dropped.contains(row))
}

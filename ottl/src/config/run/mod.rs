//! Running components over messages.

pub(super) mod filter;
pub(super) mod routing;
pub(super) mod transform;

use otlp_columns::{Batch, Level, Shape};
use ottl_vm::{Report, Request, RunError};

use crate::{Condition, Mask, RunContext, Script, SharedCache};

/// Runs scripts and conditions, with what comes from outside for the message.
pub(super) struct Runner<'a> {
    context: &'a RunContext,
    /// Whether statements run item by item, and what they did before a failure is told.
    in_order: bool,
}

impl<'a> Runner<'a> {
    pub(super) fn new(context: &'a RunContext) -> Self {
        Self {
            context,
            in_order: false,
        }
    }

    pub(super) fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    fn request(&self) -> Option<&Request> {
        self.context.request.as_deref()
    }

    /// Runs a script, with the cache that its items share with others if they do. What it did comes
    /// to `report`.
    fn script(
        &self,
        script: &Script,
        batch: &mut Batch,
        cache: Option<&mut SharedCache>,
        report: &mut Report,
    ) -> Result<(), RunError> {
        if self.in_order {
            let mut own = SharedCache::default();
            let cache = cache.unwrap_or(&mut own);
            return script.run_in_order(batch, cache, self.context, report);
        }
        *report = match cache {
            Some(cache) => script.run_shared(batch, cache, self.context)?,
            None => script.run_with(batch, self.context)?,
        };
        Ok(())
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

/// How many items of the message are left: neither they nor anything they belong to is dropped.
fn items(batch: &Batch) -> u64 {
    let levels = batch.signal().levels();
    let item = batch.signal().item_level();
    let depth = levels.iter().position(|level| *level == item).unwrap_or(0);
    let mut levels_above = levels[..=depth].iter();
    if levels_above.all(|level| batch.dropped(*level).is_empty()) {
        return batch.rows(item) as u64;
    }
    let is_left = |row: &usize| {
        levels[..=depth].iter().all(|level| {
            !batch
                .dropped(*level)
                .contains(batch.ancestor(item, *row, *level))
        })
    };
    (0..batch.rows(item)).filter(is_left).count() as u64
}

/// Whether every resource of the message is dropped.
fn is_void(batch: &Batch) -> bool {
    let dropped = batch.dropped(Level::Resource);
    (0..batch.rows(Level::Resource)).all(|row| dropped.contains(row))
}

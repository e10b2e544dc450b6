//! Running components over messages.
//!
//! This is the one place that says what a component does with an item. Whoever wants to know why
//! has a [`Follower`] look on: a trace is a run.

pub(super) mod filter;
pub(super) mod routing;
pub(super) mod transform;

use otlp_columns::{Batch, Level, Shape};
use ottl_syntax::Span;
use ottl_vm::{Report, RunError};

use super::follow::Follower;
use crate::{Condition, Mask, RunContext, Script, SharedCache};

/// Runs scripts and conditions, with what comes from outside for the message.
pub(super) struct Runner<'a> {
    context: &'a RunContext,
    /// Whether statements run item by item, and what they did before a failure is told.
    in_order: bool,
    follower: Option<&'a mut Follower>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(context: &'a RunContext) -> Self {
        Self {
            context,
            in_order: false,
            follower: None,
        }
    }

    pub(super) fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// The same while somebody looks at one item.
    pub(super) fn followed(self, follower: &'a mut Follower) -> Self {
        Self {
            follower: Some(follower),
            ..self
        }
    }

    /// Begins with a message. Its items have the numbers here that they have in what came in, and so
    /// has what they belong to, unless they have that for themselves: then what has no items may be
    /// left out already.
    fn begin(&mut self, batch: &mut Batch) {
        if let Some(follower) = &mut self.follower {
            follower.begin(batch);
        }
    }

    /// Ends with what is left of the message.
    fn end(&mut self, batch: &Batch) {
        if let Some(follower) = &mut self.follower {
            follower.end(batch);
        }
    }

    /// Runs a script whose parts stand at `sources`, with the cache that its items share with others if
    /// they do. What it did comes to `report`.
    fn script(
        &mut self,
        (span, sources): (Span, &[Span]),
        script: &Script,
        batch: &mut Batch,
        (cache, report): (Option<&mut SharedCache>, &mut Report),
    ) -> Result<(), RunError> {
        if self.in_order {
            let mut own = SharedCache::default();
            let cache = cache.unwrap_or(&mut own);
            return script.run_in_order(batch, cache, self.context, report);
        }
        *report = match (&mut self.follower, cache) {
            (Some(follower), cache) => {
                let parts = (span, sources);
                follower.script(parts, script, batch, (cache, self.context))?
            }
            (None, Some(cache)) => script.run_shared(batch, cache, self.context)?,
            (None, None) => script.run_with(batch, self.context)?,
        };
        Ok(())
    }

    /// Asks a condition. Of a filter it is the rule with a number, and shown if the item gets there.
    fn condition(
        &mut self,
        (span, rule): (Span, Option<usize>),
        condition: &Condition,
        batch: &mut Batch,
    ) -> Result<Mask, RunError> {
        match &mut self.follower {
            Some(follower) => {
                let asked = follower.condition(span, condition, batch, self.context)?;
                follower.show(asked.1, rule);
                Ok(asked.0)
            }
            None => condition.eval_with(batch, self.context),
        }
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
    let rows = 0..batch.rows(item);
    rows.filter(|row| batch.is_left(item, *row)).count() as u64
}

/// Whether every resource of the message is dropped.
fn is_void(batch: &Batch) -> bool {
    let dropped = batch.dropped(Level::Resource);
    (0..batch.rows(Level::Resource)).all(|row| dropped.contains(row))
}

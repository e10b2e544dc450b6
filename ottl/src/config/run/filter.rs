//! Running the filter processor: what a condition holds for is dropped, and then what is empty.
//!
//! From processor/filterprocessor: the conditions of a group are asked from resources down, and only
//! about what is left; of several for one context the first that holds decides.

use bytes::Bytes;
use otlp_columns::{Batch, BitSet, Level, Projection, Signal};
use ottl_syntax::Span;
use ottl_vm::{ErrorMode, ExecError};

use super::{Runner, is_empty, is_void, items, may_be_empty};
use crate::config::error::PipelineError;
use crate::config::filter::Decides;
use crate::config::follow::Follower;
use crate::config::pipeline::{
    ConditionReport, Failure, FilterProgram, FilterRule, ItemCounts, Outcome, Output,
};
use crate::{EngineLimits, Mask};

pub(in crate::config) fn run(
    runner: &mut Runner<'_>,
    limits: &EngineLimits,
    groups: &[FilterProgram],
    (signal, message): (Signal, Bytes),
    outcome: &mut Outcome,
) -> Result<(), PipelineError> {
    let groups: Vec<_> = groups
        .iter()
        .filter(|group| group.signal == signal)
        .collect();
    if groups.is_empty() {
        outcome.outputs.push(Output {
            pipeline: None,
            message,
        });
        return Ok(());
    }
    let projection = Projection::new(signal.item_level());
    let mut batch = Batch::decode_projected(signal, message, &projection, limits.batch)?;
    // Asking may read the message anew, so that rows keep their numbers only until the first is
    // dropped. Conditions change nothing.
    runner.begin(&mut batch);
    let before = items(&batch);
    let mut asked = Vec::with_capacity(groups.len());
    let mut number = 0;
    for group in &groups {
        let first = number;
        let mut masks = Vec::with_capacity(group.rules.len());
        for rule in &group.rules {
            masks.push(runner.rule(number, rule, &mut batch)?);
            number += 1;
        }
        asked.push((first, masks));
    }
    let mut failed = None;
    let mut was_void = false;
    for (group, (first, masks)) in groups.iter().zip(&asked) {
        let mut pass = Pass {
            group,
            first: *first,
            masks,
            follower: runner.follower.as_deref_mut(),
            batch: &mut batch,
            reports: group.rules.iter().map(report).collect(),
            max_failures: limits.run.max_reported_errors,
            failures: &mut outcome.failures,
            failed: None,
        };
        pass.run();
        let reports = std::mem::take(&mut pass.reports);
        failed = failed.or(pass.failed);
        if let Some(follower) = pass.follower {
            follower.settle(group.signal, first + group.rules.len());
        }
        outcome.conditions.extend(reports);
        // The reference forgets errors when nothing is left to be sent.
        was_void |= !group.is_old && is_void(&batch);
    }
    runner.end(&batch);
    outcome.items = Some(ItemCounts {
        before,
        after: items(&batch),
    });
    if let Some(Failure { span, item, error }) = failed.filter(|_| !was_void) {
        return Err(PipelineError::Failed { span, item, error });
    }
    if !is_void(&batch) {
        outcome.outputs.push(Output {
            pipeline: None,
            message: batch.try_encode()?,
        });
    }
    Ok(())
}

impl Runner<'_> {
    /// The rows that a rule drops, if it gets to them.
    fn rule(
        &mut self,
        number: usize,
        rule: &FilterRule,
        batch: &mut Batch,
    ) -> Result<Mask, PipelineError> {
        let place = (rule.span, Some(number));
        let mask = self.condition(place, &rule.condition, batch)?;
        let Decides::Metrics { dropped } = rule.decides else {
            return Ok(mask);
        };
        if let Some(follower) = &mut self.follower {
            let deciding = follower.deciding(&mask, batch);
            if let Some(point) = deciding {
                let context = self.context;
                follower.look_at(
                    number,
                    (rule.span, &rule.condition),
                    (batch, point),
                    context,
                )?;
            }
        }
        Ok(of_metrics(&mask, dropped, batch))
    }
}

/// One group's way through a message.
struct Pass<'a> {
    group: &'a FilterProgram,
    /// The number of its first rule among those of all groups.
    first: usize,
    masks: &'a [Mask],
    follower: Option<&'a mut Follower>,
    batch: &'a mut Batch,
    /// One for each rule.
    reports: Vec<ConditionReport>,
    /// How many failures are kept with their reasons.
    max_failures: usize,
    failures: &'a mut Vec<Failure>,
    /// The first failure that is to be propagated.
    failed: Option<Failure>,
}

/// What the conditions of a context say of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Keep,
    /// The condition at this place holds, or for a metric had to hold and did not.
    Drop(Span, bool),
    /// It stays, and what is below is not asked about.
    Failed,
}

impl Pass<'_> {
    fn run(&mut self) {
        let levels = self.levels();
        // The rows whose children are asked about, level by level.
        let mut entered: Vec<BitSet> = Vec::with_capacity(levels.len());
        for (depth, level) in levels.iter().copied().enumerate() {
            let rows = self.batch.rows(level);
            let mut into = BitSet::new(rows);
            for row in 0..rows {
                let is_reached =
                    depth == 0 || entered[depth - 1].contains(self.batch.parent(level, row));
                if !is_reached || self.batch.dropped(level).contains(row) {
                    continue;
                }
                match self.verdict(level, row) {
                    Verdict::Keep => into.insert(row),
                    Verdict::Drop(span, held) => self.drop(level, row, (Some(span), held)),
                    Verdict::Failed => {}
                }
            }
            entered.push(into);
        }
        for (depth, level) in levels.iter().copied().enumerate().rev() {
            let below = levels.get(depth + 1).copied();
            let rows: Vec<_> = entered[depth].iter().collect();
            for row in rows {
                self.drop_empty(level, below, row);
            }
        }
    }

    /// The levels from resources down to the last one that is asked about.
    fn levels(&self) -> Vec<Level> {
        let all = self.group.signal.levels();
        let is_asked = |level: &Level| self.group.contexts.contains(level);
        let last = all.iter().rposition(is_asked).unwrap_or(0);
        all[..=last].to_vec()
    }

    /// Drops a row if nothing is left in it. `below` is the level below when that was asked about.
    fn drop_empty(&mut self, level: Level, below: Option<Level>, row: usize) {
        let below = match (level, below) {
            // A span without events is a span.
            (Level::Span, _) => None,
            (Level::Resource | Level::Scope, None) => next(self.group.signal, level),
            (_, below) => below,
        };
        let Some(below) = below else {
            return;
        };
        if may_be_empty(self.batch, level, row) && is_empty(self.batch, level, below, row) {
            self.drop(level, row, (None, true));
        }
    }

    /// Drops a row for a condition, or because nothing is left in it.
    fn drop(&mut self, level: Level, row: usize, why: (Option<Span>, bool)) {
        if let Some(follower) = &mut self.follower {
            follower.drop(self.batch, level, row, why);
        }
        self.batch.drop_row(level, row);
    }

    fn verdict(&mut self, level: Level, row: usize) -> Verdict {
        let rules = self.group.rules.iter().zip(self.masks);
        for (number, ((rule, mask), report)) in rules.zip(&mut self.reports).enumerate() {
            if rule.context() != level {
                continue;
            }
            report.asked += 1;
            if let Some(follower) = &mut self.follower {
                follower.reach(self.batch, self.first + number, (level, row));
            }
            if mask.matched.contains(row) {
                report.matched += 1;
                return Verdict::Drop(rule.span, rule.drops_what_holds());
            }
            let Some(error) = failure(mask, row) else {
                continue;
            };
            report.failed += 1;
            let failure = Failure {
                span: rule.span,
                item: row,
                error: error.clone(),
            };
            match self.group.error_mode {
                ErrorMode::Propagate => {
                    self.failed.get_or_insert(failure);
                    return Verdict::Failed;
                }
                ErrorMode::Ignore if self.failures.len() < self.max_failures => {
                    self.failures.push(failure);
                }
                ErrorMode::Ignore | ErrorMode::Silent => {}
            }
        }
        Verdict::Keep
    }
}

fn report(rule: &FilterRule) -> ConditionReport {
    ConditionReport {
        span: rule.span,
        context: rule.context(),
        asked: 0,
        matched: 0,
        failed: 0,
    }
}

fn next(signal: Signal, level: Level) -> Option<Level> {
    let levels = signal.levels();
    let at = levels.iter().position(|known| *known == level)?;
    levels.get(at + 1).copied()
}

/// Which metrics are dropped for what a condition says of their data points: those with one that it
/// holds for, or all others. The first data point that it holds for or fails on decides.
fn of_metrics(points: &Mask, dropped: bool, batch: &Batch) -> Mask {
    let rows = batch.rows(Level::Metric);
    let mut metrics = Mask {
        matched: BitSet::new(rows),
        failed: Vec::new(),
    };
    for row in 0..rows {
        let mut holds = false;
        let mut error = None;
        for point in batch.children(Level::Metric, row) {
            holds = points.matched.contains(point);
            error = failure(points, point);
            if holds || error.is_some() {
                break;
            }
        }
        match error {
            Some(error) => metrics.failed.push((row, error.clone())),
            None if holds == dropped => metrics.matched.insert(row),
            None => {}
        }
    }
    metrics
}

/// Why a condition could not be evaluated for a row. Failures are in the order of the rows.
fn failure(mask: &Mask, row: usize) -> Option<&ExecError> {
    let at = mask.failed.binary_search_by_key(&row, |(row, _)| *row);
    at.ok().map(|at| &mask.failed[at].1)
}

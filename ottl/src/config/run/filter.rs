//! Running the filter processor: what a condition holds for is dropped, and then what is empty.
//!
//! From processor/filterprocessor: the conditions of a group are asked from resources down, and only
//! about what is left; of several for one context the first that holds decides.

use bytes::Bytes;
use otlp_columns::{Batch, BitSet, Level, Projection, Signal};
use ottl_vm::{ErrorMode, ExecError, RunError};

use super::{Runner, is_empty, is_void, items, may_be_empty};
use crate::config::error::PipelineError;
use crate::config::filter::Decides;
use crate::config::pipeline::{
    ConditionReport, Failure, FilterProgram, FilterRule, ItemCounts, Outcome, Output,
};
use crate::{EngineLimits, Mask};

pub(in crate::config) fn run(
    runner: &Runner<'_>,
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
    let before = items(&batch);
    let mut asked = Vec::with_capacity(groups.len());
    for group in &groups {
        let masks: Result<Vec<_>, RunError> = group
            .rules
            .iter()
            .map(|rule| {
                let mask = runner.condition(&rule.condition, &mut batch)?;
                Ok(match rule.decides {
                    Decides::Items => mask,
                    Decides::Metrics { dropped } => of_metrics(&mask, dropped, &batch),
                })
            })
            .collect();
        asked.push(masks?);
    }
    let mut failed = None;
    let mut was_void = false;
    for (group, masks) in groups.iter().zip(&asked) {
        let mut pass = Pass {
            group,
            masks,
            batch: &mut batch,
            reports: group.rules.iter().map(report).collect(),
            max_failures: limits.run.max_reported_errors,
            failures: &mut outcome.failures,
            failed: None,
        };
        pass.run();
        let reports = std::mem::take(&mut pass.reports);
        failed = failed.or(pass.failed);
        outcome.conditions.extend(reports);
        // The reference forgets errors when nothing is left to be sent.
        was_void |= !group.is_old && is_void(&batch);
    }
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

/// One group's way through a message.
struct Pass<'a> {
    group: &'a FilterProgram,
    masks: &'a [Mask],
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
    Drop,
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
                    Verdict::Drop => self.batch.drop_row(level, row),
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
            self.batch.drop_row(level, row);
        }
    }

    fn verdict(&mut self, level: Level, row: usize) -> Verdict {
        let rules = self.group.rules.iter().zip(self.masks);
        for ((rule, mask), report) in rules.zip(&mut self.reports) {
            if rule.context() != level {
                continue;
            }
            report.asked += 1;
            if mask.matched.contains(row) {
                report.matched += 1;
                return Verdict::Drop;
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
pub(in crate::config) fn of_metrics(points: &Mask, dropped: bool, batch: &Batch) -> Mask {
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

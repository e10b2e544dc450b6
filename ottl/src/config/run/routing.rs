//! Running the routing connector: route after route takes what it matches, the rest goes to the
//! default pipelines.
//!
//! From connector/routingconnector, traces.go and internal/ptraceutil.

use std::collections::HashMap;

use bytes::Bytes;
use otlp_columns::{Batch, BitSet, Level, MapField, Projection, Signal};
use ottl_vm::path::Context;
use ottl_vm::{ErrorMode, Report};

use super::{Runner, is_empty, is_void, items, may_be_empty};
use crate::Script;
use crate::config::error::PipelineError;
use crate::config::pipeline::{
    ConditionReport, Failure, ItemCounts, Outcome, Output, RouteProgram, RouteRule, RoutingProgram,
};

pub(in crate::config) fn run(
    runner: &mut Runner<'_>,
    routing: &RoutingProgram,
    signal: Signal,
    message: Bytes,
    outcome: &mut Outcome,
) -> Result<(), PipelineError> {
    // What any route looks at is read at once: rows that are gone by then would have no numbers any
    // more if the message were read anew for a route.
    let mut projection = Projection::new(signal.item_level());
    let routes = routing.routes.iter().filter(|route| route.signal == signal);
    for program in routes.filter_map(|route| route.rule.program()) {
        projection.merge(&program.projection);
    }
    let limits = &routing.limits;
    let mut batch = Batch::decode_projected(signal, message, &projection, limits.batch)?;
    let mut sent = Sent::default();
    runner.begin(&mut batch);
    let before = items(&batch);
    for (index, route) in routing.routes.iter().enumerate() {
        if route.signal != signal {
            continue;
        }
        if is_void(&batch) {
            outcome.conditions.push(report(route, 0, 0, 0));
            continue;
        }
        let left = all(&batch, route.context);
        let Asked {
            taken,
            failed,
            failures,
        } = ask(runner, route, &left, &mut batch)?;
        if routing.error_mode == ErrorMode::Propagate
            && let Some(Failure { span, item, error }) = failures.first().cloned()
        {
            // Behind the failure nothing is asked any more.
            let before = |rows: &BitSet| rows.iter().take_while(|row| *row < item).count();
            let (asked, matched) = (before(&left) + 1, before(&taken));
            outcome.conditions.push(report(route, asked, matched, 1));
            return Err(PipelineError::Failed { span, item, error });
        }
        let (asked, matched) = (left.count(), taken.count());
        outcome
            .conditions
            .push(report(route, asked, matched, failed));
        if routing.error_mode == ErrorMode::Ignore {
            let room = limits.run.max_reported_errors;
            let room = room.saturating_sub(outcome.failures.len());
            outcome.failures.extend(failures.into_iter().take(room));
        }
        if matched > 0 {
            let mut message = batch.try_encode_rows(route.context, &taken)?;
            if route.context == Level::DataPoint {
                message = without_metadata(routing, message)?;
            }
            runner.send(routing, route, &batch, &taken)?;
            sent.add(index, &route.pipelines, &message);
        }
        if !route.copies {
            remove(&mut batch, route.context, &taken);
        }
    }
    outcome.items = Some(ItemCounts {
        before,
        after: items(&batch),
    });
    if !is_void(&batch) {
        let message = batch.try_encode()?;
        let all = all(&batch, Level::Resource);
        runner.tell(&batch, (Level::Resource, &all), &routing.default_pipelines)?;
        sent.add(routing.routes.len(), &routing.default_pipelines, &message);
    }
    runner.end(&batch);
    outcome.outputs = sent.finish();
    Ok(())
}

fn report(route: &RouteProgram, asked: usize, matched: usize, failed: usize) -> ConditionReport {
    ConditionReport {
        span: route.span,
        context: route.context,
        asked: asked as u64,
        matched: matched as u64,
        failed: failed as u64,
    }
}

/// What a route says of the rows that are left.
struct Asked {
    /// The rows that it takes.
    taken: BitSet,
    /// For how many it failed.
    failed: usize,
    /// The failures in the order of the rows, or the first of them.
    failures: Vec<Failure>,
}

impl Asked {
    fn without_failures(taken: BitSet) -> Self {
        Self {
            taken,
            failed: 0,
            failures: Vec::new(),
        }
    }
}

fn ask(
    runner: &mut Runner<'_>,
    route: &RouteProgram,
    left: &BitSet,
    batch: &mut Batch,
) -> Result<Asked, PipelineError> {
    match &route.rule {
        RouteRule::All => {
            if let Some(follower) = &mut runner.follower {
                follower.all(batch, route.span);
            }
            Ok(Asked::without_failures(left.clone()))
        }
        RouteRule::Request(rule) => {
            let request = runner.context.request.as_deref();
            let holds = request.is_some_and(|request| rule.holds(request));
            if let Some(follower) = &mut runner.follower {
                follower.request(batch, rule, (request, holds));
            }
            let taken = match holds {
                true => left.clone(),
                false => BitSet::new(left.len()),
            };
            Ok(Asked::without_failures(taken))
        }
        RouteRule::Condition(condition) => {
            let mask = runner.condition((route.span, None), condition, batch)?;
            let failures = mask.failed.into_iter().map(|(item, error)| Failure {
                span: route.span,
                item,
                error,
            });
            let failures: Vec<_> = failures.collect();
            Ok(Asked {
                taken: mask.matched,
                failed: failures.len(),
                failures,
            })
        }
        RouteRule::Edit(script) => edit(runner, route, script, batch),
    }
}

/// The rows that are left.
fn all(batch: &Batch, context: Context) -> BitSet {
    let rows = batch.rows(context);
    let mut taken = BitSet::new(rows);
    let dropped = batch.dropped(context);
    (0..rows)
        .filter(|row| !dropped.contains(*row))
        .for_each(|row| taken.insert(row));
    taken
}

fn edit(
    runner: &mut Runner<'_>,
    route: &RouteProgram,
    script: &Script,
    batch: &mut Batch,
) -> Result<Asked, PipelineError> {
    // The first part marks what is taken, and is no statement of the configuration.
    let sources = [route.span; 2];
    let mut report = Report::default();
    let known = runner.follower.as_ref().map_or(0, |it| it.sections.len());
    runner.script((route.span, &sources), script, batch, (None, &mut report))?;
    if let Some(follower) = &mut runner.follower {
        follower.hide_first_parts(known);
    }
    let failures = report.errors.into_iter().map(|failure| Failure {
        span: route.span,
        item: failure.item,
        error: failure.error,
    });
    let rows = batch.rows(route.context);
    let taken = report.routes.into_iter().next();
    // The statement that marks fails where the one that edits does, and is silent.
    let failed = report.statements.last().map_or(0, |edit| edit.failed);
    Ok(Asked {
        taken: taken.unwrap_or_else(|| BitSet::new(rows)),
        failed: failed as usize,
        failures: failures.collect(),
    })
}

impl Runner<'_> {
    /// Tells that rows go to pipelines, and gives the item that is followed as it goes there.
    fn tell(
        &mut self,
        batch: &Batch,
        rows: (Context, &BitSet),
        pipelines: &[String],
    ) -> Result<Option<Bytes>, PipelineError> {
        let Some(follower) = &mut self.follower else {
            return Ok(None);
        };
        let sent = follower.send(batch, rows, pipelines)?;
        if let Some(message) = &sent {
            follower.output = message.clone();
        }
        Ok(sent)
    }

    /// The same for what a route takes.
    fn send(
        &mut self,
        routing: &RoutingProgram,
        route: &RouteProgram,
        batch: &Batch,
        taken: &BitSet,
    ) -> Result<(), PipelineError> {
        let sent = self.tell(batch, (route.context, taken), &route.pipelines)?;
        let sent = sent.filter(|_| route.context == Level::DataPoint);
        if let (Some(follower), Some(message)) = (&mut self.follower, sent) {
            follower.output = without_metadata(routing, message)?;
        }
        Ok(())
    }
}

/// The same metrics without metadata. The reference makes new metrics around the data points that
/// it routes, and leaves out what was added to metrics last.
fn without_metadata(routing: &RoutingProgram, message: Bytes) -> Result<Bytes, PipelineError> {
    let limits = routing.limits.batch;
    let mut projection = Projection::new(Level::Metric);
    projection.add_map(MapField::MetricMetadata);
    let mut batch = Batch::decode_projected(Signal::Metrics, message, &projection, limits)?;
    for row in 0..batch.rows(Level::Metric) {
        batch.map_retain(MapField::MetricMetadata, row, |_, _| false);
    }
    Ok(batch.try_encode()?)
}

/// Takes rows out of the message, with all that belongs to them. Below resources this also removes what
/// has become empty, or was before.
fn remove(batch: &mut Batch, context: Context, taken: &BitSet) {
    for row in taken.iter() {
        batch.drop_row(context, row);
    }
    let levels = batch.signal().levels();
    let Some(depth) = levels.iter().position(|level| *level == context) else {
        return;
    };
    for pair in levels[depth..].windows(2) {
        for row in 0..batch.rows(pair[1]) {
            if batch.dropped(pair[0]).contains(batch.parent(pair[1], row)) {
                batch.drop_row(pair[1], row);
            }
        }
    }
    for pair in levels[..=depth].windows(2).rev() {
        remove_empty(batch, pair[0], pair[1]);
    }
}

fn remove_empty(batch: &mut Batch, level: Level, below: Level) {
    for row in 0..batch.rows(level) {
        if may_be_empty(batch, level, row) && is_empty(batch, level, below, row) {
            batch.drop_row(level, row);
        }
    }
}

/// What the pipelines get. Messages one after the other are one message with what is in both.
#[derive(Default)]
struct Sent<'r> {
    /// In the order of their first use.
    targets: Vec<(Target<'r>, Vec<u8>)>,
    known: HashMap<Target<'r>, usize>,
}

/// Whom a message is sent to. What goes to one and the same target goes in one message; several
/// pipelines of one route are a target of their own, also where another route has the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Target<'r> {
    One(&'r str),
    Several(&'r [String], usize),
}

impl<'r> Sent<'r> {
    fn add(&mut self, route: usize, pipelines: &'r [String], message: &[u8]) {
        let target = match pipelines {
            [] => return,
            [one] => Target::One(one),
            several => Target::Several(several, route),
        };
        let at = *self.known.entry(target).or_insert_with(|| {
            self.targets.push((target, Vec::new()));
            self.targets.len() - 1
        });
        self.targets[at].1.extend_from_slice(message);
    }

    fn finish(self) -> Vec<Output> {
        let mut outputs = Vec::new();
        for (target, message) in self.targets {
            let message = Bytes::from(message);
            let mut send = |name: &str| {
                outputs.push(Output {
                    pipeline: Some(name.to_owned()),
                    message: message.clone(),
                });
            };
            match target {
                Target::One(name) => send(name),
                Target::Several(names, _) => names.iter().for_each(|name| send(name)),
            }
        }
        outputs
    }
}

//! Running the transform processor: group after group, each over all items of its context.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use otlp_columns::{Batch, Signal};
use ottl_vm::RunError;

use super::{Runner, items};
use crate::config::compile::place;
use crate::config::error::PipelineError;
use crate::config::pipeline::{
    GroupProgram, GroupReport, ItemCounts, Outcome, Output, TransformProgram,
};

pub(in crate::config) fn run(
    runner: &mut Runner<'_>,
    transform: &TransformProgram,
    signal: Signal,
    message: Bytes,
) -> Result<Outcome, PipelineError> {
    let of_signal = |group: &&GroupProgram| group.script.program().signal == signal;
    let groups: Vec<_> = transform.groups.iter().filter(of_signal).collect();
    let caches = transform.caches.get(&signal).map(Mutex::lock);
    let mut caches = caches.map(|caches| caches.unwrap_or_else(PoisonError::into_inner));
    let mut outcome = Outcome::default();
    let mut message = message;
    if let Some((first, others)) = groups.split_first() {
        // One batch serves all groups, with what any of them needs.
        let mut projection = first.script.program().projection.clone();
        for group in others {
            projection.merge(&group.script.program().projection);
        }
        let mut batch = Batch::decode_projected(signal, message, &projection, transform.limits)?;
        runner.begin(&mut batch);
        let before = items(&batch);
        for group in groups {
            let cache = caches.as_mut().filter(|_| group.shares);
            let cache = cache.map(|caches| caches.entry(group.script.context()).or_default());
            let place = (group.span, group.sources.as_slice());
            let report = runner.script(place, &group.script, &mut batch, cache);
            let report = report.map_err(|error| failed(group, error))?;
            outcome.groups.push(GroupReport {
                span: group.span,
                sources: group.sources.clone(),
                report,
            });
        }
        runner.end(&batch);
        outcome.items = Some(ItemCounts {
            before,
            after: items(&batch),
        });
        message = batch.try_encode()?;
    }
    outcome.outputs.push(Output {
        pipeline: None,
        message,
    });
    Ok(outcome)
}

fn failed(group: &GroupProgram, error: RunError) -> PipelineError {
    match error {
        RunError::Statement(failure) => PipelineError::Failed {
            span: place(&group.sources, failure.statement, group.span),
            item: failure.item,
            error: failure.error,
        },
        other => PipelineError::Run(other),
    }
}

//! Running the transform processor: group after group, each over all items of its context.
//!
//! With `flatten_data` log records have resources and scopes of their own meanwhile, from
//! internal/pdatautil/logs.go.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use otlp_columns::{Batch, Projection, Separation, Signal, flat};
use ottl_vm::{Report, RunError};

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
    outcome: &mut Outcome,
) -> Result<(), PipelineError> {
    let of_signal = |group: &&GroupProgram| group.script.program().signal == signal;
    let groups: Vec<_> = transform.groups.iter().filter(of_signal).collect();
    let caches = transform.caches.get(&signal).map(Mutex::lock);
    let mut caches = caches.map(|caches| caches.unwrap_or_else(PoisonError::into_inner));
    let mut message = message;
    if transform.flattens(signal) || !groups.is_empty() {
        let mut batch = decode(transform, &groups, signal, message)?;
        runner.begin(&mut batch);
        let before = items(&batch);
        for group in groups {
            let cache = caches.as_mut().filter(|_| group.shares);
            let cache = cache.map(|caches| caches.entry(group.script.context()).or_default());
            let place = (group.span, group.sources.as_slice());
            let mut report = Report::default();
            let result = runner.script(place, &group.script, &mut batch, (cache, &mut report));
            outcome.groups.push(GroupReport {
                span: group.span,
                sources: group.sources.clone(),
                report,
            });
            result.map_err(|error| failed(group, error))?;
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
    Ok(())
}

/// The message as one batch for all groups, with what any of them needs.
fn decode(
    transform: &TransformProgram,
    groups: &[&GroupProgram],
    signal: Signal,
    message: Bytes,
) -> Result<Batch, PipelineError> {
    let mut projection = Projection::new(signal.item_level());
    for group in groups {
        projection.merge(&group.script.program().projection);
    }
    if !transform.flattens(signal) {
        return match groups.first() {
            Some(group) => Ok(group.script.decode_projected(message, &projection)?),
            None => Ok(Batch::decode_projected(
                signal,
                message,
                &projection,
                transform.limits,
            )?),
        };
    }
    let message = flat::bare(&message)?;
    let mut batch = Batch::decode_projected(signal, message, &projection, transform.limits)?;
    batch.separate(signal.item_level(), Separation::Flat);
    if batch.heap().exhausted() {
        return Err(RunError::OutOfMemory.into());
    }
    Ok(batch)
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

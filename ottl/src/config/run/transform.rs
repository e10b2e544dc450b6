//! Running the transform processor: group after group, each over all items of its context.

use bytes::Bytes;
use otlp_columns::{Batch, BatchLimits, Signal};
use ottl_vm::RunError;

use super::Runner;
use crate::config::compile::place;
use crate::config::error::PipelineError;
use crate::config::pipeline::{GroupProgram, GroupReport, Outcome, Output};

pub(in crate::config) fn run(
    runner: &Runner<'_>,
    limits: BatchLimits,
    groups: &[GroupProgram],
    signal: Signal,
    message: Bytes,
) -> Result<Outcome, PipelineError> {
    let of_signal = |group: &&GroupProgram| group.script.program().signal == signal;
    let groups: Vec<_> = groups.iter().filter(of_signal).collect();
    let mut outcome = Outcome::default();
    let mut message = message;
    if let Some((first, others)) = groups.split_first() {
        // One batch serves all groups, with what any of them needs.
        let mut projection = first.script.program().projection.clone();
        for group in others {
            projection.merge(&group.script.program().projection);
        }
        let mut batch = Batch::decode_projected(signal, message, &projection, limits)?;
        for group in groups {
            let report = runner
                .script(&group.script, &mut batch)
                .map_err(|error| failed(group, error))?;
            outcome.groups.push(GroupReport {
                span: group.span,
                sources: group.sources.clone(),
                report,
            });
        }
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

//! Why a component did to one item what it did.
//!
//! The pipeline runs over the message as it always does, while a [`Follower`] looks at one item: it
//! sees the groups of a transform processor, each with the message as the groups before have left it;
//! the conditions of a filter processor from the item's resource down; the routes of a connector. So
//! there is nothing in which a trace could differ from a run.

use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{Batch, Projection, Signal};
use ottl_syntax::Span;
use ottl_vm::path::Context;

use super::error::PipelineError;
use super::follow::Follower;
use super::pipeline::{Outcome, Pipeline};
use super::read::{Component, ComponentKind};
use super::run::Runner;
use crate::environment::SystemEnvironment;
use crate::trace::{Replay, Trace, TraceError, belonging, output};
use crate::{Engine, RunContext};

/// What became of one item in a component.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentTrace {
    /// Groups of statements, conditions or routes, in the order in which they were asked.
    pub sections: Vec<Section>,
    /// What became of the item in the end.
    pub verdict: Verdict,
    /// The item with what surrounds it as it comes out, as a message; of what a connector sends, the
    /// last that it is in. Empty when it does not come out.
    pub output: Bytes,
}

/// One group of statements, one condition of a filter, or one route.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Where it stands in the configuration.
    pub span: Span,
    /// Where each step of the trace stands in the configuration.
    pub sources: Vec<Span>,
    /// The trace for the item, for what it belongs to, or for something that belongs to it; nothing
    /// for a route without a condition.
    pub trace: Option<Trace>,
    /// How many further items of the same context belong to the item and were not looked at.
    pub more: usize,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The statements ran.
    Transformed,
    /// It has become part of another item: what statements made equal was put together, or a metric
    /// was made anew.
    Merged,
    /// The filter let it through.
    Kept,
    /// It was dropped.
    Dropped {
        /// What was dropped: the item, or what it belongs to.
        context: Context,
        /// Where the condition or statement stands that dropped it; nothing when a filter dropped it
        /// since nothing was left in it.
        span: Option<Span>,
        /// Whether the condition held; if not, it had to for a data point of the metric, and did for
        /// none.
        held: bool,
    },
    /// The pipelines that the connector gave it to, or some of what it has; each is there once.
    Routed(Vec<String>),
    /// A failure ended the run, and nothing of the message came out.
    Stopped {
        /// Where what failed stands in the configuration.
        span: Span,
        /// The item that it failed on.
        item: usize,
        /// Why.
        reason: String,
    },
}

impl Component {
    /// Compiles the component with [`Component::compile_traced`] and traces what it does to one item;
    /// see [`Pipeline::trace_with`].
    ///
    /// # Errors
    /// As [`Pipeline::trace_with`], and when the component is rejected.
    pub fn trace(
        &self,
        engine: &Engine,
        signal: Signal,
        message: impl Into<Bytes>,
        place: (Context, usize),
    ) -> Result<ComponentTrace, TraceError> {
        let pipeline = self.compile_traced(engine);
        let pipeline = pipeline.map_err(TraceError::Rejected)?;
        pipeline.trace_with(signal, message, place, &RunContext::default())
    }
}

impl Pipeline {
    /// Runs the component over one message, and traces what it does to one item. The item is given by
    /// its number, from 0, among those of a context, such as the one of [`Signal::item_level`].
    ///
    /// What there is to see of conditions depends on how the component was compiled: of one that
    /// comes from [`Component::compile_traced`] all parts have their values.
    ///
    /// What groups with `shared_cache` leave in their caches stays there, as after a run.
    ///
    /// # Errors
    /// When the message is malformed or has no such item, or a limit is hit. A failure that ends the
    /// run is no error but a [`Verdict`].
    pub fn trace_with(
        &self,
        signal: Signal,
        message: impl Into<Bytes>,
        (context, item): (Context, usize),
        run: &RunContext,
    ) -> Result<ComponentTrace, TraceError> {
        let message = message.into();
        let (found, first) = find(signal, &message, (context, item))?;
        let environment = self.environment().cloned();
        let environment =
            environment.unwrap_or_else(|| Arc::new(SystemEnvironment::default()) as _);
        let replay = Arc::new(Replay::new(environment));
        let run = run.clone().with_environment(Arc::clone(&replay) as _);
        let mut follower = Follower::new((context, item), first, replay);
        let mut runner = Runner::new(&run).followed(&mut follower);
        let mut outcome = Outcome::default();
        let result = self.run_by(&mut runner, signal, message, &mut outcome);
        self.conclude(signal, result.map(|()| outcome), follower, found)
    }

    fn conclude(
        &self,
        signal: Signal,
        outcome: Result<Outcome, PipelineError>,
        mut follower: Follower,
        found: Bytes,
    ) -> Result<ComponentTrace, TraceError> {
        if let Some(error) = follower.error {
            return Err(error);
        }
        if follower.is_left.is_none() {
            // The component does nothing with the signal.
            follower.is_left = Some(true);
            follower.output = found;
        }
        let is_left = follower.is_left == Some(true);
        let verdict = match (outcome, self.component()) {
            (Err(PipelineError::Failed { span, item, error }), _) => {
                follower.output = Bytes::new();
                Verdict::Stopped {
                    span,
                    item,
                    reason: error.to_string(),
                }
            }
            (Err(PipelineError::Decode(error)), _) => return Err(error.into()),
            (Err(PipelineError::Encode(error)), _) => return Err(error.into()),
            (Err(PipelineError::Run(error)), _) => return Err(TraceError::Run(error)),
            (Ok(_), ComponentKind::Routing) => {
                if follower.pipelines.is_empty() {
                    follower.output = Bytes::new();
                }
                Verdict::Routed(std::mem::take(&mut follower.pipelines))
            }
            (Ok(_), _) if !is_left => follower.dropped(signal.levels()),
            (Ok(_), ComponentKind::Transform) => Verdict::Transformed,
            (Ok(_), ComponentKind::Filter) => Verdict::Kept,
        };
        Ok(ComponentTrace {
            sections: follower.sections,
            verdict,
            output: follower.output,
        })
    }
}

/// The item with what surrounds it, as it comes in, and the first of the signal's items that it is,
/// belongs to or has.
fn find(
    signal: Signal,
    message: &Bytes,
    (context, item): (Context, usize),
) -> Result<(Bytes, Option<usize>), TraceError> {
    let projection = Projection::new(context);
    let limits = otlp_columns::BatchLimits::default();
    let mut batch = Batch::decode_projected(signal, message.clone(), &projection, limits)?;
    let items = batch.rows(context);
    if item >= items {
        return Err(TraceError::NoItem {
            context,
            item,
            items,
        });
    }
    batch.follow(context, item);
    let (items, _) = belonging(&batch, signal.item_level());
    Ok((output(&batch)?, items.first().copied()))
}

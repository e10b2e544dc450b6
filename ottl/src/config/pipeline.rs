//! A component that is ready to run, and what comes out of it.

use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{BatchLimits, Interrupt, Signal};
use ottl_syntax::Span;
use ottl_vm::path::Context;
use ottl_vm::{ExecError, Report};

use super::error::PipelineError;
use super::routing::RequestRule;
use super::run::{self, Runner};
use crate::{Condition, RunContext, Script};

/// A component that is ready to run. It keeps nothing of the messages and can be shared by threads.
#[derive(Debug)]
pub struct Pipeline {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Transform(BatchLimits, Vec<GroupProgram>),
    Filter(BatchLimits, Vec<FilterProgram>, Vec<Signal>),
    Routing(RoutingProgram),
}

/// A compiled group of statements.
#[derive(Debug)]
pub(super) struct GroupProgram {
    pub(super) span: Span,
    /// Where each part of the script stands.
    pub(super) sources: Vec<Span>,
    pub(super) script: Script,
}

/// A compiled group of conditions.
#[derive(Debug)]
pub(super) struct FilterProgram {
    pub(super) signal: Signal,
    pub(super) rules: Vec<FilterRule>,
    /// The contexts whose items are looked at.
    pub(super) contexts: Vec<Context>,
    pub(super) propagates: bool,
    pub(super) is_old: bool,
}

/// A compiled condition and where it stands.
#[derive(Debug)]
pub(super) struct FilterRule {
    pub(super) span: Span,
    pub(super) condition: Condition,
}

#[derive(Debug)]
pub(super) struct RoutingProgram {
    pub(super) limits: BatchLimits,
    pub(super) propagates: bool,
    pub(super) default_pipelines: Vec<String>,
    /// In order; a route of a context that several signals have is there for each of them.
    pub(super) routes: Vec<RouteProgram>,
}

#[derive(Debug)]
pub(super) struct RouteProgram {
    pub(super) signal: Signal,
    pub(super) context: Context,
    pub(super) span: Span,
    pub(super) rule: RouteRule,
    pub(super) pipelines: Vec<String>,
    pub(super) copies: bool,
}

/// What tells which items are routed.
#[derive(Debug)]
pub(super) enum RouteRule {
    /// All are.
    All,
    /// All of a message, if it holds for the request.
    Request(RequestRule),
    /// Those for which it holds.
    Condition(Box<Condition>),
    /// Those that the script sends to its one output; it also edits them.
    Edit(Box<Script>),
}

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The messages that come out. A processor has one or, when everything was dropped, none. A
    /// connector has as many as it sends: a pipeline that is the only one of several routes gets
    /// one message for all of them, and one for each route that names others as well.
    pub outputs: Vec<Output>,
    /// One for each group of statements of the signal, in order. Connectors and filters have none.
    pub groups: Vec<GroupReport>,
    /// Failures of conditions that were ignored, up to 10. Those of statements are in their reports.
    pub failures: Vec<Failure>,
}

/// A message that comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Which pipeline gets it, when a connector sent it there.
    pub pipeline: Option<String>,
    /// The message as protobuf.
    pub message: Bytes,
}

/// What a group of statements did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupReport {
    /// Where the group stands in the configuration.
    pub span: Span,
    /// Where each part of the report stands: the conditions of the group, then the statements.
    pub sources: Vec<Span>,
    /// What they did.
    pub report: Report,
}

/// A condition that failed on an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where the condition stands in the configuration.
    pub span: Span,
    /// Row of the item among those of the context.
    pub item: usize,
    /// Why.
    pub error: ExecError,
}

impl Pipeline {
    pub(super) fn transform(limits: BatchLimits, groups: Vec<GroupProgram>) -> Self {
        Self {
            kind: Kind::Transform(limits, groups),
        }
    }

    pub(super) fn filter(
        limits: BatchLimits,
        groups: Vec<FilterProgram>,
        foreign: Vec<Signal>,
    ) -> Self {
        Self {
            kind: Kind::Filter(limits, groups, foreign),
        }
    }

    pub(super) fn routing(routing: RoutingProgram) -> Self {
        Self {
            kind: Kind::Routing(routing),
        }
    }

    /// Runs the component over one message, which is protobuf.
    ///
    /// # Errors
    /// When the message is malformed, something fails whose errors are propagated, or a limit is
    /// hit.
    pub fn run(&self, signal: Signal, message: impl Into<Bytes>) -> Result<Outcome, PipelineError> {
        self.run_with(signal, message, &RunContext::default())
    }

    /// The same until `interrupt` says `true`; see [`Script::run_until`].
    ///
    /// # Errors
    /// As [`Pipeline::run`], and [`RunError::Interrupted`](crate::RunError::Interrupted).
    pub fn run_until(
        &self,
        signal: Signal,
        message: impl Into<Bytes>,
        interrupt: Arc<Interrupt>,
    ) -> Result<Outcome, PipelineError> {
        let context = RunContext::default().with_interrupt(interrupt);
        self.run_with(signal, message, &context)
    }

    /// The same with what comes from outside for this message.
    ///
    /// # Errors
    /// As [`Pipeline::run_until`].
    pub fn run_with(
        &self,
        signal: Signal,
        message: impl Into<Bytes>,
        context: &RunContext,
    ) -> Result<Outcome, PipelineError> {
        let message = message.into();
        let runner = Runner { context };
        match &self.kind {
            Kind::Transform(limits, groups) => {
                run::transform::run(&runner, *limits, groups, signal, message)
            }
            Kind::Filter(_, _, foreign) if foreign.contains(&signal) => {
                Err(PipelineError::Unsupported(signal))
            }
            Kind::Filter(limits, groups, _) => {
                run::filter::run(&runner, *limits, groups, signal, message)
            }
            Kind::Routing(routing) => run::routing::run(&runner, routing, signal, message),
        }
    }
}

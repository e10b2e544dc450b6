//! A component that is ready to run, and what comes out of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use otlp_columns::{BatchLimits, Interrupt, Signal};
use ottl_syntax::Span;
use ottl_vm::path::Context;
use ottl_vm::{Environment, ErrorMode, ExecError, Program, Report};

use super::error::PipelineError;
use super::filter::Decides;
use super::read::ComponentKind;
use super::routing::RequestRule;
use super::run::{self, Runner};
use crate::{Condition, EngineLimits, RunContext, Script, SharedCache};

/// A component that is ready to run, and can be shared by threads.
///
/// It keeps nothing of the messages but what groups with `shared_cache` leave in their caches. A
/// component with such groups takes messages of their signal one at a time.
#[derive(Debug)]
pub struct Pipeline {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Transform(TransformProgram),
    Filter(EngineLimits, Vec<FilterProgram>),
    Routing(RoutingProgram),
}

#[derive(Debug)]
pub(super) struct TransformProgram {
    pub(super) limits: BatchLimits,
    pub(super) groups: Vec<GroupProgram>,
    /// Whether log records have resources and scopes of their own.
    pub(super) flattens: bool,
    /// For each signal the caches that groups of one context share.
    pub(super) caches: HashMap<Signal, Mutex<Caches>>,
}

pub(super) type Caches = HashMap<Context, SharedCache>;

/// A compiled group of statements.
#[derive(Debug)]
pub(super) struct GroupProgram {
    pub(super) span: Span,
    /// Where each part of the script stands.
    pub(super) sources: Vec<Span>,
    pub(super) script: Script,
    /// Whether its items and those of other groups share a cache.
    pub(super) shares: bool,
}

/// A compiled group of conditions.
#[derive(Debug)]
pub(super) struct FilterProgram {
    pub(super) signal: Signal,
    pub(super) rules: Vec<FilterRule>,
    /// The contexts whose items are looked at.
    pub(super) contexts: Vec<Context>,
    pub(super) error_mode: ErrorMode,
    pub(super) is_old: bool,
}

/// A compiled condition and where it stands.
#[derive(Debug)]
pub(super) struct FilterRule {
    pub(super) span: Span,
    pub(super) condition: Condition,
    pub(super) decides: Decides,
}

impl FilterRule {
    /// The context of the items that it decides about.
    pub(super) fn context(&self) -> Context {
        match self.decides {
            Decides::Items => self.condition.context(),
            Decides::Metrics { .. } => Context::Metric,
        }
    }
}

impl TransformProgram {
    /// Whether the items of a signal have resources and scopes of their own.
    pub(super) fn flattens(&self, signal: Signal) -> bool {
        self.flattens && signal == Signal::Logs
    }
}

impl GroupProgram {
    fn info(&self) -> GroupInfo {
        GroupInfo {
            signal: self.script.program().signal,
            contexts: vec![self.script.context()],
            sources: self.sources.clone(),
        }
    }
}

impl FilterRule {
    /// Whether what its condition holds for is dropped, and not what it does not hold for.
    pub(super) fn drops_what_holds(&self) -> bool {
        !matches!(self.decides, Decides::Metrics { dropped: false })
    }
}

impl FilterProgram {
    fn info(&self) -> GroupInfo {
        let levels = self.signal.levels().iter().copied();
        GroupInfo {
            signal: self.signal,
            contexts: levels
                .filter(|level| self.contexts.contains(level))
                .collect(),
            sources: self.rules.iter().map(|rule| rule.span).collect(),
        }
    }
}

impl RouteProgram {
    fn info(&self) -> GroupInfo {
        GroupInfo {
            signal: self.signal,
            contexts: vec![self.context],
            sources: vec![self.span],
        }
    }
}

#[derive(Debug)]
pub(super) struct RoutingProgram {
    pub(super) limits: EngineLimits,
    pub(super) error_mode: ErrorMode,
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

impl RouteRule {
    /// What is run to find out.
    pub(super) fn program(&self) -> Option<&Program> {
        match self {
            Self::All | Self::Request(_) => None,
            Self::Condition(condition) => Some(condition.script().program()),
            Self::Edit(script) => Some(script.program()),
        }
    }
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
    /// One for each condition of a filter and each route of a connector, of the signal, in order.
    /// Transform processors have none; what their conditions did is in the reports of the groups.
    pub conditions: Vec<ConditionReport>,
    /// How many items there were and are; nothing when the component does nothing with the signal
    /// and did not look.
    pub items: Option<ItemCounts>,
    /// The first failures of conditions that were ignored, as many as
    /// [`max_reported_errors`](crate::RunLimits::max_reported_errors) says; none under the silent error
    /// mode. [`Outcome::conditions`] counts all of them. Those of statements are in their reports.
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

/// What a condition of a filter, or a route of a connector, did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionReport {
    /// Where it stands in the configuration.
    pub span: Span,
    /// Whose items it is asked about.
    pub context: Context,
    /// About how many of them it was asked: not about those for which a condition before it, or one
    /// about what they belong to, has decided.
    pub asked: u64,
    /// For how many of them it decided: a filter dropped them, a connector sent them to the
    /// pipelines of the route. Of several conditions that hold the first decides.
    pub matched: u64,
    /// For how many of them it failed.
    pub failed: u64,
}

/// Spans, log records, data points or profiles of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemCounts {
    /// How many the message had.
    pub before: u64,
    /// How many are left. Of a connector, how many no route took, whether or not there are default
    /// pipelines that get them.
    pub after: u64,
}

/// A group of statements or conditions, as a pipeline has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInfo {
    /// The signal whose messages it is for.
    pub signal: Signal,
    /// The contexts, given or inferred: one of a group of statements; of conditions of a filter those
    /// whose items are asked about, from resources down.
    pub contexts: Vec<Context>,
    /// Where its conditions and statements stand in the configuration, conditions first.
    pub sources: Vec<Span>,
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
    pub(super) fn transform(
        limits: BatchLimits,
        groups: Vec<GroupProgram>,
        flattens: bool,
    ) -> Self {
        let sharing = groups.iter().filter(|group| group.shares);
        let caches = sharing.map(|group| (group.script.program().signal, Mutex::default()));
        let caches = caches.collect();
        Self {
            kind: Kind::Transform(TransformProgram {
                limits,
                groups,
                flattens,
                caches,
            }),
        }
    }

    pub(super) fn filter(limits: EngineLimits, groups: Vec<FilterProgram>) -> Self {
        Self {
            kind: Kind::Filter(limits, groups),
        }
    }

    pub(super) fn routing(routing: RoutingProgram) -> Self {
        Self {
            kind: Kind::Routing(routing),
        }
    }

    /// The groups that run over messages, in the order in which they do. Each route of a connector is
    /// a group.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupInfo> {
        match &self.kind {
            Kind::Transform(transform) => {
                let groups = transform.groups.iter();
                groups.map(GroupProgram::info).collect()
            }
            Kind::Filter(_, groups) => groups.iter().map(FilterProgram::info).collect(),
            Kind::Routing(routing) => routing.routes.iter().map(RouteProgram::info).collect(),
        }
    }

    /// The names of the pipelines that a connector sends to, each once: those of the routes in their
    /// order, then the default ones. Processors have none.
    #[must_use]
    pub fn pipelines(&self) -> Vec<&str> {
        let Kind::Routing(routing) = &self.kind else {
            return Vec::new();
        };
        let routed = routing.routes.iter().flat_map(|route| &route.pipelines);
        let mut known = HashSet::new();
        routed
            .chain(&routing.default_pipelines)
            .map(String::as_str)
            .filter(|name| known.insert(*name))
            .collect()
    }

    /// Whether what one message of a signal leaves in a cache is there for the next, so that their
    /// order matters and they are taken one at a time.
    #[must_use]
    pub fn shares_caches(&self, signal: Signal) -> bool {
        match &self.kind {
            Kind::Transform(transform) => transform.caches.contains_key(&signal),
            Kind::Filter(..) | Kind::Routing(_) => false,
        }
    }

    pub(super) fn component(&self) -> ComponentKind {
        match &self.kind {
            Kind::Transform(_) => ComponentKind::Transform,
            Kind::Filter(..) => ComponentKind::Filter,
            Kind::Routing(_) => ComponentKind::Routing,
        }
    }

    /// Where scripts and conditions find the time and random numbers; nothing if there are none.
    pub(super) fn environment(&self) -> Option<&Arc<dyn Environment>> {
        let script = match &self.kind {
            Kind::Transform(transform) => transform.groups.first().map(|group| &group.script),
            Kind::Filter(_, groups) => {
                let mut rules = groups.iter().flat_map(|group| &group.rules);
                rules.next().map(|rule| rule.condition.script())
            }
            Kind::Routing(routing) => {
                let mut routes = routing.routes.iter();
                routes.find_map(|route| match &route.rule {
                    RouteRule::Condition(condition) => Some(condition.script()),
                    RouteRule::Edit(script) => Some(&**script),
                    RouteRule::All | RouteRule::Request(_) => None,
                })
            }
        };
        script.map(Script::environment)
    }

    /// Whether the component does anything with messages of a signal.
    #[must_use]
    pub fn handles(&self, signal: Signal) -> bool {
        match &self.kind {
            Kind::Routing(_) => true,
            Kind::Transform(transform) if transform.flattens(signal) => true,
            _ => self.groups().iter().any(|group| group.signal == signal),
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
        let mut outcome = Outcome::default();
        let mut runner = Runner::new(context);
        self.run_by(&mut runner, signal, message.into(), &mut outcome)?;
        Ok(outcome)
    }

    /// The same, where `outcome` also tells what was done before a failure. Statements run item by
    /// item, so that nothing behind the failure is counted.
    ///
    /// # Errors
    /// As [`Pipeline::run_with`].
    pub(crate) fn run_in_order(
        &self,
        signal: Signal,
        message: Bytes,
        context: &RunContext,
        outcome: &mut Outcome,
    ) -> Result<(), PipelineError> {
        let mut runner = Runner::new(context).in_order();
        self.run_by(&mut runner, signal, message, outcome)
    }

    pub(super) fn run_by(
        &self,
        runner: &mut Runner<'_>,
        signal: Signal,
        message: Bytes,
        outcome: &mut Outcome,
    ) -> Result<(), PipelineError> {
        match &self.kind {
            Kind::Transform(transform) => {
                run::transform::run(runner, transform, signal, message, outcome)
            }
            Kind::Filter(limits, groups) => {
                run::filter::run(runner, limits, groups, (signal, message), outcome)
            }
            Kind::Routing(routing) => run::routing::run(runner, routing, signal, message, outcome),
        }
    }
}

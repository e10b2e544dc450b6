//! Why a component did to one item what it did.
//!
//! The item is followed through the component: group after group of a transform processor, each with
//! the message as the groups before have left it; through the conditions of a filter processor from
//! its resource down; through the routes of a connector up to the first that takes it.
//!
//! Where log records have resources and scopes of their own, the message is followed in which they do.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use otlp_columns::{Batch, Projection, Signal, flat};
use ottl_compiler::{Component as Home, Group as Sources};
use ottl_syntax::Span;
use ottl_vm::path::Context;
use ottl_vm::{ErrorMode, RunError};

use super::filter::{Decides, Filter, FilterCondition, FilterGroup};
use super::read::{Component, Model};
use super::routing::{self, Route, Routing, Rule};
use super::run::filter::of_metrics;
use super::source::Source;
use super::transform::{Group, Transform};
use crate::trace::{Outcome, Trace, TraceError, Traced};
use crate::{CompileError, Engine, RunContext, Script, SharedCache};

/// How many items below the one that is traced are looked at.
const MAX_BELOW: usize = 10;

/// What became of one item in a component.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentTrace {
    /// Groups of statements, conditions or routes, in the order in which they were asked.
    pub sections: Vec<Section>,
    /// What became of the item in the end.
    pub verdict: Verdict,
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
    /// No condition of the filter held for it or for what it belongs to.
    Kept,
    /// A condition decided so.
    Dropped {
        /// What it decided about: the item, or what it belongs to.
        context: Context,
        /// Where the condition stands in the configuration.
        span: Span,
        /// Whether it held; if not, it had to for a data point of the metric, and did for none.
        held: bool,
    },
    /// The pipelines that the connector gave it to.
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
    /// Follows one item through the component. The item is given by its number, from 0, among
    /// those of a context, such as the one of [`Signal::item_level`].
    ///
    /// A component is to be traced only when [`Component::compile`] accepts it.
    ///
    /// # Errors
    /// When the message is malformed or has no such item, something that runs before the item fails,
    /// or a limit is hit.
    pub fn trace(
        &self,
        engine: &Engine,
        signal: Signal,
        message: impl Into<Bytes>,
        (context, item): (Context, usize),
    ) -> Result<ComponentTrace, TraceError> {
        let mut follower = Follower {
            engine: engine.clone().with_component(Home::Any),
            signal,
            message: message.into(),
            context,
            item,
            apart: None,
            caches: HashMap::new(),
            sections: Vec::new(),
        };
        let items = follower.rows(context)?;
        if item >= items {
            return Err(TraceError::NoItem {
                context,
                item,
                items,
            });
        }
        let verdict = match self.model() {
            Model::Transform(transform) => follower.transform(transform)?,
            Model::Filter(filter) => follower.filter(filter)?,
            Model::Routing(routing) => follower.routing(routing)?,
        };
        Ok(ComponentTrace {
            sections: follower.sections,
            verdict,
        })
    }
}

struct Follower {
    engine: Engine,
    signal: Signal,
    message: Bytes,
    context: Context,
    item: usize,
    /// The records that the item is, or has, once each has a resource and a scope of its own.
    apart: Option<Range<usize>>,
    /// What groups of a context left in the cache that they share.
    caches: HashMap<Context, SharedCache>,
    sections: Vec<Section>,
}

/// What is to be traced of a configuration.
struct Unit<'a> {
    span: Span,
    context: Option<Context>,
    conditions: &'a [Source],
    statements: &'a [Source],
    error_mode: ErrorMode,
    shares_cache: bool,
}

impl Unit<'_> {
    fn spans(&self) -> Vec<Span> {
        let sources = self.conditions.iter().chain(self.statements);
        sources.map(|source| source.text.whole()).collect()
    }

    fn engine(&self, engine: &Engine) -> Engine {
        let engine = engine.clone().with_error_mode(self.error_mode);
        let engine = engine.with_shared_cache(self.shares_cache);
        engine.with_bare_paths(self.context.is_some())
    }

    fn with<T>(&self, compile: impl FnOnce(Sources<'_>) -> T) -> T {
        let texts = |sources: &[Source]| -> Vec<_> {
            let texts = sources.iter().map(|source| source.value().to_owned());
            texts.collect()
        };
        compile(Sources {
            conditions: &texts(self.conditions),
            statements: &texts(self.statements),
        })
    }

    fn traced(&self, engine: &Engine, signal: Signal) -> Result<Traced, CompileError> {
        let engine = self.engine(engine);
        self.with(|sources| engine.trace_group(signal, self.context, sources))
    }

    fn script(&self, engine: &Engine, signal: Signal) -> Result<Script, CompileError> {
        let engine = self.engine(engine);
        self.with(|sources| engine.compile_group(signal, self.context, sources))
    }
}

impl Follower {
    fn batch(&self, context: Context) -> Result<Batch, TraceError> {
        let mut projection = Projection::new(context);
        projection.merge(&Projection::new(self.context));
        let limits = self.engine.limits().batch;
        let message = self.message.clone();
        Ok(Batch::decode_projected(
            self.signal,
            message,
            &projection,
            limits,
        )?)
    }

    fn rows(&self, context: Context) -> Result<usize, TraceError> {
        Ok(self.batch(context)?.rows(context))
    }

    /// The rows of a context that the item is, belongs to, or has, and how many more it has.
    fn rows_of(&self, context: Context) -> Result<(Vec<usize>, usize), TraceError> {
        let batch = self.batch(context)?;
        if let Some(records) = &self.apart {
            let item = self.signal.item_level();
            let shown = records.clone().take(MAX_BELOW);
            let rows = shown.map(|record| batch.ancestor(item, record, context));
            return Ok((rows.collect(), records.len().saturating_sub(MAX_BELOW)));
        }
        if self.item >= batch.rows(self.context) {
            return Err(TraceError::NoItem {
                context: self.context,
                item: self.item,
                items: batch.rows(self.context),
            });
        }
        let levels = self.signal.levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        if depth(context) <= depth(self.context) {
            let row = batch.ancestor(self.context, self.item, context);
            return Ok((vec![row], 0));
        }
        let is_own = |row: &usize| batch.ancestor(context, *row, self.context) == self.item;
        let mut rows: Vec<_> = (0..batch.rows(context)).filter(is_own).collect();
        let more = rows.len().saturating_sub(MAX_BELOW);
        rows.truncate(MAX_BELOW);
        Ok((rows, more))
    }

    /// Traces a unit for the item, and gives where the sections are that were added.
    fn unit(&mut self, unit: &Unit<'_>, traced: &Traced) -> Result<Range<usize>, TraceError> {
        let first = self.sections.len();
        let (rows, more) = self.rows_of(traced.context())?;
        let sources = unit.spans();
        for row in rows {
            let trace = match unit.shares_cache {
                true => {
                    let cache = self.caches.entry(traced.context()).or_default();
                    traced.run_shared(self.message.clone(), row, cache)
                }
                false => traced.run(self.message.clone(), row),
            };
            let trace = trace.map_err(|error| behind(&sources, unit.span, error))?;
            self.sections.push(Section {
                span: unit.span,
                sources: sources.clone(),
                trace: Some(trace),
                more: 0,
            });
        }
        if let Some(last) = self.sections[first..].last_mut() {
            last.more = more;
        }
        Ok(first..self.sections.len())
    }

    /// Whether a failure ended the run in one of some sections.
    fn stopped(&self, sections: Range<usize>) -> Option<Verdict> {
        let stopped = |section: &Section| {
            let trace = section.trace.as_ref().filter(|trace| trace.stopped)?;
            failed(section, trace)
        };
        self.sections[sections].iter().find_map(stopped)
    }

    fn transform(&mut self, transform: &Transform) -> Result<Verdict, TraceError> {
        let signal = self.signal;
        if transform.flattens(signal) {
            self.take_apart()?;
        }
        let own = |group: &&Group| group.signal == signal;
        for group in transform.groups.iter().filter(own) {
            if let Some(verdict) = self.group(group)? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Transformed)
    }

    /// Gives each log record a resource and a scope of its own.
    fn take_apart(&mut self) -> Result<(), TraceError> {
        let level = self.signal.item_level();
        let batch = self.batch(level)?;
        let is_own = |row: &usize| batch.ancestor(level, *row, self.context) == self.item;
        // The records of one resource or scope follow each other.
        let first = (0..batch.items()).find(is_own).unwrap_or(batch.items());
        let own = (first..batch.items()).take_while(is_own).count();
        if own == 0 {
            return Err(TraceError::LeftOut {
                context: self.context,
                item: self.item,
            });
        }
        let limit = self.message.len().saturating_add(batch.max_growth());
        let message = flat::apart(&self.message, limit)?;
        self.message = message.ok_or(TraceError::Run(RunError::OutOfMemory))?;
        self.apart = Some(first..first + own);
        Ok(())
    }

    /// Traces a group and then runs it over the whole message, for the groups behind it.
    fn group(&mut self, group: &Group) -> Result<Option<Verdict>, TraceError> {
        let unit = Unit {
            span: group.span,
            context: group.context,
            conditions: &group.conditions,
            statements: &group.statements,
            error_mode: group.error_mode,
            shares_cache: group.shares_cache,
        };
        let Ok(traced) = unit.traced(&self.engine, self.signal) else {
            return Ok(None);
        };
        let sections = self.unit(&unit, &traced)?;
        if let Some(verdict) = self.stopped(sections) {
            return Ok(Some(verdict));
        }
        self.run(&unit)
    }

    /// Runs a unit over the whole message.
    fn run(&mut self, unit: &Unit<'_>) -> Result<Option<Verdict>, TraceError> {
        let Ok(script) = unit.script(&self.engine, self.signal) else {
            return Ok(None);
        };
        let mut batch = script.decode(self.message.clone())?;
        let report = match unit.shares_cache {
            true => {
                let cache = self.caches.entry(script.context()).or_default();
                script.run_shared(&mut batch, cache, &RunContext::default())
            }
            false => script.run(&mut batch),
        };
        match report {
            Ok(_) => {
                self.message = batch.try_encode()?;
                Ok(None)
            }
            Err(RunError::Statement(failure)) => Ok(Some(Verdict::Stopped {
                span: unit
                    .spans()
                    .get(failure.statement)
                    .copied()
                    .unwrap_or(unit.span),
                item: failure.item,
                reason: failure.error.to_string(),
            })),
            Err(limit) => Err(limit.into()),
        }
    }

    fn filter(&mut self, filter: &Filter) -> Result<Verdict, TraceError> {
        let signal = self.signal;
        let own = |group: &&FilterGroup| group.signal == signal;
        for group in filter.groups.iter().filter(own) {
            if let Some(verdict) = self.filter_group(group)? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Kept)
    }

    /// Asks the conditions of a group from the resource down.
    fn filter_group(&mut self, group: &FilterGroup) -> Result<Option<Verdict>, TraceError> {
        for level in self.signal.levels() {
            for condition in &group.conditions {
                if let Some(verdict) = self.filter_condition(group, condition, *level)? {
                    return Ok(Some(verdict));
                }
            }
        }
        Ok(None)
    }

    fn filter_condition(
        &mut self,
        group: &FilterGroup,
        condition: &FilterCondition,
        level: Context,
    ) -> Result<Option<Verdict>, TraceError> {
        let unit = condition_unit(&condition.source, condition.context);
        let traced = unit.traced(&self.engine, self.signal);
        let decided = match (condition.decides, &traced) {
            (Decides::Metrics { .. }, _) => Some(Context::Metric),
            (Decides::Items, Ok(traced)) => Some(traced.context()),
            (Decides::Items, Err(_)) => None,
        };
        let Some(traced) = traced.ok().filter(|_| decided == Some(level)) else {
            return Ok(None);
        };
        let sections = self.unit(&unit, &traced)?;
        if let Decides::Metrics { dropped } = condition.decides {
            return self.metric(&unit, &traced, dropped);
        }
        let levels = self.signal.levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        let is_whole = depth(level) <= depth(self.context);
        for section in &self.sections[sections] {
            let Some(trace) = &section.trace else {
                continue;
            };
            match trace.steps.first().map(|step| &step.outcome) {
                Some(Outcome::Matched) if is_whole => {
                    return Ok(Some(Verdict::Dropped {
                        context: level,
                        span: unit.span,
                        held: true,
                    }));
                }
                Some(Outcome::Failed { .. }) if group.error_mode == ErrorMode::Propagate => {
                    return Ok(failed(section, trace));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// What a condition about data points decides about the metric that the item is or belongs to,
    /// for which all of its data points count.
    fn metric(
        &mut self,
        unit: &Unit<'_>,
        traced: &Traced,
        dropped: bool,
    ) -> Result<Option<Verdict>, TraceError> {
        let levels = self.signal.levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        if depth(Context::Metric) > depth(self.context) {
            return Ok(None);
        }
        let engine = unit.engine(&self.engine);
        let texts = unit.conditions.iter().map(Source::value);
        let text = texts.collect::<String>();
        let Ok(condition) = engine.compile_condition(self.signal, unit.context, &text) else {
            return Ok(None);
        };
        let mut batch = self.batch(Context::DataPoint)?;
        let points = condition.eval(&mut batch)?;
        let metrics = of_metrics(&points, dropped, &batch);
        let row = batch.ancestor(self.context, self.item, Context::Metric);
        let mut own = batch.children(Context::Metric, row);
        let deciding = own.find(|point| points.matched.contains(*point));
        if let Some(point) = deciding.filter(|point| !self.is_shown(unit, *point)) {
            let trace = traced.run(self.message.clone(), point)?;
            self.sections.push(Section {
                span: unit.span,
                sources: unit.spans(),
                trace: Some(trace),
                more: 0,
            });
        }
        Ok(metrics.matched.contains(row).then_some(Verdict::Dropped {
            context: Context::Metric,
            span: unit.span,
            held: dropped,
        }))
    }

    /// Whether there is a trace of a unit for an item.
    fn is_shown(&self, unit: &Unit<'_>, item: usize) -> bool {
        let own = self
            .sections
            .iter()
            .filter(|section| section.span == unit.span);
        own.filter_map(|section| section.trace.as_ref())
            .any(|trace| trace.item == item)
    }

    fn routing(&mut self, routing: &Routing) -> Result<Verdict, TraceError> {
        let mut pipelines = Vec::new();
        for route in &routing.routes {
            if !ottl_vm::path::signals_of(route.context).contains(&self.signal) {
                continue;
            }
            let taken = match self.route(route, routing.error_mode)? {
                Ok(taken) => taken,
                Err(stopped) => return Ok(stopped),
            };
            if taken {
                pipelines.extend(names(&route.pipelines));
                if !route.copies {
                    return Ok(Verdict::Routed(pipelines));
                }
            }
        }
        pipelines.extend(names(&routing.default_pipelines));
        Ok(Verdict::Routed(pipelines))
    }

    /// Whether a route takes the item.
    fn route(
        &mut self,
        route: &Route,
        error_mode: ErrorMode,
    ) -> Result<Result<bool, Verdict>, TraceError> {
        let source = match &route.rule {
            Rule::Condition(source) | Rule::Statement(source) => source,
            Rule::Request(_) => return Ok(Ok(false)),
        };
        let parts = match &route.rule {
            Rule::Statement(source) => routing::parts(source, &self.engine.options().limits).ok(),
            Rule::Condition(_) | Rule::Request(_) => None,
        };
        let edits = parts.as_ref().is_some_and(|parts| parts.edits);
        let condition = match &parts {
            Some(parts) if !edits => match &parts.condition {
                Some(condition) => condition,
                None => {
                    self.sections.push(Section {
                        span: source.text.whole(),
                        sources: Vec::new(),
                        trace: None,
                        more: 0,
                    });
                    return Ok(Ok(true));
                }
            },
            _ => source,
        };
        let mut unit = condition_unit(condition, Some(route.context));
        if edits {
            (unit.statements, unit.conditions) = (unit.conditions, unit.statements);
        }
        let Ok(traced) = unit.traced(&self.engine, self.signal) else {
            return Ok(Ok(false));
        };
        let sections = self.unit(&unit, &traced)?;
        let mut taken = false;
        for section in &self.sections[sections] {
            let Some(trace) = &section.trace else {
                continue;
            };
            match trace.steps.first().map(|step| &step.outcome) {
                Some(Outcome::Matched) => taken = true,
                Some(Outcome::Failed { .. }) if error_mode == ErrorMode::Propagate => {
                    if let Some(stopped) = failed(section, trace) {
                        return Ok(Err(stopped));
                    }
                }
                _ => {}
            }
        }
        if edits && taken {
            self.run(&unit)?;
        }
        Ok(Ok(taken))
    }
}

/// A condition on its own. What becomes of failures is for the caller to say.
fn condition_unit(source: &Source, context: Option<Context>) -> Unit<'_> {
    Unit {
        span: source.text.whole(),
        context,
        conditions: std::slice::from_ref(source),
        statements: &[],
        error_mode: ErrorMode::Ignore,
        shares_cache: false,
    }
}

/// The failure in a section.
fn failed(section: &Section, trace: &Trace) -> Option<Verdict> {
    let mut steps = trace.steps.iter().enumerate();
    steps.find_map(|(at, step)| match &step.outcome {
        Outcome::Failed { reason, .. } => Some(Verdict::Stopped {
            span: section.sources.get(at).copied().unwrap_or(section.span),
            item: trace.item,
            reason: reason.clone(),
        }),
        _ => None,
    })
}

/// A failure on an item before, at its place in the configuration.
fn behind(sources: &[Span], whole: Span, error: TraceError) -> TraceError {
    match error {
        TraceError::Before(failure) => TraceError::GroupBefore {
            span: sources.get(failure.statement).copied().unwrap_or(whole),
            item: failure.item,
            reason: failure.error.to_string(),
        },
        other => other,
    }
}

fn names(pipelines: &[routing::Name]) -> impl Iterator<Item = String> {
    pipelines.iter().map(|pipeline| pipeline.name.clone())
}

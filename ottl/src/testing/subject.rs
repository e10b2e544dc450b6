//! What is tested: compiled, and run over a message.

use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{Batch, Signal};
use ottl_syntax::{Diagnostic, LineIndex, Severity, Span};
use ottl_vm::{ErrorMode, Report, RunError, StatementError};

use super::coverage::{self, Coverage, StatementCoverage};
use super::world::World;
use super::{Case, Files, ProgramRef, RunOptions};
use crate::config::problems::all_of;
use crate::config::yaml::YamlLimits;
use crate::config::{
    self, Component, ComponentKind, GroupReport, Pipeline, PipelineError, Read, ReadOptions,
    References,
};
use crate::{Engine, Script, render};

/// How many failures of a run are told.
const MAX_ERRORS: usize = 1_000;
/// How many items of a message are followed through filters and routes, for coverage.
const MAX_FOLLOWED: usize = 1_000;

/// What is tested, ready to run.
pub(super) struct Subject {
    pub(super) engine: Engine,
    signal: Signal,
    program: Program,
    /// What it is called.
    name: String,
    statements: Vec<Listed>,
}

enum Program {
    /// With its text.
    Script(Box<Script>, String),
    Component(Box<Component>, Box<Pipeline>),
}

/// A statement or condition, where it stands.
#[derive(Clone, Debug)]
struct Listed {
    line: usize,
    source: String,
    /// In a configuration.
    span: Span,
    is_condition: bool,
}

/// Why there is nothing to run.
pub(super) enum Refusal {
    /// Something is missing: a sentence, and the place in the test file.
    Missing(String, Span),
    /// The program was rejected: the problems, and how they are shown.
    Rejected(Vec<Diagnostic>, String),
}

/// What a run did.
#[derive(Default)]
pub(super) struct Ran {
    /// What comes out, unless everything was dropped, goes to named outputs, or the run failed.
    pub(super) output: Option<Bytes>,
    pub(super) routes: Vec<(String, Bytes)>,
    pub(super) failures: Vec<Failure>,
    /// Whether a failure ended the run, the last one then.
    pub(super) ended: bool,
    /// Whether failures may have been swallowed.
    pub(super) is_silent: bool,
    pub(super) coverage: Option<Coverage>,
}

/// A failure of a statement or condition.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// From 1 on.
    pub(super) number: usize,
    pub(super) line: usize,
    pub(super) statement: String,
    pub(super) item: usize,
    pub(super) message: String,
}

impl Subject {
    /// Compiles what a case tests.
    pub(super) fn compile(
        case: &Case,
        files: &dyn Files,
        options: &RunOptions,
    ) -> Result<Self, Refusal> {
        let settings = &case.settings;
        let signal = settings.signal.unwrap_or(Signal::Traces);
        let mode = match settings.error_mode {
            // Both go on, but only one tells what failed.
            ErrorMode::Silent => ErrorMode::Ignore,
            mode => mode,
        };
        let mut limits = Engine::default().limits();
        limits.run.max_reported_errors = MAX_ERRORS;
        let engine = Engine::default()
            .with_dialect(settings.dialect)
            .with_gates(settings.gates)
            .with_error_mode(mode)
            .with_interpreter(options.interpreter)
            .with_merged_points(settings.merge_points)
            .with_limits(limits)
            .with_environment(Arc::new(World::new(settings.now, settings.seed)));
        match &settings.program {
            None => Err(Refusal::Missing("Nothing is tested.".to_owned(), case.span)),
            Some(ProgramRef::Script { path, span }) => {
                let text = files.text(path);
                let text = text.map_err(|error| Refusal::Missing(error, *span))?;
                let index = LineIndex::new(&text);
                let line = |offset: usize| index.line_column(offset).line;
                Self::script(
                    (engine, signal),
                    case,
                    (files.name(path), text.as_str()),
                    &line,
                )
            }
            Some(ProgramRef::Statements { texts, .. }) => {
                let index = LineIndex::new(&options.source);
                let mut all = String::new();
                let mut starts = Vec::with_capacity(texts.len());
                for text in texts {
                    starts.push(all.len());
                    all.push_str(text.value());
                    all.push('\n');
                }
                let line = |offset: usize| {
                    let at = starts.partition_point(|start| *start <= offset) - 1;
                    let local = offset - starts[at];
                    let place = texts[at].locate(Span::new(local, local + 1));
                    index.line_column(place.start as usize).line
                };
                let name = format!("{} (statements)", options.name);
                Self::script((engine, signal), case, (name, all.as_str()), &line)
            }
            Some(ProgramRef::Config {
                path,
                span,
                component,
            }) => {
                let text = files.text(path);
                let text = text.map_err(|error| Refusal::Missing(error, *span))?;
                let name = (files.name(path), component.as_ref(), *span);
                Self::component((engine, signal), case, name, &text)
            }
        }
    }

    fn script(
        (engine, signal): (Engine, Signal),
        case: &Case,
        (name, text): (String, &str),
        line: &dyn Fn(usize) -> usize,
    ) -> Result<Self, Refusal> {
        let script = engine.compile(signal, case.settings.context, text);
        let script = script.map_err(|error| {
            let problems = error.problems().iter();
            let problems = problems.map(|problem| problem.diagnostic.clone()).collect();
            Refusal::Rejected(problems, error.render(&name, false))
        })?;
        let parts = script.program().parts.iter();
        let statements = parts
            .map(|part| Listed {
                line: line(part.offset),
                source: coverage::one_line(&part.source),
                span: Span::default(),
                is_condition: part.result.is_some(),
            })
            .collect();
        Ok(Self {
            engine,
            signal,
            program: Program::Script(Box::new(script), text.to_owned()),
            name,
            statements,
        })
    }

    fn component(
        (engine, signal): (Engine, Signal),
        case: &Case,
        (file, wanted, place): (String, Option<&(String, Span)>, Span),
        text: &str,
    ) -> Result<Self, Refusal> {
        let env = &case.settings.env;
        let lookup = |name: &str| {
            let mut found = env.iter().filter(|(known, _)| known == name);
            found.next().map(|(_, value)| value.clone())
        };
        let read = config::read(
            text,
            &ReadOptions {
                limits: YamlLimits::default(),
                references: References::Replace(&lookup),
                ..ReadOptions::default()
            },
        );
        let rejected = |problems: Vec<Diagnostic>| {
            let shown = render(&problems, &file, text, false);
            Refusal::Rejected(problems, shown)
        };
        if read.components.is_empty() && read.has_errors() {
            return Err(rejected(read.diagnostics));
        }
        let component = choose(&read, &file, wanted, place)?;
        let pipeline = component.compile(&engine).map_err(|mut problems| {
            let own = read.diagnostics.iter();
            let own = own.filter(|problem| problem.severity == Severity::Error);
            problems.extend(own.cloned());
            rejected(problems)
        })?;
        let index = LineIndex::new(text);
        let sources = component.sources(signal).into_iter();
        let statements = sources
            .map(|source| Listed {
                line: index.line_column(source.span.start as usize).line,
                source: coverage::one_line(source.text),
                span: source.span,
                is_condition: source.is_condition,
            })
            .collect();
        Ok(Self {
            name: format!("{file} {}", component.name()),
            program: Program::Component(Box::new(component.clone()), Box::new(pipeline)),
            engine,
            signal,
            statements,
        })
    }

    /// Runs it over a message.
    ///
    /// # Errors
    /// A sentence, when the message is malformed or a limit is hit.
    pub(super) fn run(&self, message: &Bytes, silent: bool) -> Result<Ran, String> {
        match &self.program {
            Program::Script(script, text) => self.run_script((script, text), message, silent),
            Program::Component(component, pipeline) => {
                self.run_component(component, pipeline, message)
            }
        }
    }

    fn run_script(
        &self,
        (script, text): (&Script, &str),
        message: &Bytes,
        silent: bool,
    ) -> Result<Ran, String> {
        let mut ran = Ran {
            is_silent: silent,
            ..Ran::default()
        };
        let batch = script.decode(message.clone());
        let mut batch: Batch = batch.map_err(|error| error.to_string())?;
        let report = match script.run(&mut batch) {
            Ok(report) => report,
            Err(RunError::Statement(error)) => {
                ran.ended = true;
                ran.coverage = Some(self.partial((script, text), message, &error));
                ran.failures.push(self.failure(error));
                return Ok(ran);
            }
            Err(limit) => return Err(limit.to_string()),
        };
        for routed in script.routed(&batch, &report) {
            let part = routed.encode().map_err(|error| error.to_string())?;
            if routed.count() > 0 {
                ran.routes.push((routed.output().to_owned(), part));
            }
        }
        ran.coverage = Some(self.covered(script, &report));
        ran.failures = report
            .errors
            .into_iter()
            .map(|error| self.failure(error))
            .collect();
        let output = batch.try_encode().map_err(|error| error.to_string())?;
        ran.output = Some(output);
        Ok(ran)
    }

    /// What the statements did up to the failure that ended the run, which the run does not tell.
    fn partial(
        &self,
        (script, text): (&Script, &str),
        message: &Bytes,
        error: &StatementError,
    ) -> Coverage {
        let mut coverage = self.covered(script, &Report::default());
        let Ok(traced) = self.engine.trace(self.signal, script.context(), text) else {
            return coverage;
        };
        for item in 0..=error.item.min(MAX_FOLLOWED) {
            let Ok(trace) = traced.run(message.clone(), item) else {
                break;
            };
            for (sum, step) in coverage.statements.iter_mut().zip(&trace.steps) {
                sum.add(&step.outcome);
            }
        }
        coverage
    }

    fn covered(&self, script: &Script, report: &Report) -> Coverage {
        let unmatched = coverage::unmatched(script.program(), report);
        let parts = script.program().parts.iter().zip(&self.statements);
        let statements = parts.enumerate().map(|(at, (part, listed))| {
            let done = report.statements.get(at).copied().unwrap_or_default();
            StatementCoverage {
                line: listed.line,
                source: listed.source.clone(),
                matched: done.matched,
                unmatched: unmatched.get(at).copied().unwrap_or_default(),
                failed: done.failed,
                has_condition: part.result.is_some()
                    || coverage::has_condition(&self.engine, &part.source),
            }
        });
        Coverage {
            program: self.name.clone(),
            statements: statements.collect(),
        }
    }

    fn failure(&self, error: StatementError) -> Failure {
        let listed = self.statements.get(error.statement);
        Failure {
            number: error.statement + 1,
            line: listed.map_or(0, |listed| listed.line),
            statement: listed.map_or_else(String::new, |listed| listed.source.clone()),
            item: error.item,
            message: error.error.to_string(),
        }
    }

    fn run_component(
        &self,
        component: &Component,
        pipeline: &Pipeline,
        message: &Bytes,
    ) -> Result<Ran, String> {
        let mut ran = Ran::default();
        let mut coverage = Coverage {
            program: self.name.clone(),
            statements: self.uncovered(component),
        };
        if component.kind() != ComponentKind::Transform {
            self.follow(component, message, &mut coverage);
        }
        let outcome = match pipeline.run(self.signal, message.clone()) {
            Ok(outcome) => outcome,
            Err(PipelineError::Failed { span, item, error }) => {
                ran.ended = true;
                ran.failures
                    .push(self.failure_at(span, item, error.to_string()));
                ran.coverage = Some(coverage);
                return Ok(ran);
            }
            Err(other) => return Err(other.to_string()),
        };
        for group in outcome.groups {
            self.count(&group, &mut coverage);
            for error in group.report.errors {
                let span = group.sources.get(error.statement).copied();
                let span = span.unwrap_or(group.span);
                let failure = self.failure_at(span, error.item, error.error.to_string());
                ran.failures.push(failure);
            }
        }
        for failure in outcome.failures {
            let message = failure.error.to_string();
            ran.failures
                .push(self.failure_at(failure.span, failure.item, message));
        }
        for output in outcome.outputs {
            match output.pipeline {
                None => ran.output = Some(output.message),
                Some(name) => ran.routes.push((name, output.message)),
            }
        }
        ran.coverage = Some(coverage);
        Ok(ran)
    }

    /// Counts what a group did. The statements run for the items for which a condition held.
    fn count(&self, group: &GroupReport, coverage: &mut Coverage) {
        let mut rest = group.report.items;
        let mut held = None;
        for (at, span) in group.sources.iter().enumerate() {
            let done = group.report.statements.get(at).copied().unwrap_or_default();
            let Some(at) = self.at(*span) else {
                continue;
            };
            let statement = &mut coverage.statements[at];
            statement.matched += done.matched;
            statement.failed += done.failed;
            if self.statements[at].is_condition {
                statement.unmatched += rest.saturating_sub(done.matched + done.failed);
                rest = rest.saturating_sub(done.matched);
                *held.get_or_insert(0) += done.matched;
            } else {
                let items = held.unwrap_or(group.report.items);
                statement.unmatched += items.saturating_sub(done.matched.max(done.failed));
            }
        }
    }

    fn uncovered(&self, component: &Component) -> Vec<StatementCoverage> {
        let is_filter = component.kind() != ComponentKind::Transform;
        let statements = self.statements.iter();
        statements
            .map(|listed| StatementCoverage {
                line: listed.line,
                source: listed.source.clone(),
                has_condition: is_filter
                    || listed.is_condition
                    || coverage::has_condition(&self.engine, &listed.source),
                ..StatementCoverage::default()
            })
            .collect()
    }

    fn at(&self, span: Span) -> Option<usize> {
        self.statements
            .iter()
            .position(|listed| listed.span == span)
    }

    fn failure_at(&self, span: Span, item: usize, message: String) -> Failure {
        let at = self.at(span);
        let listed = at.map(|at| &self.statements[at]);
        Failure {
            number: at.map_or(0, |at| at + 1),
            line: listed.map_or(0, |listed| listed.line),
            statement: listed.map_or_else(String::new, |listed| listed.source.clone()),
            item,
            message,
        }
    }

    /// Follows items through a filter or a connector, whose runs do not tell what conditions did.
    fn follow(&self, component: &Component, message: &Bytes, coverage: &mut Coverage) {
        let context = self.signal.item_level();
        for item in 0..MAX_FOLLOWED {
            let place = (context, item);
            let trace = component.trace(&self.engine, self.signal, message.clone(), place);
            // Behind the last item there is none.
            let Ok(trace) = trace else {
                return;
            };
            for section in &trace.sections {
                let Some(statement) = self.covering(section.span, coverage) else {
                    continue;
                };
                let Some(trace) = &section.trace else {
                    statement.matched += 1;
                    continue;
                };
                if let Some(step) = trace.steps.first() {
                    statement.add(&step.outcome);
                }
            }
        }
    }

    /// The statement that stands somewhere, or that something is a part of.
    fn covering<'c>(
        &self,
        span: Span,
        coverage: &'c mut Coverage,
    ) -> Option<&'c mut StatementCoverage> {
        let holds =
            |listed: &Listed| listed.span.start <= span.start && span.end <= listed.span.end;
        let at = self.statements.iter().position(holds)?;
        coverage.statements.get_mut(at)
    }
}

/// The component with a name; the only one when no name is given.
fn choose<'r>(
    read: &'r Read,
    file: &str,
    wanted: Option<&(String, Span)>,
    place: Span,
) -> Result<&'r Component, Refusal> {
    let names: Vec<_> = read.components.iter().map(Component::name).collect();
    let list = || all_of(&names);
    let (message, place) = match (wanted, read.components.as_slice()) {
        (_, []) => {
            let message = format!(
                "The configuration {file} has no transform or filter processor and no routing \
                 connector."
            );
            (message, place)
        }
        (None, [only]) => return Ok(only),
        (None, _) => {
            let message = format!(
                "The configuration {file} has several components with OTTL: {}. Choose one with \
                 `processor` or `connector`.",
                list()
            );
            (message, place)
        }
        (Some((name, place)), _) => match (
            read.component(name),
            ottl_compiler::nearest(name, names.iter().copied()),
        ) {
            (Some(component), _) => return Ok(component),
            (None, Some(meant)) => {
                let message = format!(
                    "The configuration {file} has no `{name}` with OTTL. Did you mean `{meant}`?"
                );
                (message, *place)
            }
            (None, None) => {
                let message = format!(
                    "The configuration {file} has no `{name}` with OTTL. It has {}.",
                    list()
                );
                (message, *place)
            }
        },
    };
    Err(Refusal::Missing(message, place))
}

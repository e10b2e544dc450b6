//! What is tested: compiled, and run over a message.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{Batch, Signal};
use ottl_syntax::{Diagnostic, LineIndex, Severity, Span, one_line};
use ottl_vm::{ErrorMode, Report, Request, RunError, StatementError};

use super::coverage::{self, Coverage, StatementCoverage};
use super::world::World;
use super::{Case, Files, ProgramRef, RunOptions, Settings, request};
use crate::config::source::Source;
use crate::config::yaml::{Style, YamlLimits};
use crate::config::{
    self, ChoiceError, Component, ComponentKind, GroupReport, Outcome, Pipeline, PipelineError,
    ReadOptions, References, Text,
};
use crate::{Engine, RunContext, Script, SharedCache};

/// How many failures of a run are told.
const MAX_ERRORS: usize = 1_000;

/// What is tested, ready to run.
pub(super) struct Subject {
    pub(super) engine: Engine,
    /// What comes from outside with the message.
    pub(super) context: RunContext,
    signal: Signal,
    program: Program,
    /// What it is called.
    name: String,
    statements: Vec<Listed>,
    /// Which of them stands where in a configuration.
    places: HashMap<Span, usize>,
    /// Whether failures are not meant to be told.
    is_silent: bool,
}

enum Program {
    /// Nothing yet.
    None,
    Script(Box<Script>),
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
    /// Something is missing or does not fit: a sentence, and the place in the test file.
    Unusable(String, Span),
    /// The program was rejected.
    Rejected(Rejected),
}

/// What is wrong with a program, and the name and the text of the file where it stands.
pub(super) struct Rejected {
    pub(super) problems: Vec<Diagnostic>,
    pub(super) file: String,
    pub(super) text: Arc<str>,
}

/// What a run did.
#[derive(Default)]
pub(super) struct Ran {
    /// What comes out, unless everything was dropped, goes to named outputs, or the run failed.
    pub(super) output: Option<Bytes>,
    pub(super) routes: Vec<(String, Bytes)>,
    pub(super) failures: Vec<Failure>,
    /// How many failures there were beside those.
    pub(super) untold: u64,
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
        let request = request::known(&case.settings, files);
        let request = request.map_err(|(error, span)| Refusal::Unusable(error, span))?;
        let mut subject = Self {
            engine: engine(&case.settings, options, request.clone()),
            context: RunContext::default(),
            signal: case.settings.signal.unwrap_or(Signal::Traces),
            program: Program::None,
            name: String::new(),
            statements: Vec::new(),
            places: HashMap::new(),
            is_silent: case.settings.error_mode == ErrorMode::Silent,
        };
        if let Some(request) = request {
            subject.context = subject.context.with_request(request);
        }
        match &case.settings.program {
            None => {
                let message = "Nothing is tested.".to_owned();
                return Err(Refusal::Unusable(message, case.span));
            }
            Some(ProgramRef::Script { path, span }) => {
                let text = files.text(path);
                let text = text.map_err(|error| Refusal::Unusable(error, *span))?;
                let index = LineIndex::new(&text);
                let line = |offset: usize| index.line_column(offset).line;
                subject.name = files.name(path);
                subject.script(case, &text, &line).map_err(|problems| {
                    Refusal::Rejected(Rejected {
                        problems,
                        file: subject.name.clone(),
                        text: text.as_str().into(),
                    })
                })?;
            }
            Some(ProgramRef::Statements { text, file }) => {
                let line = |offset: usize| {
                    let place = text.locate(Span::new(offset, offset + 1));
                    file.line(place.start as usize)
                };
                subject.name = format!("{} (statements)", options.name);
                subject
                    .script(case, text.value(), &line)
                    .map_err(|problems| {
                        let source = Source {
                            text: Text::clone(text),
                            style: Style::Plain,
                            is_open: false,
                        };
                        let problems = problems.into_iter().map(|problem| source.place(problem));
                        Refusal::Rejected(Rejected {
                            problems: problems.collect(),
                            file: options.name.clone(),
                            text: Arc::clone(file.text()),
                        })
                    })?;
            }
            Some(ProgramRef::Config {
                path,
                span,
                component,
            }) => {
                let text = files.text(path);
                let text = text.map_err(|error| Refusal::Unusable(error, *span))?;
                subject.name = files.name(path);
                subject.component(case, component.as_ref(), *span, &text)?;
            }
        }
        Ok(subject)
    }

    fn script(
        &mut self,
        case: &Case,
        text: &str,
        line: &dyn Fn(usize) -> usize,
    ) -> Result<(), Vec<Diagnostic>> {
        let script = self
            .engine
            .compile(self.signal, case.settings.context, text);
        let script = script.map_err(|error| -> Vec<_> {
            let problems = error.problems().iter();
            problems.map(|problem| problem.diagnostic.clone()).collect()
        })?;
        let parts = script.program().parts.iter();
        let statements = parts.map(|part| Listed {
            line: line(part.offset),
            source: one_line(&part.source),
            span: Span::default(),
            is_condition: part.result.is_some(),
        });
        self.statements = statements.collect();
        self.program = Program::Script(Box::new(script));
        Ok(())
    }

    fn component(
        &mut self,
        case: &Case,
        wanted: Option<&(String, Span)>,
        place: Span,
        text: &str,
    ) -> Result<(), Refusal> {
        let env = &case.settings.env;
        let lookup = |name: &str| env.get(name).cloned();
        let read = config::read(
            text,
            &ReadOptions {
                limits: YamlLimits::default(),
                references: References::Replace(&lookup),
                ..ReadOptions::default()
            },
        );
        let rejected = |problems: Vec<Diagnostic>| {
            Refusal::Rejected(Rejected {
                problems,
                file: self.name.clone(),
                text: text.into(),
            })
        };
        if read.components.is_empty() && read.has_errors() {
            return Err(rejected(read.diagnostics));
        }
        let component = read.choose(wanted.map(|(name, _)| name.as_str()));
        let component = component.map_err(|error| {
            let mut message = format!("{}: {error}", self.name);
            if matches!(error, ChoiceError::Several { .. }) {
                message.push_str(" Choose one with `processor` or `connector`.");
            }
            Refusal::Unusable(message, wanted.map_or(place, |(_, place)| *place))
        })?;
        if case.settings.regroup && component.kind() != ComponentKind::Transform {
            let name = component.name();
            let message = format!("`regroup` has no effect on {name}, which has no statements.");
            return Err(Refusal::Unusable(message, case.span));
        }
        let pipeline = component.compile(&self.engine).map_err(|mut problems| {
            let own = read.diagnostics.iter();
            let own = own.filter(|problem| problem.severity == Severity::Error);
            problems.extend(own.cloned());
            rejected(problems)
        })?;
        let index = LineIndex::new(text);
        let sources = component.sources(self.signal).into_iter();
        let statements = sources.map(|source| Listed {
            line: index.line_column(source.span.start as usize).line,
            source: one_line(source.text),
            span: source.span,
            is_condition: source.is_condition,
        });
        self.statements = statements.collect();
        for (at, listed) in self.statements.iter().enumerate() {
            self.places.entry(listed.span).or_insert(at);
        }
        self.name = format!("{} {}", self.name, component.name());
        self.program = Program::Component(Box::new(component.clone()), Box::new(pipeline));
        Ok(())
    }

    /// Runs it over a message.
    ///
    /// # Errors
    /// A sentence, when the message is malformed or a limit is hit.
    pub(super) fn run(&self, message: &Bytes) -> Result<Ran, String> {
        let mut ran = match &self.program {
            Program::None => Ran::default(),
            Program::Script(script) => self.run_script(script, message)?,
            Program::Component(component, pipeline) => {
                self.run_component(component, pipeline, message)?
            }
        };
        ran.is_silent = self.is_silent;
        Ok(ran)
    }

    fn run_script(&self, script: &Script, message: &Bytes) -> Result<Ran, String> {
        let mut ran = Ran::default();
        let decode = || {
            let batch = script.decode(message.clone());
            batch.map_err(|error| error.to_string())
        };
        let mut batch: Batch = decode()?;
        let report = match script.run_with(&mut batch, &self.context) {
            Ok(report) => report,
            Err(RunError::Statement(error)) => {
                // The run does not tell what it did before; one that goes item by item does.
                let mut report = Report::default();
                let (mut batch, mut cache) = (decode()?, SharedCache::default());
                let _ = script.run_in_order(&mut batch, &mut cache, &self.context, &mut report);
                ran.coverage = Some(self.covered(script, &report, Some(error.statement)));
                ran.untold = untold(&report, script);
                let earlier = report.errors.into_iter().map(|error| self.failure(error));
                ran.failures = earlier.collect();
                ran.failures.push(self.failure(error));
                ran.ended = true;
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
        ran.coverage = Some(self.covered(script, &report, None));
        ran.untold = untold(&report, script);
        let failures = report.errors.into_iter().map(|error| self.failure(error));
        ran.failures = failures.collect();
        let output = batch.try_encode().map_err(|error| error.to_string())?;
        ran.output = Some(output);
        Ok(ran)
    }

    fn covered(&self, script: &Script, report: &Report, ended: Option<usize>) -> Coverage {
        let unmatched = coverage::unmatched(script.program(), report, ended);
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
        let outcome = match pipeline.run_with(self.signal, message.clone(), &self.context) {
            Ok(outcome) => outcome,
            Err(PipelineError::Failed { span, item, error }) => {
                // As with scripts. What the run left in shared caches is not in a new one.
                let mut outcome = Outcome::default();
                if let Ok(pipeline) = component.compile(&self.engine) {
                    let message = message.clone();
                    let context = &self.context;
                    let _ = pipeline.run_in_order(self.signal, message, context, &mut outcome);
                }
                ran.coverage = Some(self.counted(component, &outcome, Some(span)));
                self.tell(&mut ran, outcome);
                let failure = self.failure_at(span, item, error.to_string());
                ran.failures.push(failure);
                ran.ended = true;
                return Ok(ran);
            }
            Err(other) => return Err(other.to_string()),
        };
        ran.coverage = Some(self.counted(component, &outcome, None));
        for output in &outcome.outputs {
            let message = output.message.clone();
            match &output.pipeline {
                None => ran.output = Some(message),
                Some(name) => ran.routes.push((name.clone(), message)),
            }
        }
        self.tell(&mut ran, outcome);
        Ok(ran)
    }

    /// Notes what failed without ending the run.
    fn tell(&self, ran: &mut Ran, outcome: Outcome) {
        for group in outcome.groups {
            let failed = group.report.statements.iter().map(|done| done.failed);
            ran.untold += beyond(failed.sum(), group.report.errors.len());
            for error in group.report.errors {
                let span = group.sources.get(error.statement).copied();
                let span = span.unwrap_or(group.span);
                let message = error.error.to_string();
                ran.failures
                    .push(self.failure_at(span, error.item, message));
            }
        }
        let failed = outcome.conditions.iter().map(|condition| condition.failed);
        ran.untold += beyond(failed.sum(), outcome.failures.len());
        for failure in outcome.failures {
            let message = failure.error.to_string();
            ran.failures
                .push(self.failure_at(failure.span, failure.item, message));
        }
    }

    /// What statements and conditions did. `ended` is the place of the one whose failure ended the
    /// run.
    fn counted(&self, component: &Component, outcome: &Outcome, ended: Option<Span>) -> Coverage {
        let mut coverage = Coverage {
            program: self.name.clone(),
            statements: self.uncovered(component),
        };
        // Reports are in the order of the sources, of which several can stand in one place.
        let mut next = 0;
        let mut listed = |span: Span| {
            let rest = self.statements.get(next..)?.iter();
            let at = next + rest.clone().position(|listed| listed.span == span)?;
            next = at + 1;
            Some(at)
        };
        for (at, group) in outcome.groups.iter().enumerate() {
            let is_last = at + 1 == outcome.groups.len();
            let ended = ended.filter(|_| is_last);
            let ended =
                ended.and_then(|place| group.sources.iter().position(|span| *span == place));
            self.count(group, ended, &mut listed, &mut coverage);
        }
        for done in &outcome.conditions {
            if let Some(at) = listed(done.span) {
                let condition = &mut coverage.statements[at];
                condition.matched += done.matched;
                condition.failed += done.failed;
                condition.unmatched += done.asked.saturating_sub(done.matched + done.failed);
            }
        }
        coverage
    }

    /// Counts what a group did. The statements run for the items for which a condition held.
    fn count(
        &self,
        group: &GroupReport,
        ended: Option<usize>,
        listed: &mut dyn FnMut(Span) -> Option<usize>,
        coverage: &mut Coverage,
    ) {
        let mut rest = group.report.items;
        let mut held = None;
        let is_statement = |part: usize| {
            let at = group
                .sources
                .get(part)
                .and_then(|span| self.places.get(span));
            at.is_some_and(|at| !self.statements[*at].is_condition)
        };
        for (part, span) in group.sources.iter().enumerate() {
            let done = group.report.statements.get(part);
            let done = done.copied().unwrap_or_default();
            let Some(at) = listed(*span) else {
                continue;
            };
            let statement = &mut coverage.statements[at];
            statement.matched += done.matched;
            statement.failed += done.failed;
            // The item of the failure came to nothing behind it.
            let lost = u64::from(ended.is_some_and(|last| part > last));
            if self.statements[at].is_condition {
                let asked = rest.saturating_sub(lost);
                statement.unmatched += asked.saturating_sub(done.matched + done.failed);
                rest = rest.saturating_sub(done.matched);
                *held.get_or_insert(0) += done.matched;
            } else {
                let is_held = ended.is_some_and(&is_statement);
                let items = match held {
                    Some(held) if is_held => held.saturating_sub(lost),
                    Some(held) => held,
                    None => group.report.items.saturating_sub(lost),
                };
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

    fn failure_at(&self, span: Span, item: usize, message: String) -> Failure {
        let at = self.places.get(&span).copied();
        let listed = at.map(|at| &self.statements[at]);
        Failure {
            number: at.map_or(0, |at| at + 1),
            line: listed.map_or(0, |listed| listed.line),
            statement: listed.map_or_else(String::new, |listed| listed.source.clone()),
            item,
            message,
        }
    }
}

/// The engine for a case.
fn engine(settings: &Settings, options: &RunOptions, request: Option<Arc<Request>>) -> Engine {
    let mode = match settings.error_mode {
        // Both go on, but only one tells what failed.
        ErrorMode::Silent => ErrorMode::Ignore,
        mode => mode,
    };
    let mut limits = Engine::default().limits();
    limits.run.max_reported_errors = MAX_ERRORS;
    Engine::default()
        .with_dialect(settings.dialect)
        .with_gates(settings.gates)
        .with_error_mode(mode)
        .with_interpreter(options.interpreter)
        .with_merged_points(settings.merge_points)
        .with_regrouping(settings.regroup)
        .with_limits(limits)
        .with_environment(Arc::new(World::new(settings.now, settings.seed)))
        .with_request(request)
}

/// How many failures of a run its report does not tell, though they are not silent.
fn untold(report: &Report, script: &Script) -> u64 {
    let parts = script.program().parts.iter().zip(&report.statements);
    let told = parts.filter(|(part, _)| part.error_mode != Some(ErrorMode::Silent));
    beyond(told.map(|(_, done)| done.failed).sum(), report.errors.len())
}

/// How many of some failures are not told. Where there is room for more, none is left out.
fn beyond(failed: u64, told: usize) -> u64 {
    match told {
        MAX_ERRORS.. => failed.saturating_sub(told as u64),
        _ => 0,
    }
}

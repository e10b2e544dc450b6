//! A component of a configuration, ready to run.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use ottl::config::{self, ComponentKind, ItemCounts, Outcome, Pipeline, PipelineError};
use ottl::{Context, Engine, Report, RunContext, Script, Signal, StatementReport};
use ottl_syntax::{LineIndex, Span};

use super::work::{Done, Failed, Routed};
use crate::commands::config as configuration;
use crate::error::{Error, Failure};
use crate::script::{self, Listed, Source};
use crate::terminal::ColorChoice;

/// A processor or a connector, ready to run.
pub(super) struct Component {
    name: String,
    kind: ComponentKind,
    pipeline: Pipeline,
    /// A script without statements, which counts.
    counter: Script,
    /// The groups of the signal.
    groups: Vec<Vec<Statement>>,
    /// Every statement and condition for the signal.
    texts: HashMap<Span, Listed>,
    pipelines: Vec<String>,
}

/// A statement or condition of a group.
pub(super) struct Statement {
    pub(super) context: Option<Context>,
    pub(super) listed: Listed,
}

/// Which component of which file.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) file: &'a Path,
    pub(super) name: Option<&'a str>,
    pub(super) expands: bool,
}

impl Component {
    /// Reads a configuration, shows its problems, and makes one component of it ready.
    pub(super) fn open(
        choice: Choice<'_>,
        engine: &Engine,
        signal: Signal,
        color: ColorChoice,
    ) -> Result<Self, Failure> {
        let config = configuration::read(choice.file, choice.expands)?;
        let source = &config.source;
        let (component, pipeline) = configuration::compile(&config, choice.name, engine, color)?;
        let counter = engine.compile(signal, Some(signal.item_level()), "");
        let counter = counter.map_err(|error| Error::new(error.to_string()))?;
        let index = LineIndex::new(&source.text);
        let texts = component.sources(signal).into_iter().map(|one| {
            let listed = Listed {
                line: index.line_column(one.span.start as usize).line,
                text: script::spelling(engine, one.text),
            };
            (one.span, listed)
        });
        let mut opened = Self {
            name: component.name().to_owned(),
            kind: component.kind(),
            pipelines: pipeline
                .pipelines()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            pipeline,
            counter,
            groups: Vec::new(),
            texts: texts.collect(),
        };
        opened.probe(signal, source)?;
        Ok(opened)
    }

    /// Finds the groups of a signal, and the contexts of their conditions by running over a message of
    /// nothing, which also tells whether the signal is supported.
    fn probe(&mut self, signal: Signal, source: &Source) -> Result<(), Failure> {
        let outcome = self.pipeline.run(signal, Bytes::new());
        let outcome = outcome.map_err(|error| Error::new(error.to_string()).at(&source.name))?;
        let mut conditions = outcome.conditions.iter();
        let groups = self.pipeline.groups().into_iter();
        let groups = groups.filter(|group| group.signal == signal);
        let groups = groups.map(|group| {
            let only = group.contexts.first().copied();
            let statements = group.sources.iter().map(|span| Statement {
                context: conditions.next().map(|report| report.context).or(only),
                listed: self.listed(*span),
            });
            statements.collect()
        });
        self.groups = groups.collect();
        Ok(())
    }

    fn listed(&self, span: Span) -> Listed {
        let unknown = || Listed {
            line: 1,
            text: String::new(),
        };
        self.texts.get(&span).cloned().unwrap_or_else(unknown)
    }

    /// The statement that begins at a byte of the configuration.
    pub(super) fn listed_at(&self, offset: usize) -> Option<Listed> {
        let mut texts = self.texts.iter();
        let found = texts.find(|(span, _)| span.start as usize == offset);
        found.map(|(_, listed)| listed.clone())
    }

    /// The name of the component.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The statements and conditions of each group.
    pub(super) fn groups(&self) -> &[Vec<Statement>] {
        &self.groups
    }

    pub(super) fn pipelines(&self) -> &[String] {
        &self.pipelines
    }

    pub(super) fn is_closed(&self) -> bool {
        // A name that comes from the environment is not known.
        !self.pipelines.iter().any(|name| name.contains("${"))
    }

    /// Whether the order of messages matters.
    pub(super) fn is_sequential(&self, signal: Signal) -> bool {
        self.pipeline.shares_caches(signal)
    }

    pub(super) fn is_connector(&self) -> bool {
        self.kind == ComponentKind::Routing
    }

    pub(super) fn nothing(&self) -> &'static str {
        match self.kind {
            ComponentKind::Transform => "The processor has no statements for the signal.\n",
            ComponentKind::Filter | ComponentKind::Routing => "",
        }
    }

    pub(super) fn message(
        &self,
        signal: Signal,
        wire: Bytes,
        context: &RunContext,
        wants: &dyn Fn(&str) -> bool,
    ) -> Result<Done, Failed> {
        let outcome = self.pipeline.run_with(signal, wire.clone(), context);
        let outcome = outcome.map_err(|error| self.failed(error))?;
        // What the component does not look at is counted all the same.
        let counts = match outcome.items {
            Some(counts) => counts,
            None => {
                let before = self.count(wire)? as u64;
                ItemCounts {
                    before,
                    after: before,
                }
            }
        };
        let items = counts.before as usize;
        let failures = outcome.failures.iter();
        let failures = failures
            .map(|failure| {
                (
                    self.listed(failure.span),
                    failure.item,
                    failure.error.clone(),
                )
            })
            .collect();
        let reports = self.reports(&outcome, items);
        let (message, routed) = self.outputs(outcome, wants)?;
        let kept = (self.kind == ComponentKind::Filter).then_some(counts.after as usize);
        Ok(Done {
            items,
            kept,
            reports,
            failures,
            message,
            routed,
        })
    }

    fn count(&self, wire: Bytes) -> Result<usize, Failed> {
        Ok(self.counter.decode(wire)?.items())
    }

    /// One report for each group. A condition of a filter and a route changes nothing.
    fn reports(&self, outcome: &Outcome, items: usize) -> Vec<Report> {
        let mut groups = outcome.groups.iter();
        let mut conditions = outcome.conditions.iter();
        let reports = self.groups.iter().map(|group| {
            let mut report = match groups.next() {
                Some(group) => group.report.clone(),
                None => Report {
                    items: items as u64,
                    statements: conditions
                        .by_ref()
                        .take(group.len())
                        .map(|condition| StatementReport {
                            matched: condition.matched,
                            failed: condition.failed,
                            ..StatementReport::default()
                        })
                        .collect(),
                    ..Report::default()
                },
            };
            report
                .statements
                .resize(group.len(), StatementReport::default());
            report
        });
        reports.collect()
    }

    /// What goes to the main output, and what to named ones.
    fn outputs(
        &self,
        outcome: Outcome,
        wants: &dyn Fn(&str) -> bool,
    ) -> Result<(Option<Bytes>, Vec<Routed>), Failed> {
        let (mut main, mut routed) = (None, Vec::new());
        for config::Output { pipeline, message } in outcome.outputs {
            match pipeline {
                None => main = Some(message),
                Some(name) => routed.push(Routed {
                    rows: self.count(message.clone())?,
                    message: wants(&name).then_some(message),
                    name,
                }),
            }
        }
        Ok((main, routed))
    }

    fn failed(&self, error: PipelineError) -> Failed {
        match error {
            PipelineError::Decode(error) => error.into(),
            PipelineError::Encode(error) => error.into(),
            PipelineError::Run(error) => error.into(),
            PipelineError::Failed { span, item, error } => {
                Failed::Statement(self.listed(span), item, error)
            }
        }
    }
}

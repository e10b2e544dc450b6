//! A component of a configuration, ready to run.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use bytes::Bytes;
use ottl::config::yaml::{Document, Node, YamlLimits};
use ottl::config::{
    self, ComponentKind, GroupReport, ItemCounts, Outcome, Pipeline, PipelineError,
};
use ottl::{Engine, Report, RunContext, Script, Signal, StatementReport};
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
    /// The statements for the signal, in the order of the reports.
    statements: Vec<Listed>,
    /// How many of them each group has.
    groups: Vec<usize>,
    /// Every scalar of the configuration that can be a statement or a condition.
    texts: HashMap<Span, Listed>,
    pipelines: Vec<String>,
    /// Whether a name of a pipeline comes from the environment.
    is_open: bool,
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
        let mut opened = Self {
            name: component.name().to_owned(),
            kind: component.kind(),
            pipeline,
            counter,
            statements: Vec::new(),
            groups: Vec::new(),
            texts: HashMap::new(),
            pipelines: Vec::new(),
            is_open: false,
        };
        opened.look_at(source, component.name(), engine);
        opened.probe(signal, source)?;
        Ok(opened)
    }

    /// Finds the texts of statements and the names of pipelines in the file.
    fn look_at(&mut self, source: &Source, name: &str, engine: &Engine) {
        let Ok(document) = Document::parse(&source.text, &YamlLimits::default()) else {
            return;
        };
        let section = match self.kind {
            ComponentKind::Transform | ComponentKind::Filter => "processors",
            ComponentKind::Routing => "connectors",
        };
        let component = document
            .root()
            .and_then(|root| field(root, section))
            .and_then(|section| field(section, name));
        let Some(component) = component else {
            return;
        };
        let index = LineIndex::new(&source.text);
        gather(component, &mut |node, text| {
            self.texts.entry(node).or_insert_with(|| Listed {
                line: index.line_column(node.start as usize).line,
                text: script::spelling(engine, text),
            });
        });
        if self.kind == ComponentKind::Routing {
            let (mut places, mut known) = (HashSet::new(), HashSet::new());
            let routes = field(component, "table").into_iter();
            let routes = routes.flat_map(|table| table.items().collect::<Vec<_>>());
            let lists = routes.filter_map(|route| field(route, "pipelines"));
            for list in lists.chain(field(component, "default_pipelines")) {
                // What aliases repeat is looked at once.
                for item in list.items().filter(|item| places.insert(item.span())) {
                    let Some(scalar) = item.scalar() else {
                        continue;
                    };
                    self.is_open |= scalar.value.contains("${");
                    if known.insert(&scalar.value) {
                        self.pipelines.push(scalar.value.clone());
                    }
                }
            }
        }
    }

    /// Runs over a message of nothing, which tells the groups of statements and whether the signal
    /// is supported.
    fn probe(&mut self, signal: Signal, source: &Source) -> Result<(), Failure> {
        let outcome = self.pipeline.run(signal, Bytes::new());
        let outcome = outcome.map_err(|error| Error::new(error.to_string()).at(&source.name))?;
        let sizes = outcome.groups.iter().map(|group| group.sources.len());
        self.groups = sizes.collect();
        let sources = outcome.groups.iter().flat_map(|group| &group.sources);
        self.statements = sources.map(|span| self.listed(*span)).collect();
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

    /// How many statements and conditions each group has.
    pub(super) fn groups(&self) -> &[usize] {
        &self.groups
    }

    pub(super) fn statements(&self) -> &[Listed] {
        &self.statements
    }

    pub(super) fn pipelines(&self) -> &[String] {
        &self.pipelines
    }

    pub(super) fn is_closed(&self) -> bool {
        !self.is_open
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
        let report = self.report(&outcome.groups, items);
        let (message, routed) = self.outputs(outcome, wants)?;
        let kept = (self.kind == ComponentKind::Filter).then_some(counts.after as usize);
        Ok(Done {
            items,
            kept,
            report,
            failures,
            message,
            routed,
        })
    }

    fn count(&self, wire: Bytes) -> Result<usize, Failed> {
        Ok(self.counter.decode(wire)?.items())
    }

    /// One report for all groups.
    fn report(&self, groups: &[GroupReport], items: usize) -> Report {
        let mut all = Report {
            items: items as u64,
            ..Report::default()
        };
        for GroupReport {
            sources, report, ..
        } in groups
        {
            let first = all.statements.len();
            let statements = report.statements.iter().copied();
            let padded = statements.chain(std::iter::repeat(StatementReport::default()));
            all.statements.extend(padded.take(sources.len()));
            all.errors
                .extend(report.errors.iter().cloned().map(|mut error| {
                    error.statement += first;
                    error
                }));
        }
        all
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

fn field<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    let is_named = |key: Node<'_>| key.scalar().is_some_and(|key| key.value == name);
    let mut entries = node.entries();
    entries
        .find(|(key, _)| is_named(*key))
        .map(|(_, value)| value)
}

/// Gives every scalar that is a value below a node, and where it stands.
fn gather(node: Node<'_>, found: &mut dyn FnMut(Span, &str)) {
    // The document's limit on nesting keeps this from going too deep.
    if let Some(scalar) = node.scalar() {
        found(node.span(), &scalar.value);
    }
    node.items().for_each(|item| gather(item, found));
    node.entries().for_each(|(_, value)| gather(value, found));
}

//! Finds the components in a configuration.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use otlp_columns::Signal;
use ottl_compiler::nearest;
use ottl_syntax::{Code, Diagnostic, Severity, Span};

use super::compile;
use super::fields::Reader;
use super::filter::Filter;
use super::pipeline::Pipeline;
use super::problems::{Problems, all_of, short};
use super::references::{Environment, References};
use super::routing::Routing;
use super::sites::Outline;
use super::source::Source;
use super::transform::Transform;
use super::yaml::{Document, Node, YamlLimits};
use crate::Engine;

/// How many names of pipelines a wrong one is compared with.
const MAX_NEAR: usize = 100;

/// How a configuration is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions<'a> {
    /// How much the file may demand.
    pub limits: YamlLimits,
    /// What becomes of references to the environment.
    pub references: References<'a>,
    /// How many problems are reported, one at least.
    pub max_diagnostics: usize,
    /// Whether to tell which keys and values fit where, which editors ask.
    pub outline: bool,
}

impl Default for ReadOptions<'_> {
    /// The default limits, references kept as they are, 100 problems, and no outline.
    fn default() -> Self {
        Self {
            limits: YamlLimits::default(),
            references: References::Keep,
            max_diagnostics: 100,
            outline: false,
        }
    }
}

/// A configuration that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The components with OTTL, in the order of the file. Those with problems are there as far as
    /// they could be read.
    pub components: Vec<Component>,
    /// What is wrong beside OTTL, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Which keys and values fit where, when that was asked for.
    pub outline: Outline,
    max_diagnostics: usize,
}

/// A kind of component that has OTTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComponentKind {
    /// The transform processor.
    Transform,
    /// The filter processor.
    Filter,
    /// The routing connector.
    Routing,
}

impl ComponentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Transform, Self::Filter, Self::Routing];

    /// The type in the names of components: `transform`, `filter` or `routing`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transform => "transform",
            Self::Filter => "filter",
            Self::Routing => "routing",
        }
    }

    /// The section of a file in which such components stand.
    fn section(self) -> &'static str {
        match self {
            Self::Transform | Self::Filter => "processors",
            Self::Routing => "connectors",
        }
    }
}

/// A component with OTTL.
#[derive(Clone, Debug)]
pub struct Component {
    name: String,
    kind: ComponentKind,
    span: Span,
    model: Model,
    /// Whether it was read without errors.
    is_whole: bool,
}

/// A statement or a condition of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentSource<'a> {
    /// Where it stands in the configuration.
    pub span: Span,
    /// How it is written, without quotes.
    pub text: &'a str,
    /// Whether it says for which items something is done. So does the statement of a route.
    pub is_condition: bool,
}

impl<'a> ComponentSource<'a> {
    /// Makes one of each source.
    fn of(is_condition: bool) -> impl Fn(&'a Source) -> Self {
        move |source| Self {
            span: source.text.whole(),
            text: source.value(),
            is_condition,
        }
    }
}

/// Why no component was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceError {
    /// The configuration has none.
    Nothing,
    /// It has several, and none was named.
    Several {
        /// Their names.
        names: Vec<String>,
    },
    /// It has none with the name.
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        names: Vec<String>,
    },
}

/// How many names of components an error lists.
const MAX_LISTED: usize = 20;

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| {
            let mut listed: Vec<_> = names.iter().take(MAX_LISTED).map(String::as_str).collect();
            if names.len() > MAX_LISTED {
                listed.push("others");
            }
            all_of(&listed)
        };
        match self {
            Self::Nothing => f.write_str(
                "The configuration has no transform or filter processor and no routing connector.",
            ),
            Self::Several { names } => write!(
                f,
                "The configuration has several components with OTTL: {}.",
                list(names)
            ),
            Self::Unknown { name, names } => {
                let known: Vec<_> = names.iter().map(String::as_str).collect();
                write!(f, "The configuration has no `{name}` with OTTL. ")?;
                if let Some(meant) = nearest(name, known.iter().copied()) {
                    write!(f, "Did you mean `{meant}`? ")?;
                }
                write!(f, "It has {}.", list(names))
            }
        }
    }
}

impl std::error::Error for ChoiceError {}

#[derive(Clone, Debug)]
pub(super) enum Model {
    Transform(Transform),
    Filter(Filter),
    Routing(Routing),
}

/// The text of a file, which has to be UTF-8. A byte order mark in front is allowed.
///
/// # Errors
/// When it is not UTF-8, with the place of the first byte that is wrong. What is before that byte is
/// the same in `String::from_utf8_lossy`, which can so be used to show the problem.
pub fn decode(file: &[u8]) -> Result<&str, Box<Diagnostic>> {
    std::str::from_utf8(file).map_err(|error| {
        let at = error.valid_up_to();
        let message = "The file is not UTF-8.";
        let diagnostic = Diagnostic::error(Code::InvalidYaml, Span::new(at, at), message);
        Box::new(diagnostic.with_note("Save it as UTF-8. The Collector reads nothing else well."))
    })
}

/// Reads the configuration of a Collector, and finds what in it is OTTL. All else is left alone.
#[must_use]
pub fn read(source: &str, options: &ReadOptions<'_>) -> Read {
    with_root(source, options, |reader, root| {
        let mut components = Vec::new();
        let Some(sections) = reader.any_fields(root, "A configuration") else {
            return components;
        };
        for section in ["processors", "connectors"] {
            let Some(node) = sections.get(section) else {
                continue;
            };
            let Some(fields) = reader.any_fields(node, &format!("`{section}`")) else {
                continue;
            };
            let kinds = ComponentKind::ALL.into_iter();
            let own = kinds.filter(|kind| kind.section() == section);
            let names: Vec<_> = own.map(ComponentKind::name).collect();
            reader.note_mapping(&fields, &names);
            for (name, key, value) in fields.all() {
                let kind = name.split('/').next().unwrap_or(name).trim();
                let mut kinds = ComponentKind::ALL.into_iter();
                let kind = kinds.find(|known| known.section() == section && known.name() == kind);
                if let Some(kind) = kind {
                    check_name(reader, name, key.span());
                    components.push(component(reader, kind, name, key.span(), value));
                }
            }
        }
        components.sort_by_key(|component: &Component| component.span);
        if let Some(service) = sections.get("service") {
            check_pipelines(reader, service, &mut components);
        }
        components
    })
}

/// Reports pipelines that connectors name and the service does not have.
fn check_pipelines(reader: &mut Reader<'_>, service: Node<'_>, components: &mut [Component]) {
    let Some(service) = reader.any_fields(service, "`service`") else {
        return;
    };
    let Some(pipelines) = service.get("pipelines") else {
        return;
    };
    let Some(pipelines) = reader.any_fields(pipelines, "`pipelines`") else {
        return;
    };
    let pipelines: Vec<_> = pipelines
        .all()
        .map(|(name, _, value)| ServicePipeline::read(reader, name, value))
        .collect();
    let known: HashSet<_> = pipelines.iter().map(|pipeline| pipeline.name).collect();
    // Of so many that comparing each with each takes long none is suggested.
    let near: Vec<_> = known.iter().copied().take(MAX_NEAR).collect();
    for component in components {
        let Model::Routing(routing) = &component.model else {
            continue;
        };
        for name in routing.pipelines() {
            if known.contains(name.name.trim()) || name.name.contains("${") {
                continue;
            }
            let message = format!("The service has no pipeline `{}`.", short(&name.name));
            let error = Diagnostic::error(Code::InvalidSettings, name.span, message);
            reader
                .problems
                .report(match nearest(&name.name, near.iter().copied()) {
                    Some(meant) => {
                        error.with_fix(name.span, format!("did you mean `{meant}`?"), meant)
                    }
                    None => error,
                });
            component.is_whole = false;
        }
        for (span, error) in unconnected(&component.name, routing, &pipelines) {
            let error = Diagnostic::error(Code::InvalidSettings, span, error);
            reader.problems.report(error.with_note(
                "A connector is among the `exporters` of the pipelines that give it data, and among \
                 the `receivers` of those that it gives data to, which are of the same signal.",
            ));
            component.is_whole = false;
        }
    }
}

/// A pipeline of the service.
struct ServicePipeline<'d> {
    name: &'d str,
    receivers: Vec<&'d str>,
    exporters: Vec<&'d str>,
}

impl<'d> ServicePipeline<'d> {
    fn read(reader: &mut Reader<'_>, name: &'d str, node: Node<'d>) -> Self {
        let fields = reader.any_fields(node, "A pipeline");
        let list = |key: &str| {
            let node = fields.as_ref().and_then(|fields| fields.get(key));
            let items = node.into_iter().flat_map(Node::items);
            let names = items.filter_map(|item| Some(item.scalar()?.value.trim()));
            names.collect()
        };
        Self {
            name: name.trim(),
            receivers: list("receivers"),
            exporters: list("exporters"),
        }
    }

    fn signal(&self) -> &'d str {
        self.name.split('/').next().unwrap_or(self.name).trim()
    }
}

/// Pipelines that a connector names and cannot give data to, and why.
fn unconnected(
    connector: &str,
    routing: &Routing,
    pipelines: &[ServicePipeline<'_>],
) -> Vec<(Span, String)> {
    let connector = connector.trim();
    let has = |names: &[&str]| names.contains(&connector);
    let is_open = |names: &[&str]| names.iter().any(|name| name.contains("${"));
    let givers = pipelines.iter().filter(|pipeline| has(&pipeline.exporters));
    let signals: BTreeSet<_> = givers.map(ServicePipeline::signal).collect();
    // What no pipeline gives data to is not started.
    if signals.is_empty() {
        return Vec::new();
    }
    let by_name: HashMap<_, _> = pipelines
        .iter()
        .map(|pipeline| (pipeline.name, pipeline))
        .collect();
    let mut problems = Vec::new();
    for name in routing.pipelines() {
        let Some(pipeline) = by_name.get(name.name.trim()) else {
            continue;
        };
        let shown = short(pipeline.name);
        if !has(&pipeline.receivers) && !is_open(&pipeline.receivers) {
            let message = format!(
                "The pipeline `{shown}` does not receive from `{}`.",
                short(connector)
            );
            problems.push((name.span, message));
        } else if let Some(other) = signals.iter().find(|signal| **signal != pipeline.signal()) {
            let message = format!(
                "The pipeline `{shown}` cannot get the {other} of `{}`.",
                short(connector)
            );
            problems.push((name.span, message));
        }
    }
    problems
}

/// Reads the configuration of one component alone: what stands below its name in a file of the
/// Collector.
#[must_use]
pub fn read_component(kind: ComponentKind, source: &str, options: &ReadOptions<'_>) -> Read {
    with_root(source, options, |reader, root| {
        vec![component(reader, kind, kind.name(), root.span(), root)]
    })
}

fn with_root(
    source: &str,
    options: &ReadOptions<'_>,
    read: impl FnOnce(&mut Reader<'_>, Node<'_>) -> Vec<Component>,
) -> Read {
    let mut reader = Reader {
        environment: Environment::new(options.references),
        problems: Problems::new(options.max_diagnostics),
        outline: options.outline.then(Outline::default),
    };
    let components = match Document::parse(source, &options.limits) {
        Ok(document) => match document.root() {
            Some(root) => read(&mut reader, root),
            None => Vec::new(),
        },
        Err(problems) => {
            for problem in problems {
                reader.problems.report(problem);
            }
            Vec::new()
        }
    };
    Read {
        components,
        diagnostics: reader.problems.finish(),
        outline: reader.outline.unwrap_or_default(),
        max_diagnostics: options.max_diagnostics,
    }
}

fn check_name(reader: &mut Reader<'_>, name: &str, span: Span) {
    let is_valid = name
        .split_once('/')
        .is_none_or(|(_, own)| !own.trim().is_empty());
    if !is_valid {
        let message = format!("`{}` has no name behind the slash.", short(name));
        reader.problems.error(Code::InvalidSettings, span, message);
    }
}

fn component(
    reader: &mut Reader<'_>,
    kind: ComponentKind,
    name: &str,
    span: Span,
    node: Node<'_>,
) -> Component {
    let errors = reader.problems.errors();
    let model = match kind {
        ComponentKind::Transform => Model::Transform(Transform::read(reader, node)),
        ComponentKind::Filter => Model::Filter(Filter::read(reader, node)),
        ComponentKind::Routing => Model::Routing(Routing::read(reader, node)),
    };
    Component {
        name: name.to_owned(),
        kind,
        span,
        model,
        is_whole: reader.problems.errors() == errors,
    }
}

impl Read {
    /// Everything that is wrong, in the order of the file: what reading found, and the problems of
    /// every statement and condition.
    #[must_use]
    pub fn check(&self, engine: &Engine) -> Vec<Diagnostic> {
        let mut problems = Problems::new(self.max_diagnostics);
        for component in &self.components {
            compile::check(engine, &component.model, &mut problems);
        }
        let mut all = self.diagnostics.clone();
        all.extend(problems.finish());
        all.sort_by_key(|diagnostic| diagnostic.primary.span);
        all
    }

    /// The component with a name, as `transform/names`.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components
            .iter()
            .find(|component| component.name == name)
    }

    /// The component with a name; the only one when no name is given.
    ///
    /// # Errors
    /// When there is none, or there are several and no name is given.
    pub fn choose(&self, name: Option<&str>) -> Result<&Component, ChoiceError> {
        let names = || -> Vec<String> {
            let names = self.components.iter().map(Component::name);
            names.map(str::to_owned).collect()
        };
        match (name, self.components.as_slice()) {
            (_, []) => Err(ChoiceError::Nothing),
            (None, [only]) => Ok(only),
            (None, _) => Err(ChoiceError::Several { names: names() }),
            (Some(name), _) => self.component(name).ok_or_else(|| ChoiceError::Unknown {
                name: name.to_owned(),
                names: names(),
            }),
        }
    }

    /// Whether reading found errors. [`Read::check`] may find more.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.diagnostics.iter().any(is_error)
    }
}

impl Component {
    /// The name in the file, as `transform/names`; that of the kind when it was read alone.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn model(&self) -> &Model {
        &self.model
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ComponentKind {
        self.kind
    }

    /// Where its name stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Every statement and condition for a signal with its place, in the order in which they are
    /// run or asked. Conditions on the request are among them, though they are not OTTL.
    #[must_use]
    pub fn sources(&self, signal: Signal) -> Vec<ComponentSource<'_>> {
        match &self.model {
            Model::Transform(transform) => {
                let groups = transform.groups.iter();
                let groups = groups.filter(|group| group.signal == signal);
                let sources = groups.flat_map(|group| {
                    let conditions = group.conditions.iter().map(ComponentSource::of(true));
                    conditions.chain(group.statements.iter().map(ComponentSource::of(false)))
                });
                sources.collect()
            }
            Model::Filter(filter) => {
                let groups = filter.groups.iter();
                let groups = groups.filter(|group| group.signal == signal);
                let conditions = groups.flat_map(|group| &group.conditions);
                let sources = conditions.map(|condition| &condition.source);
                sources.map(ComponentSource::of(true)).collect()
            }
            Model::Routing(routing) => {
                let sources = routing.sources(signal);
                let source = |(span, text)| ComponentSource {
                    span,
                    text,
                    is_condition: true,
                };
                sources.map(source).collect()
            }
        }
    }

    /// The problems of every statement and condition, in the order of the file.
    #[must_use]
    pub fn check(&self, engine: &Engine) -> Vec<Diagnostic> {
        let mut problems = Problems::new(engine.limits().source.max_diagnostics);
        compile::check(engine, &self.model, &mut problems);
        problems.finish()
    }

    /// Makes the component ready to run. The engine's error mode and component do not matter: the
    /// configuration says what they are.
    ///
    /// # Errors
    /// The problems of every statement and condition, when one of them is an error or the component
    /// has something that cannot be run here. Problems beside OTTL are in [`Read::diagnostics`]; a
    /// component with errors there is not run either.
    pub fn compile(&self, engine: &Engine) -> Result<Pipeline, Vec<Diagnostic>> {
        self.compile_by(engine, compile::pipeline)
    }

    /// Makes the component ready to be [traced](Pipeline::trace_with), which takes longer to compile.
    ///
    /// # Errors
    /// As [`Component::compile`].
    pub fn compile_traced(&self, engine: &Engine) -> Result<Pipeline, Vec<Diagnostic>> {
        self.compile_by(engine, compile::traced_pipeline)
    }

    fn compile_by(
        &self,
        engine: &Engine,
        compile: fn(&Engine, &Model, &mut Problems) -> Option<Pipeline>,
    ) -> Result<Pipeline, Vec<Diagnostic>> {
        let mut problems = Problems::new(engine.limits().source.max_diagnostics);
        if !self.is_whole {
            let message = format!("`{}` has errors and cannot be run.", short(&self.name));
            problems.error(Code::InvalidSettings, self.span, message);
        }
        let pipeline = compile(engine, &self.model, &mut problems);
        match pipeline {
            Some(pipeline) if problems.errors() == 0 => Ok(pipeline),
            _ => Err(problems.finish()),
        }
    }
}

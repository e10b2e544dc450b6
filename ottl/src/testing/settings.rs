//! What is tested, and how it is run.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use jiff::Timestamp;
use otlp_columns::Signal;
use ottl_compiler::Gates;
use ottl_syntax::{Code, Dialect, Span};
use ottl_vm::ErrorMode;
use ottl_vm::path::{self, Context};

use super::fields::Reader;
use super::request::{self, RequestRef};
use crate::config::Text;
use crate::config::shape::Fields;
use crate::config::yaml::{self, Node, NodeKind, Resolved};

/// The keys that say what is tested, in a file or in a case.
pub(super) const KEYS: [&str; 17] = [
    "script",
    "statements",
    "config",
    "processor",
    "connector",
    "signal",
    "context",
    "dialect",
    "feature_gates",
    "error_mode",
    "merge_points",
    "regroup",
    "now",
    "seed",
    "env",
    "otelcol",
    "client_metadata",
];
const DIALECTS: [&str; 2] = ["strict", "selfops"];
const ERROR_MODES: [&str; 3] = ["propagate", "ignore", "silent"];

/// What is tested.
#[derive(Clone, Debug)]
pub enum ProgramRef {
    /// A script in a file.
    Script {
        /// The path, as it is written.
        path: String,
        /// Where that stands in the test file.
        span: Span,
    },
    /// Statements in the test file.
    Statements {
        /// One behind the other, with their places in the test file.
        text: Arc<Text>,
        /// The test file.
        file: SourceFile,
    },
    /// A component of a configuration in a file.
    Config {
        /// The path, as it is written.
        path: String,
        /// Where that stands in the test file.
        span: Span,
        /// The name of the component and where that stands; the only one when there is no name.
        component: Option<(String, Span)>,
    },
}

/// The text of a test file. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct SourceFile {
    text: Arc<str>,
    /// The first bytes of the lines.
    starts: Arc<[usize]>,
}

impl SourceFile {
    pub(super) fn new(text: &str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text: text.into(),
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }
}

/// What is tested, and how it is run. A case has those of the file, where it does not say otherwise.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The script or the component.
    pub program: Option<ProgramRef>,
    /// The kind of messages.
    pub signal: Option<Signal>,
    /// What the statements run over; inferred if it is not given.
    pub context: Option<Context>,
    /// The language of the script.
    pub dialect: Dialect,
    /// The feature gates of the reference that are open.
    pub gates: Gates,
    /// What happens when a statement of a script fails; a configuration says it itself.
    pub error_mode: ErrorMode,
    /// Whether data points that become equal are merged.
    pub merge_points: bool,
    /// Whether an item that writes to its resource or scope gets one of its own.
    pub regroup: bool,
    /// The time, in nanoseconds since the epoch.
    pub now: i64,
    /// What random numbers are made from.
    pub seed: u64,
    /// What references in a configuration stand for.
    pub env: BTreeMap<String, String>,
    /// What is known of the request that brings the message.
    pub otelcol: Option<RequestRef>,
    /// Values that are added to the metadata of the client.
    pub client_metadata: BTreeMap<String, Vec<String>>,
}

impl Default for Settings {
    /// The strict dialect, failures end the run, and it is 2025-01-01T00:00:00Z.
    fn default() -> Self {
        Self {
            program: None,
            signal: None,
            context: None,
            dialect: Dialect::Strict,
            gates: Gates::default(),
            error_mode: ErrorMode::Propagate,
            merge_points: false,
            regroup: false,
            now: 1_735_689_600_000_000_000,
            seed: 0,
            env: BTreeMap::new(),
            otelcol: None,
            client_metadata: BTreeMap::new(),
        }
    }
}

/// Settings while they are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) settings: Settings,
    /// Where settings stand that not every program heeds.
    given: Vec<(&'static str, Span)>,
}

/// What a configuration says itself or knows nothing of, and what only it has.
const OF_SCRIPTS: [(&str, &str); 3] = [
    (
        "context",
        "A configuration says itself what its contexts are.",
    ),
    (
        "error_mode",
        "A configuration says itself what happens when a statement fails.",
    ),
    (
        "merge_points",
        "Only the data points of a script are merged.",
    ),
];
const OF_CONFIGURATIONS: [(&str, &str); 1] = [(
    "env",
    "Only a configuration has references that `env` gives values.",
)];

impl Draft {
    /// The same, but for what some fields say.
    pub(super) fn read(&self, reader: &mut Reader, fields: &Fields<'_>) -> Self {
        let mut draft = Self {
            settings: self.settings.read(reader, fields),
            given: self.given.clone(),
        };
        for (name, _) in OF_SCRIPTS.iter().chain(&OF_CONFIGURATIONS) {
            if fields.given(name).is_some()
                && let Some((key, _)) = fields.entry(name)
            {
                draft.given.retain(|(known, _)| known != name);
                draft.given.push((name, key.span()));
            }
        }
        draft
    }

    /// Reports settings that have no effect on the program.
    pub(super) fn check(&self, reader: &mut Reader) {
        let (ignored, note): (&[_], _) = match self.settings.program {
            None => return,
            Some(ProgramRef::Config { .. }) => (
                &OF_SCRIPTS,
                "Leave it out, or say it in the cases that have a script.",
            ),
            Some(_) => (
                &OF_CONFIGURATIONS,
                "Leave it out, or say it in the cases that have a configuration.",
            ),
        };
        for (name, message) in ignored {
            if let Some((_, span)) = self.given.iter().find(|(given, _)| given == name) {
                reader.error_with_note(Code::InvalidSettings, *span, *message, note);
            }
        }
    }
}

impl Settings {
    /// The same, but for what some fields say.
    fn read(&self, reader: &mut Reader, fields: &Fields<'_>) -> Self {
        let mut settings = self.clone();
        settings.read_program(reader, fields);
        if let Some(node) = fields.given("signal") {
            let names: Vec<_> = Signal::ALL.iter().map(|signal| signal.name()).collect();
            let found = reader.choice(node, "`signal`", &names);
            settings.signal = found.map(|at| Signal::ALL[at]).or(settings.signal);
        }
        if let Some(node) = fields.given("context") {
            settings.context = context(reader, node).or(settings.context);
        }
        if let Some(node) = fields.given("dialect") {
            settings.dialect = match reader.choice(node, "`dialect`", &DIALECTS) {
                Some(1) => Dialect::Selfops,
                _ => Dialect::Strict,
            };
        }
        if let Some(node) = fields.given("error_mode") {
            settings.error_mode = match reader.choice(node, "`error_mode`", &ERROR_MODES) {
                Some(1) => ErrorMode::Ignore,
                Some(2) => ErrorMode::Silent,
                _ => ErrorMode::Propagate,
            };
        }
        if let Some(node) = fields.given("feature_gates") {
            settings.read_gates(reader, node);
        }
        if let Some(node) = fields.given("merge_points") {
            settings.merge_points = reader.boolean(Some(node), "`merge_points`");
        }
        if let Some(node) = fields.given("regroup") {
            settings.regroup = reader.boolean(Some(node), "`regroup`");
        }
        if let Some(node) = fields.given("now") {
            settings.now = time(reader, node).unwrap_or(settings.now);
        }
        if let Some(node) = fields.given("seed") {
            settings.seed = reader.number(node, "`seed`").unwrap_or(settings.seed);
        }
        if let Some(node) = fields.given("env")
            && let Some(variables) = reader.problems.mapping(node, "`env`")
        {
            for (name, _, value) in variables.all() {
                let value = reader.scalar(value, "A variable");
                let value = value.map(|value| (name.to_owned(), value));
                settings.env.extend(value);
            }
        }
        if let Some(node) = fields.given("otelcol") {
            settings.otelcol = request::read(reader, node).or(settings.otelcol);
        }
        if let Some(node) = fields.given("client_metadata") {
            request::metadata(reader, node, &mut settings.client_metadata);
        }
        settings
    }

    fn read_program(&mut self, reader: &mut Reader, fields: &Fields<'_>) {
        let keys = ["script", "statements", "config"];
        let given: Vec<_> = keys
            .into_iter()
            .filter_map(|key| Some((key, fields.entry(key)?.0)))
            .collect();
        if let [(first, _), (second, node), ..] = given.as_slice() {
            let message = format!("There is `{first}` as well as `{second}`.");
            let note = "A test is about one of them.";
            reader.error_with_note(Code::InvalidSettings, node.span(), message, note);
        }
        if let Some(node) = fields.given("script")
            && let Some(path) = reader.text(node, "`script`")
        {
            let span = node.span();
            self.program = Some(ProgramRef::Script { path, span });
        }
        if let Some(node) = fields.given("statements") {
            self.program = statements(reader, node).or(self.program.take());
        }
        if let Some(node) = fields.given("config")
            && let Some(path) = reader.text(node, "`config`")
        {
            self.program = Some(ProgramRef::Config {
                path,
                span: node.span(),
                component: None,
            });
        }
        for key in ["processor", "connector"] {
            let Some(node) = fields.given(key) else {
                continue;
            };
            let name = reader.text(node, &format!("`{key}`"));
            match &mut self.program {
                Some(ProgramRef::Config { component, .. }) => {
                    *component = name.map(|name| (name, node.span()));
                }
                _ => {
                    let message = format!("There is `{key}`, but no `config` to find it in.");
                    reader.error(Code::InvalidSettings, node.span(), message);
                }
            }
        }
    }

    fn read_gates(&mut self, reader: &mut Reader, node: Node<'_>) {
        for node in reader.some(node) {
            let Some(name) = reader.text(node, "A feature gate") else {
                continue;
            };
            let (gate, is_open) = match name.strip_prefix('-') {
                Some(gate) => (gate, false),
                None => (name.as_str(), true),
            };
            if !self.gates.set(gate, is_open) {
                let message = format!("There is no feature gate `{gate}`.");
                let note = format!("The gates are {}.", Gates::NAMES.join(", "));
                reader.error_with_note(Code::UnknownChoice, node.span(), message, note);
            }
        }
    }
}

fn statements(reader: &mut Reader, node: Node<'_>) -> Option<ProgramRef> {
    let mut texts = Vec::new();
    for item in reader.some(node) {
        reader.text(item, "A statement")?;
        texts.extend(item.text());
    }
    Some(ProgramRef::Statements {
        text: Arc::new(Text::lines(&texts)),
        file: reader.file.clone(),
    })
}

/// A context by its name.
pub(super) fn context(reader: &mut Reader, node: Node<'_>) -> Option<Context> {
    let known = [
        "resource",
        "scope",
        "span",
        "spanevent",
        "log",
        "metric",
        "datapoint",
        "exemplar",
        "profile",
        "profilesample",
    ];
    let found = reader.choice(node, "`context`", &known)?;
    path::context_named(known[found])
}

/// A time in RFC 3339, or in nanoseconds since the epoch.
fn time(reader: &mut Reader, node: Node<'_>) -> Option<i64> {
    let found = match node.kind() {
        NodeKind::Scalar(Resolved::Int(text)) => {
            let nanos = yaml::int(text);
            nanos.and_then(|nanos| i64::try_from(nanos).ok())
        }
        NodeKind::Scalar(Resolved::String(text)) => {
            let time = Timestamp::from_str(text).ok();
            time.and_then(|time| i64::try_from(time.as_nanosecond()).ok())
        }
        _ => None,
    };
    if found.is_none() {
        let expected = "a time such as 2025-01-31T12:00:00Z, or nanoseconds since 1970";
        reader.problems.wrong_shape(node, "`now`", expected);
    }
    found
}

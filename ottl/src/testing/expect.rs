//! What is expected of a case.

use otlp_columns::Signal;
use ottl_syntax::{Code, Span};
use ottl_vm::path::{self, Context};

use super::fields::Reader;
use super::{Data, data, settings};
use crate::config::shape::Fields;
use crate::config::yaml::{Node, NodeKind, Resolved};

const KEYS: [&str; 9] = [
    "output",
    "ordered",
    "unchanged",
    "dropped",
    "assert",
    "count",
    "routes",
    "errors",
    "compile_error",
];

/// What is expected of a case.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// The message that comes out.
    pub output: Option<(Data, Span)>,
    /// Whether the order of attributes matters in messages that are compared.
    pub ordered: bool,
    /// Whether what comes out has to be what came in.
    pub unchanged: Option<Span>,
    /// Whether nothing may come out.
    pub dropped: Option<Span>,
    /// Conditions on what comes out.
    pub assertions: Vec<Assertion>,
    /// How many items of a context have to come out.
    pub counts: Vec<(Context, u64, Span)>,
    /// What has to go to named outputs, and to no others. Nothing is expected where there is none.
    pub routes: Option<(Vec<Route>, Span)>,
    /// The failures.
    pub errors: Errors,
    /// Problems for which the program has to be rejected.
    pub compile_errors: Vec<ExpectedProblem>,
}

/// An output, by its name, and what is expected to go there.
pub type Route = (String, Option<Data>, Span);

/// A condition on what comes out.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The condition.
    pub condition: String,
    /// What it is asked of; inferred if it is not given.
    pub context: Option<Context>,
    /// For how many it has to hold.
    pub quantity: Quantity,
    /// Where it stands in the test file.
    pub span: Span,
}

/// For how many items a condition has to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// For all, and there has to be one at least.
    #[default]
    All,
    /// For one at least.
    Some,
    /// For none.
    None,
}

/// The failures that are expected.
#[derive(Clone, Debug, Default)]
pub enum Errors {
    /// None.
    #[default]
    None,
    /// Whatever fails, it does not matter.
    Any,
    /// These and no others.
    These(Vec<ExpectedError>),
}

/// A failure that is expected.
#[derive(Clone, Debug, Default)]
pub struct ExpectedError {
    /// A part of its message.
    pub message: Option<String>,
    /// The statement, by its number from 1.
    pub number: Option<u64>,
    /// A part of the statement.
    pub statement: Option<String>,
    /// The item it fails on, from 0.
    pub item: Option<u64>,
    /// Where it stands in the test file.
    pub span: Span,
}

/// A problem for which a program is expected to be rejected.
#[derive(Clone, Debug, Default)]
pub struct ExpectedProblem {
    /// A part of its message.
    pub message: Option<String>,
    /// Its code, such as `E0301`.
    pub code: Option<String>,
    /// Where it stands in the test file.
    pub span: Span,
}

impl Expect {
    pub(super) fn read(reader: &mut Reader, signal: Signal, node: Node<'_>) -> Option<Self> {
        let fields = reader.fields(node, "`expect`", &KEYS)?;
        let errors = reader.problems.errors();
        let mut expect = Self::default();
        for (name, _, node) in fields.all() {
            match name {
                "output" => {
                    let output = data::read(reader, signal, node, "`output`");
                    expect.output = output.map(|output| (output, node.span()));
                }
                "ordered" => expect.ordered = reader.boolean(Some(node), "`ordered`"),
                "unchanged" => {
                    let instead = "Say with `output` or `assert` what comes out.";
                    expect.unchanged = truth(reader, node, name, instead);
                }
                "dropped" => {
                    let instead = "Say with `output`, `assert` or `count` what comes out.";
                    expect.dropped = truth(reader, node, name, instead);
                }
                "assert" => {
                    for node in reader.some_at_least(node, "`assert`") {
                        expect.assertions.extend(Assertion::read(reader, node));
                    }
                }
                "count" => expect.read_counts(reader, node),
                "routes" => expect.read_routes(reader, signal, node),
                "errors" => expect.errors = Errors::read(reader, node),
                "compile_error" => {
                    for node in reader.some_at_least(node, "`compile_error`") {
                        let problem = ExpectedProblem::read(reader, node);
                        expect.compile_errors.extend(problem);
                    }
                }
                _ => {}
            }
        }
        // What could not be read may have been an expectation.
        if reader.problems.errors() == errors {
            expect.check(reader, &fields, node.span());
        }
        Some(expect)
    }

    /// Reports what can never be otherwise than it is expected to be.
    fn check(&self, reader: &mut Reader, fields: &Fields<'_>, whole: Span) {
        let compares = self.output.is_some() || self.unchanged.is_some();
        let asks = self.dropped.is_some() || !self.assertions.is_empty() || !self.counts.is_empty();
        let is_given = compares
            || asks
            || self.routes.is_some()
            || matches!(self.errors, Errors::These(_))
            || !self.compile_errors.is_empty();
        if !is_given {
            let message = match self.errors {
                Errors::Any => "Nothing is expected: `errors: any` alone accepts everything.",
                _ => "Nothing is expected.",
            };
            let note =
                "Say what comes out with `output` or `assert`, or what goes wrong with `errors`.";
            reader.error_with_note(Code::InvalidSettings, whole, message, note);
        }
        if let Some((key, _)) = fields.entry("ordered")
            && self.ordered
            && !(compares || self.routes.is_some())
        {
            let message = "`ordered` has no effect, since no message is compared.";
            let note = "It goes with `output`, `unchanged` or `routes`.";
            reader.error_with_note(Code::InvalidSettings, key.span(), message, note);
        }
        let others = fields.all().find(|(name, _, _)| *name != "compile_error");
        if let Some((name, key, _)) = others.filter(|_| !self.compile_errors.is_empty()) {
            let message = format!("`{name}` has no effect beside `compile_error`.");
            let note = "A program that is rejected does not run. Make two cases of it.";
            reader.error_with_note(Code::InvalidSettings, key.span(), message, note);
        }
    }

    fn read_counts(&mut self, reader: &mut Reader, node: Node<'_>) {
        let Some(counts) = reader.problems.mapping(node, "`count`") else {
            return;
        };
        if counts.all().next().is_none() {
            let message = "`count` is empty, so that nothing is expected.";
            reader.error(Code::WrongShape, node.span(), message);
        }
        for (name, key, value) in counts.all() {
            let context = match path::context_named(name) {
                Some(_) => path::context_named(name),
                None => {
                    reader.error_with_note(
                        Code::UnknownChoice,
                        key.span(),
                        format!("There is no context `{name}`."),
                        "It is resource, scope, span, spanevent, log, metric, datapoint, exemplar, \
                         profile or profilesample.",
                    );
                    None
                }
            };
            let number = reader.number(value, "A number of items");
            self.counts
                .extend(context.zip(number).map(|(c, n)| (c, n, value.span())));
        }
    }

    fn read_routes(&mut self, reader: &mut Reader, signal: Signal, node: Node<'_>) {
        let Some(fields) = reader.problems.mapping(node, "`routes`") else {
            return;
        };
        let mut routes = Vec::new();
        for (name, key, value) in fields.all() {
            let data = match value.kind() {
                NodeKind::Scalar(Resolved::Null) => Some(None),
                _ => data::read(reader, signal, value, "A route").map(Some),
            };
            routes.extend(data.map(|data| (name.to_owned(), data, key.span())));
        }
        self.routes = Some((routes, node.span()));
    }
}

/// The place of a `true`. That something is not so is hardly ever meant.
fn truth(reader: &mut Reader, node: Node<'_>, name: &str, instead: &str) -> Option<Span> {
    let what = format!("`{name}`");
    if node.kind() == NodeKind::Scalar(Resolved::Bool(false)) {
        let message = format!("`{name}: false` expects nothing.");
        reader.error_with_note(Code::InvalidSettings, node.span(), message, instead);
        return None;
    }
    let is_so = reader.boolean(Some(node), &what);
    is_so.then(|| node.span())
}

impl Assertion {
    fn read(reader: &mut Reader, node: Node<'_>) -> Option<Self> {
        let span = node.span();
        if node.scalar().is_some() {
            return Some(Self {
                condition: reader.text(node, "A condition")?,
                context: None,
                quantity: Quantity::All,
                span,
            });
        }
        let fields = reader.fields(node, "A condition", &["all", "some", "none", "context"])?;
        let quantities = [
            ("all", Quantity::All),
            ("some", Quantity::Some),
            ("none", Quantity::None),
        ];
        let mut given = quantities
            .into_iter()
            .filter_map(|(key, quantity)| Some((fields.given(key)?, quantity)));
        let (Some((text, quantity)), None) = (given.next(), given.next()) else {
            let message = "A condition has one of the keys all, some and none.";
            reader.error(Code::InvalidSettings, span, message);
            return None;
        };
        let context = fields.given("context");
        let context = context.map(|node| settings::context(reader, node));
        Some(Self {
            condition: reader.text(text, "A condition")?,
            context: context.unwrap_or_default(),
            quantity,
            span: text.span(),
        })
    }
}

impl Errors {
    fn read(reader: &mut Reader, node: Node<'_>) -> Self {
        if let NodeKind::Scalar(Resolved::String("any")) = node.kind() {
            return Self::Any;
        }
        let list = reader.some(node);
        let errors = list
            .into_iter()
            .filter_map(|node| ExpectedError::read(reader, node));
        Self::These(errors.collect())
    }
}

impl ExpectedError {
    fn read(reader: &mut Reader, node: Node<'_>) -> Option<Self> {
        let span = node.span();
        if node.scalar().is_some() {
            return Some(Self {
                message: Some(reader.text(node, "A failure")?),
                span,
                ..Self::default()
            });
        }
        let fields = reader.fields(node, "A failure", &["message", "statement", "item"])?;
        let mut error = Self {
            span,
            ..Self::default()
        };
        if let Some(node) = fields.given("message") {
            error.message = reader.text(node, "`message`");
        }
        if let Some(node) = fields.given("item") {
            error.item = reader.number(node, "`item`");
        }
        match fields.given("statement").map(|node| (node, node.kind())) {
            Some((node, NodeKind::Scalar(Resolved::Int(_)))) => {
                error.number = reader.number(node, "`statement`");
                if error.number == Some(0) {
                    let message = "Statements are counted from 1.";
                    reader.error(Code::WrongShape, node.span(), message);
                }
            }
            Some((node, _)) => {
                error.statement = reader.text(node, "`statement`");
            }
            None => {}
        }
        Some(error)
    }
}

impl ExpectedProblem {
    fn read(reader: &mut Reader, node: Node<'_>) -> Option<Self> {
        let span = node.span();
        let what = "`compile_error`";
        if node.scalar().is_some() {
            let text = reader.text(node, what)?;
            // What looks like a code is one.
            let digits = text.strip_prefix(['E', 'W']).unwrap_or_default();
            let is_code = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let (message, code) = match is_code {
                true => (None, Some(text)),
                false => (Some(text), None),
            };
            return Some(Self {
                message,
                code,
                span,
            });
        }
        let fields = reader.fields(node, what, &["message", "code"])?;
        let mut text = |key: &str| {
            let node = fields.given(key)?;
            reader.text(node, &format!("`{key}`"))
        };
        Some(Self {
            message: text("message"),
            code: text("code"),
            span,
        })
    }
}

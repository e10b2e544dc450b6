//! The configuration of the routing connector.
//!
//! From connector/routingconnector, config.go and router.go.

use std::collections::HashMap;

use otlp_columns::Signal;
use ottl_syntax::{Code, Diagnostic, Dialect, Limits, Span, parse_statement};
use ottl_vm::path::{Context, signals_of};
use ottl_vm::{ErrorMode, Request};

use super::fields::Reader;
use super::shape::is_null;
use super::source::Source;
use super::yaml::Node;

const KEYS: [&str; 3] = ["error_mode", "default_pipelines", "table"];
const ROUTE_KEYS: [&str; 5] = ["context", "statement", "condition", "action", "pipelines"];
const CONTEXTS: [&str; 6] = ["resource", "span", "metric", "datapoint", "log", "request"];
const ACTIONS: [&str; 2] = ["move", "copy"];
/// The editors of a route's statement.
pub(crate) const EDITORS: &[&str] = &["route", "delete_key", "delete_matching_keys"];

/// A routing connector.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) error_mode: ErrorMode,
    pub(crate) default_pipelines: Vec<Name>,
    /// In the order in which they are asked.
    pub(crate) routes: Vec<Route>,
}

/// Where what goes.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Whose items are asked.
    pub(crate) context: Context,
    pub(crate) rule: Rule,
    pub(crate) pipelines: Vec<Name>,
    /// Whether what is routed stays for the routes behind this one.
    pub(crate) copies: bool,
}

/// The name of a pipeline and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// What tells which items are routed.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    /// A condition.
    Condition(Source),
    /// A statement, which also edits the items it matches if its editor is another than `route`.
    Statement(Source),
    /// A condition on the request, which is not OTTL.
    Request(RequestRule),
}

/// A condition on a key of the metadata of the request: `request["key"] == "value"`.
#[derive(Clone, Debug)]
pub(crate) struct RequestRule {
    key: String,
    value: String,
    /// Whether it is `==` and not `!=`.
    equal: bool,
    text: String,
    span: Span,
    /// Whether the text is not that of the condition that will be asked: a part is still unknown.
    is_open: bool,
}

impl RequestRule {
    /// Takes a condition apart; none when it has another form.
    fn read(source: &Source, span: Span) -> Option<Self> {
        let text = source.value();
        let comparators = text.matches("==").count() + text.matches("!=").count();
        let (field, value) = text.split_once("==").or_else(|| text.split_once("!="))?;
        let (field, value) = (field.trim(), value.trim());
        let key = field.find("request[\"").map(|at| &field[at + 9..]);
        let is_valid = comparators == 1
            && key.is_some_and(|key| key.contains("\"]"))
            && value.matches('"').count() >= 2;
        // The reference looks for the form and then cuts what should stand at both ends.
        let key = field.strip_prefix("request[\"").unwrap_or(field);
        let value = value.strip_prefix('"').unwrap_or(value);
        is_valid.then(|| Self {
            key: key.strip_suffix("\"]").unwrap_or(key).to_owned(),
            value: value.strip_suffix('"').unwrap_or(value).to_owned(),
            equal: text.contains("=="),
            text: text.to_owned(),
            span,
            is_open: source.is_open,
        })
    }

    /// Whether one of the values that the request has for the key is equal, or one is not.
    pub(crate) fn holds(&self, request: &Request) -> bool {
        let mut values = self.values(request).into_iter();
        values.any(|value| (*value == self.value) == self.equal)
    }

    /// The values that the request has for the key.
    pub(crate) fn values<'r>(&self, request: &'r Request) -> Vec<&'r str> {
        let call = request.grpc_metadata(&self.key).iter();
        let values = call.chain(request.metadata(&self.key));
        values.map(String::as_str).collect()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The value that it asks for.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// `==` or `!=`.
    pub(crate) fn operator(&self) -> &'static str {
        if self.equal { "==" } else { "!=" }
    }

    /// How it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can be asked.
    pub(crate) fn is_known(&self) -> bool {
        !self.is_open
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }
}

impl Routing {
    pub(crate) fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Self {
        let mut routing = Self {
            error_mode: ErrorMode::Propagate,
            default_pipelines: Vec::new(),
            routes: Vec::new(),
        };
        let Some(fields) = reader.fields(node, "The routing connector", &KEYS) else {
            return routing;
        };
        if let Some(mode) = reader.error_mode(fields.get("error_mode")) {
            routing.error_mode = mode;
        }
        if let Some(node) = fields.get("default_pipelines") {
            routing.default_pipelines = pipelines(reader, node, "default_pipelines");
        }
        let table = fields.get("table");
        let items = table.and_then(|node| reader.items(node, "`table`", "routes"));
        if table.is_none() || items.as_ref().is_some_and(Vec::is_empty) {
            let span = fields
                .entry("table")
                .map_or(node.span(), |(key, _)| key.span());
            let message = "The table of routes is empty.";
            reader.problems.error(Code::InvalidSettings, span, message);
        }
        let mut known: HashMap<String, Span> = HashMap::new();
        for item in items.unwrap_or_default() {
            let Some(route) = Route::read(reader, item) else {
                continue;
            };
            let key = route.key();
            let place = route.place();
            match known.get(&key) {
                Some(first) => {
                    let message = "This route is never taken.";
                    let warning = Diagnostic::warning(Code::NoEffect, place, message)
                        .with_secondary(*first, "this one asks the same before")
                        .with_note("Put the pipelines of both in one route.");
                    reader.problems.report(warning);
                }
                None => {
                    known.insert(key, place);
                    routing.routes.push(route);
                }
            }
        }
        routing
    }

    /// The conditions and statements of the routes that a signal has, with their places.
    pub(crate) fn sources(&self, signal: Signal) -> impl Iterator<Item = (Span, &str)> {
        let is_own = move |route: &&Route| signals_of(route.context).contains(&signal);
        let routes = self.routes.iter().filter(is_own);
        routes.map(|route| match &route.rule {
            Rule::Condition(source) | Rule::Statement(source) => {
                (source.text.whole(), source.value())
            }
            Rule::Request(rule) => (rule.span, rule.text.as_str()),
        })
    }

    /// The names of all pipelines to which something goes.
    pub(crate) fn pipelines(&self) -> impl Iterator<Item = &Name> {
        let routes = self.routes.iter().flat_map(|route| &route.pipelines);
        self.default_pipelines.iter().chain(routes)
    }
}

impl Route {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        if is_null(node) {
            reader
                .problems
                .wrong_shape(node, "An item of `table`", "a route");
            return None;
        }
        let fields = reader.fields(node, "A route", &ROUTE_KEYS)?;
        let place = node
            .entries()
            .next()
            .map_or(node.span(), |(key, _)| key.span());
        let named = fields.get("context").filter(|node| !is_null(*node));
        let named = named.filter(|node| !is_empty(*node));
        let context = match reader.choice(named, "context", &CONTEXTS, true) {
            Some(choice) => CONTEXTS[choice],
            None if named.is_none() => "resource",
            None => return None,
        };
        let action = reader.choice(fields.get("action"), "action", &ACTIONS, true);
        let pipelines = fields
            .get("pipelines")
            .map_or_else(Vec::new, |node| pipelines(reader, node, "pipelines"));
        if pipelines.is_empty() {
            let message = "The route has no pipelines.";
            reader.problems.error(Code::InvalidSettings, place, message);
        }
        let mut source = |key: &str| {
            let node = fields.get(key)?;
            let source = reader.text(node, &format!("`{key}`"))?;
            (!source.value().is_empty()).then_some((source, node.span()))
        };
        let (statement, condition) = (source("statement"), source("condition"));
        let rule = match (statement, condition) {
            (Some((_, span)), Some((_, other))) => {
                let message = "A route has a statement or a condition, not both.";
                let error = Diagnostic::error(Code::InvalidSettings, span, message)
                    .with_secondary(other, "the condition");
                reader.problems.report(error);
                return None;
            }
            (None, None) => {
                let message = "The route has no condition.";
                reader.problems.error(Code::InvalidSettings, place, message);
                return None;
            }
            (_, Some((source, span))) if context == "request" => {
                Rule::Request(request(reader, &source, span)?)
            }
            (Some((_, span)), None) if context == "request" => {
                let message = "In the context request a route has a condition, no statement.";
                reader.problems.error(Code::InvalidSettings, span, message);
                return None;
            }
            (None, Some((source, _))) => Rule::Condition(source),
            (Some((source, _)), None) => Rule::Statement(source),
        };
        Some(Self {
            context: ottl_vm::path::context_named(context).unwrap_or(Context::Resource),
            rule,
            pipelines,
            copies: action == Some(1),
        })
    }

    /// Two routes with equal keys ask the same.
    fn key(&self) -> String {
        let name = ottl_vm::path::context_name(self.context);
        match &self.rule {
            Rule::Condition(source) => format!("[{name}] route() where {}", source.value()),
            Rule::Statement(source) => format!("[{name}] {}", source.value()),
            Rule::Request(rule) => format!("[request] {}", rule.text),
        }
    }

    fn place(&self) -> Span {
        match &self.rule {
            Rule::Condition(source) | Rule::Statement(source) => source.text.whole(),
            Rule::Request(rule) => rule.span,
        }
    }
}

fn is_empty(node: Node<'_>) -> bool {
    node.scalar().is_some_and(|scalar| scalar.value.is_empty())
}

/// Names of pipelines: a kind of signal, and a name behind a slash.
fn pipelines(reader: &mut Reader<'_>, node: Node<'_>, key: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let items = reader.items(node, &format!("`{key}`"), "pipelines");
    for item in items.unwrap_or_default() {
        let what = format!("An item of `{key}`");
        let Some(source) = reader.text(item, &what) else {
            if is_null(item) {
                reader
                    .problems
                    .wrong_shape(item, &what, "the name of a pipeline");
            }
            continue;
        };
        let value = source.value();
        let kind = value.split('/').next().unwrap_or(value).trim();
        let is_known = ["traces", "metrics", "logs", "profiles"].contains(&kind);
        let is_named = value
            .split_once('/')
            .is_none_or(|(_, name)| is_name(name.trim()));
        if !(source.is_open || is_known && is_named) {
            let message = format!(
                "`{}` is not the name of a pipeline.",
                super::problems::short(value)
            );
            let error = Diagnostic::error(Code::UnknownChoice, source.text.whole(), message)
                .with_note(
                    "A name is traces, metrics or logs, with another name behind a slash, which has \
                     neither blanks nor symbols.",
                );
            reader.problems.report(error);
        }
        let name = match value.split_once('/') {
            Some((kind, name)) => format!("{}/{}", kind.trim(), name.trim()),
            None => value.trim().to_owned(),
        };
        names.push(Name {
            name,
            span: source.text.whole(),
        });
    }
    names
}

/// Whether a pipeline can be called so: without blanks, control characters and symbols.
fn is_name(name: &str) -> bool {
    let fits = |c: char| !(c.is_whitespace() || c.is_control() || "$+<=>^`|~".contains(c));
    (1..=1024).contains(&name.len()) && name.chars().all(fits)
}

/// Reads a condition on the request.
fn request(reader: &mut Reader<'_>, source: &Source, span: Span) -> Option<RequestRule> {
    let rule = RequestRule::read(source, span);
    if rule.is_none() && !source.is_open {
        let message = "This is no condition on the request.";
        let error = Diagnostic::error(Code::InvalidSettings, span, message)
            .with_note("Its form is `request[\"name\"] == \"value\"`, or the same with `!=`.");
        reader.problems.report(error);
    }
    rule
}

/// The editor of a statement, and its condition.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Whether the editor changes what it matches.
    pub(crate) edits: bool,
    /// Where `route` has arguments, which are not looked at.
    pub(crate) arguments: Option<Span>,
    pub(crate) condition: Option<Source>,
}

/// Takes a statement of a route apart.
///
/// # Errors
/// What is wrong with the statement, unless that is for the compiler to find.
pub(crate) fn parts(source: &Source, limits: &Limits) -> Result<Parts, Vec<Diagnostic>> {
    let parsed = parse_statement(source.value(), Dialect::Strict, limits);
    let Some(statement) = parsed.value.filter(|_| parsed.diagnostics.is_empty()) else {
        return Err(parsed.diagnostics);
    };
    let editor = &statement.editor;
    let edits = match editor.name.text.as_str() {
        "route" => false,
        "delete_key" | "delete_matching_keys" => true,
        name => {
            let message = format!("The routing connector has no editor `{name}`.");
            return Err(vec![
                Diagnostic::error(Code::UnknownFunction, editor.name.span, message)
                    .with_note("It has route, delete_key and delete_matching_keys."),
            ]);
        }
    };
    let arguments = editor.args.iter().map(|argument| argument.span);
    let condition = statement.condition.as_ref();
    Ok(Parts {
        edits,
        arguments: arguments.reduce(Span::to).filter(|_| !edits),
        condition: condition.map(|condition| source.part(condition.span)),
    })
}

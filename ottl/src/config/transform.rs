//! The configuration of the transform processor.
//!
//! From processor/transformprocessor, config.go and internal/common/config.go.

use otlp_columns::Signal;
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::ErrorMode;
use ottl_vm::path::Context;

use super::fields::Reader;
use super::shape::{Fields, is_null};
use super::source::Source;
use super::yaml::{Node, NodeKind, Resolved};

const KEYS: [&str; 6] = [
    "error_mode",
    "trace_statements",
    "metric_statements",
    "log_statements",
    "profile_statements",
    "flatten_data",
];
const GROUP_KEYS: [&str; 5] = [
    "context",
    "conditions",
    "statements",
    "error_mode",
    "shared_cache",
];
pub(crate) const ERROR_MODES: [&str; 3] = ["ignore", "propagate", "silent"];

/// A transform processor: what it does to each signal, group by group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transform {
    pub(crate) groups: Vec<Group>,
    /// Where it says that log records have resources and scopes of their own while statements run,
    /// if it does.
    pub(crate) flattens: Option<Span>,
}

/// Statements that run together, item by item.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) signal: Signal,
    /// The context; inferred from all paths when it is not given.
    pub(crate) context: Option<Context>,
    /// The statements run on the items for which one of these holds; on all if there are none.
    pub(crate) conditions: Vec<Source>,
    pub(crate) statements: Vec<Source>,
    pub(crate) error_mode: ErrorMode,
    /// Whether all items have one cache, also those of other groups of the context that say so, and
    /// those of later messages.
    pub(crate) shares_cache: bool,
    pub(crate) span: Span,
}

impl Transform {
    pub(crate) fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Self {
        let mut transform = Self::default();
        let Some(fields) = reader.fields(node, "The transform processor", &KEYS) else {
            return transform;
        };
        let error_mode = reader
            .error_mode(fields.get("error_mode"))
            .unwrap_or(ErrorMode::Ignore);
        for (key, signal) in [
            ("trace_statements", Signal::Traces),
            ("metric_statements", Signal::Metrics),
            ("log_statements", Signal::Logs),
            ("profile_statements", Signal::Profiles),
        ] {
            if let Some(list) = fields.get(key) {
                transform.read_list(reader, key, signal, list, error_mode);
            }
        }
        if let Some((key, _)) = fields.entry("flatten_data")
            && reader.boolean(fields.get("flatten_data"), "flatten_data")
        {
            transform.flattens = Some(key.span());
        }
        transform
    }

    /// Whether log records of the signal have resources and scopes of their own.
    pub(crate) fn flattens(&self, signal: Signal) -> bool {
        self.flattens.is_some() && signal == Signal::Logs
    }

    fn read_list(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        signal: Signal,
        list: Node<'_>,
        error_mode: ErrorMode,
    ) {
        let Some((groups, plain)) = reader.styles(list, key, "statements", true) else {
            return;
        };
        for node in groups {
            let group = Group::read(reader, signal, node, error_mode);
            self.groups.extend(group);
        }
        if !plain.is_empty() {
            let mut statements = Vec::with_capacity(plain.len());
            for node in &plain {
                statements.extend(reader.text(*node, "A statement"));
            }
            self.groups.push(Group {
                signal,
                context: None,
                conditions: Vec::new(),
                statements,
                error_mode,
                shares_cache: false,
                span: plain[0].span(),
            });
        }
    }
}

impl Group {
    fn read(
        reader: &mut Reader<'_>,
        signal: Signal,
        node: Node<'_>,
        error_mode: ErrorMode,
    ) -> Option<Self> {
        let fields = reader.fields(node, "A group of statements", &GROUP_KEYS)?;
        let list = |reader: &mut Reader<'_>, key| {
            let node = fields.get(key);
            node.map_or_else(Vec::new, |node| reader.texts(node, key))
        };
        let (context, _) = reader.context(&fields, contexts(signal))?;
        let own_mode = reader.error_mode(fields.get("error_mode"));
        Some(Self {
            signal,
            context,
            conditions: list(reader, "conditions"),
            statements: list(reader, "statements"),
            error_mode: own_mode.unwrap_or(error_mode),
            shares_cache: reader.boolean(fields.get("shared_cache"), "shared_cache"),
            span: first_key(node),
        })
    }
}

/// Where a group is pointed at: its first key.
fn first_key(node: Node<'_>) -> Span {
    node.entries()
        .next()
        .map_or(node.span(), |(key, _)| key.span())
}

/// The contexts that groups of a signal may have.
pub(crate) fn contexts(signal: Signal) -> &'static [Context] {
    match signal {
        Signal::Traces => &[
            Context::Resource,
            Context::Scope,
            Context::Span,
            Context::SpanEvent,
        ],
        Signal::Metrics => &[
            Context::Resource,
            Context::Scope,
            Context::Metric,
            Context::DataPoint,
            Context::Exemplar,
        ],
        Signal::Logs => &[Context::Resource, Context::Scope, Context::Log],
        Signal::Profiles => &[Context::Resource, Context::Scope, Context::Profile],
    }
}

impl Reader<'_> {
    /// An error mode, or nothing where none is given.
    pub(crate) fn error_mode(&mut self, node: Option<Node<'_>>) -> Option<ErrorMode> {
        let choice = self.choice(node, "error_mode", &ERROR_MODES, false)?;
        Some([ErrorMode::Ignore, ErrorMode::Propagate, ErrorMode::Silent][choice])
    }

    /// The context of a group, and where it is given; nothing at all when there is no such context.
    pub(crate) fn context(
        &mut self,
        fields: &Fields<'_>,
        contexts: &[Context],
    ) -> Option<(Option<Context>, Option<Span>)> {
        let Some(node) = fields.get("context") else {
            return Some((None, None));
        };
        let names: Vec<_> = contexts
            .iter()
            .map(|context| ottl_vm::path::context_name(*context))
            .collect();
        let choice = self.choice(Some(node), "context", &names, false)?;
        Some((Some(contexts[choice]), Some(node.span())))
    }

    /// A list of groups, or of texts that stand for one group. `mixes` says whether texts may follow
    /// groups.
    pub(crate) fn styles<'d>(
        &mut self,
        list: Node<'d>,
        key: &str,
        of: &str,
        mixes: bool,
    ) -> Option<(Vec<Node<'d>>, Vec<Node<'d>>)> {
        if is_null(list) {
            self.problems
                .wrong_shape(list, &format!("`{key}`"), &format!("a list of {of}"));
            return None;
        }
        let (mut groups, mut plain) = (Vec::new(), Vec::new());
        for item in self.items(list, &format!("`{key}`"), of)? {
            let is_plain = match item.kind() {
                NodeKind::Scalar(Resolved::String(_)) => true,
                NodeKind::Mapping => false,
                _ => {
                    let expected = format!("one of its {of} or a group of them");
                    self.problems
                        .wrong_shape(item, &format!("An item of `{key}`"), &expected);
                    continue;
                }
            };
            let is_mixed = if is_plain {
                !mixes && !groups.is_empty()
            } else {
                !plain.is_empty()
            };
            if is_mixed {
                let message = format!("`{key}` has {of} and groups of {of}.");
                let error = Diagnostic::error(Code::InvalidSettings, item.span(), message)
                    .with_note(format!("Put all {of} in groups, or use no groups."));
                self.problems.report(error);
                return None;
            }
            if is_plain { &mut plain } else { &mut groups }.push(item);
        }
        Some((groups, plain))
    }
}

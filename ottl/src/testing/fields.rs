//! Reads nodes of a test file as what is expected there, and reports what is something else.

use ottl_syntax::{Code, Diagnostic, Span};

use crate::config::problems::{Problems, all_of, nearest, one_of, short};
use crate::config::yaml::{Node, NodeKind, Resolved};

/// Gathers what is wrong with a test file.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) problems: Problems,
}

/// The keys and values of a mapping.
pub(super) struct Fields<'d> {
    entries: Vec<(&'d str, Node<'d>, Node<'d>)>,
}

impl<'d> Fields<'d> {
    /// The value of a key, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<Node<'d>> {
        let mut entries = self.entries.iter();
        let (_, _, value) = entries.find(|(key, _, _)| *key == name)?;
        (!is_null(*value)).then_some(*value)
    }

    /// The key itself.
    pub(super) fn key(&self, name: &str) -> Option<Node<'d>> {
        let mut entries = self.entries.iter();
        entries
            .find(|(key, _, _)| *key == name)
            .map(|entry| entry.1)
    }

    /// Every key as text and as node, and its value.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'d str, Node<'d>, Node<'d>)> {
        self.entries.iter().copied()
    }
}

pub(super) fn is_null(node: Node<'_>) -> bool {
    node.kind() == NodeKind::Scalar(Resolved::Null)
}

fn describe(node: Node<'_>) -> String {
    match node.kind() {
        NodeKind::Scalar(Resolved::Null) => "nothing".to_owned(),
        NodeKind::Scalar(Resolved::Bool(value)) => format!("the boolean {value}"),
        NodeKind::Scalar(Resolved::Int(value) | Resolved::Float(value)) => {
            format!("the number {}", short(value))
        }
        NodeKind::Scalar(Resolved::String(_)) => "a text".to_owned(),
        NodeKind::Sequence => "a list".to_owned(),
        NodeKind::Mapping => "a mapping".to_owned(),
    }
}

impl Reader {
    pub(super) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.problems.error(code, span, message);
    }

    /// Reports a problem with a sentence that says what to do.
    pub(super) fn error_with_note(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        note: impl Into<String>,
    ) {
        let error = Diagnostic::error(code, span, message).with_note(note);
        self.problems.report(error);
    }

    /// Reports that a node is not what `what` takes.
    pub(super) fn wrong_shape(&mut self, node: Node<'_>, what: &str, expected: &str) {
        let message = format!("{what} takes {expected}, not {}.", describe(node));
        self.error(Code::WrongShape, node.span(), message);
    }

    /// The keys and values of a mapping; keys that are not `known` are reported.
    pub(super) fn fields<'d>(
        &mut self,
        node: Node<'d>,
        what: &str,
        known: &[&str],
    ) -> Option<Fields<'d>> {
        let fields = self.any_fields(node, what)?;
        for (name, key, _) in &fields.entries {
            if !known.contains(name) {
                let message = format!("{what} has no key `{}`.", short(name));
                let error = Diagnostic::error(Code::UnknownKey, key.span(), message);
                let span = key.span();
                self.problems.report(match nearest(name, known) {
                    Some(meant) => error.with_fix(span, format!("did you mean `{meant}`?"), meant),
                    None => error.with_note(format!("It has {}.", all_of(known))),
                });
            }
        }
        Some(fields)
    }

    /// The keys and values of a mapping with keys of any name.
    pub(super) fn any_fields<'d>(&mut self, node: Node<'d>, what: &str) -> Option<Fields<'d>> {
        if node.kind() != NodeKind::Mapping {
            self.wrong_shape(node, what, "a mapping");
            return None;
        }
        let mut entries = Vec::with_capacity(node.entries().len());
        for (key, value) in node.entries() {
            match key.scalar() {
                Some(scalar) => entries.push((scalar.value.as_str(), key, value)),
                None => self.wrong_shape(key, "A key", "a text"),
            }
        }
        Some(Fields { entries })
    }

    /// A text.
    pub(super) fn text(&mut self, node: Node<'_>, what: &str) -> Option<String> {
        match node.kind() {
            NodeKind::Scalar(Resolved::String(value)) => Some(value.to_owned()),
            _ => {
                self.wrong_shape(node, what, "a text");
                None
            }
        }
    }

    /// A text, where a number or a boolean is one as well.
    pub(super) fn scalar(&mut self, node: Node<'_>, what: &str) -> Option<String> {
        match (node.kind(), node.scalar()) {
            (NodeKind::Scalar(Resolved::Null), _) | (_, None) => {
                self.wrong_shape(node, what, "a text");
                None
            }
            (_, Some(scalar)) => Some(scalar.value.clone()),
        }
    }

    pub(super) fn boolean(&mut self, node: Option<Node<'_>>, what: &str) -> bool {
        match node.map(|node| (node, node.kind())) {
            None => false,
            Some((_, NodeKind::Scalar(Resolved::Bool(value)))) => value,
            Some((node, _)) => {
                self.wrong_shape(node, what, "true or false");
                false
            }
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, node: Node<'_>, what: &str) -> Option<u64> {
        let number = match node.kind() {
            NodeKind::Scalar(Resolved::Int(value)) => value.replace('_', "").parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_shape(node, what, "a whole number from 0 on");
        }
        number
    }

    /// One of several names, as its number.
    pub(super) fn choice(&mut self, node: Node<'_>, what: &str, choices: &[&str]) -> Option<usize> {
        let value = self.text(node, what)?;
        let found = choices.iter().position(|choice| *choice == value);
        if found.is_none() {
            let message = format!("{what} cannot be `{}`.", short(&value));
            let error = Diagnostic::error(Code::UnknownChoice, node.span(), message)
                .with_note(format!("It is {}.", one_of(choices)));
            self.problems.report(match nearest(&value, choices) {
                Some(meant) => {
                    error.with_fix(node.span(), format!("did you mean `{meant}`?"), meant)
                }
                None => error,
            });
        }
        found
    }

    /// The items of a list, or the one node that stands in place of a list.
    pub(super) fn some<'d>(&mut self, node: Node<'d>) -> Vec<Node<'d>> {
        match node.kind() {
            NodeKind::Sequence => node.items().collect(),
            _ => vec![node],
        }
    }
}

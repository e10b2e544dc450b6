//! Reads nodes of a test file as what is expected there, and reports what is something else.

use ottl_syntax::{Code, Diagnostic, Span};

use super::settings::SourceFile;
use crate::config::problems::Problems;
use crate::config::shape::Fields;
use crate::config::yaml::{self, Node, NodeKind, Resolved};

/// Gathers what is wrong with a test file.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) problems: Problems,
    /// The test file.
    pub(super) file: SourceFile,
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

    /// The keys and values of a mapping; keys that are not `known` are reported.
    pub(super) fn fields<'d>(
        &mut self,
        node: Node<'d>,
        what: &str,
        known: &[&str],
    ) -> Option<Fields<'d>> {
        let fields = self.problems.mapping(node, what)?;
        self.problems.unknown_keys(&fields, what, known);
        Some(fields)
    }

    /// A text.
    pub(super) fn text(&mut self, node: Node<'_>, what: &str) -> Option<String> {
        match node.kind() {
            NodeKind::Scalar(Resolved::String(value)) => Some(value.to_owned()),
            _ => {
                self.problems.wrong_shape(node, what, "a text");
                None
            }
        }
    }

    /// A text, where a number or a boolean is one as well.
    pub(super) fn scalar(&mut self, node: Node<'_>, what: &str) -> Option<String> {
        match (node.kind(), node.scalar()) {
            (NodeKind::Scalar(Resolved::Null), _) | (_, None) => {
                self.problems.wrong_shape(node, what, "a text");
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
                self.problems.wrong_shape(node, what, "true or false");
                false
            }
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, node: Node<'_>, what: &str) -> Option<u64> {
        let number = match node.kind() {
            NodeKind::Scalar(Resolved::Int(value)) => yaml::int(value),
            _ => None,
        };
        let number = number.and_then(|number| u64::try_from(number).ok());
        if number.is_none() {
            self.problems
                .wrong_shape(node, what, "a whole number from 0 on");
        }
        number
    }

    /// One of several names, as its number.
    pub(super) fn choice(&mut self, node: Node<'_>, what: &str, choices: &[&str]) -> Option<usize> {
        let value = self.text(node, what)?;
        let found = choices.iter().position(|choice| *choice == value);
        if found.is_none() {
            self.problems.unknown_choice(node, what, &value, choices);
        }
        found
    }

    /// The same, but something has to be there: an empty list says nothing.
    pub(super) fn some_at_least<'d>(&mut self, node: Node<'d>, what: &str) -> Vec<Node<'d>> {
        let all = self.some(node);
        if all.is_empty() {
            let message = format!("The list {what} is empty, so that nothing is expected.");
            self.error(Code::WrongShape, node.span(), message);
        }
        all
    }

    /// The items of a list, or the one node that stands in place of a list.
    pub(super) fn some<'d>(&mut self, node: Node<'d>) -> Vec<Node<'d>> {
        match node.kind() {
            NodeKind::Sequence => node.items().collect(),
            _ => vec![node],
        }
    }
}

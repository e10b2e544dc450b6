//! Nodes as what is expected at their place, and how it is said that they are something else.
//!
//! What configurations and test files have in common. What a configuration has beside it, references
//! and what fits where, is in [`fields`](super::fields).

use ottl_compiler::nearest;
use ottl_syntax::{Code, Diagnostic};

use super::problems::{Problems, all_of, one_of, short};
use super::yaml::{Node, NodeKind, Resolved};

/// The keys and values of a mapping, each key once.
#[derive(Debug, Default)]
pub(crate) struct Fields<'d> {
    entries: Vec<(&'d str, Node<'d>, Node<'d>)>,
}

impl<'d> Fields<'d> {
    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'d>> {
        self.entry(name).map(|(_, value)| value)
    }

    /// The value of a key, unless it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<Node<'d>> {
        self.get(name).filter(|value| !is_null(*value))
    }

    /// A key and its value.
    pub(crate) fn entry(&self, name: &str) -> Option<(Node<'d>, Node<'d>)> {
        let mut entries = self.entries.iter();
        entries
            .find(|(key, _, _)| *key == name)
            .map(|(_, key, value)| (*key, *value))
    }

    /// Every key as text and as node, and its value.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'d str, Node<'d>, Node<'d>)> {
        self.entries.iter().copied()
    }
}

/// Whether the node is an empty value.
pub(crate) fn is_null(node: Node<'_>) -> bool {
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

impl Problems {
    /// Reports that `node` is not what `what` takes.
    pub(crate) fn wrong_shape(&mut self, node: Node<'_>, what: &str, expected: &str) {
        let message = format!("{what} takes {expected}, not {}.", describe(node));
        self.error(Code::WrongShape, node.span(), message);
    }

    /// The keys and values of a mapping; reports what is none.
    pub(crate) fn mapping<'d>(&mut self, node: Node<'d>, what: &str) -> Option<Fields<'d>> {
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

    /// Reports the keys that are not `known`; `what` names the mapping, as "A group of statements".
    pub(crate) fn unknown_keys(&mut self, fields: &Fields<'_>, what: &str, known: &[&str]) {
        for (name, key, _) in fields.all().filter(|(name, _, _)| !known.contains(name)) {
            let span = key.span();
            let message = format!("{what} has no key `{}`.", short(name));
            let error = Diagnostic::error(Code::UnknownKey, span, message);
            self.report(match nearest(name, known.iter().copied()) {
                Some(meant) => error.with_fix(span, format!("did you mean `{meant}`?"), meant),
                None => error.with_note(format!("It has {}.", all_of(known))),
            });
        }
    }

    /// Reports that `value`, which stands at `node`, is none of several names.
    pub(crate) fn unknown_choice(
        &mut self,
        node: Node<'_>,
        what: &str,
        value: &str,
        choices: &[&str],
    ) {
        let message = format!("{what} cannot be `{}`.", short(value));
        let error = Diagnostic::error(Code::UnknownChoice, node.span(), message)
            .with_note(format!("It is {}.", one_of(choices)));
        self.report(match nearest(value, choices.iter().copied()) {
            Some(meant) => error.with_fix(node.span(), format!("did you mean `{meant}`?"), meant),
            None => error,
        });
    }
}

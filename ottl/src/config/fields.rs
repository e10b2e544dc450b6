//! Reads nodes as what a component expects, with references replaced, and reports what is something
//! else.

use ottl_syntax::{Code, Diagnostic};

use super::problems::{Problems, one_of};
use super::references::Environment;
use super::shape::{Fields, is_null};
use super::sites::{MappingPlace, Outline};
use super::source::Source;
use super::yaml::{Node, NodeKind, Resolved};

/// Reads one configuration.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) environment: Environment<'a>,
    pub(crate) problems: Problems,
    /// What fits where; nothing when nobody asked for it.
    pub(crate) outline: Option<Outline>,
}

impl Reader<'_> {
    /// The keys and values of a mapping, none when there is nothing. Keys that are not `known` are
    /// reported; `what` names the mapping, as "A group of statements".
    pub(crate) fn fields<'d>(
        &mut self,
        node: Node<'d>,
        what: &str,
        known: &[&'static str],
    ) -> Option<Fields<'d>> {
        let fields = self.any_fields(node, what)?;
        self.note_mapping(&fields, known);
        self.problems.unknown_keys(&fields, what, known);
        Some(fields)
    }

    /// Keeps a mapping for whoever asked which keys fit where.
    pub(crate) fn note_mapping(&mut self, fields: &Fields<'_>, known: &[&'static str]) {
        if let Some(outline) = &mut self.outline {
            outline.add_mapping(|| MappingPlace {
                keys: fields.all().map(|(_, key, _)| key.span()).collect(),
                present: fields.all().map(|(name, _, _)| name.to_owned()).collect(),
                known: known.to_vec(),
            });
        }
    }

    /// The keys and values of a mapping that may have keys of any name.
    pub(crate) fn any_fields<'d>(&mut self, node: Node<'d>, what: &str) -> Option<Fields<'d>> {
        if is_null(node) {
            return Some(Fields::default());
        }
        if node.kind() != NodeKind::Mapping && self.is_open(node) {
            return None;
        }
        self.problems.mapping(node, what)
    }

    /// Whether the value is a reference whose value is not known, which is then reported as not
    /// checked.
    fn is_open(&mut self, node: Node<'_>) -> bool {
        let is_text = matches!(node.kind(), NodeKind::Scalar(Resolved::String(_)));
        let Some(scalar) = node.scalar().filter(|_| is_text) else {
            return false;
        };
        let value = scalar.value.trim();
        let is_all = value.starts_with("${") && value.find('}') == Some(value.len() - 1);
        if is_all {
            let message = "What the reference stands for is not known here, and so is not checked.";
            let span = node.span();
            self.problems
                .report(Diagnostic::warning(Code::NotChecked, span, message));
        }
        is_all
    }

    /// The items of a list, none when there is nothing.
    pub(crate) fn items<'d>(
        &mut self,
        node: Node<'d>,
        what: &str,
        of: &str,
    ) -> Option<Vec<Node<'d>>> {
        match node.kind() {
            NodeKind::Sequence => Some(node.items().collect()),
            NodeKind::Scalar(Resolved::Null) => Some(Vec::new()),
            NodeKind::Scalar(_) if self.is_open(node) => None,
            _ => {
                self.problems
                    .wrong_shape(node, what, &format!("a list of {of}"));
                None
            }
        }
    }

    /// A text with its references replaced.
    pub(crate) fn text(&mut self, node: Node<'_>, what: &str) -> Option<Source> {
        match node.kind() {
            NodeKind::Scalar(Resolved::String(_)) => {
                let scalar = node.scalar()?;
                let replaced = self.environment.replace(node.text()?, &mut self.problems);
                Some(Source {
                    text: replaced.text,
                    style: scalar.style,
                    is_open: replaced.is_open,
                })
            }
            NodeKind::Scalar(Resolved::Null) => None,
            _ => {
                self.problems.wrong_shape(node, what, "a text");
                None
            }
        }
    }

    /// A list of texts; nothing stands for an empty one. One text stands for the parts between its
    /// commas, as the Collector has it.
    pub(crate) fn texts(&mut self, node: Node<'_>, what: &str) -> Vec<Source> {
        if let NodeKind::Scalar(Resolved::String(value)) = node.kind()
            && !self.is_open(node)
        {
            let text = self.text(node, &format!("`{what}`"));
            if value.contains(',') {
                let message = format!("`{what}` takes a list; a text is cut at its commas.");
                let warning = Diagnostic::warning(Code::ReadOtherwise, node.span(), message)
                    .with_note("Write the text as the one item of a list.");
                self.problems.report(warning);
            }
            let text = text.filter(|text| !text.value().is_empty());
            return text.map_or_else(Vec::new, |text| text.split());
        }
        let items = self.items(node, &format!("`{what}`"), "texts");
        let mut texts = Vec::new();
        for item in items.unwrap_or_default() {
            if is_null(item) {
                self.problems
                    .wrong_shape(item, &format!("An item of `{what}`"), "a text");
            } else {
                texts.extend(self.text(item, &format!("An item of `{what}`")));
            }
        }
        texts
    }

    /// A boolean; `false` when it is not there.
    pub(crate) fn boolean(&mut self, node: Option<Node<'_>>, name: &str) -> bool {
        match node.map(|node| (node, node.kind())) {
            None | Some((_, NodeKind::Scalar(Resolved::Null))) => false,
            Some((_, NodeKind::Scalar(Resolved::Bool(value)))) => value,
            Some((node, _)) => {
                if !self.is_open(node) {
                    self.problems
                        .wrong_shape(node, &format!("`{name}`"), "true or false");
                }
                false
            }
        }
    }

    /// One of several names, with its index. Without `exact` upper case is the same as lower case.
    pub(crate) fn choice(
        &mut self,
        node: Option<Node<'_>>,
        name: &str,
        choices: &[&'static str],
        exact: bool,
    ) -> Option<usize> {
        let node = node?;
        if let Some(outline) = &mut self.outline {
            outline.add_choice(node.span(), choices);
        }
        if is_null(node) {
            let message = format!("`{name}` has no value.");
            let error = Diagnostic::error(Code::UnknownChoice, node.span(), message)
                .with_note(format!("It is {}.", one_of(choices)));
            self.problems.report(error);
            return None;
        }
        let source = self.text(node, &format!("`{name}`"))?;
        let value = source.text.value();
        let lower = value.to_lowercase();
        let wanted = if exact { value } else { &lower };
        let found = choices.iter().position(|choice| *choice == wanted);
        if found.is_none() && source.is_open {
            let message =
                format!("The value of `{name}` is not known here, and so is not checked.");
            let span = node.span();
            self.problems
                .report(Diagnostic::warning(Code::NotChecked, span, message));
        } else if found.is_none() {
            let what = format!("`{name}`");
            self.problems.unknown_choice(node, &what, value, choices);
        }
        found
    }
}

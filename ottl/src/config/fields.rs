//! Reads nodes as what a component expects, and reports what is something else.

use ottl_syntax::{Code, Diagnostic, Span};

use super::problems::{self, Problems, nearest, one_of, short};
use super::references::Environment;
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

/// The keys and values of a mapping, each key once.
#[derive(Debug)]
pub(crate) struct Fields<'d> {
    entries: Vec<(&'d str, Node<'d>, Node<'d>)>,
}

impl<'d> Fields<'d> {
    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'d>> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Every key as text and as node, and its value.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'d str, Node<'d>, Node<'d>)> {
        self.entries.iter().copied()
    }

    /// A key and its value.
    pub(crate) fn entry(&self, name: &str) -> Option<(Node<'d>, Node<'d>)> {
        let mut entries = self.entries.iter();
        entries
            .find(|(key, _, _)| *key == name)
            .map(|(_, key, value)| (*key, *value))
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

impl Reader<'_> {
    /// Reports that `node` is not what `what` takes.
    pub(crate) fn wrong_shape(&mut self, node: Node<'_>, what: &str, expected: &str) {
        let message = format!("{what} takes {expected}, not {}.", describe(node));
        self.problems
            .report(Diagnostic::error(Code::WrongShape, node.span(), message));
    }

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
        for (name, key, _) in &fields.entries {
            if !known.contains(name) {
                self.unknown_key(name, key.span(), what, known);
            }
        }
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
            return Some(Fields {
                entries: Vec::new(),
            });
        }
        if node.kind() != NodeKind::Mapping {
            if !self.is_open(node) {
                self.wrong_shape(node, what, "a mapping");
            }
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

    fn unknown_key(&mut self, name: &str, span: Span, what: &str, known: &[&str]) {
        let message = format!("{what} has no key `{}`.", short(name));
        let mut diagnostic = Diagnostic::error(Code::UnknownKey, span, message);
        diagnostic = match nearest(name, known) {
            Some(meant) => diagnostic.with_fix(span, format!("did you mean `{meant}`?"), meant),
            None => diagnostic.with_note(format!("It has {}.", problems::all_of(known))),
        };
        self.problems.report(diagnostic);
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
                self.wrong_shape(node, what, &format!("a list of {of}"));
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
                self.wrong_shape(node, what, "a text");
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
                self.wrong_shape(item, &format!("An item of `{what}`"), "a text");
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
                    self.wrong_shape(node, &format!("`{name}`"), "true or false");
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
            let message = format!("`{name}` cannot be `{}`.", short(value));
            let error = Diagnostic::error(Code::UnknownChoice, node.span(), message)
                .with_note(format!("It is {}.", one_of(choices)));
            let meant = nearest(value, choices);
            self.problems.report(match meant {
                Some(meant) => {
                    error.with_fix(node.span(), format!("did you mean `{meant}`?"), meant)
                }
                None => error,
            });
        }
        found
    }
}

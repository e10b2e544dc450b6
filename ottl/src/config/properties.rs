//! The properties that `include` and `exclude` of the filter processor match by.

use ottl_syntax::{Code, Diagnostic, Span};

use super::fields::Reader;
use super::shape::{Fields, is_null};
use super::source::Source;
use super::text::Text;
use super::value::{self, Value};
use super::yaml::{Node, NodeKind, Style};

/// Short names of severities, the first of each four; the others have a digit behind.
const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// Texts to compare with.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) list: Vec<(String, Span)>,
    /// Whether one of them has a reference whose value is not known.
    pub(crate) is_open: bool,
}

/// An attribute that has to be there.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) key: String,
    /// Its value; any will do if there is none.
    pub(crate) value: Option<Value>,
    pub(crate) is_open: bool,
    pub(crate) span: Span,
}

/// A scope, by name and version.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) name: Names,
    pub(crate) version: Option<Names>,
}

/// Which severities match.
#[derive(Debug)]
pub(crate) struct Severity {
    pub(crate) least: usize,
    pub(crate) takes_undefined: bool,
    pub(crate) is_open: bool,
    pub(crate) span: Span,
}

impl Names {
    /// The texts below a key.
    pub(crate) fn read(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Self {
        let mut names = Self::default();
        for source in sources(reader, fields, key) {
            names.add(&source);
        }
        names
    }

    fn add(&mut self, source: &Source) {
        self.is_open |= source.is_open;
        self.list
            .push((source.value().to_owned(), source.text.whole()));
    }
}

/// The texts below a key, with their places.
pub(crate) fn sources(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Vec<Source> {
    let Some(node) = fields.get(key) else {
        return Vec::new();
    };
    if node.kind() != NodeKind::Sequence {
        return reader.texts(node, key);
    }
    let what = format!("An item of `{key}`");
    let items = node.items();
    items
        .filter_map(|item| text_or_empty(reader, item, &what))
        .collect()
}

/// One text; nothing stands for an empty one.
fn text_or_empty(reader: &mut Reader<'_>, node: Node<'_>, what: &str) -> Option<Source> {
    if is_null(node) {
        return Some(Source {
            text: Text::opaque("", node.span()),
            style: Style::Plain,
            is_open: false,
        });
    }
    reader.text(node, what)
}

/// The attributes below a key.
pub(crate) fn attributes(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &str,
) -> Vec<Attribute> {
    let Some(node) = fields.get(key) else {
        return Vec::new();
    };
    let items = reader.items(node, &format!("`{key}`"), "attributes");
    let mut attributes = Vec::new();
    for item in items.unwrap_or_default() {
        let Some(own) = reader.fields(item, "An attribute to match", &["key", "value"]) else {
            continue;
        };
        let name = own.get("key").and_then(|node| reader.text(node, "`key`"));
        let name = name.filter(|name| !name.value().is_empty());
        let value = own
            .get("value")
            .map(|node| (node, value::read(reader, node)));
        let Some(name) = name else {
            let message = "An attribute to match has no key.";
            reader
                .problems
                .error(Code::InvalidSettings, item.span(), message);
            continue;
        };
        let span = value
            .as_ref()
            .map_or(name.text.whole(), |(node, _)| node.span());
        let is_open = name.is_open || matches!(value, Some((_, Some((_, true)))));
        attributes.push(Attribute {
            key: name.value().to_owned(),
            value: value.and_then(|(_, value)| value).map(|(value, _)| value),
            is_open,
            span,
        });
    }
    attributes
}

/// The scopes below `libraries`.
pub(crate) fn libraries(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Library> {
    let Some(node) = fields.get("libraries") else {
        return Vec::new();
    };
    let items = reader.items(node, "`libraries`", "libraries");
    let mut libraries = Vec::new();
    for item in items.unwrap_or_default() {
        let Some(own) = reader.fields(item, "A library to match", &["name", "version"]) else {
            continue;
        };
        let one = |reader: &mut Reader<'_>, node: Node<'_>, what: &str| {
            let mut names = Names::default();
            if let Some(source) = text_or_empty(reader, node, what) {
                names.add(&source);
            }
            names
        };
        let name = own.get("name").map(|node| one(reader, node, "`name`"));
        let name = name.unwrap_or_else(|| Names {
            list: vec![(String::new(), item.span())],
            is_open: false,
        });
        let version = own.get("version").filter(|node| !is_null(*node));
        let version = version.map(|node| one(reader, node, "`version`"));
        libraries.push(Library { name, version });
    }
    libraries
}

/// What is below `severity_number`.
pub(crate) fn severity(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Severity> {
    let (key, node) = fields.entry("severity_number")?;
    if is_null(node) {
        return None;
    }
    let own = reader.fields(node, "`severity_number`", &["min", "match_undefined"])?;
    let takes_undefined = reader.boolean(own.get("match_undefined"), "match_undefined");
    let least = own.get("min").and_then(|node| reader.text(node, "`min`"));
    let is_open = least.as_ref().is_some_and(|least| least.is_open);
    let least = match least {
        Some(least) if !least.value().is_empty() => match severity_named(least.value()) {
            None if !is_open => {
                let message = format!(
                    "`{}` is no severity.",
                    super::problems::short(least.value())
                );
                let error = Diagnostic::error(Code::UnknownChoice, least.text.whole(), message)
                    .with_note("A severity is a number from 1 to 24 in quotes, or a name from TRACE to FATAL4.");
                reader.problems.report(error);
                return None;
            }
            number => number.unwrap_or(0),
        },
        _ => 0,
    };
    Some(Severity {
        least,
        takes_undefined,
        is_open,
        span: key.span(),
    })
}

/// The number of a severity, by number or name in upper or lower case.
fn severity_named(name: &str) -> Option<usize> {
    let upper = name.to_uppercase();
    let names = SEVERITIES.iter().enumerate().flat_map(|(index, name)| {
        (0..4).map(move |more| {
            let digit = ["", "2", "3", "4"][more];
            (4 * index + more + 1, format!("{name}{digit}"))
        })
    });
    let mut names = names;
    let found = names.find(|(number, name)| *name == upper || number.to_string() == upper);
    found.map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_have_names_and_numbers() {
        for (name, number) in [
            ("TRACE", 1),
            ("info", 9),
            ("Warn2", 14),
            ("FATAL4", 24),
            ("24", 24),
        ] {
            assert_eq!(severity_named(name), Some(number), "{name}");
        }
        for name in ["", "0", "25", "09", "INFO1", "INFO5", "LOUD"] {
            assert_eq!(severity_named(name), None, "{name}");
        }
    }
}

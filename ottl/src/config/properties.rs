//! The properties that `include` and `exclude` of the filter processor match by.

use ottl_syntax::{Code, Diagnostic, Span};

use super::fields::Reader;
use super::matching::quoted;
use super::shape::{Fields, is_null};
use super::yaml::{self, Node, NodeKind, Resolved};

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

/// What an attribute is compared with.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Bool(bool),
    Int(i64),
    Float(f64),
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
        let Some(node) = fields.get(key) else {
            return names;
        };
        if node.kind() != NodeKind::Sequence {
            for source in reader.texts(node, key) {
                names.is_open |= source.is_open;
                names
                    .list
                    .push((source.value().to_owned(), source.text.whole()));
            }
            return names;
        }
        for item in node.items() {
            names.add(reader, item, &format!("An item of `{key}`"));
        }
        names
    }

    /// One text; nothing stands for an empty one.
    fn add(&mut self, reader: &mut Reader<'_>, node: Node<'_>, what: &str) {
        let text = reader.text(node, what);
        if text.is_some() || is_null(node) {
            self.is_open |= text.as_ref().is_some_and(|text| text.is_open);
            let text = text.map_or_else(String::new, |text| text.value().to_owned());
            self.list.push((text, node.span()));
        }
    }
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => None,
        }
    }

    /// That what a path leads to is of the same type and equal.
    pub(crate) fn equals(&self, path: &str) -> String {
        match self {
            Self::Text(text) => format!("{path} == {}", quoted(text)),
            Self::Bool(value) => format!("{path} == {value}"),
            Self::Int(value) => format!("(IsInt({path}) and {path} == {value})"),
            Self::Float(value) => {
                let mut digits = format!("{value:?}");
                if !digits.contains('.') {
                    let at = digits.find('e').unwrap_or(digits.len());
                    digits.insert_str(at, ".0");
                }
                format!("(IsDouble({path}) and {path} == {digits})")
            }
        }
    }

    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<(Self, bool)> {
        let value = match node.kind() {
            NodeKind::Scalar(Resolved::String(_)) => {
                let text = reader.text(node, "`value`")?;
                return Some((Self::Text(text.value().to_owned()), text.is_open));
            }
            NodeKind::Scalar(Resolved::Null) => return None,
            NodeKind::Scalar(Resolved::Bool(value)) => Some(Self::Bool(value)),
            NodeKind::Scalar(Resolved::Int(digits)) => {
                let value = yaml::int(digits).and_then(|value| i64::try_from(value).ok());
                value.map(Self::Int)
            }
            NodeKind::Scalar(Resolved::Float(digits)) => {
                let value = digits.replace('_', "").parse::<f64>().ok();
                value.filter(|value| value.is_finite()).map(Self::Float)
            }
            NodeKind::Sequence | NodeKind::Mapping => None,
        };
        if value.is_none() {
            let message = "An attribute is not compared with such a value here.";
            let error = Diagnostic::error(Code::InvalidSettings, node.span(), message)
                .with_note("A text, a number or a boolean can be compared.");
            reader.problems.report(error);
        }
        value.map(|value| (value, false))
    }
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
            .map(|node| (node, Value::read(reader, node)));
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
            names.add(reader, node, what);
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

    #[test]
    fn numbers_are_written_so_that_they_are_floats() {
        let written = |value| Value::Float(value).equals("p");
        assert_eq!(written(5.0), "(IsDouble(p) and p == 5.0)");
        assert_eq!(written(1e300), "(IsDouble(p) and p == 1.0e300)");
    }
}

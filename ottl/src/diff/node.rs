//! Messages as trees that can be compared.

use std::fmt::Write as _;

use serde::Deserialize as _;
use serde_json::Value as Json;

use super::Order;

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// One value, as it is shown.
    Leaf(String),
    /// Elements in an order that matters.
    List(Vec<Self>),
    /// The fields of a message.
    Fields(Vec<(String, Self)>),
    /// Attributes.
    Map(Vec<(String, Self)>),
}

/// A text in quotes, as OTTL and JSON have it.
pub(crate) fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

impl Node {
    /// The tree of an OTLP/JSON document as this project writes it.
    pub(crate) fn parse(text: &[u8], order: Order) -> Self {
        // Messages were checked for their depth when they were read.
        let mut reader = serde_json::Deserializer::from_slice(text);
        reader.disable_recursion_limit();
        let json = Json::deserialize(&mut reader).unwrap_or_default();
        Self::of("", &json, order)
    }

    fn of(name: &str, json: &Json, order: Order) -> Self {
        match json {
            Json::Object(_) if name == "body" => Self::any_value(json, order),
            Json::Object(fields) => Self::Fields(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Self::of(name, value, order)))
                    .filter(|(name, node)| !node.is_nothing(name))
                    .collect(),
            ),
            Json::Array(elements) if !elements.is_empty() && elements.iter().all(is_entry) => {
                Self::entries(elements, order)
            }
            Json::Array(elements) => {
                Self::List(elements.iter().map(|e| Self::of("", e, order)).collect())
            }
            scalar => Self::Leaf(scalar.to_string()),
        }
    }

    fn entries(elements: &[Json], order: Order) -> Self {
        let entry = |element: &Json| {
            let key = element["key"].as_str().unwrap_or_default().to_owned();
            (key, Self::any_value(&element["value"], order))
        };
        let mut entries: Vec<_> = elements.iter().map(entry).collect();
        if order == Order::Free {
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        Self::Map(entries)
    }

    /// The value of an attribute or a body.
    fn any_value(json: &Json, order: Order) -> Self {
        let Some((kind, value)) = json.as_object().and_then(|fields| fields.iter().next()) else {
            return Self::Leaf("nil".to_owned());
        };
        let elements = |list: &str| value[list].as_array().cloned().unwrap_or_default();
        match kind.as_str() {
            "arrayValue" => {
                let elements = elements("values");
                Self::List(elements.iter().map(|e| Self::any_value(e, order)).collect())
            }
            "kvlistValue" => Self::entries(&elements("values"), order),
            "intValue" => Self::Leaf(value.as_str().map_or(value.to_string(), str::to_owned)),
            "doubleValue" => Self::Leaf(match value.as_str() {
                Some(name) => name.to_owned(),
                None => double(&value.to_string()),
            }),
            "bytesValue" => Self::Leaf(format!("bytes in base64 {value}")),
            _ => Self::Leaf(value.to_string()),
        }
    }

    /// Whether a field with this value means the same as none.
    fn is_nothing(&self, name: &str) -> bool {
        match self {
            Self::Fields(fields) => fields.is_empty(),
            Self::List(elements) => elements.is_empty() && name != "body",
            Self::Leaf(text) => text == "nil" && name == "body",
            Self::Map(_) => false,
        }
    }

    /// All of it on one line.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(text) => out.push_str(text),
            Self::List(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Fields(entries) | Self::Map(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    let _ = write!(out, "{comma}{}:", quoted(key));
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// A double, which is told apart from an integer.
pub(crate) fn double(digits: &str) -> String {
    let is_whole = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    match is_whole {
        true => format!("{digits}.0"),
        false => digits.to_owned(),
    }
}

/// Whether it is an entry of attributes.
fn is_entry(json: &Json) -> bool {
    let Some(fields) = json.as_object() else {
        return false;
    };
    let is_known = |name: &String| name == "key" || name == "value";
    !fields.is_empty()
        && fields.keys().all(is_known)
        && fields.get("value").is_none_or(Json::is_object)
}

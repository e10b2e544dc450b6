//! Messages in test files: OTLP/JSON as YAML, and shorter forms of it.
//!
//! A message is written to JSON with each name and value on a line of its own, so that a problem
//! can be shown where the value stands in the test file.
//!
//! What is shorter than OTLP/JSON: attributes may be a mapping from keys to plain values, a body a
//! plain value, and a message may begin with its spans, log records, metrics or profiles, beside
//! which there may be one `resource` and one `scope`.

use otlp_columns::{Signal, json};
use ottl_syntax::{Code, Span};
use serde_json::Value as Json;

use super::Data;
use super::fields::Reader;
use crate::config::yaml::{self, Node, NodeKind, Resolved};

/// Fields that are lists of keys and values.
const ATTRIBUTES: [&str; 4] = [
    "attributes",
    "filteredAttributes",
    "filtered_attributes",
    "metadata",
];
/// Fields whose values are hexadecimal digits, which YAML may take for numbers.
const IDS: [&str; 8] = [
    "traceId",
    "trace_id",
    "spanId",
    "span_id",
    "parentSpanId",
    "parent_span_id",
    "profileId",
    "profile_id",
];
/// The fields of an attribute's value.
const ANY_VALUE: [&str; 7] = [
    "stringValue",
    "boolValue",
    "intValue",
    "doubleValue",
    "arrayValue",
    "kvlistValue",
    "bytesValue",
];

/// The names of resources, scopes and items.
fn levels(signal: Signal) -> [&'static str; 3] {
    match signal {
        Signal::Traces => ["resourceSpans", "scopeSpans", "spans"],
        Signal::Logs => ["resourceLogs", "scopeLogs", "logRecords"],
        Signal::Metrics => ["resourceMetrics", "scopeMetrics", "metrics"],
        Signal::Profiles => ["resourceProfiles", "scopeProfiles", "profiles"],
    }
}

/// A message, or a file with one.
pub(super) fn read(
    reader: &mut Reader,
    signal: Signal,
    node: Node<'_>,
    what: &str,
) -> Option<Data> {
    match node.kind() {
        NodeKind::Scalar(Resolved::String(text)) if text.trim_start().starts_with('{') => {
            let message = json::to_wire_strict(signal, text.trim().as_bytes());
            match message {
                Ok(message) => Some(Data::Message(message.into())),
                Err(error) => {
                    let note = format!("It is line {} of the text.", error.line);
                    let message = format!("{what} is not OTLP/JSON: {}.", error.message);
                    reader.error_with_note(Code::WrongShape, node.span(), message, note);
                    None
                }
            }
        }
        NodeKind::Scalar(Resolved::String(path)) if !path.is_empty() => Some(Data::File {
            path: path.to_owned(),
            span: node.span(),
        }),
        NodeKind::Mapping => message(reader, signal, node, what),
        _ => {
            reader
                .problems
                .wrong_shape(node, what, "a message, or the path of a file with one");
            None
        }
    }
}

fn message(reader: &mut Reader, signal: Signal, node: Node<'_>, what: &str) -> Option<Data> {
    let [resources, scopes, items] = levels(signal);
    let has = |name: &str| {
        let mut keys = node.entries().filter_map(|(key, _)| key.scalar());
        keys.any(|key| key.value == name)
    };
    let mut writer = Writer {
        out: String::new(),
        places: Vec::new(),
    };
    if has(items) || !has(resources) && (has("resource") || has("scope")) {
        writer.short(reader, signal, node)?;
    } else {
        if let Some(other) = other_signal(signal, &has) {
            let message = format!("{what} holds {}, not {}.", other.name(), signal.name());
            let note = format!("Say `signal: {}`, or give other data.", other.name());
            reader.error_with_note(Code::WrongShape, node.span(), message, note);
            return None;
        }
        writer.node("", node);
    }
    match json::to_wire_strict(signal, writer.out.as_bytes()) {
        Ok(message) => Some(Data::Message(message.into())),
        Err(error) => {
            let place = writer.places.get(error.line.saturating_sub(1));
            let span = place.copied().unwrap_or(node.span());
            let message = format!(
                "{what} is not a message of {}: {}.",
                signal.name(),
                error.message
            );
            let note = format!(
                "A message is OTLP/JSON, which begins with `{resources}`, `{scopes}` and `{items}`, or \
                 just `{items}`."
            );
            reader.error_with_note(Code::WrongShape, span, message, note);
            None
        }
    }
}

/// The signal that the data belongs to, if it is another.
fn other_signal(signal: Signal, has: &dyn Fn(&str) -> bool) -> Option<Signal> {
    let is_other = |other: &Signal| {
        let [resources, _, items] = levels(*other);
        *other != signal && (has(resources) || has(items))
    };
    Signal::ALL.into_iter().find(is_other)
}

struct Writer {
    out: String,
    /// For each line what it comes from.
    places: Vec<Span>,
}

impl Writer {
    /// Writes something on a line of its own.
    fn token(&mut self, span: Span, token: &str) {
        self.out.push_str(token);
        self.out.push('\n');
        self.places.push(span);
    }

    fn name(&mut self, span: Span, name: &str) {
        let name = Json::from(name).to_string();
        self.token(span, &format!("{name}:"));
    }

    /// A message that begins with its items.
    fn short(&mut self, reader: &mut Reader, signal: Signal, node: Node<'_>) -> Option<()> {
        let [resources, scopes, items] = levels(signal);
        let fields = reader.fields(node, "A message", &["resource", "scope", items])?;
        let span = node.span();
        self.token(span, "{");
        self.name(span, resources);
        self.token(span, "[{");
        if let Some(resource) = fields.given("resource") {
            self.name(span, "resource");
            self.node("resource", resource);
            self.token(span, ",");
        }
        self.name(span, scopes);
        self.token(span, "[{");
        if let Some(scope) = fields.given("scope") {
            self.name(span, "scope");
            self.node("scope", scope);
            self.token(span, ",");
        }
        self.name(span, items);
        match fields.given(items) {
            Some(list) => self.node(items, list),
            None => self.token(span, "[]"),
        }
        self.token(span, "}]}]}");
        Some(())
    }

    /// The value of the field `name`.
    fn node(&mut self, name: &str, node: Node<'_>) {
        let span = node.span();
        match node.kind() {
            NodeKind::Mapping if ATTRIBUTES.contains(&name) => self.attributes(node),
            NodeKind::Mapping if name == "body" => self.any_value(node),
            NodeKind::Scalar(_) | NodeKind::Sequence if name == "body" => self.any_value(node),
            NodeKind::Mapping => {
                self.token(span, "{");
                for (index, (key, value)) in node.entries().enumerate() {
                    if index > 0 {
                        self.token(key.span(), ",");
                    }
                    let key_text = key.scalar().map_or("", |scalar| scalar.value.as_str());
                    self.name(key.span(), key_text);
                    self.node(key_text, value);
                }
                self.token(span, "}");
            }
            NodeKind::Sequence => {
                self.token(span, "[");
                for (index, item) in node.items().enumerate() {
                    if index > 0 {
                        self.token(item.span(), ",");
                    }
                    self.node("", item);
                }
                self.token(span, "]");
            }
            NodeKind::Scalar(Resolved::Int(digits) | Resolved::Float(digits))
                if IDS.contains(&name) =>
            {
                self.token(span, &Json::from(digits).to_string());
            }
            NodeKind::Scalar(scalar) => self.token(span, &scalar_json(scalar)),
        }
    }

    /// Attributes as a mapping.
    fn attributes(&mut self, node: Node<'_>) {
        let span = node.span();
        self.token(span, "[");
        for (index, (key, value)) in node.entries().enumerate() {
            if index > 0 {
                self.token(key.span(), ",");
            }
            let text = key.scalar().map_or("", |scalar| scalar.value.as_str());
            self.token(key.span(), "{\"key\":");
            self.token(key.span(), &Json::from(text).to_string());
            self.token(value.span(), ",\"value\":");
            self.any_value(value);
            self.token(value.span(), "}");
        }
        self.token(span, "]");
    }

    /// The value of an attribute or a body, plain or as OTLP/JSON has it.
    fn any_value(&mut self, node: Node<'_>) {
        let span = node.span();
        match node.kind() {
            NodeKind::Scalar(Resolved::Null) => self.token(span, "{}"),
            NodeKind::Scalar(scalar) => {
                let kind = match scalar {
                    Resolved::Bool(_) => "boolValue",
                    Resolved::Int(_) => "intValue",
                    Resolved::Float(text) if is_whole(text) => "intValue",
                    Resolved::Float(_) => "doubleValue",
                    Resolved::String(_) | Resolved::Null => "stringValue",
                };
                let value = scalar_json(scalar);
                self.token(span, &format!("{{\"{kind}\":{value}}}"));
            }
            NodeKind::Sequence => {
                self.token(span, "{\"arrayValue\":{\"values\":[");
                for (index, item) in node.items().enumerate() {
                    if index > 0 {
                        self.token(item.span(), ",");
                    }
                    self.any_value(item);
                }
                self.token(span, "]}}");
            }
            NodeKind::Mapping if is_any_value(node) => self.plain(node),
            NodeKind::Mapping => {
                self.token(span, "{\"kvlistValue\":{\"values\":");
                self.attributes(node);
                self.token(span, "}}");
            }
        }
    }

    /// A mapping as it is.
    fn plain(&mut self, node: Node<'_>) {
        self.token(node.span(), "{");
        for (key, value) in node.entries() {
            let text = key.scalar().map_or("", |scalar| scalar.value.as_str());
            self.name(key.span(), text);
            self.node(text, value);
        }
        self.token(node.span(), "}");
    }
}

/// Whether a mapping is a value as OTLP/JSON has it.
fn is_any_value(node: Node<'_>) -> bool {
    let mut entries = node.entries();
    let key = entries.next().and_then(|(key, _)| key.scalar());
    entries.next().is_none() && key.is_some_and(|key| ANY_VALUE.contains(&key.value.as_str()))
}

pub(super) fn scalar_json(scalar: Resolved<'_>) -> String {
    match scalar {
        Resolved::Null => "null".to_owned(),
        Resolved::Bool(value) => value.to_string(),
        Resolved::Int(text) => integer(text),
        Resolved::Float(text) if is_whole(text) => Json::from(text).to_string(),
        Resolved::Float(text) => double(text),
        Resolved::String(text) => Json::from(text).to_string(),
    }
}

/// Whether a number looks whole. YAML takes it for a double where 64 bits are too few for it, or
/// the digits are not those of base 8 behind a zero; here that is hardly meant, and an error.
fn is_whole(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'_'))
}

/// A whole number in the decimal digits that JSON has.
fn integer(text: &str) -> String {
    match yaml::int(text) {
        Some(number) => number.to_string(),
        None => Json::from(text).to_string(),
    }
}

/// A number in the form that OTLP/JSON has.
fn double(text: &str) -> String {
    let plain = text.replace('_', "");
    match plain.trim_start_matches(['+', '-']) {
        ".inf" | ".Inf" | ".INF" => {
            let sign = if plain.starts_with('-') { "-" } else { "" };
            format!("\"{sign}Infinity\"")
        }
        ".nan" | ".NaN" | ".NAN" => "\"NaN\"".to_owned(),
        _ => match plain.parse::<f64>() {
            Ok(number) if number.is_finite() => Json::from(number).to_string(),
            _ => Json::from(text).to_string(),
        },
    }
}

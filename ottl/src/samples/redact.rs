//! Blacking out what is in an item.
//!
//! What stays: names, kinds, times, numbers of data points, identifiers, and all keys. What goes: the
//! values of attributes and the bodies of log records, messages of statuses, and trace states. Of
//! profiles the dictionary goes as a whole, since all strings are in it.

use otlp_columns::Level;
use ottl_vm::path::Context;
use serde::Deserialize as _;
use serde_json::{Map, Value as Json};

use super::SampleSettings;

/// The OTLP/JSON of a message with one item, without what is not to be seen.
pub(super) fn item(text: &[u8], context: Context, settings: &SampleSettings) -> String {
    // How deep values nest was limited when the message was read.
    let mut reader = serde_json::Deserializer::from_slice(text);
    reader.disable_recursion_limit();
    let Ok(mut message) = Json::deserialize(&mut reader) else {
        return "{}".to_owned();
    };
    let redaction = Redaction { context, settings };
    redaction.message(&mut message);
    message.to_string()
}

struct Redaction<'a> {
    context: Context,
    settings: &'a SampleSettings,
}

impl Redaction<'_> {
    fn message(&self, message: &mut Json) {
        match message {
            Json::Array(elements) => elements.iter_mut().for_each(|one| self.message(one)),
            Json::Object(fields) => {
                fields.retain(|name, _| !self.is_below(name));
                for (name, value) in fields.iter_mut() {
                    self.field(name, value);
                }
            }
            _ => {}
        }
    }

    fn field(&self, name: &str, value: &mut Json) {
        if !self.settings.redacts {
            return self.message(value);
        }
        match name {
            "attributes" | "filteredAttributes" | "metadata" => self.entries(value),
            "body" if !self.shows(name) => self.value(value),
            "body" => {}
            "status" => {
                if let Some(message) = value.get_mut("message") {
                    *message = summary("stringValue", message).into();
                }
            }
            "traceState" => *value = summary("stringValue", value).into(),
            _ => self.message(value),
        }
    }

    /// Whether a field holds what is below the item, or too much to be looked through.
    fn is_below(&self, name: &str) -> bool {
        matches!(
            (self.context, name),
            (_, "dictionary")
                | (
                    Level::Resource,
                    "scopeSpans" | "scopeLogs" | "scopeMetrics" | "scopeProfiles"
                )
                | (
                    Level::Scope,
                    "spans" | "logRecords" | "metrics" | "profiles"
                )
        )
    }

    fn shows(&self, key: &str) -> bool {
        self.settings.shown_keys.iter().any(|shown| shown == key)
    }

    /// A list of keys and values.
    fn entries(&self, entries: &mut Json) {
        let entries = entries.as_array_mut().into_iter().flatten();
        for entry in entries.filter_map(Json::as_object_mut) {
            let key = entry.get("key").and_then(Json::as_str).unwrap_or_default();
            if !self.shows(key)
                && let Some(value) = entry.get_mut("value")
            {
                self.value(value);
            }
        }
    }

    /// A value of whatever type: lists and maps keep their form.
    fn value(&self, value: &mut Json) {
        let Some(fields) = value.as_object_mut() else {
            return;
        };
        let Some((kind, inner)) = fields.iter_mut().next() else {
            return;
        };
        match kind.as_str() {
            "kvlistValue" => {
                if let Some(entries) = inner.get_mut("values") {
                    self.entries(entries);
                }
            }
            "arrayValue" => {
                let elements = inner.get_mut("values").and_then(Json::as_array_mut);
                elements
                    .into_iter()
                    .flatten()
                    .for_each(|element| self.value(element));
            }
            kind => {
                let text = summary(kind, inner);
                *fields = Map::from_iter([("stringValue".to_owned(), text.into())]);
            }
        }
    }
}

/// What is said instead of a value.
fn summary(kind: &str, value: &Json) -> String {
    let text = value.as_str().unwrap_or_default();
    match kind {
        "stringValue" => format!("<string of {} bytes>", text.len()),
        "bytesValue" => {
            let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
            format!(
                "<{} bytes>",
                text.len() / 4 * 3 - padding.min(text.len() / 4 * 3)
            )
        }
        "intValue" => "<integer>".to_owned(),
        "doubleValue" => "<double>".to_owned(),
        "boolValue" => "<boolean>".to_owned(),
        _ => "<value>".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redacted(context: Context, shown: &[&str], message: &Json) -> Json {
        let settings = SampleSettings {
            shown_keys: shown.iter().map(|key| (*key).to_owned()).collect(),
            ..SampleSettings::default()
        };
        let text = item(message.to_string().as_bytes(), context, &settings);
        serde_json::from_str(&text).expect("JSON")
    }

    fn entry(key: &str, value: &Json) -> Json {
        json!({"key": key, "value": value})
    }

    #[test]
    fn values_go_and_keys_stay() {
        let map = json!({"kvlistValue": {"values": [
            entry("inner", &json!({"stringValue": "secret"})),
            entry("ok", &json!({"boolValue": true})),
        ]}});
        let list = json!({"arrayValue": {"values": [{"intValue": "5"}, {"doubleValue": 1.5}, {}]}});
        let record = json!({
            "severityText": "INFO",
            "body": {"stringValue": "häm"},
            "attributes": [
                entry("s", &json!({"stringValue": "secret"})),
                entry("b", &json!({"bytesValue": "AQIDBA=="})),
                entry("m", &map),
                entry("l", &list),
                entry("none", &json!({})),
            ],
        });
        let hidden = redacted(Level::Log, &[], &record);
        let text = |text: &str| json!({"stringValue": text});
        assert_eq!(
            hidden,
            json!({
                "severityText": "INFO",
                "body": {"stringValue": "<string of 4 bytes>"},
                "attributes": [
                    entry("s", &text("<string of 6 bytes>")),
                    entry("b", &text("<4 bytes>")),
                    entry("m", &json!({"kvlistValue": {"values": [
                        entry("inner", &text("<string of 6 bytes>")),
                        entry("ok", &text("<boolean>")),
                    ]}})),
                    entry("l", &json!({"arrayValue": {"values": [
                        text("<integer>"), text("<double>"), {},
                    ]}})),
                    entry("none", &json!({})),
                ],
            })
        );
        let shown = redacted(Level::Log, &["inner", "l", "body"], &record);
        assert_eq!(shown["body"], json!({"stringValue": "häm"}));
        assert_eq!(shown["attributes"][3]["value"], list);
        let inner = "/attributes/2/value/kvlistValue/values/0/value/stringValue";
        assert_eq!(shown.pointer(inner), Some(&json!("secret")));
        assert_eq!(shown["attributes"][0], hidden["attributes"][0]);
    }

    #[test]
    fn texts_that_people_write_go_as_well() {
        let span = json!({
            "name": "GET /", "traceState": "a=b",
            "status": {"code": 2, "message": "no user 17"},
            "links": [{"traceState": "c=d", "attributes": [entry("k", &json!({"intValue": "1"}))]}],
            "events": [{"name": "e", "attributes": [entry("k", &json!({"intValue": "1"}))]}],
        });
        let text = redacted(Level::Span, &[], &span).to_string();
        for secret in ["a=b", "c=d", "user", "intValue"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(
            text.contains("GET /") && text.contains("\"code\":2"),
            "{text}"
        );
    }

    #[test]
    fn what_is_below_a_resource_or_scope_is_left_out() {
        let message = json!({"resourceSpans": [{
            "resource": {},
            "scopeSpans": [{"scope": {"name": "s"}, "spans": [{"name": "x"}]}],
        }], "dictionary": {"stringTable": ["secret"]}});
        let of = |context| redacted(context, &[], &message).to_string();
        assert_eq!(
            of(Level::Resource),
            r#"{"resourceSpans":[{"resource":{}}]}"#
        );
        let scope = r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{"name":"s"}}]}]}"#;
        assert_eq!(of(Level::Scope), scope);
        assert!(of(Level::Span).contains("\"x\""));
    }
}

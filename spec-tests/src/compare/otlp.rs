//! Comparison of OTLP/JSON messages as OTLP.
//!
//! Both sides are brought to a normal form first: fields equal to their default are dropped unless
//! their presence means something, 64-bit integers become decimal strings, identifiers lower-case
//! hexadecimal, attribute lists are sorted by key (entries with one key keep their order). Then the
//! two trees are compared as they are.

mod schema;

use serde_json::{Map, Value};

use super::{Difference, base64_bytes, comparable_text, double, excerpt, integer};
use crate::case::Signal;
use schema::{Field, Kind, Message, Presence};

/// Compares two messages of one signal.
pub(super) fn compare_messages(
    signal: Signal,
    expected: &Value,
    found: &Value,
) -> Result<(), Difference> {
    let message = schema::root(signal);
    let wanted = normal_message(message, "output", expected)?;
    let got = normal_message(message, "output", found)?;
    compare_trees("output", &wanted, &got)
}

fn malformed(path: &str, wanted: &str, found: &Value) -> Difference {
    Difference {
        path: path.to_owned(),
        expected: wanted.to_owned(),
        found: excerpt(found),
    }
}

fn normal_message(message: &Message, path: &str, value: &Value) -> Result<Value, Difference> {
    let object = value
        .as_object()
        .ok_or_else(|| malformed(path, "an object", value))?;
    let mut out = Map::new();
    for (name, content) in object {
        let inner = format!("{path}.{name}");
        let Some(field) = message.fields.iter().find(|f| f.name == camel_case(name)) else {
            return Err(malformed(&inner, "no field of this name", content));
        };
        if content.is_null() {
            continue;
        }
        let normal = normal_field(field, &inner, content)?;
        if field.presence == Presence::Matters || !is_default(&field.kind, &normal) {
            out.insert(field.name.to_owned(), normal);
        }
    }
    Ok(Value::Object(out))
}

/// OTLP/JSON readers take a field by its JSON name and by its name in the protobuf schema.
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for c in name.chars() {
        match c {
            '_' => raise = true,
            _ if raise => {
                out.extend(c.to_uppercase());
                raise = false;
            }
            _ => out.push(c),
        }
    }
    out
}

fn normal_field(field: &Field, path: &str, value: &Value) -> Result<Value, Difference> {
    if !field.repeated {
        return normal_value(&field.kind, path, value);
    }
    let list = value
        .as_array()
        .ok_or_else(|| malformed(path, "a list", value))?;
    let mut out = Vec::with_capacity(list.len());
    for (i, element) in list.iter().enumerate() {
        out.push(normal_value(&field.kind, &format!("{path}[{i}]"), element)?);
    }
    if matches!(field.kind, Kind::Message(m) if std::ptr::eq(m, &schema::KEY_VALUE)) {
        out.sort_by(|a, b| a["key"].as_str().cmp(&b["key"].as_str()));
    }
    Ok(Value::Array(out))
}

fn normal_value(kind: &Kind, path: &str, value: &Value) -> Result<Value, Difference> {
    let text = |wanted| value.as_str().ok_or_else(|| malformed(path, wanted, value));
    match kind {
        Kind::Message(message) => normal_message(message, path, value),
        Kind::Text => Ok(comparable_text(text("a string")?).into()),
        Kind::Bool if value.is_boolean() => Ok(value.clone()),
        Kind::Bool => Err(malformed(path, "true or false", value)),
        Kind::Integer => match integer(value) {
            Some(number) => Ok(number.to_string().into()),
            None => Err(malformed(path, "an integer", value)),
        },
        Kind::Double => match double(value) {
            // Adding zero turns the negative zero into the positive one.
            Some(number) => Ok(format!("{:?}", number + 0.0).into()),
            None => Err(malformed(path, "a number", value)),
        },
        Kind::Identifier => {
            let hex = text("a hexadecimal identifier")?.to_ascii_lowercase();
            let nothing = hex.bytes().all(|b| b == b'0');
            Ok(if nothing { "".into() } else { hex.into() })
        }
        Kind::Bytes => match base64_bytes(text("base64")?) {
            Some(bytes) => Ok(bytes
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<String>()
                .into()),
            None => Err(malformed(path, "base64", value)),
        },
    }
}

/// Whether a value in normal form is what an absent field stands for.
fn is_default(kind: &Kind, normal: &Value) -> bool {
    match normal {
        // The text `0` is not the number.
        Value::String(text) if matches!(kind, Kind::Text | Kind::Bytes) => text.is_empty(),
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::String(s) => matches!(s.as_str(), "" | "0" | "0.0"),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Number(_) => false,
    }
}

fn compare_trees(path: &str, wanted: &Value, got: &Value) -> Result<(), Difference> {
    let differ = |expected: String, found: String, at: &str| {
        Err(Difference {
            path: at.to_owned(),
            expected,
            found,
        })
    };
    match (wanted, got) {
        (Value::Object(w), Value::Object(g)) => {
            let names = w
                .keys()
                .chain(g.keys().filter(|name| !w.contains_key(*name)));
            for name in names {
                let inner = format!("{path}.{name}");
                match (w.get(name), g.get(name)) {
                    (Some(a), Some(b)) => compare_trees(&inner, a, b)?,
                    (a, b) => {
                        let text = |v: Option<&Value>| v.map_or("nothing".to_owned(), excerpt);
                        return differ(text(a), text(b), &inner);
                    }
                }
            }
            Ok(())
        }
        (Value::Array(w), Value::Array(g)) => {
            for (i, (a, b)) in w.iter().zip(g).enumerate() {
                compare_trees(&format!("{path}[{i}]"), a, b)?;
            }
            match w.len() == g.len() {
                true => Ok(()),
                false => differ(entries(w), entries(g), path),
            }
        }
        _ if wanted == got => Ok(()),
        _ => differ(excerpt(wanted), excerpt(got), path),
    }
}

/// A list for a report: how long it is, and its keys when it is an attribute list.
fn entries(list: &[Value]) -> String {
    let keys: Vec<&str> = list.iter().filter_map(|e| e["key"].as_str()).collect();
    match keys.is_empty() {
        true => format!("{} entries", list.len()),
        false => format!("{} entries ({})", list.len(), keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn log(record: Value) -> Value {
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
    }

    fn logs_equal(a: Value, b: Value) -> bool {
        compare_messages(Signal::Logs, &log(a), &log(b)).is_ok()
    }

    #[test]
    fn absent_fields_equal_their_default() {
        assert!(logs_equal(
            json!({"body": {}, "attributes": [], "flags": 0, "severityText": "", "timeUnixNano": "0"}),
            json!({}),
        ));
        assert!(logs_equal(
            json!({"traceId": "00000000000000000000000000000000"}),
            json!({})
        ));
        assert!(!logs_equal(json!({"flags": 1}), json!({})));
    }

    #[test]
    fn an_empty_string_is_not_an_empty_value() {
        assert!(!logs_equal(
            json!({"body": {"stringValue": ""}}),
            json!({"body": {}})
        ));
        assert!(!logs_equal(
            json!({"body": {"intValue": "0"}}),
            json!({"body": {"doubleValue": 0}})
        ));
        assert!(!logs_equal(
            json!({"body": {"arrayValue": {}}}),
            json!({"body": {"kvlistValue": {}}})
        ));
        assert!(logs_equal(
            json!({"body": {"arrayValue": {}}}),
            json!({"body": {"arrayValue": {"values": []}}})
        ));
    }

    #[test]
    fn integers_are_numbers_or_strings() {
        assert!(logs_equal(
            json!({"body": {"intValue": "-5"}}),
            json!({"body": {"intValue": -5}})
        ));
        assert!(logs_equal(
            json!({"timeUnixNano": "18446744073709551615"}),
            json!({"timeUnixNano": 18_446_744_073_709_551_615_u64}),
        ));
        assert!(!logs_equal(
            json!({"body": {"intValue": "5"}}),
            json!({"body": {"intValue": "6"}})
        ));
    }

    #[test]
    fn attributes_have_no_order_at_any_depth() {
        let pair = |k: &str, v: Value| json!({"key": k, "value": v});
        let nested = |list: Value| json!({"body": {"kvlistValue": {"values": list}}});
        let (a, b) = (pair("a", json!({"intValue": 1})), pair("b", json!({})));
        assert!(logs_equal(nested(json!([a, b])), nested(json!([b, a]))));
        assert!(logs_equal(
            json!({"attributes": [a, b]}),
            json!({"attributes": [b, a]})
        ));
        assert!(!logs_equal(
            json!({"attributes": [a]}),
            json!({"attributes": [a, a]})
        ));
        assert!(logs_equal(
            json!({"attributes": [{"key": "b"}]}),
            json!({"attributes": [b]})
        ));
    }

    #[test]
    fn a_key_that_looks_like_a_number_counts() {
        let list = |keys: [&str; 2]| json!({"attributes": [{"key": keys[0]}, {"key": keys[1]}]});
        assert!(!logs_equal(list(["", "0"]), list(["", ""])));
        assert!(logs_equal(list(["", "0"]), list(["0", ""])));
    }

    #[test]
    fn entries_with_one_key_keep_their_order() {
        let one = json!({"key": "a", "value": {"intValue": 1}});
        let two = json!({"key": "a", "value": {"intValue": 2}});
        assert!(!logs_equal(
            json!({"attributes": [one, two]}),
            json!({"attributes": [two, one]})
        ));
    }

    #[test]
    fn list_values_keep_their_order() {
        let list = |v: Value| json!({"body": {"arrayValue": {"values": v}}});
        let (one, two) = (json!({"intValue": 1}), json!({"intValue": 2}));
        assert!(!logs_equal(
            list(json!([one, two])),
            list(json!([two, one]))
        ));
    }

    #[test]
    fn doubles_bytes_and_identifiers_have_one_form() {
        assert!(logs_equal(
            json!({"body": {"doubleValue": 1}}),
            json!({"body": {"doubleValue": 1.0}})
        ));
        assert!(logs_equal(
            json!({"body": {"doubleValue": "NaN"}}),
            json!({"body": {"doubleValue": "NaN"}})
        ));
        assert!(logs_equal(
            json!({"body": {"bytesValue": "+/8="}}),
            json!({"body": {"bytesValue": "-_8"}})
        ));
        assert!(logs_equal(
            json!({"spanId": "00FF00FF00FF00FF"}),
            json!({"spanId": "00ff00ff00ff00ff"})
        ));
    }

    #[test]
    fn presence_of_optional_numbers_matters() {
        let metric = |point: Value| json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"histogram": {"dataPoints": [point]}}]}]}]});
        let check = |a, b| compare_messages(Signal::Metrics, &metric(a), &metric(b)).is_ok();
        assert!(!check(json!({"sum": 0}), json!({})));
        assert!(check(json!({"count": "0"}), json!({})));
        assert!(check(
            json!({"bucket_counts": [1, "2"]}),
            json!({"bucketCounts": ["1", 2]})
        ));
    }

    #[test]
    fn the_type_of_an_empty_metric_matters() {
        let metrics = |m: Value| json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [m]}]}]});
        let wanted = metrics(json!({"sum": {}}));
        assert!(compare_messages(Signal::Metrics, &wanted, &metrics(json!({}))).is_err());
        assert!(compare_messages(Signal::Metrics, &wanted, &metrics(json!({"sum": {}}))).is_ok());
    }

    #[test]
    fn unknown_fields_and_wrong_types_are_differences() {
        let d = compare_messages(Signal::Logs, &log(json!({})), &log(json!({"colour": 1})))
            .unwrap_err();
        assert_eq!(
            d.path,
            "output.resourceLogs[0].scopeLogs[0].logRecords[0].colour"
        );
        assert!(!logs_equal(
            json!({"severityText": "a"}),
            json!({"severityText": 1})
        ));
    }

    #[test]
    fn a_difference_names_the_missing_attribute() {
        let a = log(json!({"attributes": [{"key": "a"}, {"key": "b"}]}));
        let d = compare_messages(
            Signal::Logs,
            &a,
            &log(json!({"attributes": [{"key": "a"}]})),
        )
        .unwrap_err();
        assert_eq!(d.expected, "2 entries (a, b)");
        assert_eq!(d.found, "1 entries (a)");
    }
}

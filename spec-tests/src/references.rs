//! Attributes of resources and scopes in messages of profiles, whose strings may be references.
//!
//! The reference resolves them when it reads a message, and its answers show them resolved. A batch
//! leaves what no statement changed as it came, so that its message is brought into the same form.

use serde_json::{Map, Value};

/// Replaces the references in attributes of resources and scopes by the strings they refer to.
pub fn resolve(profiles: &mut Value) {
    let strings = profiles["dictionary"]["stringTable"].take();
    for resource in elements(&mut profiles["resourceProfiles"]) {
        attributes(&mut resource["resource"]["attributes"], &strings);
        for scope in elements(&mut resource["scopeProfiles"]) {
            attributes(&mut scope["scope"]["attributes"], &strings);
        }
    }
    profiles["dictionary"]["stringTable"] = strings;
    prune(profiles);
}

fn elements(list: &mut Value) -> impl Iterator<Item = &mut Value> {
    list.as_array_mut().into_iter().flatten()
}

fn attributes(list: &mut Value, strings: &Value) {
    for attribute in elements(list) {
        let Some(attribute) = attribute.as_object_mut() else {
            continue;
        };
        let has_key = attribute.get("key").is_some_and(|key| key != "");
        if !has_key && let Some(key) = referred(attribute, "keyStrindex", strings) {
            attribute.remove("keyStrindex");
            attribute.insert("key".to_owned(), key);
        }
        if let Some(inner) = attribute.get_mut("value") {
            value(inner, strings);
        }
    }
}

fn value(any: &mut Value, strings: &Value) {
    let Some(any) = any.as_object_mut() else {
        return;
    };
    if let Some(text) = referred(any, "stringValueStrindex", strings) {
        any.remove("stringValueStrindex");
        any.insert("stringValue".to_owned(), text);
    }
    if let Some(list) = any.get_mut("kvlistValue") {
        attributes(&mut list["values"], strings);
    }
    if let Some(list) = any.get_mut("arrayValue") {
        for element in elements(&mut list["values"]) {
            value(element, strings);
        }
    }
}

/// The string behind a reference, unless it is to the first, which means none.
fn referred(object: &Map<String, Value>, field: &str, strings: &Value) -> Option<Value> {
    let index = object.get(field)?.as_u64().filter(|&index| index > 0)?;
    strings.get(usize::try_from(index).ok()?).cloned()
}

/// Removes the fields that looking for them has made.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            fields.retain(|_, field| !field.is_null());
        }
        Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_that_lead_somewhere_are_replaced() {
        let mut message = json!({
            "resourceProfiles": [{"resource": {"attributes": [
                {"keyStrindex": 1, "value": {"arrayValue": {"values": [{"stringValueStrindex": 2}]}}},
                {"key": "k", "keyStrindex": 1, "value": {"stringValueStrindex": 9}},
            ]}}],
            "dictionary": {"stringTable": ["", "a", "b"]},
        });
        resolve(&mut message);
        let resource = &message["resourceProfiles"][0]["resource"];
        assert_eq!(
            *resource,
            json!({"attributes": [
                {"key": "a", "value": {"arrayValue": {"values": [{"stringValue": "b"}]}}},
                {"key": "k", "keyStrindex": 1, "value": {"stringValueStrindex": 9}},
            ]})
        );
    }
}

//! The examples in the documentation of every function, executed on both interpreters.

use ottl::{Dialect, Engine, Interpreter, Level, Signal};
use ottl_vm::Example;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use spec_tests::case::{self, Case, Kind};
use spec_tests::compare::compare;
use spec_tests::eval::Evaluator;

/// One span with the attributes that an example starts from.
fn message(attributes: &str) -> String {
    let attributes: Json = serde_json::from_str(attributes).expect("attributes are JSON");
    let span = json!({ "name": "op", "attributes": key_values(&attributes) });
    json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] }).to_string()
}

fn key_values(map: &Json) -> Json {
    let entries = map.as_object().expect("a map of attributes").iter();
    entries
        .map(|(key, value)| json!({ "key": key, "value": any_value(value) }))
        .collect()
}

/// Plain JSON as an `AnyValue`; `{"$bytes": "…"}` stands for bytes in base64.
fn any_value(value: &Json) -> Json {
    match value {
        Json::Null => json!({}),
        Json::Bool(value) => json!({ "boolValue": value }),
        Json::Number(value) if value.is_i64() => json!({ "intValue": value.to_string() }),
        Json::Number(value) => json!({ "doubleValue": value }),
        Json::String(value) => json!({ "stringValue": value }),
        Json::Array(values) => {
            let values: Json = values.iter().map(any_value).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Json::Object(map) => match map.get("$bytes") {
            Some(bytes) => json!({ "bytesValue": bytes }),
            None => json!({ "kvlistValue": { "values": key_values(value) } }),
        },
    }
}

/// An `AnyValue` as plain JSON.
fn plain(value: &Json) -> Json {
    let Some((kind, value)) = value.as_object().and_then(|map| map.iter().next()) else {
        return Json::Null;
    };
    match kind.as_str() {
        "intValue" => {
            let digits = value.as_str().expect("an integer is a string");
            json!(digits.parse::<i64>().expect("an integer"))
        }
        "bytesValue" => json!({ "$bytes": value }),
        "arrayValue" => elements(value).map(plain).collect(),
        "kvlistValue" => plain_map(elements(value)),
        _ => value.clone(),
    }
}

fn elements(list: &Json) -> impl Iterator<Item = &Json> {
    list["values"].as_array().into_iter().flatten()
}

fn plain_map<'a>(entries: impl Iterator<Item = &'a Json>) -> Json {
    let entry = |entry: &Json| {
        let key = entry["key"].as_str().unwrap_or_default().to_owned();
        (key, plain(&entry["value"]))
    };
    Json::Object(entries.map(entry).collect::<Map<_, _>>())
}

/// Whether a statement leaves the attributes as plain JSON, or fails; else what it leaves.
fn edit(engine: &Engine, example: &Example) -> Result<(), Json> {
    let expected = match example.result {
        "error" => json!("error"),
        result => serde_json::from_str(result).expect("a result is JSON"),
    };
    let found = attributes_after(engine, example).unwrap_or_else(|| json!("error"));
    if found == expected {
        Ok(())
    } else {
        Err(found)
    }
}

fn attributes_after(engine: &Engine, example: &Example) -> Option<Json> {
    let script = engine
        .compile(Signal::Traces, Level::Span, example.source)
        .ok()?;
    let message = ottl::json::to_wire(Signal::Traces, message(example.attributes).as_bytes());
    let mut batch = script
        .decode(message.expect("OTLP/JSON"))
        .expect("a message");
    script.run(&mut batch).ok()?;
    let mut text = Vec::new();
    ottl::json::from_wire(Signal::Traces, &batch.encode(), &mut text).expect("a message");
    let output: Json = serde_json::from_slice(&text).expect("JSON");
    let span = &output["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    Some(plain_map(
        span["attributes"].as_array().into_iter().flatten(),
    ))
}

/// Whether an expression gives a value in the notation of the cases, or `error`; else what it gives.
fn convert(evaluator: &Evaluator, example: &Example) -> Result<(), Json> {
    let mut case = Case {
        id: example.title.to_owned(),
        kind: Kind::Expressions,
        signal: case::Signal::Traces,
        context: "span".to_owned(),
        error_mode: None,
        statements: Vec::new(),
        conditions: Vec::new(),
        expressions: Vec::new(),
        input: RawValue::from_string(message(example.attributes)).expect("JSON"),
        expect: None,
    };
    case.set_sources(vec![example.source.to_owned()]);
    let answer = evaluator.answer(&case);
    let is_expected = if example.result == "error" {
        answer.get("parse_error").is_some() || answer["results"][0].get("error").is_some()
    } else {
        let expected: Json = serde_json::from_str(example.result).expect("a result is JSON");
        compare(case.signal, &json!({ "results": [expected] }), &answer).is_ok()
    };
    if is_expected { Ok(()) } else { Err(answer) }
}

fn check(interpreter: Interpreter) {
    let engine = Engine::default()
        .with_dialect(Dialect::Selfops)
        .with_interpreter(interpreter);
    let evaluator = Evaluator::new(interpreter);
    let mut failures = Vec::new();
    for function in engine.registry().all() {
        let signature = function.signature();
        assert!(
            !signature.examples.is_empty(),
            "{} has no example",
            signature.name
        );
        for example in signature.examples {
            let outcome = if signature.is_editor() {
                edit(&engine, example)
            } else {
                convert(&evaluator, example)
            };
            if let Err(found) = outcome {
                failures.push(format!(
                    "{}: {found}, not {}",
                    example.source, example.result
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn by_rows() {
    check(Interpreter::Rows);
}

#[test]
fn by_columns() {
    check(Interpreter::Columns);
}

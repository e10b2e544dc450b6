//! The examples in the documentation of every function, executed on both interpreters.

use ottl::{Dialect, Engine, Gates, Interpreter, Level, RunError, Signal};
use ottl_vm::{Example, Function};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use spec_tests::case::{self, Case, Kind};
use spec_tests::compare::compare;
use spec_tests::eval::Evaluator;

/// One server's span with the attributes that an example starts from, one log record, a profile, or
/// the metric that it starts from.
fn message(context: Level, attributes: &str) -> String {
    let attributes: Json = serde_json::from_str(attributes).expect("attributes are JSON");
    if signal(context) == case::Signal::Metrics {
        return metrics(&json!([attributes])).to_string();
    }
    let attributes = key_values(&attributes);
    let message = match signal(context) {
        case::Signal::Logs => {
            let record = json!({ "attributes": attributes });
            json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record] }] }] })
        }
        // The attributes of a profile are indices, of which no example needs any.
        case::Signal::Profiles => {
            json!({ "resourceProfiles": [{ "scopeProfiles": [{ "profiles": [{}] }] }] })
        }
        _ => {
            let span = json!({ "name": "op", "kind": 2, "attributes": attributes });
            json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] })
        }
    };
    message.to_string()
}

fn metrics(metrics: &Json) -> Json {
    json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] })
}

/// What an example of a function runs on: a span, unless only log records, metrics or profiles have
/// the function.
fn context(function: &dyn Function) -> Level {
    match function.contexts() {
        [only @ (Level::Log | Level::Metric | Level::DataPoint)] => *only,
        [first @ Level::Profile, ..] => *first,
        _ => Level::Span,
    }
}

fn signal(context: Level) -> case::Signal {
    match context {
        Level::Log => case::Signal::Logs,
        Level::Metric | Level::DataPoint => case::Signal::Metrics,
        Level::Profile => case::Signal::Profiles,
        _ => case::Signal::Traces,
    }
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

/// What an example says of its result.
#[derive(Debug)]
enum Expected<'a> {
    /// The source is no program, and a diagnostic says so with this text.
    Rejected(&'a str),
    /// The program runs and fails on the item with exactly this message.
    Fails(&'a str),
    /// Attributes as plain JSON or a typed value.
    Gives(Json),
}

impl<'a> Expected<'a> {
    fn of(example: &'a Example) -> Self {
        let result = example.result;
        if let Some(text) = result.strip_prefix("rejected: ") {
            Self::Rejected(text)
        } else if let Some(text) = result.strip_prefix("error: ") {
            Self::Fails(text)
        } else {
            let value = serde_json::from_str(result);
            Self::Gives(value.unwrap_or_else(|error| panic!("{}: {error}", example.source)))
        }
    }
}

/// What became of an example.
#[derive(Debug)]
enum Found {
    /// The problems of the source as a person reads them.
    Rejected(String),
    /// The message of a failure.
    Failed(String),
    /// Attributes as plain JSON, or an answer in the notation of the cases.
    Gave(Json),
}

impl Found {
    fn is(&self, expected: &Expected<'_>, are_equal: impl Fn(&Json, &Json) -> bool) -> bool {
        match (expected, self) {
            // The text belongs to one message; what surrounds it is the source and hints.
            (Expected::Rejected(text), Self::Rejected(problems)) => {
                problems.lines().any(|line| line.ends_with(text))
            }
            (Expected::Fails(text), Self::Failed(message)) => text == message,
            (Expected::Gives(expected), Self::Gave(found)) => are_equal(expected, found),
            _ => false,
        }
    }
}

/// The attributes behind a statement, or the metrics.
fn edit(engine: &Engine, context: Level, example: &Example) -> Found {
    let signal = match signal(context) {
        case::Signal::Metrics => Signal::Metrics,
        case::Signal::Logs => Signal::Logs,
        _ => Signal::Traces,
    };
    let compiled = engine.compile(signal, context, example.source);
    let script = match compiled {
        Ok(script) => script,
        Err(error) => return Found::Rejected(error.render("example", false)),
    };
    let message = message(context, example.attributes);
    let message = ottl::json::to_wire(signal, message.as_bytes()).expect("OTLP/JSON");
    let mut batch = script.decode(message).expect("a message");
    match script.run(&mut batch) {
        Ok(_) => {}
        Err(RunError::Statement(failure)) => {
            return Found::Failed(failure.error.message().to_owned());
        }
        Err(limit) => panic!("{}: {limit}", example.source),
    }
    let mut text = Vec::new();
    ottl::json::from_wire(signal, &batch.encode(), &mut text).expect("a message");
    let output: Json = serde_json::from_slice(&text).expect("JSON");
    if signal == Signal::Metrics {
        return Found::Gave(output);
    }
    let item = match signal {
        Signal::Logs => &output["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0],
        _ => &output["resourceSpans"][0]["scopeSpans"][0]["spans"][0],
    };
    Found::Gave(plain_map(
        item["attributes"].as_array().into_iter().flatten(),
    ))
}

/// Whether a message has exactly the metrics of a list.
fn are_metrics(expected: &Json, message: &Json) -> bool {
    let expected = json!({ "output": metrics(expected) });
    compare(
        case::Signal::Metrics,
        &expected,
        &json!({ "output": message }),
    )
    .is_ok()
}

/// The answer to an expression.
fn convert(evaluator: &Evaluator, context: Level, example: &Example) -> Found {
    let mut case = Case {
        id: example.title.to_owned(),
        kind: Kind::Expressions,
        signal: signal(context),
        context: ottl_vm::path::context_name(context).to_owned(),
        component: None,
        gates: Gates::NAMES.map(str::to_owned).to_vec(),
        error_mode: None,
        statements: Vec::new(),
        conditions: Vec::new(),
        expressions: Vec::new(),
        config: None,
        input: RawValue::from_string(message(context, example.attributes)).expect("JSON"),
        otelcol: None,
        expect: None,
    };
    case.set_sources(vec![example.source.to_owned()]);
    let answer = evaluator.answer(&case);
    if let Some(problems) = answer.get("parse_error").and_then(Json::as_str) {
        return Found::Rejected(problems.to_owned());
    }
    match answer["results"][0].get("error").and_then(Json::as_str) {
        Some(message) => Found::Failed(message.to_owned()),
        None => Found::Gave(answer),
    }
}

fn is_value(value: &Json, answer: &Json) -> bool {
    compare(case::Signal::Traces, &json!({ "results": [value] }), answer).is_ok()
}

fn check(interpreter: Interpreter) {
    let engine = Engine::default()
        .with_dialect(Dialect::Selfops)
        .with_gates(Gates::ALL)
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
            let expected = Expected::of(example);
            let context = context(&**function);
            let (found, is_expected) = if signature.is_editor() {
                let found = edit(&engine, context, example);
                let is_expected = found.is(&expected, |expected, found| match signal(context) {
                    case::Signal::Metrics => are_metrics(expected, found),
                    _ => expected == found,
                });
                (found, is_expected)
            } else {
                let found = convert(&evaluator, context, example);
                let is_expected = found.is(&expected, is_value);
                (found, is_expected)
            };
            if !is_expected {
                failures.push(format!("{}: {found:?}, not {expected:?}", example.source));
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

#[test]
fn by_machine_code() {
    check(Interpreter::Native);
}

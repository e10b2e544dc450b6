//! `flatten_data`: what the cases of the reference do not say about it.

use std::sync::{Arc, Mutex};

use ottl::config::{self, ComponentKind, ItemCounts, Pipeline, PipelineError, ReadOptions};
use ottl::samples::SampleSettings;
use ottl::trace::TraceError;
use ottl::{
    BatchLimits, Engine, EngineLimits, ErrorMode, Gates, Interpreter, Level, Lints, RunError,
    Signal,
};
use serde_json::{Value as Json, json};

use crate::{json, pipeline_with, shown, wire};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];

fn engine(interpreter: Interpreter) -> Engine {
    let mut gates = Gates::default();
    assert!(gates.set("transform.flatten.logs", true));
    Engine::default()
        .with_gates(gates)
        .with_interpreter(interpreter)
}

fn transform(file: &str, engine: &Engine) -> Pipeline {
    pipeline_with(ComponentKind::Transform, file, engine)
}

fn attribute(key: &str, value: &str) -> Json {
    json!({"key": key, "value": {"stringValue": value}})
}

/// Two resources with two and one records, and one without any.
fn logs() -> Vec<u8> {
    let record =
        |text: &str, of: &str| json!({"severityText": text, "attributes": [attribute("of", of)]});
    let message = json!({"resourceLogs": [
        {"resource": {"attributes": [attribute("svc", "one")], "droppedAttributesCount": 2},
         "schemaUrl": "first",
         "scopeLogs": [{"logRecords": [record("a", "x"), record("b", "y")]}]},
        {"resource": {"attributes": [attribute("svc", "none")]}},
        {"resource": {"attributes": [attribute("svc", "one")]},
         "scopeLogs": [{"logRecords": [record("c", "x")]}]},
    ]});
    wire(Signal::Logs, &message)
}

/// A large resource with many records.
fn many() -> Vec<u8> {
    let records: Vec<_> = (0..100).map(|_| json!({"severityText": "a"})).collect();
    let message = json!({"resourceLogs": [{
        "resource": {"attributes": [attribute("long", &"x".repeat(10_000))]},
        "scopeLogs": [{"logRecords": records}],
    }]});
    wire(Signal::Logs, &message)
}

/// For each resource its attributes by key, and the records below.
fn resources(message: &Json) -> Vec<(String, String)> {
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let all = list(&message["resourceLogs"]).into_iter().map(|resource| {
        let mut attributes: Vec<_> = list(&resource["resource"]["attributes"])
            .iter()
            .map(|entry| {
                let value = entry["value"].as_object().and_then(|it| it.values().next());
                let value = value.and_then(Json::as_str).unwrap_or_default();
                format!("{}={value}", entry["key"].as_str().unwrap_or_default())
            })
            .collect();
        attributes.sort();
        let scopes = list(&resource["scopeLogs"]).into_iter();
        let records = scopes.flat_map(|scope| list(&scope["logRecords"]));
        let records = records.map(|record| record["severityText"].as_str().map(str::to_owned));
        let records: Option<Vec<_>> = records.collect();
        (attributes.join(" "), records.expect("texts").concat())
    });
    all.collect()
}

fn run(pipeline: &Pipeline) -> Json {
    let outcome = pipeline.run(Signal::Logs, logs()).expect("no failure");
    json(Signal::Logs, &outcome.outputs[0].message)
}

const BY_RECORD: &str = r#"
flatten_data: true
log_statements:
  - set(resource.attributes["of"], log.attributes["of"])
"#;

#[test]
fn the_gate_is_closed_unless_it_is_opened() {
    let read = config::read_component(ComponentKind::Transform, BY_RECORD, &ReadOptions::default());
    assert!(!read.has_errors(), "only an engine knows its gates");
    let expected = ["2:1 E0606 `flatten_data` needs the feature gate transform.flatten.logs."];
    let problems = read.check(&Engine::default());
    assert_eq!(shown(BY_RECORD, &problems), expected);
    assert!(problems[0].notes[0].contains("--feature-gates=transform.flatten.logs"));
    let refused = read.components[0].compile(&Engine::default());
    let refused = refused.expect_err("the gate is closed");
    assert_eq!(shown(BY_RECORD, &refused), expected);
    assert_eq!(read.check(&engine(Interpreter::Rows)), []);
    // Whatever else is wrong is told as well.
    let both = BY_RECORD.replace("\"of\"])\n", "\"of\"]\n");
    let read = config::read_component(ComponentKind::Transform, &both, &ReadOptions::default());
    assert_eq!(read.check(&Engine::default()).len(), 2);
}

#[test]
fn records_get_the_resources_they_ask_for() {
    for interpreter in INTERPRETERS {
        for regroups in [false, true] {
            let engine = engine(interpreter).with_regrouping(regroups);
            let message = run(&transform(BY_RECORD, &engine));
            let expected = [("of=x svc=one", "ac"), ("of=y svc=one", "b")];
            let expected = expected.map(|(of, records)| (of.to_owned(), records.to_owned()));
            assert_eq!(resources(&message), expected);
            let text = message.to_string();
            assert!(!text.contains("schemaUrl") && !text.contains("droppedAttributesCount"));
        }
    }
}

#[test]
fn statements_on_resources_run_for_each_record() {
    let file = r#"
flatten_data: true
log_statements:
  - context: resource
    statements: ['set(attributes["n"], schema_url)', 'set(attributes["m"], 1) where 1 == 2']
  - context: scope
    conditions: ['resource.attributes["svc"] == "one"']
    statements: ['set(name, "s")']
"#;
    for interpreter in INTERPRETERS {
        let pipeline = transform(file, &engine(interpreter));
        let outcome = pipeline.run(Signal::Logs, logs()).expect("no failure");
        let items = Some(ItemCounts {
            before: 3,
            after: 3,
        });
        assert_eq!(outcome.items, items);
        let counts: Vec<Vec<_>> = outcome
            .groups
            .iter()
            .map(|group| {
                let statements = group.report.statements.iter();
                statements
                    .map(|part| (part.matched, part.changed))
                    .collect()
            })
            .collect();
        assert_eq!(counts, [vec![(3, 3), (0, 0)], vec![(3, 0), (3, 3)]]);
        assert!(outcome.groups.iter().all(|group| group.report.items == 3));
    }
}

#[test]
fn logs_are_handled_without_statements() {
    let pipeline = transform("flatten_data: true", &engine(Interpreter::Auto));
    assert!(pipeline.handles(Signal::Logs) && !pipeline.handles(Signal::Traces));
    let outcome = pipeline.run(Signal::Logs, logs()).expect("no failure");
    assert_eq!(outcome.groups, []);
    let message = json(Signal::Logs, &outcome.outputs[0].message);
    assert_eq!(
        resources(&message),
        [("svc=one".to_owned(), "abc".to_owned())]
    );
    let message = pipeline.run(Signal::Logs, Vec::new()).expect("no failure");
    assert!(message.outputs[0].message.is_empty());
    // Other signals pass as they are, malformed or not.
    let passed = pipeline
        .run(Signal::Traces, vec![0xff])
        .expect("it is not read");
    assert_eq!(passed.outputs[0].message.to_vec(), [0xff]);
}

#[test]
fn writing_to_what_is_not_shared_needs_no_warning() {
    let file = r#"
flatten_data: true
log_statements: ['set(resource.attributes["x"], log.body)']
trace_statements: ['set(resource.attributes["x"], span.name)']
"#;
    let read = config::read_component(ComponentKind::Transform, file, &ReadOptions::default());
    let engine = engine(Interpreter::Auto).with_lints(Lints::all());
    let found = shown(file, &read.check(&engine));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("4:25 W0405"), "{found:?}");
}

#[test]
fn limits_and_malformed_messages_are_errors() {
    let run = |min_growth| {
        let limits = EngineLimits {
            batch: BatchLimits {
                growth_factor: 0,
                min_growth,
            },
            ..EngineLimits::default()
        };
        let engine = engine(Interpreter::Auto).with_limits(limits);
        transform(BY_RECORD, &engine).run(Signal::Logs, many())
    };
    // Between what the message needs and what the copies need.
    let error = Err(PipelineError::Run(RunError::OutOfMemory));
    assert!((0..100).any(|step| run(step * 200) == error));
    assert!(run(100_000).is_ok());
    let pipeline = transform(BY_RECORD, &engine(Interpreter::Auto));
    let mut cut = logs();
    cut.truncate(cut.len() - 1);
    let error = pipeline.run(Signal::Logs, cut);
    assert!(matches!(error, Err(PipelineError::Decode(_))), "{error:?}");
}

#[test]
fn samples_show_the_resource_of_the_record() {
    let file = r#"
flatten_data: true
log_statements:
  - statements: ['set(resource.attributes["of"], log.attributes["of"])']
  - context: resource
    statements: ['set(attributes["n"], Int(attributes["of"]) + 1) where attributes["of"] == "y"']
"#;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let settings = SampleSettings {
        redacts: false,
        ..SampleSettings::default()
    };
    let engine = engine(Interpreter::Auto)
        .with_error_mode(ErrorMode::Ignore)
        .with_error_samples(settings, move |sample| {
            keep.lock().expect("nobody panics").push(sample);
        });
    run(&transform(file, &engine));
    let seen = seen.lock().expect("nobody panics");
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].context, seen[0].item), (Level::Resource, 1));
    let message: Json = serde_json::from_str(&seen[0].message).expect("JSON");
    assert_eq!(resources(&message)[0].0, "of=y svc=one");
}

/// Statements whose effect on one record others would see without `flatten_data`.
const TRACED: &str = r#"
flatten_data: true
log_statements:
  - statements: ['set(resource.attributes["of"], log.attributes["of"])']
  - context: resource
    conditions: ['attributes["of"] == "y"']
    statements: ['set(attributes["y"], "yes")', 'set(schema_url, "y")']
  - context: resource
    shared_cache: true
    statements: ['set(cache["n"], Concat([cache["n"], attributes["of"]], ""))']
  - context: resource
    shared_cache: true
    statements: ['set(attributes["n"], cache["n"]) where attributes["y"] != nil']
  - context: log
    statements: ['set(scope.name, resource.attributes["y"])']
"#;

fn trace(context: Level, item: usize) -> Result<config::ComponentTrace, TraceError> {
    let read = config::read_component(ComponentKind::Transform, TRACED, &ReadOptions::default());
    let engine = engine(Interpreter::Auto);
    read.components[0].trace(&engine, Signal::Logs, logs(), (context, item))
}

#[test]
fn a_record_is_traced_with_what_it_has_for_itself() {
    let after = run(&transform(TRACED, &engine(Interpreter::Auto)));
    for (item, text) in ["a", "b", "c"].into_iter().enumerate() {
        let trace = trace(Level::Log, item).expect("there is such a record");
        assert_eq!(trace.verdict, config::Verdict::Transformed);
        let last = trace
            .sections
            .last()
            .and_then(|section| section.trace.as_ref());
        let last = last.expect("each group is traced");
        assert_eq!((last.item, last.items), (item, 3));
        let last = resources(&json(Signal::Logs, &last.after));
        let all = resources(&after).into_iter();
        let own: Vec<_> = all.filter(|(_, records)| records.contains(text)).collect();
        assert_eq!(last[0].0, own[0].0);
        assert_eq!(last[0].1, text, "it is alone");
        let before = trace.sections[0]
            .trace
            .as_ref()
            .map(|trace| trace.before.clone());
        let before = json(Signal::Logs, &before.expect("a trace"));
        assert!(before["resourceLogs"][0]["schemaUrl"].is_null());
    }
}

#[test]
fn a_resource_is_traced_as_those_of_its_records() {
    let first = trace(Level::Resource, 0).expect("there is such a resource");
    let items = |at: usize| {
        let trace = first.sections[at].trace.as_ref();
        trace.map(|trace| (trace.context, trace.item))
    };
    assert_eq!(first.sections.len(), 10);
    assert_eq!(items(0), Some((Level::Log, 0)));
    assert_eq!(items(3), Some((Level::Resource, 1)));
    let last = trace(Level::Resource, 2).expect("there is such a resource");
    let last = last.sections[1].trace.as_ref().expect("a trace");
    assert_eq!((last.context, last.item), (Level::Resource, 2));
    let error = trace(Level::Resource, 1);
    let expected = TraceError::LeftOut {
        context: Level::Resource,
        item: 1,
    };
    assert_eq!(error, Err(expected));
    assert!(matches!(
        trace(Level::Log, 3),
        Err(TraceError::NoItem { items: 3, .. })
    ));
}

#[test]
fn a_trace_has_the_limits_of_a_run() {
    let read = config::read_component(ComponentKind::Transform, TRACED, &ReadOptions::default());
    let limits = EngineLimits {
        batch: BatchLimits {
            growth_factor: 0,
            min_growth: 10_000,
        },
        ..EngineLimits::default()
    };
    let engine = engine(Interpreter::Auto).with_limits(limits);
    let component = &read.components[0];
    let trace = component.trace(&engine, Signal::Logs, many(), (Level::Log, 0));
    assert_eq!(trace, Err(TraceError::Run(RunError::OutOfMemory)));
}

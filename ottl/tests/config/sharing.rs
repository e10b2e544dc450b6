//! Groups with `shared_cache`: what items and messages see of each other.

use ottl::config::{self, ComponentKind, Outcome, Pipeline, PipelineError, ReadOptions};
use ottl::{Engine, EngineLimits, Interpreter, Level, RunError, RunLimits, Signal};
use serde_json::{Value as Json, json};

use crate::{json, pipeline_with, wire};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];

fn transform(file: &str, interpreter: Interpreter) -> Pipeline {
    let engine = Engine::default().with_interpreter(interpreter);
    pipeline_with(ComponentKind::Transform, file, &engine)
}

fn spans(names: &[&str]) -> Vec<u8> {
    let spans: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    let message = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
    wire(Signal::Traces, &message)
}

fn message(outcome: &Outcome) -> Json {
    json(Signal::Traces, &outcome.outputs[0].message)
}

/// The names of all spans after a run.
fn names(pipeline: &Pipeline, message_of: &[&str]) -> Vec<String> {
    let outcome = pipeline.run(Signal::Traces, spans(message_of));
    let message = message(&outcome.expect("no failure"));
    let spans = &message["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let spans = spans.as_array().expect("a list");
    let names = spans
        .iter()
        .map(|span| span["name"].as_str().unwrap_or_default().to_owned());
    names.collect()
}

/// Counts spans into their names.
const COUNT: &str = r#"
trace_statements:
  - context: span
    shared_cache: true
    statements:
      - set(cache["n"], 0) where cache["n"] == nil
      - set(cache["n"], cache["n"] + 1)
      - set(name, Concat([name, String(cache["n"])], ""))
"#;

#[test]
fn later_messages_see_what_earlier_ones_wrote() {
    for interpreter in INTERPRETERS {
        let pipeline = transform(COUNT, interpreter);
        assert_eq!(names(&pipeline, &["a", "b"]), ["a1", "b2"]);
        assert_eq!(names(&pipeline, &["c"]), ["c3"]);
        assert_eq!(names(&pipeline, &["d", "e"]), ["d4", "e5"]);
        let other = transform(COUNT, interpreter);
        assert_eq!(
            names(&other, &["a"]),
            ["a1"],
            "another pipeline has its own"
        );
    }
}

#[test]
fn contexts_and_signals_have_caches_of_their_own() {
    let file = r#"
trace_statements:
  - context: span
    shared_cache: true
    statements: ['set(cache["x"], name)']
  - context: resource
    shared_cache: true
    statements: ['set(cache["x"], "of the resource")']
  - context: span
    statements: ['set(name, cache["x"]) where cache["x"] != nil']
  - context: span
    shared_cache: true
    statements: ['set(name, Concat([name, cache["x"]], "-"))']
log_statements:
  - context: resource
    shared_cache: true
    statements: ['set(attributes["x"], cache["x"]) where cache["x"] != nil']
"#;
    for interpreter in INTERPRETERS {
        let pipeline = transform(file, interpreter);
        assert_eq!(names(&pipeline, &["a", "b"]), ["a-b", "b-b"]);
        let logs = json!({"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [{}]}]}]});
        let outcome = pipeline
            .run(Signal::Logs, wire(Signal::Logs, &logs))
            .expect("no failure");
        let after = json(Signal::Logs, &outcome.outputs[0].message);
        assert_eq!(after, logs, "nothing is in the cache");
    }
}

#[test]
fn a_failure_that_ends_the_run_leaves_what_was_written_before_it() {
    let file = r#"
error_mode: propagate
trace_statements:
  - context: span
    shared_cache: true
    statements:
      - set(cache["last"], name)
      - set(attributes["n"], Len(kind)) where name == "bad"
      - set(name, Concat([name, cache["before"]], "-")) where cache["before"] != nil
      - set(cache["before"], name)
"#;
    for interpreter in INTERPRETERS {
        let pipeline = transform(file, interpreter);
        let failed = pipeline.run(Signal::Traces, spans(&["a", "bad", "c"]));
        assert!(
            matches!(failed, Err(PipelineError::Failed { item: 1, .. })),
            "{failed:?}"
        );
        // No span behind the failed one was seen.
        assert_eq!(names(&pipeline, &["d"]), ["d-a"]);
    }
}

#[test]
fn a_cache_that_grows_without_end_is_an_error_that_says_so() {
    let file = r#"
trace_statements:
  - context: span
    shared_cache: true
    statements: ['set(cache[name], name)', 'set(attributes["keys"], Len(cache))']
"#;
    let run = RunLimits {
        max_shared_bytes: 8 << 10,
        ..RunLimits::default()
    };
    let limits = EngineLimits {
        run,
        ..EngineLimits::default()
    };
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_limits(limits)
            .with_interpreter(interpreter);
        let pipeline = pipeline_with(ComponentKind::Transform, file, &engine);
        let long = "x".repeat(1 << 10);
        let mut full = None;
        for number in 0..10 {
            let name = format!("{number}{long}");
            if let Err(error) = pipeline.run(Signal::Traces, spans(&[&name])) {
                full.get_or_insert((number, error));
            }
        }
        let (number, error) = full.expect("there is a limit");
        assert!(number > 1, "{number}");
        assert_eq!(
            error,
            PipelineError::Run(RunError::SharedCacheFull(8 << 10))
        );
        assert!(error.to_string().contains("delete_key"), "{error}");
        // What was there before is there still, so that small things go on.
        assert_eq!(names(&pipeline, &["s"]), ["s"]);
    }
}

#[test]
fn functions_that_make_metrics_share_it_too() {
    let file = r#"
metric_statements:
  - context: metric
    shared_cache: true
    statements:
      - set(cache["names"], Concat([cache["names"], name], "+"))
      - copy_metric(Concat([name, "copy"], "-")) where name == "a"
      - set(description, cache["names"])
"#;
    let metric = |name: &str| json!({"name": name, "gauge": {"dataPoints": [{"asInt": "1"}]}});
    let message =
        json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric("a"), metric("b")]}]}]});
    for interpreter in INTERPRETERS {
        let pipeline = transform(file, interpreter);
        let described = || {
            let outcome = pipeline
                .run(Signal::Metrics, wire(Signal::Metrics, &message))
                .expect("no failure");
            let after = json(Signal::Metrics, &outcome.outputs[0].message);
            let metrics = after["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].clone();
            let metrics = metrics.as_array().cloned().unwrap_or_default();
            let all = metrics.iter().map(|metric| {
                metric["description"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            });
            all.collect::<Vec<_>>()
        };
        assert_eq!(
            described(),
            ["<nil>+a", "<nil>+a+b", "<nil>+a+b+a-copy"],
            "{interpreter:?}"
        );
        assert_eq!(described()[0], "<nil>+a+b+a-copy+a");
    }
}

#[test]
fn threads_take_turns() {
    let pipeline = transform(COUNT, Interpreter::Columns);
    let seen = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let names = names(&pipeline, &["s", "s"]);
                    seen.lock().expect("no panic").extend(names);
                }
            });
        }
    });
    let mut seen = seen.into_inner().expect("no panic");
    seen.sort_by_key(|name| name[1..].parse::<u32>().unwrap_or(0));
    let expected: Vec<_> = (1..=200).map(|n| format!("s{n}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_trace_sees_what_items_and_groups_before_wrote() {
    let file = r#"
trace_statements:
  - context: span
    shared_cache: true
    statements:
      - set(attributes["before"], cache["last"])
      - set(cache["last"], name)
  - context: span
    statements: ['set(attributes["own"], cache["last"])']
  - context: span
    shared_cache: true
    statements: ['set(attributes["all"], cache["last"])', 'set(cache["last"], Concat([cache["last"], "+"], ""))']
"#;
    let read = config::read_component(ComponentKind::Transform, file, &ReadOptions::default());
    let outcome = transform(file, Interpreter::Rows).run(Signal::Traces, spans(&["a", "b", "c"]));
    let after = message(&outcome.expect("no failure"));
    for item in 0..3 {
        let message = spans(&["a", "b", "c"]);
        let trace = read.components[0]
            .trace(
                &Engine::default(),
                Signal::Traces,
                message,
                (Level::Span, item),
            )
            .expect("there is such a span");
        let last = trace
            .sections
            .last()
            .and_then(|section| section.trace.as_ref());
        let last = json(Signal::Traces, &last.expect("a trace").after);
        let span = |message: &Json, at: usize| {
            message["resourceSpans"][0]["scopeSpans"][0]["spans"][at].clone()
        };
        assert_eq!(span(&last, 0), span(&after, item));
    }
    assert!(
        after.to_string().contains(r#""stringValue":"c++""#),
        "{after}"
    );
}

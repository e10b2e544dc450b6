//! Samples of failures that are ignored.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ottl::samples::{ErrorSample, SampleSettings};
use ottl::{Engine, Environment, ErrorMode, Interpreter, Level, Script, Signal, config};
use serde_json::{Value as Json, json};

use crate::{decode, gauges, spans, wire};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];
const SECOND: i64 = 1_000_000_000;

/// A world whose clock is set by hand.
#[derive(Debug, Default)]
struct Clock(AtomicI64);

impl Environment for Clock {
    fn now(&self) -> otlp_columns::Timestamp {
        otlp_columns::Timestamp::from_unix_nanos(self.0.load(Ordering::Relaxed))
    }

    fn random(&self) -> u64 {
        0
    }

    fn local_zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::UTC
    }
}

/// An engine that goes on behind failures, and what it is seen to do.
struct Watched {
    engine: Engine,
    clock: Arc<Clock>,
    seen: Arc<Mutex<Vec<ErrorSample>>>,
}

impl Watched {
    fn new(interpreter: Interpreter, settings: SampleSettings) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        let clock = Arc::new(Clock::default());
        let engine = Engine::default()
            .with_interpreter(interpreter)
            .with_error_mode(ErrorMode::Ignore)
            .with_environment(Arc::clone(&clock) as Arc<dyn Environment>)
            .with_error_samples(settings, move |sample| {
                keep.lock().expect("nobody panics").push(sample);
            });
        Self {
            engine,
            clock,
            seen,
        }
    }

    fn script(&self, signal: Signal, source: &str) -> Script {
        let script = self.engine.compile(signal, None, source);
        script.unwrap_or_else(|error| panic!("{error}"))
    }

    fn take(&self) -> Vec<ErrorSample> {
        std::mem::take(&mut *self.seen.lock().expect("nobody panics"))
    }
}

fn run(script: &Script, message: Vec<u8>) {
    let mut batch = decode(script, message);
    script.run(&mut batch).expect("failures are ignored");
}

fn message(sample: &ErrorSample) -> Json {
    serde_json::from_str(&sample.message).expect("JSON")
}

const FAILING: &str = "set(span.attributes[\"r\"], ParseInt(span.name, 10))";

#[test]
fn there_are_as_many_as_the_clock_allows() {
    for interpreter in INTERPRETERS {
        let settings = SampleSettings {
            per_interval: 3,
            interval: Duration::from_secs(30),
            ..SampleSettings::default()
        };
        let watched = Watched::new(interpreter, settings);
        let source =
            format!("{FAILING}\nset(span.name, ParseInt(span.name, 16)) where span.name == \"x\"");
        let script = watched.script(Signal::Traces, &source);
        let mut names = vec!["x"; 700];
        names[1] = "17";
        run(&script, spans(&names));
        let seen = watched.take();
        let mut places: Vec<_> = seen.iter().map(|one| (one.statement, one.item)).collect();
        places.sort_unstable();
        assert_eq!(places, [(0, 0), (0, 2), (0, 3), (1, 0), (1, 2), (1, 3)]);
        assert!(seen.iter().all(|one| one.suppressed == 0));
        assert_eq!(script.suppressed_samples(), [696, 696]);

        watched.clock.0.store(9 * SECOND, Ordering::Relaxed);
        run(&script, spans(&["x"]));
        assert_eq!(watched.take(), []);
        watched.clock.0.store(10 * SECOND, Ordering::Relaxed);
        run(&script, spans(&["x", "x"]));
        let seen = watched.take();
        let suppressed: Vec<_> = seen.iter().map(|one| one.suppressed).collect();
        assert_eq!(suppressed, [697, 697], "one in ten seconds for each");
        assert_eq!(script.suppressed_samples(), [1, 1]);
    }
}

#[test]
fn only_failures_that_are_ignored_are_sampled() {
    for mode in [ErrorMode::Silent, ErrorMode::Propagate] {
        let watched = Watched::new(Interpreter::Auto, SampleSettings::default());
        let engine = watched.engine.clone().with_error_mode(mode);
        let script = engine
            .compile(Signal::Traces, None, FAILING)
            .expect("a script");
        let mut batch = decode(&script, spans(&["x"]));
        assert_eq!(script.run(&mut batch).is_ok(), mode == ErrorMode::Silent);
        assert_eq!(watched.take(), []);
    }
    let engine = Engine::default().with_error_mode(ErrorMode::Ignore);
    let script = engine
        .compile(Signal::Traces, None, FAILING)
        .expect("a script");
    run(&script, spans(&["x"]));
    assert_eq!(
        script.suppressed_samples(),
        [0],
        "nothing counts when they are off"
    );
}

#[test]
fn a_sample_is_the_item_as_it_was() {
    for interpreter in INTERPRETERS {
        let watched = Watched::new(interpreter, SampleSettings::default());
        let source = format!(
            "set(span.attributes[\"before\"], 1)\n  {FAILING} where span.name == \"bad\"\n\
             set(span.attributes[\"after\"], 1)"
        );
        let script = watched.script(Signal::Traces, &source);
        run(&script, spans(&["good", "bad", "other"]));
        let seen = watched.take();
        let [sample] = seen.as_slice() else {
            panic!("{seen:?}");
        };
        assert_eq!((sample.statement, sample.item), (1, 1));
        assert_eq!(sample.context, Level::Span);
        assert!(
            source[sample.offset..].starts_with(FAILING),
            "{}",
            sample.offset
        );
        assert!(!sample.is_cut);
        let message = message(sample);
        let scopes = &message["resourceSpans"][0]["scopeSpans"];
        let spans = scopes[0]["spans"].as_array().expect("spans");
        assert_eq!((spans.len(), &spans[0]["name"]), (1, &json!("bad")));
        let attributes = spans[0]["attributes"].as_array().expect("attributes");
        let keys: Vec<_> = attributes.iter().map(|one| one["key"].clone()).collect();
        assert_eq!(keys, ["n", "before"]);
        assert_eq!(attributes[0]["value"], json!({"stringValue": "<integer>"}));
    }
}

#[test]
fn values_are_shown_for_keys_that_may_be_shown() {
    let record = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let log = json!({"resourceLogs": [{
        "resource": {"attributes": [record("host", "h1"), record("token", "t1")]},
        "scopeLogs": [{"scope": {"name": "s"}, "logRecords": [
            {"body": {"stringValue": "hidden"}, "attributes": [record("user", "ann")]},
        ]}],
    }]});
    for interpreter in INTERPRETERS {
        let settings = SampleSettings {
            shown_keys: vec!["host".to_owned()],
            ..SampleSettings::default()
        };
        let watched = Watched::new(interpreter, settings);
        let script = watched.script(Signal::Logs, "set(log.body, ParseInt(log.body, 10))");
        run(&script, wire(Signal::Logs, &log));
        let text = watched.take().remove(0).message;
        for shown in ["\"h1\"", "\"token\"", "\"user\"", "<string of 2 bytes>"] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
        for hidden in ["t1", "ann", "hidden"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
}

#[test]
fn a_long_item_is_cut_between_characters() {
    let settings = SampleSettings {
        max_bytes: 40,
        redacts: false,
        ..SampleSettings::default()
    };
    let watched = Watched::new(Interpreter::Auto, settings);
    let name = "ä".repeat(200);
    let script = watched.script(Signal::Traces, FAILING);
    run(&script, spans(&[&name, &name]));
    let sample = watched.take().remove(0);
    assert!(sample.is_cut);
    assert!(
        (39..=40).contains(&sample.message.len()),
        "{}",
        sample.message
    );
    assert!(sample.to_string().ends_with('…'));
}

#[test]
fn a_resource_is_shown_without_what_is_below() {
    let watched = Watched::new(Interpreter::Auto, SampleSettings::default());
    let source = "set(resource.attributes[\"r\"], ParseInt(resource.attributes[\"none\"], 10))";
    let script = watched.script(Signal::Traces, source);
    run(&script, spans(&["secret name"; 3]));
    let sample = watched.take().remove(0);
    assert_eq!(sample.context, Level::Resource);
    assert_eq!(message(&sample), json!({"resourceSpans": [{}]}));
}

#[test]
fn items_of_metrics_that_are_made_anew_are_numbered_through() {
    let watched = Watched::new(
        Interpreter::Auto,
        SampleSettings {
            per_interval: 9,
            ..SampleSettings::default()
        },
    );
    let engine = watched
        .engine
        .clone()
        .with_component(ottl::Component::Transform);
    let source = "copy_metric(name = \"copy\") where metric.name == \"m\"\n\
                  set(metric.unit, ParseInt(metric.name, 10))";
    let script = engine.compile(Signal::Metrics, Level::Metric, source);
    let script = script.unwrap_or_else(|error| panic!("{error}"));
    run(&script, gauges(&[&[1], &[2]]));
    let items: Vec<_> = watched.take().iter().map(|one| one.item).collect();
    assert_eq!(items, [0, 1, 2, 3]);
}

#[test]
fn a_sample_of_a_configuration_tells_its_place_in_the_file() {
    let watched = Watched::new(Interpreter::Auto, SampleSettings::default());
    let file = "trace_statements:\n  - conditions: ['span.name != nil']\n    statements:\n      - \
                set(span.attributes[\"r\"], ParseInt(span.name, 10))\n";
    let options = config::ReadOptions::default();
    let read = config::read_component(config::ComponentKind::Transform, file, &options);
    let pipeline = read.components[0]
        .compile(&watched.engine)
        .expect("no problems");
    pipeline
        .run(Signal::Traces, spans(&["x"]))
        .expect("failures are ignored");
    let sample = watched.take().remove(0);
    assert_eq!(sample.statement, 1, "behind the condition");
    assert!(
        file[sample.offset..].starts_with("set("),
        "{}",
        sample.offset
    );
}

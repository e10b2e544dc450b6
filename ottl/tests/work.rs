//! The limit on work and the interrupt stop a run, in both interpreters and under every error mode.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ottl::{
    Batch, Engine, EngineLimits, ErrorMode, Interpreter, Level, Passes, RunError, RunLimits,
    Script, Signal, json,
};

const MODES: [ErrorMode; 3] = [ErrorMode::Propagate, ErrorMode::Ignore, ErrorMode::Silent];
const INTERPRETERS: [Interpreter; 2] = [Interpreter::Columns, Interpreter::Rows];

/// Spans below a resource with a long text and two equal maps.
fn batch(script: &Script, spans: usize) -> Batch {
    let spans = vec!["{}"; spans].join(",");
    let long = "a".repeat(100_000);
    let entries = (0..1_000).map(|at| format!(r#"{{"key":"{at}","value":{{"intValue":"1"}}}}"#));
    let entries: Vec<_> = entries.collect();
    let map = format!(r#"{{"kvlistValue":{{"values":[{}]}}}}"#, entries.join(","));
    let text = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[
            {{"key":"long","value":{{"stringValue":"{long}"}}}},
            {{"key":"one","value":{map}}},{{"key":"other","value":{map}}}]}},
          "scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#
    );
    let message = json::to_wire(Signal::Traces, text.as_bytes()).expect("a message");
    script.decode(message).expect("a message")
}

fn engine(work: u64) -> Engine {
    let run = RunLimits {
        work_factor: 0,
        min_work: work,
        ..RunLimits::default()
    };
    let limits = EngineLimits {
        run,
        ..EngineLimits::default()
    };
    let engine = Engine::default().with_limits(limits);
    assert_eq!(engine.limits(), limits);
    engine
}

fn compile(engine: &Engine, source: &str) -> Script {
    let compiled = engine.compile(Signal::Traces, Level::Span, source);
    compiled.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_run_that_needs_too_much_work_stops() {
    for source in [
        // Many items, many statements, large values: each by itself.
        &"set(span.name, \"x\")\n".repeat(200),
        r#"set(span.name, "x") where resource.attributes["one"] == resource.attributes["other"]"#,
        r#"set(span.name, "x") where IsMatch(resource.attributes["long"], "b+c|d")"#,
        r#"set(span.attributes["x"], resource.attributes["one"])"#,
        r#"set(span.name, SHA256(resource.attributes["long"]))"#,
    ] {
        for interpreter in INTERPRETERS {
            for mode in MODES {
                let outcome = |work| {
                    // What depends on the resource would else be computed once.
                    let engine = engine(work).with_passes(Passes::NONE);
                    let engine = engine.with_interpreter(interpreter);
                    let script = compile(&engine.with_error_mode(mode), source);
                    let report = script.run(&mut batch(&script, 100))?;
                    Ok(report.statements[0].failed)
                };
                let what = format!("{source} by {interpreter:?} under {mode:?}");
                assert_eq!(outcome(10_000), Err(RunError::OutOfWork), "{what}");
                assert_eq!(outcome(1_000_000_000), Ok(0), "{what}");
            }
        }
    }
}

#[test]
fn a_failure_before_does_not_hide_that_a_run_was_stopped() {
    let source = "set(span.name, 1 / 0)\n".to_owned() + &"set(span.name, \"x\")\n".repeat(50);
    for interpreter in INTERPRETERS {
        let engine = engine(200).with_interpreter(interpreter);
        let script = compile(&engine.with_error_mode(ErrorMode::Ignore), &source);
        let outcome = script.run(&mut batch(&script, 100));
        assert_eq!(outcome.err(), Some(RunError::OutOfWork), "{interpreter:?}");
    }
}

#[test]
fn conditions_and_expressions_are_stopped_as_well() {
    let source = r#"SHA256(resource.attributes["long"])"#;
    for interpreter in INTERPRETERS {
        let engine = engine(10_000).with_interpreter(interpreter);
        let expression = engine.compile_expression(Signal::Traces, Level::Span, source);
        let expression = expression.expect("an expression");
        let condition = format!("{source} == \"x\"");
        let condition = engine.compile_condition(Signal::Traces, Level::Span, &condition);
        let condition = condition.expect("a condition");
        let mut batch = batch(&compile(&engine, "set(span.name, \"x\")"), 10);
        let value = expression.eval(&mut batch).err();
        assert_eq!(value, Some(RunError::OutOfWork), "{interpreter:?}");
        let mask = condition.eval(&mut batch).err();
        assert_eq!(mask, Some(RunError::OutOfWork), "{interpreter:?}");
        let mask = condition.eval_until(&mut batch, Arc::new(|| true)).err();
        assert_eq!(mask, Some(RunError::Interrupted), "{interpreter:?}");
        let value = expression.eval_until(&mut batch, Arc::new(|| true)).err();
        assert_eq!(value, Some(RunError::Interrupted), "{interpreter:?}");
    }
}

#[test]
fn an_interrupt_stops_a_run_in_the_middle() {
    let source = "set(span.name, \"x\")\n".repeat(100);
    for interpreter in INTERPRETERS {
        for mode in MODES {
            let engine = Engine::default().with_interpreter(interpreter);
            let script = compile(&engine.with_error_mode(mode), &source);
            let asked = Arc::new(AtomicU64::new(0));
            let until = |last: u64| {
                let asked = Arc::clone(&asked);
                asked.store(0, Ordering::Relaxed);
                Arc::new(move || asked.fetch_add(1, Ordering::Relaxed) >= last)
            };
            let mut batch = batch(&script, 2_000);
            let what = format!("{interpreter:?} under {mode:?}");
            let report = script.run_until(&mut batch, until(u64::MAX));
            assert_eq!(report.map(|report| report.items), Ok(2_000), "{what}");
            let all = asked.load(Ordering::Relaxed);
            assert!(all > 10, "{what}: asked {all} times");
            let stopped = script.run_until(&mut batch, until(5));
            assert_eq!(stopped, Err(RunError::Interrupted), "{what}");
            assert_eq!(asked.load(Ordering::Relaxed), 6, "{what}");
        }
    }
}

#[test]
fn the_same_run_needs_the_same_work() {
    let source = r#"set(span.name, Concat([span.name, resource.attributes["long"]], "-"))"#;
    for interpreter in INTERPRETERS {
        let fits = |work| {
            let script = compile(&engine(work).with_interpreter(interpreter), source);
            script.run(&mut batch(&script, 50)).is_ok()
        };
        let (mut least, mut most) = (0, 10_000_000);
        while least + 1 < most {
            let middle = (least + most) / 2;
            if fits(middle) {
                most = middle;
            } else {
                least = middle;
            }
        }
        assert!(
            (0..3).all(|_| fits(most) && !fits(least)),
            "{interpreter:?}"
        );
    }
}

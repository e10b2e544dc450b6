//! Limits on sources and on what a run may make.

use ottl::{
    BatchLimits, Engine, EngineLimits, ErrorMode, Level, Limits, RunError, RunLimits, Signal,
};

use crate::{decode, spans};

#[test]
fn sources_have_limits() {
    let limits = Limits {
        max_source_bytes: 60,
        max_depth: 4,
        max_diagnostics: 2,
    };
    let engine = Engine::default().with_limits(EngineLimits {
        source: limits,
        ..EngineLimits::default()
    });
    let codes = |source: &str| {
        let compiled = engine.compile(Signal::Traces, Level::Span, source);
        let error = compiled.expect_err(source);
        let codes = error.problems().iter().map(|p| p.diagnostic.code.as_str());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(
        codes(&format!("set(span.name, \"{}\")", "x".repeat(60))),
        ["E0901"]
    );
    assert_eq!(codes("set(span.name, [[[[[[1]]]]]])"), ["E0902"]);
    assert_eq!(codes("a()\nb()\nc()\nd()").last(), Some(&"E0903"));
    assert!(
        Engine::default()
            .compile(Signal::Traces, Level::Span, "set(span.name, [[[[[[1]]]]]])")
            .is_ok(),
        "the usual limits are wider"
    );
}

#[test]
fn a_run_makes_no_more_than_its_batch_may() {
    let limits = BatchLimits {
        growth_factor: 0,
        min_growth: 10_000,
    };
    let source = r#"set(span.name, Concat([span.name, span.name], ""))"#;
    let source = vec![source; 16].join("\n");
    for mode in [ErrorMode::Propagate, ErrorMode::Ignore, ErrorMode::Silent] {
        let engine = Engine::default().with_error_mode(mode);
        let outcome = |engine: Engine| {
            let script = engine
                .compile(Signal::Traces, Level::Span, &source)
                .expect("a script");
            let mut batch = decode(&script, spans(&["a"]));
            script.run(&mut batch).map(|report| report.statements.len())
        };
        assert_eq!(outcome(engine.clone()), Ok(16), "{mode:?}");
        // No error mode hides that the memory ran out.
        let limited = engine.with_limits(EngineLimits {
            batch: limits,
            ..EngineLimits::default()
        });
        assert_eq!(outcome(limited), Err(RunError::OutOfMemory), "{mode:?}");
    }
}

#[test]
fn a_run_works_no_more_than_it_may() {
    let source = r#"set(span.attributes["n"], span.attributes["n"] + 1)"#;
    let run = |work: u64, spans_in_it: usize| {
        let limits = RunLimits {
            work_factor: 0,
            min_work: work,
            ..RunLimits::default()
        };
        let script = Engine::default()
            .with_limits(EngineLimits {
                run: limits,
                ..EngineLimits::default()
            })
            .with_error_mode(ErrorMode::Silent)
            .compile(Signal::Traces, Level::Span, source)
            .expect("a script");
        let mut batch = decode(&script, spans(&vec!["a"; spans_in_it]));
        script.run(&mut batch).map(|report| report.items)
    };
    assert_eq!(run(100_000, 10), Ok(10));
    assert_eq!(run(100, 5_000), Err(RunError::OutOfWork));
    assert_eq!(run(RunLimits::default().min_work, 5_000), Ok(5_000));
}

#[test]
fn texts_made_by_functions_have_a_limit() {
    let limits = RunLimits {
        max_string_bytes: 10,
        ..RunLimits::default()
    };
    let script = Engine::default()
        .with_limits(EngineLimits {
            run: limits,
            ..EngineLimits::default()
        })
        .with_error_mode(ErrorMode::Ignore)
        .compile(
            Signal::Traces,
            Level::Span,
            r#"set(span.name, Concat([span.name, span.name], ""))"#,
        )
        .expect("a script");
    let mut batch = decode(&script, spans(&["five5", "sixsix"]));
    let report = script.run(&mut batch).expect("a lenient run");
    assert_eq!(report.statements[0].failed, 1);
    assert_eq!(report.errors[0].item, 1);
    assert_eq!(crate::names(&batch.encode()), ["five5five5", "sixsix"]);
}

#[test]
fn an_encoded_message_has_a_limit() {
    let limits = BatchLimits {
        growth_factor: 0,
        min_growth: 50_000,
    };
    // One value for all spans is kept once and written for each.
    let source = format!(
        "set(resource.attributes[\"long\"], \"{}\")\n",
        "x".repeat(1_000)
    ) + r#"set(span.name, resource.attributes["long"])"#;
    let script = Engine::default()
        .with_limits(EngineLimits {
            batch: limits,
            ..EngineLimits::default()
        })
        .compile(Signal::Traces, Level::Span, &source)
        .expect("a script");
    for (count, fits) in [(1, true), (200, false)] {
        let mut batch = decode(&script, spans(&vec!["a"; count]));
        script.run(&mut batch).expect("little memory");
        let encoded = batch.try_encode();
        assert_eq!(encoded.is_ok(), fits, "{count} spans");
        if let Err(error) = encoded {
            assert!(error.limit < batch.encode().len());
        }
    }
}

#[test]
fn damaged_messages_are_errors_with_a_place() {
    let script = Engine::default()
        .compile(Signal::Traces, Level::Span, r#"set(span.name, "x")"#)
        .expect("a script");
    let mut message = spans(&["a"]);
    message.truncate(message.len() - 1);
    let error = script.decode(message.clone()).expect_err("it is cut short");
    assert!(error.offset <= message.len(), "{error}");
}

//! Error modes, and what a report says of each statement.

use ottl::{Engine, ErrorMode, Interpreter, Level, Report, RunError, Signal, StatementReport};

use crate::{decode, names, spans};

const SCRIPT: &str = r#"
set(span.attributes["half"], 10 / span.attributes["n"]) where span.name != "skip"
set(span.name, Concat([span.name, "done"], " "))
set(span.kind, Int(span.name)) where span.attributes["n"] > 2
"#;

const NAMES: [&str; 4] = ["a", "skip", "c", "d"];

fn run(mode: ErrorMode, interpreter: Interpreter) -> (Result<Report, RunError>, Vec<String>) {
    let engine = Engine::default()
        .with_error_mode(mode)
        .with_interpreter(interpreter);
    let script = engine
        .compile(Signal::Traces, Level::Span, SCRIPT)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut batch = decode(&script, spans(&NAMES));
    let report = script.run(&mut batch);
    (report, names(&batch.encode()))
}

const INTERPRETERS: [Interpreter; 3] = [Interpreter::Auto, Interpreter::Rows, Interpreter::Columns];

fn counts(matched: u64, changed: u64, failed: u64) -> StatementReport {
    StatementReport {
        matched,
        changed,
        failed,
    }
}

#[test]
fn ignored_failures_are_counted_and_told_in_order() {
    for interpreter in INTERPRETERS {
        let (report, names) = run(ErrorMode::Ignore, interpreter);
        let report = report.expect("a lenient run");
        assert_eq!(report.items, 4);
        assert_eq!(
            report.statements,
            [counts(3, 2, 1), counts(4, 4, 0), counts(1, 0, 1)],
            "{interpreter:?}"
        );
        let places: Vec<_> = report
            .errors
            .iter()
            .map(|error| (error.item, error.statement))
            .collect();
        assert_eq!(places, [(0, 0), (3, 2)]);
        assert!(report.errors[0].error.message().contains("zero"));
        assert_eq!(names, ["a done", "skip done", "c done", "d done"]);
    }
}

#[test]
fn silent_failures_are_only_counted() {
    for interpreter in INTERPRETERS {
        let (ignored, _) = run(ErrorMode::Ignore, interpreter);
        let (silent, names) = run(ErrorMode::Silent, interpreter);
        let (ignored, silent) = (ignored.expect("a report"), silent.expect("a report"));
        assert_eq!(silent.errors, []);
        assert_eq!(silent.statements, ignored.statements);
        assert_eq!(names.len(), 4);
    }
}

#[test]
fn a_propagated_failure_is_the_first_in_the_order_of_items() {
    for interpreter in INTERPRETERS {
        let (outcome, _) = run(ErrorMode::Propagate, interpreter);
        let Err(RunError::Statement(error)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((error.item, error.statement), (0, 0));
        assert_eq!(
            error.to_string(),
            format!("Statement 1 failed on item 0: {}", error.error)
        );
    }
}

#[test]
fn of_many_failures_the_first_are_told() {
    let names: Vec<_> = (0..3_000).map(|n| n.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for interpreter in INTERPRETERS {
        let engine = Engine::default()
            .with_error_mode(ErrorMode::Ignore)
            .with_interpreter(interpreter);
        let source = "set(span.kind, Int(span.name) / 0)\nset(span.kind, 1 / 0)";
        let script = engine
            .compile(Signal::Traces, Level::Span, source)
            .expect("a script");
        let mut batch = decode(&script, spans(&names));
        let report = script.run(&mut batch).expect("a lenient run");
        assert_eq!(report.statements, [counts(3_000, 0, 3_000); 2]);
        let places: Vec<_> = report
            .errors
            .iter()
            .map(|error| (error.item, error.statement))
            .collect();
        let expected: Vec<_> = (0..5).flat_map(|item| [(item, 0), (item, 1)]).collect();
        assert_eq!(places, expected, "{interpreter:?}");
    }
}

#[test]
fn reports_of_several_messages_add_up() {
    let script = Engine::default()
        .with_error_mode(ErrorMode::Ignore)
        .compile(Signal::Traces, Level::Span, SCRIPT)
        .expect("a script");
    let mut total = Report::default();
    for _ in 0..3 {
        let mut batch = decode(&script, spans(&NAMES));
        total.merge(&script.run(&mut batch).expect("a lenient run"), 5);
    }
    assert_eq!(total.items, 12);
    assert_eq!(total.statements[0], counts(9, 6, 3));
    assert_eq!(total.errors.len(), 5);
}

#[test]
fn every_problem_of_every_source_is_told() {
    let sources = [
        r#"set(span.name, "fine")"#.to_owned(),
        "set(span.nam, 1)".to_owned(),
        r#"st(span.name, "x") where"#.to_owned(),
    ];
    let error = Engine::default()
        .compile_statements(Signal::Traces, None, &sources)
        .expect_err("two sources are wrong");
    let mut at: Vec<_> = error.problems().iter().map(|p| p.source).collect();
    at.dedup();
    assert_eq!(at, [1, 2]);
    assert!(error.render("rules", false).contains("span.name"));
}

//! Groups of statements under conditions, and sources with bare paths.

use ottl::{Engine, ErrorMode, Group, Interpreter, Level, RunError, Signal};

use crate::{names, spans};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];

fn texts(sources: &[&str]) -> Vec<String> {
    sources.iter().map(|&source| source.to_owned()).collect()
}

/// The names of spans a, b, c with the numbers 0, 1, 2 after a group has run, and how often each of
/// its parts matched.
fn run(
    engine: &Engine,
    conditions: &[&str],
    statements: &[&str],
) -> Result<(Vec<String>, Vec<u64>), RunError> {
    let (conditions, statements) = (texts(conditions), texts(statements));
    let group = Group {
        conditions: &conditions,
        statements: &statements,
    };
    let script = engine
        .compile_group(Signal::Traces, Level::Span, group)
        .expect("a group that compiles");
    let mut batch = script.decode(spans(&["a", "b", "c"])).expect("a message");
    let report = script.run(&mut batch)?;
    let matched = report.statements.iter().map(|part| part.matched).collect();
    Ok((names(&batch.encode()), matched))
}

#[test]
fn conditions_are_evaluated_before_the_first_statement() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default().with_interpreter(interpreter);
        let conditions = [r#"span.name == "a""#, r#"span.attributes["n"] == 2"#];
        let statements = [
            r#"set(span.name, "x")"#,
            r#"set(span.name, Concat([span.name, "y"], ""))"#,
        ];
        let result = run(&engine, &conditions, &statements).expect("no failure");
        assert_eq!(result.0, ["xy", "b", "xy"]);
        assert_eq!(result.1, [1, 1, 2, 2]);
    }
}

#[test]
fn what_other_items_write_is_not_seen_by_conditions_that_came_before() {
    for interpreter in INTERPRETERS {
        let engine = Engine::default().with_interpreter(interpreter);
        let conditions = [r#"resource.attributes["seen"] == nil"#];
        let statements = [
            r#"set(resource.attributes["seen"], true)"#,
            r#"set(span.name, "first")"#,
        ];
        let result = run(&engine, &conditions, &statements).expect("no failure");
        assert_eq!(result.0, ["first", "b", "c"], "{interpreter:?}");
    }
}

#[test]
fn a_condition_that_fails_leaves_the_choice_to_the_others() {
    let failing = r#"Int(span.attributes["m"]["x"]) == 1"#;
    let statements = [r#"set(span.name, "x")"#];
    for interpreter in INTERPRETERS {
        let engine = Engine::default().with_interpreter(interpreter);
        let propagating = run(&engine, &[r#"ParseInt(span.name, 10) == 1"#], &statements);
        assert!(matches!(propagating, Err(RunError::Statement(_))));
        let engine = engine.with_error_mode(ErrorMode::Ignore);
        let conditions = [r#"ParseInt(span.name, 10) == 1"#, r#"span.name == "b""#];
        let result = run(&engine, &conditions, &statements).expect("failures are ignored");
        assert_eq!(result.0, ["a", "x", "c"]);
        let result = run(&engine, &[failing], &statements).expect("failures are ignored");
        assert_eq!(result.0, ["a", "b", "c"]);
    }
}

#[test]
fn bare_paths_belong_to_the_context_where_they_are_allowed() {
    let engine = Engine::default().with_bare_paths(true);
    let statements = [
        r#"set(name, Concat([name, attributes["n"], resource.dropped_attributes_count], "-")) where status.code == 0"#,
    ];
    let result = run(&engine, &[r#"name != "b""#], &statements).expect("no failure");
    assert_eq!(result.0, ["a-0-0", "b", "c-2-0"]);
    let strict = Engine::default();
    let statements = texts(&statements);
    let group = Group::of(&statements);
    assert!(
        strict
            .compile_group(Signal::Traces, Level::Span, group)
            .is_err()
    );
}

//! What the selfops dialect has beyond rules: blocks, alternatives, constants, macros, membership,
//! raw strings, and error modes of single statements.

use ottl::{Dialect, Engine, Interpreter, RunError, Signal};

use crate::{names, spans};

const INTERPRETERS: [Interpreter; 2] = [Interpreter::Rows, Interpreter::Columns];

/// The names of spans a, b, c with the numbers 0, 1, 2 after a script has run.
fn run(source: &str) -> Result<Vec<String>, RunError> {
    let results = INTERPRETERS.map(|interpreter| {
        let engine = Engine::default()
            .with_dialect(Dialect::Selfops)
            .with_interpreter(interpreter);
        let script = engine
            .compile(Signal::Traces, None, source)
            .unwrap_or_else(|error| panic!("{}", error.render("script", false)));
        let mut batch = script.decode(spans(&["a", "b", "c"])).expect("a message");
        script.run(&mut batch).map(|_| names(&batch.encode()))
    });
    let [rows, columns] = results;
    assert_eq!(rows, columns, "{source}");
    rows
}

fn becomes(source: &str, expected: [&str; 3]) {
    assert_eq!(run(source).expect("no failure"), expected, "{source}");
}

/// The codes of what is wrong with a script.
fn codes(source: &str) -> Vec<&'static str> {
    let engine = Engine::default().with_dialect(Dialect::Selfops);
    let checked = engine.check(Some(Signal::Traces), None, source);
    checked
        .diagnostics
        .iter()
        .map(|it| it.code.as_str())
        .collect()
}

#[test]
fn the_first_arm_that_holds_runs() {
    let source = r#"
when span.attributes["n"] == 0 {
    set(span.name, "zero")
    # The condition was evaluated before.
    set(span.attributes["n"], 1)
    set(span.name, Concat([span.name, "d"], "")) where span.attributes["n"] == 1
} else when span.attributes == {"n": 1} {
    set(span.name, "one")
} else {
    set(span.name, "many")
}
"#;
    becomes(source, ["zerod", "one", "many"]);
}

#[test]
fn blocks_nest() {
    let source = r#"
when span.attributes["n"] > 0 {
    when span.name == "b" { set(span.name, "x") } else { set(span.name, "y") }
}
"#;
    becomes(source, ["a", "x", "y"]);
}

#[test]
fn a_statement_has_an_alternative() {
    becomes(
        r#"set(span.name, "x") where span.name == "b" else set(span.name, "y")"#,
        ["y", "x", "y"],
    );
    becomes(
        "span.name == \"b\" > set(span.name, \"x\")\n    else set(span.name, \"y\")",
        ["y", "x", "y"],
    );
}

#[test]
fn membership_compares_with_literals() {
    becomes(
        r#"set(span.name, "x") where span.name in ["a", "c", 1]"#,
        ["x", "b", "x"],
    );
    becomes(
        r#"set(span.name, "x") where span.attributes["n"] not in [1, 2.0] and span.name != "b""#,
        ["x", "b", "c"],
    );
    becomes(
        r#"set(span.name, "x") where span.name in []"#,
        ["a", "b", "c"],
    );
    assert_eq!(
        codes(r#"set(span.name, "x") where span.name in [span.kind]"#),
        ["E0304"]
    );
}

#[test]
fn constants_stand_for_their_values() {
    let source = r#"
const limit = 1
const NAMES = ["b", "c"]
const suffix = `\d`
set(span.name, Concat([span.name, suffix], "")) where span.attributes["n"] >= limit
set(span.attributes["names"], NAMES) where span.name == "a"
"#;
    becomes(source, ["a", r"b\d", r"c\d"]);
    assert_eq!(
        codes("const a = span.name\nset(span.name, \"x\")"),
        ["E0304"]
    );
    assert_eq!(
        codes("const a = 1\nconst a = 2\nset(span.name, \"x\")"),
        ["E0307"]
    );
}

#[test]
fn macros_stand_for_values_conditions_and_statements() {
    let source = r#"
macro Wrapped(text: string) = Concat(["<", text, ">"], "")
macro IsLate(n: any) = n > 0
macro mark(target: path, n: any) {
    set(target, Wrapped(target)) where IsLate(n)
    set(target, Wrapped(target)) where n in [2]
}
mark(span.name, span.attributes["n"])
"#;
    becomes(source, ["a", "<b>", "<<c>>"]);
    let conditional = format!("{source}mark(span.name, 2) where span.name == \"a\"");
    becomes(&conditional, ["<<a>>", "<b>", "<<c>>"]);
}

#[test]
fn macros_are_checked_where_they_are_used() {
    let macros = "macro Twice(n: int) = n * 2\n";
    assert_eq!(
        codes(&format!(
            "{macros}set(span.attributes[\"x\"], Twice(\"a\"))"
        )),
        ["E0304"]
    );
    assert_eq!(
        codes(&format!("{macros}set(span.attributes[\"x\"], Twice())")),
        ["E0301"]
    );
    assert_eq!(
        codes("macro Any2(n: thing) = n\nset(span.attributes[\"x\"], Any2(1))"),
        ["E0304"]
    );
    // The body sees nothing of the place where it is used.
    assert!(!codes("macro Inner(n: int) = m\nset(span.attributes[\"x\"], Inner(1))").is_empty());
}

#[test]
fn macros_that_multiply_hit_a_limit() {
    let mut source = "macro M0(n: int) = n + n\n".to_owned();
    for level in 1..40 {
        let before = level - 1;
        source += &format!("macro M{level}(n: int) = M{before}(n) + M{before}(n)\n");
    }
    source += "set(span.attributes[\"x\"], M39(1))";
    assert!(codes(&source).contains(&"E0901"));
}

#[test]
fn a_statement_has_an_error_mode_of_its_own() {
    let failing = r#"set(span.attributes["x"], ParseInt(span.name, 10))"#;
    assert!(run(failing).is_err());
    becomes(
        &format!("{failing} on error ignore\nset(span.name, \"x\")"),
        ["x", "x", "x"],
    );
    becomes(
        &format!("{failing} where span.name == \"b\" on error silent"),
        ["a", "b", "c"],
    );
    assert_eq!(codes(&format!("{failing} on error never")), ["E0105"]);
}

#[test]
fn the_strict_dialect_has_none_of_it() {
    for source in [
        "when span.name == \"a\" { set(span.name, \"x\") }",
        "const a = 1\nset(span.name, \"x\")",
        "set(span.name, \"x\") where span.name in [\"a\"]",
        "set(span.name, `x`)",
        "set(span.name, \"x\") on error ignore",
        "set(span.name, \"x\") where true else set(span.name, \"y\")",
    ] {
        let checked = Engine::default().check(Some(Signal::Traces), None, source);
        assert!(checked.has_errors(), "{source}");
    }
}

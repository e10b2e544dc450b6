//! What a user sees: messages, carets and help.

use ottl_syntax::{Code, Diagnostic, Dialect, Limits, Span, parse_script, render};

fn show(source: &str) -> String {
    let parsed = parse_script(source, Dialect::Strict, &Limits::default());
    render(&parsed.diagnostics, "rules.ottl", source, false)
}

#[test]
fn equals_sign() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where span.kind = SPAN_KIND_SERVER"#), @r#"
    error[E0105]: `=` does not compare.
      --> rules.ottl:1:37
       |
     1 | set(span.name, "x") where span.kind = SPAN_KIND_SERVER
       |                                     ^
       |
       = help: compare with `==`
    "#);
}

#[test]
fn what_the_other_dialect_has() {
    let shown = |source: &str| {
        let parsed = parse_script(source, Dialect::Strict, &Limits::default());
        let note =
            |diagnostic: &Diagnostic| diagnostic.notes.join(" ").contains("--dialect selfops");
        let notes: Vec<_> = parsed.diagnostics.iter().map(note).collect();
        notes
    };
    for source in [
        "const a = 1",
        "macro A(x: string) = x",
        "when span.kind == 1 { set(span.name, \"x\") }",
        "set(span.name, \"x\") on error ignore",
        "set(span.name, \"x\") where span.kind in [1, 2]",
        "set(span.name, `x`)",
        "set(span.name, 'x')",
        "span.kind == 1 > set(span.name, \"x\")",
    ] {
        assert_eq!(shown(source).first(), Some(&true), "{source}");
    }
    let between = "set(span.name = 1)\nset(span.name, \"x\") on error ignore\nset(span.name";
    assert_eq!(shown(between), [false, true, false]);
    assert_eq!(
        shown("const a = 1 +"),
        [false],
        "that is wrong there as well"
    );
}

#[test]
fn mixed_case_path() {
    insta::assert_snapshot!(show("set(span.statusCode, 1)"), @r#"
    error[E0105]: `statusCode` cannot be a part of a path.
      --> rules.ottl:1:10
       |
     1 | set(span.statusCode, 1)
       |          ^^^^^^^^^^
       |
       = note: The names in a path are lowercase letters, digits and underscores.
       = help: in snake case: `status_code`
    "#);
}

#[test]
fn missing_bracket() {
    insta::assert_snapshot!(show("set(span.name, \"x\"\nset(span.name, \"y\")"), @r#"
    error[E0106]: Expected `,` or `)`, but the statement ends here.
      --> rules.ottl:1:19
       |
     1 | set(span.name, "x"
       |                   ^
       |    - this `(` is not closed
    "#);
}

#[test]
fn mismatched_bracket() {
    insta::assert_snapshot!(show(r#"set(span.attributes["a"], [1, 2)"#), @r#"
    error[E0105]: Expected `,` or `]`, found `)`.
      --> rules.ottl:1:32
       |
     1 | set(span.attributes["a"], [1, 2)
       |                                ^
       |                           - this `[` is not closed
    "#);
}

#[test]
fn value_where_condition() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where span.attributes["ok"]"#), @r#"
    error[E0107]: A path is not a condition.
      --> rules.ottl:1:27
       |
     1 | set(span.name, "x") where span.attributes["ok"]
       |                           ^^^^^^^^^^^^^^^^^^^^^
       |
       = note: A condition is a comparison, `true`, `false` or a call of a converter.
       = help: compare it: `== true`
    "#);
}

#[test]
fn condition_where_value() {
    insta::assert_snapshot!(show(r#"set(span.attributes["eq"], span.name == "a")"#), @r#"
    error[E0107]: A condition stands where a value is expected.
      --> rules.ottl:1:28
       |
     1 | set(span.attributes["eq"], span.name == "a")
       |                            ^^^^^^^^^^^^^^^^
       |
       = note: Conditions stand behind `where` and in lambdas; they have no value elsewhere.
    "#);
}

#[test]
fn editor_as_value() {
    insta::assert_snapshot!(show(r#"set(span.attributes["n"], len(span.name))"#), @r#"
    error[E0108]: Converter names must start with an uppercase letter but got `len`.
      --> rules.ottl:1:27
       |
     1 | set(span.attributes["n"], len(span.name))
       |                           ^^^
       |
       = note: An editor changes its target and has no value.
       = help: a converter would be named `Len`
    "#);
}

#[test]
fn converter_as_statement() {
    insta::assert_snapshot!(show("Len(span.name) where true"), @r#"
    error[E0108]: Editor names must start with a lowercase letter but got `Len`.
      --> rules.ottl:1:1
       |
     1 | Len(span.name) where true
       | ^^^
       |
       = note: A converter computes a value; a statement starts with an editor such as `set`.
    "#);
}

#[test]
fn editor_indexed() {
    insta::assert_snapshot!(show(r#"set(span.name, "x")["a"]"#), @r#"
    error[E0109]: Only paths and converters may be indexed, not editors, but got `set`.
      --> rules.ottl:1:20
       |
     1 | set(span.name, "x")["a"]
       |                    ^^^^^
       |
       = help: remove the key
    "#);
}

#[test]
fn single_quotes() {
    insta::assert_snapshot!(show("set(span.name, 'x')"), @r#"
    error[E0501]: Single quotes do not make a string in the strict dialect.
      --> rules.ottl:1:16
       |
     1 | set(span.name, 'x')
       |                ^^^
       |
       = note: `--dialect selfops` switches single-quoted strings on.
       = help: use double quotes: `"x"`
    "#);
}

#[test]
fn rule_in_strict() {
    insta::assert_snapshot!(show(r#"span.name == "a" > set(span.name, "b")"#), @r#"
    error[E0501]: The strict dialect has no rules `condition > editor(…)`.
      --> rules.ottl:1:18
       |
     1 | span.name == "a" > set(span.name, "b")
       |                  ^
       |
       = note: `--dialect selfops` switches rules on.
       = help: write the condition last: `set(span.name, "b") where span.name == "a"`
    "#);
}

#[test]
fn bad_escape() {
    insta::assert_snapshot!(show(r#"set(span.attributes["p"], "\d+")"#), @r#"
    error[E0102]: `\d` is not an escape.
      --> rules.ottl:1:28
       |
     1 | set(span.attributes["p"], "\d+")
       |                            ^^
       |
       = note: The escapes are \a \b \f \n \r \t \v \\ \" \xhh \uhhhh \Uhhhhhhhh and three octal digits.
       = help: for a backslash in the string write two: `\\d`
    "#);
}

#[test]
fn string_without_end() {
    insta::assert_snapshot!(show("set(span.name, \"x)\nset(span.name, \"y\")"), @r#"
    error[E0102]: This string has no end.
      --> rules.ottl:1:16
       |
     1 | set(span.name, "x)
       |                ^ starts here
       |
       = note: Close it with `"`; a quote inside is written with a backslash before it.
    "#);
}

#[test]
fn foreign_operators() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where span.name == "a" && !true"#), @r#"
    error[E0101]: `&&` is not an operator.
      --> rules.ottl:1:44
       |
     1 | set(span.name, "x") where span.name == "a" && !true
       |                                            ^^
       |
       = help: write `and`

    error[E0101]: `!` is not an operator.
      --> rules.ottl:1:47
       |
     1 | set(span.name, "x") where span.name == "a" && !true
       |                                               ^
       |
       = help: write `not`
    "#);
}

#[test]
fn uppercase_keyword() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where true AND false"#), @r#"
    error[E0105]: Keywords are written in lowercase.
      --> rules.ottl:1:32
       |
     1 | set(span.name, "x") where true AND false
       |                                ^^^
       |
       = help: write `and`
    "#);
}

#[test]
fn chained_comparison() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where 1 < 2 < 3"#), @r#"
    error[E0105]: Comparisons cannot be chained.
      --> rules.ottl:1:33
       |
     1 | set(span.name, "x") where 1 < 2 < 3
       |                                 ^
       |
       = help: compare twice: `and 2`
    "#);
}

#[test]
fn nested_lambda() {
    insta::assert_snapshot!(show("set(span.name, All([1], (a) => (b) => a))"), @r#"
    error[E0110]: The body of a lambda cannot be a lambda.
      --> rules.ottl:1:32
       |
     1 | set(span.name, All([1], (a) => (b) => a))
       |                                ^^^^^^^^
    "#);
}

#[test]
fn key_arithmetic() {
    insta::assert_snapshot!(show(r#"set(span.name, span.attributes["a"][1 + 1])"#), @r#"
    error[E0105]: A key that begins with a number cannot go on with arithmetic.
      --> rules.ottl:1:37
       |
     1 | set(span.name, span.attributes["a"][1 + 1])
       |                                     ^^^^^
       |
       = help: put the arithmetic in parentheses: `(1 + 1)`
    "#);
}

#[test]
fn several_in_one_statement() {
    insta::assert_snapshot!(show("set(span.Name, 1, , len(2)) where not not true"), @r#"
    error[E0105]: `Name` cannot be a part of a path.
      --> rules.ottl:1:10
       |
     1 | set(span.Name, 1, , len(2)) where not not true
       |          ^^^^
       |
       = note: The names in a path are lowercase letters, digits and underscores.
       = help: in snake case: `name`

    error[E0105]: Expected an argument, found `,`.
      --> rules.ottl:1:19
       |
     1 | set(span.Name, 1, , len(2)) where not not true
       |                   ^

    error[E0108]: Converter names must start with an uppercase letter but got `len`.
      --> rules.ottl:1:21
       |
     1 | set(span.Name, 1, , len(2)) where not not true
       |                     ^^^
       |
       = note: An editor changes its target and has no value.
       = help: a converter would be named `Len`

    error[E0105]: `not` cannot follow `not`.
      --> rules.ottl:1:39
       |
     1 | set(span.Name, 1, , len(2)) where not not true
       |                                       ^^^^^^^^
       |
       = help: put the inner one in parentheses: `(not true)`
    "#);
}

#[test]
fn tabs_and_wide_characters() {
    insta::assert_snapshot!(show("set(span.attributes[\"日本語\"],\t\"é\" + 1)"), @r#"
    error[E0105]: A string cannot be an operand of arithmetic.
      --> rules.ottl:1:29
       |
     1 | set(span.attributes["日本語"],  "é" + 1)
       |                                 ^^^
       |
       = note: Operands are numbers, paths, calls of converters and arithmetic in parentheses.
    "#);
}

#[test]
fn several_lines() {
    insta::assert_snapshot!(show("set(span.attributes[\"a\"],\n    Concat([\"a\"], \"b\")\n        == \"c\",\n    nil)"), @r#"
    error[E0107]: A condition stands where a value is expected.
      --> rules.ottl:2:5
       |
     2 |     Concat(["a"], "b")
       |     ^^^^^^^^^^^^^^^^^^
     3 |         == "c",
       |         ^^^^^^
       |
       = note: Conditions stand behind `where` and in lambdas; they have no value elsewhere.
    "#);
}

#[test]
fn second_where() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where true where false"#), @r#"
    error[E0105]: A statement has only one `where` clause.
      --> rules.ottl:1:32
       |
     1 | set(span.name, "x") where true where false
       |                                ^^^^^
       |
       = help: join the conditions with `and`
    "#);
}

#[test]
fn early_end() {
    insta::assert_snapshot!(show(r#"set(span.name, "x") where span.name =="#), @r#"
    error[E0106]: Expected a value, but the statement ends here.
      --> rules.ottl:1:39
       |
     1 | set(span.name, "x") where span.name ==
       |                                       ^
    "#);
}

#[test]
fn octal() {
    insta::assert_snapshot!(show(r#"set(span.attributes["n"], 08)"#), @r#"
    error[E0103]: A number with a leading zero is octal and has no digit above 7.
      --> rules.ottl:1:27
       |
     1 | set(span.attributes["n"], 08)
       |                           ^^
       |
       = help: for a decimal number drop the zero: `8`
    "#);
}

#[test]
fn odd_bytes() {
    insta::assert_snapshot!(show(r#"set(span.attributes["n"], 0xabc)"#), @r#"
    error[E0104]: A byte literal needs an even number of hexadecimal digits.
      --> rules.ottl:1:27
       |
     1 | set(span.attributes["n"], 0xabc)
       |                           ^^^^^ 3 digits
       |
       = help: write two digits for each byte: `0x0abc`
    "#);
}

#[test]
fn a_long_line_is_shown_in_part() {
    let source = format!("set({}, wrong(1), {})", "a".repeat(300), "b".repeat(300));
    let text = show(&source);
    let line = text
        .lines()
        .find(|line| line.starts_with(" 1 |"))
        .unwrap_or("");
    assert!(line.chars().count() < 130, "{line}");
    assert!(line.contains("wrong(1)"), "{line}");
    let carets = text
        .lines()
        .find(|line| line.contains("^^^^^"))
        .unwrap_or("");
    assert_eq!(
        carets.chars().position(|c| c == '^'),
        line.chars()
            .collect::<String>()
            .split("wrong")
            .next()
            .map(|head| head.chars().count()),
    );
}

#[test]
fn what_would_act_on_the_terminal_is_replaced() {
    let text = show("set(a, \"\x1b[31m\u{202e}\u{7f}\" + 1)");
    assert!(!text.contains(['\x1b', '\u{202e}', '\u{7f}']), "{text:?}");
    assert!(text.contains("\"␛[31m\u{fffd}␡\""), "{text}");
}

#[test]
fn colours_change_nothing_else() {
    let source = "set(a, 1 2)\nset(b, 'x'";
    let parsed = parse_script(source, Dialect::Strict, &Limits::default());
    let plain = render(&parsed.diagnostics, "x", source, false);
    let coloured = render(&parsed.diagnostics, "x", source, true);
    assert!(
        coloured.contains("\x1b[1;31merror[E0105]\x1b[0m"),
        "{coloured:?}"
    );
    let mut stripped = String::new();
    for (index, part) in coloured.split('\x1b').enumerate() {
        let text = if index == 0 {
            Some(part)
        } else {
            part.split_once('m').map(|p| p.1)
        };
        stripped.push_str(text.unwrap_or(""));
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_span_of_many_lines_shows_its_first_and_its_last() {
    let source = "one\ntwo\nthree\nfour\n";
    let place = Span::new(1, 17);
    let warning =
        Diagnostic::warning(Code::NeverTrue, place, "all of this").with_label("ends here");
    insta::assert_snapshot!(render(&[warning], "x", source, false), @r"
    warning[W0402]: all of this
      --> x:1:2
       |
     1 | one
       |  ^^
    ...
     4 | four
       | ^^^ ends here
    ");
}

#[test]
fn places_past_the_end_are_at_the_end() {
    for source in ["", "a", "a\n", "é\r\n"] {
        let error = Diagnostic::error(Code::UnexpectedEnd, Span::new(90, 99), "gone");
        let text = render(&[error], "x", source, false);
        assert!(text.contains('^'), "{text}");
    }
}

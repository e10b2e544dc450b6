//! Sources made to exhaust memory, the stack or patience.

use ottl_syntax::{
    Code, Dialect, Limits, Parsed, parse_condition, parse_script, parse_statement, parse_value,
    print_item, render,
};

fn codes<T>(parsed: &Parsed<T>) -> Vec<Code> {
    parsed.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn a_source_longer_than_the_limit_is_not_read() {
    let limits = Limits {
        max_source_bytes: 4,
        ..Limits::default()
    };
    let parsed = parse_value("12345", Dialect::Strict, &limits);
    assert_eq!(codes(&parsed), [Code::SourceTooLong]);
    assert!(!parse_value("1234", Dialect::Strict, &limits).has_errors());
}

#[test]
fn nesting_is_limited_to_what_is_set() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    let limits = Limits::default();
    assert!(!parse_value(&nested(64), Dialect::Strict, &limits).has_errors());
    let parsed = parse_value(&nested(65), Dialect::Strict, &limits);
    assert_eq!(codes(&parsed), [Code::NestedTooDeep]);
    assert_eq!(parsed.diagnostics[0].primary.span.start, 64);
}

#[test]
fn a_chain_of_operators_counts_as_depth() {
    let limits = Limits::default();
    let sum = |count: usize| vec!["1"; count].join("+");
    assert!(!parse_value(&sum(257), Dialect::Strict, &limits).has_errors());
    let parsed = parse_value(&sum(258), Dialect::Strict, &limits);
    assert_eq!(codes(&parsed), [Code::NestedTooDeep]);
    // Siblings are no chain.
    let list = format!("[{}]", vec!["1+1"; 5000].join(","));
    assert!(!parse_value(&list, Dialect::Strict, &limits).has_errors());
    let all = vec!["not 1+1 == 2"; 5000].join(" and ");
    assert!(!parse_condition(&all, Dialect::Strict, &limits).has_errors());
}

#[test]
fn only_so_many_problems_are_reported() {
    let limits = Limits {
        max_diagnostics: 3,
        ..Limits::default()
    };
    let parsed = parse_script(&"set(1, )\n".repeat(10), Dialect::Strict, &limits);
    use Code::{TooManyErrors, UnexpectedToken};
    assert_eq!(
        codes(&parsed),
        [
            UnexpectedToken,
            UnexpectedToken,
            UnexpectedToken,
            TooManyErrors
        ]
    );
}

/// What is tested is that they end, with errors, on the small stack of a test's thread.
#[test]
fn long_runs_of_junk_are_rejected() {
    let pieces = [
        "(",
        "[",
        "{",
        "\"",
        "'",
        "\\",
        "a ",
        "A ",
        "a\n",
        "not ",
        "- ",
        "-",
        "1 ",
        "set(\n",
        "set(",
        "\"\\\"\n",
        "a.",
        "x[",
        "(a) => ",
        "@ ",
        "é",
        ",",
        "{\"a\":",
        "set(a,,",
        "1 == ",
        "a > ",
        ")",
        "\n",
        "#\n",
        "set(1 2)\n",
        "0x",
        "\u{202e}",
        "set((1,2)\n,",
        "_",
        "1.",
        "where ",
        "and ",
    ];
    let limits = Limits::default();
    for piece in pieces {
        let source = piece.repeat((1 << 17) / piece.len());
        let single = parse_statement(&source, Dialect::Strict, &limits);
        assert!(single.has_errors(), "{piece:?}");
        let script = parse_script(&source, Dialect::Selfops, &limits);
        let is_blank = ["\n", "#\n"].contains(&piece);
        assert_ne!(script.has_errors(), is_blank, "{piece:?}");
        let text = render(&script.diagnostics, "x", &source, false);
        assert!(
            text.len() < 200_000,
            "{piece:?} renders as {} bytes",
            text.len()
        );
    }
}

/// Each of the quotes could begin a string that goes on to the last line.
#[test]
fn strings_without_an_end_are_searched_once() {
    for quote in ["\\\"\n", "\\\"\\\n"] {
        let quotes = quote.repeat(1 << 17);
        let source = format!("set(a, \"\n{quotes}\nset(span.name, \"a\")\n");
        let parsed = parse_script(&source, Dialect::Strict, &Limits::default());
        assert!(parsed.has_errors());
    }
}

#[test]
fn a_string_without_an_end_does_not_change_the_statements_behind_it() {
    let source = "set(a, \"\n\\\"\nset(b, \"x\ny\")\nset(c, \"z\")\n";
    let parsed = parse_script(source, Dialect::Strict, &Limits::default());
    let statements = parsed.value.expect("two statements are whole");
    let printed: Vec<_> = statements.iter().map(print_item).collect();
    assert_eq!(printed, ["set(b, \"x\\ny\")", "set(c, \"z\")"]);
}

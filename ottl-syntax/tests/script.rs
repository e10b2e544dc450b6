//! Files of many statements, and what the selfops dialect adds.

use ottl_syntax::ast::{Item, StatementForm};
use ottl_syntax::{Code, Dialect, Limits, Parsed, parse_script, parse_statement, print_item};

fn script(source: &str, dialect: Dialect) -> Parsed<Vec<Item>> {
    parse_script(source, dialect, &Limits::default())
}

fn printed(source: &str, dialect: Dialect) -> Vec<String> {
    let parsed = script(source, dialect);
    assert_eq!(parsed.diagnostics, [], "{source}");
    parsed
        .value
        .unwrap_or_default()
        .iter()
        .map(print_item)
        .collect()
}

fn codes(source: &str, dialect: Dialect) -> Vec<Code> {
    script(source, dialect)
        .diagnostics
        .iter()
        .map(|d| d.code)
        .collect()
}

#[test]
fn comments_and_blank_lines_are_no_statements() {
    let source = "# first\n\nset(a, 1) # why\n   # indented\n\r\nset(b, 2)\r\n#last";
    assert_eq!(printed(source, Dialect::Strict), ["set(a, 1)", "set(b, 2)"]);
    assert_eq!(printed("", Dialect::Strict), [""; 0]);
    assert_eq!(printed("\n# nothing\n", Dialect::Strict), [""; 0]);
}

#[test]
fn a_hash_in_a_string_is_no_comment() {
    assert_eq!(
        printed("set(a, \"#1\")", Dialect::Strict),
        ["set(a, \"#1\")"]
    );
}

#[test]
fn a_statement_goes_on_where_it_must() {
    let source = "\
set(a,
    1)
  where b == 1
  # between
  and c
    .d ==
      2
  or
  not x == 1
set(b, 2) where
  1
  + 1 == 2
  set(c, 3)";
    let statements = [
        "set(a, 1) where b == 1 and c.d == 2 or not x == 1",
        "set(b, 2) where 1 + 1 == 2",
        "set(c, 3)",
    ];
    assert_eq!(printed(source, Dialect::Strict), statements);
}

#[test]
fn a_closing_bracket_may_begin_a_line() {
    let source = "set(\n  a,\n  [\n    1,\n    2\n  ]\n)\nset(b, 1)";
    assert_eq!(
        printed(source, Dialect::Strict),
        ["set(a, [1, 2])", "set(b, 1)"]
    );
}

#[test]
fn a_forgotten_bracket_costs_one_statement() {
    let parsed = script(
        "set(a, (1\nset(b, 2)\nset(c, [3\n\nset(d, 4)",
        Dialect::Strict,
    );
    let codes: Vec<_> = parsed.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::UnexpectedEnd, Code::UnexpectedEnd]);
    let kept: Vec<_> = parsed
        .value
        .unwrap_or_default()
        .iter()
        .map(print_item)
        .collect();
    assert_eq!(kept, ["set(b, 2)", "set(d, 4)"]);
}

#[test]
fn a_where_clause_in_the_first_column_is_no_statement() {
    assert_eq!(
        printed("set(a, 1)\nwhere (b == 1)", Dialect::Strict),
        ["set(a, 1) where (b == 1)"]
    );
}

#[test]
fn a_forgotten_quote_costs_one_statement() {
    let parsed = script("set(a, \"x)\nset(b, \"y\")\n", Dialect::Strict);
    let codes: Vec<_> = parsed.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::InvalidString]);
    assert_eq!(parsed.value.map(|statements| statements.len()), Some(1));
}

#[test]
fn a_dangling_where_does_not_swallow_the_next_statement() {
    let parsed = script("set(a, 1) where\nset(b, 2)\n", Dialect::Strict);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, Code::UnexpectedEnd);
}

#[test]
fn every_bad_statement_is_reported() {
    use Code::{EditorNotFirst, InvalidString, UnexpectedToken, WrongSort};
    let source = "set(1, )\nLen(a)\nset(a, \"\\d\")\nset(a, 1) where b\nset(b, 1)\n";
    let found = codes(source, Dialect::Strict);
    assert_eq!(
        found,
        [UnexpectedToken, EditorNotFirst, InvalidString, WrongSort]
    );
}

#[test]
fn spans_count_from_the_start_of_the_file() {
    let source = "# é\nset(a, 1)\n  set(bb, 2) where true";
    let statements = script(source, Dialect::Strict).value.unwrap_or_default();
    let texts: Vec<_> = statements
        .iter()
        .map(|s| &source[s.span().range()])
        .collect();
    assert_eq!(texts, ["set(a, 1)", "set(bb, 2) where true"]);
}

#[test]
fn rules_of_the_selfops_dialect() {
    let source = "\
metric.value > 3 * stddev(metric.value) > set(metric.attributes['alert'], 'x')
resource.attributes['tenant'] == 'A' and span.duration > 3000 > route(exporter.kafka_tenant_a)
not IsRootSpan()
  > drop()
a == 1 or b == 2 >
  keep_keys(attributes, ['it\\'s', \"a\"])
set(a, 1) where b > 2
";
    let statements = [
        "metric.value > 3 * stddev(metric.value) > set(metric.attributes[\"alert\"], \"x\")",
        "resource.attributes[\"tenant\"] == \"A\" and span.duration > 3000 > route(exporter.kafka_tenant_a)",
        "not IsRootSpan() > drop()",
        "a == 1 or b == 2 > keep_keys(attributes, [\"it's\", \"a\"])",
        "set(a, 1) where b > 2",
    ];
    assert_eq!(printed(source, Dialect::Selfops), statements);
    let forms: Vec<_> = script(source, Dialect::Selfops)
        .value
        .unwrap_or_default()
        .iter()
        .map(|item| match item {
            Item::Statement(statement) => statement.form,
            other => panic!("no statement: {other:?}"),
        })
        .collect();
    use StatementForm::{Editor, Rule};
    assert_eq!(forms, [Rule, Rule, Rule, Rule, Editor]);
}

#[test]
fn what_is_no_rule_in_selfops_either() {
    let reject = |source| codes(source, Dialect::Selfops);
    assert_eq!(reject("a > set(b, 1)"), [Code::WrongSort]);
    assert_eq!(reject("a >= 1 >= set(b, 1)"), [Code::UnexpectedToken]);
    assert_eq!(reject("a == 1 > Set(b, 1)"), [Code::UnexpectedToken]);
    assert_eq!(reject("a > 1 > 2 > set(b, 1)"), [Code::UnexpectedToken]);
    assert_eq!(
        reject("a == 1 > set(b, 1) where true"),
        [Code::UnexpectedToken]
    );
    assert_eq!(reject("a == 1"), [Code::UnexpectedToken]);
    assert_eq!(reject("a == 1 > set(b, 1)[0]"), [Code::EditorIndexed]);
    assert_eq!(reject("set(a, f(1)[0])"), [Code::EditorIndexed]);
}

#[test]
fn the_strict_dialect_names_the_switch() {
    for source in ["a == 1 > set(b, 1)", "set(a, 'b')"] {
        let parsed = parse_statement(source, Dialect::Strict, &Limits::default());
        assert_eq!(parsed.diagnostics[0].code, Code::NeedsSelfops, "{source}");
        assert!(
            parsed.diagnostics[0].notes[0].contains("--dialect selfops"),
            "{source}"
        );
        assert!(parsed.value.is_some(), "{source}");
    }
    let parsed = parse_statement("set(a, stddev(b))", Dialect::Strict, &Limits::default());
    assert_eq!(parsed.diagnostics[0].code, Code::EditorNotFirst);
}

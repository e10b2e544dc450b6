//! Half-written sources and what may come next in them.

use proptest::prelude::*;

use super::*;

fn at(source: &str, mode: Mode, dialect: Dialect) -> Cursor {
    look(source, source.len(), mode, dialect)
}

fn expected(source: &str) -> Expected {
    at(source, Mode::Statement, Dialect::Strict).expected
}

fn operand(condition: bool) -> Expected {
    Expected::Operand { condition }
}

fn operator(clause: bool, condition: bool) -> Expected {
    Expected::Operator { clause, condition }
}

fn segment(names: &[&str]) -> Expected {
    Expected::Segment(names.iter().map(|&name| name.to_owned()).collect())
}

#[test]
fn the_token_before_the_word_says_what_may_come() {
    for (source, wanted) in [
        ("", Expected::Statement),
        ("se", Expected::Statement),
        ("set(", operand(false)),
        ("set(sp", operand(false)),
        ("set(span.", segment(&["span"])),
        ("set(span.status.co", segment(&["span", "status"])),
        ("set(span.attributes[\"a\"].", Expected::Nothing),
        ("set(span.attributes[", Expected::Key { quoted: false }),
        (
            "set(span.attributes[\"http.",
            Expected::Key { quoted: true },
        ),
        ("set(span.name, \"http.", Expected::Nothing),
        ("set(span.name, 12", Expected::Nothing),
        ("set(span.name, \"x\")", operator(true, false)),
        ("set(span.name, \"x\") wh", operator(true, false)),
        ("set(span.name, \"x\") where ", operand(true)),
        (
            "set(span.name, \"x\") where span.kind ",
            operator(false, true),
        ),
        ("set(span.name, \"x\") where span.kind == ", operand(true)),
        ("set(span.name, \"x\") where not ", operand(true)),
        (
            "set(span.name, \"x\") where (span.kind == 1 ",
            operator(false, true),
        ),
        ("set(span.name, Concat([", operand(false)),
        ("set(span.name ", operator(false, false)),
        ("set(span.name, {\"k\": ", operand(false)),
    ] {
        assert_eq!(expected(source), wanted, "{source}");
    }
    let condition = at("", Mode::Condition, Dialect::Strict).expected;
    assert_eq!(condition, operand(true));
    let joined = at("span.kind == 1 ", Mode::Condition, Dialect::Strict).expected;
    assert_eq!(joined, operator(false, true));
}

#[test]
fn scripts_have_lines_and_comments() {
    let expected = |source| at(source, Mode::Script, Dialect::Strict).expected;
    assert_eq!(expected("set(span.name, 1)\n"), Expected::Statement);
    assert_eq!(expected("set(span.name, 1)\nlim"), Expected::Statement);
    assert_eq!(expected("set(span.name, 1) # whe"), Expected::Nothing);
    assert_eq!(expected("# se"), Expected::Nothing);
    assert_eq!(expected("# x\nse"), Expected::Statement);
    assert_eq!(expected("set(span.name,\n  "), operand(false));
    assert_eq!(expected("set(span.name, \"#"), Expected::Nothing);
}

#[test]
fn the_selfops_dialect_has_more_words() {
    let expected = |source| at(source, Mode::Script, Dialect::Selfops).expected;
    assert_eq!(expected("when "), operand(true));
    assert_eq!(expected("when span.kind == 1 { "), Expected::Statement);
    assert_eq!(expected("when span.kind == 1 { set("), operand(false));
    assert_eq!(expected("const x = "), operand(true));
    assert_eq!(expected("const "), Expected::Nothing);
    assert_eq!(expected("macro m(a: "), Expected::Nothing);
    assert_eq!(
        expected("set(span.name, 1) where true else "),
        Expected::Statement
    );
    assert_eq!(expected("span.kind == 1 "), operator(false, true));
}

#[test]
fn calls_know_their_arguments() {
    let call = |source| at(source, Mode::Statement, Dialect::Strict).call;
    let made = |name: &str, argument, named: Option<&str>, begins| {
        Some(Call {
            name: name.to_owned(),
            argument,
            named: named.map(str::to_owned),
            begins,
        })
    };
    assert_eq!(call("set("), made("set", 0, None, true));
    assert_eq!(call("set(span.name, Con"), made("set", 1, None, true));
    assert_eq!(
        call("set(a.b, IsMatch(a.b, [1, 2"),
        made("IsMatch", 1, None, false)
    );
    assert_eq!(
        call("set(target = a.b, value="),
        made("set", 1, Some("value"), false)
    );
    assert_eq!(call("set(a.b, 1) where ("), None);
}

#[test]
fn lambdas_have_parameters() {
    let locals = |source| at(source, Mode::Statement, Dialect::Strict).locals;
    assert_eq!(locals("set(a.b, Filter(a.c, (k, v) => "), ["v", "k"]);
    assert_eq!(
        locals("set(a.b, Filter(a.c, (v) => v), "),
        Vec::<String>::new()
    );
}

proptest! {
    #[test]
    fn no_source_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "set", "(", ")", "[", "]", "{", "}", ".", ",", "=", "=>", "\"", "'", "`", "span",
            "attributes", "where", "when", "const", "macro", "else", "é", "🦀", "#", "\n", " ",
            "_", "Is", "1", ":", "==", "not",
        ]), 0..24),
        at in 0_usize..80,
    ) {
        let source = parts.concat();
        let at = source.floor_char_boundary(at.min(source.len()));
        for mode in [Mode::Script, Mode::Statement, Mode::Condition] {
            for dialect in [Dialect::Strict, Dialect::Selfops] {
                let cursor = look(&source, at, mode, dialect);
                prop_assert!(cursor.start <= at);
            }
        }
    }
}

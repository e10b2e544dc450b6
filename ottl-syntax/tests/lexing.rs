//! Tokens and the values of literals, as the reference's lexer has them.

use ottl_syntax::ast::ExprKind;
use ottl_syntax::lexer::{LexMode, TokenKind, TokenKind::*, lex};
use ottl_syntax::{Code, Dialect, Limits, parse_value};

fn kinds(source: &str) -> Vec<TokenKind> {
    let lexed = lex(source, LexMode::Single, Dialect::Strict, &Limits::default());
    assert_eq!(lexed.diagnostics, [], "{source}");
    lexed.tokens.iter().map(|token| token.kind).collect()
}

fn value(source: &str) -> Option<ExprKind> {
    let parsed = parse_value(source, Dialect::Strict, &Limits::default());
    let value = parsed.value.map(|value| value.kind);
    if parsed.diagnostics.is_empty() {
        value
    } else {
        None
    }
}

fn string(text: &str) -> Option<ExprKind> {
    Some(ExprKind::String(text.as_bytes().to_vec()))
}

#[test]
fn names_come_in_pieces() {
    assert_eq!(kinds("IsMatch"), [Upper, Lower, Upper, Lower]);
    assert_eq!(kinds("STATUS_CODE_OK"), [Upper]);
    assert_eq!(kinds("trace_id.x1"), [Lower, Dot, Lower]);
    assert_eq!(kinds("_ a_ _"), [Underscore, Lower, Underscore]);
}

#[test]
fn keywords_end_where_a_word_ends() {
    assert_eq!(
        kinds("nil true false not and or"),
        [Nil, True, False, Not, And, Or]
    );
    assert_eq!(kinds("nile not_ or1 where"), [Lower, Lower, Lower, Lower]);
    assert_eq!(kinds("nilX"), [Lower, Upper]);
    assert_eq!(kinds("1and"), [Int, And]);
    assert_eq!(kinds("OKand"), [Upper, And]);
}

#[test]
fn numbers() {
    assert_eq!(
        kinds("1 1. .5 1.5e3 1.e-2"),
        [Int, Float, Float, Float, Float]
    );
    assert_eq!(kinds("1e5"), [Int, Lower]);
    assert_eq!(kinds("1.5e"), [Float, Lower]);
    assert_eq!(kinds("1..2"), [Float, Float]);
    assert_eq!(kinds("0xff 0x"), [Bytes, Int, Lower]);
    assert_eq!(value("010"), Some(ExprKind::Int(8)));
    assert_eq!(value("1.e2"), Some(ExprKind::Float(100.0)));
    assert_eq!(value("1.0e-400"), Some(ExprKind::Float(0.0)));
    assert_eq!(value("0x00fF"), Some(ExprKind::Bytes(vec![0, 255])));
}

#[test]
fn operators_are_as_long_as_they_can_be() {
    assert_eq!(
        kinds("== = => ==> >= <= < > !="),
        [Eq, Assign, Arrow, Eq, Gt, Ge, Le, Lt, Gt, Ne]
    );
    assert_eq!(kinds("=>="), [Arrow, Assign]);
}

#[test]
fn strings() {
    assert_eq!(value(r#""""#), string(""));
    assert_eq!(value(r#""\"\\\n\t""#), string("\"\\\n\t"));
    assert_eq!(value(r#""\xff\377\u00e9\U0001F600""#), string("ÿÿé😀"));
    assert_eq!(value("\"a\nb\r\""), string("a\nb\r"));
    for invalid in [
        r#""\d""#,
        r#""\'""#,
        r#""\400""#,
        r#""\ud800""#,
        r#""\x4""#,
        "\"\\\n\"",
        "\"a",
    ] {
        assert_eq!(value(invalid), None, "{invalid}");
    }
}

#[test]
fn single_quotes_belong_to_selfops() {
    let parsed = parse_value(r#"'a"\'\x41'"#, Dialect::Selfops, &Limits::default());
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.value.map(|value| value.kind), string("a\"'A"));
    let parsed = parse_value("'a'", Dialect::Strict, &Limits::default());
    assert_eq!(parsed.diagnostics[0].code, Code::NeedsSelfops);
    assert_eq!(parsed.value.map(|value| value.kind), string("a"));
}

#[test]
fn only_four_characters_are_white_space() {
    assert_eq!(kinds("\t\n\r\x0c 1"), [Int]);
    for other in ["\x0b", "\u{a0}", "\u{2028}", "\u{feff}", "\0"] {
        let lexed = lex(other, LexMode::Single, Dialect::Strict, &Limits::default());
        assert_eq!(lexed.diagnostics[0].code, Code::InvalidToken, "{other:?}");
    }
}

#[test]
fn adjacent_junk_is_one_problem() {
    let lexed = lex(
        "@@$ é",
        LexMode::Single,
        Dialect::Strict,
        &Limits::default(),
    );
    let places: Vec<_> = lexed
        .diagnostics
        .iter()
        .map(|d| d.primary.span.range())
        .collect();
    assert_eq!(places, [0..3, 4..6]);
}

#[test]
fn function_names_may_be_spread_out() {
    let spread = parse_value(
        "I s Match (\"a\", \"a\")",
        Dialect::Strict,
        &Limits::default(),
    );
    let whole = parse_value("IsMatch(\"a\", \"a\")", Dialect::Strict, &Limits::default());
    let plain = |parsed: ottl_syntax::Parsed<ottl_syntax::ast::Expr>| {
        parsed.value.map(|v| v.without_spans())
    };
    assert!(!spread.has_errors());
    assert_eq!(plain(spread), plain(whole));
}

//! What formatting never does: change the tree, lose a comment or a spelling, or change what was
//! formatted.
//!
//! Sources are made of tokens, with white space, line ends and comments between them wherever the
//! language has them.

use ottl_syntax::ast::Item;
use ottl_syntax::lexer::{LexMode, TokenKind, lex};
use ottl_syntax::{
    Dialect, FormatOptions, Limits, format_condition, format_script, format_statement,
    format_value, parse_condition, parse_script, parse_statement, parse_value,
};
use proptest::collection::vec;
use proptest::prelude::*;

type Tokens = Vec<&'static str>;

fn one(token: &'static str) -> Tokens {
    vec![token]
}

fn any_of(tokens: &'static [&'static str]) -> impl Strategy<Value = Tokens> {
    prop::sample::select(tokens).prop_map(one)
}

fn around(open: &'static str, inside: Tokens, close: &'static str) -> Tokens {
    [one(open), inside, one(close)].concat()
}

fn list(items: Vec<Tokens>, separator: &'static str) -> Tokens {
    items.join(&separator)
}

fn literal() -> impl Strategy<Value = Tokens> {
    any_of(&[
        "nil",
        "true",
        "1",
        "007",
        "1.",
        ".5",
        "1.50e-3",
        "0xAbCd",
        "\"\"",
        "\"a # b\"",
        "\"\\x41\\\"\"",
        "'it\\'s'",
        "\"one\n  two\"",
        "\"日本語\"",
        "ENUM_1",
        "\"a rather long text that takes its place\"",
    ])
}

fn name() -> impl Strategy<Value = Tokens> {
    any_of(&[
        "a",
        "attributes",
        "not_1",
        "where",
        "a_rather_long_name_of_something",
    ])
}

fn path(value: BoxedStrategy<Tokens>) -> impl Strategy<Value = Tokens> {
    let key = prop_oneof![any_of(&["\"k\"", "'k'", "0", "010"]), operand(value)];
    let keys = vec(key, 0..2).prop_map(|keys| {
        let keys = keys.into_iter().map(|key| around("[", key, "]"));
        keys.collect::<Vec<_>>().concat()
    });
    let segment = (name(), keys).prop_map(|(name, keys)| [name, keys].concat());
    vec(segment, 1..4).prop_map(|segments| list(segments, "."))
}

/// An operand of arithmetic; a call of a value that cannot be one.
fn operand(value: BoxedStrategy<Tokens>) -> impl Strategy<Value = Tokens> {
    value.prop_map(|value| [one("Int"), around("(", value, ")")].concat())
}

fn function() -> impl Strategy<Value = Tokens> {
    prop_oneof![
        any_of(&["Len", "IsMatch", "SHA256", "ConvertToSomethingElse"]),
        Just(vec!["Is", "Match"]),
        Just(vec!["I", "n", "ot"]),
    ]
}

fn arguments(value: BoxedStrategy<Tokens>) -> impl Strategy<Value = Tokens> {
    let lambda = (
        vec(any_of(&["a", "_", "item"]), 0..3),
        prop_oneof![value.clone(), comparison(value.clone())],
    )
        .prop_map(|(params, body)| [around("(", list(params, ","), ")"), one("=>"), body].concat());
    let value = prop_oneof![4 => value, 1 => lambda, 1 => any_of(&["Sha", "SHA256"])];
    let named = (any::<bool>(), value).prop_map(|(is_named, value)| match is_named {
        true => [one("param"), one("="), value].concat(),
        false => value,
    });
    vec(named, 0..4).prop_map(|arguments| around("(", list(arguments, ","), ")"))
}

fn comparison(value: BoxedStrategy<Tokens>) -> impl Strategy<Value = Tokens> {
    let sign = any_of(&["==", "!=", "<", "<=", ">", ">="]);
    (value.clone(), sign, value).prop_map(|(lhs, sign, rhs)| [lhs, sign, rhs].concat())
}

fn map(value: BoxedStrategy<Tokens>) -> impl Strategy<Value = Tokens> {
    let key = any_of(&["\"a\"", "'b'", "\"a longer key\""]);
    let comma = any::<bool>().prop_map(|comma| if comma { one(",") } else { Vec::new() });
    let entry =
        (key, value, comma).prop_map(|(key, value, comma)| [key, one(":"), value, comma].concat());
    vec(entry, 0..3).prop_map(|entries| around("{", entries.concat(), "}"))
}

fn value() -> BoxedStrategy<Tokens> {
    let leaf = prop_oneof![literal(), name()];
    let deep = leaf.prop_recursive(4, 24, 4, |inner| {
        let inner = inner.boxed();
        let call = (function(), arguments(inner.clone())).prop_map(|(f, args)| [f, args].concat());
        let operand = || operand(inner.clone()).boxed();
        let signs = any_of(&["+", "-", "*", "/"]);
        prop_oneof![
            path(inner.clone()),
            call,
            vec(inner.clone(), 0..4).prop_map(|items| around("[", list(items, ","), "]")),
            map(inner.clone()),
            operand().prop_map(|operand| [one("-"), operand].concat()),
            (operand(), signs, operand()).prop_map(|(a, sign, b)| [a, sign, b].concat()),
            operand().prop_map(|operand| around("(", operand, ")")),
        ]
    });
    deep.boxed()
}

fn condition() -> BoxedStrategy<Tokens> {
    let leaf = prop_oneof![comparison(value()), any_of(&["true", "false"])];
    let deep = leaf.prop_recursive(3, 12, 4, |inner| {
        let grouped = inner.clone().prop_map(|inner| around("(", inner, ")"));
        prop_oneof![
            grouped.clone(),
            grouped.prop_map(|grouped| [one("not"), grouped].concat()),
            vec(inner.clone(), 2..4).prop_map(|operands| list(operands, "and")),
            vec(inner, 2..4).prop_map(|operands| list(operands, "or")),
        ]
    });
    deep.boxed()
}

/// A statement, and whether only the selfops dialect has it.
fn statement() -> impl Strategy<Value = Tokens> {
    let editor = any_of(&["set", "keep_keys", "setX"]);
    let call = (editor, arguments(value())).prop_map(|(name, args)| [name, args].concat());
    (call, prop::option::of(condition()), any::<bool>()).prop_map(|(call, condition, is_rule)| {
        match condition {
            None => call,
            Some(condition) if is_rule => [condition, one(">"), call].concat(),
            Some(condition) => [call, one("where"), condition].concat(),
        }
    })
}

const SPACES: [&str; 4] = [" ", "", "\t", "  "];
const BREAKS: [&str; 9] = [
    "\n",
    "\r\n  ",
    "\n\n\n ",
    " # behind\n",
    "\n # own\n",
    "#\n",
    "# a\n\n# b\r\n ",
    " # \"quote\n  # (\n",
    "\n# where\n ",
];

/// The tokens with something between each two of them, as `noise` has it.
fn assemble(tokens: &Tokens, noise: &[u8], breaks: &[&str]) -> String {
    const INFIX: [&str; 18] = [
        "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "and", "or", ".", "=>", "=", ",",
        ":", "where",
    ];
    let is_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut noise = noise.iter().cycle();
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 {
            let before = tokens[at - 1];
            let closes = [")", "]", "}"].contains(token);
            let goes_on = INFIX.contains(&before)
                || INFIX.contains(token)
                || ["(", "[", "{", "not"].contains(&before)
                || closes
                || *token == "[";
            let noise = usize::from(*noise.next().unwrap_or(&0));
            let touching = is_word(before.as_bytes().last()) && is_word(token.as_bytes().first());
            let gap = match noise {
                n if n >= 200 && (depth > 0 || goes_on) => breaks[n % breaks.len()],
                n if touching => SPACES[n % SPACES.len() / 2 * 2].trim_end_matches('\n'),
                n => SPACES[n % SPACES.len()],
            };
            out.push_str(if touching && gap.is_empty() { " " } else { gap });
            // In the first column a name and a bracket would begin a statement.
            if out.ends_with('\n') {
                out.push(' ');
            }
            depth -= usize::from(closes);
        }
        out.push_str(token);
        depth += usize::from(["(", "[", "{"].contains(token));
    }
    out
}

fn options(width: usize) -> FormatOptions {
    FormatOptions {
        width,
        ..FormatOptions::default()
    }
}

/// The comments, and everything else without white space and the commas, which maps may lack.
fn content(source: &str) -> (Vec<String>, String) {
    let lexed = lex(
        source,
        LexMode::Script,
        Dialect::Selfops,
        &Limits::default(),
    );
    let (mut comments, mut rest) = (Vec::new(), String::new());
    let mut end = 0;
    let mut gap = |text: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('#'));
        comments.extend(lines.map(|(_, comment)| comment.trim_end().to_owned()));
    };
    for token in &lexed.tokens {
        gap(&source[end..token.span.start as usize]);
        if token.kind != TokenKind::Comma {
            rest.push_str(&source[token.span.range()]);
        }
        end = token.span.end as usize;
    }
    gap(&source[end..]);
    (comments, rest)
}

/// The trees of a script without their places, unless it has errors.
fn trees(source: &str, dialect: Dialect) -> Option<Vec<Item>> {
    let parsed = parse_script(source, dialect, &Limits::default());
    let trees = parsed.value.filter(|_| parsed.diagnostics.is_empty())?;
    Some(trees.into_iter().map(Item::without_spans).collect())
}

/// Whether the script is formatted, after checking what must hold.
fn check_script(source: &str, dialect: Dialect, width: usize) -> bool {
    let formatted = format_script(source, dialect, &options(width));
    let before = trees(source, dialect);
    assert_eq!(formatted.is_ok(), before.is_some(), "{source:?}");
    let Ok(formatted) = formatted else {
        return false;
    };
    assert_eq!(
        trees(&formatted, dialect),
        before,
        "{source:?}\n{formatted}"
    );
    assert_eq!(
        content(&formatted),
        content(source),
        "{source:?}\n{formatted}"
    );
    let again = format_script(&formatted, dialect, &options(width));
    assert_eq!(again.as_ref(), Ok(&formatted), "{source:?}");
    let has_end = formatted.is_empty() || formatted.ends_with('\n') && formatted != "\n";
    assert!(has_end, "{source:?}\n{formatted}");
    true
}

macro_rules! check_single {
    ($source:expr, $width:expr, $parse:ident, $format:ident) => {{
        let tree = |source: &str| {
            let parsed = $parse(source, Dialect::Selfops, &Limits::default());
            prop_assert_eq!(&parsed.diagnostics, &[], "{:?}", source);
            Ok(parsed.value.map(|tree| tree.without_spans()))
        };
        let format = |source: &str| $format(source, Dialect::Selfops, &options($width));
        let formatted = format($source).expect("no diagnostics");
        prop_assert_eq!(tree(&formatted)?, tree($source)?, "{}", formatted);
        prop_assert_eq!(content(&formatted).1, content($source).1);
        prop_assert_eq!(format(&formatted), Ok(formatted));
    }};
}

fn width() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), 1_usize..130, Just(usize::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_script_stays_what_it_is(
        statements in vec((statement(), vec(any::<u8>(), 1..40)), 0..4),
        between in vec(prop::sample::select(&BREAKS[..]), 5),
        width in width(),
    ) {
        // A line that begins with an operator or a bracket goes on with the statement before it.
        let starts = |tokens: &Tokens| !["+", "-", "[", "where"].contains(&tokens[0]);
        let statements: Vec<_> = statements.iter().filter(|(tokens, _)| starts(tokens)).collect();
        let mut source = String::new();
        for (index, (tokens, noise)) in statements.iter().enumerate() {
            source.push_str(between[index]);
            let goes_on = tokens.last() == Some(&"where");
            source.push_str(&assemble(tokens, noise, &BREAKS));
            prop_assume!(!goes_on);
        }
        source.push_str(between[4]);
        prop_assert!(check_script(&source, Dialect::Selfops, width), "{:?}", source);
        check_script(&source, Dialect::Strict, width);
    }

    #[test]
    fn a_statement_stays_what_it_is(tokens in statement(), noise in vec(any::<u8>(), 1..40), width in width()) {
        let source = assemble(&tokens, &noise, &["\n", "\r\n "]);
        check_single!(&source, width, parse_statement, format_statement);
    }

    #[test]
    fn a_condition_stays_what_it_is(tokens in condition(), noise in vec(any::<u8>(), 1..40), width in width()) {
        let source = assemble(&tokens, &noise, &["\n", "\r\n "]);
        check_single!(&source, width, parse_condition, format_condition);
    }

    #[test]
    fn a_value_stays_what_it_is(tokens in value(), noise in vec(any::<u8>(), 1..40), width in width()) {
        let source = assemble(&tokens, &noise, &["\n", "\r\n "]);
        check_single!(&source, width, parse_value, format_value);
    }

    #[test]
    fn any_text_is_formatted_or_rejected(source in any::<String>(), width in width()) {
        check_script(&source, Dialect::Strict, width);
        check_script(&source, Dialect::Selfops, width);
    }

    #[test]
    fn any_soup_is_formatted_or_rejected(
        tokens in vec(prop::sample::select(SOUP), 0..16),
        width in width(),
    ) {
        let source = tokens.concat();
        check_script(&source, Dialect::Strict, width);
        check_script(&source, Dialect::Selfops, width);
    }
}

/// Pieces that often make a script together.
const SOUP: &[&str] = &[
    "f(a)",
    "\nf(",
    "f (a",
    ")",
    "\n",
    "\n\n",
    " # c\n",
    "# d",
    "a > ",
    "1 > ",
    " where ",
    "where",
    "true",
    "a == ",
    "not ",
    " and ",
    " or ",
    "[0]",
    "\n[",
    "]",
    "(",
    "-",
    "\n+ ",
    "1",
    "a",
    ".b",
    ", ",
    "=",
    "=>",
    "{",
    "}",
    "\"k\": ",
    "'",
    "\"x\"",
    "Is ",
    "M",
    "wh ere(a)",
    "\r\n",
    " ",
    "\t",
];

//! Printing and parsing are inverse, and no text whatever makes the parser panic.

use ottl_syntax::ast::{
    Argument, BinaryOp, Call, CompareOp, Expr, ExprKind, Ident, Item, Key, KeyKind, Lambda,
    MapEntry, Path, Segment, Statement, StatementForm, UnaryOp,
};
use ottl_syntax::{
    Dialect, Limits, Parsed, Span, parse_condition, parse_script, parse_statement, parse_value,
    print_expr, print_statement, render,
};
use proptest::collection::vec;
use proptest::prelude::*;

const KEYWORDS: [&str; 6] = ["nil", "true", "false", "not", "and", "or"];

fn expr(kind: ExprKind) -> Expr {
    let span = Span::default();
    Expr { span, kind }
}

fn ident(text: String) -> Ident {
    let span = Span::default();
    Ident { span, text }
}

fn paren(inner: Expr) -> Expr {
    expr(ExprKind::Paren(Box::new(inner)))
}

fn lower_name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,5}".prop_filter("keyword", |name| !KEYWORDS.contains(&name.as_str()))
}

/// A name of an uppercase letter and lowercase ones, which the lexer must not take for a keyword.
fn camel_name() -> impl Strategy<Value = String> {
    "[A-Z][a-z][a-z0-9_]{0,5}".prop_filter("keyword", |name| !KEYWORDS.contains(&&name[1..]))
}

fn editor_name() -> impl Strategy<Value = String> {
    (lower_name(), prop::option::of(camel_name()))
        .prop_map(|(head, tail)| head + &tail.unwrap_or_default())
}

fn enum_name() -> impl Strategy<Value = String> {
    "[A-Z][A-Z0-9_]{0,8}"
}

/// A number, or another operand of arithmetic made from `value`s.
fn number() -> impl Strategy<Value = Expr> {
    prop_oneof![
        (0..=i64::MAX).prop_map(|v| expr(ExprKind::Int(v))),
        (0_i64..100).prop_map(|v| expr(ExprKind::Int(v))),
        prop::num::f64::POSITIVE.prop_filter_map("finite", |v| {
            v.is_finite().then(|| expr(ExprKind::Float(v)))
        }),
    ]
}

fn literal() -> impl Strategy<Value = Expr> {
    prop_oneof![
        Just(expr(ExprKind::Nil)),
        any::<bool>().prop_map(|v| expr(ExprKind::Bool(v))),
        any::<String>().prop_map(|v| expr(ExprKind::String(v.into_bytes()))),
        vec(any::<u8>(), 1..5).prop_map(|v| expr(ExprKind::Bytes(v))),
        enum_name().prop_map(|v| expr(ExprKind::Enum(v))),
        number(),
    ]
}

fn is_operand(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Path(_)
            | ExprKind::Call(_)
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Paren(_)
    )
}

/// The value if it can be an operand of arithmetic, else a list's length.
fn operand(value: Expr) -> Expr {
    if is_operand(&value.kind) {
        return value;
    }
    let args = vec![Argument {
        span: Span::default(),
        name: None,
        value,
    }];
    expr(ExprKind::Call(call("Len".to_owned(), args, Vec::new())))
}

fn call(name: String, args: Vec<Argument>, keys: Vec<Key>) -> Call {
    let span = Span::default();
    let name = ident(name);
    Call {
        span,
        name,
        args,
        keys,
    }
}

fn precedence(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Binary {
            op: BinaryOp::Add | BinaryOp::Sub,
            ..
        } => 0,
        ExprKind::Binary { .. } => 1,
        ExprKind::Unary { .. } => 2,
        _ => 3,
    }
}

fn at_least(least: u8, value: Expr) -> Expr {
    let value = operand(value);
    if precedence(&value.kind) < least {
        paren(value)
    } else {
        value
    }
}

fn binary(op: BinaryOp, lhs: Expr, rhs: Expr) -> Expr {
    let own = match op {
        BinaryOp::Add | BinaryOp::Sub => 0,
        BinaryOp::Mul | BinaryOp::Div => 1,
    };
    let lhs = Box::new(at_least(own, lhs));
    let rhs = Box::new(at_least(own + 1, rhs));
    expr(ExprKind::Binary { op, lhs, rhs })
}

fn key(value: Expr) -> Key {
    let kind = match value.kind {
        ExprKind::String(text) => KeyKind::String(text),
        ExprKind::Int(index) => KeyKind::Int(index),
        ExprKind::Binary { .. } => KeyKind::Expr(Box::new(paren(value))),
        _ => KeyKind::Expr(Box::new(operand(value))),
    };
    let span = Span::default();
    Key { span, kind }
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    prop::sample::select(vec![
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::Div,
    ])
}

fn compare_op() -> impl Strategy<Value = CompareOp> {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    prop::sample::select(vec![Eq, Ne, Lt, Le, Gt, Ge])
}

fn path(value: BoxedStrategy<Expr>) -> impl Strategy<Value = Expr> {
    let keys = vec(value.prop_map(key), 0..2);
    let segment = (lower_name(), keys).prop_map(|(name, keys)| {
        let name = ident(name);
        Segment { name, keys }
    });
    vec(segment, 1..4).prop_map(|segments| {
        let span = Span::default();
        expr(ExprKind::Path(Path { span, segments }))
    })
}

fn argument(value: BoxedStrategy<Expr>) -> impl Strategy<Value = Argument> {
    let body = prop_oneof![value.clone(), comparison(value.clone())];
    let params = vec(prop_oneof![lower_name(), Just("_".to_owned())], 0..3);
    let lambda = (params, body).prop_map(|(params, body)| {
        let params = params.into_iter().map(ident).collect();
        let body = Box::new(body);
        expr(ExprKind::Lambda(Lambda { params, body }))
    });
    let function = camel_name().prop_map(|name| expr(ExprKind::FunctionName(name)));
    let any_value = prop_oneof![6 => value, 1 => lambda, 1 => function];
    (prop::option::weighted(0.2, editor_name()), any_value).prop_map(|(name, value)| Argument {
        span: Span::default(),
        name: name.map(ident),
        value,
    })
}

fn comparison(value: BoxedStrategy<Expr>) -> impl Strategy<Value = Expr> {
    (compare_op(), value.clone(), value).prop_map(|(op, lhs, rhs)| {
        let (lhs, rhs) = (Box::new(lhs), Box::new(rhs));
        expr(ExprKind::Compare { op, lhs, rhs })
    })
}

fn value() -> impl Strategy<Value = Expr> {
    literal().prop_recursive(4, 24, 3, |inner| {
        let inner = inner.boxed();
        let args = vec(argument(inner.clone()), 0..3);
        let keys = vec(inner.clone().prop_map(key), 0..2);
        let entry = (any::<String>(), inner.clone()).prop_map(|(key, value)| MapEntry {
            key_span: Span::default(),
            key: key.into_bytes(),
            value,
        });
        let sign = prop::sample::select(vec![UnaryOp::Neg, UnaryOp::Plus]);
        prop_oneof![
            path(inner.clone()),
            (camel_name(), args, keys)
                .prop_map(|(name, args, keys)| expr(ExprKind::Call(call(name, args, keys)))),
            vec(inner.clone(), 0..3).prop_map(|items| expr(ExprKind::List(items))),
            vec(entry, 0..3).prop_map(|entries| expr(ExprKind::Map(entries))),
            (sign, inner.clone()).prop_map(|(op, value)| {
                let operand = Box::new(at_least(3, value));
                expr(ExprKind::Unary { op, operand })
            }),
            (binary_op(), inner.clone(), inner.clone()).prop_map(|(op, l, r)| binary(op, l, r)),
            inner.prop_map(|value| paren(operand(value))),
        ]
    })
}

fn condition() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        3 => comparison(value().boxed()),
        1 => any::<bool>().prop_map(|v| expr(ExprKind::Bool(v))),
        1 => camel_name().prop_map(|n| expr(ExprKind::Call(call(n, Vec::new(), Vec::new())))),
    ];
    let tight = |condition: Expr| match condition.kind {
        ExprKind::And(_) | ExprKind::Or(_) => paren(condition),
        _ => condition,
    };
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            inner.clone().prop_map(paren),
            inner.clone().prop_map(move |condition| {
                let condition = match condition.kind {
                    ExprKind::Not(_) => paren(condition),
                    _ => tight(condition),
                };
                expr(ExprKind::Not(Box::new(condition)))
            }),
            vec(inner.clone().prop_map(tight), 2..4).prop_map(|all| expr(ExprKind::And(all))),
            vec(inner, 2..4).prop_map(|any| {
                let loose = |c: Expr| match c.kind {
                    ExprKind::Or(_) => paren(c),
                    _ => c,
                };
                expr(ExprKind::Or(any.into_iter().map(loose).collect()))
            }),
        ]
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let args = vec(argument(value().boxed()), 0..3);
    let editor = (editor_name(), args).prop_map(|(name, args)| call(name, args, Vec::new()));
    (editor, prop::option::of(condition()), any::<bool>()).prop_map(|(editor, condition, rule)| {
        let form = match condition {
            Some(_) if rule => StatementForm::Rule,
            _ => StatementForm::Editor,
        };
        Statement {
            span: Span::default(),
            editor,
            condition,
            otherwise: None,
            error_mode: None,
            form,
        }
    })
}

fn check_spans<T>(source: &str, parsed: &Parsed<T>) {
    for diagnostic in &parsed.diagnostics {
        let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
        for label in labels {
            assert!(source.get(label.span.range()).is_some(), "{diagnostic:?}");
        }
        if let Some(fix) = &diagnostic.fix {
            assert!(source.get(fix.span.range()).is_some(), "{diagnostic:?}");
        }
    }
    let text = render(&parsed.diagnostics, "x.ottl", source, true);
    assert_eq!(text.is_empty(), parsed.diagnostics.is_empty());
}

fn survives(source: &str) {
    let limits = Limits::default();
    for dialect in [Dialect::Strict, Dialect::Selfops] {
        check_spans(source, &parse_statement(source, dialect, &limits));
        check_spans(source, &parse_condition(source, dialect, &limits));
        check_spans(source, &parse_value(source, dialect, &limits));
        check_spans(source, &parse_script(source, dialect, &limits));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_printed_statement_parses_to_itself(statement in statement()) {
        let text = print_statement(&statement);
        let parsed = parse_statement(&text, Dialect::Selfops, &Limits::default());
        prop_assert_eq!(&parsed.diagnostics, &[], "{}", text);
        let parsed = parsed.value.map(Statement::without_spans);
        prop_assert_eq!(parsed, Some(statement), "{}", text);
    }

    #[test]
    fn a_printed_condition_parses_to_itself(condition in condition()) {
        let text = print_expr(&condition);
        let parsed = parse_condition(&text, Dialect::Strict, &Limits::default());
        prop_assert_eq!(parsed.value.map(Expr::without_spans), Some(condition), "{}", text);
    }

    #[test]
    fn a_printed_value_parses_to_itself(value in value()) {
        let text = print_expr(&value);
        let parsed = parse_value(&text, Dialect::Strict, &Limits::default());
        prop_assert_eq!(parsed.value.map(Expr::without_spans), Some(value), "{}", text);
    }

    #[test]
    fn printed_statements_make_a_script(statements in vec(statement(), 0..4)) {
        // A line that begins with an operator or a bracket goes on with the statement before it.
        let starts = |text: &String| !text.starts_with(['+', '-', '[']);
        let (lines, statements): (Vec<String>, Vec<Statement>) = statements
            .into_iter()
            .map(|statement| (print_statement(&statement), statement))
            .filter(|(text, _)| starts(text))
            .unzip();
        let parsed = parse_script(&lines.join("\n# next\n"), Dialect::Selfops, &Limits::default());
        prop_assert_eq!(&parsed.diagnostics, &[], "{:?}", lines);
        let parsed: Vec<_> = parsed.value.into_iter().flatten().map(Item::without_spans).collect();
        let statements: Vec<_> = statements.into_iter().map(Item::Statement).collect();
        prop_assert_eq!(parsed, statements);
    }

    #[test]
    fn any_text_is_survived(source in any::<String>()) {
        survives(&source);
    }

    #[test]
    fn any_soup_of_tokens_is_survived(tokens in vec(prop::sample::select(TOKENS.to_vec()), 0..24)) {
        survives(&tokens.concat());
    }

    #[test]
    fn a_damaged_statement_is_survived(
        statement in statement(),
        at in any::<prop::sample::Index>(),
        junk in prop::sample::select(TOKENS.to_vec()),
    ) {
        let mut text = print_statement(&statement);
        let at = text.floor_char_boundary(at.index(text.len() + 1));
        text.insert_str(at, junk);
        survives(&text);
        text.truncate(at);
        survives(&text);
    }
}

const TOKENS: &[&str] = &[
    "(", ")", "[", "]", "{", "}", ",", ".", ":", "=", "==", "=>", ">", "+", "-", "not ", " and ",
    " or ", " where ", "set(", "Len(", "a", "A", "aB", "_", "1", "1.5", "0xf", "\"s\"", "\"", "'",
    "\\", "\n", "\nset(", "#", "é", "日", "\u{202e}", "\t", " ", "true", "nil", "09", "\"\\d\"",
];

//! Walks over syntax trees: the calls in a source, and the parts of an expression.

use ottl_syntax::ast::{Call, Expr, ExprKind, Key, KeyKind};
use ottl_syntax::{Dialect, Limits, parse_condition, parse_statement, parse_value};

use crate::case::Kind;

/// Every call in a source, the outer ones first; none in a source that does not parse.
#[must_use]
pub fn calls(kind: Kind, source: &str) -> Vec<Call> {
    let limits = Limits::default();
    let mut all = Vec::new();
    match kind {
        Kind::Statements => {
            let parsed = parse_statement(source, Dialect::Strict, &limits);
            if let Some(statement) = parsed.value {
                of_call(&statement.editor, &mut all);
                if let Some(condition) = &statement.condition {
                    of_expr(condition, &mut all);
                }
            }
        }
        Kind::Conditions => {
            let parsed = parse_condition(source, Dialect::Strict, &limits);
            parsed.value.iter().for_each(|it| of_expr(it, &mut all));
        }
        Kind::Expressions => {
            let parsed = parse_value(source, Dialect::Strict, &limits);
            parsed.value.iter().for_each(|it| of_expr(it, &mut all));
        }
    }
    all
}

fn of_call(call: &Call, all: &mut Vec<Call>) {
    all.push(call.clone());
    for child in parts(call) {
        of_expr(child, all);
    }
}

fn of_expr(expr: &Expr, all: &mut Vec<Call>) {
    match &expr.kind {
        ExprKind::Call(call) => of_call(call, all),
        _ => children(expr).into_iter().for_each(|it| of_expr(it, all)),
    }
}

/// Arguments and computed keys of a call.
fn parts(call: &Call) -> Vec<&Expr> {
    let arguments = call.args.iter().map(|argument| &argument.value);
    arguments
        .chain(call.keys.iter().filter_map(computed))
        .collect()
}

fn computed(key: &Key) -> Option<&Expr> {
    match &key.kind {
        KeyKind::Expr(inner) => Some(inner),
        KeyKind::String(_) | KeyKind::Int(_) => None,
    }
}

/// The expressions directly inside of one.
#[must_use]
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) => parts(call),
        ExprKind::Path(path) => {
            let keys = path.segments.iter().flat_map(|segment| &segment.keys);
            keys.filter_map(computed).collect()
        }
        ExprKind::List(elements) | ExprKind::And(elements) | ExprKind::Or(elements) => {
            elements.iter().collect()
        }
        ExprKind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Binary { lhs, rhs, .. } | ExprKind::Compare { lhs, rhs, .. } => vec![lhs, rhs],
        ExprKind::In { value, list, .. } => std::iter::once(&**value).chain(list).collect(),
        ExprKind::Not(inner) | ExprKind::Paren(inner) => vec![inner],
        ExprKind::Lambda(lambda) => vec![&lambda.body],
        ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::String(_)
        | ExprKind::Bytes(_)
        | ExprKind::Enum(_)
        | ExprKind::FunctionName(_)
        | ExprKind::Error => Vec::new(),
    }
}

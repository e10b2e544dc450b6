//! `enum-range`: a field that holds one of a few numbers is compared with another number, or is
//! given one.

use otlp_columns::Level;
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::{CompareOp, Literal};

use super::walk::Node;
use super::{Around, Rule};
use crate::enums;
use crate::hir::{ArgKind, Expr, ExprKind, Path};

#[derive(Default)]
pub(super) struct EnumRange;

impl Rule for EnumRange {
    fn node(&mut self, around: &mut Around<'_>, node: Node<'_>) {
        match node {
            Node::Compare { span, op, lhs, rhs } => {
                let sides = match (&lhs.kind, &rhs.kind) {
                    (ExprKind::Path(path), _) => number(rhs).map(|number| (path, op, number)),
                    (_, ExprKind::Path(path)) => {
                        number(lhs).map(|number| (path, mirrored(op), number))
                    }
                    _ => None,
                };
                if let Some((path, op, number)) = sides {
                    compared(around, span, path, op, number);
                }
            }
            Node::Call(call) => {
                let [target, value] = call.args.as_slice() else {
                    return;
                };
                let (ArgKind::Path(path), ArgKind::Value(value)) = (&target.kind, &value.kind)
                else {
                    return;
                };
                let outside = |number: &i64| {
                    range(path).is_some_and(|(low, high)| *number < low || *number > high)
                };
                if let Some(number) = number(value).filter(outside) {
                    let message = format!("No value of `{}` has the number {number}.", path.name);
                    around.problems.report(named(message, value.span, path));
                }
            }
            Node::Path(..) => {}
        }
    }
}

fn compared(around: &mut Around<'_>, span: Span, path: &Path, op: CompareOp, number: i64) {
    let Some((low, high)) = range(path) else {
        return;
    };
    let is_outside = number < low || number > high;
    let (never, always) = match op {
        CompareOp::Eq => (is_outside, false),
        CompareOp::Ne => (false, is_outside),
        CompareOp::Lt => (number <= low, number > high),
        CompareOp::Le => (number < low, number >= high),
        CompareOp::Gt => (number >= high, number < low),
        CompareOp::Ge => (number > high, number <= low),
    };
    let result = match (never, always) {
        (true, _) => "never",
        (_, true) => "always",
        _ => return,
    };
    let message = format!(
        "This {result} holds: `{}` is a number from {low} to {high}.",
        path.name
    );
    around.problems.report(named(message, span, path));
}

fn named(message: String, span: Span, path: &Path) -> Diagnostic {
    let names: Vec<_> = symbols(path).map(|(name, _)| name).take(6).collect();
    Diagnostic::warning(Code::OutsideEnum, span, message).with_note(format!(
        "Its numbers have names, such as {}.",
        names.join(", ")
    ))
}

/// The smallest and the largest number of the enum that a path holds.
fn range(path: &Path) -> Option<(i64, i64)> {
    let numbers = || symbols(path).map(|(_, number)| number);
    numbers().min().zip(numbers().max())
}

/// The symbols of the enum that a path holds; none where it holds no enum.
fn symbols(path: &Path) -> impl Iterator<Item = (&'static str, i64)> {
    let prefix = match (path.level(), path.def.name) {
        (Level::Span, "kind") => Some("SPAN_KIND_"),
        (Level::Span, "status.code") => Some("STATUS_CODE_"),
        (Level::Log, "severity_number") => Some("SEVERITY_NUMBER_"),
        (Level::Metric, "type") => Some("METRIC_DATA_TYPE_"),
        (Level::Metric, "aggregation_temporality") => Some("AGGREGATION_TEMPORALITY_"),
        _ => None,
    };
    let all = enums::symbols(path.level(), false);
    all.filter(move |(name, _)| prefix.is_some_and(|prefix| name.starts_with(prefix)))
}

fn number(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(number)) => Some(*number),
        _ => None,
    }
}

/// The operator with its sides exchanged.
pub(super) fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq | CompareOp::Ne => op,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}

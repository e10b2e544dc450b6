//! Comparisons.

use std::borrow::Cow;
use std::ops::ControlFlow;

use ottl_vm::ExecError;

use super::ast::Comparison;
use super::run::{Query, Run};
use super::value::{Value, to_number};

/// One side of a comparison.
type Side<'q, 'a> = (Value<'a>, Option<&'q mut Query<'a>>);

/// Whether two values compare. Of nodes it is enough that one does.
pub(super) fn compare<'a>(
    op: Comparison,
    left: Side<'_, 'a>,
    right: Side<'_, 'a>,
    run: &mut Run<'a>,
) -> Result<bool, ExecError> {
    match (left, right) {
        // The reference says so even of `true() = true()`.
        ((Value::Bool(_), _), (Value::Bool(_), _)) => Ok(false),
        (left @ (Value::Bool(_), _), right) | (left, right @ (Value::Bool(_), _)) => {
            booleans(op, left, right, run)
        }
        ((Value::Nodes, Some(left)), (Value::Nodes, Some(right))) => {
            nodes_and_nodes(op, left, right, run)
        }
        ((Value::Nodes, None), _) | (_, (Value::Nodes, None)) => Ok(false),
        ((Value::Nodes, Some(nodes)), (other, _)) => {
            any(nodes, run, |value| plain(op, &Value::Text(value), &other))
        }
        ((other, _), (Value::Nodes, Some(nodes))) => {
            any(nodes, run, |value| plain(op, &other, &Value::Text(value)))
        }
        ((left, _), (right, _)) => Ok(plain(op, &left, &right)),
    }
}

/// A boolean with something else, on which the reference crashes. This is what XPath 1.0 says.
fn booleans<'a>(
    op: Comparison,
    left: Side<'_, 'a>,
    right: Side<'_, 'a>,
    run: &mut Run<'a>,
) -> Result<bool, ExecError> {
    let mut truth = |(value, query): Side<'_, 'a>| -> Result<f64, ExecError> {
        let is_of_order = !matches!(op, Comparison::Equal | Comparison::NotEqual);
        if is_of_order && !matches!(value, Value::Nodes) {
            return value.number(query, run);
        }
        Ok(f64::from(u8::from(value.truth(query, run)?)))
    };
    let (left, right) = (truth(left)?, truth(right)?);
    Ok(numbers(op, left, right))
}

fn any<'a>(
    nodes: &mut Query<'a>,
    run: &mut Run<'a>,
    mut holds: impl FnMut(Cow<'a, [u8]>) -> bool,
) -> Result<bool, ExecError> {
    while let Some(node) = nodes.select(run)? {
        if holds(run.value(node)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn nodes_and_nodes<'a>(
    op: Comparison,
    left: &mut Query<'a>,
    right: &mut Query<'a>,
    run: &mut Run<'a>,
) -> Result<bool, ExecError> {
    loop {
        let Some(one) = left.select(run)? else {
            return Ok(false);
        };
        let Some(other) = right.select(run)? else {
            return Ok(false);
        };
        let one = run.value(one)?;
        let mut other = ControlFlow::Continue(Some(other));
        while let ControlFlow::Continue(Some(node)) = other {
            let value = run.value(node)?;
            other = if texts(op, &one, &value) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(right.select(run)?)
            };
        }
        if other.is_break() {
            return Ok(true);
        }
        right.evaluate(run)?;
    }
}

/// Two values that are numbers or text.
fn plain(op: Comparison, left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => texts(op, left, right),
        (Value::Number(left), Value::Number(right)) => numbers(op, *left, *right),
        (Value::Number(left), Value::Text(right)) => numbers(op, *left, to_number(right)),
        (Value::Text(left), Value::Number(right)) => numbers(op, to_number(left), *right),
        _ => false,
    }
}

fn texts(op: Comparison, left: &[u8], right: &[u8]) -> bool {
    match op {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        _ => numbers(op, to_number(left), to_number(right)),
    }
}

fn numbers(op: Comparison, left: f64, right: f64) -> bool {
    match op {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

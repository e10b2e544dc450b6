//! Constant folding: what literals come to.
//!
//! The rules are the machines' own. What would fail when the program runs is left to fail there.

use otlp_columns::Value;
use ottl_vm::{ArithmeticOp, Literal};

/// The result of arithmetic on literals, when it has one.
pub(super) fn arithmetic(op: ArithmeticOp, lhs: &Literal, rhs: &Literal) -> Option<Literal> {
    literal(ottl_vm::arithmetic(op, number(lhs)?, number(rhs)?).ok()?)
}

/// A literal number with its sign changed.
pub(super) fn negate(inner: &Literal) -> Option<Literal> {
    literal(ottl_vm::negate(number(inner)?).ok()?)
}

fn number(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Int(value) => Some(Value::Int(*value)),
        Literal::Double(value) => Some(Value::Double(*value)),
        _ => None,
    }
}

fn literal(value: Value) -> Option<Literal> {
    match value {
        Value::Int(value) => Some(Literal::Int(value)),
        Value::Double(value) => Some(Literal::Double(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_at_run_time_is_not_folded() {
        let int = Literal::Int;
        let sum = arithmetic(ArithmeticOp::Add, &int(i64::MAX), &int(1));
        assert_eq!(sum, Some(int(i64::MIN)));
        assert_eq!(arithmetic(ArithmeticOp::Div, &int(7), &int(0)), None);
        let text = Literal::String(b"1".to_vec());
        assert_eq!(arithmetic(ArithmeticOp::Add, &text, &int(1)), None);
        assert_eq!(negate(&text), None);
    }
}

//! Arithmetic by the rules of the language.
//!
//! Rules: pkg/ottl/math.go. Integers wrap, any division by zero is an error.

use otlp_columns::{Timestamp, Value};

use crate::types::type_name;
use crate::{ArithmeticOp, ExecError, go};

/// `left op right`.
///
/// # Errors
/// When the operands are not numbers, times or durations that go together, or the divisor is zero.
pub fn arithmetic(op: ArithmeticOp, left: Value, right: Value) -> Result<Value, ExecError> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => int(op, left, right).map(Value::Int),
        (Value::Int(left), Value::Double(right)) => double(op, left as f64, right),
        (Value::Double(left), Value::Int(right)) => double(op, left, right as f64),
        (Value::Double(left), Value::Double(right)) => double(op, left, right),
        (Value::Time { .. } | Value::Duration(_), _) => time(op, left, right),
        (Value::Int(_) | Value::Double(_), other) => {
            Err(ExecError::expected("a number", type_name(other)))
        }
        (other, _) => Err(ExecError::expected(
            "a number, a time or a duration",
            type_name(other),
        )),
    }
}

/// `-value`.
///
/// # Errors
/// When the value is no number.
pub fn negate(value: Value) -> Result<Value, ExecError> {
    match value {
        Value::Int(value) => Ok(Value::Int(value.wrapping_neg())),
        Value::Double(value) => Ok(Value::Double(-value)),
        other => Err(ExecError::expected("a number", type_name(other))),
    }
}

#[cold]
fn by_zero() -> ExecError {
    ExecError::new("A division by zero.")
}

fn int(op: ArithmeticOp, left: i64, right: i64) -> Result<i64, ExecError> {
    Ok(match op {
        ArithmeticOp::Add => left.wrapping_add(right),
        ArithmeticOp::Sub => left.wrapping_sub(right),
        ArithmeticOp::Mul => left.wrapping_mul(right),
        ArithmeticOp::Div if right == 0 => return Err(by_zero()),
        ArithmeticOp::Div => left.wrapping_div(right),
    })
}

fn double(op: ArithmeticOp, left: f64, right: f64) -> Result<Value, ExecError> {
    Ok(Value::Double(match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Sub => left - right,
        ArithmeticOp::Mul => left * right,
        ArithmeticOp::Div if right == 0.0 => return Err(by_zero()),
        ArithmeticOp::Div => left / right,
    }))
}

fn time(op: ArithmeticOp, left: Value, right: Value) -> Result<Value, ExecError> {
    use ArithmeticOp::{Add, Sub};
    Ok(match (op, left, right) {
        (Add, Value::Duration(left), Value::Duration(right)) => {
            Value::Duration(left.wrapping_add(right))
        }
        (Sub, Value::Duration(left), Value::Duration(right)) => {
            Value::Duration(left.wrapping_sub(right))
        }
        (Add, Value::Time { .. }, Value::Duration(by)) => shift(left, by),
        (Add, Value::Duration(by), Value::Time { .. }) => shift(right, by),
        (Sub, Value::Time { .. }, Value::Duration(by)) => shift(left, by.wrapping_neg()),
        (
            Sub,
            Value::Time { seconds, nanos, .. },
            Value::Time {
                seconds: from_seconds,
                nanos: from_nanos,
                ..
            },
        ) => {
            let seconds = i128::from(go::since_year_one(seconds));
            let between = (seconds - i128::from(go::since_year_one(from_seconds))) * 1_000_000_000
                + i128::from(nanos)
                - i128::from(from_nanos);
            // A difference that does not fit is the nearest that does.
            let clamped = between.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
            Value::Duration(clamped as i64)
        }
        (Add | Sub, _, other) => {
            return Err(ExecError::expected(
                "a time or a duration that goes with the left side",
                type_name(other),
            ));
        }
        _ => {
            return Err(ExecError::new(
                "Times and durations can only be added and subtracted.",
            ));
        }
    })
}

fn shift(time: Value, by: i64) -> Value {
    let Value::Time {
        seconds,
        nanos,
        zone,
    } = time
    else {
        return time;
    };
    let total = i64::from(nanos) + by.rem_euclid(1_000_000_000);
    Timestamp {
        seconds: seconds
            .wrapping_add(by.div_euclid(1_000_000_000))
            .wrapping_add(total / 1_000_000_000),
        nanos: (total % 1_000_000_000) as u32,
        zone,
    }
    .into()
}

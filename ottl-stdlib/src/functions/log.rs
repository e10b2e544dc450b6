//! `Log(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::math::ln;
use crate::support::plain::Plain;

/// The converter `Log`.
pub(crate) const LOG: Plain = Plain {
    signature: &SIGNATURE,
    kernel: log,
};

static SIGNATURE: Signature = Signature {
    name: "Log",
    params: &[Param::new(
        "target",
        ParamKind::Value(ValueKind::DoubleLike),
    )],
    result: Type::Double,
    fields: &[],
    docs: "The natural logarithm of a number, or of text that is one.\n\n\
           Zero, negative numbers and nil are errors.",
    examples: &[
        Example {
            title: "One",
            source: "Log(1)",
            attributes: "{}",
            result: r#"{"double":0}"#,
        },
        Example {
            title: "Text",
            source: r#"Log("1e1")"#,
            attributes: "{}",
            result: r#"{"double":2.302585092994046}"#,
        },
        Example {
            title: "Zero",
            source: "Log(0)",
            attributes: "{}",
            result: "error: The number 0 has no logarithm.",
        },
    ],
};

fn log(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    match cx.double_like(0)? {
        None => Err(ExecError::expected("a number", "nil")),
        Some(number) if number <= 0.0 => Err(ExecError::new(format!(
            "The number {number} has no logarithm."
        ))),
        Some(number) => Ok(Value::Double(ln(number))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_last_bit_is_the_reference_s() {
        let log = |number: &str| {
            convert(&LOG, &[text(number).dynamic()]).map(|log| log["double"].clone())
        };
        assert_eq!(log("3"), Ok(json!(1.0986122886681096)));
        assert_eq!(log("4.9e-324"), Ok(json!(-709.0895657128241)));
        assert_eq!(log("1"), Ok(json!(0.0)));
        assert_eq!(log("0.5"), Ok(json!(-std::f64::consts::LN_2)));
        assert_eq!(log("1.7976931348623157e308"), Ok(json!(709.782712893384)));
    }

    #[test]
    fn infinity_and_nan_are_numbers() {
        assert_eq!(
            convert(&LOG, &[text("inf").dynamic()]),
            Ok(json!({"double": "+Inf"}))
        );
        assert_eq!(
            convert(&LOG, &[text("nan").dynamic()]),
            Ok(json!({"double": "NaN"}))
        );
        assert_eq!(
            convert(&LOG, &[text("2.5").dynamic()]),
            Ok(json!({"double": 0.9162907318741551}))
        );
    }

    #[test]
    fn false_is_zero_and_nil_is_nothing() {
        assert!(convert(&LOG, &[Arg::Computed(|_| Value::Bool(false))]).is_err());
        assert!(convert(&LOG, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

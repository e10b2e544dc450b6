//! `Int(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Int`.
pub(crate) const INT: Plain = Plain {
    signature: &SIGNATURE,
    kernel: int,
};

static SIGNATURE: Signature = Signature {
    name: "Int",
    params: &[Param::new("target", ParamKind::Value(ValueKind::IntLike))],
    result: Type::Any,
    fields: &[],
    docs: "Converts a value to an integer.\n\n\
           Doubles lose their fraction; those beyond 64 bits and NaN become the smallest \
           integer. Booleans become 0 and 1. Text must be a decimal integer with nothing but a \
           sign before it. Nil stays nil; anything else is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Int("-42")"#,
            attributes: "{}",
            result: r#"{"int":"-42"}"#,
        },
        Example {
            title: "A double",
            source: r#"Int(span.attributes["d"])"#,
            attributes: r#"{"d":-3.9}"#,
            result: r#"{"int":"-3"}"#,
        },
        Example {
            title: "Text with a fraction",
            source: r#"Int(span.attributes["s"])"#,
            attributes: r#"{"s":"2.0"}"#,
            result: "error: The text is no integer of 64 bits.",
        },
    ],
};

fn int(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(cx.int_like(0)?.map_or(Value::Nil, Value::Int))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn doubles_out_of_range_become_the_smallest_integer() {
        let huge = Arg::Computed(|_| Value::Double(1.0e300));
        assert_eq!(
            convert(&INT, &[huge]),
            Ok(json!({"int": "-9223372036854775808"}))
        );
    }

    #[test]
    fn text_is_decimal_digits() {
        assert_eq!(
            convert(&INT, &[text("+7").dynamic()]),
            Ok(json!({"int": "7"}))
        );
        for other in ["", " 1", "1_0", "0x10", "9223372036854775808", "1e3"] {
            assert!(convert(&INT, &[text(other).dynamic()]).is_err(), "{other}");
        }
    }
}

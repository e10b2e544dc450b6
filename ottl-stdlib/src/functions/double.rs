//! `Double(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Double`.
pub(crate) const DOUBLE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: double,
};

static SIGNATURE: Signature = Signature {
    name: "Double",
    params: &[Param::new(
        "target",
        ParamKind::Value(ValueKind::DoubleLike),
    )],
    result: Type::Any,
    fields: &[],
    docs: "Converts a value to a double.\n\n\
           Text is a decimal or hexadecimal number as Go writes them, underscores between \
           digits included, or an infinity or NaN by name. Booleans become 0 and 1. Nil stays \
           nil; anything else is an error, as is a number too large for a double.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Double("1_000.5")"#,
            attributes: "{}",
            result: r#"{"double":1000.5}"#,
        },
        Example {
            title: "A boolean",
            source: r#"Double(span.attributes["t"])"#,
            attributes: r#"{"t":true}"#,
            result: r#"{"double":1}"#,
        },
        Example {
            title: "Too large",
            source: r#"Double(span.attributes["s"])"#,
            attributes: r#"{"s":"1e400"}"#,
            result: "error: The number is too large for a double.",
        },
    ],
};

fn double(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(cx.double_like(0)?.map_or(Value::Nil, Value::Double))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn names_and_hexadecimal_digits_are_numbers() {
        assert_eq!(
            convert(&DOUBLE, &[text("-iNf").dynamic()]),
            Ok(json!({"double": "-Inf"}))
        );
        assert_eq!(
            convert(&DOUBLE, &[text("0x1p-2").dynamic()]),
            Ok(json!({"double": 0.25}))
        );
        assert!(convert(&DOUBLE, &[text("0x1").dynamic()]).is_err());
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let bytes = Arg::Computed(|heap| Value::Bytes(heap.alloc(b"1")));
        assert!(convert(&DOUBLE, &[bytes]).is_err());
        assert!(convert(&DOUBLE, &[text("").dynamic()]).is_err());
    }
}

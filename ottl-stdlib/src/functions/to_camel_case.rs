//! `ToCamelCase(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::case;
use crate::support::plain::Plain;

/// The converter `ToCamelCase`.
pub(crate) const TO_CAMEL_CASE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: to_camel_case,
};

static SIGNATURE: Signature = Signature {
    name: "ToCamelCase",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "Text in `CamelCase`.\n\n\
           Only letters and digits of ASCII stay. A word begins with a capital: behind a blank, a \
           hyphen, an underscore, a dot or a digit. Of several capitals in a row the first stays one.",
    examples: &[
        Example {
            title: "A name in snake case",
            source: r#"ToCamelCase("some_http_name")"#,
            attributes: "{}",
            result: r#"{"string":"SomeHttpName"}"#,
        },
        Example {
            title: "Capitals in a row",
            source: r#"ToCamelCase("HTTP status2go")"#,
            attributes: "{}",
            result: r#"{"string":"HttpStatus2Go"}"#,
        },
    ],
};

fn to_camel_case(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    case::convert(cx, case::camel)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use serde_json::json;

    #[test]
    fn only_letters_and_digits_stay() {
        for (value, expected) in [("", ""), ("a/b c", "AbC"), ("日本", "")] {
            assert_eq!(
                convert(&TO_CAMEL_CASE, &[text(value)]),
                Ok(json!({ "string": expected }))
            );
        }
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(convert(&TO_CAMEL_CASE, &[int(1).dynamic()]).is_err());
        assert!(convert(&TO_CAMEL_CASE, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

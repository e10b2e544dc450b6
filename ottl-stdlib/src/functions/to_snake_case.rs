//! `ToSnakeCase(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::case;
use crate::support::plain::Plain;

/// The converter `ToSnakeCase`.
pub(crate) const TO_SNAKE_CASE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: to_snake_case,
};

static SIGNATURE: Signature = Signature {
    name: "ToSnakeCase",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "Text in `snake_case`.\n\n\
           White space around the text is removed. Capitals become small letters; blanks, hyphens, \
           dots and the beginnings of words become underscores. Digits are words.",
    examples: &[
        Example {
            title: "A name in camel case",
            source: r#"ToSnakeCase("someHTTPName")"#,
            attributes: "{}",
            result: r#"{"string":"some_http_name"}"#,
        },
        Example {
            title: "Digits and other separators",
            source: r#"ToSnakeCase("v2.beta-3 x")"#,
            attributes: "{}",
            result: r#"{"string":"v_2_beta_3_x"}"#,
        },
    ],
};

fn to_snake_case(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    case::convert(cx, case::snake)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use serde_json::json;

    #[test]
    fn separators_are_kept_one_by_one() {
        for (value, expected) in [("", ""), ("a..b", "a__b"), ("_A_", "_a_")] {
            assert_eq!(
                convert(&TO_SNAKE_CASE, &[text(value)]),
                Ok(json!({ "string": expected }))
            );
        }
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(convert(&TO_SNAKE_CASE, &[int(1).dynamic()]).is_err());
        assert!(convert(&TO_SNAKE_CASE, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

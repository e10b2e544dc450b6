//! `ToLowerCase(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::case;
use crate::support::plain::Plain;

/// The converter `ToLowerCase`.
pub(crate) const TO_LOWER_CASE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: to_lower_case,
};

static SIGNATURE: Signature = Signature {
    name: "ToLowerCase",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "Text in lowercase, character by character.",
    examples: &[
        Example {
            title: "Letters",
            source: r#"ToLowerCase("ABC-é")"#,
            attributes: "{}",
            result: r#"{"string":"abc-é"}"#,
        },
        Example {
            title: "Characters outside of ASCII",
            source: r#"ToLowerCase("ÀΣ")"#,
            attributes: "{}",
            result: r#"{"string":"àσ"}"#,
        },
    ],
};

fn to_lower_case(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    case::convert(cx, case::lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use serde_json::json;

    #[test]
    fn one_character_never_becomes_two() {
        for (value, expected) in [("", ""), ("İX", "ix")] {
            assert_eq!(
                convert(&TO_LOWER_CASE, &[text(value)]),
                Ok(json!({ "string": expected }))
            );
        }
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(convert(&TO_LOWER_CASE, &[int(1).dynamic()]).is_err());
        assert!(convert(&TO_LOWER_CASE, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

//! `ToUpperCase(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::case;
use crate::support::plain::Plain;

/// The converter `ToUpperCase`.
pub(crate) const TO_UPPER_CASE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: to_upper_case,
};

static SIGNATURE: Signature = Signature {
    name: "ToUpperCase",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "Text in uppercase, character by character.\n\n\
           A character whose uppercase is several characters stays as it is.",
    examples: &[
        Example {
            title: "Letters",
            source: r#"ToUpperCase("abc-É")"#,
            attributes: "{}",
            result: r#"{"string":"ABC-É"}"#,
        },
        Example {
            title: "A character without single uppercase",
            source: r#"ToUpperCase("straße")"#,
            attributes: "{}",
            result: r#"{"string":"STRAßE"}"#,
        },
    ],
};

fn to_upper_case(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    case::convert(cx, case::upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use serde_json::json;

    #[test]
    fn one_character_never_becomes_two() {
        for (value, expected) in [("", ""), ("ﬁx", "ﬁX")] {
            assert_eq!(
                convert(&TO_UPPER_CASE, &[text(value)]),
                Ok(json!({ "string": expected }))
            );
        }
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(convert(&TO_UPPER_CASE, &[int(1).dynamic()]).is_err());
        assert!(convert(&TO_UPPER_CASE, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

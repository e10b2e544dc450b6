//! `ParseInt(target, base)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind, go};

use crate::support::plain::Plain;

/// The converter `ParseInt`.
pub(crate) const PARSE_INT: Plain = Plain {
    signature: &SIGNATURE,
    kernel: parse_int,
};

static SIGNATURE: Signature = Signature {
    name: "ParseInt",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("base", ParamKind::Value(ValueKind::Int)),
    ],
    result: Type::Int,
    fields: &[],
    docs: "Reads text as an integer of a base from 2 to 36.\n\n\
           Base 0 takes the base from a prefix (`0x`, `0o` or `0`, `0b`) and allows underscores \
           between digits. Digits of either case count; only a sign may stand before them. Text \
           that is no such integer, or does not fit 64 bits, is an error.",
    examples: &[
        Example {
            title: "Hexadecimal",
            source: r#"ParseInt("ff", 16)"#,
            attributes: "{}",
            result: r#"{"int":"255"}"#,
        },
        Example {
            title: "By prefix",
            source: r#"ParseInt("-0b1_0", 0)"#,
            attributes: "{}",
            result: r#"{"int":"-2"}"#,
        },
        Example {
            title: "Out of range",
            source: r#"ParseInt("9223372036854775808", 10)"#,
            attributes: "{}",
            result: "error: The text is no integer of 64 bits.",
        },
    ],
};

fn parse_int(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    if target.is_empty() {
        return Err(ExecError::new("The text is empty."));
    }
    let base = cx.int(1)?;
    go::parse_int(cx.bytes(target), base).map(Value::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use serde_json::json;

    #[test]
    fn bases_are_zero_and_2_to_36() {
        assert_eq!(
            convert(&PARSE_INT, &[text("Zz"), int(36)]),
            Ok(json!({"int": "1295"}))
        );
        assert_eq!(
            convert(&PARSE_INT, &[text("017"), int(0)]),
            Ok(json!({"int": "15"}))
        );
        for base in [-1, 1, 37, i64::MAX] {
            assert!(
                convert(&PARSE_INT, &[text("1"), int(base)]).is_err(),
                "{base}"
            );
        }
    }

    #[test]
    fn empty_text_fails_before_the_base_is_looked_at() {
        let result = convert(&PARSE_INT, &[text("").dynamic(), Arg::Failed]);
        assert_eq!(
            result,
            Err(crate::testing::Failure::Exec(
                "The text is empty.".to_owned()
            ))
        );
    }
}

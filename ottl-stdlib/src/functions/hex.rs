//! `Hex(target)`

use otlp_columns::{Slice, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind, text,
};

use crate::support::plain::Plain;

/// The converter `Hex`.
pub(crate) const HEX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: hex,
};

static SIGNATURE: Signature = Signature {
    name: "Hex",
    params: &[Param::new("target", ParamKind::Value(ValueKind::BytesLike))],
    result: Type::String,
    fields: &[],
    docs: "The bytes of a value as lowercase hexadecimal digits.\n\n\
           Numbers are eight bytes in big-endian order, a boolean is one byte, text is its \
           bytes, nil has none. Lists, maps and ids are errors.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Hex("aé")"#,
            attributes: "{}",
            result: r#"{"string":"61c3a9"}"#,
        },
        Example {
            title: "An integer",
            source: "Hex(255)",
            attributes: "{}",
            result: r#"{"string":"00000000000000ff"}"#,
        },
        Example {
            title: "Nothing",
            source: r#"Hex(span.attributes["x"])"#,
            attributes: "{}",
            result: r#"{"string":""}"#,
        },
    ],
};

fn hex(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let Some(bytes) = cx.bytes_like(0)? else {
        return Ok(Value::Str(Slice::EMPTY));
    };
    let mut digits = cx.text();
    text::push_hex(cx.bytes(bytes), &mut digits)?;
    Ok(Value::Str(cx.new_text(digits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{self, Arg, Span, convert};
    use serde_json::json;

    #[test]
    fn numbers_are_eight_bytes() {
        let double = Arg::Computed(|_| Value::Double(1.0));
        assert_eq!(
            convert(&HEX, &[double]),
            Ok(json!({"string": "3ff0000000000000"}))
        );
        let truth = Arg::Computed(|_| Value::Bool(true));
        assert_eq!(convert(&HEX, &[truth]), Ok(json!({"string": "01"})));
        assert!(convert(&HEX, &[Arg::Path("trace_id", Vec::new())]).is_err());
    }

    #[test]
    fn the_result_is_limited() {
        let mut span = Span::new("{}");
        span.limits(|limits| limits.max_string_bytes = 3);
        assert!(span.call(&HEX, &[testing::text("ab")]).is_err());
        assert_eq!(
            span.call(&HEX, &[testing::text("a")]),
            Ok(json!({"string": "61"}))
        );
    }
}

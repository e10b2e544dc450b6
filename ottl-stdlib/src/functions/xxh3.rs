//! `XXH3(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};
use twox_hash::XxHash3_64;

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `XXH3`.
pub(crate) const XXH3: Plain = Plain {
    signature: &SIGNATURE,
    kernel: xxh3,
};

static SIGNATURE: Signature = Signature {
    name: "XXH3",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The XXH3 hash of text with 64 bits, as 16 lowercase hexadecimal digits.\n\n\
           A value that is no text is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"XXH3("a")"#,
            attributes: "{}",
            result: r#"{"string":"e6c632b61e964e1f"}"#,
        },
        Example {
            title: "No text",
            source: r#"XXH3(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn xxh3(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = XxHash3_64::oneshot(cx.bytes(target));
    Ok(cx.new_hex(&hash.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        for (value, hash) in [
            ("", "2d06800538d394c2"),
            ("Hello World", "e34615aade2e6333"),
        ] {
            assert_eq!(convert(&XXH3, &[text(value)]), Ok(json!({"string": hash})));
        }
        assert!(convert(&XXH3, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

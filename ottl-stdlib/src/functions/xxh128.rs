//! `XXH128(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};
use twox_hash::XxHash3_128;

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `XXH128`.
pub(crate) const XXH128: Plain = Plain {
    signature: &SIGNATURE,
    kernel: xxh128,
};

static SIGNATURE: Signature = Signature {
    name: "XXH128",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The XXH3 hash of text with 128 bits, as 32 lowercase hexadecimal digits.\n\n\
           A value that is no text is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"XXH128("a")"#,
            attributes: "{}",
            result: r#"{"string":"a96faf705af16834e6c632b61e964e1f"}"#,
        },
        Example {
            title: "No text",
            source: r#"XXH128(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn xxh128(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = XxHash3_128::oneshot(cx.bytes(target));
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
            ("", "99aa06d3014798d86001c324468d497f"),
            ("Hello World", "403383a15c99beee9ac3af2126a00292"),
        ] {
            assert_eq!(
                convert(&XXH128, &[text(value)]),
                Ok(json!({"string": hash}))
            );
        }
        assert!(convert(&XXH128, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

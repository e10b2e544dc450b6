//! `Murmur3Hash(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::murmur3;
use crate::support::plain::Plain;
use crate::support::work;

/// The converter `Murmur3Hash`.
pub(crate) const MURMUR3_HASH: Plain = Plain {
    signature: &SIGNATURE,
    kernel: murmur3_hash,
};

static SIGNATURE: Signature = Signature {
    name: "Murmur3Hash",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The MurmurHash3 of text with 32 bits, as 8 lowercase hexadecimal digits.\n\n\
           The digits are those of the bytes in little-endian order. A value that is no text is an \
           error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Murmur3Hash("Hello World")"#,
            attributes: "{}",
            result: r#"{"string":"ce837619"}"#,
        },
        Example {
            title: "No text",
            source: r#"Murmur3Hash(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn murmur3_hash(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = murmur3::hash_32(cx.bytes(target));
    Ok(cx.new_hex(&hash.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_has_no_bits() {
        let hash = "00000000";
        assert_eq!(
            convert(&MURMUR3_HASH, &[text("")]),
            Ok(json!({"string": hash}))
        );
        assert!(convert(&MURMUR3_HASH, &[Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&MURMUR3_HASH, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

//! `Murmur3Hash128(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::murmur3;
use crate::support::plain::Plain;
use crate::support::work;

/// The converter `Murmur3Hash128`.
pub(crate) const MURMUR3_HASH128: Plain = Plain {
    signature: &SIGNATURE,
    kernel: murmur3_hash128,
};

static SIGNATURE: Signature = Signature {
    name: "Murmur3Hash128",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The MurmurHash3 of text with 128 bits, as 32 lowercase hexadecimal digits.\n\n\
           It is the variant for machines with 64 bits. The digits are those of its two halves in \
           little-endian order. A value that is no text is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Murmur3Hash128("Hello World")"#,
            attributes: "{}",
            result: r#"{"string":"dbc2a0c1ab26631a27b4c09fcf1fe683"}"#,
        },
        Example {
            title: "No text",
            source: r#"Murmur3Hash128(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn murmur3_hash128(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let halves = murmur3::hash_128(cx.bytes(target)).map(u64::to_le_bytes);
    Ok(cx.new_hex(halves.as_flattened()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_has_no_bits() {
        let hash = "00000000000000000000000000000000";
        assert_eq!(
            convert(&MURMUR3_HASH128, &[text("")]),
            Ok(json!({"string": hash}))
        );
        assert!(convert(&MURMUR3_HASH128, &[Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&MURMUR3_HASH128, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

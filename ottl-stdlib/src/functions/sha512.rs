//! `SHA512(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};
use sha2::{Digest, Sha512};

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `SHA512`.
pub(crate) const SHA512: Plain = Plain {
    signature: &SIGNATURE,
    kernel: sha512,
};

static SIGNATURE: Signature = Signature {
    name: "SHA512",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The SHA-512 hash of text, as 128 lowercase hexadecimal digits.\n\n\
           A value that is no text is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"SHA512("a")"#,
            attributes: "{}",
            result: r#"{"string":"1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75"}"#,
        },
        Example {
            title: "No text",
            source: r#"SHA512(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn sha512(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = Sha512::digest(cx.bytes(target));
    Ok(cx.new_hex(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_has_a_hash() {
        let hash = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
        assert_eq!(convert(&SHA512, &[text("")]), Ok(json!({"string": hash})));
        assert!(convert(&SHA512, &[Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&SHA512, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

//! `SHA256(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};
use sha2::{Digest, Sha256};

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `SHA256`.
pub(crate) const SHA256: Plain = Plain {
    signature: &SIGNATURE,
    kernel: sha256,
};

static SIGNATURE: Signature = Signature {
    name: "SHA256",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The SHA-256 hash of text, as 64 lowercase hexadecimal digits.\n\n\
           A value that is no text is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"SHA256("a")"#,
            attributes: "{}",
            result: r#"{"string":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}"#,
        },
        Example {
            title: "No text",
            source: r#"SHA256(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn sha256(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = Sha256::digest(cx.bytes(target));
    Ok(cx.new_hex(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_has_a_hash() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(convert(&SHA256, &[text("")]), Ok(json!({"string": hash})));
        assert!(convert(&SHA256, &[Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&SHA256, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

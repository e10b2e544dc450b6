//! `SHA1(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};
use sha1::{Digest, Sha1};

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `SHA1`.
pub(crate) const SHA1: Plain = Plain {
    signature: &SIGNATURE,
    kernel: sha1,
};

static SIGNATURE: Signature = Signature {
    name: "SHA1",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The SHA-1 hash of text, as 40 lowercase hexadecimal digits.\n\n\
           A value that is no text is an error. The hash is broken: use it to group and to \
           anonymise, never to prove anything.",
    examples: &[
        Example {
            title: "Text",
            source: r#"SHA1("a")"#,
            attributes: "{}",
            result: r#"{"string":"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"}"#,
        },
        Example {
            title: "No text",
            source: r#"SHA1(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn sha1(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = Sha1::digest(cx.bytes(target));
    Ok(cx.new_hex(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_has_a_hash() {
        let hash = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(convert(&SHA1, &[text("")]), Ok(json!({"string": hash})));
        assert!(convert(&SHA1, &[Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&SHA1, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

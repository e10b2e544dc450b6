//! `MD5(target)`

use md5::{Digest, Md5};
use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `MD5`.
pub(crate) const MD5: Plain = Plain {
    signature: &SIGNATURE,
    kernel: md5,
};

static SIGNATURE: Signature = Signature {
    name: "MD5",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::String,
    fields: &[],
    docs: "The MD5 hash of text, as 32 lowercase hexadecimal digits.\n\n\
           A value that is no text is an error. The hash is broken: use it to group and to \
           anonymise, never to prove anything.",
    examples: &[
        Example {
            title: "Text",
            source: r#"MD5("a")"#,
            attributes: "{}",
            result: r#"{"string":"0cc175b9c0f1b6a831c399e269772661"}"#,
        },
        Example {
            title: "No text",
            source: r#"MD5(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn md5(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let hash = Md5::digest(cx.bytes(target));
    Ok(cx.new_hex(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_has_a_hash() {
        let hash = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(convert(&MD5, &[text("")]), Ok(json!({"string": hash})));
        assert!(convert(&MD5, &[Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&MD5, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

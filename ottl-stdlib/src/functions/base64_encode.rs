//! `Base64Encode(target, variant?)`

use ::base64::Engine as _;
use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::base64;
use crate::support::plain::Plain;

/// The converter `Base64Encode`.
pub(crate) const BASE64_ENCODE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: base64_encode,
};

static SIGNATURE: Signature = Signature {
    name: "Base64Encode",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::optional("variant", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::String,
    fields: &[],
    docs: "The bytes of text in base64.\n\n\
           The variant is `base64`, which is the default, `base64-raw` without padding, \
           `base64-url` with the alphabet for addresses, or `base64-raw-url`. Any other is an error \
           when the call is made.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Base64Encode("a?~>")"#,
            attributes: "{}",
            result: r#"{"string":"YT9+Pg=="}"#,
        },
        Example {
            title: "Without padding and plus signs",
            source: r#"Base64Encode("a?~>", "base64-raw-url")"#,
            attributes: "{}",
            result: r#"{"string":"YT9-Pg"}"#,
        },
        Example {
            title: "No such variant",
            source: r#"Base64Encode("a", "base32")"#,
            attributes: "{}",
            result: "error: The variant of base64 is not known. Use `base64`, `base64-raw`, `base64-url` or `base64-raw-url`.",
        },
    ],
};

/// Bytes that are encoded at once, a multiple of three, so that only the last have padding.
const PART: usize = 3 << 8;

fn base64_encode(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    let engine = if cx.is_present(1) {
        let variant = cx.string(1)?;
        base64::variant(cx.bytes(variant)).ok_or_else(|| {
            ExecError::new(
                "The variant of base64 is not known. Use `base64`, `base64-raw`, `base64-url` or \
                 `base64-raw-url`.",
            )
        })?
    } else {
        &base64::STANDARD
    };
    let mut out = cx.text();
    let mut digits = [0; PART / 3 * 4];
    for part in cx.bytes(target).chunks(PART) {
        let len = engine.encode_slice(part, &mut digits);
        let len = len.expect("there is room for the digits of a part");
        out.push(&digits[..len])?;
    }
    Ok(Value::Str(cx.new_text(out)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, convert, text};
    use serde_json::json;

    #[test]
    fn long_text_has_padding_at_its_end_only() {
        let result = convert(&BASE64_ENCODE, &[text("a".repeat(2 * PART + 1))]);
        let expected = format!("{}YQ==", "YWFh".repeat(2 * PART / 3));
        assert_eq!(result, Ok(json!({ "string": expected })));
    }

    #[test]
    fn the_result_is_limited() {
        let mut span = Span::new("{}");
        span.limits(|limits| limits.max_string_bytes = 7);
        assert!(span.call(&BASE64_ENCODE, &[text("aaa")]).is_ok());
        assert!(span.call(&BASE64_ENCODE, &[text("aaaa")]).is_err());
    }

    #[test]
    fn the_variant_is_looked_at_when_it_is_there() {
        assert!(convert(&BASE64_ENCODE, &[text("a"), Arg::Failed]).is_err());
        assert!(convert(&BASE64_ENCODE, &[text("a"), Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

//! `Decode(target, encoding)`

use std::borrow::Cow;

use ::base64::Engine as _;
use ::base64::engine::GeneralPurpose;
use memchr::memchr2;
use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind, type_name,
};

use crate::support::base64;
use crate::support::encoding::Encoding;
use crate::support::prepared::Prepared;
use crate::support::work;

/// The converter `Decode`.
pub(crate) const DECODE: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "Decode",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Any)),
        Param::new("encoding", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::String,
    fields: &[],
    docs: "Text or bytes in an encoding as text.\n\n\
           The encoding is `base64`, `base64-raw`, `base64-url`, `base64-raw-url`, or the name of a \
           character encoding in the IANA registry, such as `utf-16` (little-endian), `ISO-8859-1` or \
           `Shift_JIS`. What is no text in a character encoding becomes U+FFFD; what is no base64 is \
           an error, where line ends do not count.",
    examples: &[
        Example {
            title: "Base64",
            source: r#"Decode("aGVsbG8=", "base64")"#,
            attributes: "{}",
            result: r#"{"string":"hello"}"#,
        },
        Example {
            title: "A character encoding",
            source: r#"Decode(span.attributes["b"], "windows-1252")"#,
            attributes: r#"{"b":{"$bytes":"gDU="}}"#,
            result: r#"{"string":"€5"}"#,
        },
        Example {
            title: "No base64",
            source: r#"Decode("a", "base64")"#,
            attributes: "{}",
            result: "error: The text is not base64 of this variant.",
        },
        Example {
            title: "No such encoding",
            source: r#"Decode("a", "latin-47")"#,
            attributes: "{}",
            result: "rejected: The encoding `latin-47` is not known. Use a name of the IANA registry, such as `utf-16` or `ISO-8859-1`, or `base64`.",
        },
    ],
};

/// Units of work to find an encoding by its name, which may be to make a table of 256 characters.
const WORK_TO_FIND: u64 = 256;

/// What an encoding's name stands for.
enum Decoder {
    Base64(&'static GeneralPurpose),
    Text(Encoding),
}

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let literal = match args.string(1) {
        Some(name) => Some(decoder(name).map_err(|message| BindError::param(1, message))?),
        None => None,
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.value(0)?;
        match &literal {
            Some(decoder) => decode(cx, target, decoder),
            None => {
                let name = cx.string(1)?;
                cx.spend(WORK_TO_FIND)?;
                let decoder = decoder(cx.bytes(name)).map_err(ExecError::new)?;
                decode(cx, target, &decoder)
            }
        }
    }))
}

fn decoder(name: &[u8]) -> Result<Decoder, String> {
    if let Some(variant) = base64::variant(name) {
        return Ok(Decoder::Base64(variant));
    }
    let encoding = Encoding::named(name).ok_or_else(|| {
        let shown = &name[..name.len().min(64)];
        format!(
            "The encoding `{}` is not known. Use a name of the IANA registry, such as `utf-16` or \
             `ISO-8859-1`, or `base64`.",
            String::from_utf8_lossy(shown)
        )
    })?;
    Ok(Decoder::Text(encoding))
}

fn decode(cx: &mut CallContext<'_>, target: Value, decoder: &Decoder) -> Result<Value, ExecError> {
    let (Value::Str(encoded) | Value::Bytes(encoded)) = target else {
        return Err(ExecError::expected("text or bytes", type_name(target)));
    };
    cx.spend(work::reading(encoded.len as usize))?;
    let mut out = cx.text();
    match decoder {
        Decoder::Base64(variant) => {
            let digits = without_line_ends(cx.bytes(encoded));
            let decoded = variant.decode(digits);
            let decoded =
                decoded.map_err(|_| ExecError::new("The text is not base64 of this variant."))?;
            out.push(&decoded)?;
        }
        Decoder::Text(encoding) => encoding.decode(cx.bytes(encoded), &mut out)?,
    }
    Ok(Value::Str(cx.new_text(out)))
}

fn without_line_ends(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr2(b'\r', b'\n', text).is_none() {
        return Cow::Borrowed(text);
    }
    let digits = text.iter().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    digits.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, text};
    use serde_json::json;

    fn decoded(bytes: &[u8], encoding: &str) -> Option<String> {
        let result = convert(&DECODE, &[text(bytes), text(encoding)]).ok()?;
        Some(result["string"].as_str()?.to_owned())
    }

    #[test]
    fn base64_is_read_as_go_reads_it() {
        for (digits, expected) in [
            ("YQ==", Some("a")),
            ("YR==", Some("a")),
            ("Y\r\nQ=\n=\n", Some("a")),
            ("YQ", None),
            ("YQ=", None),
            ("YQ==YQ==", None),
            ("Y Q==", None),
        ] {
            assert_eq!(
                decoded(digits.as_bytes(), "base64").as_deref(),
                expected,
                "{digits:?}"
            );
        }
        assert_eq!(decoded(b"YQ", "base64-raw").as_deref(), Some("a"));
        assert_eq!(decoded(b"YQ==", "base64-raw"), None);
    }

    #[test]
    fn names_are_in_any_case_and_spaces_choose_another_table() {
        assert_eq!(decoded(b"a\0", "UTF-16").as_deref(), Some("a"));
        assert_eq!(decoded(b"a\0", " utf-16").as_deref(), Some("\u{6100}"));
        assert_eq!(decoded(b"\xc3\xa9", "us-ascii").as_deref(), Some("é"));
        assert_eq!(
            decoded(b"\xc3\xa9", "csASCII").as_deref(),
            Some("\u{fffd}\u{fffd}")
        );
        assert_eq!(decoded(b"\xe9", "\u{212a}oi8-r").as_deref(), Some("И"));
        assert_eq!(decoded(b"a", "gb2312"), None);
        assert_eq!(decoded(b"a", &" ".repeat(1000)), None);
    }

    #[test]
    fn undefined_bytes_are_no_controls() {
        assert_eq!(
            decoded(b"\x80\x81", "windows-1252").as_deref(),
            Some("€\u{fffd}")
        );
        assert_eq!(decoded(b"\x80", "latin1").as_deref(), Some("\u{80}"));
        assert_eq!(decoded(b"\x80", "latin2").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn the_encoding_is_checked_when_it_is_known() {
        let literal = convert(&DECODE, &[Arg::Failed, text("nowhere")]);
        assert!(matches!(literal, Err(Failure::Bind(_))));
        let dynamic = convert(&DECODE, &[text("YQ=="), text("base64").dynamic()]);
        assert_eq!(dynamic, Ok(json!({"string": "a"})));
        let dynamic = convert(&DECODE, &[text("a"), text("nowhere").dynamic()]);
        assert!(matches!(dynamic, Err(Failure::Exec(_))));
        assert!(convert(&DECODE, &[Arg::Computed(|_| Value::Int(1)), text("utf-8")]).is_err());
    }
}

//! `ParseCEF(target)`

use std::ops::Range;

use memchr::{memchr, memmem};
use otlp_columns::{Level, Slice, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::offered::Offered;
use crate::support::plain::Plain;
use crate::support::record::{Record, unescaped};
use crate::support::slices::part_of;
use crate::support::work;

/// The converter `ParseCEF`.
pub(crate) const PARSE_CEF: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: parse_cef,
}
.offered(Home::Transform, &[Level::Log]);

static SIGNATURE: Signature = Signature {
    name: "ParseCEF",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Map,
    fields: &[],
    docs: "Reads a message in the Common Event Format.\n\n\
           The result has `cef.version`, `cef.device_vendor`, `cef.device_product`, \
           `cef.device_version`, `cef.device_event_class_id`, `cef.name`, `cef.severity`, and the map \
           `cef.extensions`. Text before `CEF:` is skipped. In the header `\\|` and `\\\\` are \
           escapes, in values of extensions `\\\\`, `\\=`, `\\n` and `\\r`. A value goes on until the \
           next key with an equals sign. A message without `CEF:` or with fewer than seven fields is \
           an error.",
    examples: &[
        Example {
            title: "A header and extensions",
            source: r#"ParseCEF("CEF:0|Vendor|Product|1.0|100|A \\| b|10|src=10.0.0.1 msg=two words")"#,
            attributes: "{}",
            result: r#"{"map":{"cef.version":{"string":"0"},"cef.device_vendor":{"string":"Vendor"},"cef.device_product":{"string":"Product"},"cef.device_version":{"string":"1.0"},"cef.device_event_class_id":{"string":"100"},"cef.name":{"string":"A | b"},"cef.severity":{"string":"10"},"cef.extensions":{"map":{"src":{"string":"10.0.0.1"},"msg":{"string":"two words"}}}}}"#,
        },
        Example {
            title: "One extension",
            source: r#"ParseCEF("CEF:0|v|p|1|2|n|3|act=blocked")["cef.extensions"]["act"]"#,
            attributes: "{}",
            result: r#"{"string":"blocked"}"#,
        },
        Example {
            title: "A header that is too short",
            source: r#"ParseCEF("CEF:0|Vendor|Product")"#,
            attributes: "{}",
            result: "error: The header of the CEF message has 3 fields, and 7 are needed.",
        },
    ],
};

/// The names of the header's fields behind the version.
const NAMES: [&str; FIELDS - 1] = [
    "cef.device_vendor",
    "cef.device_product",
    "cef.device_version",
    "cef.device_event_class_id",
    "cef.name",
    "cef.severity",
];

const FIELDS: usize = 7;

fn parse_cef(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let text = work::string(cx, 0)?;
    if text.is_empty() {
        return Err(ExecError::new("The CEF message is empty."));
    }
    let (header, rest) = header(cx.bytes(text))?;
    let mut record = Record::default();
    let version = Value::Str(part_of(text, header[0].clone()));
    record.put(cx, "cef.version", version)?;
    for (name, field) in NAMES.into_iter().zip(&header[1..]) {
        let value = unescaped(cx, part_of(text, field.clone()), in_header)?;
        record.put(cx, name, Value::Str(value))?;
    }
    let extensions = extensions(cx, part_of(text, rest))?;
    record.put(cx, "cef.extensions", extensions)?;
    Ok(record.into_value(cx))
}

/// Where the fields of the header are, the first of them the version, and where the extensions are.
fn header(text: &[u8]) -> Result<([Range<usize>; FIELDS], Range<usize>), ExecError> {
    const MARK: &[u8] = b"CEF:";
    let Some(mark) = memmem::find(text, MARK) else {
        return Err(ExecError::new(
            "The text has no `CEF:` and is no CEF message.",
        ));
    };
    let mut fields: [Range<usize>; FIELDS] = Default::default();
    let mut found = 0;
    let mut start = mark;
    let mut at = mark;
    while found < FIELDS {
        match text[at..] {
            [b'\\', b'|' | b'\\', ..] => {
                at += 2;
                continue;
            }
            [] | [b'|', ..] => {
                fields[found] = start..at;
                found += 1;
                start = (at + 1).min(text.len());
            }
            _ => {}
        }
        if at == text.len() {
            break;
        }
        at += 1;
    }
    if found < FIELDS {
        return Err(ExecError::new(format!(
            "The header of the CEF message has {found} fields, and {FIELDS} are needed."
        )));
    }
    if fields[0].len() == MARK.len() {
        return Err(ExecError::new("The CEF message has no version."));
    }
    fields[0].start += MARK.len();
    Ok((fields, start..text.len()))
}

fn in_header(escape: &[u8]) -> Option<(u8, usize)> {
    match escape {
        [byte @ (b'|' | b'\\'), ..] => Some((*byte, 1)),
        _ => None,
    }
}

fn in_value(escape: &[u8]) -> Option<(u8, usize)> {
    let byte = match escape.first()? {
        byte @ (b'\\' | b'=') => *byte,
        b'n' => b'\n',
        b'r' => b'\r',
        _ => return None,
    };
    Some((byte, 1))
}

fn extensions(cx: &mut CallContext<'_>, text: Slice) -> Result<Value, ExecError> {
    let mut record = Record::default();
    let mut key = next_key(cx.bytes(text), 0);
    while let Some(known) = key {
        let start = known.end + 1;
        let bytes = cx.bytes(text);
        key = next_key(bytes, start);
        let end = key.as_ref().map_or(bytes.len(), |next| next.start);
        let blanks = bytes[start..end]
            .iter()
            .rev()
            .take_while(|&&byte| byte == b' ');
        let value = start..end - blanks.count();
        let value = unescaped(cx, part_of(text, value), in_value)?;
        record.put_part(cx, part_of(text, known), Value::Str(value))?;
    }
    Ok(record.into_value(cx))
}

/// The first key at or behind `at`. Keys stand at the beginning or behind a space, and before an
/// equals sign.
fn next_key(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    loop {
        let is_start = at == 0 || text.get(at - 1) == Some(&b' ');
        if is_start {
            let is_key = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let len = text[at..].iter().take_while(is_key).count();
            if len > 0 && text.get(at + len) == Some(&b'=') {
                return Some(at..at + len);
            }
        }
        at += memchr(b' ', text.get(at..)?)? + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{convert, text};
    use serde_json::{Value as Json, json};

    fn parsed(message: &str) -> Option<Json> {
        Some(convert(&PARSE_CEF, &[text(message)]).ok()?["map"].clone())
    }

    fn extensions(text: &str) -> Json {
        let parsed = parsed(&format!("CEF:0|v|p|1|2|n|3|{text}")).expect("it is a message");
        parsed["cef.extensions"]["map"].clone()
    }

    #[test]
    fn values_go_on_until_the_next_key() {
        assert_eq!(
            extensions("a=1 2  b_1=x=y c= d-e=f"),
            json!({"a": {"string": "1 2"}, "b_1": {"string": "x=y"}, "c": {"string": " d-e=f"}})
        );
        assert_eq!(extensions("junk a=1"), json!({"a": {"string": "1"}}));
        assert_eq!(extensions("a=1 a=2"), json!({"a": {"string": "2"}}));
        assert_eq!(extensions("a=b=c"), json!({"a": {"string": "b=c"}}));
        assert_eq!(extensions(" = =a"), json!({}));
    }

    #[test]
    fn escapes_differ_between_header_and_values() {
        assert_eq!(
            extensions(r"m=a\nb\rc\\d\=e\|f\"),
            json!({"m": {"string": "a\nb\rc\\d=e\\|f\\"}})
        );
        let header = parsed(r"CEF:1\||a\|b|c\\|d\n|e|f|g").expect("it is a message");
        assert_eq!(header["cef.version"]["string"], json!(r"1\|"));
        assert_eq!(header["cef.device_vendor"]["string"], json!("a|b"));
        assert_eq!(header["cef.device_product"]["string"], json!(r"c\"));
        assert_eq!(header["cef.device_version"]["string"], json!(r"d\n"));
        assert_eq!(header["cef.severity"]["string"], json!("g"));
        assert_eq!(header["cef.extensions"]["map"], json!({}));
    }

    #[test]
    fn a_header_has_seven_fields() {
        assert!(parsed("<13>host CEF:0|v|p|1|2|n|3").is_some());
        assert!(parsed("CEF:0||||||").is_some());
        for wrong in [
            "",
            "CEF:",
            "cef:0|v|p|1|2|n|3",
            "CEF:0|v|p|1|2|n",
            "CEF:|v|p|1|2|n|3|",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}

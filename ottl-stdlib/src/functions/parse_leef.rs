//! `ParseLEEF(target)`

use std::ops::Range;

use memchr::{memchr, memmem};
use otlp_columns::{Level, Slice, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind, text,
};

use crate::support::offered::Offered;
use crate::support::plain::Plain;
use crate::support::record::Record;
use crate::support::slices::part_of;
use crate::support::work;

/// The converter `ParseLEEF`.
pub(crate) const PARSE_LEEF: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: parse_leef,
}
.offered(Home::Transform, &[Level::Log]);

static SIGNATURE: Signature = Signature {
    name: "ParseLEEF",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Map,
    fields: &[],
    docs: "Reads a message in the Log Event Extended Format, version 1.0 or 2.0.\n\n\
           The result has `leef.version`, `leef.vendor`, `leef.product.name`, \
           `leef.product.version`, `leef.event.id`, and the map `leef.attributes`. Text before \
           `LEEF:` is skipped. Attributes are parted by tabs. Version 2.0 may name another byte \
           behind the header, as it is or as `0x5e`; it may also leave it out. Parts without an \
           equals sign or a key are skipped, and of equal keys the last one counts. A message \
           without `LEEF:`, of another version or with fewer than four fields is an error.",
    examples: &[
        Example {
            title: "A delimiter",
            source: r#"ParseLEEF("LEEF:2.0|Vendor|Product|1.0|42|^|src=10.0.0.1^dst=10.0.0.2")"#,
            attributes: "{}",
            result: r#"{"map":{"leef.version":{"string":"2.0"},"leef.vendor":{"string":"Vendor"},"leef.product.name":{"string":"Product"},"leef.product.version":{"string":"1.0"},"leef.event.id":{"string":"42"},"leef.attributes":{"map":{"src":{"string":"10.0.0.1"},"dst":{"string":"10.0.0.2"}}}}}"#,
        },
        Example {
            title: "One attribute",
            source: r#"ParseLEEF("LEEF:1.0|v|p|1|2|a=1\tb=x=y")["leef.attributes"]["b"]"#,
            attributes: "{}",
            result: r#"{"string":"x=y"}"#,
        },
        Example {
            title: "Another version",
            source: r#"ParseLEEF("LEEF:3.0|v|p|1|2|")"#,
            attributes: "{}",
            result: "error: The version of the LEEF message is neither 1.0 nor 2.0.",
        },
    ],
};

const NAMES: [&str; 4] = [
    "leef.vendor",
    "leef.product.name",
    "leef.product.version",
    "leef.event.id",
];

/// Where the parts of a message are.
struct Message {
    version: Range<usize>,
    header: [Range<usize>; NAMES.len()],
    attributes: Range<usize>,
    delimiter: u8,
}

fn parse_leef(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let text = work::string(cx, 0)?;
    if text.is_empty() {
        return Err(ExecError::new("The LEEF message is empty."));
    }
    let message = Message::of(cx.bytes(text))?;
    let mut record = Record::default();
    let version = Value::Str(part_of(text, message.version));
    record.put(cx, "leef.version", version)?;
    for (name, field) in NAMES.into_iter().zip(message.header) {
        record.put(cx, name, Value::Str(part_of(text, field)))?;
    }
    let attributes = part_of(text, message.attributes);
    let attributes = read_attributes(cx, attributes, message.delimiter)?;
    record.put(cx, "leef.attributes", attributes)?;
    Ok(record.into_value(cx))
}

impl Message {
    fn of(text: &[u8]) -> Result<Self, ExecError> {
        const MARK: &[u8] = b"LEEF:";
        let Some(mark) = memmem::find(text, MARK) else {
            return Err(ExecError::new(
                "The text has no `LEEF:` and is no LEEF message.",
            ));
        };
        let mut rest = mark + MARK.len()..text.len();
        let Some(version) = next_field(text, &mut rest) else {
            return Err(ExecError::new("The LEEF message has no header."));
        };
        let has_delimiter = match &text[version.clone()] {
            b"1.0" => false,
            b"2.0" => true,
            _ => {
                return Err(ExecError::new(
                    "The version of the LEEF message is neither 1.0 nor 2.0.",
                ));
            }
        };
        let mut header: [Range<usize>; NAMES.len()] = Default::default();
        for (index, field) in header.iter_mut().enumerate() {
            *field = match next_field(text, &mut rest) {
                Some(found) => found,
                // The last field may be the end of the message.
                None if index == NAMES.len() - 1 => {
                    std::mem::replace(&mut rest, text.len()..text.len())
                }
                None => return Err(too_short(index + 1)),
            };
        }
        let delimiter = match has_delimiter {
            true => delimiter(text, &mut rest)?,
            false => b'\t',
        };
        Ok(Self {
            version,
            header,
            attributes: rest,
            delimiter,
        })
    }
}

#[cold]
fn too_short(fields: usize) -> ExecError {
    ExecError::new(format!(
        "The header of the LEEF message has {fields} fields, and {} are needed.",
        NAMES.len()
    ))
}

/// What stands before the next bar; the range is what stands behind it then.
fn next_field(text: &[u8], rest: &mut Range<usize>) -> Option<Range<usize>> {
    let len = memchr(b'|', &text[rest.clone()])?;
    let field = rest.start..rest.start + len;
    rest.start = field.end + 1;
    Some(field)
}

/// The delimiter that stands at the beginning of `rest` and is taken from there. A field with an
/// equals sign is the first attribute instead.
fn delimiter(text: &[u8], rest: &mut Range<usize>) -> Result<u8, ExecError> {
    let mut behind = rest.clone();
    let field = next_field(text, &mut behind).unwrap_or_else(|| {
        behind.start = behind.end;
        rest.clone()
    });
    let spec = &text[field];
    if memchr(b'=', spec).is_some() {
        return Ok(b'\t');
    }
    *rest = behind;
    match spec {
        [] => Ok(b'\t'),
        [byte] => Ok(*byte),
        [b'0', b'x' | b'X', digits @ ..] => match text::unhex(digits).as_deref() {
            Some([byte]) => Ok(*byte),
            _ => Err(ExecError::new(
                "The delimiter of the LEEF message is not one byte in hexadecimal.",
            )),
        },
        _ => Err(ExecError::new(
            "The delimiter of the LEEF message is more than one byte.",
        )),
    }
}

fn read_attributes(
    cx: &mut CallContext<'_>,
    text: Slice,
    delimiter: u8,
) -> Result<Value, ExecError> {
    let mut record = Record::default();
    let mut start = 0;
    while start < text.len as usize {
        let rest = &cx.bytes(text)[start..];
        let len = memchr(delimiter, rest).unwrap_or(rest.len());
        let equals = memchr(b'=', &rest[..len]);
        if let Some(equals @ 1..) = equals {
            let key = part_of(text, start..start + equals);
            let value = part_of(text, start + equals + 1..start + len);
            record.put_part(cx, key, Value::Str(value))?;
        }
        start += len + 1;
    }
    Ok(record.into_value(cx))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::convert;
    use serde_json::{Value as Json, json};

    fn parsed(message: &str) -> Option<Json> {
        let message = crate::testing::text(message);
        Some(convert(&PARSE_LEEF, &[message]).ok()?["map"].clone())
    }

    fn attributes(message: &str) -> Option<Json> {
        Some(parsed(message)?["leef.attributes"]["map"].clone())
    }

    #[test]
    fn delimiters_are_one_byte() {
        for (delimiter, sample) in [
            ("", "\t"),
            ("^", "^"),
            ("0x5e", "^"),
            ("0X7C", "|"),
            (" ", " "),
        ] {
            let message = format!("LEEF:2.0|v|p|1|2|{delimiter}|a=1{sample}b=2");
            let expected = json!({"a": {"string": "1"}, "b": {"string": "2"}});
            assert_eq!(attributes(&message), Some(expected), "{delimiter}");
        }
        for wrong in ["ab", "0x", "0x5", "0x5e5e", "0xzz", "é"] {
            assert_eq!(
                parsed(&format!("LEEF:2.0|v|p|1|2|{wrong}|a=1")),
                None,
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_delimiter_may_be_left_out() {
        assert_eq!(
            attributes("LEEF:2.0|v|p|1|2|a=1|2\tb=3"),
            Some(json!({"a": {"string": "1|2"}, "b": {"string": "3"}}))
        );
        assert_eq!(attributes("LEEF:2.0|v|p|1|2"), Some(json!({})));
        assert_eq!(attributes("LEEF:2.0|v|p|1|2|^"), Some(json!({})));
    }

    #[test]
    fn parts_that_are_no_attributes_are_skipped() {
        assert_eq!(
            attributes("x LEEF:1.0|v|p|1|2|a=1\t\tb\t=c\ta=2\t d = 3 "),
            Some(json!({"a": {"string": "2"}, " d ": {"string": " 3 "}}))
        );
        // The delimiter hides every equals sign.
        assert_eq!(attributes("LEEF:2.0|v|p|1|2|0x3d|a=1"), Some(json!({})));
    }

    #[test]
    fn headers_are_checked() {
        assert!(parsed("LEEF:1.0|v|p|1|2").is_some());
        for wrong in [
            "",
            "LEEF:1.0",
            "leef:1.0|v|p|1|2|",
            "LEEF:1|v|p|1|2",
            "LEEF:1.0|v|p|1",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}

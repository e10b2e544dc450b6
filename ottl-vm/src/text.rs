//! Values as text, the way the reference prints them.

use std::fmt::Write as _;

use otlp_columns::{Heap, ListKind, MapKind, PoolRange, Timestamp, Value};

use crate::civil::Civil;
pub(crate) use crate::digits::fill_hex;
pub use crate::digits::{
    Decimal, Shortest, double, double_or_name, hex, shortest_exponential, shortest_plain, unhex,
};
use crate::{ExecError, TextBuilder, Zones};

/// How deep values may nest to be printed.
const MAX_DEPTH: usize = 200;

/// Appends a value as JSON, the way the reference turns values into strings: map keys sorted, bytes
/// in base64, `<`, `>` and `&` escaped, times in their zone.
///
/// Maps and lists of attributes that are elements of a literal list have no JSON form there and
/// appear as `{}`, as in the reference.
///
/// # Errors
/// When a number is infinite or NaN, a time's year is not one of 0 to 9999, values nest too deep, or
/// the text would be too long.
pub fn json(
    heap: &mut Heap,
    zones: &Zones,
    value: Value,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    let attributes = is_attribute(value);
    let printer = Printer {
        zones: Some(zones),
        attributes,
    };
    printer.print(heap, value, out, 0)
}

/// Appends an attribute's value or a log body as the text it has beside other fields: strings as
/// they are, nothing as nothing, bytes in base64, infinities and NaN by name, maps and lists as
/// JSON with nothing escaped but what JSON demands.
///
/// # Errors
/// When the text would be too long.
pub fn attribute(heap: &mut Heap, value: Value, out: &mut TextBuilder) -> Result<(), ExecError> {
    match heap.resolve(value) {
        Value::Nil => Ok(()),
        Value::Str(slice) => out.push(heap.bytes(slice)),
        Value::Bytes(slice) => push_base64(heap.bytes(slice), out),
        Value::Double(value) if value.is_nan() => out.push(b"NaN"),
        Value::Double(value) if value.is_infinite() => out.push(if value > 0.0 {
            b"Infinity"
        } else {
            b"-Infinity"
        }),
        other => {
            let start = out.len();
            let printer = Printer {
                zones: None,
                attributes: true,
            };
            match printer.print(heap, other, out, 0) {
                Err(error) if out.refused() => Err(error),
                // What has no JSON form, such as a list with NaN in it, is no text.
                Err(_) => {
                    out.truncate(start);
                    Ok(())
                }
                Ok(()) => Ok(()),
            }
        }
    }
}

fn is_attribute(value: Value) -> bool {
    matches!(
        value,
        Value::Map(MapKind::Map, _) | Value::List(ListKind::Slice, _) | Value::Wire(_)
    )
}

/// The two JSON writers that the reference has.
struct Printer<'a> {
    /// Present for the one that converts to strings, absent for the one that prints attributes.
    zones: Option<&'a Zones>,
    /// Whether nested maps and lists are those of attributes.
    attributes: bool,
}

impl Printer<'_> {
    fn print(
        &self,
        heap: &mut Heap,
        value: Value,
        out: &mut TextBuilder,
        depth: usize,
    ) -> Result<(), ExecError> {
        if depth > MAX_DEPTH {
            return Err(ExecError::new(
                "The value is nested too deep to be printed.",
            ));
        }
        if depth > 0 && !self.attributes && is_attribute(value) {
            return out.push(b"{}");
        }
        match heap.resolve(value) {
            Value::Nil | Value::Error(_) | Value::Wire(_) => out.push(b"null"),
            Value::Bool(value) => out.push(if value { b"true" } else { b"false" }),
            Value::Int(value) | Value::Duration(value) => {
                out.push(Decimal::default().digits(value))
            }
            Value::Double(value) => self.number(value, out),
            Value::Str(slice) => self.string(heap.bytes(slice), out),
            Value::Bytes(slice) if slice.is_empty() => out.push(b"null"),
            Value::Bytes(slice) => {
                out.push_byte(b'"')?;
                push_base64(heap.bytes(slice), out)?;
                out.push_byte(b'"')
            }
            Value::TraceId(slice) | Value::SpanId(slice) | Value::ProfileId(slice) => {
                numbers(heap.bytes(slice).iter().map(u8::to_string), out)
            }
            opaque @ Value::Opaque(..) => match opaque.as_opaque_number() {
                Some(number) => out.push(number.to_string().as_bytes()),
                None => out.push(b"{}"),
            },
            Value::Time {
                seconds,
                nanos,
                zone,
            } => self.time(
                Timestamp {
                    seconds,
                    nanos,
                    zone,
                },
                out,
            ),
            // A repeated field without elements is no list at all in the reference.
            Value::List(ListKind::Uints | ListKind::Doubles | ListKind::Times, range)
                if range.len == 0 =>
            {
                out.push(b"null")
            }
            Value::List(ListKind::Uints, range) => {
                numbers(heap.list(range).iter().map(unsigned), out)
            }
            Value::List(_, range) => self.list(heap, range, out, depth),
            Value::Map(_, range) => self.map(heap, range, out, depth),
        }
    }

    fn list(
        &self,
        heap: &mut Heap,
        range: PoolRange,
        out: &mut TextBuilder,
        depth: usize,
    ) -> Result<(), ExecError> {
        out.push_byte(b'[')?;
        for index in 0..range.len as usize {
            if index > 0 {
                out.push_byte(b',')?;
            }
            let element = heap.list(range)[index];
            self.print(heap, element, out, depth + 1)?;
        }
        out.push_byte(b']')
    }

    fn map(
        &self,
        heap: &mut Heap,
        range: PoolRange,
        out: &mut TextBuilder,
        depth: usize,
    ) -> Result<(), ExecError> {
        out.spend(range.len.into())?;
        let mut entries = heap.map(range).to_vec();
        entries.sort_by(|left, right| heap.bytes(left.key).cmp(heap.bytes(right.key)));
        // Where a message has a key twice the reference's maps keep the last value.
        entries.reverse();
        entries.dedup_by(|left, right| heap.bytes(left.key) == heap.bytes(right.key));
        entries.reverse();
        out.push_byte(b'{')?;
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                out.push_byte(b',')?;
            }
            self.string(heap.bytes(entry.key), out)?;
            out.push_byte(b':')?;
            self.print(heap, entry.value, out, depth + 1)?;
        }
        out.push_byte(b'}')
    }

    fn number(&self, value: f64, out: &mut TextBuilder) -> Result<(), ExecError> {
        if !value.is_finite() {
            return Err(ExecError::new("The number has no JSON form."));
        }
        // One writer prints `1e-7` where the other one prints `1e-07`.
        let digits = if self.zones.is_none() { 1 } else { 2 };
        let mut text = Shortest::default();
        out.push(text.go(value, digits))
    }

    fn string(&self, bytes: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
        if self.zones.is_some() {
            json_string(bytes, out)
        } else {
            plain_json_string(bytes, out)
        }
    }

    fn time(&self, time: Timestamp, out: &mut TextBuilder) -> Result<(), ExecError> {
        let text = match self.zones {
            Some(zones) => rfc3339(time, zones)
                .ok_or_else(|| ExecError::new("The time is outside of the years 0 to 9999."))?,
            None => rfc3339_utc(time),
        };
        out.push_byte(b'"')?;
        out.push(text.as_bytes())?;
        out.push_byte(b'"')
    }
}

fn numbers(numbers: impl Iterator<Item = String>, out: &mut TextBuilder) -> Result<(), ExecError> {
    out.push_byte(b'[')?;
    for (index, number) in numbers.enumerate() {
        if index > 0 {
            out.push_byte(b',')?;
        }
        out.push(number.as_bytes())?;
    }
    out.push_byte(b']')
}

fn unsigned(value: &Value) -> String {
    match value {
        Value::Int(bits) => (*bits as u64).to_string(),
        _ => String::new(),
    }
}

/// A time as RFC 3339 in its zone with as many fractional digits as it needs; `None` outside of the
/// years 0 to 9999. Seconds of the zone's offset are left out.
#[must_use]
pub fn rfc3339(time: Timestamp, zones: &Zones) -> Option<String> {
    let civil = Civil::of(time, zones);
    if !(0..=9999).contains(&civil.year) {
        return None;
    }
    let mut text = date_time(&civil, time.nanos);
    if civil.offset == 0 {
        text.push('Z');
    } else {
        let minutes = civil.offset.abs() / 60;
        let sign = if civil.offset < 0 { '-' } else { '+' };
        let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    }
    Some(text)
}

/// A time as RFC 3339 in UTC with as many fractional digits as it needs. Years outside of 0 to 9999
/// have a sign or more digits, which RFC 3339 does not allow.
#[must_use]
pub fn rfc3339_utc(time: Timestamp) -> String {
    let mut text = date_time(&Civil::at(time.seconds, 0), time.nanos);
    text.push('Z');
    text
}

fn date_time(civil: &Civil, nanos: u32) -> String {
    let sign = if civil.year < 0 { "-" } else { "" };
    let mut text = format!(
        "{sign}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        civil.year.unsigned_abs(),
        civil.month,
        civil.day,
        civil.hour,
        civil.minute,
        civil.second
    );
    if nanos > 0 {
        let digits = format!("{nanos:09}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text
}

/// Appends a quoted JSON string; each byte of invalid UTF-8 becomes `\ufffd`, and `<`, `>` and `&`
/// are escaped.
fn json_string(bytes: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    quoted(bytes, out, |char| match char {
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '<' => Some("\\u003c"),
        '>' => Some("\\u003e"),
        '&' => Some("\\u0026"),
        _ => None,
    })
}

/// Appends a quoted JSON string with the short escapes that JSON has.
fn plain_json_string(bytes: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    quoted(bytes, out, |char| match char {
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\u{8}' => Some("\\b"),
        '\u{c}' => Some("\\f"),
        _ => None,
    })
}

fn quoted(
    bytes: &[u8],
    out: &mut TextBuilder,
    escape: fn(char) -> Option<&'static str>,
) -> Result<(), ExecError> {
    out.push_byte(b'"')?;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        let mut copied = 0;
        for (at, char) in valid.char_indices() {
            let long;
            let escaped = match char {
                '"' => "\\\"",
                '\\' => "\\\\",
                char => match escape(char) {
                    Some(escaped) => escaped,
                    None if matches!(char, '\u{2028}' | '\u{2029}' | '\0'..'\u{20}') => {
                        long = format!("\\u{:04x}", char as u32);
                        &long
                    }
                    None => continue,
                },
            };
            out.push(&valid.as_bytes()[copied..at])?;
            out.push(escaped.as_bytes())?;
            copied = at + char.len_utf8();
        }
        out.push(&valid.as_bytes()[copied..])?;
        for _ in chunk.invalid() {
            out.push(b"\\ufffd")?;
        }
    }
    out.push_byte(b'"')
}

/// Appends lowercase hexadecimal digits.
///
/// # Errors
/// When the text would be too long.
pub fn push_hex(bytes: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    let mut parts = bytes.chunks(1 << 10);
    parts.try_for_each(|part| out.push(hex(part).as_bytes()))
}

/// Appends standard base64 with padding.
fn push_base64(bytes: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    // Three bytes are four digits, so that only the last part is padded.
    let mut parts = bytes.chunks(3 << 10);
    parts.try_for_each(|part| out.push(base64(part).as_bytes()))
}

/// Standard base64 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().enumerate().fold(0u32, |group, (at, &byte)| {
            group | u32::from(byte) << (16 - 8 * at)
        });
        for at in 0..4 {
            if at <= chunk.len() {
                text.push(char::from(DIGITS[(group >> (18 - 6 * at) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use otlp_columns::{Batch, Entry, Meter, Signal, Stop};

    use super::*;

    fn with_heap<T>(make: impl FnOnce(&mut Heap) -> T) -> T {
        let batch = Batch::decode(Signal::Traces, Vec::new());
        make(batch.expect("an empty message is one").heap_mut())
    }

    /// A map with a key out of order, a small number, control characters and no bytes.
    fn sample(heap: &mut Heap) -> Value {
        let entries = [
            Entry::new(heap.alloc(b"z<"), Value::Bytes(heap.alloc(b"hello"))),
            Entry::new(
                heap.alloc(b"s"),
                Value::Str(heap.alloc(b"\x08\x0c\x7f&\xff")),
            ),
            Entry::new(heap.alloc(b"n"), Value::Double(1e-7)),
            Entry::new(heap.alloc(b"e"), Value::Bytes(heap.alloc(b""))),
        ];
        Value::Map(MapKind::Map, heap.alloc_map(&entries))
    }

    #[test]
    fn the_two_writers_differ_in_numbers_and_escapes() {
        with_heap(|heap| {
            let value = sample(heap);
            let mut out = TextBuilder::from(&*heap);
            json(heap, &Zones::default(), value, &mut out).expect("it has a JSON form");
            let expected = r#"{"e":null,"n":1e-07,"s":"\u0008\u000c"#.to_owned()
                + "\u{7f}"
                + r#"\u0026\ufffd","z\u003c":"aGVsbG8="}"#;
            assert_eq!(String::from_utf8_lossy(out.bytes()), expected);

            out.truncate(0);
            attribute(heap, value, &mut out).expect("it is short");
            let expected = r#"{"e":null,"n":1e-7,"s":"\b\f"#.to_owned()
                + "\u{7f}"
                + r#"&\ufffd","z<":"aGVsbG8="}"#;
            assert_eq!(String::from_utf8_lossy(out.bytes()), expected);
        });
    }

    #[test]
    fn what_has_no_json_form_is_an_error_or_nothing() {
        with_heap(|heap| {
            let list = heap.alloc_list(&[Value::Double(f64::NAN)]);
            let list = Value::List(ListKind::Slice, list);
            let mut out = TextBuilder::from(&*heap);
            assert!(json(heap, &Zones::default(), list, &mut out).is_err());
            out.truncate(0);
            out.push(b"kept").expect("it is short");
            attribute(heap, list, &mut out).expect("it is nothing");
            assert_eq!(out.bytes(), b"kept");
            let infinity = Value::Double(f64::NEG_INFINITY);
            attribute(heap, infinity, &mut out).expect("it is short");
            assert_eq!(out.bytes(), b"kept-Infinity");
        });
    }

    #[test]
    fn a_small_value_that_prints_huge_is_refused_early() {
        with_heap(|heap| {
            let text = Value::Str(heap.alloc(&[b'x'; 1000]));
            let mut value = text;
            // Ten to the power of nine times the same text.
            for _ in 0..9 {
                value = Value::List(ListKind::Slice, heap.alloc_list(&[value; 10]));
            }
            let mut out = TextBuilder::new(heap, 100_000);
            let error = json(heap, &Zones::default(), value, &mut out).expect_err("too long");
            assert_eq!(
                error.message(),
                "The text would be longer than 100000 bytes."
            );
            assert!(out.refused() && out.len() <= 100_000);

            let mut out = TextBuilder::new(heap, 100_000);
            assert!(attribute(heap, value, &mut out).is_err() && out.len() <= 100_000);

            heap.set_meter(Arc::new(Meter::new(1000)));
            let mut out = TextBuilder::new(heap, usize::MAX);
            assert!(json(heap, &Zones::default(), value, &mut out).is_err());
            assert_eq!(heap.meter().stopped(), Some(Stop::Work));
        });
    }

    #[test]
    fn text_without_room_in_the_heap_stops_the_run() {
        with_heap(|heap| {
            let mut out = TextBuilder::new(heap, usize::MAX);
            let megabyte = vec![b'x'; 1 << 20];
            let pushed = (0..10_000).take_while(|_| out.push(&megabyte).is_ok());
            assert_eq!(pushed.count(), (64 << 20 >> 20) - 1);
            assert_eq!(heap.meter().stopped(), Some(Stop::Memory));
        });
    }

    #[test]
    fn times_have_years_of_four_digits_in_json() {
        let at = |seconds| Timestamp {
            seconds,
            nanos: 500_000_000,
            zone: 0,
        };
        let zones = Zones::default();
        assert_eq!(
            rfc3339(at(0), &zones).as_deref(),
            Some("1970-01-01T00:00:00.5Z")
        );
        assert_eq!(rfc3339(at(253_402_300_800), &zones), None);
        assert_eq!(rfc3339_utc(at(253_402_300_800)), "10000-01-01T00:00:00.5Z");
        assert_eq!(rfc3339_utc(at(-70_000_000_000)), "-0249-10-15T19:33:20.5Z");
    }
}

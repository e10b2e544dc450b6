//! OTLP/JSON there and back, and what it looks like.

use otlp_columns::{Signal, json};
use proptest::prelude::*;

use crate::encode::{check, style};
use crate::messages::data;
use crate::rewrite::{Type, rewrite};

proptest! {
    #[test]
    fn there_and_back_is_the_same_message(data in data(), style in style()) {
        let signal = data.signal();
        let bytes = rewrite(&data.encode(), Type::Top(signal), style);
        let mut text = Vec::new();
        json::from_wire(signal, &bytes, &mut text).expect("a well-formed message");
        let back = json::to_wire(signal, &text)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        check(&data, &back)?;
        // What was written once is written the same again.
        let mut again = Vec::new();
        json::from_wire(signal, &back, &mut again).expect("a well-formed message");
        prop_assert_eq!(again, text);
    }

    #[test]
    fn any_text_is_read_or_an_error(text in "\\PC{0,60}") {
        for signal in Signal::ALL {
            if let Err(error) = json::to_wire(signal, text.as_bytes()) {
                prop_assert!(error.line >= 1 && error.column <= text.len() + 1, "{error}");
            }
        }
    }

    #[test]
    fn damaged_text_is_read_or_an_error(
        data in data(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut text = Vec::new();
        json::from_wire(data.signal(), &data.encode(), &mut text).expect("a well-formed message");
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        match json::to_wire(data.signal(), &text) {
            Ok(bytes) => {
                // Text that is not UTF-8 passes through, which prost does not like.
                let mut out = Vec::new();
                prop_assert!(json::from_wire(data.signal(), &bytes, &mut out).is_ok());
            }
            Err(error) => prop_assert!(!error.message.is_empty()),
        }
    }

    #[test]
    fn doubles_come_back_exactly(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(!value.is_nan());
        let mut point = vec![0x21];
        point.extend_from_slice(&bits.to_le_bytes());
        let bytes = nested(&point, [1, 5, 2, 2, 1]);
        let mut text = Vec::new();
        json::from_wire(Signal::Metrics, &bytes, &mut text).expect("a well-formed message");
        prop_assert_eq!(json::to_wire(Signal::Metrics, &text), Ok(bytes));
    }
}

/// `body` inside fields of these numbers, the first innermost; less than 128 bytes in all.
fn nested<const N: usize>(body: &[u8], numbers: [u8; N]) -> Vec<u8> {
    numbers.into_iter().fold(body.to_vec(), |body, number| {
        [&[number << 3 | 2, body.len() as u8], body.as_slice()].concat()
    })
}

fn span_text(fields: &[u8]) -> String {
    let mut out = Vec::new();
    let bytes = nested(fields, [2, 2, 1]);
    json::from_wire(Signal::Traces, &bytes, &mut out).expect("a well-formed message");
    let text = String::from_utf8(out).expect("JSON is UTF-8");
    let inner = text
        .strip_prefix(r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"#)
        .and_then(|text| text.strip_suffix("}]}]}]}"));
    inner.expect("one span").to_owned()
}

#[test]
fn text_is_escaped_and_made_valid() {
    let name = |bytes: &[u8]| {
        let field = [&[0x2a, bytes.len() as u8], bytes].concat();
        span_text(&field)
    };
    assert_eq!(name(b"a\"\\\n\r\t\x01/"), r#""name":"a\"\\\n\r\t\u0001/""#);
    assert_eq!(name("\u{7f}é€".as_bytes()), "\"name\":\"\u{7f}é€\"");
    // Each maximal invalid part is one U+FFFD: a cut character, a lone byte, a surrogate's three.
    assert_eq!(name(b"\xe2\x82x\xffy"), "\"name\":\"\u{fffd}x\u{fffd}y\"");
    assert_eq!(
        name(b"\xed\xa0\x80"),
        "\"name\":\"\u{fffd}\u{fffd}\u{fffd}\""
    );
}

#[test]
fn defaults_are_left_out_unless_their_presence_means_something() {
    assert_eq!(span_text(&[0x30, 0, 0x2a, 0, 0x0a, 0]), "");
    assert_eq!(span_text(&[[0x0a, 16].as_slice(), &[0; 16]].concat()), "");
    assert_eq!(span_text(&[0x30, 3, 0x80, 0x01, 5][..2]), r#""kind":3"#);
    assert_eq!(span_text(&[0x7a, 0]), r#""status":{}"#);
    // An attribute without key whose value is false.
    assert_eq!(
        span_text(&[0x4a, 4, 0x12, 2, 0x10, 0]),
        r#""attributes":[{"value":{"boolValue":false}}]"#
    );
}

fn error(text: &str) -> String {
    json::to_wire(Signal::Traces, text.as_bytes())
        .expect_err("an error")
        .to_string()
}

#[test]
fn errors_say_what_and_where() {
    let error_of = |fields: &str| {
        let text =
            format!("{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[\n{{{fields}}}]}}]}}]}}");
        error(&text)
    };
    let at = |column: usize, what: &str| {
        format!("The OTLP/JSON at line 2, column {column} cannot be read: {what}.")
    };
    assert_eq!(
        error_of(r#""traceId":"01""#),
        at(15, "traceId must have 32 hexadecimal digits")
    );
    assert_eq!(
        error_of(r#""kind":"SERVER""#),
        at(16, "`SERVER` is not the number or name of an enum value")
    );
    assert_eq!(
        error_of(r#""startTimeUnixNano":-1"#),
        at(23, "-1 is out of range")
    );
    assert_eq!(
        error_of(r#""flags":true"#),
        at(
            13,
            "invalid type: boolean `true`, expected an integer, as a number or as a string"
        )
    );
    assert_eq!(
        error_of(r#""events":{}"#),
        at(
            12,
            "invalid type: map, expected an array, of which each element is an object that is a Span.Event"
        )
    );
    assert_eq!(
        error("[]"),
        "The OTLP/JSON at line 1, column 2 cannot be read: \
         invalid type: sequence, expected an object that is a TracesData."
    );
    assert_eq!(
        error("{} x"),
        "The OTLP/JSON at line 1, column 4 cannot be read: trailing characters."
    );
    assert_eq!(
        error("{\n"),
        "The OTLP/JSON at line 2, column 0 cannot be read: EOF while parsing an object."
    );
    for field in ["flags", "events", "status"] {
        let long = error_of(&format!(r#""{field}":"{}""#, "x".repeat(100_000)));
        assert!(long.len() < 300 && long.contains("xxx"), "{long}");
    }
}

#[test]
fn places_in_a_dictionary_are_kept() {
    let text = r#"{"resourceSpans":[{"resource":{"attributes":[{"value":{"stringValueStrindex":5},"keyStrindex":3}]}}]}"#;
    let wire = json::to_wire(Signal::Traces, text.as_bytes()).expect("well-formed");
    let mut out = Vec::new();
    json::from_wire(Signal::Traces, &wire, &mut out).expect("well-formed");
    assert_eq!(String::from_utf8_lossy(&out), text);
}

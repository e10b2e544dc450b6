//! Which form a file has, from how it begins.
//!
//! The rules, in order; nothing but an empty file fits several of them.
//!
//! 1. Behind white space, `{` and then a quoted name of letters, digits and underscores and `:`, or
//!    `}`: JSON. Whether the file is one document or has one on each line is told by its first
//!    line: if that is a whole document and more follows, each line is one.
//! 2. No byte at all: an empty protobuf message.
//! 3. A byte 0x0a, the tag of the only field of a message, that is not the length of a first message
//!    of ten bytes: one protobuf message.
//! 4. A varint, and behind it nothing or a resource that fits into that length: messages behind their
//!    lengths. A whole window of zero bytes is no stream of empty messages, but a damaged file.
//! 5. Anything else is read as one protobuf message, which then says what is wrong with it.

use ottl::split_varint;

/// How many bytes are looked at.
pub(crate) const WINDOW: usize = 64 << 10;

/// What the beginning of a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Proto,
    ProtoDelimited,
    /// One document, or one on each line.
    Json,
}

/// The tag of the one field that `TracesData`, `LogsData` and `MetricsData` have.
const RESOURCES: u8 = 0x0a;

/// The form of a file that begins with `start`.
pub(crate) fn detect(start: &[u8]) -> Kind {
    if start.is_empty() {
        Kind::Proto
    } else if is_json(start) {
        Kind::Json
    } else if is_delimited(start) {
        Kind::ProtoDelimited
    } else {
        Kind::Proto
    }
}

fn is_json(start: &[u8]) -> bool {
    let text = skip_space(start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start));
    let Some((b'{', text)) = text.split_first() else {
        return false;
    };
    match skip_space(text) {
        [b'}', ..] => true,
        [b'"', name @ ..] => {
            let end = name
                .iter()
                .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
            end.is_some_and(|end| {
                name[end] == b'"' && skip_space(&name[end + 1..]).first() == Some(&b':')
            })
        }
        _ => false,
    }
}

/// What some programs put before text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn skip_space(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

fn is_delimited(start: &[u8]) -> bool {
    let Some((length, head)) = split_varint(start) else {
        return false;
    };
    let body = &start[head..];
    if length == 0 {
        // A tag cannot be 0.
        return start.len() < WINDOW || start.iter().any(|&byte| byte != 0);
    }
    if start[0] == RESOURCES && !(body.first() == Some(&RESOURCES) && body.get(1) <= Some(&8)) {
        return false;
    }
    let Some((&RESOURCES, inner)) = body.split_first() else {
        return false;
    };
    let resource = split_varint(inner);
    resource.is_some_and(|(inner, head)| {
        inner
            .checked_add(1 + head as u64)
            .is_some_and(|end| end <= length)
    })
}

/// Whether a line is a whole JSON object as far as its brackets tell.
pub(crate) fn is_whole_object(line: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for &byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    depth == 0 && !in_string
}

#[cfg(test)]
mod tests {
    use ottl::put_varint;

    use super::*;

    fn message(spans: usize) -> Vec<u8> {
        let span = r#"{"name":"abcdefgh"}"#;
        let spans = vec![span; spans].join(",");
        let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
        ottl::json::to_wire(ottl::Signal::Traces, json.as_bytes()).unwrap()
    }

    fn delimited(messages: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for message in messages {
            put_varint(&mut out, message.len() as u64);
            out.extend_from_slice(message);
        }
        out
    }

    fn of(start: &[u8]) -> Kind {
        detect(&start[..start.len().min(WINDOW)])
    }

    #[test]
    fn json_is_told_by_its_first_name() {
        assert_eq!(of(b"{}"), Kind::Json);
        assert_eq!(of(b"\xef\xbb\xbf\n{ \"resourceSpans\" : []}"), Kind::Json);
        assert_eq!(of(b"\n \n"), Kind::Proto);
        // A first message of 123 bytes whose first resource has 34.
        assert_eq!(of(b"{\n\"\x0a\x05"), Kind::ProtoDelimited);
    }

    #[test]
    fn messages_of_every_size_are_told_from_streams() {
        for spans in (0..200).chain([5_000]) {
            let message = message(spans);
            assert_eq!(of(&message), Kind::Proto, "{spans} spans");
            assert_eq!(
                of(&delimited(&[&message])),
                Kind::ProtoDelimited,
                "{spans} spans"
            );
        }
    }

    #[test]
    fn a_first_message_of_ten_bytes_begins_like_a_plain_message() {
        // A resource whose schema URL has six letters.
        let message = b"\x0a\x08\x1a\x06abcdef";
        assert_eq!(of(message), Kind::Proto);
        assert_eq!(of(&delimited(&[message, message])), Kind::ProtoDelimited);
    }

    #[test]
    fn a_stream_may_begin_with_an_empty_message() {
        assert_eq!(of(&delimited(&[b"", &message(1)])), Kind::ProtoDelimited);
        assert_eq!(of(b""), Kind::Proto);
    }

    #[test]
    fn a_file_of_zeros_is_no_stream() {
        assert_eq!(of(&[0; 3]), Kind::ProtoDelimited);
        assert_eq!(of(&[0; WINDOW]), Kind::Proto);
    }

    #[test]
    fn what_is_nothing_is_a_message() {
        assert_eq!(of(b"hello"), Kind::Proto);
        assert_eq!(of(&[0xff; 40]), Kind::Proto);
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert!(is_whole_object(br#"{"a":"}{\"{"}"#));
        assert!(!is_whole_object(br#"{"a":"}","#));
    }
}

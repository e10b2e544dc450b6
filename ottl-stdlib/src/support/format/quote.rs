//! Text and characters in quotes, as Go's `strconv` writes them.
//!
//! What is printable is what Rust's Unicode tables say. They are newer than the reference's, which
//! escapes characters that were assigned since.

/// Text in double quotes; with `ascii` all else is escaped.
pub(super) fn text(text: &[u8], ascii: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            escape(char, '"', ascii, &mut out);
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
    out.push(b'"');
    out
}

/// A character in single quotes.
pub(super) fn character(char: char, ascii: bool) -> Vec<u8> {
    let mut out = vec![b'\''];
    escape(char, '\'', ascii, &mut out);
    out.push(b'\'');
    out
}

/// Whether text can stand between backquotes, where nothing is escaped.
pub(super) fn fits_backquotes(text: &[u8]) -> bool {
    let fits = |char| !matches!(char, '\u{feff}' | '`' | '\u{7f}') && (char >= ' ' || char == '\t');
    std::str::from_utf8(text).is_ok_and(|text| text.chars().all(fits))
}

/// Whether a character is a letter, mark, number, sign, or the space.
pub(super) fn is_printable(char: char) -> bool {
    if char.is_ascii() {
        return (' '..='~').contains(&char);
    }
    // A mark by itself is escaped, but not behind a letter.
    let mut buffer = [b'a'; 5];
    let len = char.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..=len]).unwrap_or_default();
    text.escape_debug().nth(1) == Some(char)
}

fn escape(char: char, quote: char, ascii: bool, out: &mut Vec<u8>) {
    let short = match char {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        '\\' => "\\\\",
        '"' if quote == '"' => "\\\"",
        '\'' if quote == '\'' => "\\'",
        char if (char.is_ascii() || !ascii) && is_printable(char) => {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
        _ => "",
    };
    if !short.is_empty() {
        out.extend_from_slice(short.as_bytes());
        return;
    }
    let code = u32::from(char);
    let long = match code {
        0..0x80 => format!("\\x{code:02x}"),
        0x80..0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.extend_from_slice(long.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(value: &[u8], ascii: bool) -> String {
        String::from_utf8_lossy(&text(value, ascii)).into_owned()
    }

    #[test]
    fn what_does_not_print_is_escaped() {
        let value = "e\u{301}\u{a0}\u{200b}😀\u{1}\"'".as_bytes();
        let expected = "\"e\u{301}\\u00a0\\u200b😀\\x01\\\"'\"";
        assert_eq!(quoted(value, false), expected);
        assert_eq!(
            quoted(value, true),
            r#""e\u0301\u00a0\u200b\U0001f600\x01\"'""#
        );
        assert_eq!(quoted(b"\xff\xe2\x82", false), r#""\xff\xe2\x82""#);
        assert_eq!(character('\'', false), br"'\''");
    }

    #[test]
    fn backquotes_take_one_line() {
        assert!(fits_backquotes("a\t\"é".as_bytes()));
        for text in ["`", "\n", "\u{feff}", "\u{7f}"] {
            assert!(!fits_backquotes(text.as_bytes()), "{text:?}");
        }
        assert!(!fits_backquotes(b"\xff"));
    }
}

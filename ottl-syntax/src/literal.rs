//! The values of literals.
//!
//! A string's escapes are those of Go's `strconv.UnquoteChar`, each of which yields one
//! *character*: `"\xff"` is U+00FF, two bytes of UTF-8, and so is `"\377"`. A decoded literal is
//! therefore always valid UTF-8. An integer with a leading zero is octal.

use std::num::IntErrorKind;

use crate::{Code, Diagnostic, Span};

/// Why an integer has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntError {
    TooLarge,
    NotOctal,
}

impl IntError {
    pub(crate) fn diagnostic(self, span: Span, text: &str) -> Diagnostic {
        match self {
            Self::TooLarge => Diagnostic::error(
                Code::InvalidNumber,
                span,
                "This number does not fit a 64-bit signed integer.",
            )
            .with_note(
                "The largest integer is 9223372036854775807. A sign is an operator, so that \
                 -9223372036854775808 has no literal; write -9223372036854775807 - 1.",
            ),
            Self::NotOctal => {
                let digits = text.trim_start_matches('0');
                Diagnostic::error(
                    Code::InvalidNumber,
                    span,
                    "A number with a leading zero is octal and has no digit above 7.",
                )
                .with_fix(span, "for a decimal number drop the zero", digits)
            }
        }
    }
}

/// The value of an integer literal.
pub(crate) fn int(text: &str) -> Result<i64, IntError> {
    let radix = if text.starts_with('0') { 8 } else { 10 };
    i64::from_str_radix(text, radix).map_err(|error| match error.kind() {
        IntErrorKind::PosOverflow => IntError::TooLarge,
        _ => IntError::NotOctal,
    })
}

/// The value of a decimal literal; none when it is beyond the range of `f64`.
pub(crate) fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The value of a byte literal; an odd last digit is dropped.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    let (pairs, _) = text.as_bytes()[2..].as_chunks::<2>();
    pairs
        .iter()
        .map(|[high, low]| digit(*high) << 4 | digit(*low))
        .collect()
}

/// An escape that cannot be decoded; offsets are relative to the text between the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EscapeError {
    start: usize,
    end: usize,
    text: String,
    problem: EscapeProblem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EscapeProblem {
    Unknown,
    Incomplete,
    NotACharacter,
}

impl EscapeError {
    /// The diagnostic, when the text between the quotes starts at `offset`.
    pub(crate) fn diagnostic(&self, offset: usize) -> Diagnostic {
        let span = Span::new(offset + self.start, offset + self.end);
        let shown: String = self
            .text
            .escape_debug()
            .collect::<String>()
            .replace("\\\\", "\\");
        let error = |message: String| Diagnostic::error(Code::InvalidString, span, message);
        match self.problem {
            EscapeProblem::Unknown => error(format!("`{shown}` is not an escape."))
                .with_note(
                    "The escapes are \\a \\b \\f \\n \\r \\t \\v \\\\ \\\" \\xhh \\uhhhh \
                     \\Uhhhhhhhh and three octal digits.",
                )
                .with_fix(
                    span,
                    "for a backslash in the string write two",
                    format!("\\{}", self.text),
                ),
            EscapeProblem::Incomplete => error(format!("The escape `{shown}` has too few digits."))
                .with_note(
                    "\\x takes two hexadecimal digits, \\u four, \\U eight; an octal escape has \
                     three digits.",
                ),
            EscapeProblem::NotACharacter => {
                error(format!("The escape `{shown}` names no Unicode character."))
            }
        }
    }
}

/// Everything that is wrong with the escapes in `body`, the text between the quotes.
pub(crate) fn escape_errors(body: &str, quote: u8) -> Vec<EscapeError> {
    let mut errors = Vec::new();
    if body.as_bytes().contains(&b'\\') {
        unescape(body, quote, &mut |error| errors.push(error));
    }
    errors
}

/// The value of a string literal, `text` being the literal with its quotes.
///
/// An escape with an error is kept as it stands; the lexer has reported it.
pub(crate) fn string(text: &str) -> Vec<u8> {
    let quote = text.as_bytes().first().copied().unwrap_or(b'"');
    let body = text.get(1..).unwrap_or("");
    let body = body.strip_suffix(char::from(quote)).unwrap_or(body);
    if quote == b'`' || !body.as_bytes().contains(&b'\\') {
        return body.into();
    }
    unescape(body, quote, &mut |_| {}).into_bytes()
}

fn unescape(body: &str, quote: u8, report: &mut dyn FnMut(EscapeError)) -> String {
    let mut out = String::with_capacity(body.len());
    let mut at = 0;
    while let Some(found) = body[at..].find('\\') {
        let start = at + found;
        out.push_str(&body[at..start]);
        let (result, length) = escape(&body[start..], quote);
        let end = start + length;
        match result {
            Ok(character) => out.push(character),
            Err(problem) => {
                let text = &body[start..end];
                out.push_str(text);
                report(EscapeError {
                    start,
                    end,
                    text: text.to_owned(),
                    problem,
                });
            }
        }
        at = end;
    }
    out.push_str(&body[at..]);
    out
}

/// Decodes the escape at the start of `text` and says how many bytes of `text` it takes.
fn escape(text: &str, quote: u8) -> (Result<char, EscapeProblem>, usize) {
    let Some(second) = text[1..].chars().next() else {
        return (Err(EscapeProblem::Incomplete), 1);
    };
    let simple = |c: char| (Ok(c), 2);
    match second {
        'a' => simple('\u{7}'),
        'b' => simple('\u{8}'),
        'f' => simple('\u{c}'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\u{b}'),
        '\\' => simple('\\'),
        '"' => simple('"'),
        '\'' if quote == b'\'' => simple('\''),
        '0'..='7' => digits(text, 1, 3, 8),
        'x' => digits(text, 2, 2, 16),
        'u' => digits(text, 2, 4, 16),
        'U' => digits(text, 2, 8, 16),
        other => (Err(EscapeProblem::Unknown), 1 + other.len_utf8()),
    }
}

fn digits(
    text: &str,
    from: usize,
    count: usize,
    radix: u32,
) -> (Result<char, EscapeProblem>, usize) {
    let mut value = 0_u32;
    let mut found = 0;
    for digit in text[from..]
        .chars()
        .take(count)
        .map_while(|c| c.to_digit(radix))
    {
        value = value.wrapping_mul(radix) | digit;
        found += 1;
    }
    if found < count {
        return (Err(EscapeProblem::Incomplete), from + found);
    }
    let too_large = radix == 8 && value > 0xff;
    let character = char::from_u32(value).filter(|_| !too_large);
    (character.ok_or(EscapeProblem::NotACharacter), from + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_and_decimal_integers() {
        assert_eq!(int("010"), Ok(8));
        assert_eq!(int("00"), Ok(0));
        assert_eq!(int("08"), Err(IntError::NotOctal));
        assert_eq!(int("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(int("9223372036854775808"), Err(IntError::TooLarge));
    }

    #[test]
    fn an_escape_is_a_character_not_a_byte() {
        assert_eq!(string(r#""\xff\377\u00ff\U000000ff""#), "ÿÿÿÿ".as_bytes());
        assert_eq!(
            string(r#""\a\b\f\n\r\t\v\\\"""#),
            b"\x07\x08\x0c\n\r\t\x0b\\\""
        );
    }

    #[test]
    fn bad_escapes_are_all_found() {
        let found = escape_errors(r"\d \400 \x4 \ud800 \'", b'"');
        assert_eq!(found.len(), 5);
        assert_eq!(escape_errors(r"\'", b'\''), []);
    }

    #[test]
    fn byte_literals() {
        assert_eq!(bytes("0x00fF"), [0, 255]);
    }
}

//! Letter case as Go's `strings` and the reference's library for identifiers (strcase) change it.

use otlp_columns::Value;
use ottl_vm::{CallContext, ExecError, TextBuilder};

use super::blanks::trim;
use super::chars;
use super::work;

/// Lowercase: each character by itself, to one other. Invalid bytes become U+FFFD.
pub(crate) fn lower(text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    if text.is_ascii() {
        let start = out.len();
        out.push(text)?;
        out.bytes_mut()[start..].make_ascii_lowercase();
        Ok(())
    } else {
        map(text, out, |char| {
            let mut lower = char.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(lower), None) => lower,
                // Only U+0130 has a longer form; by itself it becomes a plain i.
                _ => 'i',
            }
        })
    }
}

/// Uppercase: each character by itself, to one other, so that `ß` stays. Invalid bytes become
/// U+FFFD.
pub(crate) fn upper(text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    if text.is_ascii() {
        let start = out.len();
        out.push(text)?;
        out.bytes_mut()[start..].make_ascii_uppercase();
        Ok(())
    } else {
        map(text, out, |char| {
            let mut upper = char.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(upper), None) => upper,
                _ => titlecase_iota(char),
            }
        })
    }
}

/// The single character for what would become several: Greek letters with a iota below have one,
/// others stay.
fn titlecase_iota(char: char) -> char {
    let code = u32::from(char);
    let title = match code {
        0x1f80..=0x1faf => code | 8,
        0x1fb3 | 0x1fc3 | 0x1ff3 => code + 9,
        _ => code,
    };
    char::from_u32(title).unwrap_or(char)
}

fn map(
    text: &[u8],
    out: &mut TextBuilder,
    convert: impl Fn(char) -> char,
) -> Result<(), ExecError> {
    chars::all(text).try_for_each(|(char, _)| out.push_char(convert(char)))
}

/// `snake_case`: lowercase, with underscores for blanks, hyphens and dots, and between words.
///
/// A word begins with a capital behind a small letter, with the last of several capitals before a
/// small letter, and where letters and digits meet.
pub(crate) fn snake(text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    let text = trim(text);
    for (at, &byte) in text.iter().enumerate() {
        let written = byte.to_ascii_lowercase();
        let next = text.get(at + 1).copied().unwrap_or(b' ');
        let (capital, small) = (byte.is_ascii_uppercase(), byte.is_ascii_lowercase());
        let digit = byte.is_ascii_digit();
        let (next_capital, next_small) = (next.is_ascii_uppercase(), next.is_ascii_lowercase());
        let next_digit = next.is_ascii_digit();
        let changes = (capital && (next_small || next_digit))
            || (small && (next_capital || next_digit))
            || (digit && (next_capital || next_small));
        if changes {
            if capital && next_small && at > 0 && text[at - 1].is_ascii_uppercase() {
                out.push_byte(b'_')?;
            }
            out.push_byte(written)?;
            if small || digit || next_digit {
                out.push_byte(b'_')?;
            }
        } else if matches!(byte, b' ' | b'_' | b'-' | b'.') {
            out.push_byte(b'_')?;
        } else {
            out.push_byte(written)?;
        }
    }
    Ok(())
}

/// `CamelCase`: letters and digits only, with a capital at the beginning, behind what is left out
/// if it is a blank, an underscore, a hyphen or a dot, and behind a digit; of capitals in a row only
/// the first stays one.
pub(crate) fn camel(text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    let (mut begins, mut after_capital) = (true, false);
    for &byte in trim(text) {
        let capital = byte.is_ascii_uppercase();
        let written = if begins {
            byte.to_ascii_uppercase()
        } else if after_capital {
            byte.to_ascii_lowercase()
        } else {
            byte
        };
        after_capital = capital;
        if byte.is_ascii_alphanumeric() {
            out.push_byte(written)?;
            begins = byte.is_ascii_digit();
        } else {
            begins = matches!(byte, b'_' | b' ' | b'-' | b'.');
        }
    }
    Ok(())
}

/// A change of case, which appends the changed text.
///
/// # Errors
/// When it would be too long, or the run has to stop.
pub(crate) type Conversion = fn(&[u8], &mut TextBuilder) -> Result<(), ExecError>;

/// The first argument in another case.
///
/// # Errors
/// When it is no text, or the changed text would be too long.
pub(crate) fn convert(cx: &mut CallContext<'_>, convert: Conversion) -> Result<Value, ExecError> {
    let text = work::string(cx, 0)?;
    let mut out = cx.text();
    convert(cx.bytes(text), &mut out)?;
    Ok(Value::Str(cx.new_text(out)))
}

/// A conversion by name.
pub(crate) fn by_name(name: &[u8]) -> Option<Conversion> {
    match name {
        b"lower" => Some(lower),
        b"upper" => Some(upper),
        b"snake" => Some(snake),
        b"camel" => Some(camel),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use otlp_columns::Heap;

    use super::*;

    fn converted(convert: Conversion, text: &[u8]) -> Vec<u8> {
        let mut out = TextBuilder::new(&Heap::scratch(), 100);
        convert(text, &mut out).expect("it is short");
        out.bytes().to_vec()
    }

    #[track_caller]
    fn check(convert: Conversion, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let converted = converted(convert, text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&converted), *expected, "{text:?}");
        }
    }

    #[test]
    fn characters_become_single_characters() {
        check(lower, &[("ÀİΣ", "àiσ"), ("ABC", "abc")]);
        check(upper, &[("straße", "STRAßE"), ("ŉᾳᾀǆ", "ŉᾼᾈǄ"), ("ﬁ", "ﬁ")]);
        assert_eq!(
            converted(lower, b"\xffA\xe2\x82"),
            "\u{fffd}a\u{fffd}\u{fffd}".as_bytes()
        );
    }

    #[test]
    fn words_are_found_in_identifiers() {
        check(
            snake,
            &[
                ("simpleString", "simple_string"),
                ("JSONData", "json_data"),
                ("userID", "user_id"),
                ("AAAbbb", "aa_abbb"),
                ("a1b2", "a_1_b_2"),
                ("A1", "a_1"),
                ("some-name.with spaces_", "some_name_with_spaces_"),
                ("  Trimmed\u{3000}", "trimmed"),
                ("été", "été"),
                ("éA", "éa"),
            ],
        );
        check(
            camel,
            &[
                ("some_name", "SomeName"),
                ("simpleString", "SimpleString"),
                ("JSON data", "JsonData"),
                ("numbers2and55with000", "Numbers2And55With000"),
                ("été_à", "t"),
                ("a/b", "Ab"),
                ("_x", "X"),
                ("  ", ""),
            ],
        );
    }
}

//! Letter case as Go's `strings` and the reference's library for identifiers (strcase) change it.

/// Lowercase: each character by itself, to one other. Invalid bytes become U+FFFD.
pub(crate) fn lower(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        map(text, |char| {
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
pub(crate) fn upper(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        text.to_ascii_uppercase()
    } else {
        map(text, |char| {
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

fn map(text: &[u8], convert: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.extend(chunk.valid().chars().map(&convert));
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out.into_bytes()
}

/// `snake_case`: lowercase, with underscores for blanks, hyphens and dots, and between words.
///
/// A word begins with a capital behind a small letter, with the last of several capitals before a
/// small letter, and where letters and digits meet.
pub(crate) fn snake(text: &[u8]) -> Vec<u8> {
    let text = trim(text);
    let mut out = Vec::with_capacity(text.len() + 2);
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
                out.push(b'_');
            }
            out.push(written);
            if small || digit || next_digit {
                out.push(b'_');
            }
        } else if matches!(byte, b' ' | b'_' | b'-' | b'.') {
            out.push(b'_');
        } else {
            out.push(written);
        }
    }
    out
}

/// `CamelCase`: letters and digits only, with a capital at the beginning, behind what is left out
/// if it is a blank, an underscore, a hyphen or a dot, and behind a digit; of capitals in a row only
/// the first stays one.
pub(crate) fn camel(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
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
            out.push(written);
            begins = byte.is_ascii_digit();
        } else {
            begins = matches!(byte, b'_' | b' ' | b'-' | b'.');
        }
    }
    out
}

/// Text without white space at its ends.
fn trim(text: &[u8]) -> &[u8] {
    let mut chunks = text.utf8_chunks();
    let Some(first) = chunks.next() else {
        return text;
    };
    let start = first.valid().len() - first.valid().trim_start().len();
    let last = chunks.last().unwrap_or(first);
    let end = if last.invalid().is_empty() {
        text.len() - (last.valid().len() - last.valid().trim_end().len())
    } else {
        text.len()
    };
    text.get(start..end).unwrap_or_default()
}

/// A change of case.
pub(crate) type Conversion = fn(&[u8]) -> Vec<u8>;

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
    use super::*;

    #[track_caller]
    fn check(convert: Conversion, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            let converted = convert(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&converted), *expected, "{text:?}");
        }
    }

    #[test]
    fn characters_become_single_characters() {
        check(lower, &[("ÀİΣ", "àiσ"), ("ABC", "abc")]);
        check(upper, &[("straße", "STRAßE"), ("ŉᾳᾀǆ", "ŉᾼᾈǄ"), ("ﬁ", "ﬁ")]);
        assert_eq!(
            lower(b"\xffA\xe2\x82"),
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

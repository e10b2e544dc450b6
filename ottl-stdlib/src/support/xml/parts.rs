//! Parts of references and declarations.

/// The character with a number; U+FFFD for surrogates, as Go has it.
pub(super) fn character(digits: &[u8], radix: u32) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let code = u64::from_str_radix(digits, radix).ok()?;
    if (0xd800..0xe000).contains(&code) {
        return Some(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(u32::try_from(code).ok()?)
}

/// The value behind `name` in an XML declaration, as loosely as Go finds it.
pub(super) fn declared<'a>(name: &[u8], content: &'a [u8]) -> &'a [u8] {
    let mut rest = content;
    loop {
        let Some(found) = memchr::memmem::find(rest, name) else {
            return b"";
        };
        let Some((&quote, after)) = rest[found + name.len()..].split_first() else {
            return b"";
        };
        rest = after;
        if matches!(quote, b'"' | b'\'') {
            return memchr::memchr(quote, rest).map_or(b"", |len| &rest[..len]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_numbers() {
        assert_eq!(character(b"65", 10), Some('A'));
        assert_eq!(character(b"1f600", 16), Some('😀'));
        assert_eq!(character(b"d800", 16), Some('\u{fffd}'));
        for no_number in ["", "+65", "6a", "1114112", "99999999999999999999999"] {
            assert_eq!(character(no_number.as_bytes(), 10), None, "{no_number}");
        }
    }

    #[test]
    fn declarations_are_read_loosely() {
        let encoding = |content: &'static str| declared(b"encoding=", content.as_bytes());
        assert_eq!(encoding("version='1.0' encoding=\"a b\""), b"a b");
        assert_eq!(encoding("encoding=x encoding='y'"), b"y");
        for none in ["", "encoding='x", "encoding=", "encoding = 'x'"] {
            assert_eq!(encoding(none), b"", "{none}");
        }
    }
}

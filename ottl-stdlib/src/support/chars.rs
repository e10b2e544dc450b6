//! The characters of text that is UTF-8 by convention.
//!
//! As in Go, each byte that is no part of valid UTF-8 is a character of its own and reads as U+FFFD.

/// The first character and its length in bytes.
#[inline]
pub(crate) fn first(text: &[u8]) -> Option<(char, usize)> {
    let &byte = text.first()?;
    if byte.is_ascii() {
        return Some((char::from(byte), 1));
    }
    let longest = &text[..text.len().min(4)];
    let chunk = longest.utf8_chunks().next();
    let char = chunk.and_then(|chunk| chunk.valid().chars().next());
    Some(char.map_or((char::REPLACEMENT_CHARACTER, 1), |char| {
        (char, char.len_utf8())
    }))
}

/// The last character and its length in bytes.
#[inline]
pub(crate) fn last(text: &[u8]) -> Option<(char, usize)> {
    let &byte = text.last()?;
    if byte.is_ascii() {
        return Some((char::from(byte), 1));
    }
    let found = (2..=text.len().min(4)).find_map(|len| {
        let (char, found) = first(&text[text.len() - len..])?;
        (found == len).then_some((char, len))
    });
    Some(found.unwrap_or((char::REPLACEMENT_CHARACTER, 1)))
}

/// All characters in their order, each with its length in bytes.
pub(crate) fn all(text: &[u8]) -> impl Iterator<Item = (char, usize)> {
    text.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(|char| (char, char.len_utf8()));
        let invalid = chunk.invalid().iter();
        valid.chain(invalid.map(|_| (char::REPLACEMENT_CHARACTER, 1)))
    })
}

/// The last place at or before `at` where a character begins or the text ends.
pub(crate) fn boundary_before(text: &[u8], mut at: usize) -> usize {
    while at > 0 && is_inside(text, at) {
        at -= 1;
    }
    at
}

/// The first place at or behind `at` where a character begins or the text ends.
pub(crate) fn boundary_behind(text: &[u8], mut at: usize) -> usize {
    while is_inside(text, at) {
        at += 1;
    }
    at
}

/// Whether the byte at `at` goes on with a character that began before it, should it be UTF-8.
fn is_inside(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf_8_is_read_byte_by_byte() {
        assert_eq!(first(b"\xe4\xb8"), Some(('\u{fffd}', 1)));
        assert_eq!(last(b"\xe4\xb8"), Some(('\u{fffd}', 1)));
        assert_eq!(first("日x".as_bytes()), Some(('日', 3)));
        assert_eq!(last("x日".as_bytes()), Some(('日', 3)));
        assert_eq!(last("😀".as_bytes()), Some(('😀', 4)));
        assert_eq!(first(b""), None);
        assert_eq!(last(b""), None);
        let text = b"a\xff\xe4\xb8\xc3\xa9";
        let lengths: Vec<_> = all(text).collect();
        let invalid = ('\u{fffd}', 1);
        assert_eq!(lengths, [('a', 1), invalid, invalid, invalid, ('é', 2)]);
    }

    #[test]
    fn boundaries_are_where_characters_begin() {
        let text = "aé".as_bytes();
        assert_eq!([1, 2, 3].map(|at| boundary_before(text, at)), [1, 1, 3]);
        assert_eq!([1, 2, 3].map(|at| boundary_behind(text, at)), [1, 3, 3]);
        assert_eq!(boundary_before(b"\x80\x80", 1), 0);
        assert_eq!(boundary_behind(b"\x80\x80", 0), 2);
    }
}

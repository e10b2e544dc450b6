//! Text as bytes that are UTF-8 by convention, as Go looks at it.

/// The first character and its length; U+FFFD of one byte where `text` is not UTF-8.
#[inline]
pub(crate) fn first_char(text: &[u8]) -> Option<(char, usize)> {
    let &first = text.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let longest = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(longest) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&longest[..error.valid_up_to()]).unwrap_or_default(),
    };
    let char = valid.chars().next();
    Some(char.map_or((char::REPLACEMENT_CHARACTER, 1), |char| {
        (char, char.len_utf8())
    }))
}

fn last_char(text: &[u8]) -> Option<(char, usize)> {
    let last = text.last()?;
    if last.is_ascii() {
        return Some((char::from(*last), 1));
    }
    let found = (2..=text.len().min(4)).find_map(|len| {
        let (char, found) = first_char(&text[text.len() - len..])?;
        (found == len).then_some((char, len))
    });
    Some(found.unwrap_or((char::REPLACEMENT_CHARACTER, 1)))
}

/// `text` without white space, of Unicode as well, at both ends.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let Some((char, len)) = first_char(text)
        && char.is_whitespace()
    {
        text = &text[len..];
    }
    while let Some((char, len)) = last_char(text)
        && char.is_whitespace()
    {
        text = &text[..text.len() - len];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_that_of_unicode() {
        assert_eq!(trim("\u{a0}\u{2003} a b\u{3000}\n".as_bytes()), b"a b");
        assert_eq!(trim(b"\xa0a\xff "), b"\xa0a\xff");
        assert_eq!(trim(b" \t"), b"");
        assert_eq!(trim("é".as_bytes()), "é".as_bytes());
    }

    #[test]
    fn what_is_not_utf_8_is_read_byte_by_byte() {
        assert_eq!(first_char(b"\xe4\xb8"), Some(('\u{fffd}', 1)));
        assert_eq!(first_char("日".as_bytes()), Some(('日', 3)));
        assert_eq!(first_char(b""), None);
    }
}

//! Blanks as Unicode sees them, in text that need not be UTF-8.

use std::ops::Range;

use super::chars;

/// `text` without the blanks at both ends.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    &text[trimmed(text, 0..text.len())]
}

/// `range` of `text` without the blanks at both ends.
pub(crate) fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = range;
    if let [first, .., last] = text[start..end]
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return start..end;
    }
    while let Some(len) = blank_len(chars::first(&text[start..end])) {
        start += len;
    }
    while let Some(len) = blank_len(chars::last(&text[start..end])) {
        end -= len;
    }
    start..end
}

/// The next word of `text` in `range`, between blanks; the rest of the range is left in it.
pub(crate) fn next_word(text: &[u8], range: &mut Range<usize>) -> Option<Range<usize>> {
    while let Some(len) = blank_len(chars::first(&text[range.clone()])) {
        range.start += len;
    }
    let start = range.start;
    while let Some((char, len)) = chars::first(&text[range.clone()])
        && !char.is_whitespace()
    {
        range.start += len;
    }
    (start < range.start).then_some(start..range.start)
}

/// The length of a character that is a blank.
fn blank_len(char: Option<(char, usize)>) -> Option<usize> {
    char.filter(|(char, _)| char.is_whitespace())
        .map(|(_, len)| len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_those_of_unicode() {
        for (text, rest) in [
            (&b" \t\r\n\x0b\x0ca b\n"[..], &b"a b"[..]),
            ("\u{3000}x\u{a0}\u{85}".as_bytes(), b"x"),
            (b"\x85x\xa0", b"\x85x\xa0"),
            (b"\xe3\x80 x \xff", b"\xe3\x80 x \xff"),
            ("\u{2003} a b\u{3000}\n".as_bytes(), b"a b"),
            (b" \n ", b""),
            (b"", b""),
        ] {
            assert_eq!(trim(text), rest);
        }
    }

    #[test]
    fn words_are_between_blanks() {
        let text = " a\u{2003}bc\t\u{e9} ".as_bytes();
        let mut range = 0..text.len();
        let words: Vec<_> = std::iter::from_fn(|| next_word(text, &mut range)).collect();
        let words: Vec<_> = words.into_iter().map(|word| &text[word]).collect();
        assert_eq!(words, [b"a", b"bc".as_slice(), "é".as_bytes()]);
    }
}

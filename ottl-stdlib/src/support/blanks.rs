//! Blanks as Unicode sees them, in text that need not be UTF-8.

use std::ops::Range;

/// The most bytes that a blank has.
const LONGEST: usize = 3;

/// `range` of `text` without the blanks at both ends.
pub(crate) fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = range;
    while let len @ 1.. = first_blank(&text[start..end]) {
        start += len;
    }
    while let len @ 1.. = last_blank(&text[start..end]) {
        end -= len;
    }
    start..end
}

/// The next word of `text` in `range`, between blanks; the rest of the range is left in it.
pub(crate) fn next_word(text: &[u8], range: &mut Range<usize>) -> Option<Range<usize>> {
    while let len @ 1.. = first_blank(&text[range.clone()]) {
        range.start += len;
    }
    let start = range.start;
    while range.start < range.end && first_blank(&text[range.clone()]) == 0 {
        range.start += 1;
    }
    (start < range.start).then_some(start..range.start)
}

/// How long the blank at the beginning of `text` is, 0 if there is none.
fn first_blank(text: &[u8]) -> usize {
    let head = &text[..text.len().min(LONGEST)];
    let valid = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    blank_len(valid.chars().next())
}

/// How long the blank at the end of `text` is, 0 if there is none.
fn last_blank(text: &[u8]) -> usize {
    let tails = (1..=text.len().min(LONGEST)).map(|len| &text[text.len() - len..]);
    let mut valid = tails.filter_map(|tail| std::str::from_utf8(tail).ok());
    blank_len(valid.next().and_then(|tail| tail.chars().next()))
}

fn blank_len(char: Option<char>) -> usize {
    char.filter(|char| char.is_whitespace())
        .map_or(0, char::len_utf8)
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
            (b" \n ", b""),
            (b"", b""),
        ] {
            assert_eq!(&text[trimmed(text, 0..text.len())], rest);
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

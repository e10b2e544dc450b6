//! Text to match as the engine wants it: valid UTF-8.

use std::borrow::Cow;
use std::ops::Range;

/// A text, or its copy without invalid UTF-8.
pub(crate) enum Haystack<'a> {
    /// The text was valid.
    Valid(&'a str),
    /// Each invalid byte became U+FFFD.
    Repaired {
        /// The copy.
        text: String,
        /// The invalid bytes, in order.
        runs: Vec<Run>,
    },
}

/// Invalid bytes that follow each other.
pub(crate) struct Run {
    /// Where they begin in the copy.
    at: usize,
    /// Where they begin in the original.
    original: usize,
    /// How many there are.
    len: usize,
}

/// Bytes of U+FFFD.
const REPLACEMENT_LEN: usize = char::REPLACEMENT_CHARACTER.len_utf8();

impl<'a> Haystack<'a> {
    /// A text to match.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        std::str::from_utf8(text).map_or_else(|_| Self::repaired(text), Self::Valid)
    }

    /// A text to match where nobody asks for offsets.
    pub(crate) fn text(bytes: &'a [u8]) -> Cow<'a, str> {
        match Self::new(bytes) {
            Self::Valid(text) => Cow::Borrowed(text),
            Self::Repaired { text, .. } => Cow::Owned(text),
        }
    }

    fn repaired(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len() + 16);
        let mut runs: Vec<Run> = Vec::new();
        let mut original = 0;
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            original += chunk.valid().len();
            let len = chunk.invalid().len();
            match runs.last_mut() {
                Some(last) if last.original + last.len == original => last.len += len,
                _ if len > 0 => runs.push(Run {
                    at: text.len(),
                    original,
                    len,
                }),
                _ => {}
            }
            text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, len));
            original += len;
        }
        Self::Repaired { text, runs }
    }

    /// What the engine matches.
    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Valid(text) => text,
            Self::Repaired { text, .. } => text,
        }
    }

    /// Offsets of the original from those that the engine gave.
    #[inline]
    pub(crate) fn range(&self, start: usize, end: usize) -> Range<usize> {
        match self {
            Self::Valid(_) => start..end,
            Self::Repaired { runs, .. } => original(runs, start)..original(runs, end),
        }
    }
}

/// The offset in the original for one in the copy where a character begins, or for its end.
fn original(runs: &[Run], at: usize) -> usize {
    let before = runs.partition_point(|run| run.at <= at);
    let Some(run) = before.checked_sub(1).map(|last| &runs[last]) else {
        return at;
    };
    let behind = at - run.at;
    let replaced = (behind / REPLACEMENT_LEN).min(run.len);
    run.original + replaced + (behind - replaced * REPLACEMENT_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_original() {
        let original = b"\xffa\xfe\x80b\xc3\xa9\xf0\x9f";
        let haystack = Haystack::new(original);
        let text = haystack.as_str();
        assert_eq!(text, "\u{fffd}a\u{fffd}\u{fffd}bé\u{fffd}\u{fffd}");
        let offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let mapped: Vec<_> = offsets.map(|at| haystack.range(at, at).start).collect();
        assert_eq!(mapped, [0, 1, 2, 3, 4, 5, 7, 8, 9]);
    }
}

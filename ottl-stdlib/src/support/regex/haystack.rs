//! Text to match as the engine wants it: valid UTF-8.

use std::ops::Range;

/// A text, or its copy without invalid UTF-8.
pub(crate) enum Haystack<'a> {
    /// The text was valid.
    Valid(&'a str),
    /// Each invalid byte became U+FFFD.
    Repaired {
        /// The copy.
        text: String,
        /// For each offset in the copy that begins a character, and for its end, the offset in the
        /// original; other places are unused.
        offsets: Vec<usize>,
    },
}

impl<'a> Haystack<'a> {
    /// A text to match.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        std::str::from_utf8(text).map_or_else(|_| Self::repaired(text), Self::Valid)
    }

    fn repaired(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len() + 16);
        let mut offsets = Vec::with_capacity(bytes.len() + 16);
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid();
            text.push_str(valid);
            offsets.extend(at..at + valid.len());
            at += valid.len();
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                offsets.resize(text.len(), at);
                at += 1;
            }
        }
        offsets.push(at);
        Self::Repaired { text, offsets }
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
            Self::Repaired { offsets, .. } => offsets[start]..offsets[end],
        }
    }
}

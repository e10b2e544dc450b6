//! Byte offsets to lines and columns.

use std::ops::Range;

/// Finds lines and columns in one source text.
#[derive(Clone, Debug)]
pub struct LineIndex<'s> {
    source: &'s str,
    /// Offset of the first byte of each line.
    starts: Vec<usize>,
    /// Number of characters before each stretch of [`STRETCH`] bytes, so that a long line need not
    /// be counted from its beginning.
    characters: Vec<usize>,
}

/// Bytes of a stretch.
const STRETCH: usize = 256;

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl<'s> LineIndex<'s> {
    /// Reads `source` once.
    #[must_use]
    pub fn new(source: &'s str) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let starts = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        let mut characters = Vec::with_capacity(source.len() / STRETCH + 1);
        let mut count = 0;
        for stretch in source.as_bytes().chunks(STRETCH) {
            characters.push(count);
            count += first_bytes(stretch);
        }
        characters.push(count);
        Self {
            source,
            starts,
            characters,
        }
    }

    /// Number of characters before a byte offset that is the start of one.
    fn characters_before(&self, offset: usize) -> usize {
        let stretch = offset / STRETCH;
        let rest = &self.source.as_bytes()[stretch * STRETCH..offset];
        self.characters[stretch] + first_bytes(rest)
    }

    /// The line and column of a byte offset. An offset inside a character counts as its start, one
    /// past the end as the end.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = self
            .source
            .floor_char_boundary(offset.min(self.source.len()));
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let column = self.characters_before(offset) - self.characters_before(start) + 1;
        LineColumn { line, column }
    }

    /// The bytes of a line, counted from 1, without its line end. Empty for a line that is not there.
    pub(crate) fn line_range(&self, line: usize) -> Range<usize> {
        let end = self.source.len();
        let start = *self.starts.get(line - 1).unwrap_or(&end);
        let stop = self.starts.get(line).map_or(end, |next| next - 1);
        let content = &self.source[start..stop];
        start..start + content.strip_suffix('\r').unwrap_or(content).len()
    }

    pub(crate) fn source(&self) -> &'s str {
        self.source
    }
}

/// A text with its lines joined, and one blank for any others between two words.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many characters begin in a part of a text.
fn first_bytes(part: &[u8]) -> usize {
    part.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_that_counting_gives() {
        let source = "ab\n".to_owned() + &"é€x🦀".repeat(300) + "\r\n\nlast";
        let index = LineIndex::new(&source);
        for offset in 0..source.len() + 2 {
            let before = &source[..source.floor_char_boundary(offset.min(source.len()))];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            assert_eq!(index.line_column(offset), LineColumn { line, column });
        }
        let place = LineIndex::new("").line_column(7);
        assert_eq!((place.line, place.column), (1, 1));
    }
}

//! Byte offsets to lines and columns.

use std::ops::Range;

/// Finds lines and columns in one source text.
#[derive(Clone, Debug)]
pub struct LineIndex<'s> {
    source: &'s str,
    /// Offset of the first byte of each line.
    starts: Vec<usize>,
}

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
        Self { source, starts }
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
        let column = self.source[start..offset].chars().count() + 1;
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

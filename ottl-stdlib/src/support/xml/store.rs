//! The bytes of all names and texts of a document, one behind the other.

use std::ops::Range;

/// A name or text in a [`Store`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// Whether it has no bytes.
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// A part of it.
    pub(super) fn part(self, range: Range<usize>) -> Self {
        debug_assert!(range.start <= range.end && range.end <= self.len as usize);
        Self {
            start: self.start + range.start as u32,
            len: range.len() as u32,
        }
    }
}

/// Bytes that are only ever appended to.
#[derive(Debug, Default)]
pub(crate) struct Store {
    bytes: Vec<u8>,
}

impl Store {
    /// The bytes of a span.
    #[inline]
    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..][..span.len as usize]
    }

    /// Whether two spans have the same bytes.
    pub(super) fn equal(&self, one: Span, other: Span) -> bool {
        one == other || self.bytes(one) == self.bytes(other)
    }

    /// Appends a whole.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Span {
        let start = self.len();
        self.extend(bytes);
        self.since(start)
    }

    /// Appends a part of what will be a span.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Where the next byte goes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// All bytes from `start` on.
    pub(super) fn since(&self, start: usize) -> Span {
        Span {
            start: start as u32,
            len: (self.bytes.len() - start) as u32,
        }
    }
}

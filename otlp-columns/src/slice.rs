//! Ranges of bytes and of pooled values, small enough to copy.

/// A range of bytes in a [`Heap`](crate::Heap): in the message as it came, or in the arena behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Slice {
    /// Address of the first byte.
    pub off: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Slice {
    /// No bytes.
    pub const EMPTY: Self = Self { off: 0, len: 0 };

    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        debug_assert!(end >= start && u32::try_from(end).is_ok());
        Self {
            off: start as u32,
            len: (end - start) as u32,
        }
    }

    /// Whether there are no bytes.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.off) | u64::from(self.len) << 32
    }

    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self {
            off: bits as u32,
            len: (bits >> 32) as u32,
        }
    }
}

/// A range of pooled list elements or map entries in a [`Heap`](crate::Heap).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PoolRange {
    /// Index of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
}

impl PoolRange {
    /// No elements.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// The range as indices.
    #[must_use]
    #[inline]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }

    /// Whether there are no elements.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

//! Parts of text that is in a heap already.

use std::ops::Range;

use otlp_columns::Slice;

/// The bytes `range` of `whole`, without a copy.
pub(crate) fn part_of(whole: Slice, range: Range<usize>) -> Slice {
    debug_assert!(range.start <= range.end && range.end <= whole.len as usize);
    Slice {
        off: whole.off + range.start as u32,
        len: (range.end - range.start) as u32,
    }
}

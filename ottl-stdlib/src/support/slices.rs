//! Parts of text and elements of lists that are in a heap already.

use std::ops::Range;

use otlp_columns::{PoolRange, Slice, Value};
use ottl_vm::{CallContext, ExecError};

/// The bytes `range` of `whole`, without a copy.
pub(crate) fn part_of(whole: Slice, range: Range<usize>) -> Slice {
    debug_assert!(range.start <= range.end && range.end <= whole.len as usize);
    Slice {
        off: whole.off + range.start as u32,
        len: (range.end - range.start) as u32,
    }
}

/// Where a list has an element that equals `value` first.
///
/// # Errors
/// When the run has to stop.
pub(crate) fn position(
    cx: &mut CallContext<'_>,
    list: PoolRange,
    value: Value,
) -> Result<Option<usize>, ExecError> {
    for at in 0..list.len as usize {
        let heap = cx.heap_mut();
        let element = heap.list(list)[at];
        let element = heap.resolve(element);
        if cx.equal(element, value)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

//! Parts of text and elements of lists that are in a heap already.

use std::ops::Range;

use memchr::memmem;
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

/// The parts of `text` between the places where `delimiter` is, which is not empty.
pub(crate) fn between(text: &[u8], delimiter: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let len = delimiter.len();
    let mut start = 0;
    let ends = memmem::find_iter(text, delimiter).chain([text.len()]);
    ends.map(move |end| {
        let part = start..end;
        start = end + len;
        part
    })
}

/// Appends to a list that becomes as long as the data want, and counts it as work.
///
/// # Errors
/// When the list would outgrow the heap, or the run has to stop.
pub(crate) fn push_counted<T>(
    cx: &CallContext<'_>,
    list: &mut Vec<T>,
    element: T,
) -> Result<(), ExecError> {
    // Elements are no larger than values, and a list that is full doubles.
    const { assert!(size_of::<T>() <= size_of::<Value>()) };
    if list.len() == list.capacity() {
        cx.room_for_list(2 * list.len())?;
    }
    list.push(element);
    cx.spend(1)
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

//! What it takes to look at each byte of a text, in units of work.

use otlp_columns::Slice;
use ottl_vm::{CallContext, ExecError};

/// Bytes that are computed with for one unit; see [`RunLimits::work_factor`](ottl_vm::RunLimits).
const BYTES_PER_UNIT: usize = 8;

/// The units that it takes to look at each of `bytes` once.
pub(crate) fn reading(bytes: usize) -> u64 {
    (bytes / BYTES_PER_UNIT) as u64
}

/// A string argument of which the caller looks at each byte.
///
/// # Errors
/// When it is no string, or the run has to stop.
pub(crate) fn string(cx: &CallContext<'_>, param: usize) -> Result<Slice, ExecError> {
    let text = cx.string(param)?;
    cx.spend(reading(text.len as usize))?;
    Ok(text)
}

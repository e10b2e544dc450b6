//! Durations in units.

use otlp_columns::Value;
use ottl_vm::{CallContext, ExecError};

/// The duration that is the first argument in units of `unit` nanoseconds, with a fraction.
pub(crate) fn in_units(cx: &mut CallContext<'_>, unit: i64) -> Result<Value, ExecError> {
    let nanos = cx.duration(0)?;
    // The whole and its fraction are converted apart, which keeps more digits.
    let (whole, rest) = (nanos / unit, nanos % unit);
    Ok(Value::Double(whole as f64 + rest as f64 / unit as f64))
}

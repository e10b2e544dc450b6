//! `Nanosecond(time)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Nanosecond`.
pub(crate) const NANOSECOND: Plain = Plain {
    signature: &SIGNATURE,
    kernel: nanosecond,
};

static SIGNATURE: Signature = Signature {
    name: "Nanosecond",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The nanoseconds of a time since its last full second, from 0 to 999999999.",
    examples: &[
        Example {
            title: "A time",
            source: "Nanosecond(Unix(0, 1500000000))",
            attributes: "{}",
            result: r#"{"int":"500000000"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Nanosecond(Unix(0, -1))",
            attributes: "{}",
            result: r#"{"int":"999999999"}"#,
        },
    ],
};

fn nanosecond(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    Ok(Value::Int(time.nanos.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};

    #[test]
    fn numbers_and_durations_are_no_times() {
        assert!(convert(&NANOSECOND, &[int(0).dynamic()]).is_err());
        assert!(convert(&NANOSECOND, &[Arg::Computed(|_| Value::Duration(1))]).is_err());
    }
}

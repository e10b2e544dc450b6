//! `UnixMicro(time)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `UnixMicro`.
pub(crate) const UNIX_MICRO: Plain = Plain {
    signature: &SIGNATURE,
    kernel: unix_micro,
};

static SIGNATURE: Signature = Signature {
    name: "UnixMicro",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The number of microseconds from 1970-01-01T00:00:00Z to a time, rounded down.\n\n\
           A number beyond 64 bits wraps around.",
    examples: &[
        Example {
            title: "A time",
            source: "UnixMicro(Unix(1709210096, 789123456))",
            attributes: "{}",
            result: r#"{"int":"1709210096789123"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "UnixMicro(Unix(0, -1))",
            attributes: "{}",
            result: r#"{"int":"-1"}"#,
        },
    ],
};

fn unix_micro(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    Ok(Value::Int(
        time.seconds
            .wrapping_mul(1_000_000)
            .wrapping_add(i64::from(time.nanos / 1_000)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn times_beyond_64_bits_of_the_unit_wrap() {
        let far = Arg::Computed(|_| Value::Time {
            seconds: i64::MAX,
            nanos: 0,
            zone: 0,
        });
        assert_eq!(convert(&UNIX_MICRO, &[far]), Ok(json!({"int": "-1000000"})));
    }

    #[test]
    fn numbers_are_no_times() {
        assert!(convert(&UNIX_MICRO, &[int(0).dynamic()]).is_err());
        assert!(convert(&UNIX_MICRO, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

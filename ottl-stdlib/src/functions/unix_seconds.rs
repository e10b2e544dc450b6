//! `UnixSeconds(time)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `UnixSeconds`.
pub(crate) const UNIX_SECONDS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: unix_seconds,
};

static SIGNATURE: Signature = Signature {
    name: "UnixSeconds",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The number of seconds from 1970-01-01T00:00:00Z to a time, rounded down.",
    examples: &[
        Example {
            title: "A time",
            source: "UnixSeconds(Unix(1709210096, 789123456))",
            attributes: "{}",
            result: r#"{"int":"1709210096"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "UnixSeconds(Unix(0, -1))",
            attributes: "{}",
            result: r#"{"int":"-1"}"#,
        },
    ],
};

fn unix_seconds(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    Ok(Value::Int(time.seconds))
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
        assert_eq!(
            convert(&UNIX_SECONDS, &[far]),
            Ok(json!({"int": "9223372036854775807"}))
        );
    }

    #[test]
    fn numbers_are_no_times() {
        assert!(convert(&UNIX_SECONDS, &[int(0).dynamic()]).is_err());
        assert!(convert(&UNIX_SECONDS, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

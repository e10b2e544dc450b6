//! `Unix(seconds, nanoseconds?)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::time::NANOS_PER_SECOND;

/// The converter `Unix`.
pub(crate) const UNIX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: unix,
};

static SIGNATURE: Signature = Signature {
    name: "Unix",
    params: &[
        Param::new("seconds", ParamKind::Value(ValueKind::Int)),
        Param::optional("nanoseconds", ParamKind::Value(ValueKind::Int)),
    ],
    result: Type::Time,
    fields: &[],
    docs: "The time a number of seconds after 1970-01-01T00:00:00Z, and nanoseconds if they are \
           given, in the machine's zone.\n\n\
           Either number may be negative; nanoseconds may be more than a second.",
    examples: &[
        Example {
            title: "Seconds",
            source: "Unix(1709210096)",
            attributes: "{}",
            result: r#"{"time":"2024-02-29T12:34:56Z"}"#,
        },
        Example {
            title: "Nanoseconds",
            source: "Unix(0, -1)",
            attributes: "{}",
            result: r#"{"time":"1969-12-31T23:59:59.999999999Z"}"#,
        },
        Example {
            title: "Text",
            source: r#"Unix(span.attributes["s"])"#,
            attributes: r#"{"s":"0"}"#,
            result: "error: Expected int but got string.",
        },
    ],
};

fn unix(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let seconds = cx.int(0)?;
    let nanos = if cx.is_present(1) { cx.int(1)? } else { 0 };
    let local = cx.environment().local_zone();
    let zone = cx.zones().intern_local(&local);
    Ok(Value::Time {
        seconds: seconds.wrapping_add(nanos.div_euclid(NANOS_PER_SECOND)),
        nanos: nanos.rem_euclid(NANOS_PER_SECOND) as u32,
        zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn nanoseconds_carry_over() {
        let time = convert(&UNIX, &[int(-5), int(2_500_000_000)]);
        assert_eq!(time, Ok(json!({"time": "1969-12-31T23:59:57.5Z"})));
    }

    #[test]
    fn nil_nanoseconds_are_an_error() {
        assert!(convert(&UNIX, &[int(0), Arg::Computed(|_| Value::Nil)]).is_err());
        assert!(convert(&UNIX, &[Arg::Computed(|_| Value::Double(0.0))]).is_err());
    }
}

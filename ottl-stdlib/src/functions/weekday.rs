//! `Weekday(time)`

use otlp_columns::Value;
use ottl_vm::civil::Civil;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Weekday`.
pub(crate) const WEEKDAY: Plain = Plain {
    signature: &SIGNATURE,
    kernel: weekday,
};

static SIGNATURE: Signature = Signature {
    name: "Weekday",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The day of the week of a time, from 0 for Sunday to 6 for Saturday, as seen in its \
           zone.",
    examples: &[
        Example {
            title: "A time",
            source: r#"Weekday(Time("2024-02-29T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"))"#,
            attributes: "{}",
            result: r#"{"int":"4"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Weekday(Unix(-1))",
            attributes: "{}",
            result: r#"{"int":"3"}"#,
        },
        Example {
            title: "No time",
            source: r#"Weekday(span.attributes["t"])"#,
            attributes: r#"{"t":"2024"}"#,
            result: "error: Expected time but got string.",
        },
    ],
};

fn weekday(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let weekday = Civil::of(time, cx.zones()).weekday;
    Ok(Value::Int(weekday.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn every_instant_has_one() {
        let last = Arg::Computed(|_| Value::Time {
            seconds: i64::MAX,
            nanos: 0,
            zone: 0,
        });
        assert_eq!(convert(&WEEKDAY, &[last]), Ok(json!({"int": "0"})));
        assert!(convert(&WEEKDAY, &[int(0).dynamic()]).is_err());
        assert!(convert(&WEEKDAY, &[Arg::Failed]).is_err());
    }
}

//! `Day(time)`

use otlp_columns::Value;
use ottl_vm::civil::Civil;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Day`.
pub(crate) const DAY: Plain = Plain {
    signature: &SIGNATURE,
    kernel: day,
};

static SIGNATURE: Signature = Signature {
    name: "Day",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The day of the month of a time, from 1 to 31, as seen in its zone.",
    examples: &[
        Example {
            title: "A time",
            source: r#"Day(Time("2024-02-29T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"))"#,
            attributes: "{}",
            result: r#"{"int":"29"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Day(Unix(-1))",
            attributes: "{}",
            result: r#"{"int":"31"}"#,
        },
        Example {
            title: "No time",
            source: r#"Day(span.attributes["t"])"#,
            attributes: r#"{"t":"2024"}"#,
            result: "error: Expected time but got string.",
        },
    ],
};

fn day(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let day = Civil::of(time, cx.zones()).day;
    Ok(Value::Int(day.into()))
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
        assert_eq!(convert(&DAY, &[last]), Ok(json!({"int": "4"})));
        assert!(convert(&DAY, &[int(0).dynamic()]).is_err());
        assert!(convert(&DAY, &[Arg::Failed]).is_err());
    }
}

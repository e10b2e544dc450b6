//! `Hour(time)`

use otlp_columns::Value;
use ottl_vm::civil::Civil;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Hour`.
pub(crate) const HOUR: Plain = Plain {
    signature: &SIGNATURE,
    kernel: hour,
};

static SIGNATURE: Signature = Signature {
    name: "Hour",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The hour of a time, from 0 to 23, as seen in its zone.",
    examples: &[
        Example {
            title: "A time",
            source: r#"Hour(Time("2024-02-29T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"))"#,
            attributes: "{}",
            result: r#"{"int":"12"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Hour(Unix(-1))",
            attributes: "{}",
            result: r#"{"int":"23"}"#,
        },
        Example {
            title: "No time",
            source: r#"Hour(span.attributes["t"])"#,
            attributes: r#"{"t":"2024"}"#,
            result: "error: Expected time but got string.",
        },
    ],
};

fn hour(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let hour = Civil::of(time, cx.zones()).hour;
    Ok(Value::Int(hour.into()))
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
        assert_eq!(convert(&HOUR, &[last]), Ok(json!({"int": "15"})));
        assert!(convert(&HOUR, &[int(0).dynamic()]).is_err());
        assert!(convert(&HOUR, &[Arg::Failed]).is_err());
    }
}

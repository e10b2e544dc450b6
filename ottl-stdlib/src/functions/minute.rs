//! `Minute(time)`

use otlp_columns::Value;
use ottl_vm::civil::Civil;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Minute`.
pub(crate) const MINUTE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: minute,
};

static SIGNATURE: Signature = Signature {
    name: "Minute",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The minute of a time, from 0 to 59, as seen in its zone.",
    examples: &[
        Example {
            title: "A time",
            source: r#"Minute(Time("2024-02-29T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"))"#,
            attributes: "{}",
            result: r#"{"int":"34"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Minute(Unix(-1))",
            attributes: "{}",
            result: r#"{"int":"59"}"#,
        },
        Example {
            title: "No time",
            source: r#"Minute(span.attributes["t"])"#,
            attributes: r#"{"t":"2024"}"#,
            result: "error: Expected time but got string.",
        },
    ],
};

fn minute(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let minute = Civil::of(time, cx.zones()).minute;
    Ok(Value::Int(minute.into()))
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
        assert_eq!(convert(&MINUTE, &[last]), Ok(json!({"int": "30"})));
        assert!(convert(&MINUTE, &[int(0).dynamic()]).is_err());
        assert!(convert(&MINUTE, &[Arg::Failed]).is_err());
    }
}

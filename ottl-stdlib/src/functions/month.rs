//! `Month(time)`

use otlp_columns::Value;
use ottl_vm::civil::Civil;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Month`.
pub(crate) const MONTH: Plain = Plain {
    signature: &SIGNATURE,
    kernel: month,
};

static SIGNATURE: Signature = Signature {
    name: "Month",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The month of a time, from 1 to 12, as seen in its zone.",
    examples: &[
        Example {
            title: "A time",
            source: r#"Month(Time("2024-02-29T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"))"#,
            attributes: "{}",
            result: r#"{"int":"2"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Month(Unix(-1))",
            attributes: "{}",
            result: r#"{"int":"12"}"#,
        },
        Example {
            title: "No time",
            source: r#"Month(span.attributes["t"])"#,
            attributes: r#"{"t":"2024"}"#,
            result: "error: Expected time but got string.",
        },
    ],
};

fn month(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let month = Civil::of(time, cx.zones()).month;
    Ok(Value::Int(month.into()))
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
        assert_eq!(convert(&MONTH, &[last]), Ok(json!({"int": "12"})));
        assert!(convert(&MONTH, &[int(0).dynamic()]).is_err());
        assert!(convert(&MONTH, &[Arg::Failed]).is_err());
    }
}

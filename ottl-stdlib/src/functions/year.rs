//! `Year(time)`

use otlp_columns::Value;
use ottl_vm::civil::Civil;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Year`.
pub(crate) const YEAR: Plain = Plain {
    signature: &SIGNATURE,
    kernel: year,
};

static SIGNATURE: Signature = Signature {
    name: "Year",
    params: &[Param::new("time", ParamKind::Value(ValueKind::Time))],
    result: Type::Int,
    fields: &[],
    docs: "The year of a time, as seen in its zone.",
    examples: &[
        Example {
            title: "A time",
            source: r#"Year(Time("2024-02-29T12:34:56Z", "%Y-%m-%dT%H:%M:%SZ"))"#,
            attributes: "{}",
            result: r#"{"int":"2024"}"#,
        },
        Example {
            title: "Before the epoch",
            source: "Year(Unix(-1))",
            attributes: "{}",
            result: r#"{"int":"1969"}"#,
        },
        Example {
            title: "No time",
            source: r#"Year(span.attributes["t"])"#,
            attributes: r#"{"t":"2024"}"#,
            result: "error: Expected time but got string.",
        },
    ],
};

fn year(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let time = cx.time(0)?;
    let year = Civil::of(time, cx.zones()).year;
    Ok(Value::Int(year))
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
        assert_eq!(convert(&YEAR, &[last]), Ok(json!({"int": "292277026596"})));
        assert!(convert(&YEAR, &[int(0).dynamic()]).is_err());
        assert!(convert(&YEAR, &[Arg::Failed]).is_err());
    }
}

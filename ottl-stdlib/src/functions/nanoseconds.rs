//! `Nanoseconds(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Nanoseconds`.
pub(crate) const NANOSECONDS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: nanoseconds,
};

static SIGNATURE: Signature = Signature {
    name: "Nanoseconds",
    params: &[Param::new(
        "duration",
        ParamKind::Value(ValueKind::Duration),
    )],
    result: Type::Int,
    fields: &[],
    docs: "A duration in nanoseconds, as an integer.",
    examples: &[
        Example {
            title: "An hour and a half",
            source: r#"Nanoseconds(Duration("90m"))"#,
            attributes: "{}",
            result: r#"{"int":"5400000000000"}"#,
        },
        Example {
            title: "Text",
            source: r#"Nanoseconds(span.attributes["d"])"#,
            attributes: r#"{"d":"90m"}"#,
            result: "error: Expected duration but got string.",
        },
    ],
};

fn nanoseconds(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Int(cx.duration(0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn negative_durations_are_cut_towards_zero() {
        let duration = Arg::Computed(|_| Value::Duration(-1));
        assert_eq!(convert(&NANOSECONDS, &[duration]), Ok(json!({"int": "-1"})));
        assert!(convert(&NANOSECONDS, &[int(1).dynamic()]).is_err());
    }
}

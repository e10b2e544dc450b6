//! `Microseconds(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Microseconds`.
pub(crate) const MICROSECONDS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: microseconds,
};

static SIGNATURE: Signature = Signature {
    name: "Microseconds",
    params: &[Param::new(
        "duration",
        ParamKind::Value(ValueKind::Duration),
    )],
    result: Type::Int,
    fields: &[],
    docs: "A duration in microseconds, as an integer. A fraction is cut off.",
    examples: &[
        Example {
            title: "An hour and a half",
            source: r#"Microseconds(Duration("90m"))"#,
            attributes: "{}",
            result: r#"{"int":"5400000000"}"#,
        },
        Example {
            title: "Text",
            source: r#"Microseconds(span.attributes["d"])"#,
            attributes: r#"{"d":"90m"}"#,
            result: "error: Expected duration but got string.",
        },
    ],
};

fn microseconds(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Int(cx.duration(0)? / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn negative_durations_are_cut_towards_zero() {
        let duration = Arg::Computed(|_| Value::Duration(-1999));
        assert_eq!(
            convert(&MICROSECONDS, &[duration]),
            Ok(json!({"int": "-1"}))
        );
        assert!(convert(&MICROSECONDS, &[int(1).dynamic()]).is_err());
    }
}

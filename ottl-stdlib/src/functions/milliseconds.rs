//! `Milliseconds(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Milliseconds`.
pub(crate) const MILLISECONDS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: milliseconds,
};

static SIGNATURE: Signature = Signature {
    name: "Milliseconds",
    params: &[Param::new(
        "duration",
        ParamKind::Value(ValueKind::Duration),
    )],
    result: Type::Int,
    fields: &[],
    docs: "A duration in milliseconds, as an integer. A fraction is cut off.",
    examples: &[
        Example {
            title: "An hour and a half",
            source: r#"Milliseconds(Duration("90m"))"#,
            attributes: "{}",
            result: r#"{"int":"5400000"}"#,
        },
        Example {
            title: "Text",
            source: r#"Milliseconds(span.attributes["d"])"#,
            attributes: r#"{"d":"90m"}"#,
            result: "error: Expected duration but got string.",
        },
    ],
};

fn milliseconds(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Int(cx.duration(0)? / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn negative_durations_are_cut_towards_zero() {
        let duration = Arg::Computed(|_| Value::Duration(-1999999));
        assert_eq!(
            convert(&MILLISECONDS, &[duration]),
            Ok(json!({"int": "-1"}))
        );
        assert!(convert(&MILLISECONDS, &[int(1).dynamic()]).is_err());
    }
}

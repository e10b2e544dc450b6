//! `Seconds(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::duration::in_units;
use crate::support::plain::Plain;

/// The converter `Seconds`.
pub(crate) const SECONDS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: seconds,
};

static SIGNATURE: Signature = Signature {
    name: "Seconds",
    params: &[Param::new(
        "duration",
        ParamKind::Value(ValueKind::Duration),
    )],
    result: Type::Double,
    fields: &[],
    docs: "A duration in seconds, with a fraction.",
    examples: &[
        Example {
            title: "An hour and a half",
            source: r#"Seconds(Duration("90m"))"#,
            attributes: "{}",
            result: r#"{"double":5400}"#,
        },
        Example {
            title: "Text",
            source: r#"Seconds(span.attributes["d"])"#,
            attributes: r#"{"d":"90m"}"#,
            result: "error: Expected duration but got string.",
        },
    ],
};

/// Nanoseconds of the unit.
const UNIT: i64 = 1_000_000_000;

fn seconds(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    in_units(cx, UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn fractions_are_exact() {
        let duration = Arg::Computed(|_| Value::Duration(-1500000000));
        assert_eq!(convert(&SECONDS, &[duration]), Ok(json!({"double": -1.5})));
        assert!(convert(&SECONDS, &[int(1).dynamic()]).is_err());
    }
}

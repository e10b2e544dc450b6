//! `Minutes(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::duration::in_units;
use crate::support::plain::Plain;

/// The converter `Minutes`.
pub(crate) const MINUTES: Plain = Plain {
    signature: &SIGNATURE,
    kernel: minutes,
};

static SIGNATURE: Signature = Signature {
    name: "Minutes",
    params: &[Param::new(
        "duration",
        ParamKind::Value(ValueKind::Duration),
    )],
    result: Type::Double,
    fields: &[],
    docs: "A duration in minutes, with a fraction.",
    examples: &[
        Example {
            title: "An hour and a half",
            source: r#"Minutes(Duration("90m"))"#,
            attributes: "{}",
            result: r#"{"double":90}"#,
        },
        Example {
            title: "Text",
            source: r#"Minutes(span.attributes["d"])"#,
            attributes: r#"{"d":"90m"}"#,
            result: "error: Expected duration but got string.",
        },
    ],
};

/// Nanoseconds of the unit.
const UNIT: i64 = 60_000_000_000;

fn minutes(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    in_units(cx, UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn fractions_are_exact() {
        let duration = Arg::Computed(|_| Value::Duration(20000000001));
        assert_eq!(
            convert(&MINUTES, &[duration]),
            Ok(json!({"double": 0.33333333335}))
        );
        assert!(convert(&MINUTES, &[int(1).dynamic()]).is_err());
    }
}

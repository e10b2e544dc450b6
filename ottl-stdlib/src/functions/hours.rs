//! `Hours(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::duration::in_units;
use crate::support::plain::Plain;

/// The converter `Hours`.
pub(crate) const HOURS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: hours,
};

static SIGNATURE: Signature = Signature {
    name: "Hours",
    params: &[Param::new(
        "duration",
        ParamKind::Value(ValueKind::Duration),
    )],
    result: Type::Double,
    fields: &[],
    docs: "A duration in hours, with a fraction.",
    examples: &[
        Example {
            title: "An hour and a half",
            source: r#"Hours(Duration("90m"))"#,
            attributes: "{}",
            result: r#"{"double":1.5}"#,
        },
        Example {
            title: "Text",
            source: r#"Hours(span.attributes["d"])"#,
            attributes: r#"{"d":"90m"}"#,
            result: "error: Expected duration but got string.",
        },
    ],
};

/// Nanoseconds of the unit.
const UNIT: i64 = 3_600_000_000_000;

fn hours(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    in_units(cx, UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int};
    use serde_json::json;

    #[test]
    fn fractions_are_exact() {
        let duration = Arg::Computed(|_| Value::Duration(1200000000001));
        assert_eq!(
            convert(&HOURS, &[duration]),
            Ok(json!({"double": 0.3333333333336111}))
        );
        assert!(convert(&HOURS, &[int(1).dynamic()]).is_err());
    }
}

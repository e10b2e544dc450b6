//! `Hours(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

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
            result: "error",
        },
    ],
};

/// Nanoseconds of the unit.
const UNIT: i64 = 3_600_000_000_000;

fn hours(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let nanos = cx.duration(0)?;
    // The whole and its fraction are converted apart, which keeps more digits.
    let (whole, rest) = (nanos / UNIT, nanos % UNIT);
    Ok(Value::Double(whole as f64 + rest as f64 / UNIT as f64))
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

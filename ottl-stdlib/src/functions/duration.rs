//! `Duration(duration)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::time::duration;

/// The converter `Duration`.
pub(crate) const DURATION: Plain = Plain {
    signature: &SIGNATURE,
    kernel: read,
};

static SIGNATURE: Signature = Signature {
    name: "Duration",
    params: &[Param::new("duration", ParamKind::Value(ValueKind::String))],
    result: Type::Duration,
    fields: &[],
    docs: "Reads a duration such as `1h30m`, `-1.5s` or `300ms`.\n\n\
           A duration is a sequence of numbers, each with its unit: `ns`, `us` or `µs`, `ms`, \
           `s`, `m`, `h`. Numbers may have a fraction; the whole may have a sign.",
    examples: &[
        Example {
            title: "Hours and minutes",
            source: r#"Duration("1h30m")"#,
            attributes: "{}",
            result: r#"{"duration_ns":"5400000000000"}"#,
        },
        Example {
            title: "A fraction",
            source: r#"Duration("-1.5s")"#,
            attributes: "{}",
            result: r#"{"duration_ns":"-1500000000"}"#,
        },
        Example {
            title: "No unit",
            source: r#"Duration("5")"#,
            attributes: "{}",
            result: "error: The text is no duration. Write numbers with units, such as `1h30m` or `1.5s`.",
        },
    ],
};

fn read(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let text = cx.string(0)?;
    duration::parse(cx.bytes(text)).map(Value::Duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn a_zero_needs_no_unit() {
        assert_eq!(
            convert(&DURATION, &[text("-0")]),
            Ok(json!({"duration_ns": "0"}))
        );
        assert!(convert(&DURATION, &[text("")]).is_err());
        assert!(convert(&DURATION, &[Arg::Computed(|_| Value::Duration(1))]).is_err());
    }
}

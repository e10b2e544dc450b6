//! `Bool(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Bool`.
pub(crate) const BOOL: Plain = Plain {
    signature: &SIGNATURE,
    kernel: bool,
};

static SIGNATURE: Signature = Signature {
    name: "Bool",
    params: &[Param::new("target", ParamKind::Value(ValueKind::BoolLike))],
    result: Type::Any,
    fields: &[],
    docs: "Converts a value to a boolean.\n\n\
           Numbers are true unless they are zero. Text is one of `1`, `t`, `T`, `TRUE`, `true`, \
           `True`, `0`, `f`, `F`, `FALSE`, `false` and `False`; other text is an error, as are \
           lists, maps and bytes. Nil stays nil.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Bool("True")"#,
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A number",
            source: r#"Bool(span.attributes["n"])"#,
            attributes: r#"{"n":0.5}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Other text",
            source: r#"Bool(span.attributes["s"])"#,
            attributes: r#"{"s":"yes"}"#,
            result: "error: The text is no boolean.",
        },
    ],
};

fn bool(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(cx.bool_like(0)?.map_or(Value::Nil, Value::Bool))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::{Value as Json, json};

    #[test]
    fn words_are_those_of_go() {
        assert_eq!(
            convert(&BOOL, &[text("T").dynamic()]),
            Ok(json!({"bool": true}))
        );
        assert!(convert(&BOOL, &[text("tRUE").dynamic()]).is_err());
        assert!(convert(&BOOL, &[text("").dynamic()]).is_err());
    }

    #[test]
    fn nil_stays_nil_and_nan_is_true() {
        assert_eq!(
            convert(&BOOL, &[Arg::Computed(|_| Value::Nil)]),
            Ok(Json::Null)
        );
        let nan = Arg::Computed(|_| Value::Double(f64::NAN));
        assert_eq!(convert(&BOOL, &[nan]), Ok(json!({"bool": true})));
        assert!(convert(&BOOL, &[Arg::Computed(|_| Value::Duration(1))]).is_err());
    }
}

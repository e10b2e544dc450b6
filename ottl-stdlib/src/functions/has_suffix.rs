//! `HasSuffix(target, suffix)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `HasSuffix`.
pub(crate) const HAS_SUFFIX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: has_suffix,
};

static SIGNATURE: Signature = Signature {
    name: "HasSuffix",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("suffix", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether text ends with other text.\n\n\
           An argument that is no text, nil included, is an error.",
    examples: &[
        Example {
            title: "It does",
            source: r#"HasSuffix(span.name, "p")"#,
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Case matters",
            source: r#"HasSuffix("abc", "C")"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
    ],
};

fn has_suffix(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    let suffix = cx.string(1)?;
    Ok(Value::Bool(cx.bytes(target).ends_with(cx.bytes(suffix))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_is_everywhere() {
        assert_eq!(
            convert(&HAS_SUFFIX, &[text(""), text("")]),
            Ok(json!({"bool": true}))
        );
        assert_eq!(
            convert(&HAS_SUFFIX, &[text(""), text("a")]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn nil_is_an_error() {
        assert!(convert(&HAS_SUFFIX, &[Arg::Computed(|_| Value::Nil), text("")]).is_err());
        assert!(convert(&HAS_SUFFIX, &[text("a"), Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

//! `HasPrefix(target, prefix)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `HasPrefix`.
pub(crate) const HAS_PREFIX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: has_prefix,
};

static SIGNATURE: Signature = Signature {
    name: "HasPrefix",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("prefix", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether text begins with other text.\n\n\
           An argument that is no text, nil included, is an error.",
    examples: &[
        Example {
            title: "It does",
            source: r#"HasPrefix(span.name, "o")"#,
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Case matters",
            source: r#"HasPrefix("abc", "A")"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
    ],
};

fn has_prefix(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    let prefix = cx.string(1)?;
    Ok(Value::Bool(cx.bytes(target).starts_with(cx.bytes(prefix))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_empty_text_is_everywhere() {
        assert_eq!(
            convert(&HAS_PREFIX, &[text(""), text("")]),
            Ok(json!({"bool": true}))
        );
        assert_eq!(
            convert(&HAS_PREFIX, &[text(""), text("a")]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn nil_is_an_error() {
        assert!(convert(&HAS_PREFIX, &[Arg::Computed(|_| Value::Nil), text("")]).is_err());
        assert!(convert(&HAS_PREFIX, &[text("a"), Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

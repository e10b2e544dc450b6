//! `TrimPrefix(target, prefix)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::slices::part_of;

/// The converter `TrimPrefix`.
pub(crate) const TRIM_PREFIX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: trim_prefix,
};

static SIGNATURE: Signature = Signature {
    name: "TrimPrefix",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("prefix", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::String,
    fields: &[],
    docs: "Text without other text at its beginning.\n\n\
           It is removed once; text that does not have it stays as it is.",
    examples: &[
        Example {
            title: "Once only",
            source: r#"TrimPrefix("aab", "a")"#,
            attributes: "{}",
            result: r#"{"string":"ab"}"#,
        },
        Example {
            title: "Not there",
            source: r#"TrimPrefix(span.name, "x")"#,
            attributes: "{}",
            result: r#"{"string":"op"}"#,
        },
    ],
};

fn trim_prefix(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    let other = cx.string(1)?;
    if !cx.bytes(target).starts_with(cx.bytes(other)) {
        return Ok(Value::Str(target));
    }
    Ok(Value::Str(part_of(
        target,
        other.len as usize..target.len as usize,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{convert, text};
    use serde_json::json;

    #[test]
    fn the_whole_text_may_go() {
        assert_eq!(
            convert(&TRIM_PREFIX, &[text("ab"), text("ab")]),
            Ok(json!({"string": ""}))
        );
        assert_eq!(
            convert(&TRIM_PREFIX, &[text("ab"), text("abab")]),
            Ok(json!({"string": "ab"}))
        );
        assert_eq!(
            convert(&TRIM_PREFIX, &[text("aaa"), text("a")]),
            Ok(json!({"string": "aa"}))
        );
        assert_eq!(
            convert(&TRIM_PREFIX, &[text("a"), text("")]),
            Ok(json!({"string": "a"}))
        );
    }
}

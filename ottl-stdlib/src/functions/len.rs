//! `Len(target)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind, type_name,
};

use crate::support::plain::Plain;

/// The converter `Len`.
pub(crate) const LEN: Plain = Plain {
    signature: &SIGNATURE,
    kernel: len,
};

static SIGNATURE: Signature = Signature {
    name: "Len",
    params: &[Param::new("target", ParamKind::Value(ValueKind::Any))],
    result: Type::Int,
    fields: &[],
    docs: "The length of text or bytes in bytes, or the number of elements of a list, a map, or \
           a list of message parts such as `span.events`.\n\n\
           Anything else is an error, nil included.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Len("é")"#,
            attributes: "{}",
            result: r#"{"int":"2"}"#,
        },
        Example {
            title: "A map",
            source: "Len(span.attributes)",
            attributes: r#"{"a":1,"b":2}"#,
            result: r#"{"int":"2"}"#,
        },
        Example {
            title: "A number",
            source: "Len(5)",
            attributes: "{}",
            result: "error: Expected text, bytes, a list or a map but got int.",
        },
    ],
};

fn len(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let len = match cx.value(0)? {
        Value::Str(slice) | Value::Bytes(slice) => slice.len,
        Value::List(_, range) | Value::Map(_, range) => range.len,
        // The place of such a value is its number of elements.
        Value::Opaque(kind, count) if kind.is_sequence() => count.off,
        other => {
            return Err(ExecError::expected(
                "text, bytes, a list or a map",
                type_name(other),
            ));
        }
    };
    Ok(Value::Int(i64::from(len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, convert, text};
    use serde_json::json;

    #[test]
    fn message_parts_are_counted() {
        let mut span = Span::otlp(r#"{"events": [{"name": "a"}, {"name": "b"}]}"#);
        let result = span.call(&LEN, &[Arg::Path("events", Vec::new())]);
        assert_eq!(result, Ok(json!({"int": "2"})));
        let status = Arg::Path("status", Vec::new());
        assert!(Span::new("{}").call(&LEN, &[status]).is_err());
    }

    #[test]
    fn ids_have_no_length() {
        assert_eq!(convert(&LEN, &[text("é")]), Ok(json!({"int": "2"})));
        let id = Arg::Path("trace_id", Vec::new());
        assert!(convert(&LEN, &[id]).is_err());
    }
}

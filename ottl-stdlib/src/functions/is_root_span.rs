//! `IsRootSpan()`

use otlp_columns::{Field, Value};
use ottl_vm::{CallContext, Example, ExecError, Signature, Type};

use crate::support::plain::Plain;

/// The converter `IsRootSpan`.
pub(crate) const IS_ROOT_SPAN: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_root_span,
};

static SIGNATURE: Signature = Signature {
    name: "IsRootSpan",
    params: &[],
    result: Type::Bool,
    fields: &[Field::SpanParentSpanId],
    docs: "Whether the span has no parent: its parent's id is missing or all zeros.\n\n\
           The function exists in the span context only.",
    examples: &[
        Example {
            title: "A span without parent",
            source: "IsRootSpan()",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "As an argument",
            source: "String(IsRootSpan())",
            attributes: "{}",
            result: r#"{"string":"true"}"#,
        },
    ],
};

/// Ids of any other length count as missing.
const ID_LEN: usize = 8;

fn is_root_span(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let (batch, position) = cx.batch();
    let parent = batch.slice(Field::SpanParentSpanId, position.row);
    let parent = batch.heap().bytes(parent);
    let is_root = parent.len() != ID_LEN || parent.iter().all(|&byte| byte == 0);
    Ok(Value::Bool(is_root))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::Span;
    use serde_json::json;

    fn is_root(span: &str) -> serde_json::Value {
        let result = Span::otlp(span).call(&IS_ROOT_SPAN, &[]);
        result.expect("the function cannot fail")["bool"].clone()
    }

    #[test]
    fn a_parent_of_zeros_is_none() {
        assert_eq!(is_root("{}"), json!(true));
        assert_eq!(
            is_root(r#"{"parentSpanId": "0000000000000000"}"#),
            json!(true)
        );
        assert_eq!(
            is_root(r#"{"parentSpanId": "0000000000000001"}"#),
            json!(false)
        );
    }
}

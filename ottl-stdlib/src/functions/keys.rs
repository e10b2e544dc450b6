//! `Keys(target)`

use otlp_columns::{ListKind, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Keys`.
pub(crate) const KEYS: Plain = Plain {
    signature: &SIGNATURE,
    kernel: keys,
};

static SIGNATURE: Signature = Signature {
    name: "Keys",
    params: &[Param::new("target", ParamKind::Value(ValueKind::Map))],
    result: Type::List,
    fields: &[],
    docs: "The keys of a map, in the map's order.",
    examples: &[
        Example {
            title: "Attributes",
            source: "Keys(span.attributes)",
            attributes: r#"{"a":1,"b":null}"#,
            result: r#"{"list":[{"string":"a"},{"string":"b"}]}"#,
        },
        Example {
            title: "No map",
            source: r#"Keys(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected map but got nil.",
        },
    ],
};

fn keys(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let range = cx.map(0)?;
    let heap = cx.heap_mut();
    let keys: Vec<_> = heap
        .map(range)
        .iter()
        .map(|entry| Value::Str(entry.key))
        .collect();
    Ok(Value::List(ListKind::Slice, heap.alloc_list(&keys)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span, attributes, convert, text};
    use serde_json::json;

    #[test]
    fn a_key_that_occurs_twice_is_listed_twice() {
        let mut span = Span::otlp(r#"{"attributes": [{"key": "b"}, {"key": "a"}, {"key": "b"}]}"#);
        let keys = json!({"list": [{"string": "b"}, {"string": "a"}, {"string": "b"}]});
        assert_eq!(span.call(&KEYS, &[attributes()]), Ok(keys));
        assert!(convert(&KEYS, &[text("a")]).is_err());
    }
}

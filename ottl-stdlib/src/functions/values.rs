//! `Values(target)`

use otlp_columns::{ListKind, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Values`.
pub(crate) const VALUES: Plain = Plain {
    signature: &SIGNATURE,
    kernel: values,
};

static SIGNATURE: Signature = Signature {
    name: "Values",
    params: &[Param::new("target", ParamKind::Value(ValueKind::Map))],
    result: Type::List,
    fields: &[],
    docs: "The values of a map, in the map's order.",
    examples: &[
        Example {
            title: "Attributes",
            source: "Values(span.attributes)",
            attributes: r#"{"a":1,"b":["x"]}"#,
            result: r#"{"list":[{"int":"1"},{"list":[{"string":"x"}]}]}"#,
        },
        Example {
            title: "No map",
            source: r#"Values(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected map but got nil.",
        },
    ],
};

fn values(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let range = cx.map(0)?;
    let heap = cx.heap_mut();
    let values: Vec<_> = heap.map(range).iter().map(|entry| entry.value).collect();
    Ok(Value::List(ListKind::Slice, heap.alloc_list(&values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attributes, convert};
    use serde_json::json;

    #[test]
    fn nested_values_stay_whole() {
        let mut span = Span::new(r#"{"a": {"b": [null, 1.5]}, "c": "x"}"#);
        let values =
            json!({"list": [{"map": {"b": {"list": [null, {"double": 1.5}]}}}, {"string": "x"}]});
        assert_eq!(span.call(&VALUES, &[attributes()]), Ok(values));
        assert!(convert(&VALUES, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

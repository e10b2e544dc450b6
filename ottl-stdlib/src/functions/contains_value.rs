//! `ContainsValue(target, item)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::slices::position;

/// The converter `ContainsValue`.
pub(crate) const CONTAINS_VALUE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: contains_value,
};

static SIGNATURE: Signature = Signature {
    name: "ContainsValue",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Slice)),
        Param::new("item", ParamKind::Value(ValueKind::Any)),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a list has an element that equals a value, as `==` compares them.",
    examples: &[
        Example {
            title: "Text",
            source: r#"ContainsValue(span.attributes["l"], "a")"#,
            attributes: r#"{"l":["a","b"]}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A number",
            source: r#"ContainsValue(span.attributes["l"], 1.0)"#,
            attributes: r#"{"l":[1]}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Split text",
            source: r#"ContainsValue(Split("a,b", ","), "c")"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "No list",
            source: r#"ContainsValue(span.attributes["l"], "a")"#,
            attributes: "{}",
            result: "error: Expected list but got nil.",
        },
    ],
};

fn contains_value(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let range = cx.slice(0)?;
    let item = cx.value(1)?;
    Ok(Value::Bool(position(cx, range, item)?.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attribute, convert, int, text};
    use ottl_vm::Literal;
    use serde_json::json;

    #[test]
    fn nested_values_are_compared_strictly() {
        let mut span = Span::new(r#"{"l": [[1], {"k": 1}, {"$bytes": "AQI="}, 9007199254740993]}"#);
        let mut has = |item| {
            let result = span.call(&CONTAINS_VALUE, &[attribute("l"), Arg::Literal(item)]);
            result.expect("a list")["bool"].clone()
        };
        assert_eq!(has(Literal::List(vec![Literal::Int(1)])), json!(true));
        assert_eq!(has(Literal::List(vec![Literal::Double(1.0)])), json!(false));
        assert_eq!(has(Literal::Bytes(vec![1, 2])), json!(true));
        assert_eq!(has(Literal::Nil), json!(false));
        assert_eq!(has(Literal::Double(9_007_199_254_740_992.0)), json!(true));
        assert_eq!(has(Literal::Int(9_007_199_254_740_992)), json!(false));
    }

    #[test]
    fn the_list_is_looked_at_first() {
        assert!(convert(&CONTAINS_VALUE, &[text("a"), int(1)]).is_err());
        assert!(convert(&CONTAINS_VALUE, &[Arg::List(vec![int(1)]), Arg::Failed]).is_err());
    }
}

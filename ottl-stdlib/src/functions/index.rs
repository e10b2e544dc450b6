//! `Index(target, value)`

use memchr::memmem;
use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind, type_name,
};

use crate::support::plain::Plain;
use crate::support::slices::position;

/// The converter `Index`.
pub(crate) const INDEX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: index,
};

static SIGNATURE: Signature = Signature {
    name: "Index",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Any)),
        Param::new("value", ParamKind::Value(ValueKind::Any)),
    ],
    result: Type::Int,
    fields: &[],
    docs: "Where a value is found first: the byte at which text begins inside other text, or \
           the position of an element in a list. -1 when it is not there.\n\n\
           Elements are compared as `==` compares. Text is searched for text only; a target \
           that is neither text nor a list is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"Index("abcb", "b")"#,
            attributes: "{}",
            result: r#"{"int":"1"}"#,
        },
        Example {
            title: "A list",
            source: r#"Index(span.attributes["l"], 2.0)"#,
            attributes: r#"{"l":["a",2]}"#,
            result: r#"{"int":"1"}"#,
        },
        Example {
            title: "Not found",
            source: r#"Index(["a"], nil)"#,
            attributes: "{}",
            result: r#"{"int":"-1"}"#,
        },
    ],
};

/// Bytes of text that are searched for one unit of work.
const BYTES_PER_UNIT: u32 = 64;

fn index(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.value(0)?;
    let value = cx.value(1)?;
    let found = match (target, value) {
        (Value::Str(text), Value::Str(part)) => {
            cx.spend(u64::from(text.len / BYTES_PER_UNIT))?;
            memmem::find(cx.bytes(text), cx.bytes(part))
        }
        (Value::Str(_), other) => {
            return Err(ExecError::expected("text to search for", type_name(other)));
        }
        _ => {
            let range = cx.slice(0)?;
            position(cx, range, value)?
        }
    };
    Ok(Value::Int(found.map_or(-1, |at| at as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attribute, convert, int, text};
    use ottl_vm::Literal;
    use serde_json::json;

    #[test]
    fn integers_and_doubles_are_compared_by_value() {
        let mut span = Span::new(r#"{"l": ["a", 1, 1.5, null, {"k": 1}, [1]]}"#);
        let mut at = |value| {
            span.call(&INDEX, &[attribute("l"), value])
                .map(|at| at["int"].clone())
        };
        assert_eq!(at(Arg::Literal(Literal::Double(1.0))), Ok(json!("1")));
        assert_eq!(at(Arg::Literal(Literal::Nil)), Ok(json!("3")));
        let map = Literal::Map(vec![(b"k".to_vec(), Literal::Int(1))]);
        assert_eq!(at(Arg::Literal(map)), Ok(json!("4")));
        assert_eq!(
            at(Arg::Literal(Literal::List(vec![Literal::Int(1)]))),
            Ok(json!("5"))
        );
        assert_eq!(at(text("b")), Ok(json!("-1")));
    }

    #[test]
    fn text_is_searched_for_text_only() {
        assert_eq!(
            convert(&INDEX, &[text("abc"), text("")]),
            Ok(json!({"int": "0"}))
        );
        assert!(convert(&INDEX, &[text("1"), int(1)]).is_err());
        assert!(convert(&INDEX, &[int(1), int(1)]).is_err());
        assert!(convert(&INDEX, &[Arg::Computed(|_| Value::Nil), int(1)]).is_err());
    }
}

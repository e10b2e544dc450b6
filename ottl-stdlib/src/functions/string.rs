//! `String(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `String`.
pub(crate) const STRING: Plain = Plain {
    signature: &SIGNATURE,
    kernel: string,
};

static SIGNATURE: Signature = Signature {
    name: "String",
    params: &[Param::new(
        "target",
        ParamKind::Value(ValueKind::StringLike),
    )],
    result: Type::Any,
    fields: &[],
    docs: "Converts a value to text.\n\n\
           Text stays as it is and bytes become lowercase hexadecimal digits. Everything else \
           becomes JSON: map keys are sorted, bytes inside are base64, `<`, `>` and `&` are \
           escaped, times are RFC 3339 in quotes and durations are nanoseconds. Nil stays nil; \
           infinities and NaN are an error.",
    examples: &[
        Example {
            title: "A double without fraction",
            source: "String(1.0)",
            attributes: "{}",
            result: r#"{"string":"1"}"#,
        },
        Example {
            title: "A list",
            source: r#"String(span.attributes["l"])"#,
            attributes: r#"{"l":["<",1.5,null]}"#,
            result: r#"{"string":"[\"\\u003c\",1.5,null]"}"#,
        },
        Example {
            title: "Bytes",
            source: "String(0xff00)",
            attributes: "{}",
            result: r#"{"string":"ff00"}"#,
        },
    ],
};

fn string(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(cx.string_like(0)?.map_or(Value::Nil, Value::Str))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attributes, convert};
    use otlp_columns::{ListKind, MapKind, PoolRange};
    use serde_json::json;

    fn text_of(make: fn(&mut otlp_columns::Heap) -> Value) -> Option<String> {
        let result = convert(&STRING, &[Arg::Computed(make)]).ok()?;
        Some(result["string"].as_str()?.to_owned())
    }

    #[test]
    fn numbers_are_printed_with_the_fewest_digits() {
        assert_eq!(text_of(|_| Value::Double(1e21)).as_deref(), Some("1e+21"));
        assert_eq!(
            text_of(|_| Value::Double(1e20)).as_deref(),
            Some("100000000000000000000")
        );
        assert_eq!(text_of(|_| Value::Double(1e-7)).as_deref(), Some("1e-07"));
        assert_eq!(text_of(|_| Value::Double(-0.0)).as_deref(), Some("-0"));
        assert_eq!(text_of(|_| Value::Double(f64::NAN)), None);
        assert_eq!(text_of(|_| Value::Duration(-5)).as_deref(), Some("-5"));
    }

    #[test]
    fn control_characters_and_invalid_bytes_are_escaped() {
        let text = text_of(|heap| {
            let text = Value::Str(heap.alloc(b"\x08\x0c\x7f\xff\xe2\x82&\xe2\x80\xa8"));
            Value::List(ListKind::Any, heap.alloc_list(&[text]))
        });
        let expected = "[\"\\u0008\\u000c\u{7f}\\ufffd\\ufffd\\ufffd\\u0026\\u2028\"]";
        assert_eq!(text.as_deref(), Some(expected));
    }

    #[test]
    fn maps_of_attributes_are_empty_inside_a_literal_list() {
        let text = text_of(|heap| {
            let key = heap.alloc(b"k");
            let map = heap.alloc_map(&[otlp_columns::Entry::new(key, Value::Int(1))]);
            let elements = [
                Value::Map(MapKind::Map, map),
                Value::List(ListKind::Slice, PoolRange::EMPTY),
                Value::Bytes(heap.alloc(b"")),
            ];
            Value::List(ListKind::Any, heap.alloc_list(&elements))
        });
        assert_eq!(text.as_deref(), Some("[{},{},null]"));
    }

    #[test]
    fn keys_are_sorted() {
        let span = r#"{"attributes": [
            {"key": "z", "value": {"bytesValue": "aGVsbG8="}},
            {"key": "a", "value": {"kvlistValue": {"values": [{"key": "n", "value": {}}]}}}
        ]}"#;
        let result = Span::otlp(span).call(&STRING, &[attributes()]);
        assert_eq!(
            result,
            Ok(json!({"string": r#"{"a":{"n":null},"z":"aGVsbG8="}"#}))
        );
    }
}

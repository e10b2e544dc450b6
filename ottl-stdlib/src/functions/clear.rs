//! `clear(target)`

use otlp_columns::{ListKind, MapKind, OpaqueKind, PoolRange, Slice, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type};

use crate::support::plain::Plain;
use crate::support::time::YEAR_ONE;

/// The editor `clear`.
pub(crate) const CLEAR: Plain = Plain {
    signature: &SIGNATURE,
    kernel: clear,
};

static SIGNATURE: Signature = Signature {
    name: "clear",
    params: &[Param::new("target", ParamKind::GetSetter)],
    result: Type::Nil,
    fields: &[],
    docs: "Writes the empty value of its type to a path: no entries, no text, 0, false.\n\n\
           An attribute that is missing, or has no value, is there without value afterwards. A time \
           becomes the beginning of the year 1, which wraps in a field of nanoseconds since 1970. \
           A span's status and the buckets of a data point stay as they are; their parts can be \
           cleared.",
    examples: &[
        Example {
            title: "All attributes",
            source: "clear(span.attributes)",
            attributes: r#"{"a":1}"#,
            result: "{}",
        },
        Example {
            title: "One attribute",
            source: r#"clear(span.attributes["a"])"#,
            attributes: r#"{"a":1,"b":2}"#,
            result: r#"{"a":0,"b":2}"#,
        },
    ],
};

fn clear(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let empty = match cx.read(0)? {
        Value::Map(..) => Value::Map(MapKind::Map, PoolRange::EMPTY),
        Value::List(ListKind::Any, _) => Value::List(ListKind::Slice, PoolRange::EMPTY),
        Value::List(kind, _) => Value::List(kind, PoolRange::EMPTY),
        Value::Bool(_) => Value::Bool(false),
        Value::Int(_) => Value::Int(0),
        Value::Double(_) => Value::Double(0.0),
        Value::Str(_) => Value::Str(Slice::EMPTY),
        Value::Bytes(_) => Value::Bytes(Slice::EMPTY),
        Value::Time { .. } => Value::Time {
            seconds: YEAR_ONE,
            nanos: 0,
            zone: 0,
        },
        Value::Duration(_) => Value::Duration(0),
        Value::TraceId(_) => Value::TraceId(cx.heap().zeros(16)),
        Value::SpanId(_) => Value::SpanId(cx.heap().zeros(8)),
        Value::ProfileId(_) => Value::ProfileId(cx.heap().zeros(16)),
        // The reference copies from nothing, which leaves these as they are.
        same @ Value::Opaque(
            OpaqueKind::Status | OpaqueKind::Buckets | OpaqueKind::ValueType,
            _,
        ) => same,
        Value::Opaque(..) | Value::Nil | Value::Wire(_) | Value::Error(_) => Value::Nil,
    };
    cx.write(0, empty)?;
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attribute, edit};
    use serde_json::json;

    fn field(name: &'static str) -> Arg {
        Arg::Path(name, Vec::new())
    }

    #[test]
    fn each_type_has_an_empty_value() {
        for (before, after) in [
            (r#"{"a":"x"}"#, json!("")),
            (r#"{"a":true}"#, json!(false)),
            (r#"{"a":1.5}"#, json!(0.0)),
            (r#"{"a":[1]}"#, json!([])),
            (r#"{"a":{"b":1}}"#, json!({})),
            (r#"{"a":{"$bytes":"AQ=="}}"#, json!({"$bytes": ""})),
            (r#"{"a":null}"#, json!(null)),
            ("{}", json!(null)),
        ] {
            assert_eq!(
                edit(&CLEAR, before, &[attribute("a")]),
                Ok(json!({ "a": after }))
            );
        }
    }

    #[test]
    fn fields_are_cleared() {
        let mut span = Span::otlp(
            r#"{"name":"n","traceId":"0102030405060708090a0b0c0d0e0f10","startTimeUnixNano":"1",
                "events":[{"name":"e"}],"flags":3}"#,
        );
        for name in ["name", "trace_id", "start_time", "events", "flags"] {
            assert_eq!(span.call(&CLEAR, &[field(name)]), Ok(json!(null)), "{name}");
        }
        assert_eq!(span.field("name"), json!({"string": ""}));
        assert_eq!(span.field("trace_id"), json!({"trace_id": "0".repeat(32)}));
        assert_eq!(
            span.field("start_time_unix_nano"),
            json!({"int": "-6795364578871345152"})
        );
        assert_eq!(span.field("flags"), json!({"int": "0"}));
    }

    #[test]
    fn a_status_as_a_whole_stays() {
        let mut span = Span::otlp(r#"{"status":{"code":2,"message":"m"}}"#);
        assert_eq!(span.call(&CLEAR, &[field("status")]), Ok(json!(null)));
        assert!(!span.changed());
        assert_eq!(
            span.call(&CLEAR, &[field("status.message")]),
            Ok(json!(null))
        );
        assert_eq!(span.field("status.code"), json!({"int": "2"}));
        assert_eq!(span.field("status.message"), json!({"string": ""}));
    }
}

//! `IsEmpty(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::time::YEAR_ONE;

/// The converter `IsEmpty`.
pub(crate) const IS_EMPTY: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_empty,
};

static SIGNATURE: Signature = Signature {
    name: "IsEmpty",
    params: &[Param::new("target", ParamKind::Value(ValueKind::Any))],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is nil or the zero of its type.\n\n\
           That is `\"\"`, `0`, `0.0`, `false`, bytes, a list or a map without elements, an id of \
           zeros, a duration of zero, and midnight of January 1 of the year 1 in UTC. Parts of \
           a message such as `span.events` are never empty.",
    examples: &[
        Example {
            title: "An attribute that does not exist",
            source: r#"IsEmpty(span.attributes["x"])"#,
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A list with nil in it",
            source: r#"IsEmpty(span.attributes["l"])"#,
            attributes: r#"{"l":[null]}"#,
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "A number",
            source: "IsEmpty(0.0)",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Events, even when there are none",
            source: "IsEmpty(span.events)",
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_empty(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let heap = cx.heap();
    let is_zeros = |id| heap.bytes(id).iter().all(|&byte| byte == 0);
    Ok(Value::Bool(match cx.value(0)? {
        Value::Nil => true,
        Value::Bool(value) => !value,
        Value::Int(value) | Value::Duration(value) => value == 0,
        Value::Double(value) => value == 0.0,
        Value::Str(slice) | Value::Bytes(slice) => slice.is_empty(),
        Value::List(_, range) | Value::Map(_, range) => range.len == 0,
        Value::TraceId(id) | Value::SpanId(id) | Value::ProfileId(id) => is_zeros(id),
        Value::Time {
            seconds,
            nanos,
            zone,
        } => (seconds, nanos, zone) == (YEAR_ONE, 0, 0),
        Value::Opaque(..) | Value::Wire(_) | Value::Error(_) => false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, convert};
    use otlp_columns::Timestamp;
    use serde_json::json;

    #[test]
    fn zeros_are_empty() {
        for make in [
            |_: &mut otlp_columns::Heap| Value::Double(-0.0),
            |heap: &mut otlp_columns::Heap| Value::SpanId(heap.zeros(8)),
            |_: &mut otlp_columns::Heap| Value::Duration(0),
        ] {
            assert_eq!(
                convert(&IS_EMPTY, &[Arg::Computed(make)]),
                Ok(json!({"bool": true}))
            );
        }
    }

    #[test]
    fn the_epoch_is_a_time_like_others() {
        let epoch = Arg::Computed(|_| Timestamp::from_unix_nanos(0).into());
        assert_eq!(convert(&IS_EMPTY, &[epoch]), Ok(json!({"bool": false})));
    }

    #[test]
    fn events_are_never_empty() {
        let events = Arg::Path("events", Vec::new());
        let result = Span::new("{}").call(&IS_EMPTY, &[events]);
        assert_eq!(result, Ok(json!({"bool": false})));
    }
}

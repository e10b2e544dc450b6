//! `IsList(target)`

use otlp_columns::{ListKind, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Role, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `IsList`.
pub(crate) const IS_LIST: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_list,
};

static SIGNATURE: Signature = Signature {
    name: "IsList",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Any)).with_role(Role::Tested(Type::List))
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is a list.\n\n\
           Lists of events, links, data points, exemplars and quantiles count as lists. Bytes \
           do not, nor do bucket counts.",
    examples: &[
        Example {
            title: "A list",
            source: r#"IsList(span.attributes["l"])"#,
            attributes: r#"{"l":[]}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Events",
            source: "IsList(span.events)",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Bytes",
            source: "IsList(0x01)",
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_list(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Bool(match cx.value(0)? {
        // The reference knows each type of list by name and has none for unsigned integers.
        Value::List(kind, _) => !matches!(kind, ListKind::Uints | ListKind::Times),
        Value::Opaque(kind, _) => kind.is_sequence(),
        _ => false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use otlp_columns::{OpaqueKind, PoolRange, Slice};
    use serde_json::json;

    #[test]
    fn only_known_lists_count() {
        let strings = Arg::Computed(|_| Value::List(ListKind::Strings, PoolRange::EMPTY));
        assert_eq!(convert(&IS_LIST, &[strings]), Ok(json!({"bool": true})));
        let counts = Arg::Computed(|_| Value::List(ListKind::Uints, PoolRange::EMPTY));
        assert_eq!(convert(&IS_LIST, &[counts]), Ok(json!({"bool": false})));
        let status = Arg::Computed(|_| Value::Opaque(OpaqueKind::Status, Slice::EMPTY));
        assert_eq!(convert(&IS_LIST, &[status]), Ok(json!({"bool": false})));
    }
}

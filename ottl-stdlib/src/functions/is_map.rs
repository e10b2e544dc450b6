//! `IsMap(target)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Role, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `IsMap`.
pub(crate) const IS_MAP: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_map,
};

static SIGNATURE: Signature = Signature {
    name: "IsMap",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Map)).with_role(Role::Tested(Type::Map))
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is a map.\n\n\
           A literal that is no map is rejected when the program is compiled. An argument that \
           fails is an error, not false.",
    examples: &[
        Example {
            title: "Attributes",
            source: "IsMap(span.attributes)",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A list",
            source: r#"IsMap(ParseJSON("[]"))"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_map(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    match cx.value(0)? {
        Value::Map(..) => cx.map(0).map(|_| Value::Bool(true)),
        _ => Ok(Value::Bool(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use otlp_columns::{ListKind, PoolRange};
    use serde_json::json;

    #[test]
    fn lists_and_nil_are_no_maps() {
        let list = Arg::Computed(|_| Value::List(ListKind::Slice, PoolRange::EMPTY));
        assert_eq!(convert(&IS_MAP, &[list]), Ok(json!({"bool": false})));
        let nil = Arg::Computed(|_| Value::Nil);
        assert_eq!(convert(&IS_MAP, &[nil]), Ok(json!({"bool": false})));
        assert!(convert(&IS_MAP, &[Arg::Failed]).is_err());
    }
}

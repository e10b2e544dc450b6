//! `IsInt(target)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Role, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `IsInt`.
pub(crate) const IS_INT: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_int,
};

static SIGNATURE: Signature = Signature {
    name: "IsInt",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Int)).with_role(Role::Tested(Type::Int))
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is an integer.\n\n\
           A literal of another type is rejected when the program is compiled. An argument that \
           fails is an error, not false.",
    examples: &[
        Example {
            title: "A field",
            source: "IsInt(span.kind)",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A double",
            source: r#"IsInt(span.attributes["d"])"#,
            attributes: r#"{"d":1.5}"#,
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_int(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Bool(matches!(cx.value(0)?, Value::Int(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use serde_json::json;

    #[test]
    fn other_types_are_told_apart() {
        let yes = Arg::Computed(|_| Value::Int(0));
        assert_eq!(convert(&IS_INT, &[yes]), Ok(json!({"bool": true})));
        let no = Arg::Computed(|_| Value::Duration(0));
        assert_eq!(convert(&IS_INT, &[no]), Ok(json!({"bool": false})));
        assert_eq!(
            convert(&IS_INT, &[Arg::Computed(|_| Value::Nil)]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn a_failed_argument_is_an_error() {
        assert!(convert(&IS_INT, &[Arg::Failed]).is_err());
    }
}

//! `IsBool(target)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Role, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `IsBool`.
pub(crate) const IS_BOOL: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_bool,
};

static SIGNATURE: Signature = Signature {
    name: "IsBool",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Bool)).with_role(Role::Tested(Type::Bool))
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is a boolean.\n\n\
           A literal of another type is rejected when the program is compiled. An argument that \
           fails is an error, not false.",
    examples: &[
        Example {
            title: "A boolean",
            source: "IsBool(true)",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Text",
            source: r#"IsBool(span.attributes["s"])"#,
            attributes: r#"{"s":"true"}"#,
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_bool(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Bool(matches!(cx.value(0)?, Value::Bool(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use serde_json::json;

    #[test]
    fn other_types_are_told_apart() {
        let yes = Arg::Computed(|_| Value::Bool(false));
        assert_eq!(convert(&IS_BOOL, &[yes]), Ok(json!({"bool": true})));
        let no = Arg::Computed(|_| Value::Duration(0));
        assert_eq!(convert(&IS_BOOL, &[no]), Ok(json!({"bool": false})));
        assert_eq!(
            convert(&IS_BOOL, &[Arg::Computed(|_| Value::Nil)]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn a_failed_argument_is_an_error() {
        assert!(convert(&IS_BOOL, &[Arg::Failed]).is_err());
    }
}

//! `IsString(target)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Role, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `IsString`.
pub(crate) const IS_STRING: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_string,
};

static SIGNATURE: Signature = Signature {
    name: "IsString",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))
        .with_role(Role::Tested(Type::String))],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is text.\n\n\
           A literal of another type is rejected when the program is compiled. An argument that \
           fails is an error, not false.",
    examples: &[
        Example {
            title: "A field",
            source: "IsString(span.name)",
            attributes: "{}",
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "An attribute that does not exist",
            source: r#"IsString(span.attributes["s"])"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_string(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Bool(matches!(cx.value(0)?, Value::Str(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use serde_json::json;

    #[test]
    fn other_types_are_told_apart() {
        let yes = Arg::Computed(|_| Value::Str(otlp_columns::Slice::EMPTY));
        assert_eq!(convert(&IS_STRING, &[yes]), Ok(json!({"bool": true})));
        let no = Arg::Computed(|_| Value::Duration(0));
        assert_eq!(convert(&IS_STRING, &[no]), Ok(json!({"bool": false})));
        assert_eq!(
            convert(&IS_STRING, &[Arg::Computed(|_| Value::Nil)]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn a_failed_argument_is_an_error() {
        assert!(convert(&IS_STRING, &[Arg::Failed]).is_err());
    }
}

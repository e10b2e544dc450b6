//! `IsDouble(target)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Param, ParamKind, Role, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `IsDouble`.
pub(crate) const IS_DOUBLE: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_double,
};

static SIGNATURE: Signature = Signature {
    name: "IsDouble",
    params: &[Param::new("target", ParamKind::Value(ValueKind::Double))
        .with_role(Role::Tested(Type::Double))],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a value is a double.\n\n\
           A literal of another type is rejected when the program is compiled. An argument that \
           fails is an error, not false.",
    examples: &[
        Example {
            title: "A double",
            source: r#"IsDouble(span.attributes["d"])"#,
            attributes: r#"{"d":1.5}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "An integer",
            source: r#"IsDouble(span.attributes["i"])"#,
            attributes: r#"{"i":1}"#,
            result: r#"{"bool":false}"#,
        },
    ],
};

fn is_double(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    Ok(Value::Bool(matches!(cx.value(0)?, Value::Double(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert};
    use serde_json::json;

    #[test]
    fn other_types_are_told_apart() {
        let yes = Arg::Computed(|_| Value::Double(f64::NAN));
        assert_eq!(convert(&IS_DOUBLE, &[yes]), Ok(json!({"bool": true})));
        let no = Arg::Computed(|_| Value::Duration(0));
        assert_eq!(convert(&IS_DOUBLE, &[no]), Ok(json!({"bool": false})));
        assert_eq!(
            convert(&IS_DOUBLE, &[Arg::Computed(|_| Value::Nil)]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn a_failed_argument_is_an_error() {
        assert!(convert(&IS_DOUBLE, &[Arg::Failed]).is_err());
    }
}

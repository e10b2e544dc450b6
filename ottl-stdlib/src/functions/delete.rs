//! `delete(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type};

use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The editor `delete`, which the reference does not have.
pub(crate) const DELETE: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: delete,
}
.offered(Home::Selfops, &[]);

static SIGNATURE: Signature = Signature {
    name: "delete",
    params: &[Param::new("target", ParamKind::GetSetter)],
    result: Type::Nil,
    fields: &[],
    docs: "Removes what the last key of a path leads to.\n\nWhere there is nothing, nothing happens. \
           A path without keys is an error. Only the `selfops` dialect has this function.",
    examples: &[
        Example {
            title: "An attribute",
            source: r#"delete(span.attributes["password"])"#,
            attributes: r#"{"password":"x","user":"u-1"}"#,
            result: r#"{"user":"u-1"}"#,
        },
        Example {
            title: "An entry of a map inside of an attribute",
            source: r#"delete(span.attributes["user"]["email"])"#,
            attributes: r#"{"user":{"email":"a@example.com","id":7}}"#,
            result: r#"{"user":{"id":7}}"#,
        },
        Example {
            title: "A path without keys",
            source: r"delete(span.name)",
            attributes: r"{}",
            result: "error: Only keys of attributes can be removed.",
        },
    ],
};

fn delete(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    cx.remove(0)?;
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Failure, Span, attribute, attributes, edit};

    #[test]
    fn removes_one_key() {
        let after = edit(&DELETE, r#"{"a":1,"b":2}"#, &[attribute("a")]);
        assert_eq!(after, Ok(json!({"b": 2})));
    }

    #[test]
    fn a_key_that_is_not_there_is_no_change() {
        let mut span = Span::new(r#"{"b":2}"#);
        assert!(span.call(&DELETE, &[attribute("a")]).is_ok());
        assert!(!span.changed());
    }

    #[test]
    fn a_path_without_keys_fails() {
        let after = edit(&DELETE, r#"{"a":1}"#, &[attributes()]);
        assert!(matches!(after, Err(Failure::Exec(_))));
    }
}

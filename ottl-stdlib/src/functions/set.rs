//! `set(target, value)`

use ottl_vm::{BindArgs, BindError, Bound, Example, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::prepared::Prepared;

/// The editor `set`.
pub(crate) const SET: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "set",
    params: &[
        Param::new("target", ParamKind::Setter),
        Param::new("value", ParamKind::Value(ValueKind::Any)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Writes a value to a path.\n\nThe value must fit the path. Setting an attribute to nil \
           leaves the key with an empty value; setting any other field to nil is an error.",
    examples: &[
        Example {
            title: "An attribute from a literal",
            source: r#"set(span.attributes["env"], "prod")"#,
            attributes: r"{}",
            result: r#"{"env":"prod"}"#,
        },
        Example {
            title: "A value that does not fit",
            source: r#"set(span.name, 5)"#,
            attributes: r"{}",
            result: "error: Expected string but got int.",
        },
    ],
};

fn bind(_: &BindArgs<'_>) -> Result<Bound, BindError> {
    Ok(Bound::Store {
        target: 0,
        value: 1,
    })
}

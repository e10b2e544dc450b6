//! `route(output)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type};

use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The editor `route`, which the reference does not have.
pub(crate) const ROUTE: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: route,
}
.offered(Home::Selfops, &[]);

static SIGNATURE: Signature = Signature {
    name: "route",
    params: &[Param::new("output", ParamKind::Output)],
    result: Type::Nil,
    fields: &[],
    docs: "Marks the item for a named output, which gets a copy of it as it is after the last \
           statement.\n\nThe item also stays where it was, and may be marked for several outputs. \
           In a context above the items, such as resource, all items below are marked. Only the \
           `selfops` dialect has this function.",
    examples: &[Example {
        title: "Nothing changes on the item itself",
        source: r#"route(exporter.audit) where span.attributes["user"] != nil"#,
        attributes: r#"{"user":"u-1"}"#,
        result: r#"{"user":"u-1"}"#,
    }],
};

fn route(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    cx.route(0);
    Ok(Value::Nil)
}

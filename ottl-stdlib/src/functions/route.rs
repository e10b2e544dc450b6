//! `route(output)`

use otlp_columns::Value;
use ottl_vm::{
    Home,
    BindArgs, BindError, Bound, CallContext, Example, Function, Param, ParamKind, Signature, Type,
};

/// The editor `route`, which the reference does not have.
pub(crate) struct Route;

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

impl Function for Route {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn home(&self) -> Home {
        Home::Selfops
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
            cx.route(0);
            Ok(Value::Nil)
        }))
    }
}

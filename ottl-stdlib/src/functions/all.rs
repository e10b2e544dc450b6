//! `All(source, predicate)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::lambda::{Source, find};
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `All`.
pub(crate) const ALL: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: all,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "All",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Any)),
        Param::new("predicate", ParamKind::Lambda(2)),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a lambda gives true for every entry of a list or map, which it does for an empty \
           one.\n\n\
           The lambda takes the index or key of an entry and its value. The first entry for which \
           it gives false ends the search.",
    examples: &[
        Example {
            title: "A list",
            source: r#"All(span.attributes["ports"], (_, port) => port < 1024)"#,
            attributes: r#"{"ports":[80,443]}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "No list or map",
            source: "All(span.name, (_, v) => true)",
            attributes: "{}",
            result: "error: Expected a list or a map but got string.",
        },
    ],
};

fn all(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = Source::of(cx, 0)?;
    Ok(Value::Bool(find(cx, source, 1, false)?.is_none()))
}

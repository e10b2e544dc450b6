//! `Any(source, predicate)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::lambda::{Source, find};
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `Any`.
pub(crate) const ANY: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: any,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "Any",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Any)),
        Param::new("predicate", ParamKind::Lambda(2)),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a lambda gives true for one of the entries of a list or map.\n\n\
           The lambda takes the index or key of an entry and its value. The first entry for which \
           it gives true ends the search.",
    examples: &[
        Example {
            title: "A map",
            source: r#"Any(span.attributes, (key, _) => HasPrefix(key, "http."))"#,
            attributes: r#"{"a":1,"http.method":"GET"}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "A lambda that gives no boolean",
            source: "Any(span.attributes, (_, v) => v)",
            attributes: r#"{"a":1}"#,
            result: "error: Expected a boolean as the result of the lambda but got int.",
        },
    ],
};

fn any(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = Source::of(cx, 0)?;
    Ok(Value::Bool(find(cx, source, 1, true)?.is_some()))
}

//! `Find(source, predicate, mapper?)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::lambda::{self, Source, find as find_entry};
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `Find`.
pub(crate) const FIND: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: find,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "Find",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Any)),
        Param::new("predicate", ParamKind::Lambda(2)),
        Param::optional("mapper", ParamKind::Lambda(2)),
    ],
    result: Type::Any,
    fields: &[],
    docs: "The first value of a list or map for which a lambda gives true, or nil.\n\n\
           With a second lambda the result is what that makes of the entry. Both take the index or \
           key of an entry and its value.",
    examples: &[
        Example {
            title: "A value",
            source: r#"Find(span.attributes["l"], (_, v) => v > 1)"#,
            attributes: r#"{"l":[1,2,3]}"#,
            result: r#"{"int":"2"}"#,
        },
        Example {
            title: "A key",
            source: r#"Find(span.attributes, (_, v) => v == "x", (key, _) => key)"#,
            attributes: r#"{"a":"x"}"#,
            result: r#"{"string":"a"}"#,
        },
        Example {
            title: "Not found",
            source: "Find(span.attributes, (_, v) => true)",
            attributes: "{}",
            result: "null",
        },
        Example {
            title: "No list or map",
            source: "Find(1, (_, v) => true)",
            attributes: "{}",
            result: "error: Expected a list or a map but got int.",
        },
    ],
};

fn find(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = Source::of(cx, 0)?;
    let Some(index) = find_entry(cx, source, 1, true)? else {
        return Ok(Value::Nil);
    };
    let (key, value) = source.entry(cx, index);
    match cx.is_present(2) {
        true => lambda::value(cx, 2, &[key, value]).map(lambda::normalized),
        false => Ok(value),
    }
}

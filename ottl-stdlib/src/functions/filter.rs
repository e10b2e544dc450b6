//! `Filter(source, predicate)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::lambda::{Source, holds};
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `Filter`.
pub(crate) const FILTER: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: filter,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "Filter",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Any)),
        Param::new("predicate", ParamKind::Lambda(2)),
    ],
    result: Type::Any,
    fields: &[],
    docs: "The entries of a list or map for which a lambda gives true, in their order.\n\n\
           The lambda takes the index or key of an entry and its value.",
    examples: &[
        Example {
            title: "A list",
            source: r#"Filter(span.attributes["l"], (_, v) => v > 1)"#,
            attributes: r#"{"l":[1,2,3]}"#,
            result: r#"{"list":[{"int":"2"},{"int":"3"}]}"#,
        },
        Example {
            title: "A map",
            source: r#"Filter(span.attributes, (key, _) => key != "secret")"#,
            attributes: r#"{"a":1,"secret":"x"}"#,
            result: r#"{"map":{"a":{"int":"1"}}}"#,
        },
        Example {
            title: "A body that fails",
            source: r#"Filter(["a"], (_, v) => v - 1 > 0)"#,
            attributes: "{}",
            result: "error: Expected a number, a time or a duration but got string.",
        },
    ],
};

fn filter(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = Source::of(cx, 0)?;
    let mut chosen = Vec::new();
    for index in 0..source.len() {
        let (key, value) = source.entry(cx, index);
        if holds(cx, 1, &[key, value])? {
            chosen.push(index);
        }
    }
    Ok(source.select(cx, &chosen))
}

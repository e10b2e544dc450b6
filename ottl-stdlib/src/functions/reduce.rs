//! `Reduce(source, seed, accumulator)`

use otlp_columns::Value;
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::lambda::{self, Source};
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `Reduce`.
pub(crate) const REDUCE: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: reduce,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "Reduce",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Any)),
        Param::new("seed", ParamKind::Value(ValueKind::Any)),
        Param::new("accumulator", ParamKind::Lambda(3)),
    ],
    result: Type::Any,
    fields: &[],
    docs: "What a lambda makes of all entries of a list or map, one after the other.\n\n\
           The lambda takes the result so far, which is the seed at first, the index or key of an \
           entry, and its value; its own result must not be nil. The result for an empty list or map is \
           the seed.",
    examples: &[
        Example {
            title: "A sum",
            source: r#"Reduce(span.attributes["l"], 0, (sum, _, v) => sum + v)"#,
            attributes: r#"{"l":[1,2,3]}"#,
            result: r#"{"int":"6"}"#,
        },
        Example {
            title: "No list or map",
            source: r#"Reduce(span.attributes["l"], 0, (sum, _, v) => sum + v)"#,
            attributes: "{}",
            result: "error: Expected a list or a map but got nil.",
        },
    ],
};

fn reduce(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = Source::of(cx, 0)?;
    let mut result = cx.value(1)?;
    for index in 0..source.len() {
        let (key, value) = source.entry(cx, index);
        let so_far = lambda::normalized(result);
        result = lambda::value(cx, 2, &[so_far, key, value])?;
    }
    Ok(result)
}

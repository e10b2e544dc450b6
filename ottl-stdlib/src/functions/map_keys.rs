//! `MapKeys(source, key_mapper)`

use otlp_columns::{Entry, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind, convert,
};

use crate::support::lambda::Source;
use crate::support::maps::MapBuilder;
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `MapKeys`.
pub(crate) const MAP_KEYS: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: map_keys,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "MapKeys",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Map)),
        Param::new("key_mapper", ParamKind::Lambda(2)),
    ],
    result: Type::Map,
    fields: &[],
    docs: "The map with each key replaced by the text that a lambda makes of it.\n\n\
           The lambda takes a key and its value. Where keys become equal, the first gives the \
           place and the last the value.",
    examples: &[
        Example {
            title: "A prefix",
            source: r#"MapKeys(span.attributes, (key, _) => Concat(["app", key], "."))"#,
            attributes: r#"{"a":1}"#,
            result: r#"{"map":{"app.a":{"int":"1"}}}"#,
        },
        Example {
            title: "A key that is no text",
            source: "MapKeys(span.attributes, (_, v) => v)",
            attributes: r#"{"a":1}"#,
            result: "error: Expected string but got int.",
        },
    ],
};

fn map_keys(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let range = cx.map(0)?;
    let source = Source::Map(range);
    let mut renamed = MapBuilder::default();
    for index in 0..source.len() {
        let (key, value) = source.entry(cx, index);
        let key = convert::string(cx.call_lambda(1, &[key, value])?)?;
        renamed.put(cx.heap(), Entry::new(key, value));
    }
    Ok(renamed.into_value(cx.heap_mut()))
}

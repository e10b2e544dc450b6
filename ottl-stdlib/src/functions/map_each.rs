//! `MapEach(source, mapper)`

use otlp_columns::{Entry, MapKind, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind, compose,
};

use crate::support::lambda::{self, Source, list_of};
use crate::support::offered::Offered;
use crate::support::plain::Plain;

/// The converter `MapEach`.
pub(crate) const MAP_EACH: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: map_each,
}
.offered(Home::Experimental, &[]);

static SIGNATURE: Signature = Signature {
    name: "MapEach",
    params: &[
        Param::new("source", ParamKind::Value(ValueKind::Any)),
        Param::new("mapper", ParamKind::Lambda(2)),
    ],
    result: Type::Any,
    fields: &[],
    docs: "The list or map with each value replaced by what a lambda makes of it.\n\n\
           The lambda takes the index or key of an entry and its value. Nil, and what \
           attributes cannot hold, such as a time, are errors.",
    examples: &[
        Example {
            title: "A list",
            source: r#"MapEach(span.attributes["l"], (_, v) => v * 2)"#,
            attributes: r#"{"l":[1,2]}"#,
            result: r#"{"list":[{"int":"2"},{"int":"4"}]}"#,
        },
        Example {
            title: "A map",
            source: "MapEach(span.attributes, (_, v) => Len(v))",
            attributes: r#"{"a":"xyz"}"#,
            result: r#"{"map":{"a":{"int":"3"}}}"#,
        },
        Example {
            title: "A value that attributes cannot hold",
            source: "MapEach([1], (_, v) => Now())",
            attributes: "{}",
            result: "error: Expected a value that a map literal can hold but got time.",
        },
    ],
};

fn map_each(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let source = Source::of(cx, 0)?;
    let mut keys = Vec::with_capacity(source.len());
    let mut values = Vec::with_capacity(source.len());
    for index in 0..source.len() {
        let (key, value) = source.entry(cx, index);
        let value = lambda::value(cx, 1, &[key, value])?;
        values.push(compose::copied(cx.heap_mut(), value)?);
        keys.push(key);
    }
    if let Source::List(_) = source {
        return Ok(list_of(cx, &values));
    }
    let entries: Vec<_> = keys
        .into_iter()
        .zip(values)
        .filter_map(|(key, value)| match key {
            Value::Str(key) => Some(Entry::new(key, value)),
            _ => None,
        })
        .collect();
    let map = cx.heap_mut().alloc_map(&entries);
    Ok(Value::Map(MapKind::Map, map))
}

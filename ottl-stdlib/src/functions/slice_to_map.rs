//! `SliceToMap(target, key_path?, value_path?)`

use otlp_columns::{Entry, PoolRange, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind, type_name,
};

use crate::support::maps::MapBuilder;
use crate::support::prepared::Prepared;

/// The converter `SliceToMap`.
pub(crate) const SLICE_TO_MAP: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "SliceToMap",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Slice)),
        Param::optional("key_path", ParamKind::StringLiterals),
        Param::optional("value_path", ParamKind::StringLiterals),
    ],
    result: Type::Map,
    fields: &[],
    docs: "A map of the elements of a list.\n\n\
           The key of an element is the text at the key path in it, or its index where there is no \
           such path. Its value is what is at the value path in it, or the whole element. With either \
           path the elements must be maps that have it. Of elements with the same key the last one \
           counts.",
    examples: &[
        Example {
            title: "Keys and values of the elements",
            source: r#"SliceToMap(span.attributes["things"], ["name"], ["size", "x"])"#,
            attributes: r#"{"things":[{"name":"a","size":{"x":1}},{"name":"b","size":{"x":2}}]}"#,
            result: r#"{"map":{"a":{"int":"1"},"b":{"int":"2"}}}"#,
        },
        Example {
            title: "No paths",
            source: r#"SliceToMap(span.attributes["l"])"#,
            attributes: r#"{"l":["x",true]}"#,
            result: r#"{"map":{"0":{"string":"x"},"1":{"bool":true}}}"#,
        },
        Example {
            title: "An element without the key",
            source: r#"SliceToMap(span.attributes["l"], ["name"])"#,
            attributes: r#"{"l":[{"title":"x"}]}"#,
            result: "error: Element 0 of the list has no entry at `name`.",
        },
    ],
};

/// Keys from one map to the next.
type Path = Option<Vec<Vec<u8>>>;

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let path = |param| -> Path {
        let keys = args.strings(param)?;
        Some(keys.into_iter().map(<[u8]>::to_vec).collect())
    };
    let (key_path, value_path) = (path(1), path(2));
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        slice_to_map(cx, &key_path, &value_path)
    }))
}

fn slice_to_map(
    cx: &mut CallContext<'_>,
    key_path: &Path,
    value_path: &Path,
) -> Result<Value, ExecError> {
    let list = cx.slice(0)?;
    let mut map = MapBuilder::default();
    for index in 0..list.len as usize {
        let heap = cx.heap_mut();
        let element = heap.list(list)[index];
        let found = |cx: &mut CallContext<'_>, path: &Path| match path {
            Some(path) => find(cx, element, path, index).map(Some),
            None => Ok(None),
        };
        let key = match found(cx, key_path)? {
            Some(Value::Str(key)) => key,
            Some(other) => {
                let other = type_name(other);
                return Err(ExecError::new(format!(
                    "The key of element {index} of the list is no string but {other}."
                )));
            }
            None => cx.heap_mut().alloc(index.to_string().as_bytes()),
        };
        let value = found(cx, value_path)?.unwrap_or(element);
        cx.spend(1)?;
        map.put(cx.heap(), Entry::new(key, value));
    }
    Ok(map.into_value(cx.heap_mut()))
}

/// What is at the end of a path in element `index`, which must be a map.
fn find(
    cx: &mut CallContext<'_>,
    element: Value,
    path: &[Vec<u8>],
    index: usize,
) -> Result<Value, ExecError> {
    let mut map = as_map(cx, element).ok_or_else(|| {
        ExecError::new(format!(
            "Element {index} of the list is no map, as a key path or a value path needs."
        ))
    })?;
    let missing = || {
        let path: Vec<_> = path
            .iter()
            .map(|key| String::from_utf8_lossy(key))
            .collect();
        let path = path.join(".");
        ExecError::new(format!(
            "Element {index} of the list has no entry at `{path}`."
        ))
    };
    let (last, inner) = path
        .split_last()
        .ok_or_else(|| ExecError::new("A key path and a value path need at least one key."))?;
    for key in inner {
        cx.spend(1)?;
        let value = cx.heap_mut().map_get(map, key).ok_or_else(missing)?;
        map = as_map(cx, value).ok_or_else(missing)?;
    }
    cx.spend(1)?;
    cx.heap_mut().map_get(map, last).ok_or_else(missing)
}

fn as_map(cx: &mut CallContext<'_>, value: Value) -> Option<PoolRange> {
    match cx.heap_mut().resolve(value) {
        Value::Map(_, range) => Some(range),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, texts};
    use serde_json::{Value as Json, json};

    fn mapped(list: &str, key_path: Arg, value_path: Arg) -> Result<Json, Failure> {
        let mut span = Span::new(&format!(r#"{{"l":{list}}}"#));
        span.call(&SLICE_TO_MAP, &[attribute("l"), key_path, value_path])
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let result = mapped(
            r#"[{"k":"a","v":1},{"k":"a","v":2}]"#,
            texts(&["k"]),
            texts(&["v"]),
        );
        assert_eq!(result, Ok(json!({"map": {"a": {"int": "2"}}})));
    }

    #[test]
    fn paths_are_checked_where_there_are_elements() {
        let empty = || texts(&[]);
        assert_eq!(mapped("[]", empty(), empty()), Ok(json!({"map": {}})));
        assert!(mapped(r#"[{"k":"a"}]"#, empty(), Arg::Absent).is_err());
        assert!(mapped(r#"[{"k":"a"}]"#, Arg::Absent, texts(&["x"])).is_err());
        assert!(mapped(r#"["a"]"#, Arg::Absent, texts(&["x"])).is_err());
        assert!(mapped(r#"[{"k":1}]"#, texts(&["k"]), Arg::Absent).is_err());
        assert!(mapped(r#"[{"k":"a"}]"#, texts(&["k", "x"]), Arg::Absent).is_err());
    }
}

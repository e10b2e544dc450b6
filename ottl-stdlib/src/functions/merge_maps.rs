//! `merge_maps(target, source, strategy)`

use std::collections::HashMap;

use otlp_columns::{Entry, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::prepared::Prepared;

/// The editor `merge_maps`.
pub(crate) const MERGE_MAPS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "merge_maps",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("source", ParamKind::Value(ValueKind::Map)),
        Param::new("strategy", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Puts the entries of a map into another one.\n\n\
           The strategy says which: `insert` those whose key the target does not have, `update` those \
           whose key it has, `upsert` all.",
    examples: &[
        Example {
            title: "All",
            source: r#"merge_maps(span.attributes, {"a": 9, "b": 2}, "upsert")"#,
            attributes: r#"{"a":1}"#,
            result: r#"{"a":9,"b":2}"#,
        },
        Example {
            title: "Only new keys",
            source: r#"merge_maps(span.attributes, {"a": 9, "b": 2}, "insert")"#,
            attributes: r#"{"a":1}"#,
            result: r#"{"a":1,"b":2}"#,
        },
        Example {
            title: "Only known keys",
            source: r#"merge_maps(span.attributes, span.attributes["m"], "update")"#,
            attributes: r#"{"a":1,"m":{"a":9,"b":2}}"#,
            result: r#"{"a":9,"m":{"a":9,"b":2}}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    // Whether an entry is copied, for a key that the target has and for one that it has not.
    let (known, new) = match args.string(2) {
        Some(b"insert") => (false, true),
        Some(b"update") => (true, false),
        Some(b"upsert") => (true, true),
        _ => {
            let message = "The strategy must be `insert`, `update` or `upsert`.";
            return Err(BindError::param(2, message));
        }
    };
    if known && new && args.is_same_place(0, 1) {
        return Ok(Bound::kernel(empty_values));
    }
    let wanted = move |is_known| if is_known { known } else { new };
    if let Some(depth) = args.holds(1, 0) {
        return Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            cx.map(1)?;
            cx.merge_within(0, depth, wanted, known && new)?;
            Ok(Value::Nil)
        }));
    }
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let source = cx.map(1)?;
        cx.merge(0, source, wanted)?;
        Ok(Value::Nil)
    }))
}

/// What becomes of a map that is merged into itself: the reference empties each place before it
/// copies to it, and the place of a key is where the key stands first.
fn empty_values(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let map = cx.map(0)?;
    let heap = cx.heap();
    let mut entries = heap.map(map).to_vec();
    let mut places = HashMap::with_capacity(entries.len());
    for at in 0..entries.len() {
        let Entry { key, value, .. } = entries[at];
        let first = *places.entry(heap.bytes(key)).or_insert(at);
        let value = if first == at { Value::Nil } else { value };
        entries[first] = Entry::new(key, value);
    }
    let emptied = cx.heap_mut().alloc_map(&entries);
    cx.write_map(0, emptied)?;
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, attributes, edit, text};
    use otlp_columns::MapKind;
    use serde_json::{Value as Json, json};

    fn entries(count: usize) -> Json {
        (0..count)
            .map(|at| (format!("k{at}"), json!(at)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    #[test]
    fn large_maps_are_merged_as_small_ones() {
        let before = json!({"k3": "old", "m": entries(100)}).to_string();
        let after = edit(
            &MERGE_MAPS,
            &before,
            &[attributes(), attribute("m"), text("upsert")],
        );
        let mut expected = entries(100);
        expected["m"] = entries(100);
        assert_eq!(after, Ok(expected));
    }

    #[test]
    fn maps_within_are_replaced_and_not_merged() {
        let before = r#"{"m":{"in":{"b":2}},"in":{"a":1}}"#;
        let after = edit(
            &MERGE_MAPS,
            before,
            &[attributes(), attribute("m"), text("update")],
        );
        assert_eq!(after, Ok(json!({"m": {"in": {"b": 2}}, "in": {"b": 2}})));
    }

    #[test]
    fn a_map_made_by_a_function_is_a_source() {
        let raw = Arg::Computed(|heap| {
            let key = heap.alloc(b"k");
            Value::Map(
                MapKind::Raw,
                heap.alloc_map(&[Entry::new(key, Value::Int(1))]),
            )
        });
        let after = edit(&MERGE_MAPS, "{}", &[attributes(), raw, text("insert")]);
        assert_eq!(after, Ok(json!({"k": 1})));
    }

    #[test]
    fn a_source_that_is_no_map_is_an_error() {
        let args = [attributes(), attribute("x"), text("insert")];
        assert!(matches!(
            edit(&MERGE_MAPS, "{}", &args),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn a_map_merged_into_itself_stays() {
        let mut span = Span::new(r#"{"a":1}"#);
        assert!(
            span.call(&MERGE_MAPS, &[attributes(), attributes(), text("upsert")])
                .is_ok()
        );
        assert_eq!(span.attributes(), json!({"a": 1}));
    }

    #[test]
    fn other_strategies_are_rejected() {
        for strategy in ["", "Insert", "replace"] {
            let args = [attributes(), attributes(), text(strategy)];
            assert!(matches!(
                edit(&MERGE_MAPS, "{}", &args),
                Err(Failure::Bind(_))
            ));
        }
    }
}

//! `append(target, value?, values?)`

use otlp_columns::{ListKind, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind, convert, type_name,
};

use crate::support::prepared::Prepared;

/// The editor `append`.
pub(crate) const APPEND: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "append",
    params: &[
        Param::new("target", ParamKind::GetSetter),
        Param::optional("value", ParamKind::Value(ValueKind::Any)),
        Param::optional("values", ParamKind::List(ValueKind::Any)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends one or more values to a list.\n\n\
           A target that is nil becomes a list, and one that is a single value becomes a list that \
           begins with it. At least one of `value` and `values` is needed; `value` comes first. \
           What an attribute cannot hold, and maps and lists from paths and functions, are errors \
           as values.",
    examples: &[
        Example {
            title: "One value and several",
            source: r#"append(span.attributes["tags"], "b", values=["c", 1])"#,
            attributes: r#"{"tags":["a"]}"#,
            result: r#"{"tags":["a","b","c",1]}"#,
        },
        Example {
            title: "A value becomes a list",
            source: r#"append(span.attributes["tag"], "b")"#,
            attributes: r#"{"tag":"a"}"#,
            result: r#"{"tag":["a","b"]}"#,
        },
        Example {
            title: "An attribute that does not exist",
            source: r#"append(span.attributes["new"], values=[true])"#,
            attributes: "{}",
            result: r#"{"new":[true]}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    if args.is_present(1) || args.is_present(2) {
        return Ok(Bound::kernel(append));
    }
    Err(BindError {
        param: None,
        message: "One of the arguments `value` and `values` is needed.".to_owned(),
    })
}

fn append(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let mut elements = Vec::new();
    let mut added = Vec::new();
    match cx.read(0)? {
        Value::Nil => {}
        Value::List(ListKind::Any, range) => added.extend_from_slice(cx.heap().list(range)),
        list @ Value::List(ListKind::Uints | ListKind::Times, _) => {
            return Err(ExecError::expected(
                "a list of attribute values",
                type_name(list),
            ));
        }
        Value::List(_, range) => elements.extend_from_slice(cx.heap().list(range)),
        single => added.push(single),
    }
    if cx.is_present(1) {
        added.push(cx.value(1)?);
    }
    if let Some(values) = cx.list(2)? {
        for index in 0..values.len {
            added.push(cx.element(values, index)?);
        }
    }
    let heap = cx.heap_mut();
    let added = Value::List(ListKind::Any, heap.alloc_list(&added));
    let added = convert::slice(heap, added)?;
    elements.extend_from_slice(heap.list(added));
    let list = Value::List(ListKind::Slice, heap.alloc_list(&elements));
    cx.write(0, list)?;
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, edit, int, text, texts};
    use serde_json::json;

    #[test]
    fn the_target_keeps_its_values_of_any_type() {
        let before = r#"{"a":[{"k":null},[1],{"$bytes":"AQ=="}]}"#;
        assert_eq!(
            edit(&APPEND, before, &[attribute("a"), int(2)]),
            Ok(json!({"a": [{"k": null}, [1], {"$bytes": "AQ=="}, 2]}))
        );
    }

    #[test]
    fn lists_are_nested_when_literal_and_errors_otherwise() {
        let nested = edit(&APPEND, "{}", &[attribute("a"), texts(&["x"])]);
        assert_eq!(nested, Ok(json!({"a": [["x"]]})));
        let from_path = edit(&APPEND, r#"{"b":[1]}"#, &[attribute("a"), attribute("b")]);
        assert!(matches!(from_path, Err(Failure::Exec(_))));
        let strings = Arg::Computed(|heap| {
            let element = heap.alloc_str("x");
            Value::List(ListKind::Strings, heap.alloc_list(&[element]))
        });
        assert!(matches!(
            edit(&APPEND, "{}", &[attribute("a"), strings]),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn a_target_that_is_a_map_is_an_error_and_stays() {
        let mut span = Span::new(r#"{"a":{"k":1}}"#);
        assert!(span.call(&APPEND, &[attribute("a"), int(1)]).is_err());
        assert_eq!(span.attributes(), json!({"a": {"k": 1}}));
        assert!(!span.changed());
    }

    #[test]
    fn a_field_that_is_no_list_cannot_become_one() {
        let name = Arg::Path("name", Vec::new());
        assert!(matches!(
            edit(&APPEND, "{}", &[name, text("x")]),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn nil_is_a_value() {
        let nil = Arg::Computed(|_| Value::Nil);
        assert_eq!(
            edit(&APPEND, "{}", &[attribute("a"), nil]),
            Ok(json!({"a": [null]}))
        );
    }

    #[test]
    fn nothing_to_append_is_rejected() {
        assert!(matches!(
            edit(&APPEND, "{}", &[attribute("a")]),
            Err(Failure::Bind(_))
        ));
    }
}

//! `delete_index(target, start_index, end_index?)`

use otlp_columns::{ListKind, PoolRange, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The editor `delete_index`.
pub(crate) const DELETE_INDEX: Plain = Plain {
    signature: &SIGNATURE,
    kernel: delete_index,
};

static SIGNATURE: Signature = Signature {
    name: "delete_index",
    params: &[
        Param::new("target", ParamKind::SliceGetSetter),
        Param::new("start_index", ParamKind::Value(ValueKind::Int)),
        Param::optional("end_index", ParamKind::Value(ValueKind::Int)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Removes elements from a list.\n\n\
           `start_index` is the first to go, from 0, and `end_index` the first to stay behind it; \
           without it one element goes. Indexes out of bounds are errors, but 0 and the length \
           empty any list, an empty one included.",
    examples: &[
        Example {
            title: "One element",
            source: r#"delete_index(span.attributes["tags"], 1)"#,
            attributes: r#"{"tags":["a","b","c"]}"#,
            result: r#"{"tags":["a","c"]}"#,
        },
        Example {
            title: "All from an index on",
            source: r#"delete_index(span.attributes["tags"], 1, Len(span.attributes["tags"]))"#,
            attributes: r#"{"tags":["a","b","c"]}"#,
            result: r#"{"tags":["a"]}"#,
        },
        Example {
            title: "Out of bounds",
            source: r#"delete_index(span.attributes["tags"], 3)"#,
            attributes: r#"{"tags":["a","b","c"]}"#,
            result: "error: Index 3 is out of bounds of a list of 3 elements.",
        },
    ],
};

fn delete_index(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let list = cx.slice(0)?;
    let start = cx.int(1)?;
    let end = if cx.is_present(2) {
        cx.int(2)?
    } else {
        start.wrapping_add(1)
    };
    let len = i64::from(list.len);
    let left = if start == 0 && end == len {
        PoolRange::EMPTY
    } else if start < 0 || start >= len {
        return Err(ExecError::new(format!(
            "Index {start} is out of bounds of a list of {len} elements."
        )));
    } else if end < start || end > len {
        return Err(ExecError::new(format!(
            "Elements {start} to {end} cannot be removed from a list of {len} elements."
        )));
    } else {
        let heap = cx.heap_mut();
        let mut elements = heap.list(list).to_vec();
        elements.drain(start as usize..end as usize);
        heap.alloc_list(&elements)
    };
    cx.write(0, Value::List(ListKind::Slice, left))?;
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, attribute, edit, int};
    use serde_json::{Value as Json, json};

    #[track_caller]
    fn check(indexes: &[i64], expected: Option<Json>) {
        let mut args = vec![attribute("a")];
        args.extend(indexes.iter().map(|&index| int(index)));
        let after = edit(&DELETE_INDEX, r#"{"a":[1,2,3]}"#, &args);
        assert_eq!(after.ok(), expected.map(|list| json!({ "a": list })));
    }

    #[test]
    fn ranges_are_checked() {
        check(&[0], Some(json!([2, 3])));
        check(&[0, 3], Some(json!([])));
        check(&[1, 1], Some(json!([1, 2, 3])));
        check(&[3, 3], None);
        check(&[-1], None);
        check(&[2, 1], None);
        check(&[1, 4], None);
        check(&[i64::MAX], None);
    }

    #[test]
    fn an_empty_list_can_be_emptied() {
        let args = [attribute("a"), int(0), int(0)];
        assert_eq!(
            edit(&DELETE_INDEX, r#"{"a":[]}"#, &args),
            Ok(json!({"a": []}))
        );
        assert!(edit(&DELETE_INDEX, r#"{"a":[]}"#, &[attribute("a"), int(0)]).is_err());
    }

    #[test]
    fn a_target_that_is_no_list_is_an_error() {
        assert!(edit(&DELETE_INDEX, r#"{"a":"x"}"#, &[attribute("a"), int(0)]).is_err());
        assert!(edit(&DELETE_INDEX, "{}", &[attribute("a"), int(0)]).is_err());
        assert!(
            edit(
                &DELETE_INDEX,
                r#"{"a":[1]}"#,
                &[attribute("a"), Arg::Failed]
            )
            .is_err()
        );
    }
}

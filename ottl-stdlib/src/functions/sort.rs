//! `Sort(target, order?)`

use std::cmp::Ordering;

use otlp_columns::{ListKind, PoolRange, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind, text, type_name,
};

use crate::support::math;
use crate::support::prepared::Prepared;
use crate::support::work;

/// The converter `Sort`.
pub(crate) const SORT: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "Sort",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Any)),
        Param::optional("order", ParamKind::StringLiteral),
    ],
    result: Type::List,
    fields: &[],
    docs: "The elements of a list in order: `asc`, which is the default, or `desc`.\n\n\
           Numbers are sorted as numbers, integers and doubles together, NaN before all others. With \
           any text, boolean or nil among the elements all are sorted as text. The elements keep \
           their types, and equal ones their order. A list with a map, a list or bytes in it is \
           given back as it is.",
    examples: &[
        Example {
            title: "Numbers",
            source: "Sort([3, 1.5, 2])",
            attributes: "{}",
            result: r#"{"list":[{"double":1.5},{"int":"2"},{"int":"3"}]}"#,
        },
        Example {
            title: "Text, in reverse",
            source: r#"Sort(span.attributes["l"], "desc")"#,
            attributes: r#"{"l":["b","a",10,9]}"#,
            result: r#"{"list":[{"string":"b"},{"string":"a"},{"int":"9"},{"int":"10"}]}"#,
        },
        Example {
            title: "No list",
            source: "Sort(1)",
            attributes: "{}",
            result: "error: Expected list but got int.",
        },
        Example {
            title: "No such order",
            source: r#"Sort([1], "up")"#,
            attributes: "{}",
            result: "rejected: The order must be `asc` or `desc`.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let descending = match args.string(1) {
        None if !args.is_present(1) => false,
        Some(b"asc") => false,
        Some(b"desc") => true,
        _ => return Err(BindError::param(1, "The order must be `asc` or `desc`.")),
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        sort(cx, descending)
    }))
}

fn sort(cx: &mut CallContext<'_>, descending: bool) -> Result<Value, ExecError> {
    let Value::List(kind, _) = cx.value(0)? else {
        let found = type_name(cx.value(0)?);
        return Err(ExecError::expected("list", found));
    };
    if kind == ListKind::Uints {
        return Err(ExecError::new("A list of counts cannot be sorted."));
    }
    // A literal list must have elements that attributes can hold.
    let range = cx.slice(0)?;
    cx.room_for_list(2 * range.len as usize)?;
    let values = sorted(cx, range, descending)?;
    let range = match &values {
        Some(values) => cx.heap_mut().alloc_list(values),
        None => range,
    };
    let kind = match (kind, values) {
        (ListKind::Slice | ListKind::Any, Some(_)) => ListKind::Any,
        (ListKind::Slice | ListKind::Any, None) => ListKind::Slice,
        (kind, _) => kind,
    };
    Ok(Value::List(kind, range))
}

/// What the elements are compared as.
#[derive(Clone, Copy, PartialEq)]
enum Common {
    Int,
    Double,
    Text,
}

/// The elements in order; `None` when there are none or they cannot be compared.
fn sorted(
    cx: &mut CallContext<'_>,
    range: PoolRange,
    descending: bool,
) -> Result<Option<Vec<Value>>, ExecError> {
    let count = u64::from(range.len);
    cx.spend(count * u64::from(range.len.checked_ilog2().unwrap_or(0)))?;
    let heap = cx.heap_mut();
    let mut values = heap.list(range).to_vec();
    for value in &mut values {
        *value = heap.resolve(*value);
    }
    let order = |ordering: Ordering| {
        if descending {
            ordering.reverse()
        } else {
            ordering
        }
    };
    match common(&values) {
        None => return Ok(None),
        Some(Common::Int) => values.sort_by(|&left, &right| order(int(left).cmp(&int(right)))),
        Some(Common::Double) => {
            values.sort_by(|&left, &right| order(math::order(double(left), double(right))));
        }
        Some(Common::Text) => values = sorted_as_text(cx, &values, order)?,
    }
    Ok(Some(values))
}

fn common(values: &[Value]) -> Option<Common> {
    let kinds = values.iter().map(|value| match value {
        Value::Int(_) => Some(Common::Int),
        Value::Double(_) => Some(Common::Double),
        Value::Str(_) | Value::Bool(_) | Value::Nil => Some(Common::Text),
        _ => None,
    });
    kinds
        .reduce(|left, right| match (left?, right?) {
            (Common::Text, _) | (_, Common::Text) => Some(Common::Text),
            (Common::Int, Common::Int) => Some(Common::Int),
            _ => Some(Common::Double),
        })
        .flatten()
}

fn int(value: Value) -> i64 {
    match value {
        Value::Int(value) => value,
        _ => 0,
    }
}

fn double(value: Value) -> f64 {
    match value {
        Value::Double(value) => value,
        other => int(other) as f64,
    }
}

fn sorted_as_text(
    cx: &mut CallContext<'_>,
    values: &[Value],
    order: impl Fn(Ordering) -> Ordering,
) -> Result<Vec<Value>, ExecError> {
    let mut keyed = Vec::with_capacity(values.len());
    for &value in values {
        let key = match value {
            Value::Str(text) => text,
            other => {
                let mut text = cx.text();
                text::attribute(cx.heap_mut(), other, &mut text)?;
                cx.new_text(text)
            }
        };
        cx.spend(work::reading(key.len as usize))?;
        keyed.push((key, value));
    }
    let heap = cx.heap();
    keyed.sort_by(|left, right| order(heap.bytes(left.0).cmp(heap.bytes(right.0))));
    Ok(keyed.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attribute, convert, text};
    use otlp_columns::Heap;
    use serde_json::{Value as Json, json};

    fn sorted(list: &str, order: &str) -> Option<Json> {
        let mut span = Span::new(&format!(r#"{{"l":{list}}}"#));
        span.call(&SORT, &[attribute("l"), text(order)]).ok()
    }

    #[test]
    fn mixed_elements_are_compared_as_text() {
        let result = sorted(r#"[true,"b",null,10,9.5]"#, "asc");
        let expected = json!({"list": [
            null, {"int": "10"}, {"double": 9.5}, {"string": "b"}, {"bool": true}
        ]});
        assert_eq!(result, Some(expected));
    }

    #[test]
    fn equal_elements_keep_their_order() {
        for order in ["asc", "desc"] {
            let result = sorted("[1,1.0,1]", order);
            let expected = json!({"list": [{"int": "1"}, {"double": 1.0}, {"int": "1"}]});
            assert_eq!(result, Some(expected));
        }
    }

    #[test]
    fn lists_that_cannot_be_sorted_stay() {
        let list = json!({"list": [{"int": "2"}, {"list": []}, {"int": "1"}]});
        assert_eq!(sorted("[2,[],1]", "asc"), Some(list));
        assert_eq!(sorted("[]", "desc"), Some(json!({"list": []})));
        assert_eq!(sorted("{}", "asc"), None);
        let counts =
            |heap: &mut Heap| Value::List(ListKind::Uints, heap.alloc_list(&[Value::Int(1)]));
        assert!(convert(&SORT, &[Arg::Computed(counts)]).is_err());
    }

    #[test]
    fn the_kind_of_a_list_stays() {
        let texts = |heap: &mut Heap| {
            let elements = ["b", "a"].map(|text| heap.alloc_str(text));
            Value::List(ListKind::Strings, heap.alloc_list(&elements))
        };
        let mut span = Span::new("{}");
        let result = span.call_value(&SORT, &[Arg::Computed(texts)]);
        assert!(matches!(result, Ok(Value::List(ListKind::Strings, _))));
    }
}

//! `Format(format, vals)`

use ottl_vm::{
    BindArg, BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind,
    Signature, Type, ValueKind,
};

use crate::support::format::{self, Pattern};
use crate::support::prepared::Prepared;

/// The converter `Format`.
pub(crate) const FORMAT: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "Format",
    params: &[
        Param::new("format", ParamKind::StringLiteral),
        Param::new("vals", ParamKind::List(ValueKind::Any)),
    ],
    result: Type::String,
    fields: &[],
    docs: "Text from a pattern with verbs such as `%s`, `%d` or `%.2f`, one for each value, as Go's \
           `fmt.Sprintf` makes it.\n\n\
           A verb that does not fit its value, and a value that is missing or left over, do not fail \
           the call but show in the text. Widths and precisions beyond 1,000,000 are refused there \
           as well. Maps and lists of the data have the text that `Concat` gives them in a list, \
           and message parts `{}`.",
    examples: &[
        Example {
            title: "A number with leading zeros",
            source: r#"Format("%s-%04d", [span.name, span.attributes["id"]])"#,
            attributes: r#"{"id":42}"#,
            result: r#"{"string":"op-0042"}"#,
        },
        Example {
            title: "A verb for another type",
            source: r#"Format("%d", ["a"])"#,
            attributes: "{}",
            result: r#"{"string":"%!d(string=a)"}"#,
        },
        Example {
            title: "Values without verbs",
            source: r#"Format("%t", [true, 1])"#,
            attributes: "{}",
            result: r#"{"string":"true%!(EXTRA int64=1)"}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let operands = match args.args.get(1) {
        Some(BindArg::List(operands)) => operands.len(),
        _ => 0,
    };
    let pattern = Pattern::new(args.string(0).unwrap_or_default(), operands);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let operands = cx.list(1)?.filter(|list| list.len == operands);
        let operands = operands.ok_or_else(|| ExecError::new("The values are no list."))?;
        format::print(cx, &pattern, operands)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, attributes, int, text};
    use otlp_columns::{Entry, ListKind, MapKind, OpaqueKind, Slice, Value};
    use serde_json::{Value as Json, json};

    fn formatted(pattern: &str, operands: Vec<Arg>) -> Json {
        let mut span = Span::new(r#"{"l":[1,"<"],"m":{"k":{"a":null}}}"#);
        let result = span.call(&FORMAT, &[text(pattern), Arg::List(operands)]);
        result.expect("every pattern has a text")["string"].clone()
    }

    #[test]
    fn what_has_an_address_in_the_reference_has_text() {
        assert_eq!(formatted("%v", vec![attribute("l")]), json!(r#"[1,"<"]"#));
        assert_eq!(
            formatted("%s", vec![attribute("m")]),
            json!(r#"{"k":{"a":null}}"#)
        );
        assert_eq!(formatted("%6.1s", vec![attribute("m")]), json!("     {"));
        let wrong = formatted("%d", vec![attributes()]);
        assert_eq!(
            wrong,
            json!(r#"%!d(pcommon.Map={"l":[1,"<"],"m":{"k":{"a":null}}})"#)
        );
        let events = || Arg::Computed(|_| Value::Opaque(OpaqueKind::SpanEvents, Slice::EMPTY));
        assert_eq!(
            formatted("%v %T", vec![events(), events()]),
            json!("{} ptrace.SpanEventSlice")
        );
        let list = || {
            Arg::Computed(|heap| {
                let elements = [Value::Int(1)];
                Value::List(ListKind::Strings, heap.alloc_list(&elements))
            })
        };
        assert_eq!(formatted("%p", vec![list()]), json!("%!p([]string=[1])"));
    }

    #[test]
    fn maps_that_functions_made_are_sorted() {
        let map = || {
            Arg::Computed(|heap| {
                let entries = [("b", 1), ("a", 2)]
                    .map(|(key, value)| Entry::new(heap.alloc(key.as_bytes()), Value::Int(value)));
                Value::Map(MapKind::Raw, heap.alloc_map(&entries))
            })
        };
        assert_eq!(
            formatted("%v %03d %#v", vec![map(), map(), map()]),
            json!(
                r#"map[a:2 b:1] map[%!d(string=00a):002 %!d(string=00b):001] map[string]interface {}{"a":2, "b":1}"#
            )
        );
    }

    #[test]
    fn operands_that_failed_fail_the_call_also_without_a_verb() {
        let result = Span::new("{}").call(&FORMAT, &[text("x"), Arg::List(vec![Arg::Failed])]);
        assert!(matches!(result, Err(Failure::Exec(_))));
    }

    #[test]
    fn nesting_is_limited() {
        let nested = Arg::Computed(|heap| {
            (0..300).fold(Value::Int(1), |inner, _| {
                Value::List(ListKind::Any, heap.alloc_list(&[inner]))
            })
        });
        let result = Span::new("{}").call(&FORMAT, &[text("%v"), Arg::List(vec![nested])]);
        assert!(matches!(result, Err(Failure::Exec(_))));
        assert_eq!(formatted("%03d", vec![int(7)]), json!("007"));
    }
}

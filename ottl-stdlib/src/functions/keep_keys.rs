//! `keep_keys(target, keys)`

use otlp_columns::Value;
use ottl_vm::{
    BindArg, BindArgs, BindError, Bound, CallContext, Example, ExecError, Literal, Param,
    ParamKind, Signature, Type, ValueKind,
};

use crate::support::keys::KeySet;
use crate::support::maps::key;
use crate::support::prepared::Prepared;

/// The editor `keep_keys`.
pub(crate) const KEEP_KEYS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "keep_keys",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("keys", ParamKind::AnyList(ValueKind::String)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Removes all keys but some from a map.\n\n\
           `keys` is a list of strings, in the source or from the data.",
    examples: &[
        Example {
            title: "Two keys",
            source: r#"keep_keys(span.attributes, ["a", "c"])"#,
            attributes: r#"{"a":1,"b":2,"c":3}"#,
            result: r#"{"a":1,"c":3}"#,
        },
        Example {
            title: "Keys from the data",
            source: r#"keep_keys(span.attributes, span.attributes["keys"])"#,
            attributes: r#"{"a":1,"b":2,"keys":["a"]}"#,
            result: r#"{"a":1}"#,
        },
        Example {
            title: "None",
            source: "keep_keys(span.attributes, [])",
            attributes: r#"{"a":1}"#,
            result: "{}",
        },
    ],
};

const NIL: &str = "The keys must not be nil.";

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    if args.args.get(1) == Some(&BindArg::Literal(Literal::Nil)) {
        return Err(BindError::param(1, NIL));
    }
    if let Some(keys) = args.strings(1) {
        let keys = KeySet::new(keys);
        return Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            cx.retain(0, |heap, entry| keys.contains(key(heap, entry)))?;
            Ok(Value::Nil)
        }));
    }
    Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
        cx.map(0)?;
        let list = cx.list(1)?.ok_or_else(|| ExecError::new(NIL))?;
        let keys = (0..list.len).map(|index| cx.element_string(list, index));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let keys = KeySet::new(keys.into_iter().map(|key| cx.bytes(key)));
        cx.retain(0, |heap, entry| keys.contains(key(heap, entry)))?;
        Ok(Value::Nil)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, attributes, edit, int, text, texts};
    use serde_json::json;

    #[test]
    fn dynamic_keys_are_keys_too() {
        let keys = Arg::List(vec![text("a").dynamic(), text("b")]);
        let after = edit(&KEEP_KEYS, r#"{"a":1,"b":2,"c":3}"#, &[attributes(), keys]);
        assert_eq!(after, Ok(json!({"a": 1, "b": 2})));
    }

    #[test]
    fn keys_from_the_data_must_be_strings() {
        let before = r#"{"n":[1],"s":"a","l":["n"]}"#;
        for (key, expected) in [
            ("n", None),
            ("s", None),
            ("x", None),
            ("l", Some(json!({"n": [1]}))),
        ] {
            let after = edit(&KEEP_KEYS, before, &[attributes(), attribute(key)]);
            assert_eq!(after.ok(), expected, "{key}");
        }
        let numbers = Arg::List(vec![int(1).dynamic()]);
        let after = edit(&KEEP_KEYS, before, &[attributes(), numbers]);
        assert!(matches!(after, Err(Failure::Exec(_))));
    }

    #[test]
    fn no_key_to_remove_changes_nothing() {
        let mut span = Span::new(r#"{"a":1}"#);
        assert!(
            span.call(&KEEP_KEYS, &[attributes(), texts(&["b", "a"])])
                .is_ok()
        );
        assert!(!span.changed());
        assert!(span.call(&KEEP_KEYS, &[attributes(), texts(&[])]).is_ok());
        assert_eq!(span.attributes(), json!({}));
    }

    #[test]
    fn keys_must_not_be_nil() {
        let nil = Arg::Literal(Literal::Nil);
        let after = edit(&KEEP_KEYS, "{}", &[attributes(), nil]);
        assert_eq!(after, Err(Failure::Bind(NIL.to_owned())));
    }
}

//! `delete_key(target, key)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::prepared::Prepared;

/// The editor `delete_key`.
pub(crate) const DELETE_KEY: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "delete_key",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("key", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Removes a key from a map.\n\nA key that is not there is no error.",
    examples: &[
        Example {
            title: "An attribute",
            source: r#"delete_key(span.attributes, "a")"#,
            attributes: r#"{"a":1,"b":2}"#,
            result: r#"{"b":2}"#,
        },
        Example {
            title: "A key within an attribute",
            source: r#"delete_key(span.attributes["m"], "a")"#,
            attributes: r#"{"m":{"a":1,"b":2}}"#,
            result: r#"{"m":{"b":2}}"#,
        },
    ],
};

// The last entry takes the place, as in the reference: which keys `limit` keeps depends on it.
fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    if let Some(key) = args.string(1) {
        let key = key.to_vec();
        return Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            cx.spend(key.len() as u64 / BYTES_PER_UNIT)?;
            cx.remove_key(0, &key)?;
            Ok(Value::Nil)
        }));
    }
    Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
        let key = cx.string(1)?;
        let key = cx.bytes(key).to_vec();
        cx.remove_key(0, &key)?;
        Ok(Value::Nil)
    }))
}

/// Bytes of a key that are looked at for one unit of work.
const BYTES_PER_UNIT: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, attribute, attributes, edit, text};
    use serde_json::json;

    #[test]
    fn a_key_that_is_not_there_changes_nothing() {
        let mut span = Span::new(r#"{"a":1}"#);
        assert_eq!(
            span.call(&DELETE_KEY, &[attributes(), text("b")]),
            Ok(json!(null))
        );
        assert!(!span.changed());
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_first_goes() {
        let mut span = Span::otlp(
            r#"{"attributes":[{"key":"a","value":{"intValue":1}},{"key":"b","value":{}},
                {"key":"a","value":{"intValue":2}}]}"#,
        );
        assert!(
            span.call(&DELETE_KEY, &[attributes(), text("a").dynamic()])
                .is_ok()
        );
        assert_eq!(span.keys(), ["a", "b"]);
        assert_eq!(span.attributes(), json!({"a": 2, "b": null}));
    }

    #[test]
    fn a_target_that_is_no_map_is_an_error() {
        for before in [r#"{"m":1}"#, "{}"] {
            assert!(edit(&DELETE_KEY, before, &[attribute("m"), text("a")]).is_err());
        }
    }

    #[test]
    fn a_key_must_be_a_string() {
        let nil = Arg::Computed(|_| Value::Nil);
        assert!(edit(&DELETE_KEY, "{}", &[attributes(), nil]).is_err());
    }
}

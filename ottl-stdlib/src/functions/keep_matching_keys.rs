//! `keep_matching_keys(target, pattern)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Role, Signature, Type,
    ValueKind,
};

use crate::support::keys::{Decisions, retain_matching};
use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::regex::GoRegex;

/// The editor `keep_matching_keys`.
pub(crate) const KEEP_MATCHING_KEYS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "keep_matching_keys",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("pattern", ParamKind::Value(ValueKind::String)).with_role(Role::Regex),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Removes the keys that a regular expression does not match from a map.\n\n\
           The pattern is looked for anywhere in a key; `^` and `$` anchor it.",
    examples: &[
        Example {
            title: "Keys with a prefix",
            source: r#"keep_matching_keys(span.attributes, "^http\\.")"#,
            attributes: r#"{"http.method":"GET","https":true}"#,
            result: r#"{"http.method":"GET"}"#,
        },
        Example {
            title: "No such key",
            source: r#"keep_matching_keys(span.attributes, "^db\\.")"#,
            attributes: r#"{"http.method":"GET"}"#,
            result: "{}",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::<GoRegex>::bind(args, 1)?;
    Ok(Bound::remembering(
        move |known: &mut Decisions, cx: &mut CallContext<'_>| {
            retain_matching(cx, &pattern, known, true)?;
            Ok(Value::Nil)
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, attributes, edit, text};
    use serde_json::json;

    #[test]
    fn keys_stay_where_they_match_anywhere() {
        let before = r#"{"":0,"abc":1,"xay":2,"z":3}"#;
        let after = edit(
            &KEEP_MATCHING_KEYS,
            before,
            &[attributes(), text("a").dynamic()],
        );
        assert_eq!(after, Ok(json!({"abc": 1, "xay": 2})));
    }

    #[test]
    fn nothing_to_remove_changes_nothing() {
        let mut span = Span::new(r#"{"a":1}"#);
        assert!(
            span.call(&KEEP_MATCHING_KEYS, &[attributes(), text("")])
                .is_ok()
        );
        assert!(!span.changed());
    }

    #[test]
    fn literal_patterns_are_checked_when_bound_and_others_when_called() {
        let bound = edit(&KEEP_MATCHING_KEYS, "{}", &[attributes(), text("(")]);
        assert!(matches!(bound, Err(Failure::Bind(_))));
        let called = edit(
            &KEEP_MATCHING_KEYS,
            "{}",
            &[attributes(), text("(").dynamic()],
        );
        assert!(matches!(called, Err(Failure::Exec(_))));
        assert!(edit(&KEEP_MATCHING_KEYS, "{}", &[attributes(), Arg::Failed]).is_err());
    }

    #[test]
    fn a_target_that_is_no_map_is_an_error() {
        assert!(edit(&KEEP_MATCHING_KEYS, "{}", &[attribute("m"), text("a")]).is_err());
    }
}

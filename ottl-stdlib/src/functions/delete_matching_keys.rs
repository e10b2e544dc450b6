//! `delete_matching_keys(target, pattern)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Role, Signature, Type,
    ValueKind,
};

use crate::support::keys::{Decisions, retain_matching};
use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::regex::GoRegex;

/// The editor `delete_matching_keys`.
pub(crate) const DELETE_MATCHING_KEYS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "delete_matching_keys",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("pattern", ParamKind::Value(ValueKind::String)).with_role(Role::Regex),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Removes the keys that a regular expression matches from a map.\n\n\
           The pattern is looked for anywhere in a key; `^` and `$` anchor it.",
    examples: &[
        Example {
            title: "Keys with a prefix",
            source: r#"delete_matching_keys(span.attributes, "^http\\.")"#,
            attributes: r#"{"http.method":"GET","https":true}"#,
            result: r#"{"https":true}"#,
        },
        Example {
            title: "Keys without regard to case",
            source: r#"delete_matching_keys(span.attributes, "(?i)password|secret")"#,
            attributes: r#"{"dbPassword":"x","user":"u"}"#,
            result: r#"{"user":"u"}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::<GoRegex>::bind(args, 1)?;
    Ok(Bound::remembering(
        move |known: &mut Decisions, cx: &mut CallContext<'_>| {
            retain_matching(cx, &pattern, known, false)?;
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
    fn keys_are_left_out_where_they_match_anywhere() {
        let before = r#"{"":0,"abc":1,"xay":2,"z":3}"#;
        let after = edit(
            &DELETE_MATCHING_KEYS,
            before,
            &[attributes(), text("a").dynamic()],
        );
        assert_eq!(after, Ok(json!({"": 0, "z": 3})));
        let all = edit(&DELETE_MATCHING_KEYS, before, &[attributes(), text("")]);
        assert_eq!(all, Ok(json!({})));
    }

    #[test]
    fn nothing_that_matches_changes_nothing() {
        let mut span = Span::new(r#"{"a":1}"#);
        assert!(
            span.call(&DELETE_MATCHING_KEYS, &[attributes(), text("^b")])
                .is_ok()
        );
        assert!(!span.changed());
    }

    #[test]
    fn literal_patterns_are_checked_when_bound_and_others_when_called() {
        let bound = edit(&DELETE_MATCHING_KEYS, "{}", &[attributes(), text("(")]);
        assert!(matches!(bound, Err(Failure::Bind(_))));
        let called = edit(
            &DELETE_MATCHING_KEYS,
            "{}",
            &[attributes(), text("(").dynamic()],
        );
        assert!(matches!(called, Err(Failure::Exec(_))));
        assert!(edit(&DELETE_MATCHING_KEYS, "{}", &[attributes(), Arg::Failed]).is_err());
    }

    #[test]
    fn a_target_that_is_no_map_is_an_error() {
        assert!(edit(&DELETE_MATCHING_KEYS, "{}", &[attribute("m"), text("a")]).is_err());
    }
}

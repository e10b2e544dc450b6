//! `replace_match(target, pattern, replacement, function?, replacement_format?)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::glob::Glob;
use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::replacement::{FORMAT, FUNCTION, REPLACEMENT, Replacement};

/// The editor `replace_match`.
pub(crate) const REPLACE_MATCH: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "replace_match",
    params: &[
        Param::new("target", ParamKind::GetSetter),
        Param::new("pattern", ParamKind::Value(ValueKind::String)),
        REPLACEMENT,
        FUNCTION,
        FORMAT,
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Replaces text that a wildcard pattern matches as a whole.\n\n\
           In a pattern `*` stands for any characters, `?` for one, `[abc]`, `[a-z]` and `[!abc]` for \
           one of a set, and `{a,b}` for one of several patterns; `\\` makes the next character plain. \
           `function` is the name of a converter that is called with `replacement`; its result is put \
           in the place of `%s` in `replacement_format`. A target that is no text is left alone.",
    examples: &[
        Example {
            title: "Paths with ids in them",
            source: r#"replace_match(span.attributes["path"], "/user/*/list/*", "/user/{id}/list/{id}")"#,
            attributes: r#"{"path":"/user/1/list/2"}"#,
            result: r#"{"path":"/user/{id}/list/{id}"}"#,
        },
        Example {
            title: "No match",
            source: r#"replace_match(span.attributes["path"], "/user/*", "x")"#,
            attributes: r#"{"path":"/users"}"#,
            result: r#"{"path":"/users"}"#,
        },
        Example {
            title: "With a function",
            source: r#"replace_match(span.attributes["a"], "{x,y}*", "r", ToUpperCase, "<%s>")"#,
            attributes: r#"{"a":"yes"}"#,
            result: r#"{"a":"<R>"}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::<Glob>::bind(args, 1)?;
    let replacement = Replacement::bind(args, 2);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let glob = pattern.get(cx)?;
        let target = cx.read(0)?;
        let text = replacement.whole(cx)?;
        if let Value::Str(target) = target
            && glob.is_match(cx.heap().meter(), cx.bytes(target))?
        {
            cx.write(0, Value::Str(text))?;
        }
        Ok(Value::Nil)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::functions::hex::HEX;
    use crate::functions::is_string::IS_STRING;
    use crate::testing::{Arg, Failure, Span, attribute, edit, text};
    use ottl_vm::Function;
    use serde_json::json;

    #[test]
    fn the_whole_text_must_match() {
        for (pattern, matches) in [("a*c", true), ("b", false), ("*b*", true), ("a?c", true)] {
            for pattern in [text(pattern), text(pattern).dynamic()] {
                let args = [attribute("a"), pattern, text("$1").dynamic()];
                let after = edit(&REPLACE_MATCH, r#"{"a":"abc"}"#, &args);
                let expected = if matches { "$1" } else { "abc" };
                assert_eq!(after, Ok(json!({ "a": expected })));
            }
        }
    }

    #[test]
    fn the_function_is_called_even_where_nothing_matches() {
        let call = |pattern, function: &'static dyn Function| {
            let args = [
                attribute("a"),
                text(pattern),
                text("ab"),
                Arg::Function(function),
            ];
            edit(&REPLACE_MATCH, r#"{"a":"abc"}"#, &args)
        };
        assert_eq!(call("*", &HEX), Ok(json!({"a": "6162"})));
        assert!(matches!(call("x", &IS_STRING), Err(Failure::Exec(_))));
    }

    #[test]
    fn the_replacement_is_looked_at_whatever_the_target_is() {
        for (before, replacement) in [("{}", Arg::Failed), (r#"{"a":1}"#, Arg::Failed)] {
            let args = [attribute("a"), text("*"), replacement];
            assert!(matches!(
                edit(&REPLACE_MATCH, before, &args),
                Err(Failure::Exec(_))
            ));
        }
        let mut span = Span::new(r#"{"a":1}"#);
        assert!(
            span.call(&REPLACE_MATCH, &[attribute("a"), text("*"), text("x")])
                .is_ok()
        );
        assert!(!span.changed());
    }

    #[test]
    fn invalid_patterns_are_rejected() {
        let args = |pattern| [attribute("a"), pattern, text("")];
        let literal = edit(&REPLACE_MATCH, "{}", &args(text("[")));
        assert!(matches!(literal, Err(Failure::Bind(_))));
        let dynamic = edit(&REPLACE_MATCH, "{}", &args(text("[").dynamic()));
        assert!(matches!(dynamic, Err(Failure::Exec(_))));
    }
}

//! `replace_pattern(target, regex_pattern, replacement, function?, replacement_format?)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Role, Signature, Type,
    ValueKind,
};

use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::regex::GoRegex;
use crate::support::replacement::{FORMAT, FUNCTION, REPLACEMENT, Replacement};

/// The editor `replace_pattern`.
pub(crate) const REPLACE_PATTERN: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "replace_pattern",
    params: &[
        Param::new("target", ParamKind::GetSetter),
        Param::new("regex_pattern", ParamKind::Value(ValueKind::String)).with_role(Role::Regex),
        REPLACEMENT,
        FUNCTION,
        FORMAT,
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Replaces what a regular expression matches in text.\n\n\
           In `replacement`, `$1`, `$name`, `${1}` and `${name}` stand for groups, `$0` for the whole \
           match and `$$` for a dollar sign. `function` is the name of a converter that is called \
           with each replacement; its result is put in the place of `%s` in `replacement_format`. A \
           target that is no text is left alone.",
    examples: &[
        Example {
            title: "Groups",
            source: r#"replace_pattern(span.attributes["cmd"], "--password=(\\w)\\w*", "--password=$1***")"#,
            attributes: r#"{"cmd":"run --password=secret --user=u"}"#,
            result: r#"{"cmd":"run --password=s*** --user=u"}"#,
        },
        Example {
            title: "Each match through a function",
            source: r#"replace_pattern(span.attributes["a"], "x(\\d)", "$1", SHA256, "<%s>")"#,
            attributes: r#"{"a":"ax1"}"#,
            result: r#"{"a":"a<6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b>"}"#,
        },
        Example {
            title: "No text",
            source: r#"replace_pattern(span.attributes["n"], "1", "2")"#,
            attributes: r#"{"n":1}"#,
            result: r#"{"n":1}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::<GoRegex>::bind(args, 1)?;
    let replacement = Replacement::bind(args, 2);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.read(0)?;
        if target == Value::Nil {
            return Ok(Value::Nil);
        }
        let template = replacement.template(cx)?;
        if let Value::Str(text) = target {
            let regex = pattern.get(cx)?;
            if let Some(text) = replacement.rewrite(cx, &regex, &template, text)? {
                cx.write(0, Value::Str(text))?;
            }
        }
        Ok(Value::Nil)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::functions::is_string::IS_STRING;
    use crate::functions::sha1::SHA1;
    use crate::functions::to_upper_case::TO_UPPER_CASE;
    use crate::testing::{Arg, Failure, Span, attribute, edit, text};
    use serde_json::json;

    fn replace(value: &str, pattern: &str, rest: Vec<Arg>) -> Result<String, Failure> {
        let before = json!({ "a": value }).to_string();
        let mut args = vec![attribute("a"), text(pattern)];
        args.extend(rest);
        let after = edit(&REPLACE_PATTERN, &before, &args)?;
        Ok(after["a"].as_str().expect("a string").to_owned())
    }

    #[test]
    fn literal_and_dynamic_arguments_are_the_same() {
        for (pattern, replacement) in [
            (text("(b+)"), text("<$1>")),
            (text("(b+)").dynamic(), text("<$1>").dynamic()),
        ] {
            let after = edit(
                &REPLACE_PATTERN,
                r#"{"a":"abba"}"#,
                &[attribute("a"), pattern, replacement],
            );
            assert_eq!(after, Ok(json!({"a": "a<bb>a"})));
        }
    }

    #[test]
    fn functions_see_each_match() {
        let upper = || Arg::Function(&TO_UPPER_CASE);
        let after = replace("a-b-a", "[ab]", vec![text("<$0>"), upper()]);
        assert_eq!(after.as_deref(), Ok("<A>-<B>-<A>"));
        let format = vec![text("$0"), upper(), text("(%s)")];
        assert_eq!(replace("a-b", "[ab]", format).as_deref(), Ok("(A)-(B)"));
        let empty = vec![text("x"), upper()];
        assert_eq!(replace("ab", "", empty).as_deref(), Ok("XaXbX"));
    }

    #[test]
    fn a_bad_format_or_function_is_an_error_where_something_matches() {
        for rest in [
            vec![text("x"), Arg::Function(&SHA1), text("no verb")],
            vec![text("x"), Arg::Function(&IS_STRING)],
        ] {
            assert!(matches!(replace("a", "a", rest), Err(Failure::Exec(_))));
        }
        let format = vec![text("x"), Arg::Function(&SHA1), text("no verb")];
        assert_eq!(replace("a", "b", format).as_deref(), Ok("a"));
    }

    #[test]
    fn without_function_the_format_is_not_looked_at() {
        let rest = vec![text("x"), Arg::Absent, text("no verb")];
        assert_eq!(replace("a", "a", rest).as_deref(), Ok("x"));
    }

    #[test]
    fn arguments_are_looked_at_only_when_they_matter() {
        let args = |target, pattern, replacement| [target, pattern, replacement];
        let nil = edit(
            &REPLACE_PATTERN,
            "{}",
            &args(attribute("a"), Arg::Failed, Arg::Failed),
        );
        assert_eq!(nil, Ok(json!({})));
        let number = r#"{"a":1}"#;
        let pattern = edit(
            &REPLACE_PATTERN,
            number,
            &args(attribute("a"), Arg::Failed, text("")),
        );
        assert_eq!(pattern, Ok(json!({"a": 1})));
        let replaced = edit(
            &REPLACE_PATTERN,
            number,
            &args(attribute("a"), text("x"), Arg::Failed),
        );
        assert!(matches!(replaced, Err(Failure::Exec(_))));
    }

    #[test]
    fn results_have_a_limit() {
        let mut span = Span::new(r#"{"a":"aaaa"}"#);
        span.limits(|limits| limits.max_string_bytes = 7);
        let args = [attribute("a"), text("a"), text("$0$0")];
        assert!(matches!(
            span.call(&REPLACE_PATTERN, &args),
            Err(Failure::Exec(_))
        ));
        assert_eq!(span.attributes(), json!({"a": "aaaa"}));
    }

    #[test]
    fn an_invalid_pattern_is_rejected() {
        assert!(matches!(
            replace("a", "(?=a)", vec![text("")]),
            Err(Failure::Bind(_))
        ));
    }
}

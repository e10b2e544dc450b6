//! `IsMatch(target, pattern)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Calls, Example, ExecError, Kernel, Param, ParamKind,
    Role, Signature, Type, ValueKind,
};

use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::regex::GoRegex;

/// The converter `IsMatch`.
pub(crate) const IS_MATCH: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "IsMatch",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::StringLike)),
        Param::new("pattern", ParamKind::Value(ValueKind::String)).with_role(Role::Regex),
    ],
    result: Type::Bool,
    fields: &[],
    docs: "Whether a regular expression matches somewhere in a value's text.\n\n\
           Nil matches nothing. `^` and `$` anchor the pattern. The syntax is that of RE2: no \
           back-references, no looking around, and time linear to the text.",
    examples: &[
        Example {
            title: "Anywhere in the text",
            source: r#"IsMatch(span.attributes["path"], "/api/v\\d+")"#,
            attributes: r#"{"path":"/x/api/v1/users"}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "The whole of a number",
            source: r#"IsMatch(span.attributes["status"], "^5..$")"#,
            attributes: r#"{"status":503}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "An attribute that does not exist",
            source: r#"IsMatch(span.attributes["missing"], "")"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "A pattern that is none",
            source: r#"IsMatch(span.name, "a(")"#,
            attributes: "{}",
            result: "rejected: The regular expression `a(` is not valid: missing closing `)` at byte 2.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::<GoRegex>::bind(args, 1)?;
    Ok(Bound::Kernel(Box::new(IsMatch(pattern))))
}

struct IsMatch(Pattern<GoRegex>);

impl Kernel for IsMatch {
    fn call(&self, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        is_match(&*self.0.get(cx)?, cx)
    }

    fn call_each(&self, calls: &mut Calls<'_>) {
        let literal = self.0.literal();
        while let Some(cx) = calls.next_call() {
            let result = match literal {
                Some(regex) => is_match(regex, cx),
                None => self.call(cx),
            };
            calls.finish(result);
        }
    }
}

#[inline]
fn is_match(regex: &GoRegex, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let matches = match cx.string_like(0)? {
        Some(text) => regex.is_match(cx.heap().meter(), cx.bytes(text))?,
        None => false,
    };
    Ok(Value::Bool(matches))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attribute, convert, text};
    use ottl_vm::Literal;
    use serde_json::json;

    #[test]
    fn values_are_matched_as_text() {
        for (attributes, pattern) in [
            (r#"{"a":1.50}"#, "^1.5$"),
            (r#"{"a":true}"#, "^true$"),
            (r#"{"a":{"$bytes":"q80="}}"#, "^abcd$"),
            (r#"{"a":[1,"x"]}"#, r#"^\[1,"x"\]$"#),
            (r#"{"a":{"k":null}}"#, r#"^\{"k":null\}$"#),
        ] {
            let mut span = Span::new(attributes);
            let result = span.call(&IS_MATCH, &[attribute("a"), text(pattern)]);
            assert_eq!(result, Ok(json!({"bool": true})), "{attributes}");
        }
    }

    #[test]
    fn nil_matches_nothing() {
        let nil = Arg::Computed(|_| Value::Nil);
        assert_eq!(
            convert(&IS_MATCH, &[nil, text(".*")]),
            Ok(json!({"bool": false}))
        );
    }

    #[test]
    fn the_pattern_is_looked_at_first() {
        let nil = || Arg::Dynamic(Literal::Nil);
        let dynamic = convert(&IS_MATCH, &[nil(), text("(").dynamic()]);
        assert!(matches!(dynamic, Err(Failure::Exec(_))));
        assert!(matches!(
            convert(&IS_MATCH, &[nil(), nil()]),
            Err(Failure::Exec(_))
        ));
        let literal = convert(&IS_MATCH, &[nil(), text("(")]);
        assert!(matches!(literal, Err(Failure::Bind(_))));
    }

    #[test]
    fn dynamic_patterns_may_change_from_call_to_call() {
        let mut span = Span::new("{}");
        for (pattern, expected) in [("a", true), ("b", false), ("a", true)] {
            let result = span.call(&IS_MATCH, &[text("a"), text(pattern).dynamic()]);
            assert_eq!(result, Ok(json!({ "bool": expected })));
        }
    }
}

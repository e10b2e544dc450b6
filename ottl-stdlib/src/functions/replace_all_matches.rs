//! `replace_all_matches(target, pattern, replacement, function?, replacement_format?)`

use otlp_columns::{Entry, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::glob::Glob;
use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::replacement::{FORMAT, FUNCTION, REPLACEMENT, Replacement};

/// The editor `replace_all_matches`.
pub(crate) const REPLACE_ALL_MATCHES: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "replace_all_matches",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("pattern", ParamKind::Value(ValueKind::String)),
        REPLACEMENT,
        FUNCTION,
        FORMAT,
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Replaces the text values of a map that a wildcard pattern matches as a whole.\n\n\
           The arguments are those of `replace_match`.",
    examples: &[
        Example {
            title: "Paths with ids in them",
            source: r#"replace_all_matches(span.attributes, "/user/*", "/user/{id}")"#,
            attributes: r#"{"a":"/user/1","b":"/users","c":"/user/2"}"#,
            result: r#"{"a":"/user/{id}","b":"/users","c":"/user/{id}"}"#,
        },
        Example {
            title: "With a function",
            source: r#"replace_all_matches(span.attributes, "*secret*", "x", SHA1, "sha1:%s")"#,
            attributes: r#"{"a":"my secret","b":"open"}"#,
            result: r#"{"a":"sha1:11f6ad8ec52a2984abaafd7c3b516503785c2072","b":"open"}"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::<Glob>::bind(args, 1)?;
    let replacement = Replacement::bind(args, 2);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let glob = pattern.get(cx)?;
        let map = cx.map(0)?;
        let text = replacement.whole(cx)?;
        let heap = cx.heap();
        let matches = |entry: &Entry| match entry.value {
            Value::Str(value) => glob.is_match(heap.meter(), heap.bytes(value)) == Ok(true),
            _ => false,
        };
        let entries = heap.map(map);
        let Some(first) = entries.iter().position(matches) else {
            return cx.leave(0);
        };
        let mut entries = entries.to_vec();
        for entry in &mut entries[first..] {
            if matches(entry) {
                *entry = Entry::new(entry.key, Value::Str(text));
            }
        }
        let entries = cx.heap_mut().alloc_map(&entries);
        cx.write_map(0, entries)?;
        Ok(Value::Nil)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::functions::is_string::IS_STRING;
    use crate::testing::{Arg, Failure, Span, attribute, attributes, edit, text};
    use serde_json::json;

    #[test]
    fn only_text_values_are_looked_at() {
        let before = r#"{"a":"1","b":1,"c":["1"],"d":{"e":"1"},"f":"11"}"#;
        let args = [attributes(), text("1").dynamic(), text("2").dynamic()];
        assert_eq!(
            edit(&REPLACE_ALL_MATCHES, before, &args),
            Ok(json!({"a": "2", "b": 1, "c": ["1"], "d": {"e": "1"}, "f": "11"}))
        );
    }

    #[test]
    fn nothing_that_matches_changes_nothing() {
        let mut span = Span::new(r#"{"a":"a"}"#);
        assert!(
            span.call(&REPLACE_ALL_MATCHES, &[attributes(), text("b*"), text("")])
                .is_ok()
        );
        assert!(!span.changed());
    }

    #[test]
    fn a_failing_function_is_an_error_even_where_nothing_matches() {
        let args = [
            attributes(),
            text("x"),
            text("r"),
            Arg::Function(&IS_STRING),
        ];
        assert!(matches!(
            edit(&REPLACE_ALL_MATCHES, "{}", &args),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn the_target_must_be_a_map_and_the_pattern_valid() {
        let args = |target, pattern| [target, text(pattern), text("")];
        let no_map = edit(&REPLACE_ALL_MATCHES, "{}", &args(attribute("m"), "a"));
        assert!(matches!(no_map, Err(Failure::Exec(_))));
        let invalid = edit(&REPLACE_ALL_MATCHES, "{}", &args(attributes(), "[]"));
        assert!(matches!(invalid, Err(Failure::Bind(_))));
    }
}

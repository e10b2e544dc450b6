//! `replace_all_patterns(target, mode, regex_pattern, replacement, function?, replacement_format?)`

use otlp_columns::{Entry, Heap, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Role, Signature,
    Type, ValueKind,
};

use crate::support::maps::{MapBuilder, key};
use crate::support::pattern::{Compiled, Pattern};
use crate::support::prepared::Prepared;
use crate::support::regex::GoRegex;
use crate::support::replacement::{FORMAT, FUNCTION, GivenTemplate, REPLACEMENT, Replacement};

/// The editor `replace_all_patterns`.
pub(crate) const REPLACE_ALL_PATTERNS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "replace_all_patterns",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("mode", ParamKind::StringLiteral),
        Param::new("regex_pattern", ParamKind::Value(ValueKind::String)).with_role(Role::Regex),
        REPLACEMENT,
        FUNCTION,
        FORMAT,
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Replaces what a regular expression matches in the text values, or in the keys, of a \
           map.\n\n\
           `mode` is `value` or `key`. The other arguments are those of `replace_pattern`. Where the \
           function fails a value stays as it is, and a key is removed. Of keys that become the same \
           the last one's value stays.",
    examples: &[
        Example {
            title: "In values",
            source: r#"replace_all_patterns(span.attributes, "value", "\\d{4}$", "****")"#,
            attributes: r#"{"card":"1111-2222","n":1234}"#,
            result: r#"{"card":"1111-****","n":1234}"#,
        },
        Example {
            title: "In keys",
            source: r#"replace_all_patterns(span.attributes, "key", "^kube_([a-z]+)_", "k8s.$$$1.")"#,
            attributes: r#"{"kube_pod_uid":"x"}"#,
            result: r#"{"k8s.$pod.uid":"x"}"#,
        },
    ],
};

struct Call {
    pattern: Pattern<GoRegex>,
    replacement: Replacement,
    in_keys: bool,
}

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::bind(args, 2)?;
    let in_keys = match args.string(1) {
        Some(b"key") => true,
        Some(b"value") => false,
        _ => return Err(BindError::param(1, "The mode must be `key` or `value`.")),
    };
    let call = Call {
        pattern,
        replacement: Replacement::bind(args, 3),
        in_keys,
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let map = cx.map(0)?;
        let template = call.replacement.template(cx)?;
        let regex = call.pattern.get(cx)?;
        let heap = cx.heap();
        let is_match = |text| regex.is_match(heap.meter(), text) == Ok(true);
        let matches = |entry: &Entry| match (call.in_keys, entry.value) {
            (true, _) => is_match(key(heap, entry)),
            (false, Value::Str(text)) => is_match(heap.bytes(text)),
            (false, _) => false,
        };
        let entries = heap.map(map);
        let first = match entries.iter().position(matches) {
            Some(first) => first,
            None if call.in_keys && has_repeated_key(heap, entries) => 0,
            None => return cx.leave(0),
        };
        let entries = entries.to_vec();
        let entries = if call.in_keys {
            call.keys(cx, &regex, &template, entries)?
        } else {
            call.values(cx, &regex, &template, entries, first)?
        };
        let entries = cx.heap_mut().alloc_map(&entries);
        cx.write_map(0, entries)?;
        Ok(Value::Nil)
    }))
}

/// Whether two entries have the same key. Rewriting keys leaves one of them, also where none matches.
fn has_repeated_key(heap: &Heap, entries: &[Entry]) -> bool {
    let repeated = |(at, entry): (usize, &Entry)| {
        let mut before = entries[..at].iter();
        before.any(|other| key(heap, other) == key(heap, entry))
    };
    entries.len() <= MANY && entries.iter().enumerate().any(repeated)
}

/// Maps with more keys are not looked through for repeated ones, which takes time squared.
const MANY: usize = 64;

impl Call {
    fn values(
        &self,
        cx: &mut CallContext<'_>,
        regex: &Compiled<'_, GoRegex>,
        template: &GivenTemplate<'_>,
        mut entries: Vec<Entry>,
        first: usize,
    ) -> Result<Vec<Entry>, ExecError> {
        for entry in &mut entries[first..] {
            let Value::Str(text) = entry.value else {
                continue;
            };
            match self.replacement.rewrite(cx, regex, template, text) {
                Ok(Some(text)) => *entry = Entry::new(entry.key, Value::Str(text)),
                Ok(None) => {}
                Err(error) => self.forgive(cx, error)?,
            }
        }
        Ok(entries)
    }

    fn keys(
        &self,
        cx: &mut CallContext<'_>,
        regex: &Compiled<'_, GoRegex>,
        template: &GivenTemplate<'_>,
        entries: Vec<Entry>,
    ) -> Result<Vec<Entry>, ExecError> {
        let mut updated = MapBuilder::default();
        for entry in entries {
            match self.replacement.rewrite(cx, regex, template, entry.key) {
                Ok(None) => updated.put(cx.heap(), entry),
                Ok(Some(key)) => updated.put(cx.heap(), Entry::new(key, entry.value)),
                Err(error) => self.forgive(cx, error)?,
            }
        }
        Ok(updated.entries().to_vec())
    }

    /// A function that fails does not fail the statement; too long a result does.
    fn forgive(&self, cx: &CallContext<'_>, error: ExecError) -> Result<(), ExecError> {
        if cx.is_present(4) && !cx.must_stop() {
            Ok(())
        } else {
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::functions::is_string::IS_STRING;
    use crate::functions::to_upper_case::TO_UPPER_CASE;
    use crate::testing::{Arg, Failure, Span, attribute, attributes, edit, text};
    use serde_json::{Value as Json, json};

    fn replace(before: &str, mode: &str, rest: Vec<Arg>) -> Result<Json, Failure> {
        let mut args = vec![attributes(), text(mode)];
        args.extend(rest);
        edit(&REPLACE_ALL_PATTERNS, before, &args)
    }

    #[test]
    fn keys_that_become_the_same_keep_the_last_value() {
        let after = replace(
            r#"{"a1":1,"a2":2,"b":3}"#,
            "key",
            vec![text(r"\d"), text("")],
        );
        assert_eq!(after, Ok(json!({"a": 2, "b": 3})));
        let after = replace(r#"{"a":1,"x":2}"#, "key", vec![text("x"), text("a")]);
        assert_eq!(after, Ok(json!({"a": 2})));
    }

    #[test]
    fn only_text_values_are_looked_at() {
        let before = r#"{"a":"1","b":1,"c":["1"],"d":{"e":"1"}}"#;
        let after = replace(
            before,
            "value",
            vec![text("1").dynamic(), text("2").dynamic()],
        );
        assert_eq!(
            after,
            Ok(json!({"a": "2", "b": 1, "c": ["1"], "d": {"e": "1"}}))
        );
    }

    #[test]
    fn functions_work_on_keys_and_values() {
        let upper = || {
            vec![
                text("b+"),
                text("<$0>"),
                Arg::Function(&TO_UPPER_CASE),
                text("%s!"),
            ]
        };
        let before = r#"{"abba":"abba"}"#;
        assert_eq!(
            replace(before, "value", upper()),
            Ok(json!({"abba": "a<BB>!a"}))
        );
        assert_eq!(
            replace(before, "key", upper()),
            Ok(json!({"a<BB>!a": "abba"}))
        );
    }

    #[test]
    fn where_the_function_fails_values_stay_and_keys_go() {
        let failing = || vec![text("a"), text("x"), Arg::Function(&IS_STRING)];
        let before = r#"{"a":"a","b":"b"}"#;
        assert_eq!(
            replace(before, "value", failing()),
            Ok(json!({"a": "a", "b": "b"}))
        );
        assert_eq!(replace(before, "key", failing()), Ok(json!({"b": "b"})));
    }

    #[test]
    fn nothing_that_matches_changes_nothing() {
        let mut span = Span::new(r#"{"a":"a"}"#);
        let args = [attributes(), text("key"), text("x"), text("y")];
        assert!(span.call(&REPLACE_ALL_PATTERNS, &args).is_ok());
        assert!(!span.changed());
    }

    #[test]
    fn wrong_modes_and_patterns_are_rejected() {
        for (mode, pattern) in [("keys", "a"), ("", "a"), ("key", "[")] {
            let after = replace("{}", mode, vec![text(pattern), text("")]);
            assert!(matches!(after, Err(Failure::Bind(_))));
        }
        let args = [attribute("m"), text("key"), text("a"), text("")];
        assert!(matches!(
            edit(&REPLACE_ALL_PATTERNS, "{}", &args),
            Err(Failure::Exec(_))
        ));
    }
}

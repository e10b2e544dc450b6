//! `ExtractPatterns(target, pattern)`

use otlp_columns::{Entry, Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Role, Signature,
    Type, ValueKind,
};

use crate::support::maps::MapBuilder;
use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;
use crate::support::regex::GoRegex;
use crate::support::slices::part_of;

/// The converter `ExtractPatterns`.
pub(crate) const EXTRACT_PATTERNS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ExtractPatterns",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("pattern", ParamKind::Value(ValueKind::String)).with_role(Role::Regex),
    ],
    result: Type::Map,
    fields: &[],
    docs: "The parts of a text that the named groups of a regular expression match.\n\n\
           Groups are named as in `(?P<name>…)` or `(?<name>…)`; there must be one. A group that takes \
           no part in the match is empty; of groups with the same name the last one counts. The \
           map is empty when nothing matches. The syntax is that of RE2.",
    examples: &[
        Example {
            title: "Two groups",
            source: r#"ExtractPatterns(span.attributes["line"], "^(?P<method>\\S+) (?P<path>\\S+)")"#,
            attributes: r#"{"line":"GET /x HTTP/1.1"}"#,
            result: r#"{"map":{"method":{"string":"GET"},"path":{"string":"/x"}}}"#,
        },
        Example {
            title: "No match",
            source: r#"ExtractPatterns("x", "(?P<digit>\\d)")"#,
            attributes: "{}",
            result: r#"{"map":{}}"#,
        },
        Example {
            title: "No named group",
            source: r#"ExtractPatterns("x", "(.)")"#,
            attributes: "{}",
            result: "error: The pattern must have a named group, as in `(?P<name>…)`.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let pattern = Pattern::bind_with(args, 1, b"named", GoRegex::with_named_groups)?;
    Ok(Bound::remembering(
        move |memory: &mut Memory, cx: &mut CallContext<'_>| {
            let regex = pattern.get(cx)?;
            if pattern.literal().is_none() {
                memory.keys.clear();
            }
            if regex.names().iter().all(Option::is_none) {
                return Err(ExecError::new(
                    "The pattern must have a named group, as in `(?P<name>…)`.",
                ));
            }
            let target = cx.string(0)?;
            extract(memory, cx, &regex, target)
        },
    ))
}

/// Memory of the calls for the items before.
#[derive(Default)]
struct Memory {
    /// The keys for the groups that have names, in the heap.
    keys: Vec<Slice>,
    values: Vec<Slice>,
    map: MapBuilder,
}

fn extract(
    memory: &mut Memory,
    cx: &mut CallContext<'_>,
    regex: &GoRegex,
    target: Slice,
) -> Result<Value, ExecError> {
    let Memory { keys, values, map } = memory;
    let heap = cx.heap();
    values.clear();
    regex.first(heap.meter(), heap.bytes(target), |found| {
        for (index, name) in regex.names().iter().enumerate() {
            if name.is_some() {
                let range = found.group(index);
                values.push(range.map_or(Slice::EMPTY, |range| part_of(target, range)));
            }
        }
        Ok(())
    })?;
    if keys.is_empty() && !values.is_empty() {
        let names = regex.names().iter().flatten();
        let heap = cx.heap_mut();
        keys.extend(names.map(|name| heap.alloc(name.as_bytes())));
    }
    map.clear();
    for (key, value) in keys.iter().zip(&*values) {
        map.put(cx.heap(), Entry::new(*key, Value::Str(*value)));
    }
    cx.spend(map.entries().len() as u64)?;
    Ok(map.value(cx.heap_mut()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, convert, text};
    use serde_json::json;

    #[test]
    fn groups_without_a_part_are_empty_and_the_last_of_a_name_counts() {
        let result = convert(
            &EXTRACT_PATTERNS,
            &[text("foo"), text("(?P<a>f)(o)(?P<b>x)?")],
        );
        assert_eq!(
            result,
            Ok(json!({"map": {"a": {"string": "f"}, "b": {"string": ""}}}))
        );
        let result = convert(&EXTRACT_PATTERNS, &[text("foo"), text("(?P<a>f)(?P<a>x)?")]);
        assert_eq!(result, Ok(json!({"map": {"a": {"string": ""}}})));
    }

    #[test]
    fn the_pattern_is_looked_at_first() {
        for (pattern, part) in [("(x)", "named group"), ("(", "missing closing")] {
            let args = [crate::testing::Arg::Failed, text(pattern).dynamic()];
            let result = convert(&EXTRACT_PATTERNS, &args);
            assert!(matches!(result, Err(Failure::Exec(message)) if message.contains(part)));
        }
        let literal = convert(&EXTRACT_PATTERNS, &[text("x"), text("(")]);
        assert!(matches!(literal, Err(Failure::Bind(_))));
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        let result = convert(&EXTRACT_PATTERNS, &[text(b"a\xffb"), text("(?P<x>.)b")]);
        assert_eq!(result, Ok(json!({"map": {"x": {"string": "\u{fffd}"}}})));
    }
}

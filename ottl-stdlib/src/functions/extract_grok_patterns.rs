//! `ExtractGrokPatterns(target, pattern, named_captures_only?, pattern_definitions?)`

use otlp_columns::{Entry, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Room, Signature,
    Type, ValueKind,
};

use crate::support::grok::{Definitions, Grok};
use crate::support::maps::MapBuilder;
use crate::support::pattern::Pattern;
use crate::support::prepared::Prepared;

/// The converter `ExtractGrokPatterns`.
pub(crate) const EXTRACT_GROK_PATTERNS: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ExtractGrokPatterns",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("pattern", ParamKind::Value(ValueKind::String)),
        Param::optional("named_captures_only", ParamKind::BoolLiteral),
        Param::optional("pattern_definitions", ParamKind::StringLiterals),
    ],
    result: Type::Map,
    fields: &[],
    docs: "The parts of a text that a grok pattern matches.\n\n\
           A grok pattern is a regular expression with references to others: `%{NAME}`, \
           `%{NAME:field}` or `%{NAME:field:type}`. Each reference makes an entry with the name of \
           the field, or else of the pattern, unless it matched nothing; the same is true of named \
           groups. With `named_captures_only` references without a field make no entry. Types are \
           `string`, `int`, `long`, `float`, `double`, `bool` and `boolean`. The patterns are those of \
           Elastic's ingest node with names of the Elastic Common Schema; `pattern_definitions` adds \
           others as `NAME=pattern`. The map is empty when nothing matches.",
    examples: &[
        Example {
            title: "Fields with types",
            source: r#"ExtractGrokPatterns(span.attributes["line"], "%{WORD:http.method} %{URIPATH:url.path} %{INT:status:int}", true)"#,
            attributes: r#"{"line":"GET /x/y 200"}"#,
            result: r#"{"map":{"http.method":{"string":"GET"},"status":{"int":"200"},"url.path":{"string":"/x/y"}}}"#,
        },
        Example {
            title: "A definition of one's own",
            source: r#"ExtractGrokPatterns("id=ab-12", "id=%{ID:id}", true, ["ID=%{WORD}-%{INT:number:int}"])"#,
            attributes: "{}",
            result: r#"{"map":{"id":{"string":"ab-12"},"number":{"int":"12"}}}"#,
        },
        Example {
            title: "A part that has not the type",
            source: r#"ExtractGrokPatterns("x", "%{WORD:n:int}")"#,
            attributes: "{}",
            result: "error: The text is no integer of 64 bits.",
        },
        Example {
            title: "A pattern that does not exist",
            source: r#"ExtractGrokPatterns("x", "%{NO_SUCH}")"#,
            attributes: "{}",
            result: "rejected: The grok pattern `%{NO_SUCH}` is not valid: there is no pattern `NO_SUCH`.",
        },
    ],
};

const NO_FIELDS: &str =
    "With `named_captures_only` the pattern must name a field, as in `%{WORD:field}`.";

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let named_only = args.bool(2).unwrap_or(false);
    let written = args.strings(3).unwrap_or_default();
    let definitions = definitions(&written)?;
    let settings = settings(named_only, &written);
    let compile =
        move |pattern: &[u8], room: Room| Grok::new(pattern, &definitions, named_only, room);
    let pattern = Pattern::bind_with(args, 1, &settings, compile)?;
    if named_only && pattern.literal().is_some_and(|grok| !grok.has_fields()) {
        return Err(BindError::param(1, NO_FIELDS));
    }
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let grok = pattern.get(cx)?;
        if named_only && !grok.has_fields() {
            return Err(ExecError::new(NO_FIELDS));
        }
        extract(cx, &grok)
    }))
}

fn extract(cx: &mut CallContext<'_>, grok: &Grok) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    let captures = grok.captures(cx.heap(), target)?;
    cx.spend(captures.len() as u64)?;
    let mut map = MapBuilder::default();
    for (key, value) in captures {
        let key = cx.heap_mut().alloc(key);
        map.put(cx.heap(), Entry::new(key, value));
    }
    Ok(map.into_value(cx.heap_mut()))
}

fn definitions(written: &[&[u8]]) -> Result<Definitions, BindError> {
    let mut definitions = Definitions::default();
    for (at, definition) in written.iter().enumerate() {
        let invalid = |reason: &str| {
            let number = at + 1;
            let message = format!("Pattern definition {number} {reason}; write `NAME=pattern`.");
            BindError::param(3, message)
        };
        let Some(equals) = memchr::memchr(b'=', definition) else {
            return Err(invalid("has no `=`"));
        };
        let (name, pattern) = (&definition[..equals], &definition[equals + 1..]);
        if name.contains(&b':') {
            return Err(invalid("has a colon in its name"));
        }
        definitions.add(name, pattern);
    }
    Ok(definitions)
}

/// What tells apart the same pattern in different calls.
fn settings(named_only: bool, written: &[&[u8]]) -> Vec<u8> {
    let mut settings = vec![u8::from(named_only)];
    for definition in written {
        settings.extend_from_slice(&definition.len().to_le_bytes());
        settings.extend_from_slice(definition);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, text, texts};
    use ottl_vm::Literal;
    use serde_json::{Value as Json, json};

    fn extract(target: &str, pattern: Arg, named: bool, own: &[&str]) -> Result<Json, Failure> {
        let named = Arg::Literal(Literal::Bool(named));
        let args = [text(target), pattern, named, texts(own)];
        Ok(convert(&EXTRACT_GROK_PATTERNS, &args)?["map"].clone())
    }

    #[test]
    fn calls_with_other_settings_do_not_share_a_pattern() {
        let own = ["A=%{B:y}", "B=b"];
        let y = json!({"string": "b"});
        assert_eq!(
            extract("ab", text("%{A}"), true, &own),
            Ok(json!({ "y": y }))
        );
        assert_eq!(
            extract("ab", text("%{A}"), false, &own),
            Ok(json!({ "A": y, "y": y }))
        );
        let other = extract("ab", text("%{A}"), false, &["A=a"]);
        assert_eq!(other, Ok(json!({"A": {"string": "a"}})));
    }

    #[test]
    fn patterns_from_data_are_expanded_too() {
        let pattern = || text("%{COMBINEDAPACHELOG}").dynamic();
        assert_eq!(extract("x", pattern(), true, &[]), Ok(json!({})));
        let nothing = extract("x", text("%{WORD}").dynamic(), true, &[]);
        assert!(matches!(nothing, Err(Failure::Exec(message)) if message.contains("field")));
        let nothing = extract("x", text("%{WORD}"), true, &[]);
        assert!(matches!(nothing, Err(Failure::Bind(message)) if message.contains("field")));
    }

    #[test]
    fn definitions_have_a_name() {
        for own in ["A", "A:B=c"] {
            let result = extract("x", text("x"), false, &[own]);
            assert!(matches!(result, Err(Failure::Bind(_))), "{own}");
        }
        assert_eq!(
            extract("x", text("x"), false, &["=x", "A B=("]),
            Ok(json!({}))
        );
    }
}

//! `truncate_all(target, limit, utf8_safe?, truncation_marker?)`

use otlp_columns::{Heap, Piece, Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
};

use crate::support::chars;
use crate::support::prepared::Prepared;
use crate::support::slices::part_of;

/// The editor `truncate_all`.
pub(crate) const TRUNCATE_ALL: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "truncate_all",
    params: &[
        Param::new("target", ParamKind::MapGetSetter),
        Param::new("limit", ParamKind::IntLiteral),
        Param::optional("utf8_safe", ParamKind::BoolLiteral),
        Param::optional("truncation_marker", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Shortens the text values of a map to a number of bytes.\n\n\
           Characters are not cut in two unless `utf8_safe` is false. Shortened text ends with \
           `truncation_marker`, which counts for the limit and must not be longer. Text within lists \
           and maps stays.",
    examples: &[
        Example {
            title: "Four bytes",
            source: "truncate_all(span.attributes, 4)",
            attributes: r#"{"a":"abcdef","b":"abcd","c":["abcdef"]}"#,
            result: r#"{"a":"abcd","b":"abcd","c":["abcdef"]}"#,
        },
        Example {
            title: "Characters stay whole",
            source: "truncate_all(span.attributes, 2)",
            attributes: r#"{"a":"aé"}"#,
            result: r#"{"a":"a"}"#,
        },
        Example {
            title: "With a marker",
            source: r#"truncate_all(span.attributes, 5, truncation_marker="...")"#,
            attributes: r#"{"a":"abcdef"}"#,
            result: r#"{"a":"ab..."}"#,
        },
    ],
};

struct Limit {
    bytes: usize,
    whole_characters: bool,
    marker: Vec<u8>,
}

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let limit = Limit {
        bytes: usize::try_from(args.int(1).unwrap_or(0))
            .map_err(|_| BindError::param(1, "The limit must not be negative."))?,
        whole_characters: args.bool(2).unwrap_or(true),
        marker: args.string(3).unwrap_or_default().to_vec(),
    };
    if limit.marker.len() > limit.bytes {
        return Err(BindError::param(3, "The marker is longer than the limit."));
    }
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        truncate_all(cx, &limit)
    }))
}

fn truncate_all(cx: &mut CallContext<'_>, limit: &Limit) -> Result<Value, ExecError> {
    cx.update(0, |heap, entry| match entry.value {
        Value::Str(text) if text.len as usize > limit.bytes => {
            Some(Value::Str(shortened(heap, text, limit)))
        }
        _ => None,
    })?;
    Ok(Value::Nil)
}

/// What stays of text that is too long.
fn shortened(heap: &mut Heap, text: Slice, limit: &Limit) -> Slice {
    let mut end = limit.bytes - limit.marker.len();
    if limit.whole_characters {
        end = chars::boundary_before(heap.bytes(text), end);
    }
    let kept = part_of(text, 0..end);
    if limit.marker.is_empty() {
        return kept;
    }
    heap.alloc_joined(&[Piece::Here(kept), Piece::Bytes(&limit.marker)])
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attributes, edit, int, text};
    use ottl_vm::Literal;
    use serde_json::json;

    fn truncate(value: &str, limit: i64, safe: Arg, marker: Arg) -> Result<String, Failure> {
        let before = json!({ "a": value }).to_string();
        let after = edit(
            &TRUNCATE_ALL,
            &before,
            &[attributes(), int(limit), safe, marker],
        )?;
        Ok(after["a"].as_str().expect("a string").to_owned())
    }

    #[test]
    fn a_character_that_does_not_fit_goes_as_a_whole() {
        let unsafe_ = || Arg::Literal(Literal::Bool(false));
        let cases = [
            ("a€b", 3, "a"),
            ("a€b", 4, "a€"),
            ("€", 2, ""),
            ("abc", 0, ""),
        ];
        for (value, limit, expected) in cases {
            let after = truncate(value, limit, Arg::Absent, Arg::Absent);
            assert_eq!(after.as_deref(), Ok(expected), "{value} {limit}");
        }
        let cut = truncate("a€b", 3, unsafe_(), Arg::Absent);
        assert_eq!(cut.as_deref(), Ok("a\u{fffd}"));
    }

    #[test]
    fn the_marker_counts() {
        let marked = truncate("abcdef", 3, Arg::Absent, text("..."));
        assert_eq!(marked.as_deref(), Ok("..."));
        let marked = truncate("a€bcd", 4, Arg::Absent, text("!"));
        assert_eq!(marked.as_deref(), Ok("a!"));
        assert_eq!(
            truncate("abc", 3, Arg::Absent, text("!")).as_deref(),
            Ok("abc")
        );
    }

    #[test]
    fn limits_that_cannot_be_kept_are_rejected() {
        let negative = truncate("", -1, Arg::Absent, Arg::Absent);
        assert!(matches!(negative, Err(Failure::Bind(_))));
        let long = truncate("", 2, Arg::Absent, text("..."));
        assert!(matches!(long, Err(Failure::Bind(_))));
    }

    #[test]
    fn short_text_changes_nothing() {
        let mut span = Span::new(r#"{"a":"abc","n":12345}"#);
        assert!(span.call(&TRUNCATE_ALL, &[attributes(), int(3)]).is_ok());
        assert!(!span.changed());
    }
}

//! `Substring(target, start, length, utf8_safe?)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::chars;
use crate::support::prepared::Prepared;
use crate::support::slices::part_of;

/// The converter `Substring`.
pub(crate) const SUBSTRING: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "Substring",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("start", ParamKind::Value(ValueKind::Int)),
        Param::new("length", ParamKind::Value(ValueKind::Int)),
        Param::optional("utf8_safe", ParamKind::BoolLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "A part of text: `length` bytes from byte `start` on.\n\n\
           A negative start, a length below 1 and a part that reaches beyond the end are \
           errors. With `utf8_safe` the part is shrunk until it does not begin or end inside a \
           character.",
    examples: &[
        Example {
            title: "The first bytes",
            source: r#"Substring("prefix-1", 0, 6)"#,
            attributes: "{}",
            result: r#"{"string":"prefix"}"#,
        },
        Example {
            title: "Whole characters only",
            source: r#"Substring("é€", 0, 3, true)"#,
            attributes: "{}",
            result: r#"{"string":"é"}"#,
        },
        Example {
            title: "Beyond the end",
            source: r#"Substring("abc", 2, 2)"#,
            attributes: "{}",
            result: "error: The part from byte 2 with 2 bytes reaches beyond the text's 3 bytes.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let whole_characters = args.bool(3).unwrap_or(false);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        substring(cx, whole_characters)
    }))
}

fn substring(cx: &mut CallContext<'_>, whole_characters: bool) -> Result<Value, ExecError> {
    let start = cx.int(1)?;
    if start < 0 {
        return Err(ExecError::new(format!("The start {start} is negative.")));
    }
    let length = cx.int(2)?;
    if length <= 0 {
        return Err(ExecError::new(format!(
            "The length {length} is not positive."
        )));
    }
    let target = cx.string(0)?;
    let end = start.checked_add(length);
    let Some(end) = end.filter(|&end| end <= i64::from(target.len)) else {
        return Err(ExecError::new(format!(
            "The part from byte {start} with {length} bytes reaches beyond the text's {} bytes.",
            target.len
        )));
    };
    let (mut start, mut end) = (start as usize, end as usize);
    if whole_characters {
        (start, end) = shrink(cx.bytes(target), start, end);
    }
    Ok(Value::Str(part_of(target, start..end)))
}

/// Moves both ends inward to the first byte of a character, the start to the end of the text at
/// most.
fn shrink(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let start = chars::boundary_behind(text, start);
    (start, chars::boundary_before(text, end).max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, int, text};
    use ottl_vm::Literal;
    use serde_json::{Value as Json, json};

    fn part(start: i64, length: i64, whole: bool) -> Option<Json> {
        let whole = Arg::Literal(Literal::Bool(whole));
        let args = [text("é€"), int(start), int(length), whole];
        Some(convert(&SUBSTRING, &args).ok()?["string"].clone())
    }

    #[test]
    fn parts_shrink_to_whole_characters() {
        assert_eq!(part(0, 3, true), Some(json!("é")));
        assert_eq!(part(1, 3, true), Some(json!("")));
        assert_eq!(part(0, 1, true), Some(json!("")));
        assert_eq!(part(3, 2, true), Some(json!("")));
        assert_eq!(part(0, 3, false), Some(json!("é\u{fffd}")));
    }

    #[test]
    fn parts_beyond_the_text_are_errors() {
        assert_eq!(part(0, 6, false), None);
        assert_eq!(part(5, 1, false), None);
        assert_eq!(part(0, 0, false), None);
        assert_eq!(part(-1, 1, false), None);
        assert_eq!(part(i64::MAX, i64::MAX, false), None);
    }
}

//! `Trim(target, replacement?)`

use memchr::memmem;
use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Function, Param, ParamKind, Signature, Type,
    ValueKind,
};
use std::ops::Range;

use crate::support::slices::part_of;

static SIGNATURE: Signature = Signature {
    name: "Trim",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::optional("replacement", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "Text without certain characters at its beginning and end, blanks unless others are \
           given.\n\n\
           `replacement` is the set of characters to remove, in spite of its name.",
    examples: &[
        Example {
            title: "Blanks",
            source: r#"Trim("  a b ")"#,
            attributes: "{}",
            result: r#"{"string":"a b"}"#,
        },
        Example {
            title: "Other characters",
            source: r#"Trim("-a-b-", "a-")"#,
            attributes: "{}",
            result: r#"{"string":"b"}"#,
        },
    ],
};

/// The converter `Trim`.
pub(crate) struct Trim;

impl Function for Trim {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        let set = args.string(1).unwrap_or(b" ").to_vec();
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            let target = cx.string(0)?;
            let rest = trim(cx.bytes(target), &set);
            Ok(Value::Str(part_of(target, rest)))
        }))
    }
}

/// Where `text` is without the characters of `set` around it.
fn trim(text: &[u8], set: &[u8]) -> Range<usize> {
    let contains = |character: &[u8]| match character {
        // A byte of invalid UTF-8 is taken for the replacement character.
        [0x80..=0xff] => memmem::find(set, "\u{fffd}".as_bytes()).is_some(),
        character => memmem::find(set, character).is_some(),
    };
    let mut start = 0;
    while start < text.len() {
        let len = first_len(&text[start..]);
        if !contains(&text[start..start + len]) {
            break;
        }
        start += len;
    }
    let mut end = text.len();
    while end > start {
        let len = last_len(&text[start..end]);
        if !contains(&text[end - len..end]) {
            break;
        }
        end -= len;
    }
    start..end
}

/// Bytes of the first character; a byte of invalid UTF-8 stands for itself.
fn first_len(text: &[u8]) -> usize {
    let head = &text[..text.len().min(4)];
    let first = head.utf8_chunks().next();
    first
        .and_then(|chunk| chunk.valid().chars().next())
        .map_or(1, char::len_utf8)
}

/// Bytes of the last character; a byte of invalid UTF-8 stands for itself.
fn last_len(text: &[u8]) -> usize {
    (1..=text.len().min(4))
        .find(|&len| std::str::from_utf8(&text[text.len() - len..]).is_ok())
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn characters_are_removed_as_a_set() {
        assert_eq!(
            convert(&Trim, &[text("éaé"), text("xé")]),
            Ok(json!({"string": "a"}))
        );
        assert_eq!(
            convert(&Trim, &[text("xyax"), text("yx")]),
            Ok(json!({"string": "a"}))
        );
        assert_eq!(convert(&Trim, &[text("   ")]), Ok(json!({"string": ""})));
        assert_eq!(
            convert(&Trim, &[text("\ta ")]),
            Ok(json!({"string": "\ta"}))
        );
        assert_eq!(
            convert(&Trim, &[text(" a "), text("")]),
            Ok(json!({"string": " a "}))
        );
    }

    #[test]
    fn a_part_of_a_character_is_not_in_the_set() {
        let target = text([b"\xc3".as_slice(), b"a\xa9"].concat());
        assert_eq!(
            convert(&Trim, &[target, text("é")]).map(|result| result["string"].clone()),
            Ok(json!("\u{fffd}a\u{fffd}"))
        );
        assert!(convert(&Trim, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

//! `Trim(target, replacement?)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Function, Param, ParamKind, Signature, Type,
    ValueKind,
};
use std::collections::HashSet;
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
        let set = Characters::new(args.string(1).unwrap_or(b" "));
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            let target = cx.string(0)?;
            let rest = trim(cx.bytes(target), &set);
            Ok(Value::Str(part_of(target, rest)))
        }))
    }
}

/// A set of characters.
struct Characters {
    /// Those that are one byte, and bytes of invalid UTF-8, which are taken for U+FFFD.
    single: [bool; 256],
    others: HashSet<Box<[u8]>>,
}

impl Characters {
    fn new(text: &[u8]) -> Self {
        let mut set = Self {
            single: [false; 256],
            others: HashSet::new(),
        };
        let chars = text.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
        for char in chars {
            if char.is_ascii() {
                set.single[char as usize] = true;
            } else {
                set.others
                    .insert(char.encode_utf8(&mut [0; 4]).as_bytes().into());
            }
        }
        let replaces = set.others.contains("\u{fffd}".as_bytes());
        set.single[0x80..].fill(replaces);
        set
    }

    fn contains(&self, character: &[u8]) -> bool {
        match character {
            [byte] => self.single[usize::from(*byte)],
            character => self.others.contains(character),
        }
    }
}

/// Where `text` is without the characters of `set` around it.
fn trim(text: &[u8], set: &Characters) -> Range<usize> {
    let mut start = 0;
    while start < text.len() {
        let len = first_len(&text[start..]);
        if !set.contains(&text[start..start + len]) {
            break;
        }
        start += len;
    }
    let mut end = text.len();
    while end > start {
        let len = last_len(&text[start..end]);
        if !set.contains(&text[end - len..end]) {
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

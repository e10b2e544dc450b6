//! `Trim(target, replacement?)`

use std::collections::HashSet;
use std::ops::Range;

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::chars;
use crate::support::prepared::Prepared;
use crate::support::slices::part_of;

/// The converter `Trim`.
pub(crate) const TRIM: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

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

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let set = Characters::new(args.string(1).unwrap_or(b" "));
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.string(0)?;
        let rest = trim(cx.bytes(target), &set);
        Ok(Value::Str(part_of(target, rest)))
    }))
}

/// A set of characters; bytes that are no UTF-8 count as U+FFFD in texts and here.
struct Characters {
    ascii: [bool; 128],
    others: HashSet<char>,
}

impl Characters {
    fn new(text: &[u8]) -> Self {
        let mut set = Self {
            ascii: [false; 128],
            others: HashSet::new(),
        };
        for (char, _) in chars::all(text) {
            match set.ascii.get_mut(char as usize) {
                Some(is_in) => *is_in = true,
                None => drop(set.others.insert(char)),
            }
        }
        set
    }

    fn contains(&self, char: char) -> bool {
        match self.ascii.get(char as usize) {
            Some(is_in) => *is_in,
            None => self.others.contains(&char),
        }
    }
}

/// Where `text` is without the characters of `set` around it.
fn trim(text: &[u8], set: &Characters) -> Range<usize> {
    let (mut start, mut end) = (0, text.len());
    while let Some((char, len)) = chars::first(&text[start..end])
        && set.contains(char)
    {
        start += len;
    }
    while let Some((char, len)) = chars::last(&text[start..end])
        && set.contains(char)
    {
        end -= len;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn characters_are_removed_as_a_set() {
        assert_eq!(
            convert(&TRIM, &[text("éaé"), text("xé")]),
            Ok(json!({"string": "a"}))
        );
        assert_eq!(
            convert(&TRIM, &[text("xyax"), text("yx")]),
            Ok(json!({"string": "a"}))
        );
        assert_eq!(convert(&TRIM, &[text("   ")]), Ok(json!({"string": ""})));
        assert_eq!(
            convert(&TRIM, &[text("\ta ")]),
            Ok(json!({"string": "\ta"}))
        );
        assert_eq!(
            convert(&TRIM, &[text(" a "), text("")]),
            Ok(json!({"string": " a "}))
        );
    }

    #[test]
    fn a_part_of_a_character_is_not_in_the_set() {
        let target = text([b"\xc3".as_slice(), b"a\xa9"].concat());
        assert_eq!(
            convert(&TRIM, &[target, text("é")]).map(|result| result["string"].clone()),
            Ok(json!("\u{fffd}a\u{fffd}"))
        );
        assert!(convert(&TRIM, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

//! `Split(target, delimiter)`

use std::ops::Range;

use memchr::memchr_iter;
use otlp_columns::{ListKind, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::chars;
use crate::support::prepared::Prepared;
use crate::support::slices::{between, part_of, push_counted};

/// The converter `Split`.
pub(crate) const SPLIT: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "Split",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("delimiter", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::List,
    fields: &[],
    docs: "Splits text at each occurrence of a delimiter.\n\n\
           An empty delimiter splits the text into its characters.",
    examples: &[
        Example {
            title: "Words",
            source: r#"Split("a,b,,c", ",")"#,
            attributes: "{}",
            result: r#"{"list":[{"string":"a"},{"string":"b"},{"string":""},{"string":"c"}]}"#,
        },
        Example {
            title: "Characters",
            source: r#"Split("né", "")"#,
            attributes: "{}",
            result: r#"{"list":[{"string":"n"},{"string":"é"}]}"#,
        },
        Example {
            title: "Nothing to split",
            source: r#"Split("", ",")"#,
            attributes: "{}",
            result: r#"{"list":[{"string":""}]}"#,
        },
    ],
};

fn bind(_: &BindArgs<'_>) -> Result<Bound, BindError> {
    Ok(Bound::remembering(split))
}

fn split(parts: &mut Vec<Value>, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string(0)?;
    let delimiter = cx.string(1)?;
    let (text, delimiter) = (cx.bytes(target), cx.bytes(delimiter));
    parts.clear();
    // A list of one-byte texts is far larger than the text.
    let mut add = |part| push_counted(cx, parts, Value::Str(part_of(target, part)));
    match *delimiter {
        [] => characters(text).try_for_each(&mut add)?,
        [byte] => {
            let mut start = 0;
            for end in memchr_iter(byte, text).chain([text.len()]) {
                add(start..end)?;
                start = end + 1;
            }
        }
        _ => between(text, delimiter).try_for_each(&mut add)?,
    }
    let range = cx.heap_mut().alloc_list(parts);
    if parts.capacity() > KEPT {
        *parts = Vec::new();
    }
    Ok(Value::List(ListKind::Strings, range))
}

/// Memory for so many parts is kept for the next text.
const KEPT: usize = 1 << 12;

/// Where the characters are; each byte of invalid UTF-8 is one.
fn characters(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    chars::all(text).map(move |(_, len)| {
        start += len;
        start - len..start
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    fn split_texts(target: &[u8], delimiter: &str) -> Vec<String> {
        let result = convert(&SPLIT, &[text(target), text(delimiter)]).expect("it splits");
        let parts = result["list"].as_array().expect("a list");
        parts
            .iter()
            .map(|part| part["string"].as_str().unwrap_or("").to_owned())
            .collect()
    }

    #[test]
    fn empty_parts_stay() {
        assert_eq!(split_texts(b"abab", "ab"), ["", "", ""]);
        assert_eq!(split_texts(b"", ","), [""]);
        assert_eq!(split_texts(b"aaa", "aa"), ["", "a"]);
    }

    #[test]
    fn an_empty_delimiter_gives_characters() {
        assert_eq!(
            split_texts(b"a\xc3\xa9\xe2\x82b", ""),
            ["a", "é", "\u{fffd}", "\u{fffd}", "b"]
        );
        assert!(split_texts(b"", "").is_empty());
    }

    #[test]
    fn nil_is_an_error() {
        assert!(convert(&SPLIT, &[Arg::Computed(|_| Value::Nil), text(",")]).is_err());
        let list = convert(&SPLIT, &[text("a"), text(",")]);
        assert_eq!(list, Ok(json!({"list": [{"string": "a"}]})));
    }
}

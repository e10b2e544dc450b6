//! `ParseKeyValue(target, delimiter?, pair_delimiter?)`

use std::ops::Range;

use memchr::{memchr2, memmem};
use otlp_columns::{Entry, Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature,
    TextBuilder, Type, ValueKind,
};

use crate::support::blanks::trimmed;
use crate::support::key_value::{DELIMITER, Delimiters, PAIR_DELIMITER};
use crate::support::maps::MapBuilder;
use crate::support::prepared::Prepared;
use crate::support::slices::{between, part_of, push_counted};
use crate::support::work;

/// The converter `ParseKeyValue`.
pub(crate) const PARSE_KEY_VALUE: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ParseKeyValue",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        DELIMITER,
        PAIR_DELIMITER,
    ],
    result: Type::Map,
    fields: &[],
    docs: "Reads text such as `a=1 b=2` into a map.\n\n\
           Keys and values are parted by `delimiter`, `=` unless it is given, and pairs by \
           `pair_delimiter`, a space unless it is given. Inside of quotes of either kind pairs are not \
           parted; the quotes are left out unless a backslash stands before them, which stays. \
           Blanks around keys and values are left out. Of equal keys the last one counts. A part \
           without delimiter is an error, as are quotes that are not closed and an empty text.",
    examples: &[
        Example {
            title: "Quotes",
            source: r#"ParseKeyValue(span.attributes["line"])"#,
            attributes: r#"{"line":"k1=v1 k2='v 2'  k3=\"a=b\""}"#,
            result: r#"{"map":{"k1":{"string":"v1"},"k2":{"string":"v 2"},"k3":{"string":"a=b"}}}"#,
        },
        Example {
            title: "Other delimiters",
            source: r#"ParseKeyValue("k1!v1_k2!v2", "!", "_")"#,
            attributes: "{}",
            result: r#"{"map":{"k1":{"string":"v1"},"k2":{"string":"v2"}}}"#,
        },
        Example {
            title: "A part without delimiter",
            source: r#"ParseKeyValue("a=1 b")"#,
            attributes: "{}",
            result: "error: The part `b` has no delimiter between a key and a value.",
        },
        Example {
            title: "Equal delimiters",
            source: r#"ParseKeyValue("a=1", "=", "=")"#,
            attributes: "{}",
            result: "rejected: The delimiter and the pair delimiter must not be the same.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let delimiters = Delimiters::bind(args)?;
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        parse(cx, &delimiters)
    }))
}

fn parse(cx: &mut CallContext<'_>, delimiters: &Delimiters) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    if target.is_empty() {
        return Err(ExecError::new("The text has no key and no value."));
    }
    let mut pairs = Pairs {
        cx,
        ranges: Vec::new(),
    };
    let text = cx.bytes(target);
    let (text, pairs) = if memchr2(b'"', b'\'', text).is_none() {
        pairs.split(text, &delimiters.pair)?;
        (target, pairs.ranges)
    } else {
        let mut out = TextBuilder::new(cx.heap(), cx.limits().max_string_bytes);
        pairs.unquote(text, &delimiters.pair, &mut out)?;
        let pairs = pairs.ranges;
        (cx.new_text(out), pairs)
    };
    let map = map(cx, text, &pairs, &delimiters.value)?;
    Ok(map.into_value(cx.heap_mut()))
}

fn map(
    cx: &CallContext<'_>,
    text: Slice,
    pairs: &[Range<usize>],
    delimiter: &[u8],
) -> Result<MapBuilder, ExecError> {
    let heap = cx.heap();
    let bytes = heap.bytes(text);
    let finder = memmem::Finder::new(delimiter);
    let mut map = MapBuilder::default();
    for pair in pairs {
        cx.spend(1)?;
        let Some(at) = finder.find(&bytes[pair.clone()]) else {
            return Err(no_delimiter(&bytes[pair.clone()]));
        };
        let key = trimmed(bytes, pair.start..pair.start + at);
        let value = trimmed(bytes, pair.start + at + delimiter.len()..pair.end);
        let value = Value::Str(part_of(text, value));
        map.put(heap, Entry::new(part_of(text, key), value));
    }
    Ok(map)
}

#[cold]
fn no_delimiter(part: &[u8]) -> ExecError {
    /// Bytes of data that a message repeats.
    const SHOWN: usize = 64;

    let shown = String::from_utf8_lossy(&part[..part.len().min(SHOWN)]);
    ExecError::new(format!(
        "The part `{shown}` has no delimiter between a key and a value."
    ))
}

/// The pairs of a text, none of them empty.
struct Pairs<'a, 'b> {
    cx: &'a CallContext<'b>,
    ranges: Vec<Range<usize>>,
}

impl Pairs<'_, '_> {
    fn add(&mut self, range: Range<usize>) -> Result<(), ExecError> {
        if range.is_empty() {
            return Ok(());
        }
        push_counted(self.cx, &mut self.ranges, range)
    }

    /// The pairs of a text without quotes.
    fn split(&mut self, text: &[u8], delimiter: &[u8]) -> Result<(), ExecError> {
        between(text, delimiter).try_for_each(|pair| self.add(pair))
    }

    /// The pairs of a text with quotes, which is appended to `out` without them.
    fn unquote(
        &mut self,
        text: &[u8],
        delimiter: &[u8],
        out: &mut TextBuilder,
    ) -> Result<(), ExecError> {
        let finder = memmem::Finder::new(delimiter);
        let find = |from: usize| {
            finder
                .find(&text[from..])
                .map_or(text.len(), |at| from + at)
        };
        let mut next = find(0);
        let (mut quote, mut escaped) = (None, false);
        let (mut start, mut at) = (0, 0);
        while at < text.len() {
            let byte = text[at];
            if quote.is_none() {
                if next < at {
                    next = find(at);
                }
                if next == at {
                    self.add(start..out.len())?;
                    start = out.len();
                    at += delimiter.len();
                    continue;
                }
            }
            at += 1;
            if escaped {
                escaped = false;
            } else if quote.is_none() && matches!(byte, b'"' | b'\'') {
                quote = Some(byte);
                continue;
            } else if quote == Some(byte) {
                quote = None;
                continue;
            } else {
                escaped = byte == b'\\';
            }
            out.push(&[byte])?;
        }
        if quote.is_some() {
            return Err(ExecError::new("The text has a quote that is not closed."));
        }
        self.add(start..out.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, text};
    use serde_json::{Value as Json, json};

    fn parse(source: impl AsRef<[u8]>) -> Result<Json, Failure> {
        let map = convert(&PARSE_KEY_VALUE, &[text(source)])?;
        let entries = map["map"].as_object().expect("a map");
        Ok(entries
            .iter()
            .map(|(key, value)| (key.clone(), value["string"].clone()))
            .collect())
    }

    #[test]
    fn quotes_hold_pairs_together() {
        assert_eq!(
            parse("k1='v 1' 'k 2'=\"v'2\""),
            Ok(json!({"k1": "v 1", "k 2": "v'2"}))
        );
        assert_eq!(
            parse("k=\"a\\\"b\" j=x"),
            Ok(json!({"k": "a\\\"b", "j": "x"}))
        );
        assert_eq!(parse("k=''"), Ok(json!({"k": ""})));
        assert!(parse("k='v").is_err());
        assert!(parse("''").is_ok_and(|map| map == json!({})));
    }

    #[test]
    fn blanks_are_left_out_but_not_bytes_that_are_no_text() {
        assert_eq!(
            parse("k=\u{a0}v\u{2003} j=\tw\n"),
            Ok(json!({"k": "v", "j": "w"}))
        );
        assert_eq!(parse(b"k=\t\xff\t"), Ok(json!({"k": "\u{fffd}"})));
        assert_eq!(parse(b"\xa0k=\x85"), Ok(json!({"\u{fffd}k": "\u{fffd}"})));
    }

    #[test]
    fn each_part_needs_a_delimiter() {
        assert!(parse("a=1 b").is_err());
        assert!(parse("").is_err());
        assert_eq!(parse("   "), Ok(json!({})));
        let long = parse("x".repeat(1000));
        assert!(matches!(long, Err(Failure::Exec(message)) if message.len() < 200));
    }

    #[test]
    fn delimiters_differ_and_are_not_empty() {
        for (value, pair) in [("", " "), ("=", ""), (" ", " ")] {
            let args = [text("a=1"), text(value), text(pair)];
            assert!(matches!(
                convert(&PARSE_KEY_VALUE, &args),
                Err(Failure::Bind(_))
            ));
        }
        let args = [text("a=1"), Arg::Absent, text("=")];
        assert!(matches!(
            convert(&PARSE_KEY_VALUE, &args),
            Err(Failure::Bind(_))
        ));
    }
}

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
    let classes = Classes::of(&delimiters);
    Ok(Bound::remembering(
        move |map: &mut MapBuilder, cx: &mut CallContext<'_>| {
            parse(cx, &delimiters, classes.as_ref(), map)
        },
    ))
}

fn parse(
    cx: &mut CallContext<'_>,
    delimiters: &Delimiters,
    classes: Option<&Classes>,
    map: &mut MapBuilder,
) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    if target.is_empty() {
        return Err(ExecError::new("The text has no key and no value."));
    }
    if let Some(classes) = classes
        && plain_pairs(cx, target, classes, map)?
    {
        return Ok(map.value(cx.heap_mut()));
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
    fill(cx, text, &pairs, &delimiters.value, map)?;
    Ok(map.value(cx.heap_mut()))
}

/// What bytes are where both delimiters are one byte each.
struct Classes(Box<[Class; 256]>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    /// Between pairs.
    Pair,
    /// Between a key and a value.
    Value,
    Quote,
    /// What makes a quote a character.
    Escape,
}

impl Classes {
    fn of(delimiters: &Delimiters) -> Option<Self> {
        let (&[value], &[pair]) = (&*delimiters.value, &*delimiters.pair) else {
            return None;
        };
        let mut classes = Box::new([Class::Other; 256]);
        classes[usize::from(pair)] = Class::Pair;
        classes[usize::from(value)] = Class::Value;
        for (byte, class) in [
            (b'"', Class::Quote),
            (b'\'', Class::Quote),
            (b'\\', Class::Escape),
        ] {
            let known = &mut classes[usize::from(byte)];
            if *known != Class::Other {
                return None;
            }
            *known = class;
        }
        Some(Self(classes))
    }

    /// Where the first byte from `at` on is that is of another class than most, and its class.
    #[inline]
    fn next(&self, text: &[u8], at: usize) -> (usize, Class) {
        for (index, &byte) in text.iter().enumerate().skip(at) {
            let class = self.0[usize::from(byte)];
            if class != Class::Other {
                return (index, class);
            }
        }
        (text.len(), Class::Pair)
    }

    /// A pair that begins at `start`: where its key and its value are, and where it ends; nothing
    /// where it is not `key=value` or `key="value"`, without quotes elsewhere. Pairs that are empty
    /// have no key.
    #[inline]
    fn pair(&self, text: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>, usize)> {
        let (mut at, class) = self.next(text, start);
        match class {
            Class::Value => {}
            Class::Pair if at == start => return Some((at..at, at..at, at)),
            _ => return None,
        }
        let key = start..at;
        if let Some(quote @ (b'"' | b'\'')) = text.get(at + 1) {
            let value = at + 2;
            let end = value + memchr2(*quote, b'\\', &text[value..])?;
            let is_end = |byte: &u8| self.0[usize::from(*byte)] == Class::Pair;
            let ends = text[end] == *quote && text.get(end + 1).is_none_or(is_end);
            return ends.then_some((key, value..end, end + 1));
        }
        let value = at + 1;
        loop {
            let class;
            (at, class) = self.next(text, at + 1);
            match class {
                Class::Pair => return Some((key, value..at, at)),
                Class::Value | Class::Other => {}
                Class::Quote | Class::Escape => return None,
            }
        }
    }
}

/// Fills a map with the pairs of a text and tells whether it could: what is quoted in other ways
/// than a whole value, and what is wrong, is for others to look at.
///
/// # Errors
/// When the map would outgrow the heap, or the run has to stop.
fn plain_pairs(
    cx: &CallContext<'_>,
    target: Slice,
    classes: &Classes,
    map: &mut MapBuilder,
) -> Result<bool, ExecError> {
    let heap = cx.heap();
    let text = heap.bytes(target);
    map.clear();
    let mut at = 0;
    while at < text.len() {
        let Some((key, value, end)) = classes.pair(text, at) else {
            return Ok(false);
        };
        at = end + 1;
        if end == key.start {
            continue;
        }
        cx.spend(1)?;
        let len = map.entries().len();
        if len.is_power_of_two() {
            // An entry is as large as two values, and memory doubles.
            cx.room_for_list(4 * len)?;
        }
        let key = part_of(target, trimmed(text, key));
        let value = Value::Str(part_of(target, trimmed(text, value)));
        map.put(heap, Entry::new(key, value));
    }
    Ok(true)
}

fn fill(
    cx: &CallContext<'_>,
    text: Slice,
    pairs: &[Range<usize>],
    delimiter: &[u8],
    map: &mut MapBuilder,
) -> Result<(), ExecError> {
    let heap = cx.heap();
    let bytes = heap.bytes(text);
    let finder = memmem::Finder::new(delimiter);
    map.clear();
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
    Ok(())
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
    fn plain_pairs_are_what_others_are() {
        for (text, expected) in [
            ("a=1  b=2 ", json!({"a": "1", "b": "2"})),
            ("a=1=2 b=", json!({"a": "1=2", "b": ""})),
            ("a=\"x y\" b='\"'", json!({"a": "x y", "b": "\""})),
            ("a=\" x \" =v", json!({"a": "x", "": "v"})),
            ("a=\"\" a=1", json!({"a": "1"})),
            ("a=\"x\"y b=\"p\\\"q\"", json!({"a": "xy", "b": "p\\\"q"})),
            ("a=x\"y z\" b=c\\", json!({"a": "xy z", "b": "c\\"})),
            (" a=1", json!({"a": "1"})),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        for wrong in ["a=\"x", "a=1 b=\"x\\\"", "a", "a=1 b", " "] {
            let parsed = parse(wrong);
            assert_eq!(parsed.is_err(), wrong != " ", "{wrong}: {parsed:?}");
        }
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

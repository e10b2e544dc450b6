//! `ParseCLF(target, format?)`

use std::ops::Range;

use otlp_columns::{Level, Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Home, Param, ParamKind, Signature,
    Type, ValueKind, go,
};

use crate::support::blanks::trimmed;
use crate::support::hex;
use crate::support::offered::Offered;
use crate::support::prepared::Prepared;
use crate::support::record::{Record, unescaped};
use crate::support::slices::part_of;
use crate::support::work;

/// The converter `ParseCLF`.
pub(crate) const PARSE_CLF: Offered<Prepared> = Prepared {
    signature: &SIGNATURE,
    bind,
}
.offered(Home::Transform, &[Level::Log]);

static SIGNATURE: Signature = Signature {
    name: "ParseCLF",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::optional("format", ParamKind::StringLiteral),
    ],
    result: Type::Map,
    fields: &[],
    docs: "Reads a line in the Common Log Format of web servers.\n\n\
           The result has `clf.remote_host`, `clf.rfc931`, `clf.auth_user`, `clf.timestamp`, \
           `clf.request`, the integer `clf.status`, and unless it is `-` the integer `clf.bytes`. A \
           request of three parts gives `clf.method`, `clf.request_uri` and `clf.protocol` as well. \
           `format` is `clf` or `combined`, which has `clf.referer` and `clf.user_agent` behind the \
           others. In quotes a backslash begins an escape, as `\\\"`, `\\n` or `\\x41`. A line of \
           another form is an error.",
    examples: &[
        Example {
            title: "The Common Log Format",
            source: r#"ParseCLF("127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326")"#,
            attributes: "{}",
            result: r#"{"map":{"clf.remote_host":{"string":"127.0.0.1"},"clf.rfc931":{"string":"-"},"clf.auth_user":{"string":"frank"},"clf.timestamp":{"string":"10/Oct/2000:13:55:36 -0700"},"clf.request":{"string":"GET /a.gif HTTP/1.0"},"clf.method":{"string":"GET"},"clf.request_uri":{"string":"/a.gif"},"clf.protocol":{"string":"HTTP/1.0"},"clf.status":{"int":"200"},"clf.bytes":{"int":"2326"}}}"#,
        },
        Example {
            title: "The combined format",
            source: r#"ParseCLF("h - - [t] \"GET / HTTP/1.1\" 304 - \"-\" \"curl/8\"", "combined")["clf.user_agent"]"#,
            attributes: "{}",
            result: r#"{"string":"curl/8"}"#,
        },
        Example {
            title: "Another format",
            source: r#"ParseCLF("a line", "w3c")"#,
            attributes: "{}",
            result: "rejected: The format w3c is neither `clf` nor `combined`.",
        },
        Example {
            title: "A line of another form",
            source: r#"ParseCLF("a line")"#,
            attributes: "{}",
            result: "error: The text is no line in this log format.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let combined = match args.string(1) {
        None | Some(b"clf") => false,
        Some(b"combined") => true,
        Some(other) => {
            let other = other.escape_ascii();
            let message = format!("The format {other} is neither `clf` nor `combined`.");
            return Err(BindError::param(1, message));
        }
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        parse_clf(cx, combined)
    }))
}

/// Where the parts of a line are.
struct Line {
    names: [Range<usize>; 3],
    timestamp: Range<usize>,
    request: Range<usize>,
    numbers: [Range<usize>; 2],
    /// Referrer and user agent, in the combined format.
    sources: Option<[Range<usize>; 2]>,
}

fn parse_clf(cx: &mut CallContext<'_>, combined: bool) -> Result<Value, ExecError> {
    let text = work::string(cx, 0)?;
    if text.is_empty() {
        return Err(ExecError::new("The log line is empty."));
    }
    let line = Line::of(cx.bytes(text), combined)
        .ok_or_else(|| ExecError::new("The text is no line in this log format."))?;
    let mut record = Record::default();
    let names = ["clf.remote_host", "clf.rfc931", "clf.auth_user"];
    for (key, range) in names.into_iter().zip(line.names) {
        record.put(cx, key, Value::Str(part_of(text, range)))?;
    }
    let timestamp = Value::Str(part_of(text, line.timestamp));
    record.put(cx, "clf.timestamp", timestamp)?;
    let request = unescaped(cx, part_of(text, line.request), in_quotes)?;
    put_request(cx, &mut record, request)?;
    let [status, bytes] = line.numbers;
    let status = go::parse_int(&cx.bytes(text)[status], 10)?;
    record.put(cx, "clf.status", Value::Int(status))?;
    if cx.bytes(text)[bytes.clone()] != *b"-" {
        let bytes = go::parse_int(&cx.bytes(text)[bytes], 10)?;
        record.put(cx, "clf.bytes", Value::Int(bytes))?;
    }
    if let Some([referer, user_agent]) = line.sources {
        for (key, range) in [("clf.referer", referer), ("clf.user_agent", user_agent)] {
            let value = unescaped(cx, part_of(text, range), in_quotes)?;
            record.put(cx, key, Value::Str(value))?;
        }
    }
    Ok(record.into_value(cx))
}

fn put_request(
    cx: &mut CallContext<'_>,
    record: &mut Record,
    request: Slice,
) -> Result<(), ExecError> {
    record.put(cx, "clf.request", Value::Str(request))?;
    let bytes = cx.bytes(request);
    let mut spaces = memchr::memchr_iter(b' ', bytes);
    let (Some(first), Some(second)) = (spaces.next(), spaces.next()) else {
        return Ok(());
    };
    for (key, range) in [
        ("clf.method", 0..first),
        ("clf.request_uri", first + 1..second),
        ("clf.protocol", second + 1..request.len as usize),
    ] {
        record.put(cx, key, Value::Str(part_of(request, range)))?;
    }
    Ok(())
}

impl Line {
    /// The parts of `text` without the blanks around it.
    fn of(text: &[u8], combined: bool) -> Option<Self> {
        let Range { start, end } = trimmed(text, 0..text.len());
        let mut scanner = Scanner {
            text: &text[..end],
            at: start,
        };
        let names = [
            scanner.word_and_space()?,
            scanner.word_and_space()?,
            scanner.word_and_space()?,
        ];
        scanner.expect(b"[")?;
        let timestamp = scanner.run(|byte| byte != b']')?;
        scanner.expect(b"] ")?;
        let request = scanner.quoted()?;
        scanner.expect(b" ")?;
        let numbers = [scanner.word_and_space()?, scanner.word()?];
        let sources = match combined {
            true => {
                scanner.expect(b" ")?;
                let referer = scanner.quoted()?;
                scanner.expect(b" ")?;
                Some([referer, scanner.quoted()?])
            }
            false => None,
        };
        (scanner.at == end).then_some(Self {
            names,
            timestamp,
            request,
            numbers,
            sources,
        })
    }
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn expect(&mut self, text: &[u8]) -> Option<()> {
        self.text[self.at..]
            .starts_with(text)
            .then(|| self.at += text.len())
    }

    /// One byte or more that are `wanted`.
    fn run(&mut self, wanted: fn(u8) -> bool) -> Option<Range<usize>> {
        let start = self.at;
        let rest = self.text[start..].iter();
        self.at += rest.take_while(|&&byte| wanted(byte)).count();
        (start < self.at).then_some(start..self.at)
    }

    fn word(&mut self) -> Option<Range<usize>> {
        self.run(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c))
    }

    fn word_and_space(&mut self) -> Option<Range<usize>> {
        let word = self.word()?;
        self.expect(b" ")?;
        Some(word)
    }

    /// What stands between quotes. A backslash belongs together with the byte behind it, which is no
    /// line feed.
    fn quoted(&mut self) -> Option<Range<usize>> {
        self.expect(b"\"")?;
        let start = self.at;
        loop {
            match self.text[self.at..] {
                [b'"', ..] => break,
                [b'\\', b'\n', ..] | [b'\\'] | [] => return None,
                [b'\\', _, ..] => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at - 1)
    }
}

/// What an escape in quotes stands for.
fn in_quotes(escape: &[u8]) -> Option<(u8, usize)> {
    let byte = match escape {
        [b'x', high, low, ..] => return Some((hex::byte([*high, *low])?, 3)),
        [byte @ (b'\\' | b'"'), ..] => *byte,
        [b'n', ..] => b'\n',
        [b't', ..] => b'\t',
        [b'r', ..] => b'\r',
        [b'b', ..] => 0x08,
        [b'f', ..] => 0x0c,
        [b'v', ..] => 0x0b,
        _ => return None,
    };
    Some((byte, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, convert, text};
    use serde_json::{Value as Json, json};

    fn parsed(line: &str) -> Option<Json> {
        Some(convert(&PARSE_CLF, &[text(line)]).ok()?["map"].clone())
    }

    fn request(quoted: &str) -> Option<Json> {
        let line = parsed(&format!("h - - [t] \"{quoted}\" 200 1"))?;
        Some(line["clf.request"]["string"].clone())
    }

    #[test]
    fn lines_have_one_form() {
        assert!(parsed(" h - - [t] \"\" 200 -\n").is_some());
        assert!(parsed("h - - [a b] \"x\" +200 -5").is_some());
        for wrong in [
            "",
            "h  - - [t] \"x\" 200 1",
            "h - - [] \"x\" 200 1",
            "h - - [t]  \"x\" 200 1",
            "h - - [t] x 200 1",
            "h - - [t] \"x\" 200",
            "h - - [t] \"x\" 200 1 2",
            "h - - [t] \"x\" - 1",
            "h - - [t] \"x\" 2_0 1",
            "h - - [t] \"x\" 200 99999999999999999999",
            "h - - [t] \"x\" 200 1 \"-\" \"-\"",
            "h - - [t] \"x 200 1",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn escapes_in_quotes_are_resolved() {
        let resolved = request(r#"a\"b\\c\n\t\r\b\f\v\x41\x4\xzz\q"#);
        let expected = "a\"b\\c\n\t\r\u{8}\u{c}\u{b}A\\x4\\xzz\\q";
        assert_eq!(resolved, Some(json!(expected)));
        assert_eq!(request("a\nb"), Some(json!("a\nb")));
        assert_eq!(request("a\\\nb"), None);
        assert_eq!(request(r"\xff"), Some(json!("\u{fffd}")));
    }

    #[test]
    fn a_request_of_three_parts_is_taken_apart() {
        let line = parsed("h - - [t] \"GET  / HTTP/1.1 x\" 200 1").expect("it is a line");
        assert_eq!(line["clf.request_uri"], json!({"string": ""}));
        assert_eq!(line["clf.protocol"], json!({"string": "/ HTTP/1.1 x"}));
        let line = parsed("h - - [t] \"GET /\" 200 -").expect("it is a line");
        assert_eq!(line["clf.method"], Json::Null);
        assert_eq!(line["clf.bytes"], Json::Null);
    }

    #[test]
    fn the_combined_format_needs_two_more_parts() {
        let line = "h - - [t] \"x\" 200 1 \"-\" \"a \\\"b\\\"\"";
        let combined = convert(&PARSE_CLF, &[text(line), text("combined")]);
        let combined = combined.expect("it is a line");
        assert_eq!(
            combined["map"]["clf.user_agent"],
            json!({"string": "a \"b\""})
        );
        let short = convert(
            &PARSE_CLF,
            &[text("h - - [t] \"x\" 200 1"), text("combined")],
        );
        assert!(matches!(short, Err(Failure::Exec(_))));
        let unknown = convert(&PARSE_CLF, &[text(line), text("Combined")]);
        assert!(matches!(unknown, Err(Failure::Bind(_))));
    }
}

//! `ParseCSV(target, header, delimiter?, header_delimiter?, mode?)`

use memchr::memchr3;
use otlp_columns::{Entry, Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::chars;
use crate::support::csv::{Fields, wrong_count};
use crate::support::maps::MapBuilder;
use crate::support::prepared::Prepared;
use crate::support::slices::{between, part_of};

/// The converter `ParseCSV`.
pub(crate) const PARSE_CSV: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ParseCSV",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("header", ParamKind::Value(ValueKind::String)),
        Param::optional("delimiter", ParamKind::StringLiteral),
        Param::optional("header_delimiter", ParamKind::StringLiteral),
        Param::optional("mode", ParamKind::StringLiteral),
    ],
    result: Type::Map,
    fields: &[],
    docs: "Reads a row of comma-separated values into a map with the header's keys.\n\n\
           Delimiters are one character; that of the header is the same as that of the row unless it \
           is given. The mode is `strict` unless it is given: fields may be quoted, a quote inside \
           of quotes is written twice, and a line feed outside of quotes is a part of the field. \
           `lazyQuotes` allows quotes inside of fields, and `ignoreQuotes` takes them for characters \
           as others. There must be as many fields as headers; of equal headers the last one counts.",
    examples: &[
        Example {
            title: "A row with quotes",
            source: r#"ParseCSV(span.attributes["row"], "status,path,agent")"#,
            attributes: r#"{"row":"200,/x,\"curl, \"\"old\"\"\""}"#,
            result: r#"{"map":{"agent":{"string":"curl, \"old\""},"path":{"string":"/x"},"status":{"string":"200"}}}"#,
        },
        Example {
            title: "Other delimiters",
            source: r#"ParseCSV("a\tb", "x|y", "\t", "|", "ignoreQuotes")"#,
            attributes: "{}",
            result: r#"{"map":{"x":{"string":"a"},"y":{"string":"b"}}}"#,
        },
        Example {
            title: "A field too few",
            source: r#"ParseCSV("1", "a,b")"#,
            attributes: "{}",
            result: "error: The row does not have one field for each of the 2 headers.",
        },
    ],
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Strict,
    LazyQuotes,
    IgnoreQuotes,
}

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let delimiter = character(args, 2)?.unwrap_or(',');
    let header_delimiter = match character(args, 3)? {
        Some(_) => args.string(3).unwrap_or_default().to_vec(),
        None => delimiter.to_string().into_bytes(),
    };
    let mode = match args.string(4) {
        None | Some(b"strict") => Mode::Strict,
        Some(b"lazyQuotes") => Mode::LazyQuotes,
        Some(b"ignoreQuotes") => Mode::IgnoreQuotes,
        Some(_) => {
            let message = "The mode must be `strict`, `lazyQuotes` or `ignoreQuotes`.";
            return Err(BindError::param(4, message));
        }
    };
    let rows = Rows {
        delimiter: delimiter.to_string().into_bytes(),
        delimits: mode == Mode::IgnoreQuotes
            || !matches!(
                delimiter,
                '\0' | '"' | '\r' | '\n' | char::REPLACEMENT_CHARACTER
            ),
        header_delimiter,
        mode,
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        rows.parse(cx)
    }))
}

/// A literal that must be one character, if it is given. Bytes that are no UTF-8 are characters.
fn character(args: &BindArgs<'_>, param: usize) -> Result<Option<char>, BindError> {
    let Some(text) = args.string(param) else {
        return Ok(None);
    };
    let mut characters = chars::all(text);
    match (characters.next(), characters.next()) {
        (Some((character, _)), None) => Ok(Some(character)),
        _ => Err(BindError::param(
            param,
            "The delimiter must be one character.",
        )),
    }
}

/// How rows are read.
struct Rows {
    delimiter: Vec<u8>,
    /// Whether the character can be a delimiter.
    delimits: bool,
    header_delimiter: Vec<u8>,
    mode: Mode,
}

impl Rows {
    fn parse(&self, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        let target = cx.string(0)?;
        let header = cx.string(1)?;
        if header.is_empty() {
            return Err(ExecError::new("The header must not be empty."));
        }
        if !self.delimits {
            return Err(ExecError::new(
                "The delimiter must not be a quote, the end of a line, or U+FFFD.",
            ));
        }
        let headers = between(cx.bytes(header), &self.header_delimiter).count();
        let text = cx.bytes(target);
        let is_plain =
            self.mode == Mode::IgnoreQuotes || memchr3(b'"', b'\r', b'\n', text).is_none();
        let (row, fields) = if is_plain && !(text.is_empty() && self.mode != Mode::IgnoreQuotes) {
            let mut fields = Fields::new(cx, headers);
            fields.split(text, &self.delimiter)?;
            (target, fields.into_ranges())
        } else {
            let mut out = cx.text();
            let mut fields = Fields::new(cx, headers);
            let lazy = self.mode == Mode::LazyQuotes;
            fields.read(cx.bytes(target), &self.delimiter, lazy, &mut out)?;
            let fields = fields.into_ranges();
            (cx.new_text(out), fields)
        };
        if fields.len() != headers {
            return Err(wrong_count(headers));
        }
        let fields = fields.into_iter().map(|range| part_of(row, range));
        self.map(cx, header, fields)
    }

    fn map(
        &self,
        cx: &mut CallContext<'_>,
        header: Slice,
        fields: impl Iterator<Item = Slice>,
    ) -> Result<Value, ExecError> {
        let heap = cx.heap();
        let keys = between(heap.bytes(header), &self.header_delimiter);
        let mut map = MapBuilder::default();
        for (key, field) in keys.zip(fields) {
            map.put(heap, Entry::new(part_of(header, key), Value::Str(field)));
        }
        cx.spend(map.entries().len() as u64)?;
        Ok(map.into_value(cx.heap_mut()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, convert, text};
    use serde_json::json;

    fn fields(row: &str, mode: &str) -> Option<Vec<String>> {
        let header = "a,b,c,d,e,f";
        (1..=6).find_map(|count| {
            let header = &header[..2 * count - 1];
            let args = [
                text(row),
                text(header),
                Arg::Absent,
                Arg::Absent,
                text(mode),
            ];
            let map = convert(&PARSE_CSV, &args).ok()?;
            let fields = map["map"].as_object().expect("a map").values();
            Some(
                fields
                    .map(|field| field["string"].as_str().unwrap_or("").to_owned())
                    .collect(),
            )
        })
    }

    #[test]
    fn lines_continue_the_last_field() {
        let read = |row| fields(row, "strict").unwrap_or_default();
        assert_eq!(read("1,tw\no,3"), ["1", "tw\no", "3"]);
        assert_eq!(read("\n\n1,2,\r\n\r\n3\n"), ["1", "2", "\n3"]);
        assert_eq!(read("1,\"tw\r\no\",3\r"), ["1", "tw\no", "3"]);
    }

    #[test]
    fn wrong_quotes_drop_the_rest_of_a_line_that_has_a_field() {
        assert_eq!(
            fields("1,t\"wo,3\n4,5", "strict"),
            Some(vec!["1\n4".into(), "5".into()])
        );
        assert_eq!(fields("1\",2", "strict"), None);
        assert_eq!(fields("1,2\n\"3\"x", "strict"), None);
        let lazy = fields("1\",\"2\"x,\"3", "lazyQuotes");
        assert_eq!(lazy, Some(vec!["1\"".into(), "2\"x,\"3".into()]));
        let ignored = fields("\"1,2\"", "ignoreQuotes");
        assert_eq!(ignored, Some(vec!["\"1".into(), "2\"".into()]));
    }

    #[test]
    fn only_splitting_takes_an_empty_row() {
        assert_eq!(fields("", "strict"), None);
        assert_eq!(fields("\r", "lazyQuotes"), None);
        assert_eq!(fields("", "ignoreQuotes"), Some(vec![String::new()]));
    }

    #[test]
    fn what_cannot_delimit_is_found_out_on_the_item() {
        for delimiter in ["\"", "\n", "\0", "\u{fffd}"] {
            let args = [text("1"), text("a"), text(delimiter)];
            assert!(
                matches!(convert(&PARSE_CSV, &args), Err(Failure::Exec(_))),
                "{delimiter:?}"
            );
        }
        for delimiter in ["", ",,"] {
            let args = [text("1"), text("a"), text(delimiter)];
            assert!(
                matches!(convert(&PARSE_CSV, &args), Err(Failure::Bind(_))),
                "{delimiter:?}"
            );
        }
    }

    #[test]
    fn equal_headers_keep_the_last_field() {
        let map = convert(&PARSE_CSV, &[text("1,2,3"), text("a,b,a")]);
        assert_eq!(
            map,
            Ok(json!({"map": {"a": {"string": "3"}, "b": {"string": "2"}}}))
        );
    }

    #[test]
    fn no_more_fields_are_kept_than_there_are_headers() {
        let mut span = Span::new("{}");
        span.limits(|limits| limits.min_work = 1 << 20);
        let row = ",\"\"".repeat(1 << 20);
        let result = span.call(&PARSE_CSV, &[text(row), text("a,b")]);
        assert!(matches!(result, Err(Failure::Exec(_))));
        assert_eq!(span.stopped(), None);
    }
}

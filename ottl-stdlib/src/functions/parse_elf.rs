//! `ParseELF(target)`

use std::ops::Range;

use memchr::{memchr, memchr2};
use otlp_columns::{Level, ListKind, Slice, Value};
use ottl_vm::{
    CallContext, Example, ExecError, Home, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::blanks::{next_word, trimmed};
use crate::support::fold::equal_fold;
use crate::support::offered::Offered;
use crate::support::plain::Plain;
use crate::support::record::Record;
use crate::support::slices::part_of;
use crate::support::work;

/// The converter `ParseELF`.
pub(crate) const PARSE_ELF: Offered<Plain> = Plain {
    signature: &SIGNATURE,
    kernel: parse_elf,
}
.offered(Home::Transform, &[Level::Log]);

static SIGNATURE: Signature = Signature {
    name: "ParseELF",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Map,
    fields: &[],
    docs: "Reads a block of text in the W3C Extended Log Format.\n\n\
           The result has `elf.version`, those of `elf.software`, `elf.date`, `elf.start_date`, \
           `elf.end_date` and `elf.remark` that the block has directives for, the list `elf.fields` \
           of the names in the last `#Fields`, and the list `elf.entries` with a map for each line of \
           data. Values may stand in quotes, with `\"\"` for a quote. A value that is missing is `-`, \
           and values without a name are dropped. A block without `#Version`, data before `#Fields`, \
           a `#Fields` without colon and a quote that is not closed are errors.",
    examples: &[
        Example {
            title: "Directives and data",
            source: r##"ParseELF("#Version: 1.0\n#Fields: time cs-uri\n12:00:01 \"/a b\"\n12:00:02")"##,
            attributes: "{}",
            result: r#"{"map":{"elf.version":{"string":"1.0"},"elf.fields":{"list":[{"string":"time"},{"string":"cs-uri"}]},"elf.entries":{"list":[{"map":{"time":{"string":"12:00:01"},"cs-uri":{"string":"/a b"}}},{"map":{"time":{"string":"12:00:02"},"cs-uri":{"string":"-"}}}]}}}"#,
        },
        Example {
            title: "No data",
            source: r##"ParseELF("#Version: 1.0")["elf.entries"]"##,
            attributes: "{}",
            result: r#"{"list":[]}"#,
        },
        Example {
            title: "No version",
            source: r##"ParseELF("#Fields: a b\n1 2")"##,
            attributes: "{}",
            result: "error: The ELF block has no directive #Version.",
        },
    ],
};

/// Directives whose values become entries of the result.
const DIRECTIVES: [(&str, &str); 6] = [
    (VERSION, "elf.version"),
    ("software", "elf.software"),
    ("date", "elf.date"),
    ("start-date", "elf.start_date"),
    ("end-date", "elf.end_date"),
    ("remark", "elf.remark"),
];

const VERSION: &str = "version";
const FIELDS: &str = "fields";

fn parse_elf(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let text = work::string(cx, 0)?;
    if text.is_empty() {
        return Err(ExecError::new("The ELF block is empty."));
    }
    let missing = cx.heap_mut().alloc(b"-");
    let mut block = Block {
        text,
        missing: Value::Str(missing),
        record: Record::default(),
        has_version: false,
        fields: Vec::new(),
        entries: Vec::new(),
    };
    let mut rest = 0..text.len as usize;
    while let Some(line) = next_line(cx.bytes(text), &mut rest) {
        match cx.bytes(text)[line.start] {
            b'#' => block.directive(cx, line)?,
            _ => block.data(cx, line)?,
        }
    }
    block.into_value(cx)
}

/// What was read so far.
struct Block {
    text: Slice,
    /// The value of fields that a line lacks.
    missing: Value,
    record: Record,
    has_version: bool,
    /// The names of the fields.
    fields: Vec<Slice>,
    entries: Vec<Value>,
}

impl Block {
    fn directive(&mut self, cx: &mut CallContext<'_>, line: Range<usize>) -> Result<(), ExecError> {
        let bytes = cx.bytes(self.text);
        let body = line.start + 1..line.end;
        let Some(colon) = memchr(b':', &bytes[body.clone()]) else {
            let name = &bytes[trimmed(bytes, body)];
            return match name.get(..FIELDS.len()) {
                Some(head) if equal_fold(head, FIELDS) => Err(ExecError::new(
                    "The directive #Fields of the ELF block has no colon.",
                )),
                _ => Ok(()),
            };
        };
        let colon = body.start + colon;
        let name = &bytes[trimmed(bytes, body.start..colon)];
        let mut value = trimmed(bytes, colon + 1..body.end);
        if equal_fold(name, FIELDS) {
            self.fields.clear();
            while let Some(word) = next_word(bytes, &mut value) {
                self.fields.push(part_of(self.text, word));
            }
            return Ok(());
        }
        let known = DIRECTIVES
            .into_iter()
            .find(|(known, _)| equal_fold(name, known));
        if let Some((name, key)) = known {
            self.has_version |= name == VERSION;
            let value = Value::Str(part_of(self.text, value));
            self.record.put(cx, key, value)?;
        }
        Ok(())
    }

    fn data(&mut self, cx: &mut CallContext<'_>, mut line: Range<usize>) -> Result<(), ExecError> {
        if self.fields.is_empty() {
            return Err(ExecError::new(
                "The ELF block has data before the directive #Fields.",
            ));
        }
        let count = self.fields.len() + self.entries.len();
        // An entry is as large as two values, and memory doubles.
        cx.room_for_list(2 * count)?;
        let mut entry = Record::default();
        let mut fields = self.fields.iter();
        // Values without a name are looked at as well: they may have an error.
        while let Some(value) = self.value(cx, &mut line)? {
            if let Some(&field) = fields.next() {
                entry.put_part(cx, field, Value::Str(value))?;
            }
        }
        for &field in fields {
            entry.put_part(cx, field, self.missing)?;
        }
        let entry = entry.into_value(cx);
        self.entries.push(entry);
        Ok(())
    }

    /// The next value of a line, which is left with what is behind it.
    fn value(
        &self,
        cx: &mut CallContext<'_>,
        line: &mut Range<usize>,
    ) -> Result<Option<Slice>, ExecError> {
        let bytes = cx.bytes(self.text);
        let rest = &bytes[line.clone()];
        let blanks = rest
            .iter()
            .take_while(|&&byte| byte == b' ' || byte == b'\t');
        line.start += blanks.count();
        let rest = &bytes[line.clone()];
        if rest.is_empty() {
            return Ok(None);
        }
        if rest[0] != b'"' {
            let start = line.start;
            line.start += memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
            return Ok(Some(part_of(self.text, start..line.start)));
        }
        line.start += 1;
        self.quoted(cx, line).map(Some)
    }

    /// The value in quotes whose content begins at the beginning of `line`.
    fn quoted(
        &self,
        cx: &mut CallContext<'_>,
        line: &mut Range<usize>,
    ) -> Result<Slice, ExecError> {
        let start = line.start;
        let end = past_quote(cx.bytes(self.text), line)?;
        if cx.bytes(self.text).get(line.start) != Some(&b'"') || line.start == line.end {
            return Ok(part_of(self.text, start..end));
        }
        let mut out = cx.text();
        let bytes = cx.bytes(self.text);
        out.push(&bytes[start..end])?;
        while line.start < line.end && bytes[line.start] == b'"' {
            // The second of two quotes is one, and the text goes on behind it.
            let part = line.start;
            line.start += 1;
            let end = past_quote(bytes, line)?;
            out.push(&bytes[part..end])?;
        }
        Ok(cx.new_text(out))
    }

    fn into_value(mut self, cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
        if !self.has_version {
            return Err(ExecError::new("The ELF block has no directive #Version."));
        }
        let fields: Vec<_> = self.fields.iter().map(|&field| Value::Str(field)).collect();
        for (key, elements) in [("elf.fields", fields), ("elf.entries", self.entries)] {
            let list = cx.heap_mut().alloc_list(&elements);
            let list = Value::List(ListKind::Slice, list);
            self.record.put(cx, key, list)?;
        }
        Ok(self.record.into_value(cx))
    }
}

/// The next line that is not blank, without the blanks around it, and in `rest` what is behind it.
fn next_line(text: &[u8], rest: &mut Range<usize>) -> Option<Range<usize>> {
    while rest.start < rest.end {
        let start = rest.start;
        let len = memchr2(b'\n', b'\r', &text[rest.clone()]).unwrap_or(rest.len());
        rest.start = (start + len + 1).min(rest.end);
        let line = trimmed(text, start..start + len);
        if !line.is_empty() {
            return Some(line);
        }
    }
    None
}

/// Where the next quote is; `line` is left with what is behind it.
fn past_quote(text: &[u8], line: &mut Range<usize>) -> Result<usize, ExecError> {
    let len = memchr(b'"', &text[line.clone()])
        .ok_or_else(|| ExecError::new("A quote in the data of the ELF block is not closed."))?;
    let quote = line.start + len;
    line.start = quote + 1;
    Ok(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span, convert, text};
    use serde_json::{Value as Json, json};

    fn parsed(block: &str) -> Option<Json> {
        Some(convert(&PARSE_ELF, &[text(block)]).ok()?["map"].clone())
    }

    /// The only entry of a block.
    fn entry(fields: &str, line: &str) -> Option<Json> {
        let block = parsed(&format!("#Version: 1\n#Fields: {fields}\n{line}"))?;
        Some(block["elf.entries"]["list"][0]["map"].clone())
    }

    #[test]
    fn values_may_be_quoted() {
        assert_eq!(
            entry("a b c", r#" "x y"  "p""q""" z"#),
            Some(json!({"a": {"string": "x y"}, "b": {"string": "p\"q\""}, "c": {"string": "z"}}))
        );
        assert_eq!(
            entry("a b", "\"x\"y\tz\"w"),
            Some(json!({"a": {"string": "x"}, "b": {"string": "y"}}))
        );
        for wrong in ["\"x", "\"x\"\"", "1 2 \"x", "\""] {
            assert_eq!(entry("a", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_and_values_need_not_be_as_many() {
        assert_eq!(
            entry("a b a", "1 2"),
            Some(json!({"a": {"string": "-"}, "b": {"string": "2"}}))
        );
        assert_eq!(entry("a", "1 2 3"), Some(json!({"a": {"string": "1"}})));
    }

    #[test]
    fn directives_mind_neither_case_nor_blanks() {
        let block = parsed("#VERSION : 1.0\r\n\r # start-date:x:y \r#Remark\n#remar\u{212a}: a b ");
        let expected = json!({
            "elf.version": {"string": "1.0"},
            "elf.remark": {"string": "a b"},
            "elf.start_date": {"string": "x:y"},
            "elf.fields": {"list": []},
            "elf.entries": {"list": []},
        });
        assert_eq!(block, Some(expected));
        for wrong in [
            "",
            " ",
            "#Fields: a",
            "#Version: 1\n1",
            "#Version: 1\n#Fields:\n1",
            "#Version: 1\n# FIELDSX",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn later_fields_are_for_later_lines() {
        let block = parsed("#Version: 1\n#Fields: a\n1\n#Fields: b c\n2 3").expect("it is a block");
        assert_eq!(
            block["elf.entries"]["list"][0]["map"],
            json!({"a": {"string": "1"}})
        );
        assert_eq!(block["elf.fields"]["list"][1], json!({"string": "c"}));
    }

    #[test]
    fn many_missing_values_stop_the_run() {
        let names: Vec<_> = (0..5000).map(|at| format!("f{at}")).collect();
        let block = format!(
            "#Version: 1\n#Fields: {}\n{}",
            names.join(" "),
            "x\n".repeat(100_000)
        );
        let mut span = Span::new("{}");
        assert!(span.call(&PARSE_ELF, &[text(&block)]).is_err());
        assert!(span.stopped().is_some());
    }
}

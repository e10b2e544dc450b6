//! `ToKeyValueString(target, delimiter?, pair_delimiter?, sort_output?)`

use memchr::{memchr_iter, memmem};
use otlp_columns::{Entry, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature,
    TextBuilder, Type, ValueKind, text,
};

use crate::support::key_value::{DELIMITER, Delimiters, PAIR_DELIMITER};
use crate::support::prepared::Prepared;

/// The converter `ToKeyValueString`.
pub(crate) const TO_KEY_VALUE_STRING: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ToKeyValueString",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::Map)),
        DELIMITER,
        PAIR_DELIMITER,
        Param::optional("sort_output", ParamKind::BoolLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "Writes a map as text such as `a=1 b=2`.\n\n\
           `delimiter` stands between keys and values, `=` unless it is given, and `pair_delimiter` \
           between pairs, a space unless it is given. Values that are no text are written as they \
           are beside text: lists and maps as JSON. A quote gets a backslash, and a key or value \
           with a delimiter in it gets quotes around it. Pairs have the map's order, or that of their \
           keys when `sort_output` is true.",
    examples: &[
        Example {
            title: "Attributes",
            source: r#"ToKeyValueString(span.attributes, sort_output=true)"#,
            attributes: r#"{"b":2,"a":"x y","c":["\"",null]}"#,
            result: r#"{"string":"a=\"x y\" b=2 c=[\\\"\\\\\"\\\",null]"}"#,
        },
        Example {
            title: "Other delimiters",
            source: r#"ToKeyValueString(span.attributes, ":", ",")"#,
            attributes: r#"{"a":"1=2","b":"x"}"#,
            result: r#"{"string":"a:1=2,b:x"}"#,
        },
        Example {
            title: "No map",
            source: r#"ToKeyValueString(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected map but got nil.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let delimiters = Delimiters::bind(args)?;
    let sorted = args.bool(3).unwrap_or(false);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        write(cx, &delimiters, sorted)
    }))
}

fn write(
    cx: &mut CallContext<'_>,
    delimiters: &Delimiters,
    sorted: bool,
) -> Result<Value, ExecError> {
    let map = cx.map(0)?;
    let mut entries = cx.heap().map(map).to_vec();
    if sorted {
        cx.spend(u64::from(map.len) * u64::from(map.len.max(2).ilog2()))?;
        let heap = cx.heap();
        entries.sort_by(|left, right| heap.bytes(left.key).cmp(heap.bytes(right.key)));
    }
    let mut writer = Writer {
        out: cx.text(),
        scratch: TextBuilder::new(cx.heap(), cx.limits().max_string_bytes),
        value: memmem::Finder::new(&delimiters.value),
        pair: memmem::Finder::new(&delimiters.pair),
    };
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            writer.out.push(&delimiters.pair)?;
        }
        writer.pair(cx, entry)?;
    }
    Ok(Value::Str(cx.new_text(writer.out)))
}

struct Writer<'d> {
    out: TextBuilder,
    scratch: TextBuilder,
    value: memmem::Finder<'d>,
    pair: memmem::Finder<'d>,
}

impl Writer<'_> {
    fn pair(&mut self, cx: &mut CallContext<'_>, entry: &Entry) -> Result<(), ExecError> {
        self.scratch.push(cx.bytes(entry.key))?;
        self.write_scratch()?;
        self.out.push(self.value.needle())?;
        text::attribute(cx.heap_mut(), entry.value, &mut self.scratch)?;
        self.write_scratch()
    }

    /// Moves the key or value from the scratch text to the output, escaped and quoted.
    fn write_scratch(&mut self) -> Result<(), ExecError> {
        let start = self.out.len();
        let mut copied = 0;
        for at in memchr_iter(b'"', self.scratch.bytes()) {
            self.out.push(&self.scratch.bytes()[copied..at])?;
            self.out.push(b"\\")?;
            copied = at;
        }
        self.out.push(&self.scratch.bytes()[copied..])?;
        self.scratch.truncate(0);
        // A delimiter may be found with the backslashes that were added.
        let written = &self.out.bytes()[start..];
        let has_delimiter = self.pair.find(written).is_some() || self.value.find(written).is_some();
        if has_delimiter {
            let len = written.len();
            self.out.push(b"\"\"")?;
            let bytes = &mut self.out.bytes_mut()[start..];
            bytes.copy_within(..len, 1);
            bytes[0] = b'"';
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, Span, attributes, text};
    use ottl_vm::Literal;
    use serde_json::json;

    #[test]
    fn delimiters_are_looked_for_behind_the_escapes() {
        let mut span = Span::new(r#"{"a":"\"","b":"x"}"#);
        let result = span.call(&TO_KEY_VALUE_STRING, &[attributes(), text("\\"), text(",")]);
        assert_eq!(result, Ok(json!({"string": r#"a\"\"",b\x"#})));
    }

    #[test]
    fn pairs_are_sorted_by_key_on_request() {
        let span =
            r#"{"attributes":[{"key":"b","value":{"intValue":"1"}},{"key":"a","value":{}}]}"#;
        let sorted = Arg::Literal(Literal::Bool(true));
        let args = [attributes(), Arg::Absent, Arg::Absent, sorted];
        let result = Span::otlp(span).call(&TO_KEY_VALUE_STRING, &args);
        assert_eq!(result, Ok(json!({"string": "a= b=1"})));
        let result = Span::otlp(span).call(&TO_KEY_VALUE_STRING, &args[..1]);
        assert_eq!(result, Ok(json!({"string": "b=1 a="})));
    }

    #[test]
    fn the_text_has_a_limit() {
        let mut span = Span::new(r#"{"a":"xxxxxxxx"}"#);
        span.limits(|limits| limits.max_string_bytes = 9);
        let result = span.call(&TO_KEY_VALUE_STRING, &[attributes()]);
        assert!(matches!(result, Err(Failure::Exec(_))));
        span.limits(|limits| limits.max_string_bytes = 10);
        assert!(span.call(&TO_KEY_VALUE_STRING, &[attributes()]).is_ok());
    }
}

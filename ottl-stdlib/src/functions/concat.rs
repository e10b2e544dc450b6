//! `Concat(vals, delimiter)`

use otlp_columns::{Piece, Slice, Value};
use ottl_vm::{
    CallContext, Example, ExecError, ListArg, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::plain::Plain;

/// The converter `Concat`.
pub(crate) const CONCAT: Plain = Plain {
    signature: &SIGNATURE,
    kernel: concat,
};

static SIGNATURE: Signature = Signature {
    name: "Concat",
    params: &[
        Param::new("vals", ParamKind::AnyList(ValueKind::StringLike)),
        Param::new("delimiter", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::String,
    fields: &[],
    docs: "Joins values, converted to text, with a delimiter between them.\n\n\
           A value that is nil appears as `<nil>`. A delimiter that is no string is an error.",
    examples: &[
        Example {
            title: "A field and an attribute",
            source: r#"Concat([span.name, span.attributes["env"]], "-")"#,
            attributes: r#"{"env":"prod"}"#,
            result: r#"{"string":"op-prod"}"#,
        },
        Example {
            title: "An attribute that does not exist",
            source: r#"Concat(["a", span.attributes["missing"], 1], "-")"#,
            attributes: "{}",
            result: r#"{"string":"a-<nil>-1"}"#,
        },
        Example {
            title: "A delimiter that does not exist",
            source: r#"Concat(["a", "b"], span.attributes["missing"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn concat(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let delimiter = cx.string(1)?;
    let Some(values) = cx.list(0)? else {
        return Ok(cx.new_string(b""));
    };
    if values.len <= FEW {
        return concat_few(cx, delimiter, values);
    }
    let mut out = cx.text();
    for index in 0..values.len {
        if index > 0 {
            out.push(cx.bytes(delimiter))?;
        }
        match cx.element_string_like(values, index)? {
            Some(text) => out.push(cx.bytes(text))?,
            None => out.push(NIL)?,
        }
    }
    Ok(Value::Str(cx.new_text(out)))
}

/// So many values are looked at before their text is made at once.
const FEW: usize = 4;
const NIL: &[u8] = b"<nil>";

fn concat_few(
    cx: &mut CallContext<'_>,
    delimiter: Slice,
    values: ListArg,
) -> Result<Value, ExecError> {
    let mut pieces = [Piece::Here(delimiter); 2 * FEW];
    let mut count = 0;
    for index in 0..values.len {
        if index > 0 && !delimiter.is_empty() {
            count += 1;
        }
        pieces[count] = match cx.element_string_like(values, index)? {
            Some(text) => Piece::Here(text),
            None => Piece::Bytes(NIL),
        };
        count += 1;
    }
    cx.joined(&pieces[..count]).map(Value::Str)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span, attribute, text};
    use serde_json::json;

    #[test]
    fn the_result_is_limited() {
        let mut span = Span::new(r#"{"two":["a","b"],"three":["a","b","c"]}"#);
        span.limits(|limits| limits.max_string_bytes = 3);
        assert_eq!(
            span.call(&CONCAT, &[attribute("two"), text("-")]),
            Ok(json!({"string": "a-b"}))
        );
        assert!(
            span.call(&CONCAT, &[attribute("three"), text("-")])
                .is_err()
        );
    }
}

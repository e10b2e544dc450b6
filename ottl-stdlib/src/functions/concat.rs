//! `Concat(vals, delimiter)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Function, Param, ParamKind,
    Signature, Type, ValueKind,
};

/// The converter `Concat`.
pub(crate) struct Concat;

static SIGNATURE: Signature = Signature {
    name: "Concat",
    params: &[
        Param::new("vals", ParamKind::AnyList(ValueKind::StringLike)),
        Param::new("delimiter", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::String,
    fields: &[],
    docs: "Joins values, converted to text, with a delimiter between them.\n\nA value that is nil \
           appears as `<nil>`.",
    examples: &[Example {
        title: "An attribute that does not exist",
        source: r#"Concat(["a", span.attributes["missing"], 1], "-")"#,
        attributes: r"{}",
        result: r#"{"string":"a-<nil>-1"}"#,
    }],
};

impl Function for Concat {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn bind(&self, _: &BindArgs<'_>) -> Result<Bound, BindError> {
        Ok(Bound::kernel(concat))
    }
}

fn concat(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let delimiter = cx.string(1)?;
    let Some(values) = cx.list(0)? else {
        return Ok(cx.new_string(b""));
    };
    let mut out = cx.text();
    for index in 0..values.len {
        if index > 0 {
            out.push(cx.bytes(delimiter))?;
        }
        match cx.element_string_like(values, index)? {
            Some(text) => out.push(cx.bytes(text))?,
            None => out.push(b"<nil>")?,
        }
    }
    Ok(Value::Str(cx.new_text(out)))
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
            span.call(&Concat, &[attribute("two"), text("-")]),
            Ok(json!({"string": "a-b"}))
        );
        assert!(
            span.call(&Concat, &[attribute("three"), text("-")])
                .is_err()
        );
    }
}

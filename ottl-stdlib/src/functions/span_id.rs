//! `SpanID(target)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::id;
use crate::support::prepared::Prepared;

/// The converter `SpanID`.
pub(crate) const SPAN_ID: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "SpanID",
    params: &[Param::new("target", ParamKind::Value(ValueKind::BytesLike))],
    result: Type::SpanId,
    fields: &[],
    docs: "A span id from 8 bytes, or from text of 16 hexadecimal digits.\n\n\
           Anything else that has bytes, such as text of 8 bytes, is taken as those bytes. \
           Other lengths are errors; for a literal, when the program is compiled.",
    examples: &[
        Example {
            title: "Hexadecimal digits",
            source: r#"SpanID("0102030405060708")"#,
            attributes: "{}",
            result: r#"{"span_id":"0102030405060708"}"#,
        },
        Example {
            title: "Bytes",
            source: "SpanID(0x0102030405060708)",
            attributes: "{}",
            result: r#"{"span_id":"0102030405060708"}"#,
        },
        Example {
            title: "Another length",
            source: r#"SpanID(span.attributes["s"])"#,
            attributes: r#"{"s":"abc"}"#,
            result: "error: An id of 8 bytes or 16 hexadecimal digits is needed, but there are 3 bytes.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    id::check_literal::<8>(args)?;
    Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
        id::read::<8>(cx).map(Value::SpanId)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, int, text};
    use serde_json::json;

    #[test]
    fn digits_of_either_case_are_read() {
        let digits = "ABCDEFabcdef0123";
        let id = json!({"span_id": digits.to_lowercase()});
        assert_eq!(convert(&SPAN_ID, &[text(digits).dynamic()]), Ok(id));
        let wrong = digits.replace('A', "G");
        assert!(matches!(
            convert(&SPAN_ID, &[text(wrong).dynamic()]),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn literals_are_checked_beforehand() {
        assert!(matches!(
            convert(&SPAN_ID, &[text("abc")]),
            Err(Failure::Bind(_))
        ));
        assert!(matches!(
            convert(&SPAN_ID, &[text("abc").dynamic()]),
            Err(Failure::Exec(_))
        ));
        let integer = convert(&SPAN_ID, &[int(1)]);
        assert_eq!(integer, Ok(json!({"span_id": "0000000000000001"})));
    }

    #[test]
    fn an_id_is_no_argument() {
        let id = Arg::Path("span_id", Vec::new());
        assert!(convert(&SPAN_ID, &[id]).is_err());
        assert!(convert(&SPAN_ID, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

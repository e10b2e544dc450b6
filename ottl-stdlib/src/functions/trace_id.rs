//! `TraceID(target)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::id;
use crate::support::prepared::Prepared;

/// The converter `TraceID`.
pub(crate) const TRACE_ID: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "TraceID",
    params: &[Param::new("target", ParamKind::Value(ValueKind::BytesLike))],
    result: Type::TraceId,
    fields: &[],
    docs: "A trace id from 16 bytes, or from text of 32 hexadecimal digits.\n\n\
           Anything else that has bytes, such as text of 16 bytes, is taken as those bytes. \
           Other lengths are errors; for a literal, when the program is compiled.",
    examples: &[
        Example {
            title: "Hexadecimal digits",
            source: r#"TraceID("0102030405060708090a0b0c0d0e0f10")"#,
            attributes: "{}",
            result: r#"{"trace_id":"0102030405060708090a0b0c0d0e0f10"}"#,
        },
        Example {
            title: "Bytes",
            source: "TraceID(0x0102030405060708090a0b0c0d0e0f10)",
            attributes: "{}",
            result: r#"{"trace_id":"0102030405060708090a0b0c0d0e0f10"}"#,
        },
        Example {
            title: "Another length",
            source: r#"TraceID(span.attributes["s"])"#,
            attributes: r#"{"s":"abc"}"#,
            result: "error: An id of 16 bytes or 32 hexadecimal digits is needed, but there are 3 bytes.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    id::check_literal::<16>(args)?;
    Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
        id::read::<16>(cx).map(Value::TraceId)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Failure, convert, int, text};
    use serde_json::json;

    #[test]
    fn digits_of_either_case_are_read() {
        let digits = "ABCDEFabcdef01230000000000000001";
        let id = json!({"trace_id": digits.to_lowercase()});
        assert_eq!(convert(&TRACE_ID, &[text(digits).dynamic()]), Ok(id));
        let wrong = digits.replace('A', "G");
        assert!(matches!(
            convert(&TRACE_ID, &[text(wrong).dynamic()]),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn literals_are_checked_beforehand() {
        assert!(matches!(
            convert(&TRACE_ID, &[text("abc")]),
            Err(Failure::Bind(_))
        ));
        assert!(matches!(
            convert(&TRACE_ID, &[text("abc").dynamic()]),
            Err(Failure::Exec(_))
        ));
        let integer = convert(&TRACE_ID, &[int(1)]);
        assert!(matches!(integer, Err(Failure::Bind(_))));
    }

    #[test]
    fn an_id_is_no_argument() {
        let id = Arg::Path("trace_id", Vec::new());
        assert!(convert(&TRACE_ID, &[id]).is_err());
        assert!(convert(&TRACE_ID, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

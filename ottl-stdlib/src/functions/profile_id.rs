//! `ProfileID(target)`

use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Home, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::id;
use crate::support::offered::Offered;
use crate::support::prepared::Prepared;

/// The converter `ProfileID`.
pub(crate) const PROFILE_ID: Offered<Prepared> = Prepared {
    signature: &SIGNATURE,
    bind,
}
.offered(Home::Standard, &[Level::Profile, Level::ProfileSample]);

static SIGNATURE: Signature = Signature {
    name: "ProfileID",
    params: &[Param::new("target", ParamKind::Value(ValueKind::BytesLike))],
    result: Type::ProfileId,
    fields: &[],
    docs: "A profile id from 16 bytes, or from text of 32 hexadecimal digits.\n\n\
           Anything else that has bytes, such as text of 16 bytes, is taken as those bytes. \
           Other lengths are errors; for a literal, when the program is compiled.",
    examples: &[
        Example {
            title: "Hexadecimal digits",
            source: r#"ProfileID("0102030405060708090a0b0c0d0e0f10")"#,
            attributes: "{}",
            result: r#"{"profile_id":"0102030405060708090a0b0c0d0e0f10"}"#,
        },
        Example {
            title: "Bytes",
            source: "ProfileID(0x0102030405060708090a0b0c0d0e0f10)",
            attributes: "{}",
            result: r#"{"profile_id":"0102030405060708090a0b0c0d0e0f10"}"#,
        },
        Example {
            title: "Another length",
            source: r#"ProfileID(Substring("abcd", 0, 3))"#,
            attributes: "{}",
            result: "error: An id of 16 bytes or 32 hexadecimal digits is needed, but there are 3 bytes.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    id::check_literal::<16>(args)?;
    Ok(Bound::kernel(|cx: &mut CallContext<'_>| {
        id::read::<16>(cx).map(Value::ProfileId)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, convert, text};
    use serde_json::json;

    #[test]
    fn digits_of_either_case_are_read() {
        let digits = "ABCDEFabcdef0123ABCDEFabcdef0123";
        let id = json!({"profile_id": digits.to_lowercase()});
        assert_eq!(convert(&PROFILE_ID, &[text(digits).dynamic()]), Ok(id));
        let wrong = digits.replace('A', "G");
        assert!(matches!(
            convert(&PROFILE_ID, &[text(wrong).dynamic()]),
            Err(Failure::Exec(_))
        ));
    }

    #[test]
    fn literals_are_checked_beforehand() {
        assert!(matches!(
            convert(&PROFILE_ID, &[text("abc")]),
            Err(Failure::Bind(_))
        ));
    }
}

//! `FNV(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::fnv::Fnv;
use crate::support::plain::Plain;
use crate::support::work;

/// The converter `FNV`.
pub(crate) const FNV: Plain = Plain {
    signature: &SIGNATURE,
    kernel: fnv,
};

static SIGNATURE: Signature = Signature {
    name: "FNV",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Int,
    fields: &[],
    docs: "The 64-bit FNV-1a hash of text, as a signed integer.\n\n\
           A value that is no text is an error.",
    examples: &[
        Example {
            title: "Text",
            source: r#"FNV("a")"#,
            attributes: "{}",
            result: r#"{"int":"-5808556873153909620"}"#,
        },
        Example {
            title: "No text",
            source: r#"FNV(span.attributes["x"])"#,
            attributes: "{}",
            result: "error: Expected string but got nil.",
        },
    ],
};

fn fnv(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = work::string(cx, 0)?;
    let mut hash = Fnv::default();
    hash.write(cx.bytes(target));
    Ok(Value::Int(hash.finish() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_hash_keeps_its_bits_as_a_signed_number() {
        assert_eq!(
            convert(&FNV, &[text("")]),
            Ok(json!({"int": "-3750763034362895579"}))
        );
        assert!(convert(&FNV, &[Arg::Computed(|_| Value::Int(1))]).is_err());
    }
}

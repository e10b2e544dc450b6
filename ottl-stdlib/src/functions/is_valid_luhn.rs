//! `IsValidLuhn(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::work;

/// The converter `IsValidLuhn`.
pub(crate) const IS_VALID_LUHN: Plain = Plain {
    signature: &SIGNATURE,
    kernel: is_valid_luhn,
};

static SIGNATURE: Signature = Signature {
    name: "IsValidLuhn",
    params: &[Param::new(
        "target",
        ParamKind::Value(ValueKind::StringLike),
    )],
    result: Type::Bool,
    fields: &[],
    docs: "Whether the last digit of a number is the check digit of those before it, as in the \
           numbers of credit cards.\n\n\
           Spaces do not count, and where there are only spaces there is no number. Anything else \
           that is no digit is an error, and so is nil.",
    examples: &[
        Example {
            title: "A number in groups",
            source: r#"IsValidLuhn("1762 4831 8201 3712")"#,
            attributes: "{}",
            result: r#"{"bool":false}"#,
        },
        Example {
            title: "An attribute",
            source: r#"IsValidLuhn(span.attributes["card"])"#,
            attributes: r#"{"card":17893729974}"#,
            result: r#"{"bool":true}"#,
        },
        Example {
            title: "Other characters",
            source: r#"IsValidLuhn("1789-3729974")"#,
            attributes: "{}",
            result: "error: The text has other characters than digits and spaces.",
        },
    ],
};

fn is_valid_luhn(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let target = cx.string_like(0)?;
    let target = target.ok_or_else(|| ExecError::new("There is no number, but nil."))?;
    cx.spend(work::reading(target.len as usize))?;
    let from_the_right = cx.bytes(target).iter().rev();
    let mut sum = 0u64;
    let mut count = 0usize;
    for &byte in from_the_right.filter(|&&byte| byte != b' ') {
        if !byte.is_ascii_digit() {
            return Err(ExecError::new(
                "The text has other characters than digits and spaces.",
            ));
        }
        let digit = u64::from(byte - b'0');
        let doubled = 2 * digit;
        sum += match count % 2 {
            0 => digit,
            _ if doubled > 9 => doubled - 9,
            _ => doubled,
        };
        count += 1;
    }
    Ok(Value::Bool(count > 0 && sum.is_multiple_of(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn no_digits_are_no_number() {
        for (number, valid) in [
            ("", false),
            ("  ", false),
            ("0", true),
            ("18", true),
            ("1", false),
        ] {
            let result = convert(&IS_VALID_LUHN, &[text(number)]);
            assert_eq!(result, Ok(json!({ "bool": valid })), "{number}");
        }
        assert!(convert(&IS_VALID_LUHN, &[text("1\t8")]).is_err());
        assert!(convert(&IS_VALID_LUHN, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

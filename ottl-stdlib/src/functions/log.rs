//! `Log(target)`

use otlp_columns::Value;
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;

/// The converter `Log`.
pub(crate) const LOG: Plain = Plain {
    signature: &SIGNATURE,
    kernel: log,
};

static SIGNATURE: Signature = Signature {
    name: "Log",
    params: &[Param::new(
        "target",
        ParamKind::Value(ValueKind::DoubleLike),
    )],
    result: Type::Double,
    fields: &[],
    docs: "The natural logarithm of a number, or of text that is one.\n\n\
           Zero, negative numbers and nil are errors.",
    examples: &[
        Example {
            title: "One",
            source: "Log(1)",
            attributes: "{}",
            result: r#"{"double":0}"#,
        },
        Example {
            title: "Text",
            source: r#"Log("1e1")"#,
            attributes: "{}",
            result: r#"{"double":2.302585092994046}"#,
        },
        Example {
            title: "Zero",
            source: "Log(0)",
            attributes: "{}",
            result: "error: The number 0 has no logarithm.",
        },
    ],
};

fn log(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    match cx.double_like(0)? {
        None => Err(ExecError::expected("a number", "nil")),
        Some(number) if number <= 0.0 => Err(ExecError::new(format!(
            "The number {number} has no logarithm."
        ))),
        Some(number) => Ok(Value::Double(ln(number))),
    }
}

/// The natural logarithm of a positive number as the reference computes it on amd64, to the last
/// bit: fdlibm's `e_log.c`, but numbers that are subnormal are taken for ones near 2^-1023.
fn ln(number: f64) -> f64 {
    const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
    const EVEN: [u64; 3] = [
        0x3fc3_9a09_d078_c69f,
        0x3fcc_71c5_1d8e_78af,
        0x3fd9_9999_9997_fa04,
    ];
    const ODD: [u64; 4] = [
        0x3fc2_f112_df3e_5244,
        0x3fc7_4664_96cb_03de,
        0x3fd2_4924_9422_9359,
        0x3fe5_5555_5555_5593,
    ];
    const MANTISSA: u64 = (1 << 52) - 1;

    if !number.is_finite() {
        return number;
    }
    let bits = number.to_bits();
    let mut exponent = ((bits >> 52) as i32 - 0x3fe) as f64;
    let mut fraction = f64::from_bits(bits & MANTISSA | 0.5f64.to_bits());
    if fraction <= std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        exponent -= 1.0;
    }
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let square = s * s;
    let fourth = square * square;
    let series = |coefficients: &[u64]| {
        let coefficients = coefficients.iter().map(|&bits| f64::from_bits(bits));
        coefficients
            .reduce(|sum, next| sum * fourth + next)
            .unwrap_or(0.0)
    };
    let rest = square * series(&ODD) + fourth * series(&EVEN);
    let half = 0.5 * f * f;
    exponent * LN2_HIGH - ((half - (s * (half + rest) + exponent * LN2_LOW)) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, convert, text};
    use serde_json::json;

    #[test]
    fn the_last_bit_is_the_reference_s() {
        let log = |number: &str| {
            convert(&LOG, &[text(number).dynamic()]).map(|log| log["double"].clone())
        };
        assert_eq!(log("3"), Ok(json!(1.0986122886681096)));
        assert_eq!(log("4.9e-324"), Ok(json!(-709.0895657128241)));
        assert_eq!(log("1"), Ok(json!(0.0)));
        assert_eq!(log("0.5"), Ok(json!(-std::f64::consts::LN_2)));
        assert_eq!(log("1.7976931348623157e308"), Ok(json!(709.782712893384)));
    }

    #[test]
    fn infinity_and_nan_are_numbers() {
        assert_eq!(
            convert(&LOG, &[text("inf").dynamic()]),
            Ok(json!({"double": "+Inf"}))
        );
        assert_eq!(
            convert(&LOG, &[text("nan").dynamic()]),
            Ok(json!({"double": "NaN"}))
        );
        assert_eq!(
            convert(&LOG, &[text("2.5").dynamic()]),
            Ok(json!({"double": 0.9162907318741551}))
        );
    }

    #[test]
    fn false_is_zero_and_nil_is_nothing() {
        assert!(convert(&LOG, &[Arg::Computed(|_| Value::Bool(false))]).is_err());
        assert!(convert(&LOG, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

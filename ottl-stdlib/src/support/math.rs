//! Functions of numbers as the reference computes them on amd64, to the last bit.
//!
//! They are for results that have to be the reference's; where the last bit does not matter, Rust's
//! own are faster.

use std::cmp::Ordering;

/// The natural logarithm of a positive number: fdlibm's `e_log.c`, but numbers that are subnormal
/// are taken for ones near 2^-1023.
pub(crate) fn ln(number: f64) -> f64 {
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

    if !number.is_finite() {
        return number;
    }
    let bits = number.to_bits();
    let mut exponent = ((bits >> MANTISSA_BITS) as i32 - 0x3fe) as f64;
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

/// The binary logarithm of a positive number, exact for powers of two.
pub(crate) fn log2(number: f64) -> f64 {
    let (fraction, exponent) = split(number);
    if fraction == 0.5 {
        return f64::from(exponent - 1);
    }
    ln(fraction) * std::f64::consts::LOG2_E + f64::from(exponent)
}

/// A positive number as one from a half to one, and the power of two that it is multiplied with.
fn split(number: f64) -> (f64, i32) {
    if !number.is_finite() {
        return (number, 0);
    }
    let (number, shift) = if number < f64::MIN_POSITIVE {
        (
            number * (1u64 << MANTISSA_BITS) as f64,
            MANTISSA_BITS as i32,
        )
    } else {
        (number, 0)
    };
    let bits = number.to_bits();
    let exponent = (bits >> MANTISSA_BITS & 0x7ff) as i32 - 0x3fe - shift;
    let fraction = f64::from_bits(bits & MANTISSA | 0.5f64.to_bits());
    (fraction, exponent)
}

/// e to the power of a number, as processors with fused multiplication and addition compute it
/// there. Numbers from 709.44 are too large for this algorithm.
pub(crate) fn exp(number: f64) -> f64 {
    const OVERFLOW: f64 = 709.782_712_893_384;
    const LN2_UPPER: f64 = f64::from_bits(0x3fe6_2e42_fefa_3000);
    const LN2_LOWER: f64 = 0.282_352_905_630_315_77e-12;
    /// 1/8!, 1/7!, … 1/0!
    const TAYLOR: [f64; 8] = [
        1.0 / 40320.0,
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];

    if number.is_nan() || number > OVERFLOW {
        return number.max(f64::INFINITY) + number;
    }
    if number == f64::NEG_INFINITY {
        return 0.0;
    }
    let exponent = rounded(std::f64::consts::LOG2_E * number);
    let multiple = f64::from(exponent);
    let reduced = (-multiple).mul_add(LN2_UPPER, number);
    let reduced = (-multiple).mul_add(LN2_LOWER, reduced) * 0.0625;
    let [first, rest @ ..] = TAYLOR;
    let sum = rest
        .iter()
        .fold(first, |sum, &next| reduced.mul_add(sum, next));
    // What is left is e^x - 1 for a sixteenth of the number: four times squared.
    let mut power = reduced * sum;
    for _ in 0..3 {
        power *= power + 2.0;
    }
    power = (power + 2.0).mul_add(power, 1.0);
    scaled(power, exponent)
}

/// The nearest integer of 32 bits, an even one from the middle; the smallest where there is none.
fn rounded(number: f64) -> i32 {
    let rounded = number.round_ties_even();
    let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
    if range.contains(&rounded) {
        rounded as i32
    } else {
        i32::MIN
    }
}

/// `power * 2^exponent`, where the exponent of the result is the exponent of two.
fn scaled(power: f64, exponent: i32) -> f64 {
    let biased = exponent.wrapping_add(0x3ff);
    match biased {
        ..-52 => 0.0,
        -52..=0 => power * power_of_two(biased + 0x3fe) * f64::MIN_POSITIVE,
        1..0x7ff => power * power_of_two(biased),
        _ => f64::INFINITY,
    }
}

fn power_of_two(biased: i32) -> f64 {
    f64::from_bits((biased as u64) << MANTISSA_BITS)
}

/// 2 to the power of a number.
pub(crate) fn exp2(number: f64) -> f64 {
    const OVERFLOW: f64 = 1.023_999_999_999_999_9e3;
    const UNDERFLOW: f64 = -1.074e3;
    const COEFFICIENTS: [f64; 5] = [
        4.1381367970572385e-08,
        -1.6533902205465252e-06,
        6.613756321437934e-05,
        -0.0027777777777015593,
        0.16666666666666666,
    ];

    if number.is_nan() {
        return number;
    }
    if number > OVERFLOW {
        return f64::INFINITY;
    }
    if number < UNDERFLOW {
        return 0.0;
    }
    let half = if number > 0.0 { 0.5 } else { -0.5 };
    let whole = if number == 0.0 {
        0.0
    } else {
        (number + half).trunc()
    };
    let fraction = number - whole;
    let high = fraction * LN2_HIGH;
    let low = -fraction * LN2_LOW;
    let r = high - low;
    let t = r * r;
    let [first, rest @ ..] = COEFFICIENTS;
    let c = r - t * rest.iter().fold(first, |sum, &next| next + t * sum);
    let power = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
    ldexp(power, whole as i64)
}

/// `number * 2^exponent` for a number that is not subnormal.
pub(crate) fn ldexp(number: f64, exponent: i64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let bits = number.to_bits();
    let before = (bits >> MANTISSA_BITS & 0x7ff) as i64 - 0x3ff;
    let exponent = exponent.saturating_add(before);
    let (exponent, factor) = match exponent {
        ..-1075 => return 0f64.copysign(number),
        1024.. => return f64::INFINITY.copysign(number),
        -1075..-1022 => (exponent + 53, 0.5f64.powi(53)),
        _ => (exponent, 1.0),
    };
    let mantissa = bits & !(0x7ff << MANTISSA_BITS);
    factor * f64::from_bits(mantissa | ((exponent + 0x3ff) as u64) << MANTISSA_BITS)
}

/// The order that Go's `cmp.Compare` has: NaN equals itself and comes before all numbers, and the zeros
/// are equal.
pub(crate) fn order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right)
        .unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

/// The smaller number; NaN if one is NaN and none the smallest there is.
pub(crate) fn min(left: f64, right: f64) -> f64 {
    -max(-left, -right)
}

/// The larger number; NaN if one is NaN and none the largest there is.
pub(crate) fn max(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        f64::INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == right {
        // Of the zeros the one without a sign.
        if left.is_sign_negative() { right } else { left }
    } else if left > right {
        left
    } else {
        right
    }
}

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

#[cfg(test)]
mod tests {
    use super::*;

    /// A function with an argument and the bits of the result.
    type Case = (fn(f64) -> f64, f64, u64);

    #[test]
    fn the_last_bit_is_the_reference_s() {
        let cases: [Case; 14] = [
            (exp, 0.1, 0x3ff1_aec7_b35a_00d4),
            (exp, 709.4, 0x7fe5_d303_de3a_c8fd),
            (exp, 709.5, 0x7ff0_0000_0000_0000),
            (exp, -720.0, 0x0000_0009_93b4_dc95),
            (exp, -745.0, 1),
            (exp2, 0.1, 0x3ff1_25fb_ee25_0664),
            (exp2, -584.654_117_152_899_3, 0x1b64_55b9_1a2c_c1cc),
            (exp2, 1023.9, 0x7fed_db68_0117_aa8e),
            (exp2, -1074.0, 1),
            (exp2, 0.531_368_450_561_926_5, 0x3ff7_1ff2_5558_be2b),
            (log2, 3.0, 0x3ff9_5c01_a39f_bd69),
            (log2, f64::from_bits(1), 0xc090_c800_0000_0000),
            (log2, 0.1, 0xc00a_934f_0979_a371),
            (log2, 8.0, 0x4008_0000_0000_0000),
        ];
        for (function, number, bits) in cases {
            assert_eq!(function(number).to_bits(), bits, "{number}");
        }
    }

    #[test]
    fn what_is_no_number_comes_through() {
        for function in [exp, exp2, log2] {
            assert!(function(f64::NAN).is_nan());
            assert_eq!(function(f64::INFINITY), f64::INFINITY);
        }
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp2(f64::NEG_INFINITY), 0.0);
        assert_eq!(max(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert_eq!(min(f64::NAN, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert!(max(1.0, f64::NAN).is_nan() && min(f64::NAN, 1.0).is_nan());
        assert!(min(0.0, -0.0).is_sign_negative() && max(-0.0, 0.0).is_sign_positive());
    }

    #[test]
    fn powers_of_two_round_once() {
        assert_eq!(ldexp(1.5, -1074), f64::from_bits(2));
        assert_eq!(ldexp(1.0, -1076), 0.0);
        assert_eq!(ldexp(-1.0, i64::MAX), f64::NEG_INFINITY);
        assert_eq!(ldexp(1.0, i64::MIN), 0.0);
        assert_eq!(
            ldexp(std::f64::consts::LN_2, 3),
            8.0 * std::f64::consts::LN_2
        );
    }

    #[test]
    fn not_a_number_comes_first() {
        assert_eq!(order(f64::NAN, f64::NEG_INFINITY), Ordering::Less);
        assert_eq!(order(0.0, f64::NAN), Ordering::Greater);
        assert_eq!(order(f64::NAN, f64::NAN), Ordering::Equal);
        assert_eq!(order(0.0, -0.0), Ordering::Equal);
    }
}

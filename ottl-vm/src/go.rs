//! Numbers as Go reads and converts them, where that differs from Rust.

use crate::ExecError;

/// `int64(float64)` as amd64 does it: out of range and NaN give the smallest integer.
#[must_use]
pub fn f64_to_i64(value: f64) -> i64 {
    // Both bounds are exact; at or above 2^63 the cast would saturate instead.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// `strconv.ParseInt` with 64 bits: an optional sign and digits of a base from 2 to 36. Base 0 takes
/// the base from a prefix such as `0x` and allows underscores between digits.
///
/// # Errors
/// When there is no such base, the text is no integer of it, or does not fit 64 bits.
pub fn parse_int(text: &[u8], base: i64) -> Result<i64, ExecError> {
    let error = || ExecError::new("The text is no integer of 64 bits.");
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return Err(error());
    }
    let (base, digits, underscores) = match base {
        0 if digits.contains(&b'_') && !are_underscores_ok(digits) => return Err(error()),
        0 => {
            let (base, digits) = base_of_prefix(digits);
            (base, digits, true)
        }
        2..=36 => (base as u32, digits, false),
        _ => {
            return Err(ExecError::new(format!(
                "There are no numbers of base {base}."
            )));
        }
    };
    let mut value = 0i64;
    for &digit in digits {
        if underscores && digit == b'_' {
            continue;
        }
        let digit = i64::from(char::from(digit).to_digit(base).ok_or_else(error)?);
        let signed = if negative { -digit } else { digit };
        value = value
            .checked_mul(i64::from(base))
            .and_then(|value| value.checked_add(signed))
            .ok_or_else(error)?;
    }
    Ok(value)
}

/// The base that the prefix of Go's integer literals tells, and the digits behind it.
fn base_of_prefix(digits: &[u8]) -> (u32, &[u8]) {
    match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', rest @ ..] => (8, rest),
        digits => (10, digits),
    }
}

/// Whether each underscore of a number without sign stands between digits, or behind a prefix.
fn are_underscores_ok(number: &[u8]) -> bool {
    let (rest, hex) = match number {
        [b'0', b'x' | b'X', rest @ ..] => (rest, true),
        [b'0', b'o' | b'O' | b'b' | b'B', rest @ ..] => (rest, false),
        rest => (rest, false),
    };
    let mut after_digit = rest.len() < number.len();
    let mut after_underscore = false;
    for &byte in rest {
        let is_digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        match byte {
            b'_' if !after_digit => return false,
            _ if !is_digit && byte != b'_' && after_underscore => return false,
            _ => {}
        }
        after_underscore = byte == b'_';
        after_digit = is_digit;
    }
    !after_underscore
}

/// `strconv.ParseFloat` for 64 bits: decimal and hexadecimal numbers, underscores between digits,
/// infinities and NaN by name.
///
/// # Errors
/// When the text is no number, or is too large for a double.
pub fn parse_float(text: &[u8]) -> Result<f64, ExecError> {
    if let Some(value) = small_decimal(text) {
        return Ok(value);
    }
    let error = || ExecError::new("The text is no number.");
    let (sign, number) = match text {
        [b'-', number @ ..] => (-1.0, number),
        [b'+', number @ ..] => (1.0, number),
        number => (1.0, number),
    };
    let is_name = |name: &[u8]| number.eq_ignore_ascii_case(name);
    if is_name(b"inf") || is_name(b"infinity") {
        return Ok(sign * f64::INFINITY);
    }
    if is_name(b"nan") && number.len() == text.len() {
        // Of all the values that are no numbers Go has this one.
        return Ok(f64::from_bits(0x7ff8_0000_0000_0001));
    }
    let cleaned: Vec<u8>;
    let number = if number.contains(&b'_') {
        if !are_underscores_ok(number) {
            return Err(error());
        }
        cleaned = number
            .iter()
            .copied()
            .filter(|&byte| byte != b'_')
            .collect();
        &cleaned
    } else {
        number
    };
    let value = match number {
        [b'0', b'x' | b'X', hex @ ..] => parse_hex_float(hex),
        // What Rust reads is what Go reads, but for a second sign and names.
        [b'0'..=b'9' | b'.', ..] => std::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok()),
        _ => None,
    };
    let value: f64 = value.ok_or_else(error)?;
    if value.is_infinite() {
        return Err(ExecError::new("The number is too large for a double."));
    }
    Ok(sign * value)
}

/// Digits up to here are an integer that a double can be.
const FEW_DIGITS: usize = 15;
/// Powers of ten that doubles can be.
const POWERS: [f64; FEW_DIGITS] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
];

/// A number of so few digits, with a point between them or without, that it is the quotient of two
/// integers which are doubles.
#[inline]
fn small_decimal(text: &[u8]) -> Option<f64> {
    let (sign, number) = match text {
        [b'-', number @ ..] => (-1.0, number),
        number => (1.0, number),
    };
    if !(1..=FEW_DIGITS + 1).contains(&number.len()) {
        return None;
    }
    let (mut value, mut point) = (0, number.len());
    for (at, &byte) in number.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + i64::from(digit);
        } else if byte == b'.' && point == number.len() && at > 0 && at + 1 < number.len() {
            point = at;
        } else {
            return None;
        }
    }
    let behind = number.len().saturating_sub(point + 1);
    let digits = number.len() - usize::from(point < number.len());
    (digits <= FEW_DIGITS).then(|| sign * (value as f64 / POWERS[behind]))
}

/// Digits with an optional point, and the exponent of two that Go demands. Infinite when the number
/// is too large.
fn parse_hex_float(text: &[u8]) -> Option<f64> {
    let split = text.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let exponent = parse_exponent(&text[split + 1..])?;
    let mut mantissa = 0u64;
    let mut shift = 0i64;
    let mut in_fraction = false;
    let mut has_digits = false;
    for &byte in &text[..split] {
        if byte == b'.' && !in_fraction {
            in_fraction = true;
            continue;
        }
        let digit = u64::from(char::from(byte).to_digit(16)?);
        has_digits = true;
        if mantissa >> 59 == 0 {
            mantissa = mantissa << 4 | digit;
            shift -= if in_fraction { 4 } else { 0 };
        } else {
            // Digits beyond the precision only tell whether the rest is zero.
            mantissa |= u64::from(digit != 0);
            shift += if in_fraction { 0 } else { 4 };
        }
    }
    has_digits.then(|| scale(mantissa, exponent.saturating_add(shift)))
}

/// A decimal exponent; one that is beyond every double is as good as another.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for &digit in digits {
        let digit = char::from(digit).to_digit(10)?;
        value = (value * 10 + i64::from(digit)).min(1 << 40);
    }
    Some(if negative { -value } else { value })
}

/// `mantissa` times two to the power of `exponent`, rounded once, to nearest, ties to even.
fn scale(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    // The exponent of the last bit that the double has; subnormal numbers have fewer bits.
    let last = (exponent + bits - 53).max(-1074);
    if last > 971 {
        return f64::INFINITY;
    }
    let drop = last - exponent;
    let kept = match drop {
        ..=0 => mantissa,
        65.. => 0,
        drop => {
            let kept = u128::from(mantissa) >> drop;
            let rest = u128::from(mantissa) - (kept << drop);
            let half = (1u128 << drop) >> 1;
            let up = rest > half || rest == half && kept & 1 == 1;
            kept as u64 + u64::from(up)
        }
    };
    kept as f64 * power_of_two(exponent.max(last))
}

/// Two to the power of -1074 to 1023.
fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

/// Seconds since the year 1, by which `time.Time` is ordered and subtracted. The count wraps, so
/// that times some 292 billion years ahead come before all others.
#[must_use]
pub fn since_year_one(unix_seconds: i64) -> i64 {
    const YEAR_ONE_TO_1970: i64 = 62_135_596_800;
    unix_seconds.wrapping_add(YEAR_ONE_TO_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_range_doubles_become_the_smallest_integer() {
        assert_eq!(f64_to_i64(1.0e300), i64::MIN);
        assert_eq!(f64_to_i64(f64::NAN), i64::MIN);
        assert_eq!(f64_to_i64(-1.9), -1);
        assert_eq!(f64_to_i64(9.3e18), i64::MIN);
    }

    #[test]
    fn integers_are_read_as_go_reads_them() {
        assert_eq!(parse_int(b"-9223372036854775808", 10), Ok(i64::MIN));
        assert!(parse_int(b"9223372036854775808", 10).is_err());
        assert!(parse_int(b"1_000", 10).is_err());
        assert!(parse_int(b" 1", 10).is_err());
        assert!(parse_int(b"", 10).is_err());
        assert_eq!(parse_int(b"ff", 16), Ok(255));
        assert!(parse_int(b"-", 8).is_err());
        assert!(parse_int(b"1", 1).is_err());
        assert!(parse_int(b"1", 37).is_err());
    }

    #[test]
    fn base_zero_means_the_prefix() {
        assert_eq!(parse_int(b"0x_ff", 0), Ok(255));
        assert_eq!(parse_int(b"-0b1_0", 0), Ok(-2));
        assert_eq!(parse_int(b"017", 0), Ok(15));
        assert_eq!(parse_int(b"0", 0), Ok(0));
        assert_eq!(parse_int(b"1_0", 0), Ok(10));
        for text in ["08", "_10", "10_", "1__0", "0x", "", "-"] {
            assert!(parse_int(text.as_bytes(), 0).is_err(), "{text}");
        }
    }

    #[test]
    fn floats_are_read_as_go_reads_them() {
        assert_eq!(parse_float(b"0x1p-2"), Ok(0.25));
        assert_eq!(parse_float(b"-Inf"), Ok(f64::NEG_INFINITY));
        assert_eq!(parse_float(b".5"), Ok(0.5));
        assert!(parse_float(b"1e400").is_err());
        assert!(parse_float(b"+nan").is_err());
        assert!(parse_float(b"0x1").is_err());
        assert_eq!(parse_float(b"1_000.5_0e1_0"), Ok(1000.5e10));
        assert_eq!(parse_float(b"0x_1p4"), Ok(16.0));
        assert_eq!(parse_float(b"0x1p-99999999999"), Ok(0.0));
        assert_eq!(parse_float(b"0x1.8p-1075"), Ok(5e-324));
        assert_eq!(parse_float(b"0x1.fffffffffffffp1023"), Ok(f64::MAX));
        assert_eq!(parse_float(b"0x1p-1022"), Ok(f64::MIN_POSITIVE));
        assert_eq!(parse_float(b"0x1.00000000000008p0"), Ok(1.0));
        for number in [
            "0.1",
            "-0.30",
            "123456.789012345",
            "0.00000000000001",
            "999999999999999",
            "-1.5",
            "00.5",
            "9007199254740993",
            "0.3000000000000001",
            "1234567890123456.7",
        ] {
            assert_eq!(
                parse_float(number.as_bytes()).ok(),
                number.parse().ok(),
                "{number}"
            );
        }
        assert!(parse_float(b"-0").is_ok_and(|zero| zero.is_sign_negative()));
        assert_eq!(parse_float(b"1."), Ok(1.0));
        for text in [
            "--1", "+-1", "1__0", "_1", "1_", ".", "", "1e", " 1", "infi", "0x1p1025",
        ] {
            assert!(parse_float(text.as_bytes()).is_err(), "{text}");
        }
    }
}

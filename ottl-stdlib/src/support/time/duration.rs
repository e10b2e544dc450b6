//! Durations as Go writes them: `1h30m`, `-1.5s`, `300ms`.

use ottl_vm::ExecError;

/// Nanoseconds of a duration: an optional sign, then numbers with optional fractions, each with its
/// unit. A zero needs no unit.
///
/// # Errors
/// When the text is no duration, or it does not fit 64 bits of nanoseconds.
pub(crate) fn parse(text: &[u8]) -> Result<i64, ExecError> {
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let nanos;
        (nanos, rest) = component(rest)?;
        total = total
            .checked_add(nanos)
            .filter(|&sum| sum <= 1 << 63)
            .ok_or_else(invalid)?;
    }
    if negative {
        // The smallest duration has no positive counterpart.
        Ok((total as i64).wrapping_neg())
    } else {
        i64::try_from(total).map_err(|_| invalid())
    }
}

fn invalid() -> ExecError {
    ExecError::new("The text is no duration. Write numbers with units, such as `1h30m` or `1.5s`.")
}

/// The nanoseconds of the first number and its unit, and what follows.
fn component(text: &[u8]) -> Result<(u64, &[u8]), ExecError> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => digits(rest),
        rest => (&[][..], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let unit_len = rest
        .iter()
        .position(|byte| byte.is_ascii_digit() || *byte == b'.')
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_len);
    let unit: u64 = match unit {
        b"ns" => 1,
        // Both letters that look like a micro sign are one.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return Err(invalid()),
    };
    let mut whole_number = 0u64;
    for digit in whole {
        whole_number = whole_number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u64::from(digit - b'0')))
            .filter(|&number| number <= 1 << 63)
            .ok_or_else(invalid)?;
    }
    let nanos = whole_number
        .checked_mul(unit)
        .filter(|&nanos| nanos <= 1 << 63)
        .ok_or_else(invalid)?;
    let nanos = nanos + fraction_of(fraction, unit);
    if nanos > 1 << 63 {
        return Err(invalid());
    }
    Ok((nanos, rest))
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(len)
}

/// A fraction of a unit in nanoseconds, computed with doubles as the reference does.
fn fraction_of(digits: &[u8], unit: u64) -> u64 {
    let mut number = 0u64;
    let mut scale = 1.0;
    for digit in digits {
        if number > (i64::MAX as u64) / 10 {
            break;
        }
        let longer = number * 10 + u64::from(digit - b'0');
        if longer > 1 << 63 {
            break;
        }
        number = longer;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        assert_eq!(parse(b"1h2m3.5s4ms5us6ns"), Ok(3_723_504_005_006));
        assert_eq!(parse(b"-.5s"), Ok(-500_000_000));
        assert_eq!(parse(b"1.s"), Ok(1_000_000_000));
        assert_eq!(parse("1µs1μs".as_bytes()), Ok(2_000));
        assert_eq!(parse(b"+0"), Ok(0));
        assert_eq!(parse(b"1s1s"), Ok(2_000_000_000));
        assert_eq!(parse(b"0.100000000000000000000h"), Ok(360_000_000_000));
        assert_eq!(parse(b"0.9223372036854775807h"), Ok(3_320_413_933_267));
    }

    #[test]
    fn the_smallest_duration_is_one() {
        assert_eq!(parse(b"-9223372036854775808ns"), Ok(i64::MIN));
        assert!(parse(b"9223372036854775808ns").is_err());
        assert_eq!(parse(b"2562047h47m16.854775807s"), Ok(i64::MAX));
        assert!(parse(b"2562047h47m16.854775808s").is_err());
    }

    #[test]
    fn numbers_need_units_and_units_numbers() {
        for text in [
            "", "-", "1", "s", ".s", "1d", "1 s", "1s ", "1S", "--1s", "1e3s", "1.2.3s",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}

//! Floating-point numbers.

use ottl_vm::text::{shortest_exponential, shortest_plain};

use super::text::{Done, Sheet};

/// No double has more digits behind its point, or in front of it, that are not zero.
const MAX_DIGITS: usize = 1_100;

/// A number without its sign, in parts, so that many zeros need no memory.
#[derive(Debug, Default, PartialEq)]
struct Parts {
    /// Digits with a point.
    digits: String,
    /// Zeros behind them.
    zeros: usize,
    /// The exponent with its letter.
    exponent: String,
}

impl Parts {
    fn len(&self) -> usize {
        self.digits.len() + self.zeros + self.exponent.len()
    }
}

impl Sheet {
    /// A number with the verb `b`, `e`, `E`, `f`, `g`, `G`, `x` or `X`.
    pub(super) fn float(&mut self, value: f64, verb: char, default: Option<usize>) -> Done {
        let style = self.style;
        let precision = style.precision.or(default);
        if !value.is_finite() {
            return self.not_finite(value);
        }
        let mut parts = match verb {
            'b' => binary(value),
            'x' | 'X' => hexadecimal(value.abs(), precision, verb == 'X'),
            'f' => fixed(value.abs(), precision),
            'e' | 'E' => exponential(value.abs(), precision, verb),
            _ => general(value.abs(), precision, verb),
        };
        if style.flags.sharp && verb != 'b' {
            restore_zeros(&mut parts, precision, verb);
        }
        let sign: &[u8] = match style.flags {
            _ if value.is_sign_negative() => b"-",
            flags if flags.plus => b"+",
            flags if flags.space => b" ",
            _ => b"",
        };
        let missing = style
            .width
            .unwrap_or(0)
            .saturating_sub(sign.len() + parts.len());
        let (spaces, zeros) = match (style.flags.minus, style.flags.zero) {
            (true, _) => (0, 0),
            (false, true) => (0, missing),
            (false, false) => (missing, 0),
        };
        self.repeat(b' ', spaces)?;
        self.out.push(sign)?;
        self.repeat(b'0', zeros)?;
        self.out.push(parts.digits.as_bytes())?;
        self.repeat(b'0', parts.zeros)?;
        self.out.push(parts.exponent.as_bytes())?;
        self.repeat(b' ', missing - spaces - zeros)
    }

    fn not_finite(&mut self, value: f64) -> Done {
        let flags = self.style.flags;
        // Infinity has its sign in any case.
        let sign = match flags {
            _ if value == f64::NEG_INFINITY => "-",
            flags if flags.space && !flags.plus => " ",
            flags if value.is_nan() && !flags.plus => "",
            _ => "+",
        };
        let name = if value.is_nan() { "NaN" } else { "Inf" };
        self.pad_with_spaces(format!("{sign}{name}").as_bytes())
    }
}

fn fixed(value: f64, precision: Option<usize>) -> Parts {
    let Some(precision) = precision else {
        return Parts {
            digits: shortest_plain(value),
            ..Parts::default()
        };
    };
    let exact = precision.min(MAX_DIGITS);
    Parts {
        digits: format!("{value:.exact$}"),
        zeros: precision - exact,
        exponent: String::new(),
    }
}

fn exponential(value: f64, precision: Option<usize>, letter: char) -> Parts {
    let (digits, exponent, zeros) = scientific(value, precision);
    Parts {
        digits,
        zeros,
        exponent: exponent_text(letter, exponent),
    }
}

/// The digits with a point behind the first, the exponent of ten, and how many zeros to add.
fn scientific(value: f64, precision: Option<usize>) -> (String, i32, usize) {
    let exact = precision.map(|precision| precision.min(MAX_DIGITS));
    let text = match exact {
        Some(exact) => format!("{value:.exact$e}"),
        None => shortest_exponential(value),
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = precision.unwrap_or(0) - exact.unwrap_or(0);
    (digits.to_owned(), exponent.parse().unwrap_or(0), zeros)
}

fn exponent_text(letter: char, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{letter}{sign}{:02}", exponent.unsigned_abs())
}

/// The shorter of the two forms, without zeros at the end; the precision counts all digits.
fn general(value: f64, precision: Option<usize>, verb: char) -> Parts {
    let precision = precision.map(|precision| precision.max(1));
    let (digits, exponent, _) = scientific(value, precision.map(|precision| precision - 1));
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    let enough = precision.map_or(i64::from(SHORTEST_EXPONENT), |precision| precision as i64);
    if exponent < -4 || i64::from(exponent) >= enough {
        let letter = if verb == 'G' { 'E' } else { 'e' };
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return Parts {
            digits: format!("{first}{point}{rest}"),
            zeros: 0,
            exponent: exponent_text(letter, exponent),
        };
    }
    Parts {
        digits: place_point(digits, exponent),
        ..Parts::default()
    }
}

/// From this exponent on the shortest form that reads back has an exponent.
const SHORTEST_EXPONENT: i32 = 6;

/// Digits whose first has the value of ten to the power of `exponent`.
fn place_point(digits: &str, exponent: i32) -> String {
    let Ok(before) = usize::try_from(exponent + 1) else {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("0.{zeros}{digits}");
    };
    match digits.len().checked_sub(before) {
        None | Some(0) => format!("{digits}{}", "0".repeat(before - digits.len())),
        Some(_) if before == 0 => format!("0.{digits}"),
        Some(_) => format!("{}.{}", &digits[..before], &digits[before..]),
    }
}

/// The mantissa as an integer, and an exponent of two.
fn binary(value: f64) -> Parts {
    let (mantissa, exponent) = mantissa_and_exponent(value);
    Parts {
        digits: mantissa.to_string(),
        zeros: 0,
        exponent: format!("p{exponent:+}"),
    }
}

fn mantissa_and_exponent(value: f64) -> (u64, i32) {
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = value.to_bits();
    let fraction = bits & MANTISSA;
    match (bits >> 52 & 0x7ff) as i32 {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

/// The mantissa in hexadecimal digits with a point behind a leading one, and an exponent of two.
fn hexadecimal(value: f64, precision: Option<usize>, upper: bool) -> Parts {
    let (mantissa, exponent) = mantissa_and_exponent(value);
    let shift = mantissa.leading_zeros().min(63) as i32 - 3;
    // The leading one is bit 60, and 15 digits are behind it.
    let mut mantissa = if mantissa == 0 { 0 } else { mantissa << shift };
    let mut exponent = if mantissa == 0 {
        0
    } else {
        exponent - shift + 60
    };
    if let Some(kept) = precision.filter(|&precision| precision < 15) {
        let dropped = 60 - 4 * kept as u32;
        let rest = mantissa & ((1 << dropped) - 1);
        let half = 1 << (dropped - 1);
        mantissa >>= dropped;
        mantissa += u64::from(rest > half || rest == half && mantissa & 1 == 1);
        mantissa <<= dropped;
        if mantissa >> 61 == 1 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let first = mantissa >> 60;
    let all = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let digits = match precision {
        None => all.trim_end_matches('0'),
        Some(precision) => &all[..precision.min(15)],
    };
    let point = if digits.is_empty() { "" } else { "." };
    let mut parts = Parts {
        digits: format!("0x{first}{point}{digits}"),
        zeros: precision.unwrap_or(0).saturating_sub(15),
        exponent: exponent_text('p', exponent),
    };
    if upper {
        parts.digits.make_ascii_uppercase();
        parts.exponent.make_ascii_uppercase();
    }
    parts
}

/// What the flag `#` asks for: a point in any case, and the zeros that general forms leave out.
fn restore_zeros(parts: &mut Parts, precision: Option<usize>, verb: char) {
    let mut digits = match verb {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let mut seen = false;
    let counted = parts.digits.bytes().filter(|&byte| byte != b'.');
    for byte in counted {
        seen |= byte != b'0';
        digits = digits.saturating_sub(usize::from(seen));
    }
    if seen {
        digits = digits.saturating_sub(parts.zeros);
    }
    if !parts.digits.contains('.') {
        // A lone zero counts as one of the digits.
        digits = digits.saturating_sub(usize::from(parts.digits == "0"));
        parts.digits.push('.');
    }
    parts.zeros += digits;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_shown_in_hexadecimal_digits() {
        let text = |value, precision| {
            let parts = hexadecimal(value, precision, false);
            parts.digits + &"0".repeat(parts.zeros) + &parts.exponent
        };
        assert_eq!(text(1.5, None), "0x1.8p+00");
        assert_eq!(text(0.0, Some(2)), "0x0.00p+00");
        assert_eq!(text(5e-324, None), "0x1p-1074");
        assert_eq!(text(1.999, Some(0)), "0x1p+01");
        assert_eq!(text(1.0, Some(17)), "0x1.00000000000000000p+00");
    }
}

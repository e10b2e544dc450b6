//! Numbers and bytes as digits.

use zmij::Buffer;

/// Lowercase hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut digits = vec![0; bytes.len() * 2];
    fill_hex(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// Writes lowercase hexadecimal digits, two for each byte, into a place of that length.
pub(crate) fn fill_hex(bytes: &[u8], place: &mut [u8]) {
    // Without a table, many bytes are done at once.
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
    for (pair, &byte) in place.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
}

/// The bytes behind hexadecimal digits of either case; `None` when there are others, or an odd
/// number.
#[must_use]
pub fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8; 2]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    if rest.is_empty() {
        pairs.iter().map(byte).collect()
    } else {
        None
    }
}

/// Digits from 00 to 99.
const PAIRS: &[[u8; 2]; 100] = &{
    let mut pairs = [[0; 2]; 100];
    let mut at = 0;
    while at < 100 {
        pairs[at] = [b'0' + (at / 10) as u8, b'0' + (at % 10) as u8];
        at += 1;
    }
    pairs
};

/// Room for the digits of an integer.
#[derive(Debug, Default)]
pub struct Decimal([u8; 20]);

impl Decimal {
    /// The digits of a number, with a minus sign where it is negative.
    #[inline]
    pub fn digits(&mut self, number: i64) -> &[u8] {
        let mut at = self.fill(number.unsigned_abs());
        if number < 0 {
            at -= 1;
            self.0[at] = b'-';
        }
        &self.0[at..]
    }

    /// The digits of a number that is never negative.
    #[inline]
    pub fn unsigned(&mut self, number: u64) -> &[u8] {
        let at = self.fill(number);
        &self.0[at..]
    }

    /// Writes the digits of a number to the end, and tells where they begin.
    #[inline]
    fn fill(&mut self, mut number: u64) -> usize {
        let mut at = self.0.len();
        while number >= 10 {
            let pair = PAIRS[(number % 100) as usize];
            number /= 100;
            at -= 2;
            self.0[at..at + 2].copy_from_slice(&pair);
        }
        if number > 0 || at == self.0.len() {
            at -= 1;
            self.0[at] = b'0' + number as u8;
        }
        at
    }
}

/// A double with [`Shortest::go`]; infinities and NaN by the names that JSON forms of OTLP have.
#[must_use]
pub fn double_or_name(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        double(value)
    }
}

/// A finite double with [`Shortest::go`] and at least two digits in its exponent.
#[must_use]
pub fn double(value: f64) -> String {
    String::from_utf8_lossy(Shortest::default().go(value, 2)).into_owned()
}

/// The fewest digits that read back as the finite number, with an exponent, as `1.5e300`.
#[must_use]
pub fn shortest_exponential(value: f64) -> String {
    let mut text = Shortest::default();
    text.sign(value);
    let exponent = text.take_apart(value);
    text.push_exponential(exponent, |exponent| exponent.to_string());
    String::from_utf8_lossy(&text.text[..text.len]).into_owned()
}

/// The fewest digits that read back as the finite number, without an exponent.
#[must_use]
pub fn shortest_plain(value: f64) -> String {
    let mut text = Shortest::default();
    let exponent = text.take_apart(value);
    let digits = &text.digits[..text.count];
    let mut plain = Vec::with_capacity(24);
    if value.is_sign_negative() {
        plain.push(b'-');
    }
    match usize::try_from(exponent) {
        Err(_) => {
            plain.extend_from_slice(b"0.");
            plain.resize(plain.len() + exponent.unsigned_abs() as usize - 1, b'0');
            plain.extend_from_slice(digits);
        }
        Ok(point) if point + 1 < digits.len() => {
            plain.extend_from_slice(&digits[..point + 1]);
            plain.push(b'.');
            plain.extend_from_slice(&digits[point + 1..]);
        }
        Ok(point) => {
            plain.extend_from_slice(digits);
            plain.resize(plain.len() + point + 1 - digits.len(), b'0');
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Room for the fewest digits that read back as a number.
#[derive(Debug, Default)]
pub struct Shortest {
    text: [u8; 32],
    len: usize,
    digits: [u8; 32],
    count: usize,
}

impl Shortest {
    /// A finite number as Go's `strconv` prints it with the fewest digits and format `f`, or `e`
    /// for very small and very large numbers, with so many digits in the exponent at least. Of two
    /// texts that are equally near it is the even one.
    pub fn go(&mut self, value: f64, least: usize) -> &[u8] {
        self.len = 0;
        let magnitude = value.abs();
        if magnitude < 1e15 && magnitude.trunc() == magnitude {
            self.sign(value);
            self.push(Decimal::default().digits(magnitude as i64));
        } else if (1e-6..1e21).contains(&magnitude) {
            self.plain(value);
        } else {
            self.sign(value);
            let exponent = self.take_apart(value);
            self.push_exponential(exponent, |exponent| {
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{sign}{:0least$}", exponent.unsigned_abs())
            });
        }
        &self.text[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.text[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn sign(&mut self, value: f64) {
        if value.is_sign_negative() {
            self.push(b"-");
        }
    }

    /// A number from 1e-6 to 1e21.
    fn plain(&mut self, value: f64) {
        self.sign(value);
        let exponent = self.take_apart(value);
        let (digits, count) = (self.digits, self.count);
        match usize::try_from(exponent) {
            Err(_) => {
                self.push(b"0.");
                self.push(&b"00000"[..exponent.unsigned_abs() as usize - 1]);
                self.push(&digits[..count]);
            }
            Ok(point) if point + 1 < count => {
                self.push(&digits[..point + 1]);
                self.push(b".");
                self.push(&digits[point + 1..count]);
            }
            Ok(point) => {
                self.push(&digits[..count]);
                let zeros = b"00000000000000000000";
                self.push(&zeros[..point + 1 - count]);
            }
        }
    }

    fn push_exponential(&mut self, exponent: i32, print: impl FnOnce(i32) -> String) {
        let (digits, count) = (self.digits, self.count);
        self.push(&digits[..1]);
        if count > 1 {
            self.push(b".");
            self.push(&digits[1..count]);
        }
        self.push(b"e");
        self.push(print(exponent).as_bytes());
    }

    /// Finds the digits, without zeros at either end, and the exponent of the first one.
    fn take_apart(&mut self, value: f64) -> i32 {
        self.count = 0;
        let mut buffer = Buffer::new();
        let text = buffer.format_finite(value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut exponent: i32 = exponent.parse().unwrap_or(0);
        let whole = mantissa.find('.').unwrap_or(mantissa.len());
        exponent += whole as i32 - 1;
        for digit in mantissa.bytes().filter(|&byte| byte != b'.') {
            if self.count == 0 && digit == b'0' {
                exponent -= 1;
            } else {
                self.digits[self.count] = digit;
                self.count += 1;
            }
        }
        while self.count > 0 && self.digits[self.count - 1] == b'0' {
            self.count -= 1;
        }
        if self.count == 0 {
            (self.digits[0], self.count, exponent) = (b'0', 1, 0);
        }
        exponent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_form_is_the_even_one_of_two() {
        let between = 712_340_685_623_158.0 + 0.25;
        assert_eq!(shortest_exponential(between), "7.123406856231582e14");
        assert_eq!(shortest_plain(between), "712340685623158.2");
        assert_eq!(shortest_plain(-between), "-712340685623158.2");
        assert_eq!(shortest_exponential(0.1), "1e-1");
        assert_eq!(shortest_exponential(5e-324), "5e-324");
        assert_eq!(shortest_exponential(f64::MAX), "1.7976931348623157e308");
    }

    #[test]
    fn numbers_with_many_digits_have_their_point_where_it_belongs() {
        for value in [
            0.1 + 0.2,
            1.0 / 3.0,
            -2e-5 / 3.0,
            2e20 / 3.0,
            9_007_199_254_740_993.0,
            1e20,
            123_456_789_012_345_680_000.0,
        ] {
            let text = shortest_plain(value);
            assert_eq!(text.parse(), Ok(value), "{text}");
            assert!(!text.contains('e'), "{text}");
            assert_eq!(text.len(), format!("{value}").len(), "{text}");
        }
    }

    /// What the standard library has to say, and of two texts that are equally near the even one.
    fn expected(value: f64) -> String {
        let text = format!("{value:e}");
        let mantissa = text.split('e').next().unwrap_or_default();
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        let even = format!("{value:.*e}", digits - 1);
        if even.parse() == Ok(value) {
            even
        } else {
            text
        }
    }

    #[test]
    fn the_digits_are_those_of_the_standard_library() {
        let mut bits = 1_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (any, small) = (f64::from_bits(bits), (bits >> 20) as f64 / 4096.0);
            for value in [any, small, -small.trunc(), small / 1e5, small * 1e3] {
                if !value.is_finite() {
                    continue;
                }
                assert_eq!(shortest_exponential(value), expected(value));
                let mut text = Shortest::default();
                let go = String::from_utf8_lossy(text.go(value, 2)).into_owned();
                assert_eq!(go.parse(), Ok(value), "{go}");
                if (1e-6..1e21).contains(&value.abs()) {
                    assert_eq!(go, shortest_plain(value));
                }
            }
        }
    }

    #[test]
    fn very_small_and_very_large_numbers_have_exponents() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1e-6, "0.000001"),
            (9.5e-7, "9.5e-07"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.25e100, "-1.25e+100"),
            (1e15, "1000000000000000"),
            (123.0, "123"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(double(value), expected);
        }
        assert_eq!(Shortest::default().go(1e-7, 1), b"1e-7");
    }

    #[test]
    fn integers_have_all_their_digits() {
        let numbers = [
            0,
            1,
            -1,
            9,
            10,
            99,
            100,
            12345,
            -987_654,
            i64::MAX,
            i64::MIN,
        ];
        for number in numbers {
            let mut room = Decimal::default();
            let digits = String::from_utf8_lossy(room.digits(number)).into_owned();
            assert_eq!(digits, number.to_string());
        }
        let largest = Decimal::default().unsigned(u64::MAX).to_vec();
        assert_eq!(largest, u64::MAX.to_string().as_bytes());
    }

    #[test]
    fn bytes_are_two_digits_each() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let expected: String = all.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex(&all), expected);
        assert_eq!(unhex(expected.as_bytes()), Some(all));
    }
}

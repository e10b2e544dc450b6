//! Hexadecimal digits, two for a byte.

/// The byte that two digits of either case stand for.
pub(crate) fn byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_a_byte() {
        assert_eq!(byte(*b"0f"), Some(0x0f));
        assert_eq!(byte(*b"Fa"), Some(0xfa));
        assert_eq!(byte(*b"f "), None);
        assert_eq!(byte(*b"+1"), None);
    }
}

//! Integers and characters.

use super::quote;
use super::text::{Done, LOWER, Sheet, UPPER};

/// How an integer is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Base {
    Binary,
    Octal,
    /// Octal with `0o` in front.
    OctalPrefixed,
    Decimal,
    Hex,
    UpperHex,
}

impl Base {
    fn digits(self, value: u64) -> String {
        match self {
            Self::Binary => format!("{value:b}"),
            Self::Octal | Self::OctalPrefixed => format!("{value:o}"),
            Self::Decimal => value.to_string(),
            Self::Hex => format!("{value:x}"),
            Self::UpperHex => format!("{value:X}"),
        }
    }
}

impl Sheet {
    /// An integer: its bits, and whether they have a sign.
    pub(super) fn integer(&mut self, bits: u64, signed: bool, base: Base) -> Done {
        let style = self.style;
        let negative = signed && (bits as i64) < 0;
        let magnitude = if negative { bits.wrapping_neg() } else { bits };
        let sign: &[u8] = match style.flags {
            _ if negative => b"-",
            flags if flags.plus => b"+",
            flags if flags.space => b" ",
            _ => b"",
        };
        let least = match style.precision {
            Some(0) if magnitude == 0 => return self.blank(),
            Some(precision) => precision,
            None if style.flags.zero && !style.flags.minus => {
                style.width.unwrap_or(0).saturating_sub(sign.len())
            }
            None => 0,
        };
        let digits = base.digits(magnitude);
        let zeros = least.saturating_sub(digits.len());
        let prefix: &[u8] = match base {
            Base::OctalPrefixed if style.flags.sharp && zeros == 0 && magnitude != 0 => b"0o0",
            Base::OctalPrefixed => b"0o",
            _ if !style.flags.sharp => b"",
            Base::Binary => b"0b",
            Base::Octal if zeros == 0 && magnitude != 0 => b"0",
            Base::Hex => b"0x",
            Base::UpperHex => b"0X",
            Base::Octal | Base::Decimal => b"",
        };
        let long = sign.len() + prefix.len() + zeros + digits.len();
        let missing = style.width.unwrap_or(0).saturating_sub(long);
        let left = if style.flags.minus { 0 } else { missing };
        self.repeat(b' ', left)?;
        self.out.push(sign)?;
        self.out.push(prefix)?;
        self.repeat(b'0', zeros)?;
        self.out.push(digits.as_bytes())?;
        self.repeat(b' ', missing - left)
    }

    /// A width of nothing.
    fn blank(&mut self) -> Done {
        self.repeat(b' ', self.style.width.unwrap_or(0))
    }

    /// An address, or what is printed like one.
    pub(super) fn hex_number(&mut self, value: u64, prefix: bool) -> Done {
        let sharp = std::mem::replace(&mut self.style.flags.sharp, prefix);
        let done = self.integer(value, false, Base::Hex);
        self.style.flags.sharp = sharp;
        done
    }

    /// The character with a number.
    pub(super) fn character(&mut self, code: u64) -> Done {
        self.pad(char_of(code).encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// The same in quotes.
    pub(super) fn quoted_character(&mut self, code: u64) -> Done {
        let quoted = quote::character(char_of(code), self.style.flags.plus);
        self.pad(&quoted)
    }

    /// A number as `U+0078`, or as `U+0078 'x'`.
    pub(super) fn code_point(&mut self, code: u64) -> Done {
        let digits = format!("{code:X}");
        let least = self.style.precision.unwrap_or(0).max(4);
        let zeros = least.saturating_sub(digits.len());
        let char = u32::try_from(code).ok().and_then(char::from_u32);
        let shown = char.filter(|&char| self.style.flags.sharp && quote::is_printable(char));
        let tail = shown.map_or_else(String::new, |char| format!(" '{char}'"));
        let long = 2 + zeros + digits.len() + tail.chars().count();
        let missing = self.style.width.unwrap_or(0).saturating_sub(long);
        let left = if self.style.flags.minus { 0 } else { missing };
        self.repeat(b' ', left)?;
        self.out.push(b"U+")?;
        self.repeat(b'0', zeros)?;
        self.out.push(digits.as_bytes())?;
        self.out.push(tail.as_bytes())?;
        self.repeat(b' ', missing - left)
    }

    /// Bytes as text or hexadecimal digits, by a verb that is one of `s`, `q`, `x` and `X`.
    pub(super) fn text_by_verb(&mut self, text: &[u8], verb: char) -> Done {
        match verb {
            'q' => self.quoted(text),
            'x' => self.hex(text, LOWER),
            'X' => self.hex(text, UPPER),
            _ => self.string(text),
        }
    }
}

fn char_of(code: u64) -> char {
    let char = u32::try_from(code).ok().and_then(char::from_u32);
    char.unwrap_or(char::REPLACEMENT_CHARACTER)
}

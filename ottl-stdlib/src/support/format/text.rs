//! Text within a width: padding, strings, hexadecimal digits.

use ottl_vm::{ExecError, TextBuilder};

use super::pattern::Flags;
use super::quote;

/// The text that is made, and how the next part of it is to look.
pub(super) struct Sheet {
    pub(super) out: TextBuilder,
    pub(super) style: Style,
}

/// How a part of the text is to look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    pub(super) flags: Flags,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    /// `+` with the verb `v`, where it names the fields of structures.
    pub(super) plus_v: bool,
    /// `#` with the verb `v`, which prints what Go programs have.
    pub(super) sharp_v: bool,
}

pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";
pub(super) const UPPER: &[u8; 16] = b"0123456789ABCDEF";

pub(super) type Done = Result<(), ExecError>;

impl Sheet {
    /// Writes text of at least the width.
    pub(super) fn pad(&mut self, text: &[u8]) -> Done {
        let missing = match self.style.width {
            None | Some(0) => 0,
            Some(width) => width.saturating_sub(characters(text)),
        };
        self.around(missing, |out| out.push(text))
    }

    /// The same, but never with zeros.
    pub(super) fn pad_with_spaces(&mut self, text: &[u8]) -> Done {
        let zero = std::mem::take(&mut self.style.flags.zero);
        let done = self.pad(text);
        self.style.flags.zero = zero;
        done
    }

    /// Writes something, and `missing` characters at the side where they belong.
    pub(super) fn around(
        &mut self,
        missing: usize,
        write: impl FnOnce(&mut TextBuilder) -> Done,
    ) -> Done {
        let left = if self.style.flags.minus { 0 } else { missing };
        self.fill(left)?;
        write(&mut self.out)?;
        self.fill(missing - left)
    }

    /// Writes as many characters of padding.
    pub(super) fn fill(&mut self, count: usize) -> Done {
        let zeros = self.style.flags.zero && !self.style.flags.minus;
        self.repeat(if zeros { b'0' } else { b' ' }, count)
    }

    /// Writes one byte `count` times.
    pub(super) fn repeat(&mut self, byte: u8, mut count: usize) -> Done {
        let part = [byte; 64];
        while count > 0 {
            let now = count.min(part.len());
            self.out.push(&part[..now])?;
            count -= now;
        }
        Ok(())
    }

    pub(super) fn boolean(&mut self, value: bool) -> Done {
        self.pad(if value { b"true" } else { b"false" })
    }

    /// Text as it is, cut to the precision.
    pub(super) fn string(&mut self, text: &[u8]) -> Done {
        let text = self.cut(text);
        self.pad(text)
    }

    fn cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.style.precision {
            Some(count) => &text[..boundary(text, count)],
            None => text,
        }
    }

    /// Text in quotes, with escapes.
    pub(super) fn quoted(&mut self, text: &[u8]) -> Done {
        let text = self.cut(text);
        self.out.spend(text.len() as u64 / 8)?;
        let quoted = if self.style.flags.sharp && quote::fits_backquotes(text) {
            [b"`", text, b"`"].concat()
        } else {
            quote::text(text, self.style.flags.plus)
        };
        self.pad(&quoted)
    }

    /// The hexadecimal digits of bytes.
    pub(super) fn hex(&mut self, bytes: &[u8], digits: &[u8; 16]) -> Done {
        let Style {
            flags,
            width,
            precision,
            ..
        } = self.style;
        let bytes = &bytes[..precision.unwrap_or(usize::MAX).min(bytes.len())];
        let width = width.unwrap_or(0);
        if bytes.is_empty() {
            return self.fill(width);
        }
        let sign = [b'0', if digits == UPPER { b'X' } else { b'x' }];
        let prefix: &[u8] = if flags.sharp { &sign } else { &[] };
        let long = match (flags.space, flags.sharp) {
            (true, true) => 5 * bytes.len() - 1,
            (true, false) => 3 * bytes.len() - 1,
            (false, true) => 2 * bytes.len() + 2,
            (false, false) => 2 * bytes.len(),
        };
        self.around(width.saturating_sub(long), |out| {
            out.push(prefix)?;
            for (index, &byte) in bytes.iter().enumerate() {
                if flags.space && index > 0 {
                    out.push_byte(b' ')?;
                    out.push(prefix)?;
                }
                out.push(&[
                    digits[usize::from(byte >> 4)],
                    digits[usize::from(byte & 15)],
                ])?;
            }
            Ok(())
        })
    }
}

/// How many characters there are; each byte of invalid UTF-8 is one.
fn characters(text: &[u8]) -> usize {
    let count =
        |chunk: std::str::Utf8Chunk<'_>| chunk.valid().chars().count() + chunk.invalid().len();
    text.utf8_chunks().map(count).sum()
}

/// Where character number `count` begins.
fn boundary(text: &[u8], mut count: usize) -> usize {
    let mut at = 0;
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            if count == 0 {
                return at;
            }
            count -= 1;
            at += char.len_utf8();
        }
        let invalid = chunk.invalid().len();
        if count < invalid {
            return at + count;
        }
        count -= invalid;
        at += invalid;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_are_characters() {
        assert_eq!(characters(b"a\xc3\xa9\xe2\x82b"), 5);
        for (count, at) in [(0, 0), (1, 1), (2, 3), (3, 4), (4, 5), (5, 6), (9, 6)] {
            assert_eq!(boundary(b"a\xc3\xa9\xe2\x82b", count), at, "{count}");
        }
    }
}

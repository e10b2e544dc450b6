//! UTF-8 and UTF-16.

use ottl_vm::{ExecError, TextBuilder};

/// Copies text, with one U+FFFD for each maximal invalid part.
pub(super) fn utf_8(text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    for chunk in text.utf8_chunks() {
        out.push(chunk.valid().as_bytes())?;
        if !chunk.invalid().is_empty() {
            out.push_char(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Ok(())
}

/// Decodes pairs of bytes. As in the reference two low surrogates are one U+FFFD.
pub(super) fn utf_16(
    mut text: &[u8],
    mut big_endian: bool,
    marked: bool,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    if let [first, second, rest @ ..] = text
        && marked
        && matches!((first, second), (0xfe, 0xff) | (0xff, 0xfe))
    {
        big_endian = *first == 0xfe;
        text = rest;
    }
    let unit = |pair: &[u8; 2]| {
        if big_endian {
            u16::from_be_bytes(*pair)
        } else {
            u16::from_le_bytes(*pair)
        }
    };
    let (pairs, odd) = text.as_chunks::<2>();
    let mut pairs = pairs.iter().map(unit).peekable();
    while let Some(first) = pairs.next() {
        let is_low = |unit: &u16| (0xdc00..0xe000).contains(unit);
        let second = match first {
            0xd800..0xe000 => pairs.next_if(is_low),
            _ => None,
        };
        let units = std::iter::once(first).chain(second);
        let char = char::decode_utf16(units).next().and_then(Result::ok);
        out.push_char(char.unwrap_or(char::REPLACEMENT_CHARACTER))?;
    }
    if odd.is_empty() {
        return Ok(());
    }
    out.push_char(char::REPLACEMENT_CHARACTER)
}

//! EUC-JP, Shift_JIS and ISO-2022-JP.

use std::sync::LazyLock;

use ottl_vm::{ExecError, TextBuilder};

use super::pairs::Pairs;

const WRONG: char = char::REPLACEMENT_CHARACTER;

/// JIS X 0208 as in EUC-JP.
static JIS_0208: LazyLock<Pairs> = LazyLock::new(|| Pairs::new(encoding_rs::EUC_JP, &[]));
/// JIS X 0212 as in EUC-JP.
static JIS_0212: LazyLock<Pairs> = LazyLock::new(|| Pairs::new(encoding_rs::EUC_JP, &[0x8f]));
static SHIFT_JIS: LazyLock<Pairs> = LazyLock::new(|| Pairs::new(encoding_rs::SHIFT_JIS, &[]));

/// The katakana of half width whose number among them is `byte - first`.
fn katakana(byte: u8, first: u8) -> char {
    char::from_u32(0xff61 + u32::from(byte - first)).unwrap_or(WRONG)
}

pub(super) fn euc_jp() -> impl Fn(&[u8]) -> (char, usize) {
    let (jis_0208, jis_0212) = (&*JIS_0208, &*JIS_0212);
    move |text| match *text {
        [0x8e, byte @ 0xa1..=0xdf, ..] => (katakana(byte, 0xa1), 2),
        [0x8e, 0xe0..=0xfe, ..] => (WRONG, 2),
        [0x8f, lead @ 0xa1..=0xfe, trail @ 0xa1..=0xfe, ..] => (jis_0212.get(lead, trail), 3),
        [0x8f, 0xa1..=0xfe, _, ..] | [0x8f, 0xa1..=0xfd] => (WRONG, 2),
        [lead @ 0xa1..=0xfe, trail @ 0xa1..=0xfe, ..] => (jis_0208.get(lead, trail), 2),
        _ => (WRONG, 1),
    }
}

pub(super) fn shift_jis() -> impl Fn(&[u8]) -> (char, usize) {
    let pairs = &*SHIFT_JIS;
    move |text| match *text {
        [0x80, ..] => ('\u{80}', 1),
        [byte @ 0xa1..=0xdf, ..] => (katakana(byte, 0xa1), 1),
        // The area for characters of one's own has none in the reference.
        [0xf0..=0xf9, 0x40..=0x7e | 0x80..=0xfc, ..] => (WRONG, 2),
        [
            lead @ (0x81..=0x9f | 0xe0..=0xfc),
            trail @ (0x40..=0x7e | 0x80..=0xff),
            ..,
        ] => (pairs.get(lead, trail), 2),
        _ => (WRONG, 1),
    }
}

/// What bytes of ISO-2022-JP mean, by the last escape sequence.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    Ascii,
    Katakana,
    Jis0208,
    Jis0212,
}

pub(super) fn iso_2022_jp(mut text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    let mut set = Set::Ascii;
    while !text.is_empty() {
        if let Some((next, len)) = escape(text) {
            set = next;
            text = &text[len..];
            continue;
        }
        let (char, len) = match (set, text) {
            (_, [0x80..=0xff | 0x1b, ..]) => (WRONG, 1),
            (Set::Ascii, [byte, ..]) => (char::from(*byte), 1),
            (Set::Katakana, [byte @ 0x21..=0x5f, ..]) => (katakana(*byte, 0x21), 1),
            (Set::Katakana, _) => (WRONG, 1),
            (_, [b'\n', ..]) => {
                set = Set::Ascii;
                ('\n', 1)
            }
            (set, [lead, trail, ..]) => (two_bytes(set, *lead, *trail), 2),
            (_, _) => (WRONG, 1),
        };
        out.push_char(char)?;
        text = &text[len..];
    }
    Ok(())
}

fn escape(text: &[u8]) -> Option<(Set, usize)> {
    match text {
        [0x1b, b'$', b'@' | b'B', ..] => Some((Set::Jis0208, 3)),
        [0x1b, b'$', b'(', b'D', ..] => Some((Set::Jis0212, 4)),
        [0x1b, b'(', b'B' | b'J', ..] => Some((Set::Ascii, 3)),
        [0x1b, b'(', b'I', ..] => Some((Set::Katakana, 3)),
        _ => None,
    }
}

/// As in the reference a second byte that is none reaches into the rows behind.
fn two_bytes(set: Set, lead: u8, trail: u8) -> char {
    let row = usize::from(lead.wrapping_sub(0x21));
    let index = row * 94 + usize::from(trail.wrapping_sub(0x21));
    let (Ok(row @ 0..94), column) = (u8::try_from(index / 94), index % 94) else {
        return WRONG;
    };
    let table = if set == Set::Jis0212 {
        &JIS_0212
    } else {
        &JIS_0208
    };
    table.get(row + 0xa1, column as u8 + 0xa1)
}

//! GBK, GB18030, HZ and Big5.

use std::sync::LazyLock;

use ottl_vm::{ExecError, TextBuilder};

use super::pairs::{Pairs, single};
use super::push_ascii;

const WRONG: char = char::REPLACEMENT_CHARACTER;

static GBK: LazyLock<Pairs> = LazyLock::new(|| Pairs::new(encoding_rs::GBK, &[]));
static BIG5: LazyLock<Pairs> = LazyLock::new(|| Pairs::new(encoding_rs::BIG5, &[]));

/// A pair of GBK. Characters that got their place in 2005, and those of private use that held it
/// before, have none in the reference.
fn gbk_pair(lead: u8, trail: u8) -> char {
    match GBK.get(lead, trail) {
        '\u{1e3f}'
        | '\u{9fb4}'..='\u{9fbb}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe10}'..='\u{fe19}' => WRONG,
        char => char,
    }
}

/// GBK, and with `four` the characters of GB18030 that take four bytes.
pub(super) fn gbk(four: bool) -> impl Fn(&[u8]) -> (char, usize) {
    move |text| match *text {
        [0x80, ..] => ('€', 1),
        [lead @ 0x81..=0xfe, trail @ (0x40..=0x7e | 0x80..=0xfe), ..] => (gbk_pair(lead, trail), 2),
        [
            one @ 0x81..=0xfe,
            two @ b'0'..=b'?',
            three @ 0x81..=0xfe,
            last @ b'0'..=b'9',
            ..,
        ] if four => four_bytes([one, two, three, last]),
        _ => (WRONG, 1),
    }
}

/// Characters in the order of Unicode, which the reference counts on with second bytes that are no
/// digits.
fn four_bytes(bytes: [u8; 4]) -> (char, usize) {
    const BASIC: u32 = 39_420;
    const FIRST_SUPPLEMENTARY: u32 = 189_000;
    let [one, two, three, last] = bytes.map(u32::from);
    let rows = (one - 0x81) * 10 + (two - 0x30);
    let index = (rows * 126 + (three - 0x81)) * 10 + (last - 0x30);
    if index < BASIC {
        return (basic(index), 4);
    }
    let code = index
        .checked_sub(FIRST_SUPPLEMENTARY)
        .map(|index| index + 0x1_0000);
    match code.and_then(char::from_u32) {
        Some(char) => (char, 4),
        None => (WRONG, 1),
    }
}

/// Character number `index` of those with four bytes.
fn basic(index: u32) -> char {
    let digit = |value: u32, count: u32, first: u8| first + (value % count) as u8;
    let bytes = [
        digit(index / 12_600, 126, 0x81),
        digit(index / 1_260, 10, b'0'),
        digit(index / 10, 126, 0x81),
        digit(index, 10, b'0'),
    ];
    match single(encoding_rs::GB18030, &bytes) {
        // It has the place of a pair since 2005, but not in the reference.
        '\u{e7c7}' => '\u{1e3f}',
        char => char,
    }
}

/// GB2312 in seven bits, between `~{` and `~}`.
pub(super) fn hz(mut text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    let mut in_pairs = false;
    loop {
        let (char, len) = match *text {
            [] => return Ok(()),
            [b'~', b'{' | b'}', ..] => {
                in_pairs = text[1] == b'{';
                text = &text[2..];
                continue;
            }
            [b'~', b'\n', ..] => {
                text = &text[2..];
                continue;
            }
            [b'~', b'~', ..] => ('~', 2),
            [b'~', _, ..] => (WRONG, 2),
            [b'~'] | [0x80..=0xff, ..] => (WRONG, 1),
            [byte, ..] if !in_pairs => (char::from(byte), 1),
            [_] => (WRONG, 1),
            [lead @ 0x21..=0x7d, trail @ 0x21..=0x7e, ..] => {
                (gbk_pair(lead | 0x80, trail | 0x80), 2)
            }
            [_, 0x81..=0xff, ..] => (WRONG, 1),
            [_, _, ..] => (WRONG, 2),
        };
        out.push_char(char)?;
        text = &text[len..];
    }
}

/// Big5 with the additions of Hong Kong, four of which are two characters.
pub(super) fn big5(mut text: &[u8], out: &mut TextBuilder) -> Result<(), ExecError> {
    let pairs = &*BIG5;
    loop {
        text = push_ascii(text, out)?;
        let (char, len) = match *text {
            [] => return Ok(()),
            [0x88, trail @ (0x62 | 0x64 | 0xa3 | 0xa5), ..] => {
                out.push_char(if trail < 0x80 { 'Ê' } else { 'ê' })?;
                let is_macron = matches!(trail, 0x62 | 0xa3);
                (if is_macron { '\u{304}' } else { '\u{30c}' }, 2)
            }
            [0x81..=0xfe, ..0x40, ..] => (WRONG, 1),
            [lead @ 0x81..=0xfe, trail, ..] => (pairs.get(lead, trail), 2),
            _ => (WRONG, 1),
        };
        out.push_char(char)?;
        text = &text[len..];
    }
}

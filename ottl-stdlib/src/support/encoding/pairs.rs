//! Tables of the characters that encoding_rs has for pairs of bytes.

use encoding_rs::Encoding;

const FIRST_LEAD: u8 = 0x81;
const LEADS: usize = 126;
const FIRST_TRAIL: u8 = 0x40;
const TRAILS: usize = 191;

/// The character for each pair of bytes from 81 40 to FE FE, U+FFFD where there is none.
pub(super) struct Pairs(Vec<char>);

impl Pairs {
    /// The pairs of an encoding, each behind `prefix`.
    pub(super) fn new(encoding: &'static Encoding, prefix: &[u8]) -> Self {
        let leads = (FIRST_LEAD..).take(LEADS);
        let trails = || (FIRST_TRAIL..).take(TRAILS);
        let pairs = leads.flat_map(|lead| trails().map(move |trail| [lead, trail]));
        Self(
            pairs
                .map(|pair| single(encoding, &[prefix, &pair].concat()))
                .collect(),
        )
    }

    /// The character for a pair.
    pub(super) fn get(&self, lead: u8, trail: u8) -> char {
        let row = usize::from(lead.wrapping_sub(FIRST_LEAD));
        let column = usize::from(trail.wrapping_sub(FIRST_TRAIL));
        if column >= TRAILS {
            return char::REPLACEMENT_CHARACTER;
        }
        let char = self.0.get(row * TRAILS + column);
        char.copied().unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// The one character that bytes are in an encoding; U+FFFD when they are none or several.
pub(super) fn single(encoding: &'static Encoding, bytes: &[u8]) -> char {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.unwrap_or_default();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => char,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

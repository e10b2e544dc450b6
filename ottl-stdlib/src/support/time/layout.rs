//! Go's way to describe a time's text: by the text that one certain time would have.
//!
//! The reference translates its directives into such a layout, and what surprises in the result
//! comes from there: the month and the second side by side, `1` and `5`, are the hour `15`. So the
//! layout is kept as an intermediate form and taken apart by Go's rules.

use std::ops::Range;

/// A layout taken apart.
#[derive(Debug)]
pub(crate) struct Layout {
    text: Vec<u8>,
    pub(super) parts: Vec<Part>,
    /// Where the text behind the last element is.
    tail: Range<usize>,
}

/// An element and the text before it.
#[derive(Debug)]
pub(super) struct Part {
    prefix: Range<usize>,
    source: Range<usize>,
    pub(super) element: Element,
}

/// What stands for a property of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongYear,
    ShortYear,
    LongMonth,
    ShortMonth,
    Month(Pad),
    LongWeekday,
    ShortWeekday,
    Day(Pad),
    YearDay(Pad),
    Hour,
    Hour12(Pad),
    Minute(Pad),
    Second(Pad),
    /// `PM` or `AM`.
    UpperHalf,
    /// `pm` or `am`.
    LowerHalf,
    ZoneName,
    Offset {
        /// Whether UTC is `Z`.
        z: bool,
        form: OffsetForm,
    },
    Fraction {
        /// Whether zeros at the end are left out, and any number of digits is read.
        trimmed: bool,
        digits: usize,
        separator: u8,
    },
}

/// What stands before a number with too few digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pad {
    None,
    Zero,
    Blank,
}

/// Which parts an offset has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OffsetForm {
    /// `+07`
    Hours,
    /// `+0700`
    Minutes,
    /// `+07:00`
    ColonMinutes,
    /// `+070000`
    Seconds,
    /// `+07:00:00`
    ColonSeconds,
}

impl Layout {
    /// Takes a layout apart.
    pub(crate) fn new(text: Vec<u8>) -> Self {
        let mut parts = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at < text.len() {
            match element_at(&text, at) {
                Some((element, skipped, len)) => {
                    let source = at + skipped..at + skipped + len;
                    at = source.end;
                    parts.push(Part {
                        prefix: start..source.start,
                        source,
                        element,
                    });
                    start = at;
                }
                None => at += 1,
            }
        }
        let tail = start..text.len();
        Self { text, parts, tail }
    }

    /// The layout as it was given.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn prefix(&self, part: &Part) -> &[u8] {
        &self.text[part.prefix.clone()]
    }

    pub(super) fn source(&self, part: &Part) -> &[u8] {
        &self.text[part.source.clone()]
    }

    pub(super) fn tail(&self) -> &[u8] {
        &self.text[self.tail.clone()]
    }
}

/// Offsets, longest first where one begins another. The digits follow `-` or `Z`.
const OFFSETS: [(&[u8], OffsetForm); 5] = [
    (b"070000", OffsetForm::Seconds),
    (b"07:00:00", OffsetForm::ColonSeconds),
    (b"0700", OffsetForm::Minutes),
    (b"07:00", OffsetForm::ColonMinutes),
    (b"07", OffsetForm::Hours),
];

/// The element that begins at `at`, the number of bytes of literal text that its first bytes are,
/// and its length.
fn element_at(text: &[u8], at: usize) -> Option<(Element, usize, usize)> {
    let rest = &text[at..];
    let found = |element, len| Some((element, 0, len));
    // `Mon` is no weekday in `Month`.
    let is_word = |len: usize| !rest.get(len).is_some_and(u8::is_ascii_lowercase);
    match rest {
        [b'J', b'a', b'n', b'u', b'a', b'r', b'y', ..] => found(Element::LongMonth, 7),
        [b'J', b'a', b'n', ..] if is_word(3) => found(Element::ShortMonth, 3),
        [b'M', b'o', b'n', b'd', b'a', b'y', ..] => found(Element::LongWeekday, 6),
        [b'M', b'o', b'n', ..] if is_word(3) => found(Element::ShortWeekday, 3),
        [b'M', b'S', b'T', ..] => found(Element::ZoneName, 3),
        [b'0', b'1', ..] => found(Element::Month(Pad::Zero), 2),
        [b'0', b'2', ..] => found(Element::Day(Pad::Zero), 2),
        [b'0', b'3', ..] => found(Element::Hour12(Pad::Zero), 2),
        [b'0', b'4', ..] => found(Element::Minute(Pad::Zero), 2),
        [b'0', b'5', ..] => found(Element::Second(Pad::Zero), 2),
        [b'0', b'6', ..] => found(Element::ShortYear, 2),
        [b'0', b'0', b'2', ..] => found(Element::YearDay(Pad::Zero), 3),
        [b'1', b'5', ..] => found(Element::Hour, 2),
        [b'1', ..] => found(Element::Month(Pad::None), 1),
        [b'2', b'0', b'0', b'6', ..] => found(Element::LongYear, 4),
        [b'2', ..] => found(Element::Day(Pad::None), 1),
        // The underscore before a year is an underscore.
        [b'_', b'2', b'0', b'0', b'6', ..] => Some((Element::LongYear, 1, 4)),
        [b'_', b'2', ..] => found(Element::Day(Pad::Blank), 2),
        [b'_', b'_', b'2', ..] => found(Element::YearDay(Pad::Blank), 3),
        [b'3', ..] => found(Element::Hour12(Pad::None), 1),
        [b'4', ..] => found(Element::Minute(Pad::None), 1),
        [b'5', ..] => found(Element::Second(Pad::None), 1),
        [b'P', b'M', ..] => found(Element::UpperHalf, 2),
        [b'p', b'm', ..] => found(Element::LowerHalf, 2),
        [sign @ (b'-' | b'Z'), digits @ ..] => {
            let (sample, form) = OFFSETS
                .into_iter()
                .find(|(sample, _)| digits.starts_with(sample))?;
            let z = *sign == b'Z';
            found(Element::Offset { z, form }, 1 + sample.len())
        }
        [separator @ (b'.' | b','), digits @ ..] => {
            let digit = *digits
                .first()
                .filter(|digit| matches!(digit, b'0' | b'9'))?;
            let count = digits.iter().take_while(|&&other| other == digit).count();
            if digits.get(count).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let fraction = Element::Fraction {
                trimmed: digit == b'9',
                digits: count,
                separator: *separator,
            };
            found(fraction, 1 + count)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str) -> Vec<Element> {
        let layout = Layout::new(text.as_bytes().to_vec());
        layout.parts.iter().map(|part| part.element).collect()
    }

    #[test]
    fn neighbours_may_be_read_as_another_element() {
        assert_eq!(elements("15"), [Element::Hour]);
        assert_eq!(
            elements("1 5"),
            [Element::Month(Pad::None), Element::Second(Pad::None)]
        );
        assert_eq!(elements("__2"), [Element::YearDay(Pad::Blank)]);
    }

    #[test]
    fn words_are_elements_only_as_a_whole() {
        assert_eq!(elements("Month Janet Monday"), [Element::LongWeekday]);
        assert_eq!(elements("MST"), [Element::ZoneName]);
    }

    #[test]
    fn an_underscore_before_the_year_is_literal() {
        let layout = Layout::new(b"_2006".to_vec());
        assert_eq!(layout.prefix(&layout.parts[0]), b"_");
        assert_eq!(layout.source(&layout.parts[0]), b"2006");
    }

    #[test]
    fn a_fraction_needs_a_separator_and_digits_of_one_kind() {
        assert_eq!(elements("999"), []);
        assert_eq!(elements(".01"), [Element::Month(Pad::Zero)]);
        let fraction = Element::Fraction {
            trimmed: true,
            digits: 3,
            separator: b',',
        };
        assert_eq!(elements(",999"), [fraction]);
    }
}

//! Text as the parts of a time, by a layout.
//!
//! What is read, and in which order problems are found, is that of Go's `time.Parse`: the callers
//! try again with another layout, depending on which element did not fit.

use ottl_vm::civil::{days_before, is_leap};

use super::layout::{Element, Layout, OffsetForm, Pad};
use super::names::{self, LONG_DAYS, LONG_MONTHS};

/// What a text says about a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    /// 0 to 9999.
    pub(crate) year: i64,
    /// From 1 on.
    pub(crate) month: u8,
    /// From 1 on.
    pub(crate) day: u8,
    pub(crate) second_of_day: i64,
    pub(crate) nanos: u32,
    pub(crate) zone: ZoneField<'a>,
}

/// What a text says about its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ZoneField<'a> {
    /// Nothing.
    Missing,
    Utc,
    /// Seconds east of UTC, and the abbreviation if there is one as well.
    Offset(i32, &'a [u8]),
    /// An abbreviation.
    Name(&'a [u8]),
}

/// Why a text does not fit a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The layout's element or literal text that does not fit; empty when it is the whole.
    pub(crate) element: Vec<u8>,
    /// What stands there instead.
    pub(crate) found: Vec<u8>,
    /// In which way the whole does not fit.
    pub(crate) reason: &'static str,
}

/// Why an element does not fit: it is not there, or its number is too large.
enum Problem {
    Absent,
    Range(&'static str),
}

type Read<T> = Result<T, Problem>;

impl Layout {
    /// Reads `value`.
    pub(crate) fn parse<'a>(&self, value: &'a [u8]) -> Result<Fields<'a>, Mismatch> {
        let mut reader = Reader {
            rest: value,
            seen: Seen::default(),
        };
        for (index, part) in self.parts.iter().enumerate() {
            reader.literal(self.prefix(part))?;
            let next = self.parts.get(index + 1).map(|part| part.element);
            let before = reader.rest;
            reader.element(part.element, next).map_err(|problem| {
                let (found, reason) = match problem {
                    Problem::Absent => (before, ""),
                    Problem::Range(what) => (reader.rest, what),
                };
                Mismatch {
                    element: self.source(part).to_vec(),
                    found: found.to_vec(),
                    reason,
                }
            })?;
        }
        reader.literal(self.tail())?;
        if !reader.rest.is_empty() {
            return Err(whole(reader.rest, "there is more text"));
        }
        reader.seen.fields().map_err(|reason| whole(b"", reason))
    }
}

fn whole(found: &[u8], reason: &'static str) -> Mismatch {
    Mismatch {
        element: Vec::new(),
        found: found.to_vec(),
        reason,
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    seen: Seen<'a>,
}

#[derive(Default)]
struct Seen<'a> {
    year: i64,
    month: Option<u8>,
    day: Option<u8>,
    year_day: Option<u16>,
    hour: u8,
    minute: u8,
    second: u8,
    nanos: u32,
    /// Whether the text says that it is after noon, and whether it says that it is before.
    afternoon: bool,
    forenoon: bool,
    is_utc: bool,
    offset: Option<i32>,
    zone_name: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Skips literal text; any number of blanks stands for any other.
    fn literal(&mut self, mut literal: &[u8]) -> Result<(), Mismatch> {
        let element = literal;
        while let [first, rest @ ..] = literal {
            let fits = match (first, self.rest.first()) {
                (b' ', None) => true,
                (first, found) => found == Some(first),
            };
            if !fits {
                return Err(Mismatch {
                    element: element.to_vec(),
                    found: self.rest.to_vec(),
                    reason: "",
                });
            }
            if *first == b' ' {
                literal = without_blanks(literal);
                self.rest = without_blanks(self.rest);
            } else {
                literal = rest;
                self.rest = &self.rest[1..];
            }
        }
        Ok(())
    }

    fn element(&mut self, element: Element, next: Option<Element>) -> Read<()> {
        match element {
            Element::LongYear => self.seen.year = self.year()?,
            Element::ShortYear => {
                let year = self.signed_two_digits()?;
                self.seen.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::LongMonth => self.seen.month = Some(self.name(&LONG_MONTHS, false)? + 1),
            Element::ShortMonth => self.seen.month = Some(self.name(&LONG_MONTHS, true)? + 1),
            Element::Month(pad) => {
                let month = self.number(pad)?;
                if !(1..=12).contains(&month) {
                    return Err(Problem::Range("the month is out of range"));
                }
                self.seen.month = Some(month);
            }
            // The weekday must be one, but not the one of the date.
            Element::LongWeekday => drop(self.name(&LONG_DAYS, false)?),
            Element::ShortWeekday => drop(self.name(&LONG_DAYS, true)?),
            Element::Day(pad) => {
                if pad == Pad::Blank {
                    self.skip_blank();
                }
                self.seen.day = Some(self.number(pad)?);
            }
            Element::YearDay(pad) => self.seen.year_day = Some(self.year_day(pad)?),
            Element::Hour => self.seen.hour = self.number_to(Pad::None, 23, "hour")?,
            Element::Hour12(pad) => self.seen.hour = self.number_to(pad, 12, "hour")?,
            Element::Minute(pad) => self.seen.minute = self.number_to(pad, 59, "minute")?,
            Element::Second(pad) => self.second(pad, next)?,
            Element::UpperHalf => self.half(b"AM", b"PM")?,
            Element::LowerHalf => self.half(b"am", b"pm")?,
            Element::ZoneName => self.zone_name()?,
            Element::Offset { z: true, .. } if self.rest.starts_with(b"Z") => {
                self.rest = &self.rest[1..];
                self.seen.is_utc = true;
            }
            Element::Offset { form, .. } => self.offset(form)?,
            Element::Fraction {
                trimmed, digits, ..
            } => self.fraction(trimmed, digits)?,
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Read<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Problem::Absent)?;
        self.rest = rest;
        Ok(head)
    }

    fn skip_blank(&mut self) {
        if let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// One or two digits, or exactly two.
    fn number(&mut self, pad: Pad) -> Read<u8> {
        let digits = leading_digits(self.rest, 2);
        if digits == 0 || pad == Pad::Zero && digits < 2 {
            return Err(Problem::Absent);
        }
        Ok(decimal(self.take(digits)?) as u8)
    }

    fn number_to(&mut self, pad: Pad, max: u8, what: &str) -> Read<u8> {
        let number = self.number(pad)?;
        if number > max {
            return Err(Problem::Range(match what {
                "hour" => "the hour is out of range",
                _ => "the minute is out of range",
            }));
        }
        Ok(number)
    }

    /// Four bytes that are digits.
    fn year(&mut self) -> Read<i64> {
        let digits = self.take(4)?;
        if leading_digits(digits, 4) < 4 {
            return Err(Problem::Absent);
        }
        Ok(decimal(digits).into())
    }

    /// Two bytes that are an integer: digits, or a sign and a digit.
    fn signed_two_digits(&mut self) -> Read<i64> {
        match self.take(2)? {
            [b'+', digit @ b'0'..=b'9'] => Ok(i64::from(digit - b'0')),
            [b'-', digit @ b'0'..=b'9'] => Ok(-i64::from(digit - b'0')),
            digits if leading_digits(digits, 2) == 2 => Ok(decimal(digits).into()),
            // A sign alone is a zero without digits.
            _ => Err(Problem::Absent),
        }
    }

    fn year_day(&mut self, pad: Pad) -> Read<u16> {
        if pad == Pad::Blank {
            self.skip_blank();
            self.skip_blank();
        }
        let digits = leading_digits(self.rest, 3);
        if digits == 0 || pad == Pad::Zero && digits < 3 {
            return Err(Problem::Absent);
        }
        Ok(decimal(self.take(digits)?) as u16)
    }

    fn name(&mut self, names: &[&str], short: bool) -> Read<u8> {
        let (index, len) = names::find(names, short, self.rest).ok_or(Problem::Absent)?;
        self.rest = &self.rest[len..];
        Ok(index as u8)
    }

    /// Seconds, and a fraction that the layout does not have.
    fn second(&mut self, pad: Pad, next: Option<Element>) -> Read<()> {
        self.seen.second = self.number(pad)?;
        if self.seen.second > 59 {
            return Err(Problem::Range("the second is out of range"));
        }
        let in_layout = matches!(next, Some(Element::Fraction { .. }));
        if !in_layout && let [b'.' | b',', b'0'..=b'9', ..] = self.rest {
            let digits = leading_digits(&self.rest[1..], usize::MAX);
            let fraction = self.take(1 + digits)?;
            self.seen.nanos = nanoseconds(&fraction[1..]);
        }
        Ok(())
    }

    fn fraction(&mut self, trimmed: bool, digits: usize) -> Read<()> {
        let found = match self.rest {
            [b'.' | b',', rest @ ..] => leading_digits(rest, usize::MAX),
            _ => 0,
        };
        if trimmed && found == 0 {
            return Ok(());
        }
        if !trimmed && found < digits {
            return Err(Problem::Absent);
        }
        let fraction = self.take(1 + if trimmed { found } else { digits })?;
        self.seen.nanos = nanoseconds(&fraction[1..]);
        Ok(())
    }

    /// A text may say both. Then the hours before noon become hours after it, and 12 becomes 0.
    fn half(&mut self, before_noon: &[u8], after_noon: &[u8]) -> Read<()> {
        let half = self.take(2)?;
        self.seen.afternoon |= half == after_noon;
        self.seen.forenoon |= half == before_noon;
        match half == after_noon || half == before_noon {
            true => Ok(()),
            false => Err(Problem::Absent),
        }
    }

    fn offset(&mut self, form: OffsetForm) -> Read<()> {
        let (len, colons): (usize, &[usize]) = match form {
            OffsetForm::Hours => (3, &[]),
            OffsetForm::Minutes => (5, &[]),
            OffsetForm::ColonMinutes => (6, &[3]),
            OffsetForm::Seconds => (7, &[]),
            OffsetForm::ColonSeconds => (9, &[3, 6]),
        };
        let text = self.rest.get(..len).ok_or(Problem::Absent)?;
        if colons.iter().any(|&at| text[at] != b':') {
            return Err(Problem::Absent);
        }
        self.rest = &self.rest[len..];
        let step = 2 + usize::from(!colons.is_empty());
        let mut parts = [0; 3];
        let mut complete = true;
        for (part, at) in parts.iter_mut().zip((1..len).step_by(step)) {
            complete &= leading_digits(&text[at..], 2) == 2;
            if complete {
                *part = decimal(&text[at..at + 2]) as i32;
            }
        }
        let [hours, minutes, seconds] = parts;
        // Some write offsets of 24 hours or 60 minutes.
        if hours > 24 || minutes > 60 || seconds > 60 {
            return Err(Problem::Range("the zone's offset is out of range"));
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.seen.offset = Some(match text[0] {
            b'+' if complete => offset,
            b'-' if complete => -offset,
            _ => return Err(Problem::Absent),
        });
        Ok(())
    }

    fn zone_name(&mut self) -> Read<()> {
        if let [b'U', b'T', b'C', rest @ ..] = self.rest {
            self.rest = rest;
            self.seen.is_utc = true;
            return Ok(());
        }
        let len = zone_name_len(self.rest).ok_or(Problem::Absent)?;
        self.seen.zone_name = self.take(len)?;
        Ok(())
    }
}

impl<'a> Seen<'a> {
    /// The whole, when its parts agree.
    fn fields(&self) -> Result<Fields<'a>, &'static str> {
        let hour = match self.hour {
            hour if self.afternoon && hour < 12 => hour + 12,
            12 if self.forenoon => 0,
            hour => hour,
        };
        let (month, day) = self.date()?;
        let days =
            days_before(month + 1, is_leap(self.year)) - days_before(month, is_leap(self.year));
        if day < 1 || u16::from(day) > days {
            return Err("the day is out of range");
        }
        let zone = match (self.is_utc, self.offset) {
            (true, _) => ZoneField::Utc,
            // The reference means "no offset" by this one.
            (false, Some(offset)) if offset != -1 => ZoneField::Offset(offset, self.zone_name),
            _ if self.zone_name.is_empty() => ZoneField::Missing,
            _ => ZoneField::Name(self.zone_name),
        };
        Ok(Fields {
            year: self.year,
            month,
            day,
            second_of_day: (i64::from(hour) * 60 + i64::from(self.minute)) * 60
                + i64::from(self.second),
            nanos: self.nanos,
            zone,
        })
    }

    /// Month and day, which the day of the year may tell.
    fn date(&self) -> Result<(u8, u8), &'static str> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        let leap = is_leap(self.year);
        if year_day < 1 || year_day > 365 + u16::from(leap) {
            return Err("the day of the year is out of range");
        }
        let months = 1..=12;
        let month = months
            .rev()
            .find(|&month| days_before(month, leap) < year_day)
            .unwrap_or(1);
        let day = (year_day - days_before(month, leap)) as u8;
        if self.month.is_some_and(|seen| seen != month) || self.day.is_some_and(|seen| seen != day)
        {
            return Err("the day of the year is not the date's");
        }
        Ok((month, day))
    }
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|&&byte| byte == b' ').count();
    &text[blanks..]
}

fn leading_digits(text: &[u8], max: usize) -> usize {
    let is_digit = |byte: &&u8| byte.is_ascii_digit();
    text.iter().take(max).take_while(is_digit).count()
}

/// The number that a few digits are.
fn decimal(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

/// A fraction of a second from its digits; those beyond the ninth are left out.
fn nanoseconds(digits: &[u8]) -> u32 {
    let digits = &digits[..digits.len().min(9)];
    decimal(digits) * 10u32.pow(9 - digits.len() as u32)
}

/// The length of the zone abbreviation that a text begins with. Abbreviations are not known, only
/// what they look like.
fn zone_name_len(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let [b'G', b'M', b'T', rest @ ..] = text {
        return Some(3 + signed_hours_len(rest).unwrap_or(0));
    }
    if matches!(text[0], b'+' | b'-') {
        return signed_hours_len(text);
    }
    let letters = text
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase());
    match (letters.count(), text) {
        (5, [_, _, _, _, b'T', ..]) => Some(5),
        (4, [_, _, _, b'T', ..] | [b'W', b'I', b'T', b'A', ..]) => Some(4),
        (3, _) => Some(3),
        _ => None,
    }
}

/// The length of a sign and the hours behind it, 23 at most.
fn signed_hours_len(text: &[u8]) -> Option<usize> {
    let (b'+' | b'-', digits) = text.split_first()? else {
        return None;
    };
    let len = leading_digits(digits, usize::MAX);
    let hours = std::str::from_utf8(&digits[..len])
        .ok()?
        .parse::<u64>()
        .ok()?;
    (hours <= 23).then_some(1 + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(layout: &str, value: &'a str) -> Result<Fields<'a>, Mismatch> {
        Layout::new(layout.as_bytes().to_vec()).parse(value.as_bytes())
    }

    #[test]
    fn a_fraction_may_follow_seconds_without_being_asked_for() {
        let fields = read("15:04:05", "01:02:03,1234567891").expect("it fits");
        assert_eq!((fields.second_of_day, fields.nanos), (3723, 123_456_789));
        assert!(read("15:04:05 ", "01:02:03.5").is_ok());
        assert!(read("15:04:05.000", "01:02:03.5").is_err());
    }

    #[test]
    fn the_day_of_the_year_must_agree_with_the_date() {
        let fields = read("2006 __2", "2024  60").expect("it fits");
        assert_eq!((fields.month, fields.day), (2, 29));
        assert!(read("2006 1 __2", "2024 3  60").is_err());
        assert!(read("2006 __2", "2023 366").is_err());
    }

    #[test]
    fn days_must_exist() {
        assert!(read("2006-01-02", "2023-02-29").is_err());
        assert!(read("2006-01-02", "2024-02-29").is_ok());
        assert!(read("2006-01-02", "2024-02-00").is_err());
    }

    #[test]
    fn mismatches_name_the_element() {
        let mismatch = read("2006-01-02", "2024-13-01").expect_err("there are 12 months");
        assert_eq!(mismatch.element, b"01");
        assert_eq!(mismatch.found, b"-01");
        let mismatch = read("1/2", " 1/2").expect_err("a blank is no digit");
        assert_eq!(
            (mismatch.element.as_slice(), mismatch.found.as_slice()),
            (&b"1"[..], &b" 1/2"[..])
        );
    }

    #[test]
    fn both_halves_of_the_day_may_be_told() {
        let hour = |text| read("3 PM PM", text).map(|fields| fields.second_of_day / 3600);
        assert_eq!(hour("9 PM AM"), Ok(21));
        assert_eq!(hour("9 AM PM"), Ok(21));
        assert_eq!(hour("12 PM AM"), Ok(0));
        assert_eq!(hour("12 PM PM"), Ok(12));
    }

    #[test]
    fn zone_names_are_told_by_their_looks() {
        let zone = |text| read("MST", text).map(|fields| fields.zone).ok();
        assert_eq!(zone("CEST"), Some(ZoneField::Name(b"CEST")));
        assert_eq!(zone("GMT+3"), Some(ZoneField::Name(b"GMT+3")));
        assert_eq!(zone("-03"), Some(ZoneField::Name(b"-03")));
        assert_eq!(zone("UTC"), Some(ZoneField::Utc));
        assert_eq!(zone("ABCD"), None);
        assert_eq!(zone("ab"), None);
        assert_eq!(zone("+24"), None);
    }
}

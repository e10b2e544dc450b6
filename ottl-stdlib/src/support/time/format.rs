//! Times as text, by a layout.

use otlp_columns::Timestamp;
use ottl_vm::Zones;
use ottl_vm::civil::{Civil, instant};
use ottl_vm::text::Decimal;

use super::layout::{Element, Layout, OffsetForm, Pad, Part};
use super::names::{LONG_DAYS, LONG_MONTHS};

/// Appends `time`, as seen in its zone.
pub(crate) fn format(layout: &Layout, time: Timestamp, zones: &Zones, out: &mut Vec<u8>) {
    let civil = Civil::of(time, zones);
    for part in &layout.parts {
        out.extend_from_slice(layout.prefix(part));
        element(part, time, &civil, zones, out);
    }
    out.extend_from_slice(layout.tail());
}

fn element(part: &Part, time: Timestamp, civil: &Civil, zones: &Zones, out: &mut Vec<u8>) {
    let month = LONG_MONTHS[usize::from(civil.month) - 1];
    let weekday = LONG_DAYS[usize::from(civil.weekday)];
    let hour12 = (civil.hour + 11) % 12 + 1;
    match part.element {
        Element::LongYear => year(civil.year, out),
        Element::ShortYear => padded((civil.year % 100).unsigned_abs(), Pad::Zero, 2, out),
        Element::LongMonth => out.extend_from_slice(month.as_bytes()),
        Element::ShortMonth => out.extend_from_slice(&month.as_bytes()[..3]),
        Element::Month(pad) => padded(civil.month.into(), pad, 2, out),
        Element::LongWeekday => out.extend_from_slice(weekday.as_bytes()),
        Element::ShortWeekday => out.extend_from_slice(&weekday.as_bytes()[..3]),
        Element::Day(pad) => padded(civil.day.into(), pad, 2, out),
        Element::YearDay(pad) => padded(civil.year_day.into(), pad, 3, out),
        Element::Hour => padded(civil.hour.into(), Pad::Zero, 2, out),
        Element::Hour12(pad) => padded(hour12.into(), pad, 2, out),
        Element::Minute(pad) => padded(civil.minute.into(), pad, 2, out),
        Element::Second(pad) => padded(civil.second.into(), pad, 2, out),
        Element::UpperHalf => out.extend_from_slice(if civil.hour < 12 { b"AM" } else { b"PM" }),
        Element::LowerHalf => out.extend_from_slice(if civil.hour < 12 { b"am" } else { b"pm" }),
        Element::ZoneName => zone_name(time, civil.offset, zones, out),
        Element::Offset { z: true, .. } if civil.offset == 0 => out.push(b'Z'),
        Element::Offset { form, .. } => offset(civil.offset, form, out),
        Element::Fraction {
            trimmed,
            digits,
            separator,
        } => fraction(time.nanos, trimmed, digits, separator, out),
    }
}

fn year(year: i64, out: &mut Vec<u8>) {
    if year < 0 {
        out.push(b'-');
    }
    padded(year.unsigned_abs(), Pad::Zero, 4, out);
}

fn padded(number: u64, pad: Pad, width: usize, out: &mut Vec<u8>) {
    let mut room = Decimal::default();
    let digits = room.unsigned(number);
    let missing = width.saturating_sub(digits.len());
    let filled = match pad {
        Pad::None => None,
        Pad::Zero => Some(b'0'),
        Pad::Blank => Some(b' '),
    };
    out.extend(
        filled
            .into_iter()
            .flat_map(|byte| std::iter::repeat_n(byte, missing)),
    );
    out.extend_from_slice(digits);
}

fn offset(seconds: i32, form: OffsetForm, out: &mut Vec<u8>) {
    let minutes = seconds / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    let minutes = u64::from(minutes.unsigned_abs());
    padded(minutes / 60, Pad::Zero, 2, out);
    let (colon, has_minutes, has_seconds) = match form {
        OffsetForm::Hours => (false, false, false),
        OffsetForm::Minutes => (false, true, false),
        OffsetForm::ColonMinutes => (true, true, false),
        OffsetForm::Seconds => (false, true, true),
        OffsetForm::ColonSeconds => (true, true, true),
    };
    let parts = [
        (has_minutes, minutes % 60),
        (has_seconds, u64::from(seconds.unsigned_abs()) % 60),
    ];
    for (present, part) in parts {
        if present {
            if colon {
                out.push(b':');
            }
            padded(part, Pad::Zero, 2, out);
        }
    }
}

/// The zone's abbreviation, or its offset when it has none.
fn zone_name(time: Timestamp, seconds: i32, zones: &Zones, out: &mut Vec<u8>) {
    let zone = zones.get(time.zone);
    let is_nameless =
        time.zone != 0 && zone.to_fixed_offset().is_ok() && zone.iana_name().is_none();
    if is_nameless {
        offset(seconds, OffsetForm::Minutes, out);
    } else {
        let info = zone.to_offset_info(instant(time.seconds));
        out.extend_from_slice(info.abbreviation().as_bytes());
    }
}

fn fraction(nanos: u32, trimmed: bool, digits: usize, separator: u8, out: &mut Vec<u8>) {
    if trimmed && nanos == 0 {
        return;
    }
    let start = out.len();
    out.push(separator);
    padded(nanos.into(), Pad::Zero, 9, out);
    out.truncate(start + 1 + digits.min(9));
    if trimmed {
        while matches!(out.last(), Some(b'0')) && out.len() > start + 1 {
            out.pop();
        }
        out.truncate(if out.len() == start + 1 {
            start
        } else {
            out.len()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::zone::{Zone, fixed};
    use super::*;

    fn printed(layout: &str, nanos: u32, zone: &jiff::tz::TimeZone) -> String {
        let mut zones = Zones::default();
        let time = Timestamp {
            seconds: 0,
            nanos,
            zone: zones.intern(zone),
        };
        let mut out = Vec::new();
        let layout = Layout::new(layout.as_bytes().to_vec());
        format(&layout, time, &zones, &mut out);
        String::from_utf8(out).expect("the layout is text")
    }

    #[test]
    fn a_zone_without_name_is_its_offset() {
        let zone = fixed(19_800, b"");
        assert_eq!(printed("15:04 MST", 0, &zone), "05:30 +0530");
        assert_eq!(printed("MST -07", 0, &fixed(-7200, b"GMT-2")), "GMT-2 -02");
        let berlin = Zone::named("Europe/Berlin").expect("it is in the database");
        assert_eq!(printed("MST Z07:00", 0, &berlin.tz), "CET +01:00");
        assert_eq!(printed("MST Z0700", 0, &jiff::tz::TimeZone::UTC), "UTC Z");
    }

    #[test]
    fn zeros_at_the_end_of_a_fraction_may_be_left_out() {
        let utc = jiff::tz::TimeZone::UTC;
        assert_eq!(printed("5.999", 120_999_999, &utc), "0.12");
        assert_eq!(printed("5.999", 999_999, &utc), "0");
        assert_eq!(printed("5,000", 999_999, &utc), "0,000");
        assert_eq!(printed("5.9999999999", 1, &utc), "0.000000001");
    }
}

//! Dates and clock times of instants.
//!
//! Integers of 64 bits count seconds beyond the years that jiff knows, and the reference tells the
//! date of each of them, so the calendar is here; only the zones are jiff's.

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;

use crate::Zones;

const SECONDS_PER_DAY: u64 = 86_400;
const DAYS_PER_400_YEARS: u64 = 146_097;

/// Days are counted from March 1 of this year, which makes each of them that 64 bits of seconds can
/// name a positive number.
const FIRST_YEAR: i64 = -292_277_022_400;

/// From March 1 of the first year to January 1 of 1970.
const EPOCH_DAYS: i64 = -(FIRST_YEAR / 400) * DAYS_PER_400_YEARS as i64 + 719_468;

/// What a calendar and a clock on the wall show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; 0 is the one before the year 1.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 for Sunday to 6.
    pub weekday: u8,
    /// 1 to 366.
    pub year_day: u16,
    /// Seconds east of UTC.
    pub offset: i32,
}

impl Civil {
    /// A time as seen in its zone.
    #[must_use]
    pub fn of(time: Timestamp, zones: &Zones) -> Self {
        let offset = match time.zone {
            0 => 0,
            zone => offset_at(zones.get(zone), time.seconds),
        };
        Self::at(time.seconds, offset)
    }

    /// The second `seconds` after the epoch as seen `offset` seconds east of UTC.
    #[must_use]
    pub fn at(seconds: i64, offset: i32) -> Self {
        // Wrapping is what the reference does with seconds that have no date.
        let absolute = (EPOCH_DAYS as u64 * SECONDS_PER_DAY)
            .wrapping_add_signed(seconds)
            .wrapping_add_signed(i64::from(offset));
        let days = absolute / SECONDS_PER_DAY;
        let of_day = (absolute % SECONDS_PER_DAY) as u32;
        let of_cycle = days % DAYS_PER_400_YEARS;
        let year_of_cycle =
            (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
        let since_march =
            of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let months = (5 * since_march + 2) / 153;
        let month = if months < 10 { months + 3 } else { months - 9 } as u8;
        let year = FIRST_YEAR
            + (days / DAYS_PER_400_YEARS * 400 + year_of_cycle) as i64
            + i64::from(month <= 2);
        let day = (since_march - (153 * months + 2) / 5 + 1) as u8;
        Self {
            year,
            month,
            day,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
            // March 1 is a Wednesday in every year that is a multiple of 400.
            weekday: ((days + 3) % 7) as u8,
            year_day: days_before(month, is_leap(year)) + u16::from(day),
            offset,
        }
    }
}

/// Seconds east of UTC in `zone` at a second since the epoch.
#[must_use]
pub fn offset_at(zone: &TimeZone, seconds: i64) -> i32 {
    zone.to_offset(instant(seconds)).seconds()
}

/// The instant, or one at which every zone does the same. What jiff does not know is before zones
/// had rules, or so late that their rules repeat each 400 years.
#[must_use]
pub fn instant(seconds: i64) -> jiff::Timestamp {
    const CYCLE: i64 = (DAYS_PER_400_YEARS * SECONDS_PER_DAY) as i64;
    let first = jiff::Timestamp::MIN.as_second();
    let last = jiff::Timestamp::MAX.as_second();
    let known = if seconds > last {
        last - CYCLE + (seconds - last) % CYCLE
    } else {
        seconds.max(first)
    };
    jiff::Timestamp::from_second(known).unwrap_or_default()
}

/// Seconds from the epoch to a clock time in UTC. Days and hours may be beyond the ends of their
/// months and days.
#[must_use]
pub fn seconds_of(year: i64, month: u8, day: i64, second_of_day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_cycle = year.rem_euclid(400);
    let since_march = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = year.div_euclid(400) * DAYS_PER_400_YEARS as i64 + of_cycle * 365 + of_cycle / 4
        - of_cycle / 100
        + since_march
        - 719_468;
    days * SECONDS_PER_DAY as i64 + second_of_day
}

/// Whether February has 29 days.
#[must_use]
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of the year before a month from 1 to 13.
#[must_use]
pub fn days_before(month: u8, leap: bool) -> u16 {
    const BEFORE: [u16; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    BEFORE[usize::from(month) - 1] + u16::from(leap && month > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(seconds: i64) -> (i64, u8, u8, u8) {
        let civil = Civil::at(seconds, 0);
        (civil.year, civil.month, civil.day, civil.weekday)
    }

    #[test]
    fn dates_agree_with_jiff() {
        for seconds in (-377_000_000_000..253_000_000_000).step_by(86_400 * 37 + 4711) {
            let expected = instant(seconds).to_zoned(TimeZone::UTC);
            let civil = Civil::at(seconds, 0);
            assert_eq!(civil.year, i64::from(expected.year()));
            assert_eq!(civil.month, expected.month() as u8);
            assert_eq!(civil.day, expected.day() as u8);
            assert_eq!(civil.hour, expected.hour() as u8);
            assert_eq!(civil.year_day, expected.day_of_year() as u16);
            assert_eq!(
                civil.weekday,
                expected.weekday().to_sunday_zero_offset() as u8
            );
            let clock = i64::from(civil.hour) * 3600 + i64::from(civil.minute) * 60;
            let back = seconds_of(civil.year, civil.month, civil.day.into(), clock);
            assert_eq!(back + i64::from(civil.second), seconds);
        }
    }

    #[test]
    fn every_second_has_a_date() {
        assert_eq!(date(i64::MAX), (292_277_026_596, 12, 4, 0));
        assert_eq!(date(i64::MIN).0, 292_277_026_596);
        assert_eq!(date(-1), (1969, 12, 31, 3));
    }

    #[test]
    fn zones_have_summers_beyond_the_years_of_jiff() {
        let zone = TimeZone::get("Europe/Berlin").expect("it is in every database");
        let summer = seconds_of(12_000, 7, 1, 0);
        assert_eq!(offset_at(&zone, summer), 7200);
        assert_eq!(offset_at(&zone, summer + 180 * 86_400), 3600);
        assert_eq!(offset_at(&zone, i64::MAX), 3600);
    }

    #[test]
    fn days_beyond_a_month_are_those_of_the_next() {
        assert_eq!(date(seconds_of(2023, 2, 29, 0)), (2023, 3, 1, 3));
        assert_eq!(date(seconds_of(2023, 12, 32, 0)), (2024, 1, 1, 1));
    }
}

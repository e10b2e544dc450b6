//! From what a text says about a time to the instant that it means.

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl_vm::civil::{Civil, seconds_of};

use super::parse::{Fields, ZoneField};
use super::zone::{Zone, fixed};

/// What a text is read against.
pub(crate) struct Surroundings<'a> {
    /// The zone of a text that tells none, and the one whose abbreviations are known.
    pub(crate) location: &'a Zone,
    /// The machine's zone.
    pub(crate) local: &'a Zone,
    /// The present time.
    pub(crate) now: Timestamp,
}

/// An instant and the zone that it is seen from. The timestamp's own zone is not set.
#[derive(Debug)]
pub(crate) struct Instant {
    pub(crate) time: Timestamp,
    pub(crate) zone: TimeZone,
}

/// The zone that came out.
enum Found<'a> {
    Utc,
    Location,
    Fixed(i32, &'a [u8]),
}

/// The instant that `fields` mean. A year that is missing or zero is the present one, or the one
/// before it for a date more than a week ahead.
///
/// # Errors
/// A sentence when the zone is an abbreviation that nobody knows.
pub(crate) fn resolve(fields: &Fields<'_>, around: &Surroundings<'_>) -> Result<Instant, String> {
    let (mut seconds, found) = in_location(fields, around.location);
    // What clocks there show, if that is not left to the zone.
    let mut clock = None;
    let zone = match found {
        Found::Utc => TimeZone::UTC,
        Found::Location => around.location.tz.clone(),
        Found::Fixed(0, name) if around.location.abbreviation(seconds).as_bytes() != name => {
            // An abbreviation that the location does not know may be the name of a zone.
            let other = std::str::from_utf8(name).ok().and_then(Zone::named);
            let other =
                other.ok_or_else(|| format!("There is no time zone {}.", name.escape_ascii()))?;
            clock = Some(clock_of(fields));
            let found;
            (seconds, found) = in_location(fields, &other);
            match found {
                Found::Utc => TimeZone::UTC,
                Found::Location => other.tz,
                Found::Fixed(offset, name) => fixed(offset, name),
            }
        }
        Found::Fixed(offset, name) => fixed(offset, name),
    };
    let zone = Zone::new(zone);
    if fields.year <= 0 {
        // The offsets that zones had before there were zones would move the clock.
        let seen = match clock {
            Some(clock) => Civil::at(clock, 0),
            None => Civil::at(seconds, zone.offset(seconds)),
        };
        if seen.year <= 0 {
            seconds = with_year(&seen, fields.nanos, &zone, around);
        }
    }
    let time = Timestamp {
        seconds,
        nanos: fields.nanos,
        zone: 0,
    };
    Ok(Instant {
        time,
        zone: zone.tz,
    })
}

/// The clock time that the fields tell, as if it were in UTC.
fn clock_of(fields: &Fields<'_>) -> i64 {
    let day = fields.day.into();
    seconds_of(fields.year, fields.month, day, fields.second_of_day)
}

fn in_location<'a>(fields: &Fields<'a>, location: &Zone) -> (i64, Found<'a>) {
    let clock = clock_of(fields);
    match fields.zone {
        ZoneField::Utc => (clock, Found::Utc),
        ZoneField::Missing => (in_zone(clock, location), Found::Location),
        ZoneField::Offset(offset, name) => {
            let seconds = clock - i64::from(offset);
            let is_location = location.offset(seconds) == offset
                && (name.is_empty() || location.abbreviation(seconds).as_bytes() == name);
            let found = if is_location {
                Found::Location
            } else {
                Found::Fixed(offset, name)
            };
            (seconds, found)
        }
        ZoneField::Name(name) => match location.offset_named(name, clock) {
            Some(offset) => (clock - i64::from(offset), Found::Location),
            // The reference sees such a time from the offset without moving it.
            None => (clock, Found::Fixed(gmt_offset(name), name)),
        },
    }
}

/// The instant at which clocks in `zone` show a time, given as if it were in UTC. Of two instants,
/// or where there is none, it is the one that the offset at that time in UTC leads to.
fn in_zone(clock: i64, zone: &Zone) -> i64 {
    let guess = zone.offset(clock);
    if guess == 0 {
        return clock;
    }
    clock - i64::from(zone.offset(clock - i64::from(guess)))
}

/// The offset of an abbreviation such as `GMT+3`; others have none.
fn gmt_offset(name: &[u8]) -> i32 {
    let hours = name
        .strip_prefix(b"GMT")
        .and_then(|hours| std::str::from_utf8(hours).ok());
    let hours: i32 = hours.and_then(|hours| hours.parse().ok()).unwrap_or(0);
    hours * 3600
}

/// The same date and clock time in the present year, or in the year before.
fn with_year(seen: &Civil, nanos: u32, zone: &Zone, around: &Surroundings<'_>) -> i64 {
    let now = Civil::at(around.now.seconds, around.local.offset(around.now.seconds));
    let dated = |year: i64, civil: &Civil| {
        let clock = seconds_of(year, civil.month, civil.day.into(), second_of_day(civil));
        in_zone(clock, zone)
    };
    let this_year = dated(now.year, seen);
    let in_a_week = seconds_of(
        now.year,
        now.month,
        i64::from(now.day) + 7,
        second_of_day(&now),
    );
    let in_a_week = in_zone(in_a_week, around.local);
    if (this_year, nanos) <= (in_a_week, around.now.nanos) {
        return this_year;
    }
    let civil = Civil::at(this_year, zone.offset(this_year));
    dated(civil.year - 1, &civil)
}

fn second_of_day(civil: &Civil) -> i64 {
    (i64::from(civil.hour) * 60 + i64::from(civil.minute)) * 60 + i64::from(civil.second)
}

#[cfg(test)]
mod tests {
    use super::super::layout::Layout;
    use super::*;

    /// 2024-02-29T12:00:00Z
    const NOW: i64 = 1_709_208_000;

    fn read(layout: &str, text: &str, location: &str) -> Result<(i64, String), String> {
        let location = Zone::named(location).expect("it is in the database");
        let local = Zone::new(TimeZone::UTC);
        let around = Surroundings {
            location: &location,
            local: &local,
            now: Timestamp::from_unix_nanos(NOW * 1_000_000_000),
        };
        let layout = Layout::new(layout.as_bytes().to_vec());
        let fields = layout
            .parse(text.as_bytes())
            .expect("the text fits the layout");
        let instant = resolve(&fields, &around)?;
        let seconds = instant.time.seconds;
        Ok((seconds, Zone::new(instant.zone).abbreviation(seconds)))
    }

    #[test]
    fn a_time_that_clocks_skip_or_repeat_is_one_of_its_neighbours() {
        let new_york = |text| read("2006-01-02 15:04:05", text, "America/New_York").map(|at| at.0);
        // 06:30 and 05:30 in UTC.
        assert_eq!(new_york("2024-03-10 02:30:00"), Ok(1_710_052_200));
        assert_eq!(new_york("2024-11-03 01:30:00"), Ok(1_730_611_800));
    }

    #[test]
    fn abbreviations_are_those_of_the_location_or_names_of_zones() {
        let zone = |text, location| read("2006-01-02 MST", text, location);
        let midnight = 1_704_067_200;
        assert_eq!(
            zone("2024-01-01 EST", "UTC"),
            Ok((midnight + 5 * 3600, "EST".into()))
        );
        assert_eq!(
            zone("2024-01-01 CEST", "Europe/Berlin"),
            Ok((midnight - 7200, "CET".into()))
        );
        assert_eq!(
            zone("2024-01-01 GMT+3", "UTC"),
            Ok((midnight, "GMT+3".into()))
        );
        assert!(zone("2024-01-01 PST", "UTC").is_err());
    }

    #[test]
    fn a_missing_year_is_the_present_one_unless_that_is_ahead() {
        let month = |text| read("Jan 2", text, "UTC").map(|at| at.0);
        assert_eq!(month("Mar 7"), Ok(1_709_769_600));
        // 2023-03-08, more than a week ahead in 2024.
        assert_eq!(month("Mar 8"), Ok(1_678_233_600));
        assert_eq!(month("Feb 29"), Ok(1_709_164_800));
    }

    #[test]
    fn an_abbreviation_without_a_year_keeps_its_clock_time() {
        let zone = |text| read("Jan 2 15:04 MST", text, "UTC");
        assert_eq!(zone("Jan 15 10:00 CET"), Ok((1_705_309_200, "CET".into())));
        assert_eq!(zone("Jan 15 10:00 EST"), Ok((1_705_330_800, "EST".into())));
    }

    #[test]
    fn an_offset_of_the_location_is_the_location() {
        let zone = |text, location| read("2006-01-02 -0700", text, location).map(|at| at.1);
        assert_eq!(zone("2024-07-01 +0200", "Europe/Berlin"), Ok("CEST".into()));
        assert_eq!(
            zone("2024-07-01 +0000", "America/New_York"),
            Ok("UTC".into())
        );
    }
}

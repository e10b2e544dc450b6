//! Time zones by name, and their abbreviations.
//!
//! Zones come from the database inside this program, not from the machine's, so that a program
//! means the same everywhere.

use std::sync::{LazyLock, OnceLock};

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use ottl_vm::civil::{instant, offset_at};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Beyond this second zones repeat what they do before it: 2100-01-01.
const LAST_CHANGE: i64 = 4_102_444_800;

/// A zone with a way to find its abbreviations.
#[derive(Debug)]
pub(crate) struct Zone {
    pub(crate) tz: TimeZone,
    /// Each abbreviation and offset that the zone has ever had, found when they are needed.
    abbreviations: OnceLock<Vec<(String, i32)>>,
}

impl Zone {
    pub(crate) fn new(tz: TimeZone) -> Self {
        Self {
            tz,
            abbreviations: OnceLock::new(),
        }
    }

    /// The zone with a name of the database, case included.
    pub(crate) fn named(name: &str) -> Option<Self> {
        // The last three are one offset for all time. Some databases have them as other names of
        // places, which would add the places' history.
        let hours = match name {
            "" | "UTC" => return Some(Self::new(TimeZone::UTC)),
            "EST" => Some(-5),
            "MST" => Some(-7),
            "HST" => Some(-10),
            _ => None,
        };
        if let Some(hours) = hours {
            return Some(Self::new(fixed(hours * 3600, name.as_bytes())));
        }
        let tz = DATABASE.get(name).ok()?;
        (tz.iana_name() == Some(name)).then(|| Self::new(tz))
    }

    /// Seconds east of UTC at a second since the epoch.
    pub(crate) fn offset(&self, seconds: i64) -> i32 {
        offset_at(&self.tz, seconds)
    }

    /// The abbreviation at a second since the epoch.
    pub(crate) fn abbreviation(&self, seconds: i64) -> String {
        let info = self.tz.to_offset_info(instant(seconds));
        info.abbreviation().to_owned()
    }

    /// The offset that an abbreviation means at a clock time, given as if it were in UTC. One that
    /// was in effect then is preferred.
    pub(crate) fn offset_named(&self, name: &[u8], clock: i64) -> Option<i32> {
        let known = self.abbreviations.get_or_init(|| self.all_abbreviations());
        let mut out_of_season = None;
        for (_, offset) in known.iter().filter(|(known, _)| known.as_bytes() == name) {
            let info = self.tz.to_offset_info(instant(clock - i64::from(*offset)));
            if info.abbreviation().as_bytes() == name {
                return Some(info.offset().seconds());
            }
            out_of_season = out_of_season.or(Some(*offset));
        }
        out_of_season
    }

    fn all_abbreviations(&self) -> Vec<(String, i32)> {
        let mut known: Vec<(String, i32)> = Vec::new();
        let mut add = |abbreviation: &str, offset: Offset| {
            let entry = (abbreviation, offset.seconds());
            if !known
                .iter()
                .any(|(name, offset)| (name.as_str(), *offset) == entry)
            {
                known.push((abbreviation.to_owned(), offset.seconds()));
            }
        };
        let first = self.tz.to_offset_info(jiff::Timestamp::MIN);
        let mut transitions: Vec<_> = self.tz.preceding(instant(LAST_CHANGE)).collect();
        transitions.reverse();
        add(first.abbreviation(), first.offset());
        for transition in &transitions {
            add(transition.abbreviation(), transition.offset());
        }
        known
    }
}

/// A zone with one offset for all time, and an abbreviation if `name` is one.
pub(crate) fn fixed(offset: i32, name: &[u8]) -> TimeZone {
    let named = std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.is_empty())
        .and_then(|name| {
            // A POSIX zone counts west of UTC.
            let sign = if offset > 0 { '-' } else { '+' };
            let seconds = offset.abs();
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let posix = format!("<{name}>{sign}{hours}:{minutes:02}:{:02}", seconds % 60);
            TimeZone::posix(&posix).ok()
        });
    named.unwrap_or_else(|| Offset::from_seconds(offset).map_or(TimeZone::UTC, TimeZone::fixed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_database_case_included() {
        assert!(Zone::named("America/New_York").is_some());
        assert!(Zone::named("america/new_york").is_none());
        assert!(Zone::named("../etc/passwd").is_none());
        assert!(Zone::named("PST").is_none());
        assert!(Zone::named("EST").is_some());
    }

    #[test]
    fn an_abbreviation_out_of_season_keeps_its_offset() {
        let berlin = Zone::named("Europe/Berlin").expect("it is in the database");
        // 2024-01-01 and 2024-07-01
        assert_eq!(berlin.offset_named(b"CEST", 1_704_067_200), Some(7200));
        assert_eq!(berlin.offset_named(b"CET", 1_719_792_000), Some(3600));
        assert_eq!(berlin.offset_named(b"EDT", 1_719_792_000), None);
    }

    #[test]
    fn fixed_zones_keep_their_abbreviation() {
        let zone = Zone::new(fixed(7200, b"CEST"));
        assert_eq!(zone.abbreviation(0), "CEST");
        assert_eq!(zone.offset(0), 7200);
        let zone = Zone::new(fixed(-12_600, b"GMT-3"));
        assert_eq!(
            (zone.abbreviation(0).as_str(), zone.offset(0)),
            ("GMT-3", -12_600)
        );
        assert_eq!(Zone::new(fixed(90_060, b"")).offset(0), 90_060);
    }
}

//! Calendars, zones, and the formats of times and durations.

pub(crate) mod duration;
pub(crate) mod format;
pub(crate) mod layout;
pub(crate) mod locale;
mod names;
pub(crate) mod parse;
pub(crate) mod resolve;
pub(crate) mod strptime;
pub(crate) mod text;
mod translation;
pub(crate) mod zone;

/// Go's zero time, 0001-01-01T00:00:00Z, in seconds since 1970.
pub(crate) const YEAR_ONE: i64 = -62_135_596_800;

/// Nanoseconds of a second.
pub(crate) const NANOS_PER_SECOND: i64 = 1_000_000_000;

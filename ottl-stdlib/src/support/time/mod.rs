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

//! The time zones that the times of a run are seen from.

use jiff::Timestamp as JiffTimestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;
use otlp_columns::Timestamp;

/// The zones of one run. [`Timestamp::zone`] is an index into it; index 0 is UTC.
#[derive(Clone, Debug)]
pub struct Zones {
    zones: Vec<TimeZone>,
}

impl Default for Zones {
    fn default() -> Self {
        Self {
            zones: vec![TimeZone::UTC],
        }
    }
}

impl Zones {
    /// The index of `zone`, which is added when it is new. When there is no room for another zone
    /// it is UTC.
    pub fn intern(&mut self, zone: &TimeZone) -> u16 {
        if let Some(index) = self.zones.iter().position(|known| known == zone) {
            return index as u16;
        }
        let Ok(index) = u16::try_from(self.zones.len()) else {
            return 0;
        };
        self.zones.push(zone.clone());
        index
    }

    /// The zone behind an index.
    #[must_use]
    pub fn get(&self, index: u16) -> &TimeZone {
        self.zones.get(index as usize).unwrap_or(&self.zones[0])
    }

    /// The time as a calendar sees it in its zone; `None` outside of the years -9999 to 9999.
    #[must_use]
    pub fn zoned(&self, time: Timestamp) -> Option<Zoned> {
        let instant = JiffTimestamp::new(time.seconds, time.nanos as i32).ok()?;
        Some(instant.to_zoned(self.get(time.zone).clone()))
    }
}

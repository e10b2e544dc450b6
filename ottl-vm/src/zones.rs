//! The time zones that the times of a run are seen from.

use std::collections::HashMap;

use jiff::tz::TimeZone;

/// The zones of one run. [`Timestamp::zone`](otlp_columns::Timestamp::zone) is an index into it;
/// index 0 is UTC, and [`Zones::LOCAL`] is UTC as the zone of the machine.
#[derive(Clone, Debug)]
pub struct Zones {
    zones: Vec<TimeZone>,
    /// Indices of the zones with one offset for all time, by its seconds: a message may have many.
    fixed: HashMap<i32, u16>,
}

impl Default for Zones {
    fn default() -> Self {
        Self {
            zones: vec![TimeZone::UTC; 2],
            fixed: HashMap::from([(0, 0)]),
        }
    }
}

impl Zones {
    /// UTC, where it is the zone of the machine. The reference tells the two apart.
    pub const LOCAL: u16 = 1;

    /// The index of the zone of the machine.
    pub fn intern_local(&mut self, zone: &TimeZone) -> u16 {
        match self.intern(zone) {
            0 => Self::LOCAL,
            index => index,
        }
    }

    /// The index of `zone`, which is added when it is new. When there is no room for another zone
    /// it is UTC.
    pub fn intern(&mut self, zone: &TimeZone) -> u16 {
        let offset = zone.to_fixed_offset().ok().map(|offset| offset.seconds());
        let known = match offset {
            Some(offset) => self.fixed.get(&offset).copied(),
            None => {
                let position = self.zones.iter().position(|known| known == zone);
                position.map(|index| index as u16)
            }
        };
        if let Some(index) = known {
            return index;
        }
        let Ok(index) = u16::try_from(self.zones.len()) else {
            return 0;
        };
        if let Some(offset) = offset {
            self.fixed.insert(offset, index);
        }
        self.zones.push(zone.clone());
        index
    }

    /// The zone behind an index.
    #[must_use]
    pub fn get(&self, index: u16) -> &TimeZone {
        self.zones.get(index as usize).unwrap_or(&self.zones[0])
    }
}

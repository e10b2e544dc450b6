//! The world in which tests run: a time that stands still, and chance that always comes out the same.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl_vm::Environment;

/// A fixed time in UTC, and random numbers from a seed.
#[derive(Debug)]
pub(super) struct World {
    now: i64,
    seed: u64,
    drawn: AtomicU64,
}

impl World {
    /// The world at `now` nanoseconds behind the epoch.
    pub(super) fn new(now: i64, seed: u64) -> Self {
        Self {
            now,
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl Environment for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.now)
    }

    /// SplitMix64, which gives well-spread numbers for any seed.
    fn random(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut bits = self.seed.wrapping_add(drawn.wrapping_mul(STEP));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_depends_on_the_seed_alone() {
        let draw = |seed| {
            let world = World::new(0, seed);
            (world.random(), world.random())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).0, draw(1).1);
    }
}

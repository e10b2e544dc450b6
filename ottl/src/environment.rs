//! The real world: the machine's clock, time zone and randomness.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl_vm::Environment;

/// The machine's clock and time zone, and random numbers seeded by the operating system.
///
/// The random numbers are good for identifiers, not for secrets.
#[derive(Debug)]
pub struct SystemEnvironment {
    seeds: RandomState,
    counter: AtomicU64,
}

impl Default for SystemEnvironment {
    fn default() -> Self {
        Self {
            seeds: RandomState::new(),
            counter: AtomicU64::new(0),
        }
    }
}

impl Environment for SystemEnvironment {
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a machine without one.
        let elapsed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp {
            seconds: i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX),
            nanos: elapsed.subsec_nanos(),
            zone: 0,
        }
    }

    fn random(&self) -> u64 {
        let mut hasher = self.seeds.build_hasher();
        hasher.write_u64(self.counter.fetch_add(1, Ordering::Relaxed));
        hasher.finish()
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::system()
    }
}

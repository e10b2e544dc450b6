//! A world that can be asked again.
//!
//! Parts of a condition are evaluated more often than a run does it. Each time they have to see what
//! the run sees, so that the time stands still and random numbers are kept.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl_vm::Environment;

/// Another environment, whose time stands still and whose random numbers come again after
/// [`Replay::rewind`].
pub(super) struct Replay {
    inner: Arc<dyn Environment>,
    now: OnceLock<Timestamp>,
    drawn: Mutex<Drawn>,
}

#[derive(Default)]
struct Drawn {
    numbers: Vec<u64>,
    next: usize,
}

impl Replay {
    pub(super) fn new(inner: Arc<dyn Environment>) -> Self {
        Self {
            inner,
            now: OnceLock::new(),
            drawn: Mutex::default(),
        }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many random numbers were drawn.
    pub(super) fn mark(&self) -> usize {
        self.drawn().next
    }

    /// Goes back to where so many were drawn.
    pub(super) fn rewind(&self, mark: usize) {
        let mut drawn = self.drawn();
        drawn.next = mark.min(drawn.numbers.len());
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Environment for Replay {
    fn now(&self) -> Timestamp {
        *self.now.get_or_init(|| self.inner.now())
    }

    fn random(&self) -> u64 {
        let mut drawn = self.drawn();
        if drawn.next == drawn.numbers.len() {
            let number = self.inner.random();
            drawn.numbers.push(number);
        }
        drawn.next += 1;
        drawn.numbers[drawn.next - 1]
    }

    fn local_zone(&self) -> TimeZone {
        self.inner.local_zone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottl_vm::FixedEnvironment;

    #[test]
    fn numbers_come_again() {
        let replay = Replay::new(Arc::new(FixedEnvironment::at(7)));
        assert_eq!((replay.random(), replay.random()), (0, 1));
        replay.rewind(1);
        assert_eq!((replay.random(), replay.random()), (1, 2));
        assert_eq!(replay.mark(), 3);
    }
}

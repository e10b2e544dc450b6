//! A world that can be asked again.
//!
//! Parts of a condition are evaluated more often than a run does it. Each time they have to see what
//! the run sees, so that the time stands still and random numbers are kept.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::tz::TimeZone;
use otlp_columns::Timestamp;
use ottl_vm::Environment;

/// Another environment, whose time stands still and whose random numbers come again after
/// [`Replay::rewind`].
pub(crate) struct Replay {
    inner: Arc<dyn Environment>,
    now: OnceLock<Timestamp>,
    drawn: Mutex<Drawn>,
}

#[derive(Default)]
struct Drawn {
    /// Those that may come again.
    numbers: VecDeque<u64>,
    next: usize,
    is_kept: bool,
}

impl Replay {
    pub(crate) fn new(inner: Arc<dyn Environment>) -> Self {
        Self {
            inner,
            now: OnceLock::new(),
            drawn: Mutex::default(),
        }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps random numbers from now on, so that they can come again, or keeps no more of them.
    pub(super) fn keep(&self, is_kept: bool) {
        self.drawn().is_kept = is_kept;
    }

    /// How many of the random numbers that are kept were drawn.
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
        if !drawn.is_kept {
            let next = std::mem::take(&mut drawn.next);
            drawn.numbers.drain(..next);
            let known = drawn.numbers.pop_front();
            return known.unwrap_or_else(|| self.inner.random());
        }
        if drawn.next == drawn.numbers.len() {
            let number = self.inner.random();
            drawn.numbers.push_back(number);
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
        replay.keep(true);
        let mark = replay.mark();
        assert_eq!((replay.random(), replay.random()), (2, 3));
        replay.rewind(mark + 1);
        assert_eq!((replay.random(), replay.random()), (3, 4));
        replay.rewind(mark);
        replay.keep(false);
        let all: Vec<_> = (0..5).map(|_| replay.random()).collect();
        assert_eq!(all, [2, 3, 4, 5, 6], "what was drawn comes first");
        replay.keep(true);
        assert_eq!((replay.mark(), replay.random()), (0, 7));
    }
}

//! How much work may be done with the values of a batch, and how it is stopped from outside.
//!
//! Work is counted in units, which are the same for the same program and message on every machine.
//! Like the limit on growth, this one is sticky: once it is hit every further unit is refused, so
//! that a caller that cannot hand on an error may stop with any result at all. Whoever set the
//! meter must look at [`Meter::stopped`] before trusting what was made.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How many units go by between two looks at the interrupt.
const SLICE: u64 = 1 << 14;

/// What may be spent on a batch.
///
/// One thread spends at a time; others may look on.
pub struct Meter {
    /// Units until the interrupt is asked again.
    slice: AtomicU64,
    /// Units beyond these.
    left: AtomicU64,
    stopped: AtomicU8,
    interrupt: Option<Arc<Interrupt>>,
}

/// Says whether to stop.
pub type Interrupt = dyn Fn() -> bool + Send + Sync;

/// Why no more may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All units are spent.
    Work,
    /// Something would be larger than the growth limit of the batch.
    Memory,
    /// The interrupt said so.
    Interrupt,
}

impl Default for Meter {
    /// A meter without limit.
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

impl Meter {
    /// A meter that lets `units` be spent.
    #[must_use]
    pub fn new(units: u64) -> Self {
        Self {
            slice: AtomicU64::new(0),
            left: AtomicU64::new(units),
            stopped: AtomicU8::new(0),
            interrupt: None,
        }
    }

    /// The same meter with an interrupt, which is asked before the first unit is spent and about
    /// every 16,000 units from then on. It should be quick.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Arc<Interrupt>) -> Self {
        self.interrupt = Some(interrupt);
        self
    }

    /// Spends `units`, or refuses and spends nothing from then on.
    #[inline]
    #[must_use]
    pub fn spend(&self, units: u64) -> bool {
        let slice = self.slice.load(Ordering::Relaxed);
        if units <= slice {
            self.slice.store(slice - units, Ordering::Relaxed);
            return true;
        }
        self.next_slice(units - slice)
    }

    #[cold]
    fn next_slice(&self, missing: u64) -> bool {
        if self.stopped().is_some() {
            return false;
        }
        if self.interrupt.as_ref().is_some_and(|interrupt| interrupt()) {
            self.stop(Stop::Interrupt);
            return false;
        }
        let Some(left) = self.left.load(Ordering::Relaxed).checked_sub(missing) else {
            self.stop(Stop::Work);
            return false;
        };
        let slice = left.min(SLICE);
        self.slice.store(slice, Ordering::Relaxed);
        self.left.store(left - slice, Ordering::Relaxed);
        true
    }

    /// How many units may still be spent.
    #[must_use]
    pub fn left(&self) -> u64 {
        let slice = self.slice.load(Ordering::Relaxed);
        self.left.load(Ordering::Relaxed).saturating_add(slice)
    }

    /// Refuses all further work.
    pub fn stop(&self, why: Stop) {
        if self.stopped().is_none() {
            let code = match why {
                Stop::Work => 1,
                Stop::Memory => 2,
                Stop::Interrupt => 3,
            };
            self.stopped.store(code, Ordering::Relaxed);
        }
        self.slice.store(0, Ordering::Relaxed);
        self.left.store(0, Ordering::Relaxed);
    }

    /// Why further work is refused, if it is.
    #[inline]
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        match self.stopped.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Stop::Work),
            2 => Some(Stop::Memory),
            _ => Some(Stop::Interrupt),
        }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("left", &self.left())
            .field("stopped", &self.stopped())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_can_be_spent_once() {
        let meter = Meter::new(SLICE + 10);
        assert!(meter.spend(SLICE) && meter.spend(9) && meter.spend(1));
        assert_eq!((meter.left(), meter.stopped()), (0, None));
        assert!(meter.spend(0) && !meter.spend(1));
        assert_eq!(meter.stopped(), Some(Stop::Work));
    }

    #[test]
    fn what_was_refused_stays_refused() {
        let meter = Meter::new(100);
        assert!(!meter.spend(101) && !meter.spend(1));
        let meter = Meter::default();
        assert!(meter.spend(u64::MAX / 2));
        meter.stop(Stop::Memory);
        meter.stop(Stop::Interrupt);
        assert!(!meter.spend(1));
        assert_eq!(meter.stopped(), Some(Stop::Memory));
    }

    #[test]
    fn the_interrupt_is_asked_every_so_often() {
        let asked = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&asked);
        let interrupt = move || counter.fetch_add(1, Ordering::Relaxed) == 2;
        let meter = Meter::default().with_interrupt(Arc::new(interrupt));
        let spent = (0..4 * SLICE).take_while(|_| meter.spend(1)).count() as u64;
        assert_eq!(meter.stopped(), Some(Stop::Interrupt));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
        assert_eq!(spent, 2 * (SLICE + 1));
    }
}

//! A token bucket: so many in an interval, whenever they come.

use std::time::Duration;

/// The right to some samples, which grows with time.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    /// Nanoseconds that one sample costs; none when there are no samples.
    cost: Option<u64>,
    /// Nanoseconds that there may be at most.
    most: u64,
    /// Nanoseconds that are there.
    credit: u64,
    /// When that was counted, in nanoseconds since the epoch.
    counted: i64,
    /// How many came since the last one that was let through.
    pub(super) suppressed: u64,
}

impl Bucket {
    /// A bucket from which `count` can be taken at once.
    pub(super) fn full(count: u32, interval: Duration, now: i64) -> Self {
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        let cost = interval.checked_div(u64::from(count));
        // So that what does not divide evenly does not lose the last one.
        let most = cost.unwrap_or(0).saturating_mul(u64::from(count));
        Self {
            cost,
            most,
            credit: most,
            counted: now,
            suppressed: 0,
        }
    }

    /// Takes one if there is one, and tells how many were suppressed before.
    pub(super) fn take(&mut self, now: i64) -> Option<u64> {
        // A clock that goes back earns nothing.
        let elapsed = u64::try_from(now.saturating_sub(self.counted)).unwrap_or(0);
        self.counted = now;
        self.credit = self.credit.saturating_add(elapsed).min(self.most);
        match self.cost.and_then(|cost| self.credit.checked_sub(cost)) {
            Some(left) => {
                self.credit = left;
                Some(std::mem::take(&mut self.suppressed))
            }
            None => {
                self.suppressed += 1;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn times(bucket: &mut Bucket, now: i64, tries: usize) -> usize {
        (0..tries).filter(|_| bucket.take(now).is_some()).count()
    }

    #[test]
    fn so_many_come_through_in_an_interval() {
        let mut bucket = Bucket::full(3, Duration::from_secs(10), 0);
        assert_eq!(times(&mut bucket, 0, 100), 3);
        assert_eq!(bucket.suppressed, 97);
        assert_eq!(times(&mut bucket, 3 * SECOND, 100), 0);
        assert_eq!(
            bucket.take(4 * SECOND),
            Some(197),
            "a third of the interval"
        );
        assert_eq!(times(&mut bucket, 1000 * SECOND, 100), 3, "and no more");
    }

    #[test]
    fn none_means_none() {
        let mut bucket = Bucket::full(0, Duration::from_secs(1), 0);
        assert_eq!(times(&mut bucket, 0, 5), 0);
        assert_eq!(times(&mut bucket, i64::MAX, 5), 0);
        assert_eq!(bucket.suppressed, 10);
    }

    #[test]
    fn odd_clocks_and_intervals_are_harmless() {
        let mut bucket = Bucket::full(2, Duration::from_secs(10), 100 * SECOND);
        assert_eq!(times(&mut bucket, 0, 5), 2, "the clock went back");
        assert_eq!(times(&mut bucket, 5 * SECOND, 5), 1);
        assert_eq!(times(&mut bucket, i64::MAX, 5), 2);
        assert_eq!(times(&mut bucket, i64::MIN, 5), 0);
        let mut all = Bucket::full(1, Duration::ZERO, 0);
        assert_eq!(times(&mut all, 0, 5), 5, "no interval is no limit");
        let mut few = Bucket::full(1, Duration::MAX, 0);
        assert_eq!(times(&mut few, i64::MAX, 5), 1);
    }
}

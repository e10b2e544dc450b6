//! Buckets of an exponential histogram as buckets with explicit bounds.
//!
//! Each algorithm says where the values of a bucket go that no explicit bucket holds whole.

use otlp_columns::metric::Exponential;

use crate::support::math::{exp, ldexp, max, min};

/// How the values of a bucket are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// All to the first bound at or above the bucket's upper end.
    Upper,
    /// All to the bucket in which its middle is.
    Midpoint,
    /// To the bounds that it overlaps, the same number to each.
    Uniform,
    /// To the bounds that it overlaps, at random in about the proportion of the overlaps.
    Random,
}

impl Distribution {
    /// The algorithm with a name; the empty one is `random`.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"upper" => Some(Self::Upper),
            b"midpoint" => Some(Self::Midpoint),
            b"uniform" => Some(Self::Uniform),
            b"random" | b"" => Some(Self::Random),
            _ => None,
        }
    }

    /// The counts of `bounds`, which are not empty. Values below zero get lost, and so does the
    /// count of zeros unless the first bound is zero.
    pub(crate) fn counts(
        self,
        point: &Exponential,
        bounds: &[f64],
        random: &mut dyn FnMut() -> u64,
    ) -> Vec<u64> {
        let factor = ldexp(std::f64::consts::LN_2, -i64::from(point.scale));
        let mut counts = vec![0u64; bounds.len()];
        if bounds[0] == 0.0 {
            counts[0] = point.zero_count;
        }
        let last = bounds.len() - 1;
        for (position, &count) in point.positive.counts.iter().enumerate() {
            let index = point.positive.offset.wrapping_add(position as i32);
            let bucket = Bucket {
                lower: exp(f64::from(index) * factor),
                upper: exp(f64::from(index.wrapping_add(1)) * factor),
                count,
            };
            let mut add = |at: usize, count| counts[at] = counts[at].wrapping_add(count);
            if bucket.lower > bounds[last] {
                add(last, count);
            } else if let Some(within) = bucket.within(bounds) {
                add(within, count);
            } else {
                match self {
                    Self::Upper => add(bucket.upper_place(bounds), count),
                    Self::Midpoint => add(bucket.middle_place(bounds), count),
                    Self::Uniform => bucket.spread(bounds, &mut add),
                    Self::Random => bucket.scatter(bounds, random, &mut add),
                }
            }
        }
        counts
    }
}

/// A bucket of an exponential histogram.
struct Bucket {
    lower: f64,
    upper: f64,
    count: u64,
}

impl Bucket {
    /// The place whose bound and the next one enclose the bucket.
    fn within(&self, bounds: &[f64]) -> Option<usize> {
        bounds
            .windows(2)
            .position(|pair| self.lower > pair[0] && self.upper <= pair[1])
    }

    fn upper_place(&self, bounds: &[f64]) -> usize {
        let fits = |&bound: &f64| self.upper <= bound;
        bounds.iter().position(fits).unwrap_or(bounds.len() - 1)
    }

    fn middle_place(&self, bounds: &[f64]) -> usize {
        let middle = (self.upper + self.lower) / 2.0;
        match bounds.iter().position(|&bound| middle <= bound) {
            Some(above) => above.saturating_sub(1),
            None => bounds.len() - 1,
        }
    }

    /// The first and the last bound that the bucket reaches.
    fn reach(&self, bounds: &[f64]) -> (usize, usize) {
        let last = bounds.len() - 1;
        // The reference crashes where an end is NaN; here the last bound is then the place.
        let from = bounds.iter().position(|&bound| self.lower <= bound);
        let from = from.unwrap_or(last);
        let to = bounds[from..].iter().position(|&bound| self.upper <= bound);
        (from, to.map_or(last, |to| from + to))
    }

    fn spread(&self, bounds: &[f64], add: &mut dyn FnMut(usize, u64)) {
        let (from, to) = self.reach(bounds);
        share(self.count, from..=to, add);
    }

    fn scatter(
        &self,
        bounds: &[f64],
        random: &mut dyn FnMut() -> u64,
        add: &mut dyn FnMut(usize, u64),
    ) {
        if self.lower.is_nan() {
            return add(0, self.count);
        }
        let (from, to) = self.reach(bounds);
        if from == to || self.upper.is_nan() {
            return add(from, self.count);
        }
        let mut left = self.count;
        for at in from..=to {
            let begin = match at {
                0 => self.lower,
                at => max(bounds[at - 1], self.lower),
            };
            let overlap = min(bounds[at], self.upper) - begin;
            let allocated = self.count as f64 * (overlap / (self.upper - self.lower));
            // What is NaN or negative is none.
            let some = (unit(random()) * (allocated as u64) as f64) as u64;
            let some = some.min(left);
            add(at, some);
            left -= some;
        }
        // The reference places what is left one by one, as long as that takes. Of many each place
        // gets about the same number anyway.
        let places = (to - from + 1) as u64;
        if left > MOST_DRAWN {
            share(left - left % places, from..=to, add);
            left %= places;
        }
        for _ in 0..left {
            add(from + (random() % places) as usize, 1);
        }
    }
}

/// How many values are placed one by one.
const MOST_DRAWN: u64 = 1 << 10;

/// Adds the same number to each place, and what is left to the first ones.
fn share(count: u64, places: std::ops::RangeInclusive<usize>, add: &mut dyn FnMut(usize, u64)) {
    let len = (places.end() - places.start() + 1) as u64;
    for (index, place) in (0..).zip(places) {
        add(place, count / len + u64::from(index < count % len));
    }
}

/// 53 random bits as a number from 0 to below 1.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * 0.5f64.powi(53)
}

#[cfg(test)]
mod tests {
    use super::*;
    use otlp_columns::metric::BucketCounts;

    fn point(scale: i32, offset: i32, counts: &[u64]) -> Exponential {
        Exponential {
            scale,
            positive: BucketCounts {
                offset,
                counts: counts.to_vec(),
            },
            ..Exponential::default()
        }
    }

    #[test]
    fn whatever_is_random_the_values_are_all_there() {
        let bounds = [1.0, 2.0, 5.0, 9.0, 30.0];
        let mut seed = 1u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed
        };
        for count in [0, 1, 7, 100_000, u64::from(u32::MAX), 1 << 60] {
            // From 1/16 to 16, and from 16 to 256.
            let point = point(-2, -1, &[count, count, count]);
            let counts = Distribution::Random.counts(&point, &bounds, &mut random);
            assert_eq!(counts.iter().sum::<u64>(), 3 * count, "{counts:?}");
        }
    }

    #[test]
    fn bounds_that_are_no_numbers_do_no_harm() {
        // Zero times infinity.
        let point = point(-2000, 0, &[3]);
        for distribution in [
            Distribution::Upper,
            Distribution::Midpoint,
            Distribution::Uniform,
            Distribution::Random,
        ] {
            let counts = distribution.counts(&point, &[1.0, 2.0], &mut || 0);
            assert_eq!(counts.iter().sum::<u64>(), 3, "{distribution:?}");
        }
    }
}

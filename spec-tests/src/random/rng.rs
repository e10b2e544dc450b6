//! The source of chance: SplitMix64, which needs no dependency and gives the same draws everywhere.

/// A sequence of draws.
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// The sequence of one case; neighbouring numbers give unrelated draws.
    pub(super) fn new(seed: u64, number: u64) -> Rng {
        let mut rng = Rng { state: seed };
        rng.state = rng.draw() ^ number.wrapping_mul(0xd134_2543_de82_ef95);
        rng
    }

    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which is not zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.draw()) * limit as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred draws.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the choices, of which there is at least one.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_stay_in_range() {
        let draws = |number| {
            let mut rng = Rng::new(7, number);
            (0..50).map(|_| rng.between(3, 9)).collect::<Vec<_>>()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
        assert!(draws(1).iter().all(|d| (3..=9).contains(d)));
        assert!((3..=9).all(|d| draws(1).contains(&d)));
    }
}

//! Hashing that costs little, for tables whose keys are looked up many times while one program is
//! compiled.
//!
//! The keys come from sources, which strangers may write, so that each table has a secret of its own
//! from the standard library's hasher: nobody can choose keys that collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// A table with such hashing.
pub(crate) type Map<K, V> = HashMap<K, V, Secret>;

/// What a table mixes into its hashes.
#[derive(Clone, Copy)]
pub(crate) struct Secret(u64);

impl Default for Secret {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for Secret {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer {
            state: self.0,
            secret: self.0.rotate_left(32) | 1,
        }
    }
}

/// Multiplies each word with what came before it, and folds the halves of the product.
pub(crate) struct Mixer {
    state: u64,
    secret: u64,
}

impl Mixer {
    #[inline]
    fn mix(&mut self, word: u64) {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.state ^ word) * u128::from(self.secret ^ FACTOR);
        self.state = (product as u64) ^ (product >> 64) as u64;
    }
}

impl Hasher for Mixer {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.mix(value.into());
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.mix(value.into());
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_that_are_alike_have_hashes_that_are_not() {
        let secret = Secret::default();
        let texts = (0..10_000).map(|at| format!("span.attributes.{at}"));
        let hashes: HashSet<_> = texts.map(|text| secret.hash_one(text.as_bytes())).collect();
        assert_eq!(hashes.len(), 10_000);
        let low: HashSet<_> = (0..4096_usize)
            .map(|at| secret.hash_one(at * 64) % 4096)
            .collect();
        assert!(low.len() > 2000, "{}", low.len());
    }
}

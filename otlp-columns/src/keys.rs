//! The keys of a map that is kept as columns, found by their bytes.

/// Up to so many keys of one length are compared one after the other.
const FEW_KEYS: usize = 4;
/// Lengths that are told apart; longer keys count as having the last.
const LENGTHS: usize = 64;
/// No key has a length.
const NONE: u16 = u16::MAX;

/// Distinct keys, numbered in their order.
///
/// Most keys that are looked for are not among them, which their lengths mostly tell.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    keys: Vec<Vec<u8>>,
    /// The numbers, by the lengths of their keys and then by the keys.
    order: Vec<u32>,
    /// The lengths that keys have, one bit each; the lowest bits of a length are its number.
    lengths: u64,
    /// For each length where its keys begin in the order.
    first: [u16; LENGTHS],
}

impl Default for Keys {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Keys {
    pub(crate) fn new(keys: &[&[u8]]) -> Self {
        let mut order: Vec<u32> = (0..keys.len() as u32).collect();
        order.sort_by_key(|&at| sort_key(keys[at as usize]));
        let mut first = [NONE; LENGTHS];
        for (at, &number) in order.iter().enumerate().rev() {
            // Behind so many keys a place is of no use, but says that there are some.
            first[class(keys[number as usize])] = at.min(usize::from(NONE) - 1) as u16;
        }
        Self {
            keys: keys.iter().map(|key| key.to_vec()).collect(),
            order,
            lengths: keys.iter().fold(0, |bits, key| bits | length_bit(key)),
            first,
        }
    }

    pub(crate) fn get(&self, number: usize) -> &[u8] {
        &self.keys[number]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(Vec::as_slice)
    }

    /// Whether there is a key of the same length; says so of some others as well.
    #[inline(always)]
    pub(crate) fn may_have(&self, key: &[u8]) -> bool {
        self.lengths & length_bit(key) != 0
    }

    /// The number of a key.
    #[inline]
    pub(crate) fn position(&self, key: &[u8]) -> Option<usize> {
        match self.first[class(key)] {
            NONE => None,
            first => self.find(usize::from(first), key),
        }
    }

    #[inline]
    fn find(&self, first: usize, key: &[u8]) -> Option<usize> {
        for &number in self.order.iter().skip(first).take(FEW_KEYS) {
            let known = &self.keys[number as usize];
            if known.len() == key.len() && known.last() == key.last() && known == key {
                return Some(number as usize);
            }
            if class(known) != class(key) {
                return None;
            }
        }
        self.search(key)
    }

    #[inline(never)]
    fn search(&self, key: &[u8]) -> Option<usize> {
        self.order
            .binary_search_by_key(&sort_key(key), |&at| sort_key(&self.keys[at as usize]))
            .ok()
            .map(|at| self.order[at] as usize)
    }
}

#[inline(always)]
fn length_bit(key: &[u8]) -> u64 {
    1 << (key.len() % 64)
}

#[inline(always)]
fn class(key: &[u8]) -> usize {
    key.len().min(LENGTHS - 1)
}

fn sort_key(key: &[u8]) -> (usize, &[u8]) {
    (key.len(), key)
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn every_key_is_found_and_no_other() {
        let keys: Vec<Vec<u8>> = (0..200)
            .map(|at: usize| format!("{}{at}", "k".repeat(at * 7 % 130)).into_bytes())
            .collect();
        let slices: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let map = Keys::new(&slices);
        for (at, key) in keys.iter().enumerate() {
            assert_eq!(map.position(key), Some(at));
            assert_eq!(map.position(&[key, b"x".as_slice()].concat()), None);
            assert_eq!(
                map.position(&key[1..]),
                keys.iter().position(|other| *other == key[1..])
            );
        }
        assert_eq!(map.position(b""), None);
        assert_eq!(Keys::new(&[b""]).position(b""), Some(0));
        assert_eq!(Keys::new(&[]).position(b""), None);
    }

    #[test]
    fn many_keys_of_one_length_are_found() {
        let keys: Vec<Vec<u8>> = (0..70_000)
            .map(|at: usize| format!("{at:05}").into_bytes())
            .collect();
        let slices: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let map = Keys::new(&slices);
        for at in [0, 1, 65_534, 65_535, 65_536, 69_999] {
            assert_eq!(map.position(&keys[at]), Some(at));
        }
        assert_eq!(map.position(b"70000"), None);
    }
}

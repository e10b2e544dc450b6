//! A set of row numbers, one bit each.

/// A set of row numbers below a fixed bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitSet {
    words: Vec<u64>,
    len: usize,
}

impl BitSet {
    /// The empty set of rows below `len`.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    /// The set of all rows below `len`.
    #[must_use]
    pub fn full(len: usize) -> Self {
        let mut set = Self {
            words: vec![u64::MAX; len.div_ceil(64)],
            len,
        };
        if let Some(last) = set.words.last_mut()
            && !len.is_multiple_of(64)
        {
            *last = (1 << (len % 64)) - 1;
        }
        set
    }

    /// The bound: rows are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no row is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Whether `row` is in the set; rows at or above the bound are not.
    #[inline]
    #[must_use]
    pub fn contains(&self, row: usize) -> bool {
        self.words
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Adds `row`, which must be below the bound.
    #[inline]
    pub fn insert(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Removes `row`.
    #[inline]
    pub fn remove(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word &= !(1 << (row % 64));
        }
    }

    /// Removes every row.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Number of rows in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The rows in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    index * 64 + bit
                })
            })
        })
    }

    /// The rows of `range` that are in this set or in `other`, in ascending order.
    pub(crate) fn union_in<'s>(
        &'s self,
        other: &'s Self,
        range: std::ops::Range<usize>,
    ) -> impl Iterator<Item = usize> + 's {
        let word = |set: &Self, index: usize| set.words.get(index).copied().unwrap_or(0);
        let mut index = range.start / 64;
        let mut rest = (word(self, index) | word(other, index)) & u64::MAX << (range.start % 64);
        std::iter::from_fn(move || {
            while rest == 0 {
                index += 1;
                if index * 64 >= range.end {
                    return None;
                }
                rest = word(self, index) | word(other, index);
            }
            let row = index * 64 + rest.trailing_zeros() as usize;
            rest &= rest - 1;
            (row < range.end).then_some(row)
        })
    }

    /// The set of those numbers below the length of `origins` whose origin is in this set.
    pub(crate) fn copied(&self, origins: &[u32]) -> Self {
        let mut copy = Self::new(origins.len());
        if !self.is_empty() {
            for (row, &origin) in origins.iter().enumerate() {
                if self.contains(origin as usize) {
                    copy.insert(row);
                }
            }
        }
        copy
    }

    /// Whether a row in `range` is in the set.
    #[must_use]
    pub fn any_in(&self, range: std::ops::Range<usize>) -> bool {
        if range.start >= range.end {
            return false;
        }
        let (first, last) = (range.start / 64, (range.end - 1) / 64);
        (first..=last).any(|index| {
            let mut word = self.words.get(index).copied().unwrap_or(0);
            if index == first {
                word &= u64::MAX << (range.start % 64);
            }
            if index == last {
                word &= u64::MAX >> (63 - (range.end - 1) % 64);
            }
            word != 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::BitSet;

    #[test]
    fn full_set_ends_at_its_bound() {
        for len in [0, 1, 63, 64, 65, 130] {
            let set = BitSet::full(len);
            assert_eq!(set.count(), len);
            assert_eq!(set.iter().collect::<Vec<_>>(), (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_union_has_the_rows_of_both_in_a_range() {
        let (mut one, mut other) = (BitSet::new(300), BitSet::new(300));
        let rows = [0, 3, 63, 64, 127, 128, 200, 299];
        for (at, &row) in rows.iter().enumerate() {
            let set = if at % 2 == 0 { &mut one } else { &mut other };
            set.insert(row);
        }
        for start in 0..300 {
            for end in [start, start + 1, start + 64, 300] {
                let found: Vec<_> = one.union_in(&other, start..end).collect();
                let wanted = rows.into_iter().filter(|row| (start..end).contains(row));
                assert_eq!(found, wanted.collect::<Vec<_>>(), "{start}..{end}");
            }
        }
    }

    #[test]
    fn any_in_sees_exactly_the_range() {
        let mut set = BitSet::new(200);
        set.insert(70);
        assert!(set.any_in(70..71));
        assert!(set.any_in(0..200));
        assert!(!set.any_in(0..70));
        assert!(!set.any_in(71..200));
        assert!(!set.any_in(70..70));
    }
}

//! Keys of maps: sets of them, and what was decided about them before.
//!
//! Keys are short, and most differ in their length, their first bytes or their last ones. All of
//! that is a [`Print`], which is compared without a loop.

use otlp_columns::{Entry, Heap, Slice};
use ottl_vm::{CallContext, ExecError};

use super::pattern::Pattern;
use super::regex::GoRegex;

/// The length of a key, its first and its last bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Print {
    len: usize,
    first: u64,
    last: u64,
}

/// Keys up to here are equal when their prints are.
const WHOLE: usize = 16;

impl Print {
    #[inline]
    fn of(key: &[u8]) -> Self {
        let len = key.len();
        let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => Self::of_few(key),
        };
        Self { len, first, last }
    }

    /// The same for a key of fewer than eight bytes.
    #[inline]
    fn of_few(key: &[u8]) -> (u64, u64) {
        match (key.first_chunk::<4>(), key.last_chunk::<4>(), key) {
            (Some(first), Some(last), _) => {
                let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
                (first.into(), last.into())
            }
            (_, _, [first, .., last]) => {
                let middle = key[key.len() / 2];
                (u64::from(*first) | u64::from(middle) << 8, (*last).into())
            }
            (_, _, [only]) => ((*only).into(), 0),
            _ => (0, 0),
        }
    }

    /// The place in a table of `1 << bits` places.
    #[inline]
    fn place(&self, bits: u32) -> usize {
        let mixed = self.first ^ self.last.rotate_left(29) ^ (self.len as u64) << 48;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
    }
}

/// A set of keys that is made once and asked often.
#[derive(Debug)]
pub(crate) struct KeySet {
    /// By length, then by bytes.
    keys: Vec<Box<[u8]>>,
    /// Bit `len % 64` is set for the length of each key.
    lengths: u64,
    /// The prints of few keys with their places among the keys; a key that finds its place taken
    /// has the next one that is free.
    table: Vec<Option<(Print, u32)>>,
    /// The table has `1 << bits` places.
    bits: u32,
}

/// More keys are looked for by bisection, since those that come with the data may be made to share
/// a place.
const FEW: usize = 64;

impl KeySet {
    /// The set of these keys.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = &'k [u8]>) -> Self {
        let mut keys: Vec<Box<[u8]>> = keys.into_iter().map(Into::into).collect();
        keys.sort_by(|left, right| order(left, right));
        keys.dedup();
        let lengths = keys
            .iter()
            .fold(0, |bits, key| bits | 1 << (key.len() % 64));
        let bits = (4 * keys.len().max(1)).ilog2();
        let mut table = Vec::new();
        if keys.len() <= FEW {
            table.resize(1 << bits, None);
            for (at, key) in keys.iter().enumerate() {
                let print = Print::of(key);
                let mut place = print.place(bits);
                while table[place].is_some() {
                    place = (place + 1) % table.len();
                }
                table[place] = Some((print, at as u32));
            }
        }
        Self {
            keys,
            lengths,
            table,
            bits,
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the key is in the set.
    #[inline]
    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.position(key).is_some()
    }

    /// The place of a key among those of the set, a number below their count.
    #[inline]
    pub(crate) fn position(&self, key: &[u8]) -> Option<usize> {
        if self.lengths >> (key.len() % 64) & 1 == 0 {
            return None;
        }
        if self.table.is_empty() {
            return self.keys.binary_search_by(|known| order(known, key)).ok();
        }
        let print = Print::of(key);
        let mut place = print.place(self.bits);
        while let Some((known, at)) = self.table[place] {
            let at = at as usize;
            if known == print && (key.len() <= WHOLE || *self.keys[at] == *key) {
                return Some(at);
            }
            place = (place + 1) % self.table.len();
        }
        None
    }
}

fn order(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// What was decided about the keys of earlier items: most items have the same keys.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    table: Vec<Option<Decision>>,
    /// The decisions for the item before, as they came, which are the next to be looked at.
    row: Vec<Decision>,
    next: usize,
    /// The first item's keys are not remembered, since there may be no other.
    items: u64,
}

#[derive(Clone, Copy, Debug)]
struct Decision {
    print: Print,
    key: Slice,
    decided: bool,
}

/// A table of decisions has `1 << BITS` places, of which each key may have one of two.
const BITS: u32 = 7;
/// So many keys of an item are remembered in their order.
const MAX_ROW: usize = 64;

impl Decisions {
    /// To be called before the keys of an item, all of which are in one heap.
    #[inline]
    pub(crate) fn next_item(&mut self) {
        if self.items == 1 {
            self.table.resize(1 << BITS, None);
        }
        self.items += 1;
        self.next = 0;
    }

    /// What `decide` says of the key of an entry, or said before.
    #[inline]
    pub(crate) fn get(
        &mut self,
        heap: &Heap,
        entry: &Entry,
        decide: impl FnOnce(&[u8]) -> bool,
    ) -> bool {
        let key = heap.bytes(entry.key);
        if self.table.is_empty() {
            return decide(key);
        }
        let at = self.next;
        self.next += 1;
        if let Some(known) = self.row.get(at)
            && known.key.len == entry.key.len
            && heap.bytes(known.key) == key
        {
            return known.decided;
        }
        let decision = self.find(heap, entry.key, decide);
        match self.row.get_mut(at) {
            Some(known) => *known = decision,
            None if at < MAX_ROW => self.row.push(decision),
            None => {}
        }
        decision.decided
    }

    /// The same for a key that stood elsewhere in the item before.
    fn find(&mut self, heap: &Heap, key: Slice, decide: impl FnOnce(&[u8]) -> bool) -> Decision {
        let bytes = heap.bytes(key);
        let print = Print::of(bytes);
        let place = print.place(BITS);
        for place in [place, place ^ 1] {
            if let Some(known) = &self.table[place]
                && known.print == print
                && (bytes.len() <= WHOLE || heap.bytes(known.key) == bytes)
            {
                return *known;
            }
        }
        let decision = Decision {
            print,
            key,
            decided: decide(bytes),
        };
        self.table[place ^ 1] = self.table[place];
        self.table[place] = Some(decision);
        decision
    }
}

/// Keeps the entries of the map that is argument 0 whose keys a pattern matches, or those whose keys
/// it does not match.
///
/// # Errors
/// When the pattern is not valid, or the argument leads to no map.
pub(crate) fn retain_matching(
    cx: &mut CallContext<'_>,
    pattern: &Pattern<GoRegex>,
    known: &mut Decisions,
    matching: bool,
) -> Result<(), ExecError> {
    let regex = pattern.get(cx)?;
    // Once the run has to stop it does not matter what stays.
    let decide = |heap: &Heap, key: &[u8]| regex.is_match(heap.meter(), key) == Ok(matching);
    if pattern.literal().is_none() {
        return cx.retain(0, |heap, entry| decide(heap, heap.bytes(entry.key)));
    }
    known.next_item();
    let mut keys = 0;
    cx.retain(0, |heap, entry| {
        keys += 1;
        known.get(heap, entry, |key| decide(heap, key))
    })?;
    cx.spend(keys / KEYS_PER_UNIT)
}

/// Keys that are looked up for one unit of work.
const KEYS_PER_UNIT: u64 = 8;

#[cfg(test)]
mod tests {
    use otlp_columns::Value;

    use super::*;

    /// Keys of all lengths up to 40 which differ in one byte each.
    fn keys() -> Vec<Vec<u8>> {
        let mut keys = vec![Vec::new()];
        for len in 1..40 {
            let key = vec![b'k'; len];
            keys.push(key.clone());
            for at in 0..len {
                let mut other = key.clone();
                other[at] = b'x';
                keys.push(other);
            }
        }
        keys
    }

    #[test]
    fn a_key_set_knows_its_keys() {
        let set = KeySet::new([&b"bb"[..], b"a", b"", b"bb"]);
        for key in ["", "a", "bb"] {
            assert!(set.contains(key.as_bytes()), "{key}");
        }
        for key in ["b", "ab", "c", &"x".repeat(64), &"x".repeat(65)] {
            assert!(!set.contains(key.as_bytes()), "{key}");
        }
        assert!(!KeySet::new([]).contains(b""));
    }

    #[test]
    fn sets_of_any_size_tell_all_keys_apart() {
        let keys = keys();
        for size in [1, 2, 7, FEW, FEW + 1, 300] {
            for first in (0..keys.len() - size).step_by(29) {
                let members = first..first + size;
                let set = KeySet::new(keys[members.clone()].iter().map(Vec::as_slice));
                let mut places: Vec<_> = (keys.iter().enumerate())
                    .filter_map(|(at, key)| {
                        let place = set.position(key);
                        assert_eq!(place.is_some(), members.contains(&at), "{at} {members:?}");
                        place
                    })
                    .collect();
                places.sort_unstable();
                assert!(places.into_iter().eq(0..size));
            }
        }
    }

    #[test]
    fn decisions_are_made_once_for_each_key() {
        let mut heap = Heap::scratch();
        let keys = keys();
        let mut decisions = Decisions::default();
        let mut decided = 0;
        for item in 0..4 {
            decisions.next_item();
            for (at, key) in keys.iter().enumerate().take(20) {
                let entry = Entry::new(heap.alloc(key), Value::Nil);
                let decision = decisions.get(&heap, &entry, |given| {
                    assert_eq!(given, key);
                    decided += 1;
                    at % 3 == 0
                });
                assert_eq!(decision, at % 3 == 0, "{at} in item {item}");
            }
        }
        // Two keys may have one place in the table.
        assert!((40..50).contains(&decided), "{decided}");
    }

    #[test]
    fn many_keys_are_never_taken_for_another() {
        let mut heap = Heap::scratch();
        let keys = keys();
        let mut decisions = Decisions::default();
        for _ in 0..3 {
            decisions.next_item();
            for key in &keys {
                let entry = Entry::new(heap.alloc(key), Value::Nil);
                let expected = key.contains(&b'x');
                let decide = |given: &[u8]| given.contains(&b'x');
                assert_eq!(decisions.get(&heap, &entry, decide), expected, "{key:?}");
            }
        }
    }
}

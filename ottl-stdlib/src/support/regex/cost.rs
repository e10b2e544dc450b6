//! What it takes to compile a pattern and to look for it.
//!
//! Searching takes time linear in the text, but a byte may cost as much as the pattern has places to
//! be at: when the engine's cache of states does not help, it walks through all of them. And where
//! matches are looked for one after the other, each search may read far beyond the match it finds,
//! up to the next byte that is in no place of the pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What a pattern costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Places within the pattern, each repetition written out.
    places: u64,
    /// About as many states as the compiled pattern has.
    states: u64,
    /// How far a search may read beyond the match it finds.
    beyond: u64,
    /// The bytes that it may read there, one bit for each.
    bytes: [u64; 4],
}

/// Where the searches in one text stop to read at the latest.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    end: usize,
}

/// Units for a byte are places over this, so that short patterns cost a few bytes a unit.
const PLACES_PER_UNIT: u64 = 256;
/// What each byte costs in any case, in places.
const LEAST_PLACES: u64 = 64;
/// Loops that are repeated less often do not make a search read far.
const LOOP: u32 = 32;

impl Cost {
    /// The cost of a pattern.
    pub(crate) fn of(hir: &Hir) -> Self {
        let (places, states) = size(hir);
        let longest = hir.properties().maximum_len();
        let beyond = match reads_beyond(hir, false, false) {
            true => longest.map_or(u64::MAX, |longest| longest as u64),
            false => 0,
        };
        let mut bytes = [0; 4];
        if beyond > 0 {
            add_bytes(hir, &mut bytes);
        }
        Self {
            places,
            states,
            beyond,
            bytes,
        }
    }

    /// Units of work to compile the pattern, each state being some of it.
    pub(crate) fn compiling(&self) -> u64 {
        self.states.saturating_mul(8)
    }

    /// Units of work to read `bytes` once.
    pub(crate) fn reading(&self, bytes: usize) -> u64 {
        let places = self.places.saturating_add(LEAST_PLACES);
        1 + places.saturating_mul(bytes as u64) / PLACES_PER_UNIT
    }

    /// Places within the pattern, each repetition written out.
    pub(crate) fn places(&self) -> usize {
        usize::try_from(self.places).unwrap_or(usize::MAX)
    }

    /// About as many states as the compiled pattern has, hardly ever fewer.
    pub(crate) fn states(&self) -> usize {
        usize::try_from(self.states).unwrap_or(usize::MAX)
    }

    /// Whether searches may read far beyond the matches they find.
    #[inline]
    pub(crate) fn may_read_again(&self) -> bool {
        self.beyond > 0
    }

    /// The most bytes that a search may have read beyond the match it found, which ends at `end`.
    /// Searches of a text are asked for in order.
    pub(crate) fn beyond(&self, text: &[u8], end: usize, reach: &mut Reach) -> usize {
        if reach.end < end {
            let rest = text.get(end..).unwrap_or_default();
            let run = rest.iter().position(|&byte| !self.reads(byte));
            reach.end = end + run.unwrap_or(rest.len());
        }
        self.beyond.min((reach.end - end) as u64) as usize
    }

    fn reads(&self, byte: u8) -> bool {
        self.bytes[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }
}

/// Adds the bytes that texts matched by any part of a pattern have. Bytes beyond ASCII are not told
/// apart.
fn add_bytes(hir: &Hir, bytes: &mut [u64; 4]) {
    let mut add = |from: u32, to: u32| {
        for byte in from..=to.min(0x7f) {
            bytes[byte as usize / 64] |= 1 << (byte % 64);
        }
        if to >= 0x80 {
            bytes[2..].fill(u64::MAX);
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| {
            add(byte.into(), byte.into());
        }),
        HirKind::Class(Class::Unicode(class)) => class.iter().for_each(|range| {
            add(range.start().into(), range.end().into());
        }),
        HirKind::Class(Class::Bytes(class)) => class.iter().for_each(|range| {
            add(range.start().into(), range.end().into());
        }),
        HirKind::Repetition(repetition) => add_bytes(&repetition.sub, bytes),
        HirKind::Capture(capture) => add_bytes(&capture.sub, bytes),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| add_bytes(part, bytes));
        }
    }
}

/// Places and states.
fn size(hir: &Hir) -> (u64, u64) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (1, 1),
        HirKind::Literal(literal) => (literal.0.len() as u64, literal.0.len() as u64),
        HirKind::Class(Class::Unicode(class)) => (1, 4 * class.ranges().len() as u64),
        HirKind::Class(Class::Bytes(class)) => (1, class.ranges().len() as u64),
        HirKind::Repetition(repetition) => {
            let count = u64::from(repetition.max.unwrap_or(repetition.min).max(1));
            let (places, states) = size(&repetition.sub);
            (
                places.saturating_mul(count),
                states.saturating_mul(count).saturating_add(count),
            )
        }
        HirKind::Capture(capture) => {
            let (places, states) = size(&capture.sub);
            (places.saturating_add(1), states.saturating_add(2))
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts
                .iter()
                .map(size)
                .fold((0, 1), |(places, states): (u64, u64), (more, larger)| {
                    (
                        places.saturating_add(more),
                        states.saturating_add(larger + 1),
                    )
                })
        }
    }
}

/// Whether a search may have found a match and still read on in a loop that comes to nothing, as
/// for `[ab]*c|a`: a loop behind which something is needed, inside of something that need not be.
fn reads_beyond(hir: &Hir, is_needed_behind: bool, is_choice: bool) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Capture(capture) => reads_beyond(&capture.sub, is_needed_behind, is_choice),
        HirKind::Alternation(parts) => parts
            .iter()
            .any(|part| reads_beyond(part, is_needed_behind, true)),
        HirKind::Concat(parts) => parts.iter().enumerate().any(|(at, part)| {
            let is_needed = is_needed_behind || parts[at + 1..].iter().any(is_something);
            reads_beyond(part, is_needed, is_choice)
        }),
        HirKind::Repetition(repetition) => {
            let is_loop = repetition.max.is_none_or(|max| max >= LOOP);
            let is_fixed = repetition.max == Some(repetition.min);
            let is_needed = is_needed_behind || is_fixed && is_something(&repetition.sub);
            is_loop && is_needed && is_choice
                || reads_beyond(&repetition.sub, is_needed, is_choice || !is_fixed)
        }
    }
}

/// Whether a part may refuse to match.
fn is_something(hir: &Hir) -> bool {
    let properties = hir.properties();
    properties.minimum_len() != Some(0) || !properties.look_set().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::regex::parse;

    fn cost(pattern: &str) -> Cost {
        Cost::of(&parse(pattern).expect("a pattern"))
    }

    #[test]
    fn repetitions_are_written_out() {
        let costs = |pattern| cost(pattern).places;
        assert_eq!(costs("abc"), 3);
        assert_eq!(costs("[a-z]{1,50}x"), 51);
        assert_eq!(costs("(?:(?:ab){10}){20}"), 400);
        assert_eq!(costs("a+|b*"), 2);
        assert!(cost(r"\pL{100}").compiling() > 100_000);
        assert!(cost("abc").reading(1000) < 300);
        assert!(cost("(?:(?:ab){10}){20}").reading(1000) > 1_700);
    }

    #[test]
    fn searches_read_up_to_a_byte_that_is_nowhere_in_the_pattern() {
        let cost = cost(r"a[0-9A-Z_a-z]*z|b");
        let text = b"ab1_ ab\xff";
        let mut reach = Reach::default();
        let mut beyond = |end| cost.beyond(text, end, &mut reach);
        assert_eq!([1, 2, 5, 8].map(&mut beyond), [3, 2, 2, 0]);
        let wide = self::cost("é[^z]*z|b");
        assert!(wide.reads(0xff) && wide.reads(b'\n') && wide.reads(b'z'));
        assert!(!self::cost("a.*z|b").reads(b'\n'));
    }

    #[test]
    fn only_loops_that_may_come_to_nothing_read_beyond_a_match() {
        for pattern in [
            r"\d+",
            r"--password=(\w)\w*",
            "\"[^\"]*\"",
            r"\w+@\w+\.com",
            "a|b+",
            "(?:a|b)+",
            "foo.*",
            "a{2,5}b|a",
            r"[0-9]{4}",
        ] {
            assert_eq!(cost(pattern).beyond, 0, "{pattern}");
        }
        for pattern in [
            ".*[^A-Z]|[A-Z]",
            "[ab]*c|a",
            "a(?:[^z]*z)?",
            "(?:a[^z]*z|b)+",
            r"x|a.*\b",
            "(?:a[^z]*z){0,1}a",
        ] {
            assert_eq!(cost(pattern).beyond, u64::MAX, "{pattern}");
        }
        assert_eq!(cost("a|a[ab]{998}c").beyond, 1000);
        assert_eq!(cost("a|a[ab]{0,998}c").beyond, 1000);
    }
}

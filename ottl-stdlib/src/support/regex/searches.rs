//! What it takes to search one text again and again, match by match.
//!
//! A search may read far beyond the match it finds: `<[^>]*>|a` finds the `a` in `<a` only when no
//! `>` was found in all of the rest, and the next search may have to read all of the rest again.
//! Where a pattern can do that and a text has what it takes, each search is read once more by an
//! automaton that counts how far it has to look, so that only what is really read is paid for.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::Hir;

use super::cost::{Cost, Reach};

/// Units of work to begin a search and to tell what it found.
pub(super) const FIND: u64 = 4;
/// So few bytes are paid for unseen.
const FEW: usize = 64;

/// Tells how far a search has to read.
pub(super) struct Reader {
    dfa: DFA,
    /// Those that no search uses at the moment.
    caches: Mutex<Vec<Cache>>,
}

impl Reader {
    /// The reader for a pattern, whose states may take `cache` bytes for each thread; `None` when it
    /// would take more than `limit` bytes itself, or the pattern is too large for it.
    pub(super) fn new(hir: &Hir, limit: usize, cache: usize) -> Option<Self> {
        let config = thompson::Config::new()
            .nfa_size_limit(Some(limit))
            .which_captures(WhichCaptures::None);
        let mut compiler = thompson::Compiler::new();
        let nfa = compiler.configure(config).build_from_hir(hir).ok()?;
        let config = DFA::config()
            .match_kind(MatchKind::LeftmostFirst)
            .cache_capacity(cache)
            // Where that is too little for any pattern, it is the least that there must be.
            .skip_cache_capacity_check(true);
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        Some(Self {
            dfa,
            caches: Mutex::default(),
        })
    }

    /// The bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.dfa.memory_usage() + self.dfa.get_nfa().memory_usage()
    }

    /// Where a search from `at` on stops to read; `None` when that cannot be told.
    fn reach(&self, cache: &mut Cache, text: &str, at: usize) -> Option<usize> {
        let input = Input::new(text).range(at..);
        let mut state = self.dfa.start_state_forward(cache, &input).ok()?;
        for (offset, &byte) in text.as_bytes()[at..].iter().enumerate() {
            state = self.dfa.next_state(cache, state, byte).ok()?;
            if state.is_dead() {
                return Some(at + offset + 1);
            }
            if state.is_quit() {
                return None;
            }
        }
        Some(text.len())
    }

    fn cache(&self) -> Cache {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        caches.pop().unwrap_or_else(|| self.dfa.create_cache())
    }

    fn put_back(&self, cache: Cache) {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        caches.push(cache);
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// The searches in one text, in order.
pub(super) struct Searches<'a> {
    cost: &'a Cost,
    reader: Option<&'a Reader>,
    cache: Option<Cache>,
    text: &'a str,
    reach: Reach,
}

impl<'a> Searches<'a> {
    pub(super) fn new(cost: &'a Cost, reader: Option<&'a Reader>, text: &'a str) -> Self {
        Self {
            cost,
            reader,
            cache: None,
            text,
            reach: Reach::default(),
        }
    }

    /// Units of work for a search from `at` on that found a match which ends at `end`, beside
    /// reading the text once.
    #[inline]
    pub(super) fn work(&mut self, at: usize, end: usize) -> u64 {
        if !self.cost.may_read_again() {
            return FIND;
        }
        let most = self.cost.beyond(self.text.as_bytes(), end, &mut self.reach);
        if most <= FEW {
            return FIND + self.cost.reading(most);
        }
        match self.reach(at) {
            // The reader reads as much as the search.
            Some(reach) => FIND + self.cost.reading(reach - at + reach.saturating_sub(end)),
            None => FIND + self.cost.reading(most),
        }
    }

    fn reach(&mut self, at: usize) -> Option<usize> {
        let reader = self.reader?;
        let cache = self.cache.get_or_insert_with(|| reader.cache());
        reader.reach(cache, self.text, at)
    }
}

impl Drop for Searches<'_> {
    fn drop(&mut self) {
        if let Some((reader, cache)) = self.reader.zip(self.cache.take()) {
            reader.put_back(cache);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::regex::parse;

    /// The work for a search in `text` whose match ends at `end`.
    #[track_caller]
    fn check(pattern: &str, text: &str, end: usize, again: usize) {
        let hir = parse(pattern).expect("a pattern");
        let cost = Cost::of(&hir);
        let reader = Reader::new(&hir, 1 << 20, 1 << 20).expect("it is small");
        let work = Searches::new(&cost, Some(&reader), text).work(0, end);
        assert_eq!(work, FIND + cost.reading(end + 2 * again), "{pattern}");
    }

    #[test]
    fn only_what_is_read_is_paid_for() {
        let words = "word ".repeat(100);
        // A search knows of its match with the byte behind it, and that it is all with the next.
        check("\"[^\"]*\"|\\w+", &words, 4, 2);
        check("\"[^\"]*\"|\\w+", &format!("\"a b\" {words}"), 5, 2);
        check("<[^>]*>|a", &format!("<a {words}"), 2, 501);
        check("<[^>]*>|a", &format!("<a {words}>{words}"), 504, 2);
    }

    #[test]
    fn what_is_never_read_again_is_not_looked_at() {
        let cost = Cost::of(&parse(r"\w+").expect("a pattern"));
        let mut searches = Searches::new(&cost, None, "a b");
        assert_eq!(searches.work(0, 1), FIND);
    }

    #[test]
    fn without_a_reader_the_most_is_paid() {
        let cost = Cost::of(&parse("<[^>]*>|a").expect("a pattern"));
        let text = "a".repeat(1000);
        let work = Searches::new(&cost, None, &text).work(0, 1);
        assert_eq!(work, FIND + cost.reading(999));
    }

    #[test]
    fn caches_are_used_again() {
        let hir = parse("<[^>]*>|a").expect("a pattern");
        let cost = Cost::of(&hir);
        let reader = Reader::new(&hir, 1 << 20, 1 << 20).expect("it is small");
        let text = "a".repeat(1000);
        for _ in 0..3 {
            Searches::new(&cost, Some(&reader), &text).work(0, 1);
        }
        assert_eq!(reader.caches.lock().expect("no panic").len(), 1);
    }
}

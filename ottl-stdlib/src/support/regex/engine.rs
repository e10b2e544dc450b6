//! A compiled pattern, with its cost and its size.

use ottl_vm::PatternError;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, Match};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::cost::Cost;

/// Groups and repetitions are no deeper than the translation lets them be; this leaves room for the
/// parentheses it adds.
const NEST_LIMIT: u32 = 10_000;
/// Bytes that each of two caches of states may take, as in the `regex` crate.
const STATES_SIZE: usize = 2 << 20;
/// Bytes that are not told about: of the structures themselves, and of what finds literal texts.
const OVERHEAD: usize = 2 << 10;
/// Bytes that a state takes at least.
const STATE_SIZE: usize = 24;
/// A search may note for each state where each group began and ended, in two tables. They may take
/// so many times the bytes of a pattern, which is enough for about a thousand groups in a pattern of
/// the source.
const GROUPS_FACTOR: usize = 4;
/// Bytes of the table for patterns in which no two places are possible at a time.
const TABLE_SIZE: usize = 1 << 20;

/// Reads a pattern in the syntax of the `regex` crate.
///
/// # Errors
/// Part of a sentence that says what is wrong with the pattern.
pub(crate) fn parse(pattern: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().nest_limit(NEST_LIMIT).build();
    let hir = parser.parse(pattern);
    hir.map_err(|error| format!("the pattern is not supported ({error})"))
}

/// A compiled pattern. It matches as the `regex` crate does, whose engine this is; but that crate
/// does not tell how much memory its engine takes.
#[derive(Debug)]
pub(crate) struct Engine {
    regex: Regex,
    cost: Cost,
    size: usize,
}

impl Engine {
    /// Compiles a pattern into an automaton of at most `limit` bytes. The whole may take a few times
    /// as much: it has a second automaton to search backwards, and notes about groups.
    ///
    /// # Errors
    /// When the automaton takes more.
    pub(crate) fn new(hir: &Hir, limit: usize) -> Result<Self, PatternError> {
        let cost = Cost::of(hir);
        let config = Regex::config()
            .nfa_size_limit(Some(limit))
            .onepass_size_limit(Some(TABLE_SIZE.min(limit / 8)))
            .hybrid_cache_capacity(STATES_SIZE);
        let regex = Regex::builder().configure(config).build_from_hir(hir);
        let regex = regex.map_err(|error| match error.size_limit() {
            Some(_) => PatternError::TooLarge(limit),
            None => PatternError::Malformed(format!("the pattern is not supported ({error})")),
        })?;
        let memory = regex.memory_usage() + OVERHEAD;
        let states = cost.states().min(memory / STATE_SIZE);
        let groups = states.saturating_mul(4 * regex.captures_len() * size_of::<usize>());
        if groups / GROUPS_FACTOR > limit {
            return Err(PatternError::TooLarge(limit));
        }
        let size = memory.saturating_add(groups);
        Ok(Self { regex, cost, size })
    }

    /// What searching costs.
    #[inline]
    pub(crate) fn cost(&self) -> &Cost {
        &self.cost
    }

    /// The bytes it takes, with the places of groups that a search notes at the most.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Whether it matches somewhere in `text`.
    #[inline]
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Room for the groups of a match.
    pub(super) fn captures(&self) -> Captures {
        self.regex.create_captures()
    }

    /// The first match.
    #[inline]
    pub(super) fn find(&self, input: &Input<'_>) -> Option<Match> {
        self.regex.search(input)
    }

    /// The first match, with its groups.
    #[inline]
    pub(super) fn find_groups(&self, input: &Input<'_>, groups: &mut Captures) -> Option<Match> {
        self.regex.search_captures(input, groups);
        groups.get_match()
    }
}

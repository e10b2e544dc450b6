//! A compiled pattern, with its cost and its size.

use ottl_vm::{PatternError, Room, Size};
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, Match};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::cost::Cost;

/// Groups and repetitions are no deeper than the translation lets them be; this leaves room for the
/// parentheses it adds.
const NEST_LIMIT: u32 = 10_000;
/// Bytes that each cache of states may take, as in the `regex` crate, and those with which a small
/// pattern has enough.
const STATES_SIZE: usize = 2 << 20;
const FEW_STATES_SIZE: usize = 64 << 10;
/// Bytes of a cache for each place within a pattern, and for each of its states, so that texts as
/// there are seldom fill it: they lead to a few times as many states as the pattern has places, of
/// up to a kibibyte each.
const SIZE_FOR_PLACE: usize = 8 << 10;
const SIZE_FOR_STATE: usize = 512;
/// Caches of states for each pattern and thread: to search forwards, backwards and from within, and
/// to count.
const CACHES: usize = 4;
/// Bytes with which a search that caches of states do not help notes where it was.
const VISITED_SIZE: usize = 256 << 10;
/// Bytes that are not told about: of the structures themselves, and of what finds literal texts.
const OVERHEAD: usize = 2 << 10;
/// Bytes that a state takes at least.
const STATE_SIZE: usize = 24;
/// A search may note for each state where each group began and ended, in two tables. They may take
/// so many times the bytes of a pattern, which is enough for about a thousand groups in a pattern of
/// the source.
const GROUPS_FACTOR: usize = 4;
/// Bytes of the table for patterns in which no two places are possible at a time.
pub(super) const TABLE_SIZE: usize = 1 << 20;

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
    size: Size,
    cache: usize,
}

impl Engine {
    /// Compiles a pattern into an automaton with so much room. The whole may take a few times as
    /// much: it has a second automaton to search backwards, and notes about groups.
    ///
    /// # Errors
    /// When the automaton takes more.
    pub(crate) fn new(hir: &Hir, room: Room) -> Result<Self, PatternError> {
        let limit = room.automaton;
        let cost = Cost::of(hir);
        let caches = caches(&cost, room);
        let config = Regex::config()
            .nfa_size_limit(Some(limit))
            .onepass_size_limit(Some(TABLE_SIZE.min(limit / 8)))
            .backtrack(caches.visited > 0)
            .hybrid_cache_capacity(caches.each);
        let regex = Regex::builder().configure(config).build_from_hir(hir);
        let regex = regex.map_err(|error| match error.size_limit() {
            Some(_) => PatternError::TooLarge(limit),
            None => PatternError::Malformed(format!("the pattern is not supported ({error})")),
        })?;
        let memory = regex.memory_usage() + OVERHEAD;
        let states = cost.states().min(memory / STATE_SIZE);
        let groups = notes(states, regex.captures_len());
        if groups / GROUPS_FACTOR > limit {
            return Err(PatternError::TooLarge(limit));
        }
        let size = Size {
            memory: memory.saturating_add(groups),
            caches: caches.size(),
        };
        Ok(Self {
            regex,
            cost,
            size,
            cache: caches.each,
        })
    }

    /// What searching costs.
    #[inline]
    pub(crate) fn cost(&self) -> &Cost {
        &self.cost
    }

    /// The bytes it takes, with the places of groups that a search notes at the most.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// The bytes that each of its caches of states may take.
    pub(super) fn cache(&self) -> usize {
        self.cache
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

/// The bytes that the caches of a search may take.
pub(super) struct Caches {
    each: usize,
    visited: usize,
}

impl Caches {
    /// All of them.
    pub(super) fn size(&self) -> usize {
        CACHES * self.each + self.visited
    }
}

/// The caches for a pattern with this cost.
pub(super) fn caches(cost: &Cost, room: Room) -> Caches {
    let visited = match room.caches >= 2 * VISITED_SIZE {
        true => VISITED_SIZE,
        false => 0,
    };
    let each = useful_cache(cost).min((room.caches - visited) / CACHES);
    Caches { each, visited }
}

/// The bytes with which a search notes where groups are, of which the whole match is one.
pub(super) fn notes(states: usize, groups: usize) -> usize {
    states.saturating_mul(4 * groups * size_of::<usize>())
}

/// The bytes of a cache of states that a pattern with this cost has a use for.
fn useful_cache(cost: &Cost) -> usize {
    let for_places = cost.places().saturating_mul(SIZE_FOR_PLACE);
    let for_states = cost.states().saturating_mul(SIZE_FOR_STATE);
    for_places
        .max(for_states)
        .clamp(FEW_STATES_SIZE, STATES_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that the caches of a search through `text` take.
    fn caches(pattern: &str, room: Room, text: &str) -> (usize, Size) {
        let hir = parse(pattern).expect("a pattern");
        let engine = Engine::new(&hir, room).expect("there is room");
        let mut cache = engine.regex.create_cache();
        let mut groups = engine.captures();
        let input = Input::new(text);
        engine.regex.search_with(&mut cache, &input);
        engine
            .regex
            .search_captures_with(&mut cache, &input, &mut groups);
        (cache.memory_usage(), engine.size())
    }

    /// Text in which a pattern with `[ab]` is at ever new places.
    fn unsteady(len: usize) -> String {
        let mut state = 1_u32;
        let step = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 { 'a' } else { 'b' }
        };
        (0..len).map(step).collect()
    }

    #[test]
    fn caches_take_no_more_than_they_are_said_to() {
        let text = unsteady(300_000);
        for pattern in [
            "[ab]*a[ab]{14}[c-z]",
            "([ab]*)(a[ab]{12}[c-z]|b$)",
            "a+b",
            r"(\pL+) x",
        ] {
            for caches_room in [usize::MAX, 1 << 20, 200 << 10, 0] {
                let room = Room {
                    caches: caches_room,
                    ..Room::of(1 << 20)
                };
                let (used, size) = caches(pattern, room, &text);
                // What the search for groups notes is counted with the memory.
                let most = size.caches + size.memory;
                assert!(used <= most, "{pattern} in {room:?}: {used} of {size:?}");
                assert!(size.caches <= caches_room, "{size:?}");
            }
        }
        // As long as a cache has room, texts that lead to new states fill it.
        let filled = |len: usize| caches("[ab]*a[ab]{14}[c-z]", Room::of(1 << 20), &text[..len]).0;
        assert!(filled(200) > filled(20) + (4 << 10));
    }

    #[test]
    fn caches_change_no_answer() {
        let text = unsteady(20_000) + "aababac";
        let found = |caches| {
            let hir = parse("a([ab]{5})c").expect("a pattern");
            let room = Room {
                caches,
                ..Room::of(1 << 20)
            };
            let engine = Engine::new(&hir, room).expect("there is room");
            let mut groups = engine.captures();
            let whole = engine.find_groups(&Input::new(&text), &mut groups);
            (whole, groups.get_group(1))
        };
        assert!(found(0).0.is_some());
        assert_eq!(found(0), found(usize::MAX));
    }
}

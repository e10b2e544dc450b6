//! The engine behind a pattern. A small pattern gets it when it is used first.
//!
//! Building an engine takes ten times as long as reading the pattern, and many patterns never need
//! one: those that a [`Shortcut`](super::Shortcut) answers for, and those of statements whose items
//! never come. So a pattern that is known to be small is only read when a program is compiled, and
//! what its engine takes at the most is counted instead of what it takes. Larger patterns are built
//! at once, which tells whether they are too large.

use std::sync::OnceLock;

use ottl_vm::{PatternError, Room, Size};
use regex_syntax::hir::Hir;

use super::Shortcut;
use super::cost::Cost;
use super::engine::{self, Engine};
use super::searches::Reader;

/// States of a pattern that is small enough to wait; building its engine takes a few milliseconds.
const FEW_STATES: usize = 2000;
/// A pattern that waits may take this part of the room for its automaton.
const PART_OF_ROOM: usize = 8;
/// Bytes that the engine of a pattern takes at the most in any case, for each state, and for each
/// state of a pattern with groups.
const LEAST_SIZE: usize = 8 << 10;
const SIZE_FOR_STATE: usize = 1 << 10;
const SIZE_FOR_GROUPS: usize = 4 << 10;

/// The engine of a pattern, built or not.
#[derive(Debug)]
pub(super) struct Matcher {
    cost: Cost,
    size: Size,
    /// Found out with the first question that it may answer.
    shortcut: OnceLock<Option<Shortcut>>,
    built: OnceLock<Built>,
    /// What a pattern that waits is built from.
    waiting: Option<(Hir, Room)>,
}

/// What searches use.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) engine: Engine,
    pub(super) reader: Option<Reader>,
}

impl Matcher {
    /// # Errors
    /// When the automaton takes more than there is room for.
    pub(super) fn new(hir: Hir, room: Room) -> Result<Self, PatternError> {
        let cost = Cost::of(&hir);
        if let Some(memory) = promised(&hir, &cost, room) {
            let caches = engine::caches(&cost, room).size();
            return Ok(Self {
                cost,
                size: Size { memory, caches },
                shortcut: OnceLock::new(),
                built: OnceLock::new(),
                waiting: Some((hir, room)),
            });
        }
        let built = Built::new(&hir, room)?;
        Ok(Self {
            cost,
            size: built.size(),
            shortcut: OnceLock::from(Shortcut::of(&hir)),
            built: OnceLock::from(built),
            waiting: None,
        })
    }

    /// What searching costs.
    #[inline]
    pub(super) fn cost(&self) -> &Cost {
        &self.cost
    }

    /// The bytes that all of it takes, or may take when it is built.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// All there is to a match, where that can be seen without the engine.
    #[inline]
    pub(super) fn shortcut(&self) -> Option<&Shortcut> {
        let shortcut = self.shortcut.get_or_init(|| {
            let waiting = self.waiting.as_ref();
            waiting.and_then(|(hir, _)| Shortcut::of(hir))
        });
        shortcut.as_ref()
    }

    /// The engine, which is built if nobody asked for it before.
    #[inline]
    pub(super) fn built(&self) -> &Built {
        self.built.get_or_init(|| {
            let waiting = self.waiting.as_ref();
            let (hir, room) = waiting.expect("what was not built at once waits");
            Built::new(hir, *room).expect("a small pattern has room")
        })
    }
}

impl Built {
    fn new(hir: &Hir, room: Room) -> Result<Self, PatternError> {
        let engine = Engine::new(hir, room)?;
        let reader = engine.cost().may_read_again();
        let reader = reader.then(|| Reader::new(hir, room.automaton, engine.cache()));
        Ok(Self {
            engine,
            reader: reader.flatten(),
        })
    }

    fn size(&self) -> Size {
        let mut size = self.engine.size();
        size.memory += self.reader.as_ref().map_or(0, Reader::size);
        size
    }
}

/// The bytes that a pattern takes at the most when it is built; `None` when it has to be built at
/// once.
fn promised(hir: &Hir, cost: &Cost, room: Room) -> Option<usize> {
    let states = cost.states();
    if !room.may_wait || states > FEW_STATES {
        return None;
    }
    let groups = hir.properties().explicit_captures_len();
    let table = match groups {
        0 => 0,
        _ => (SIZE_FOR_GROUPS * states).min(engine::TABLE_SIZE),
    };
    let notes = engine::notes(states, groups + 1);
    let memory = LEAST_SIZE + SIZE_FOR_STATE * states + table + notes;
    (memory <= room.automaton / PART_OF_ROOM).then_some(memory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::regex::parse;

    const ROOM: Room = Room {
        may_wait: true,
        ..Room::of(32 << 20)
    };

    fn matcher(pattern: &str, room: Room) -> Matcher {
        let hir = parse(pattern).expect("a pattern");
        Matcher::new(hir, room).expect("there is room")
    }

    fn waits(pattern: &str, room: Room) -> bool {
        matcher(pattern, room).built.get().is_none()
    }

    #[test]
    fn small_patterns_wait_until_they_are_used() {
        assert!(waits("session=[0-9a-f]+", ROOM));
        let anchored = matcher("^a(b+)?", ROOM);
        assert!(anchored.shortcut().is_some() && anchored.built.get().is_none());
        let matcher = matcher("a(b+)", ROOM);
        assert!(matcher.shortcut().is_none());
        assert!(matcher.built().engine.is_match("xabb"));
        assert!(matcher.built.get().is_some());
    }

    #[test]
    fn others_are_built_at_once() {
        assert!(!waits(r"\pL+", ROOM), "it has many states");
        let tight = Room {
            automaton: 64 << 10,
            ..ROOM
        };
        assert!(!waits("session=[0-9a-f]+", tight), "it may be too large");
        assert!(!waits("a", Room::of(32 << 20)), "it may not wait");
        let too_large = parse(r"(?:\pL{100}){100}").expect("a pattern");
        assert!(matches!(
            Matcher::new(too_large, ROOM),
            Err(PatternError::TooLarge(_))
        ));
    }

    #[test]
    fn what_is_built_takes_no_more_than_was_promised() {
        let words = |count: usize, length: usize| {
            let word = |at: usize| format!("{at:0length$x}");
            (0..count).map(word).collect::<Vec<_>>().join("|")
        };
        let patterns = [
            "",
            "a",
            "(?i)panic",
            "(?i)exception|failure|timeout",
            "^/api/.*",
            "a.*b",
            "^[^\"]*\"$",
            "(GET|POST) /([^/]+)/([0-9]+)",
            "([^a]*)([^b]*)([^c]*)([^d]*)",
            "[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}",
            "(a)(b)(c)(d)(e)(f)(g)(h)",
            "[ab]*a[ab]{14}[c-z]",
            "<[^>]*>|a",
            "(?i)(?:[a-z]{2,20}é)+",
            "(?:.é){1,60}",
            ".{1,200}",
        ];
        let patterns = patterns.map(str::to_owned).into_iter();
        for pattern in patterns.chain([words(9, 100), words(200, 3), words(90, 8)]) {
            let matcher = matcher(&pattern, ROOM);
            assert!(matcher.built.get().is_none(), "{pattern} waits");
            let built = matcher.built().size();
            let promised = matcher.size();
            assert!(
                built.memory <= promised.memory,
                "{pattern}: {built:?} of {promised:?}"
            );
            assert_eq!(built.caches, promised.caches, "{pattern}");
        }
    }
}

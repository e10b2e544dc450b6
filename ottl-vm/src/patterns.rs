//! Patterns in the source of a program, each of them compiled once, and the memory they may take.
//!
//! A pattern of a few bytes, such as `(\pL{100}){10}`, may take many megabytes when it is compiled,
//! so that the length of a source says little about the memory of its program. All calls of a
//! program are therefore bound with the same [`Patterns`].

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much memory compiled patterns may take, such as regular expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternLimits {
    /// Bytes that the automaton of one pattern of the source may take. The pattern may take a few
    /// times as much, since there is one to search backwards as well, and room for the groups.
    pub max_bytes: usize,
    /// Bytes that all patterns of the source may take when they are compiled, everything included
    /// but the caches that searches make. Equal patterns count once.
    pub max_total_bytes: usize,
    /// Bytes that the caches of searches for all patterns of the source may take, for each thread
    /// that runs the program. Texts fill them; most stay small. Patterns beyond get smaller caches
    /// or none, with which searches take longer.
    pub max_cache_bytes: usize,
    /// Bytes of compiled patterns that came with the data which a program keeps for the next item,
    /// caches of one thread included.
    pub max_kept_bytes: usize,
}

impl Default for PatternLimits {
    /// 32 MiB for one, 256 MiB for all, 1 GiB for caches, 64 MiB for those of the data.
    fn default() -> Self {
        Self {
            max_bytes: 32 << 20,
            max_total_bytes: 256 << 20,
            max_cache_bytes: 1 << 30,
            max_kept_bytes: 64 << 20,
        }
    }
}

/// The bytes that a pattern may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its automaton.
    pub automaton: usize,
    /// The caches that searches of one thread fill. With less of it they take longer.
    pub caches: usize,
    /// Whether a small pattern may be built when it is used first. Its size is then the most that it
    /// may take.
    pub may_wait: bool,
}

impl Room {
    /// So many bytes for an automaton that is built at once, and caches as large as they are useful.
    #[must_use]
    pub const fn of(automaton: usize) -> Self {
        Self {
            automaton,
            caches: usize::MAX,
            may_wait: false,
        }
    }
}

/// The bytes that a compiled pattern takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Everything but the caches.
    pub memory: usize,
    /// The caches of one thread when they are full.
    pub caches: usize,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It is no pattern; the rest of a sentence that says why.
    Malformed(String),
    /// Its automaton takes more memory than that of one pattern may, in bytes.
    TooLarge(usize),
    /// It takes more memory than the other patterns of the source leave.
    NoRoom,
}

impl PatternError {
    /// The error as a sentence about a pattern, which is `kind`, as a regular expression.
    #[must_use]
    pub fn message(&self, kind: &str, pattern: &[u8], limits: &PatternLimits) -> String {
        let pattern = String::from_utf8_lossy(pattern);
        match self {
            Self::Malformed(reason) => format!("The {kind} `{pattern}` is not valid: {reason}."),
            Self::TooLarge(limit) => format!(
                "The {kind} `{pattern}` is too large: compiled, it would take more than the \
                 {limit} bytes that one pattern may. Repeat less in it, or name fewer groups and \
                 classes."
            ),
            Self::NoRoom => format!(
                "The {kind} `{pattern}` is one too many: compiled, all patterns together would \
                 take more than {} bytes. Repeat less in the patterns, or split the script.",
                limits.max_total_bytes
            ),
        }
    }
}

/// A pattern, and what it is compiled to.
type Key = (TypeId, Vec<u8>);
type Shared = Arc<dyn Any + Send + Sync>;

/// The part of what is left for caches that one pattern gets.
const CACHES: usize = 16;
/// The part of what all patterns may take up to which small ones need not be built at once. What
/// they may take is more than what they take, and is to leave room for those behind them.
const WAITING: usize = 8;

/// The compiled patterns of one program.
#[derive(Default)]
pub struct Patterns {
    limits: PatternLimits,
    used: Cell<usize>,
    used_by_caches: Cell<usize>,
    known: RefCell<HashMap<Key, Shared>>,
    kept: Arc<Kept>,
    is_for_data: bool,
}

impl Patterns {
    /// No patterns yet.
    #[must_use]
    pub fn new(limits: PatternLimits) -> Self {
        Self {
            limits,
            kept: Arc::new(Kept::new(limits.max_kept_bytes)),
            ..Self::default()
        }
    }

    /// Patterns that come with the data although a function expects them in the source. `share` of
    /// them may take together what may be kept of patterns of the data, which `kept` has room for.
    pub(crate) fn for_data(limits: PatternLimits, share: usize, kept: &Arc<Kept>) -> Self {
        let bytes = (limits.max_kept_bytes / share).min(limits.max_bytes);
        Self {
            limits: PatternLimits {
                max_bytes: bytes,
                max_total_bytes: bytes,
                ..limits
            },
            kept: Arc::clone(kept),
            is_for_data: true,
            ..Self::default()
        }
    }

    /// Bytes that the patterns take, failed attempts included.
    pub(crate) fn used(&self) -> usize {
        self.used.get()
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &PatternLimits {
        &self.limits
    }

    /// Room for compiled patterns that come with the data.
    #[must_use]
    pub fn kept(&self) -> &Arc<Kept> {
        &self.kept
    }

    /// What `pattern` was compiled to as a `T`. If it was not yet, `compile` is given the bytes that
    /// it may take, and gives the result with those that it takes.
    ///
    /// An attempt that comes to nothing counts as well, since it may have taken as long as another.
    ///
    /// # Errors
    /// When the pattern is malformed or too large.
    pub fn compile<T: Any + Send + Sync>(
        &self,
        pattern: &[u8],
        compile: impl FnOnce(Room) -> Result<(T, Size), PatternError>,
    ) -> Result<Arc<T>, PatternError> {
        let key = (TypeId::of::<T>(), pattern.to_owned());
        let known = self.known.borrow().get(&key).map(Arc::clone);
        if let Some(Ok(known)) = known.map(Arc::downcast) {
            return Ok(known);
        }
        let left = self.limits.max_total_bytes - self.used.get();
        let room = left.min(self.limits.max_bytes);
        if room == 0 {
            return Err(PatternError::NoRoom);
        }
        let caches = self.limits.max_cache_bytes - self.used_by_caches.get();
        let room_for_it = Room {
            automaton: room,
            caches: caches / CACHES,
            may_wait: !self.is_for_data && self.used.get() < self.limits.max_total_bytes / WAITING,
        };
        let (compiled, size) = compile(room_for_it).map_err(|error| match error {
            PatternError::TooLarge(_) | PatternError::NoRoom => {
                self.used.update(|used| used + room);
                if room < self.limits.max_bytes {
                    PatternError::NoRoom
                } else {
                    PatternError::TooLarge(room)
                }
            }
            malformed @ PatternError::Malformed(_) => malformed,
        })?;
        self.used.update(|used| used + size.memory.min(left));
        if size.memory > left {
            return Err(PatternError::NoRoom);
        }
        self.used_by_caches
            .update(|used| used + size.caches.min(caches));
        let compiled = Arc::new(compiled);
        let shared = Arc::clone(&compiled) as Shared;
        self.known.borrow_mut().insert(key, shared);
        Ok(compiled)
    }
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patterns")
            .field("limits", &self.limits)
            .field("used", &self.used.get())
            .finish_non_exhaustive()
    }
}

/// The bytes that are left for what the calls of a program keep from one item to the next.
#[derive(Debug)]
pub struct Kept {
    left: AtomicUsize,
}

impl Default for Kept {
    fn default() -> Self {
        Self::new(PatternLimits::default().max_kept_bytes)
    }
}

impl Kept {
    fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
        }
    }

    /// Takes bytes, if there are as many.
    #[must_use]
    pub fn take(&self, bytes: usize) -> bool {
        // Nothing else depends on the number, so that the order of other accesses does not matter.
        let taken = self
            .left
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        taken.is_ok()
    }

    /// Gives back what was taken.
    pub fn give_back(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns() -> Patterns {
        Patterns::new(PatternLimits {
            max_bytes: 10,
            max_total_bytes: 25,
            max_cache_bytes: 32,
            max_kept_bytes: 5,
        })
    }

    fn taken(memory: usize, caches: usize) -> Size {
        Size { memory, caches }
    }

    /// A pattern that takes `size` bytes when it is compiled.
    fn compile(
        patterns: &Patterns,
        pattern: &str,
        size: usize,
    ) -> Result<Arc<String>, PatternError> {
        patterns.compile(pattern.as_bytes(), |room| match size <= room.automaton {
            true => Ok((pattern.to_owned(), taken(size, room.caches))),
            false => Err(PatternError::TooLarge(room.automaton)),
        })
    }

    #[test]
    fn equal_patterns_are_compiled_once() {
        let patterns = patterns();
        let one = compile(&patterns, "a", 10).expect("there is room");
        let other = compile(&patterns, "a", 10).expect("it is known");
        assert!(Arc::ptr_eq(&one, &other));
        let number = patterns
            .compile(b"a", |_| Ok((7, taken(10, 0))))
            .expect("there is room");
        assert_eq!(*number, 7, "another type is another pattern");
        assert_eq!(patterns.used.get(), 20);
    }

    #[test]
    fn one_pattern_and_all_of_them_have_a_limit() {
        let patterns = patterns();
        assert_eq!(compile(&patterns, "a", 11), Err(PatternError::TooLarge(10)));
        assert!(
            compile(&patterns, "b", 10).is_ok(),
            "the attempt took 10 of 25"
        );
        assert_eq!(compile(&patterns, "c", 6), Err(PatternError::NoRoom));
        assert_eq!(compile(&patterns, "d", 1), Err(PatternError::NoRoom));
        assert!(compile(&patterns, "b", 10).is_ok(), "it is known");
    }

    #[test]
    fn caches_of_later_patterns_are_smaller() {
        let patterns = patterns();
        let caches = |pattern: &str| {
            let compiled = patterns.compile(pattern.as_bytes(), |room| {
                Ok((room.caches, taken(1, 8 * room.caches)))
            });
            *compiled.expect("there is room")
        };
        // A pattern that takes more than it was given takes that much from those behind it.
        assert_eq!(["a", "b", "c", "d", "a"].map(caches), [2, 1, 0, 0, 2]);
        assert_eq!(patterns.used_by_caches.get(), 24);
    }

    #[test]
    fn only_the_first_patterns_of_the_source_may_wait() {
        let waits = |patterns: &Patterns, pattern: &str| {
            let compiled =
                patterns.compile(pattern.as_bytes(), |room| Ok((room.may_wait, taken(3, 0))));
            *compiled.expect("there is room")
        };
        let source = patterns();
        assert_eq!(
            ["a", "b", "a"].map(|pattern| waits(&source, pattern)),
            [true, false, true]
        );
        let data = Patterns::for_data(source.limits, 1, source.kept());
        assert!(!waits(&data, "a"));
    }

    #[test]
    fn what_is_malformed_takes_nothing() {
        let patterns = patterns();
        let malformed = PatternError::Malformed("no".to_owned());
        let outcome = patterns.compile::<()>(b"(", |_| Err(malformed.clone()));
        assert_eq!(outcome, Err(malformed));
        assert_eq!(patterns.used.get(), 0);
    }

    #[test]
    fn what_was_given_back_can_be_taken_again() {
        let patterns = patterns();
        let kept = patterns.kept();
        assert!(kept.take(4) && !kept.take(2));
        kept.give_back(4);
        assert!(kept.take(5));
    }
}

//! Patterns as arguments: compiled once when they are literal, through a small cache when not.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use otlp_columns::Meter;
use ottl_vm::{BindArgs, BindError, CallContext, ExecError, Kept, PatternError, Room, Size, spend};

/// Something that is compiled from a pattern.
pub(crate) trait Compile: Sized + Send + Sync + 'static {
    /// What it is called in messages.
    const KIND: &'static str;
    /// Bytes that the automaton of a pattern from data may take.
    const MAX_SIZE: usize = 1 << 20;

    /// Compiles a pattern into an automaton with so much room.
    ///
    /// # Errors
    /// When it is malformed, or takes more.
    fn compile(pattern: &[u8], room: Room) -> Result<Self, PatternError>;

    /// The bytes that all of it takes, with what searches may note beside it.
    fn size(&self) -> Size;

    /// Units of work that compiling took, beside reading the pattern.
    fn work(&self) -> u64;
}

/// Bytes that the caches of a pattern from data may take.
const MAX_CACHES: usize = 512 << 10;
/// Bytes that a pattern from data may have.
const MAX_LEN: usize = 64 << 10;
/// How many patterns from data are kept by each call.
const KEPT: usize = 16;
/// Longer patterns from data are not kept.
const MAX_KEPT_LEN: usize = 4096;
/// Units of work to compile a pattern of data, in any case, and for each byte.
const WORK_TO_COMPILE: u64 = 1000;
const WORK_PER_BYTE: u64 = 16;
/// Units of work until a pattern that may take a mebibyte turns out to be too large.
const WORK_IN_VAIN: u64 = 400_000;

/// A pattern argument.
pub(crate) struct Pattern<T> {
    param: usize,
    literal: Option<Arc<T>>,
    /// The patterns used last, the latest at the end.
    kept: Mutex<Vec<Known<T>>>,
    /// What all calls of the program may keep.
    room: Arc<Kept>,
    compile: Box<Compiler<T>>,
}

type Compiler<T> = dyn Fn(&[u8], Room) -> Result<T, PatternError> + Send + Sync;

type Outcome<T> = Result<Arc<T>, ExecError>;

/// A pattern that is kept with what came of it.
struct Known<T> {
    pattern: Vec<u8>,
    outcome: Outcome<T>,
    size: usize,
}

/// A pattern while it is used.
pub(crate) enum Compiled<'a, T> {
    /// The argument is literal.
    Literal(&'a T),
    /// The argument is not.
    Kept(Arc<T>),
}

impl<T> Deref for Compiled<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Literal(compiled) => compiled,
            Self::Kept(compiled) => compiled,
        }
    }
}

impl<T: Compile> Pattern<T> {
    /// The pattern that is argument `param`.
    ///
    /// # Errors
    /// When it is literal and not valid.
    pub(crate) fn bind(args: &BindArgs<'_>, param: usize) -> Result<Self, BindError> {
        Self::bind_with(args, param, &[], T::compile)
    }

    /// The same with another way to compile. Calls with equal `settings` compile alike.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub(crate) fn bind_with(
        args: &BindArgs<'_>,
        param: usize,
        settings: &[u8],
        compile: impl Fn(&[u8], Room) -> Result<T, PatternError> + Send + Sync + 'static,
    ) -> Result<Self, BindError> {
        let literal = match args.string(param) {
            None => None,
            Some(pattern) => {
                let patterns = args.patterns;
                let len = pattern.len().to_le_bytes();
                let key = match settings {
                    [] => Cow::Borrowed(pattern),
                    settings => Cow::Owned([&len, pattern, settings].concat()),
                };
                let compiled = patterns.compile(&key, |room| {
                    compile(pattern, room).map(|compiled| {
                        let size = compiled.size();
                        (compiled, size)
                    })
                });
                let invalid = |error: PatternError| {
                    BindError::param(param, error.message(T::KIND, pattern, patterns.limits()))
                };
                Some(compiled.map_err(invalid)?)
            }
        };
        Ok(Self {
            param,
            literal,
            kept: Mutex::new(Vec::new()),
            room: Arc::clone(args.patterns.kept()),
            compile: Box::new(compile),
        })
    }

    /// The compiled pattern, where the argument is literal.
    pub(crate) fn literal(&self) -> Option<&T> {
        self.literal.as_deref()
    }

    /// The compiled pattern.
    ///
    /// # Errors
    /// When the argument's evaluation failed, or its value is no valid pattern.
    #[inline]
    pub(crate) fn get(&self, cx: &CallContext<'_>) -> Result<Compiled<'_, T>, ExecError> {
        match &self.literal {
            Some(compiled) => Ok(Compiled::Literal(compiled)),
            None => {
                let pattern = cx.string(self.param)?;
                let (outcome, work) = self.look_up(cx.bytes(pattern));
                cx.spend(work)?;
                outcome.map(Compiled::Kept)
            }
        }
    }

    /// The compiled pattern `text`, for a pattern that is computed elsewhere than in the arguments.
    /// It is the literal one if there is one.
    ///
    /// # Errors
    /// When it is no valid pattern, or the run has to stop.
    pub(crate) fn of(&self, meter: &Meter, text: &[u8]) -> Result<Compiled<'_, T>, ExecError> {
        match &self.literal {
            Some(compiled) => Ok(Compiled::Literal(compiled)),
            None => {
                let (outcome, work) = self.look_up(text);
                spend(meter, work)?;
                outcome.map(Compiled::Kept)
            }
        }
    }

    /// The compiled pattern, and the work that it took.
    fn look_up(&self, pattern: &[u8]) -> (Outcome<T>, u64) {
        {
            // What is kept is whole even if another thread panicked beside it.
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().rposition(|known| known.pattern == pattern) {
                kept[at..].rotate_left(1);
                return (kept[kept.len() - 1].outcome.clone(), 0);
            }
        }
        let outcome = compile_untrusted(pattern, &*self.compile);
        if pattern.len() <= MAX_KEPT_LEN {
            self.keep(pattern, &outcome);
        }
        let compiling = outcome
            .as_ref()
            .map_or(WORK_IN_VAIN * (T::MAX_SIZE >> 20) as u64, |compiled| {
                compiled.work()
            });
        let reading = WORK_PER_BYTE.saturating_mul(pattern.len() as u64);
        (outcome, WORK_TO_COMPILE + reading + compiling)
    }

    /// Keeps a pattern in place of the oldest ones, if there is room for it.
    fn keep(&self, pattern: &[u8], outcome: &Outcome<T>) {
        let size = outcome.as_ref().map(|compiled| compiled.size());
        let Size { memory, caches } = size.unwrap_or_default();
        let size = memory + caches + pattern.len() + size_of::<Known<T>>();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.len() >= KEPT || !self.room.take(size) {
            if kept.is_empty() {
                return;
            }
            self.room.give_back(kept.remove(0).size);
        }
        kept.push(Known {
            pattern: pattern.to_vec(),
            outcome: outcome.clone(),
            size,
        });
    }
}

/// A call that is no more gives back what it kept: the function may be bound anew while the program
/// runs.
impl<T> Drop for Pattern<T> {
    fn drop(&mut self) {
        let kept = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner);
        let bytes = kept.iter().map(|known| known.size).sum();
        self.room.give_back(bytes);
    }
}

/// Compiles a pattern that came with the data, which may be hostile.
fn compile_untrusted<T: Compile>(pattern: &[u8], compile: &Compiler<T>) -> Outcome<T> {
    let compiled = if pattern.len() > MAX_LEN {
        Err(PatternError::TooLarge(T::MAX_SIZE))
    } else {
        let room = Room {
            automaton: T::MAX_SIZE,
            caches: MAX_CACHES,
            may_wait: false,
        };
        compile(pattern, room)
    };
    compiled.map(Arc::new).map_err(|error| {
        let reason = match error {
            PatternError::Malformed(reason) => reason,
            PatternError::TooLarge(_) | PatternError::NoRoom => {
                "the pattern is too large".to_owned()
            }
        };
        ExecError::new(format!("The {} is not valid: {reason}.", T::KIND))
    })
}

#[cfg(test)]
mod tests {
    use ottl_vm::{BindArg, Literal, PatternLimits, Patterns};

    use super::*;

    /// A pattern that takes as many bytes as it is long.
    #[derive(Debug)]
    struct Length(usize);

    impl Compile for Length {
        const KIND: &'static str = "pattern";

        fn compile(pattern: &[u8], room: Room) -> Result<Self, PatternError> {
            match pattern.len() {
                0 => Err(PatternError::Malformed("it is empty".to_owned())),
                len if len > room.automaton => Err(PatternError::TooLarge(room.automaton)),
                len => Ok(Self(len)),
            }
        }

        fn size(&self) -> Size {
            Size {
                memory: self.0,
                caches: 0,
            }
        }

        fn work(&self) -> u64 {
            7
        }
    }

    fn pattern() -> Pattern<Length> {
        bind(BindArg::Dynamic, &Patterns::default()).expect("nothing is compiled yet")
    }

    fn bind(arg: BindArg, patterns: &Patterns) -> Result<Pattern<Length>, BindError> {
        let args = &[arg];
        Pattern::bind(&BindArgs { args, patterns }, 0)
    }

    fn patterns(max_bytes: usize, max_total_bytes: usize, max_kept_bytes: usize) -> Patterns {
        Patterns::new(PatternLimits {
            max_bytes,
            max_total_bytes,
            max_kept_bytes,
            ..PatternLimits::default()
        })
    }

    #[test]
    fn literal_patterns_have_a_limit_together() {
        let patterns = patterns(8, 10, 0);
        let message = |text: &str| {
            let text = Literal::String(text.as_bytes().to_vec());
            let bound = bind(BindArg::Literal(text), &patterns);
            bound.err().map(|error| error.message)
        };
        assert_eq!(message("abcdef"), None);
        assert_eq!(message("abcdef"), None, "it is known");
        let one_too_many = message("ghijkl").expect("6 and 6 are more than 10");
        assert!(
            one_too_many.contains("`ghijkl` is one too many"),
            "{one_too_many}"
        );
        assert!(
            one_too_many.contains("more than 10 bytes"),
            "{one_too_many}"
        );
    }

    #[test]
    fn a_literal_pattern_has_a_limit_of_its_own() {
        let text = Literal::String(b"abcdefghi".to_vec());
        let error = bind(BindArg::Literal(text), &patterns(8, 100, 0)).err();
        let message = error.expect("9 are more than 8").message;
        assert!(
            message.contains("8 bytes that one pattern may"),
            "{message}"
        );
    }

    #[test]
    fn calls_of_a_program_share_the_room_for_what_they_keep() {
        let overhead = size_of::<Known<Length>>();
        let patterns = patterns(8, 8, overhead + 100);
        let one = bind(BindArg::Dynamic, &patterns).expect("nothing is compiled yet");
        let other = bind(BindArg::Dynamic, &patterns).expect("nothing is compiled yet");
        let count = |pattern: &Pattern<Length>| pattern.kept.lock().expect("no panic").len();
        assert!(other.look_up(&[b'x'; 50]).0.is_ok());
        assert!(
            one.look_up(b"x").0.is_ok(),
            "it is used, but there is no room to keep it"
        );
        assert_eq!((count(&one), count(&other)), (0, 1));
        assert!(
            other.look_up(b"y").0.is_ok(),
            "it takes the place of the other"
        );
        assert!(
            other.look_up(&[b'z'; 51]).0.is_ok(),
            "nothing can take its place"
        );
        assert!(one.look_up(b"x").0.is_ok());
        assert_eq!((count(&one), count(&other)), (1, 0));
    }

    #[test]
    fn patterns_from_data_are_no_longer_than_they_may_be() {
        let pattern = pattern();
        assert!(pattern.look_up(&vec![b'x'; MAX_LEN]).0.is_ok());
        let error = pattern.look_up(&vec![b'x'; MAX_LEN + 1]).0.err();
        let message = error.expect("it is too long").message().to_owned();
        assert_eq!(
            message,
            "The pattern is not valid: the pattern is too large."
        );
    }

    #[test]
    fn the_latest_patterns_are_kept() {
        let pattern = pattern();
        let look_up = |text: &[u8]| pattern.look_up(text).0.expect("a pattern");
        let first = look_up(b"x");
        for len in 2..=KEPT {
            look_up(&vec![b'x'; len]);
        }
        let again = look_up(b"x");
        assert!(Arc::ptr_eq(&first, &again));
        // The one-byte pattern is now the latest, so that the two-byte pattern gives way.
        let second = look_up(b"xx");
        look_up(&[b'y'; 40]);
        assert!(Arc::ptr_eq(&second, &look_up(b"xx")));
        assert_eq!(pattern.kept.lock().expect("no panic").len(), KEPT);
        assert_eq!(first.0, 1);
    }

    #[test]
    fn what_is_kept_costs_nothing() {
        let pattern = pattern();
        let work = |text| pattern.look_up(text).1;
        assert_eq!(work(b"xy"), WORK_TO_COMPILE + 2 * WORK_PER_BYTE + 7);
        assert_eq!(work(b"xy"), 0);
        assert!(work(b"") >= WORK_IN_VAIN);
    }

    #[test]
    fn failures_are_kept_too() {
        let pattern = pattern();
        let message = "The pattern is not valid: it is empty.";
        for _ in 0..2 {
            let error = pattern.look_up(b"").0.expect_err("a failure");
            assert_eq!(error.message(), message);
        }
        assert_eq!(pattern.kept.lock().expect("no panic").len(), 1);
    }
}

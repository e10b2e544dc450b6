//! Patterns as arguments: compiled once when they are literal, through a small cache when not.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use ottl_vm::{BindArgs, BindError, CallContext, ExecError};

/// Something that is compiled from a pattern.
pub(crate) trait Compile: Sized {
    /// What it is called in messages.
    const KIND: &'static str;

    /// Compiles a pattern of the program's source.
    ///
    /// # Errors
    /// Part of a sentence that says what is wrong with the pattern.
    fn compile(pattern: &[u8]) -> Result<Self, String>;

    /// Compiles a pattern that came with the data, which may be hostile.
    ///
    /// # Errors
    /// As [`Self::compile`].
    fn compile_untrusted(pattern: &[u8]) -> Result<Self, String>;

    /// Units of work that compiling took, beside reading the pattern.
    fn work(&self) -> u64;
}

/// How many patterns from data are kept.
const KEPT: usize = 16;
/// Longer patterns from data are not kept.
const MAX_KEPT_LEN: usize = 4096;
/// Units of work to compile a pattern of data, in any case, and for each byte.
const WORK_TO_COMPILE: u64 = 1000;
const WORK_PER_BYTE: u64 = 16;
/// Units of work until a pattern turns out to be too large.
const WORK_IN_VAIN: u64 = 400_000;

/// A pattern argument.
pub(crate) struct Pattern<T> {
    param: usize,
    literal: Option<T>,
    /// The patterns used last, the latest at the end, with what came of them.
    kept: Mutex<Vec<(Vec<u8>, Outcome<T>)>>,
}

type Outcome<T> = Result<Arc<T>, ExecError>;

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
        let literal = match args.string(param) {
            None => None,
            Some(pattern) => Some(T::compile(pattern).map_err(|reason| {
                let pattern = String::from_utf8_lossy(pattern);
                let message = format!("The {} `{pattern}` is not valid: {reason}.", T::KIND);
                BindError::param(param, message)
            })?),
        };
        Ok(Self {
            param,
            literal,
            kept: Mutex::new(Vec::new()),
        })
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

    /// The compiled pattern, and the work that it took.
    fn look_up(&self, pattern: &[u8]) -> (Outcome<T>, u64) {
        {
            // What is kept is whole even if another thread panicked beside it.
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().rposition(|(known, _)| known == pattern) {
                kept[at..].rotate_left(1);
                return (kept[kept.len() - 1].1.clone(), 0);
            }
        }
        let outcome = T::compile_untrusted(pattern)
            .map(Arc::new)
            .map_err(|reason| ExecError::new(format!("The {} is not valid: {reason}.", T::KIND)));
        if pattern.len() <= MAX_KEPT_LEN {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                drop(kept.remove(0));
            }
            kept.push((pattern.to_vec(), outcome.clone()));
        }
        let compiling = outcome
            .as_ref()
            .map_or(WORK_IN_VAIN, |compiled| compiled.work());
        let reading = WORK_PER_BYTE.saturating_mul(pattern.len() as u64);
        (outcome, WORK_TO_COMPILE + reading + compiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Length(usize);

    impl Compile for Length {
        const KIND: &'static str = "pattern";

        fn compile(pattern: &[u8]) -> Result<Self, String> {
            Ok(Self(pattern.len()))
        }

        fn compile_untrusted(pattern: &[u8]) -> Result<Self, String> {
            if pattern.is_empty() {
                Err("it is empty".to_owned())
            } else {
                Self::compile(pattern)
            }
        }

        fn work(&self) -> u64 {
            7
        }
    }

    fn pattern() -> Pattern<Length> {
        let args = [ottl_vm::BindArg::Dynamic];
        Pattern::bind(&BindArgs { args: &args }, 0).expect("nothing is compiled yet")
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
            let error = pattern.look_up(b"").0.err().expect("a failure");
            assert_eq!(error.message(), message);
        }
        assert_eq!(pattern.kept.lock().expect("no panic").len(), 1);
    }
}

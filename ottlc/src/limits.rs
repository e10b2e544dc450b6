//! Options for how much a run may demand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use clap::value_parser;
use ottl::{Engine, Interrupt, RunContext, RunError, StatementError};

/// How much the run over one message may demand.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits for each message")]
pub(crate) struct LimitArgs {
    /// The longest message that is read, in bytes; K, M and G stand for powers of 1024.
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size)]
    pub(crate) max_message_size: usize,
    /// The bytes that a run may make beside the message; K, M and G stand for powers of 1024
    /// [default: 32 for each byte of the message, at least 64M].
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    max_growth: Option<usize>,
    /// The longest text that a function may make, in bytes; K, M and G stand for powers of 1024
    /// [default: 64M].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_text: Option<usize>,
    /// What a cache may hold that items and messages share, in bytes; K, M and G stand for powers of
    /// 1024 [default: 1M].
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_shared_cache: Option<usize>,
    /// The work that a run may need, in units of some nanoseconds, which are the same on every
    /// machine [default: 1000 for each byte of the message, at least 1000000000].
    #[arg(long, value_name = "UNITS", value_parser = value_parser!(u64).range(1..))]
    max_work: Option<u64>,
    /// The time that a run may take, in seconds, such as 2 or 0.5 [default: no limit].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

impl LimitArgs {
    /// The engine with these limits.
    pub(crate) fn engine(&self, engine: Engine) -> Engine {
        let mut limits = engine.limits();
        if let Some(bytes) = self.max_growth {
            limits.batch.growth_factor = 0;
            limits.batch.min_growth = bytes;
        }
        if let Some(bytes) = self.max_text {
            limits.run.max_string_bytes = bytes;
        }
        if let Some(bytes) = self.max_shared_cache {
            limits.run.max_shared_bytes = bytes;
        }
        if let Some(units) = self.max_work {
            limits.run.work_factor = 0;
            limits.run.min_work = units;
        }
        engine.with_limits(limits)
    }

    /// What comes from outside for a run that begins now.
    pub(crate) fn context(&self) -> RunContext {
        match self.interrupt() {
            Some(interrupt) => RunContext::default().with_interrupt(interrupt),
            None => RunContext::default(),
        }
    }

    /// What ends a run that begins now, when it has taken as long as it may.
    fn interrupt(&self) -> Option<Arc<Interrupt>> {
        let deadline = Instant::now().checked_add(self.timeout?)?;
        Some(Arc::new(move || Instant::now() >= deadline))
    }
}

/// What to do about a message that takes too much memory.
pub(crate) const GROWTH: &str = "Raise the limit of a run with --max-growth.";

/// What to do about a run that failed or hit a limit.
pub(crate) fn help(error: &RunError) -> &'static str {
    match error {
        RunError::Statement(error) if is_too_long(error) => {
            "Raise the limit on texts with --max-text, or go on behind failures with --error-mode \
             ignore."
        }
        RunError::Statement(_) => {
            "Add a `where` that excludes such items, or go on behind failures with --error-mode \
             ignore."
        }
        RunError::OutOfMemory => GROWTH,
        RunError::OutOfWork => "Raise the limit of a run with --max-work.",
        RunError::Interrupted => "Raise the limit of a run with --timeout.",
        RunError::SharedCacheFull(_) => {
            "Raise the limit of the shared cache with --max-shared-cache."
        }
    }
}

/// Whether the failure is that of a text that would become too long, which the engine does not tell
/// apart from others.
fn is_too_long(error: &StatementError) -> bool {
    error
        .error
        .message()
        .starts_with("The text would be longer than ")
}

/// A number of bytes, as `10` or `64M`.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => Some(1),
        "K" | "KB" | "KIB" => Some(1 << 10),
        "M" | "MB" | "MIB" => Some(1 << 20),
        "G" | "GB" | "GIB" => Some(1 << 30),
        _ => None,
    };
    let number = digits.parse::<usize>().ok();
    let size = number
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor));
    let size = size.filter(|&size| size > 0);
    size.ok_or_else(|| "give a number of bytes, as 64M".to_owned())
}

/// The same for what has to fit into one batch.
fn size(text: &str) -> Result<usize, String> {
    let fits = |size: &usize| *size <= i32::MAX as usize;
    let size = bytes(text).ok().filter(fits);
    size.ok_or_else(|| "give a number of bytes below 2G, as 64M".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let time = time.filter(|time| !time.is_zero());
    time.ok_or_else(|| "give a number of seconds above 0, as 2 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("64M"), Ok(64 << 20));
        assert_eq!(size("10"), Ok(10));
        assert_eq!(size("1KiB"), Ok(1024));
        assert!(size("2G").is_err());
        assert!(size("0").is_err());
        assert!(size("M").is_err());
        assert!(size("5 parsecs").is_err());
        assert_eq!(bytes("3G"), Ok(3 << 30));
        assert!(bytes("99999999999G").is_err());
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        assert_eq!(seconds("2"), Ok(Duration::from_secs(2)));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "nan", "inf", "1e300", "2s", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}

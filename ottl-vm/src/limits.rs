//! The limits of a run.
//!
//! A run that hits the limit on work or on growth stops under every error mode, with
//! [`RunError::OutOfWork`](crate::RunError::OutOfWork) or
//! [`RunError::OutOfMemory`](crate::RunError::OutOfMemory): inside of a run both are sticky flags
//! of the batch's heap, which the interpreters look at between instructions. What is larger than
//! one of the other limits fails the statement on the item, as other mistakes of the data do.

use otlp_columns::{Meter, Stop};

use crate::ExecError;

/// How much one run of a program over one message may demand.
///
/// How much memory values made beside the message may take is a limit of the batch:
/// [`BatchLimits`](otlp_columns::BatchLimits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLimits {
    /// Units of work for each byte of the message; the larger of this and [`Self::min_work`] counts.
    ///
    /// A unit is about what an instruction needs for one item, some nanoseconds. Functions take
    /// more where they look at more: one unit for an entry or element, for 64 bytes that are
    /// copied or compared, for 8 bytes that are computed with. Regular expressions take more for
    /// larger patterns. The same program and message always need the same number of units, but for
    /// patterns that come with the data, of which a program keeps a few between runs, and for
    /// conditions that have become machine code, which need fewer.
    pub work_factor: u64,
    /// Units of work that a message may need in any case.
    pub min_work: u64,
    /// How many bytes one text made by a function may have.
    pub max_string_bytes: usize,
    /// How deep values that are read from text, such as JSON, may nest.
    pub max_depth: usize,
    /// How often lambdas may be called for one item by one call of a function, those inside of
    /// lambdas included.
    pub max_iterations: u64,
    /// How many failures are reported with their reason; further ones are only counted.
    pub max_reported_errors: usize,
    /// How many bytes the cache may take that items and messages share.
    pub max_shared_bytes: usize,
}

impl Default for RunLimits {
    /// 1,000 units for each byte of the message, and a thousand million in any case; texts of
    /// 64 MiB; 100 levels; 1,000,000 calls of lambdas; 10 reported failures; shared caches of 1 MiB.
    ///
    /// A thousand statements with a regular expression each, on items of 600 bytes, need less than
    /// a tenth of that.
    fn default() -> Self {
        Self {
            work_factor: 1_000,
            min_work: 1_000_000_000,
            max_string_bytes: 64 << 20,
            max_depth: 100,
            max_iterations: 1_000_000,
            max_reported_errors: 10,
            max_shared_bytes: 1 << 20,
        }
    }
}

impl RunLimits {
    /// Units of work for a message of `bytes`.
    #[must_use]
    pub fn work(&self, bytes: usize) -> u64 {
        self.work_factor
            .saturating_mul(bytes as u64)
            .max(self.min_work)
    }
}

/// Spends units of work.
///
/// # Errors
/// When there are not as many left; the run stops then, whatever becomes of the error.
#[inline]
pub fn spend(meter: &Meter, units: u64) -> Result<(), ExecError> {
    if meter.spend(units) {
        Ok(())
    } else {
        Err(stopped())
    }
}

/// Notes that something would be larger than the growth limit of the batch, which stops the run.
#[cold]
#[must_use]
pub fn out_of_memory(meter: &Meter) -> ExecError {
    meter.stop(Stop::Memory);
    stopped()
}

#[cold]
fn stopped() -> ExecError {
    ExecError::new("The run was stopped because of a limit.")
}

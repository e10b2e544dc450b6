//! Samples of failures that are ignored: what failed where, and the item, with what is in it blacked
//! out.
//!
//! Under [`ErrorMode::Ignore`](crate::ErrorMode::Ignore) a failing statement only shows as a number.
//! With samples, whoever runs a script is shown an item now and then on which it failed. They are off
//! at first, and then cost nothing; how many there are depends on the clock of the engine's
//! [`Environment`](crate::Environment) and not on how many items fail.

mod bucket;
mod redact;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use otlp_columns::{Batch, BitSet, Level, json};
use ottl_vm::path::Context;
use ottl_vm::{ExecError, FailedItem, FailureSink};

use self::bucket::Bucket;

/// How many samples there are, and what they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSettings {
    /// How many samples each statement may give in an interval; 0 for none.
    pub per_interval: u32,
    /// The interval. What was not used is good for one interval at most.
    pub interval: Duration,
    /// How long the text of an item may be, in bytes.
    pub max_bytes: usize,
    /// Whether values are blacked out.
    pub redacts: bool,
    /// The keys of attributes, and of maps in them, whose values are shown nevertheless. `body` stands
    /// for the bodies of log records.
    pub shown_keys: Vec<String>,
}

impl Default for SampleSettings {
    /// One sample a minute for each statement, of 4 KiB at most, that shows no value.
    fn default() -> Self {
        Self {
            per_interval: 1,
            interval: Duration::from_secs(60),
            max_bytes: 4 << 10,
            redacts: true,
            shown_keys: Vec::new(),
        }
    }
}

/// A statement that failed on an item, and the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorSample {
    /// Index of the statement in its script.
    pub statement: usize,
    /// The text of the statement.
    pub source: String,
    /// The byte at which it begins in the script, or in the file of a configuration.
    pub offset: usize,
    /// The context of the script.
    pub context: Context,
    /// Number of the item in the run, from 0.
    pub item: usize,
    /// Why it failed.
    pub error: ExecError,
    /// The item as it was then, with its resource and scope, as OTLP/JSON. What is below a resource
    /// or scope is left out when that is the item.
    pub message: String,
    /// Whether the text was longer and was cut.
    pub is_cut: bool,
    /// How often the statement failed without a sample since the last one.
    pub suppressed: u64,
}

impl fmt::Display for ErrorSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` failed on {} {}: {} The item: {}",
            self.source,
            ottl_vm::path::context_name(self.context),
            self.item,
            self.error,
            self.message
        )?;
        if self.is_cut {
            f.write_str("…")?;
        }
        if self.suppressed > 0 {
            write!(f, " It failed {} more times before.", self.suppressed)?;
        }
        Ok(())
    }
}

/// Who gets samples. It is called while a script runs, and should be quick.
pub type SampleSink = dyn Fn(ErrorSample) + Send + Sync;

/// What makes samples for the scripts of an engine.
#[derive(Clone)]
pub(crate) struct Samples {
    pub(crate) settings: Arc<SampleSettings>,
    pub(crate) sink: Arc<SampleSink>,
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// What makes samples for one script, in whatever threads it runs.
pub(crate) struct Sampler {
    samples: Samples,
    /// Where the statements are in the file that they come from, if not where the program says.
    places: Vec<usize>,
    /// One for each statement that has failed, and those before it.
    buckets: Mutex<Vec<Bucket>>,
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.samples.fmt(f)
    }
}

impl Sampler {
    pub(crate) fn new(samples: Samples, places: Vec<usize>) -> Self {
        Self {
            samples,
            places,
            buckets: Mutex::default(),
        }
    }

    pub(crate) fn samples(&self) -> &Samples {
        &self.samples
    }

    /// For each statement how often it failed without a sample since its last one.
    pub(crate) fn suppressed(&self, statements: usize) -> Vec<u64> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = buckets.iter().map(|bucket| bucket.suppressed);
        counts
            .chain(std::iter::repeat(0))
            .take(statements)
            .collect()
    }

    /// Whether there may be a sample now, and how many failures had none before.
    fn admit(&self, statement: usize, now: i64) -> Option<u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() <= statement {
            let settings = &self.samples.settings;
            let bucket = Bucket::full(settings.per_interval, settings.interval, now);
            buckets.resize(statement + 1, bucket);
        }
        buckets[statement].take(now)
    }
}

impl FailureSink for Sampler {
    fn failed(&self, failed: &FailedItem<'_>) {
        let failure = failed.failure;
        let now = failed.environment.now().unix_nanos();
        let Some(suppressed) = self.admit(failure.statement, now) else {
            return;
        };
        let (message, is_cut) = self.message(failed);
        let part = &failed.program.parts[failure.statement];
        let place = self.places.get(failure.statement).copied();
        (self.samples.sink)(ErrorSample {
            statement: failure.statement,
            source: part.source.clone(),
            offset: place.unwrap_or(part.offset),
            context: failed.program.context,
            item: failure.item,
            error: failure.error.clone(),
            message,
            is_cut,
            suppressed,
        });
    }
}

impl Sampler {
    /// The item as text, and whether it was cut.
    fn message(&self, failed: &FailedItem<'_>) -> (String, bool) {
        let settings = &*self.samples.settings;
        let context = failed.program.context;
        let (level, row) = lowest(failed.batch, context, failed.row);
        let mut rows = BitSet::new(failed.batch.rows(level));
        rows.insert(row);
        let Ok(wire) = failed.batch.try_encode_rows(level, &rows) else {
            return ("{}".to_owned(), true);
        };
        let mut text = Vec::new();
        if json::from_wire(failed.batch.signal(), &wire, &mut text).is_err() {
            return ("{}".to_owned(), true);
        }
        let mut text = redact::item(&text, context, settings);
        let is_cut = text.len() > settings.max_bytes;
        if is_cut {
            let mut end = settings.max_bytes;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
        (text, is_cut)
    }
}

/// A row that stands for one of a level: its own, but for resources and scopes one far below, so that
/// not all that they have is written.
fn lowest(batch: &Batch, context: Context, row: usize) -> (Level, usize) {
    let mut at = (context, row);
    if !matches!(context, Level::Resource | Level::Scope) {
        return at;
    }
    let levels = batch.signal().levels();
    let start = levels.iter().position(|level| *level == context);
    let below = start.map_or(&[][..], |start| &levels[start + 1..]);
    for &level in below {
        let mut children = batch.children(at.0, at.1);
        match children.find(|child| !batch.dropped(level).contains(*child)) {
            Some(child) => at = (level, child),
            None => break,
        }
    }
    at
}

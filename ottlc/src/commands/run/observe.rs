//! What is seen of a run beside its data: samples of failures, and counts as metrics.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use clap::value_parser;
use ottl::metrics::{StatementLabel, StatementMetrics};
use ottl::samples::{ErrorSample, SampleSettings};
use ottl::{Engine, Environment as _, ErrorMode, SystemEnvironment, context_name};

use super::work::Work;
use crate::args::DialectArg;
use crate::error::Failure;
use crate::script::Listed;

/// What to show and write beside the data.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ObserveArgs {
    /// Shows items that statements failed on and went on, N for each statement [default for N: 1].
    /// Values of attributes and bodies show as their types and lengths. Of a configuration these are
    /// statements whose error mode is ignore.
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1",
        value_parser = value_parser!(u32).range(1..=1000)
    )]
    error_samples: Option<u32>,
    /// A key of attributes whose values samples show as they are; `body` for bodies. May be repeated.
    #[arg(long, value_name = "KEY", requires = "error_samples")]
    sample_key: Vec<String>,
    /// Writes how often each statement matched, changed and failed as OTLP metrics, as JSON or, for
    /// *.pb, as protobuf.
    #[arg(long, value_name = "FILE")]
    pub(super) metrics: Option<PathBuf>,
}

/// Samples that came and were not looked at yet, by the thread that ran into them.
pub(super) type Samples = Arc<Mutex<HashMap<ThreadId, Vec<ErrorSample>>>>;

impl ObserveArgs {
    /// Checks that there can be samples of a script that is run with an error mode.
    pub(super) fn check(&self, dialect: DialectArg, mode: ErrorMode) -> Result<(), Failure> {
        // In the other dialect statements have error modes of their own.
        let is_strict = dialect == DialectArg::Strict;
        if self.error_samples.is_some() && is_strict && mode != ErrorMode::Ignore {
            let message = "Samples are shown of failures behind which the run goes on. Add --error-mode ignore.";
            return Err(Failure::Usage(message.to_owned()));
        }
        Ok(())
    }

    /// The engine, which puts samples where they can be found.
    pub(super) fn engine(&self, engine: Engine) -> (Engine, Samples) {
        let samples = Samples::default();
        let Some(count) = self.error_samples else {
            return (engine, samples);
        };
        let settings = SampleSettings {
            per_interval: count,
            // So many in all, however long the run takes.
            interval: Duration::MAX,
            shown_keys: self.sample_key.clone(),
            ..SampleSettings::default()
        };
        let kept = Arc::clone(&samples);
        let keep = move |sample| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.entry(thread::current().id()).or_default().push(sample);
        };
        (engine.with_error_samples(settings, keep), samples)
    }

    /// Counts of zero for all that is run; none when nobody asked for them.
    pub(super) fn counts(&self, work: &Work, statements: &[Listed]) -> Option<StatementMetrics> {
        self.metrics.as_ref()?;
        let label = |group: Option<usize>, index: usize, context, listed: &Listed| StatementLabel {
            context: Option::map(context, context_name),
            group: group.map(|group| group as u64),
            line: Some(listed.line as u64),
            ..StatementLabel::new(index as u64, &listed.text)
        };
        let labels = match work.groups() {
            Some(groups) => {
                let groups = groups.iter().enumerate().map(|(number, group)| {
                    let statements = group.iter().enumerate();
                    let labels = statements
                        .map(|(index, one)| label(Some(number), index, one.context, &one.listed));
                    labels.collect()
                });
                groups.collect()
            }
            None => {
                let statements = statements.iter().enumerate();
                let labels = statements.map(|(index, one)| label(None, index, work.context(), one));
                vec![labels.collect()]
            }
        };
        let metrics = StatementMetrics::new(now(), labels);
        Some(match work.name() {
            Some(name) => metrics.with_attribute("ottl.processor.id", name),
            None => metrics,
        })
    }
}

/// Nanoseconds since the epoch.
pub(super) fn now() -> u64 {
    let now = SystemEnvironment::default().now().unix_nanos();
    u64::try_from(now).unwrap_or_default()
}

/// The samples that came in this thread since it asked last.
pub(super) fn take(samples: &Samples) -> Vec<ErrorSample> {
    let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
    samples.remove(&thread::current().id()).unwrap_or_default()
}

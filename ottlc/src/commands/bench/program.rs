//! What is measured: a script, or a filter with conditions.

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ottl::config::{ComponentKind, Pipeline, ReadOptions, read_component};
use ottl::{Batch, Condition, Engine, Script, Signal, render};
use serde_json::json;

use crate::error::{Error, Failure};
use crate::script::Source;

pub(super) enum Program {
    Script(Box<Script>),
    Filter(Box<Filter>),
}

/// A filter processor, and its conditions as one.
pub(super) struct Filter {
    pipeline: Pipeline,
    condition: Condition,
    conditions: usize,
}

impl Program {
    /// A filter that drops what one of the conditions holds for, which stand one a line.
    pub(super) fn filter(
        engine: &Engine,
        signal: Signal,
        source: &Source,
    ) -> Result<Self, Failure> {
        let conditions = conditions(source);
        let rejected = |message: String| Error::new(message).at(&source.name);
        let mut any = String::new();
        for condition in &conditions {
            let compiled = engine.compile_condition(signal, None, condition);
            compiled.map_err(|error| rejected(format!("`{condition}`: {error}")))?;
            let or = if any.is_empty() { "" } else { " or " };
            // Writing to a string cannot fail.
            let _ = write!(any, "{or}({condition})");
        }
        let condition = engine
            .compile_condition(signal, None, &any)
            .map_err(|error| rejected(error.to_string()))?;
        let pipeline = pipeline(engine, signal, source)?;
        Ok(Self::Filter(Box::new(Filter {
            pipeline,
            condition,
            conditions: conditions.len(),
        })))
    }

    /// How many statements or conditions there are.
    pub(super) fn statements(&self) -> usize {
        match self {
            Self::Script(script) => script.statements().count(),
            Self::Filter(filter) => filter.conditions,
        }
    }

    /// How long it takes over a message that is decoded.
    pub(super) fn resident(&self, signal: Signal, message: &Bytes) -> Result<Duration, Failure> {
        match self {
            Self::Script(script) => {
                let mut batch = decode(script, message)?;
                let begin = Instant::now();
                execute(script, &mut batch)?;
                Ok(begin.elapsed())
            }
            Self::Filter(filter) => {
                let decoded = Batch::decode(signal, message.clone());
                let mut batch = decoded.map_err(|error| Error::new(error.to_string()))?;
                // Asking reads what it needs of the message; what is asked again is there.
                filter.ask(&mut batch)?;
                let begin = Instant::now();
                filter.ask(&mut batch)?;
                Ok(begin.elapsed())
            }
        }
    }

    /// How long it takes from bytes to bytes.
    pub(super) fn wire(&self, signal: Signal, message: &Bytes) -> Result<Duration, Failure> {
        let begin = Instant::now();
        match self {
            Self::Script(script) => {
                let applied = script.apply(message.clone());
                black_box(applied.map_err(|error| failed(&error))?);
            }
            Self::Filter(filter) => {
                let outcome = filter.pipeline.run(signal, message.clone());
                black_box(outcome.map_err(|error| Error::new(error.to_string()))?);
            }
        }
        Ok(begin.elapsed())
    }
}

/// The conditions of a filter, one a line.
fn conditions(source: &Source) -> Vec<&str> {
    let lines = source.text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// The filter processor with the conditions of a script.
pub(super) fn pipeline(
    engine: &Engine,
    signal: Signal,
    source: &Source,
) -> Result<Pipeline, Failure> {
    let list = match signal {
        Signal::Traces => "trace_conditions",
        Signal::Logs => "log_conditions",
        Signal::Metrics => "metric_conditions",
        Signal::Profiles => "profile_conditions",
    };
    let configuration = json!({ list: conditions(source) }).to_string();
    let read = read_component(
        ComponentKind::Filter,
        &configuration,
        &ReadOptions::default(),
    );
    let compiled = match read.components.as_slice() {
        [component] => component.compile(engine),
        _ => Err(read.diagnostics),
    };
    let pipeline = compiled.map_err(|problems| {
        let shown = render(&problems, &source.name, &configuration, false);
        Error::new(shown).at(&source.name)
    })?;
    Ok(pipeline)
}

impl Filter {
    fn ask(&self, batch: &mut Batch) -> Result<(), Failure> {
        let mask = self.condition.eval(batch);
        black_box(mask.map_err(|error| Error::new(error.to_string()))?);
        Ok(())
    }
}

fn decode(script: &Script, message: &Bytes) -> Result<Batch, Failure> {
    let batch = script.decode(message.clone());
    Ok(batch.map_err(|error| Error::new(error.to_string()))?)
}

fn execute(script: &Script, batch: &mut Batch) -> Result<(), Failure> {
    black_box(script.run(batch).map_err(|error| failed(&error))?);
    Ok(())
}

fn failed(error: &dyn std::error::Error) -> Error {
    Error::new(error.to_string()).help("Find the item with `ottlc run`.")
}

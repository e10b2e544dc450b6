//! How cost grows: with the items of a message, and with threads.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use benches::data::Dataset;
use benches::scenarios::{Scenario, named};
use serde::Serialize;

use super::figures::Figures;
use super::programs::{Job, Programs};
use crate::Failure;

/// The scenario whose growth is measured, and the one that threads share.
const GROWTH: &str = "s1_redact";
const THREADS: &str = "s5_pipeline";
/// Lengths of messages.
const ITEMS: &[usize] = &[1_000, 10_000, 100_000, 1_000_000];
/// Messages of a stream, and how many items each has.
const MESSAGES: usize = 200;
const ITEMS_OF_MESSAGE: usize = 1_000;
/// A longer message is the same items again.
const MOST_GENERATED: usize = 10_000;
const ROUNDS: usize = 3;

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Scale {
    pub(super) growth_of: &'static str,
    pub(super) growth: Vec<Growth>,
    pub(super) threads_of: &'static str,
    /// Seconds for a stream of messages with one thread and with two.
    pub(super) seconds_with_threads: [f64; 2],
}

/// A message and how fast it was.
#[derive(Debug, Serialize)]
pub(super) struct Growth {
    pub(super) items: usize,
    pub(super) wire_items_per_s: Option<f64>,
}

impl Scale {
    /// How many times as fast two threads are as one.
    pub(super) fn speedup(&self) -> f64 {
        self.seconds_with_threads[0] / self.seconds_with_threads[1]
    }
}

fn scenario(name: &str) -> Result<&'static Scenario, Failure> {
    named(name).ok_or_else(|| format!("There is no scenario {name}.").into())
}

pub(super) fn measure(programs: &Programs, output: &Path) -> Result<Scale, Failure> {
    Ok(Scale {
        growth_of: GROWTH,
        growth: growth(programs, output)?,
        threads_of: THREADS,
        seconds_with_threads: threads(programs, output)?,
    })
}

fn growth(programs: &Programs, output: &Path) -> Result<Vec<Growth>, Failure> {
    let scenario = scenario(GROWTH)?;
    let script = output.join(format!("{GROWTH}.ottl"));
    fs::write(&script, scenario.source().as_bytes())?;
    let mut lengths = Vec::new();
    for items in ITEMS {
        eprintln!("{GROWTH} with {items} items");
        let input = output.join("growth.pb");
        let part = scenario.data.message(*items.min(&MOST_GENERATED));
        fs::write(&input, part.repeat(items.div_ceil(MOST_GENERATED)))?;
        let job = Job {
            scenario,
            script: &script,
            input: &input,
            seconds: 0.5,
            only: "wire",
        };
        let figures = programs.ours(&job);
        fs::remove_file(&input)?;
        lengths.push(Growth {
            items: *items,
            wire_items_per_s: figures?.wire_items_per_s,
        });
    }
    Ok(lengths)
}

/// The whole time of a process, which reads a file and writes to nowhere: medians of rounds in which
/// one thread and two take turns.
fn threads(programs: &Programs, output: &Path) -> Result<[f64; 2], Failure> {
    let scenario = scenario(THREADS)?;
    let script = output.join(format!("{THREADS}.ottl"));
    fs::write(&script, scenario.source().as_bytes())?;
    let stream = output.join("stream.pb");
    let message = Dataset::Traces.message(ITEMS_OF_MESSAGE);
    let mut delimited = Vec::new();
    ottl::put_varint(&mut delimited, message.len() as u64);
    delimited.extend(message);
    fs::write(&stream, delimited.repeat(MESSAGES))?;
    let mut times = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        eprintln!("{THREADS} with one thread and two {round}/{ROUNDS}");
        for (times, threads) in times.iter_mut().zip(["1", "2"]) {
            let mut run = programs.ottlc();
            run.args([
                "run",
                "--signal",
                "traces",
                "--input-format",
                "proto-delimited",
            ]);
            run.args(["--threads", threads, "--script"]).arg(&script);
            run.arg(&stream).stdout(Stdio::null()).stderr(Stdio::null());
            let begin = Instant::now();
            let status = run.status()?;
            times.push(begin.elapsed().as_secs_f64());
            if !status.success() {
                return Err(format!("{run:?} failed.").into());
            }
        }
    }
    fs::remove_file(&stream)?;
    Ok(times.map(|mut times| {
        times.sort_unstable_by(f64::total_cmp);
        times[times.len() / 2]
    }))
}

/// What rules cost, beside few of them: how many times as long an item takes.
pub(super) fn cost_of_rules(rules: &Figures, few: &Figures) -> Option<f64> {
    super::figures::ratio(few.resident_items_per_s, rules.resident_items_per_s)
}

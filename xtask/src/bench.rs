//! `cargo xtask bench-vs-reference`: this engine and others over the same bytes, in the same run.
//!
//! The programs take turns, round by round, so that a machine that is busy for a while slows all of
//! them down alike; what is reported are medians over the rounds and their ratios. All programs run
//! on one thread, and before they are measured it is looked at whether they give the same messages. `docs/benchmarks.md` says what the figures mean.

mod agreement;
mod chart;
mod figures;
mod options;
mod programs;
mod readme;
mod report;
mod scale;

use std::fs;
use std::path::Path;

use benches::data::Dataset;
use benches::scenarios::Scenario;

use self::figures::{Figures, Measured};
use self::options::Options;
use self::programs::{Job, Programs};
use crate::{Failure, Findings};

pub(crate) use self::options::USAGE;

/// Scenarios for which VRL has an equivalent program.
const WITH_VRL: &[&str] = &["s1_redact", "s2_slo", "s3_mark"];
/// Scenarios whose memory is measured.
const WITH_MEMORY: &[&str] = &[
    "s1_redact",
    "s2_slo",
    "s3_mark",
    "s4_keep",
    "s5_pipeline",
    "s6_logs",
];
/// The message whose memory is measured is so many times as long, so that what a process needs
/// anyway does not count much.
const MEMORY_FACTOR: usize = 5;

/// Everything that was measured.
struct Results {
    options: Options,
    machine: String,
    date: String,
    versions: String,
    scenarios: Vec<Measured>,
    scale: Option<scale::Scale>,
}

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Findings {
    let options = Options::parse(arguments)?;
    let output = options.output(root);
    fs::create_dir_all(&output)?;
    let programs = Programs::build(root, &options)?;
    let mut scenarios = Vec::new();
    for scenario in &options.scenarios {
        scenarios.push(measure(scenario, &programs, &options, &output)?);
    }
    let scale = match options.scale {
        true => Some(scale::measure(&programs, &output)?),
        false => None,
    };
    let results = Results {
        machine: machine(),
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        versions: programs.versions(),
        scenarios,
        scale,
        options,
    };
    let table = report::markdown(&results);
    fs::write(output.join("results.md"), &table)?;
    fs::write(output.join("results.json"), report::json(&results)?)?;
    fs::write(output.join("chart.svg"), chart::svg(&results.scenarios))?;
    println!("{table}");
    eprintln!(
        "Written to {}: results.md, results.json, chart.svg",
        output.display()
    );
    if results.options.update_readme {
        readme::update(root, &results)?;
    }
    Ok(Vec::new())
}

/// The file with a message, which is made when it is not there.
fn input(output: &Path, data: Dataset, items: usize) -> Result<std::path::PathBuf, Failure> {
    let file = output.join(format!("{data}-{items}.pb"));
    if !file.exists() {
        let unfinished = file.with_extension("unfinished");
        fs::write(&unfinished, data.message(items))?;
        fs::rename(&unfinished, &file)?;
    }
    Ok(file)
}

fn measure(
    scenario: &'static Scenario,
    programs: &Programs,
    options: &Options,
    output: &Path,
) -> Result<Measured, Failure> {
    let script = output.join(format!("{}.ottl", scenario.name));
    fs::write(&script, scenario.source().as_bytes())?;
    let input_file = input(output, scenario.data, options.items)?;
    let job = Job {
        scenario,
        script: &script,
        input: &input_file,
        seconds: options.seconds / options.rounds as f64,
        only: "resident,wire,parsed,message",
    };
    let has_vrl = options.vrl && WITH_VRL.contains(&scenario.name);
    agreement::check(scenario, &script, (programs, has_vrl), output)?;
    let [mut ours, mut reference, mut vrl] = [const { Vec::new() }; 3];
    for round in 1..=options.rounds {
        eprintln!("{} {round}/{}", scenario.name, options.rounds);
        ours.push(programs.ours(&job)?);
        reference.push(programs.reference(&job)?);
        if has_vrl {
            vrl.push(programs.vrl(&job)?);
        }
    }
    let mut measured = Measured {
        scenario,
        items: options.items,
        bytes: fs::metadata(&input_file)?.len(),
        ours: Figures::median(&ours),
        reference: Figures::median(&reference),
        vrl: has_vrl.then(|| Figures::median(&vrl)),
        memory: None,
    };
    if WITH_MEMORY.contains(&scenario.name) {
        let long = input(output, scenario.data, options.items * MEMORY_FACTOR)?;
        let job = Job {
            input: &long,
            seconds: 0.0,
            only: "wire",
            ..job
        };
        measured.memory = Some(figures::Memory {
            bytes: fs::metadata(&long)?.len(),
            ours: programs.ours(&job)?.peak_memory_bytes,
            reference: programs.reference(&job)?.peak_memory_bytes,
        });
    }
    Ok(measured)
}

/// What this machine is, without its name.
fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']))
        .unwrap_or(std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let noun = if cores == 1 { "core" } else { "cores" };
    format!("{model}, {cores} {noun}, {}", std::env::consts::OS)
}

//! Hunts for differences: random cases, answered by the reference and by both interpreters.
//!
//! ```text
//! spec-loop --reference PROGRAM… [--minutes N] [--seed N] [--batch N] [--out FILE]
//! ```
//!
//! `--reference "PROGRAM ARGUMENT…"` answers all cases, `--reference "NAME,NAME=PROGRAM ARGUMENT…"`
//! those of the named contexts and components. A case whose answers differ is made as small as the
//! difference allows, printed, and appended to the file with the reference's answer.
//!
//! The exit status is 1 when any case differs, and 2 when the loop could not run.

use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ottl::Interpreter;
use serde_json::{Value, json};
use spec_tests::case::Case;
use spec_tests::compare::compare;
use spec_tests::eval::Evaluator;
use spec_tests::random::Generator;
use spec_tests::reference::References;
use spec_tests::shrink;

const USAGE: &str = "The arguments are --reference [NAME,NAME=]PROGRAM [--reference …] [--minutes N] \
                     [--seed N] [--batch N] [--out FILE].";

fn main() -> ExitCode {
    match Arguments::read().and_then(|arguments| hunt(&arguments)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("spec-loop: {message}");
            ExitCode::from(2)
        }
    }
}

struct Arguments {
    references: References,
    minutes: u64,
    seed: u64,
    batch: u64,
    out: String,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut arguments = Self {
            references: References::default(),
            minutes: 1,
            seed: 1,
            batch: 1000,
            out: "differences.jsonl".to_owned(),
        };
        let mut words = std::env::args().skip(1);
        let mut has_reference = false;
        while let Some(word) = words.next() {
            let value = words.next().ok_or(USAGE)?;
            let number = || {
                let parsed = value.parse::<u64>().ok();
                parsed.ok_or_else(|| format!("{word} takes a number and not {value:?}."))
            };
            match word.as_str() {
                "--reference" => {
                    arguments.references.add(&value)?;
                    has_reference = true;
                }
                "--minutes" => arguments.minutes = number()?,
                "--seed" => arguments.seed = number()?,
                "--batch" => arguments.batch = number()?.max(1),
                "--out" => arguments.out = value,
                _ => return Err(USAGE.to_owned()),
            }
        }
        match has_reference {
            true => Ok(arguments),
            false => Err(USAGE.to_owned()),
        }
    }
}

/// The engines that are compared with the reference.
struct Engines([(&'static str, Evaluator); 2]);

impl Engines {
    fn new() -> Self {
        Self([
            ("rows", Evaluator::new(Interpreter::Rows)),
            ("columns", Evaluator::new(Interpreter::Columns)),
        ])
    }

    /// Where an answered case differs, by the name of the engine. A crash of the reference
    /// prescribes nothing; a crash of an engine is a difference.
    fn difference(&self, case: &Case) -> Option<String> {
        let expect = case.expect.as_ref()?;
        if expect.get("panic").is_some() {
            return None;
        }
        self.0.iter().find_map(|(name, evaluator)| {
            let answer = catch_unwind(AssertUnwindSafe(|| evaluator.answer(case)))
                .unwrap_or_else(|_| json!({ "panic": "see standard error" }));
            let difference = compare(case.signal, expect, &answer).err()?;
            Some(format!("{name}: {difference}"))
        })
    }
}

/// What a hunt has seen.
#[derive(Default)]
struct Tally {
    asked: usize,
    equal: usize,
    left_out: usize,
    fatal: usize,
    different: usize,
}

fn hunt(arguments: &Arguments) -> Result<usize, String> {
    let generator = Generator::new();
    let engines = Engines::new();
    let named = |error: std::io::Error| format!("{}: {error}", arguments.out);
    let mut out = File::create(&arguments.out).map_err(named)?;
    let mut tally = Tally::default();
    let start = Instant::now();
    let span = Duration::from_secs(60 * arguments.minutes);
    let mut first = 0;
    while first == 0 || start.elapsed() < span {
        let numbers = first..first + arguments.batch;
        let cases: Vec<_> = numbers
            .map(|number| generator.case(arguments.seed, number))
            .collect();
        first += arguments.batch;
        tally.asked += cases.len();
        let answers = arguments.references.ask(&cases)?;
        tally.left_out += answers.left_out;
        tally.fatal += answers.fatal.len();
        for case in &answers.fatal {
            println!("{}: the reference crashed or did not end", case.id);
        }
        for case in &answers.answered {
            let Some(difference) = engines.difference(case) else {
                tally.equal += 1;
                continue;
            };
            tally.different += 1;
            let (small, difference) = smallest(&arguments.references, &engines, case, difference)?;
            println!("{} ({}): {:?}", small.id, small.context, small.sources());
            println!("    {}", small.input);
            println!("    {difference}");
            let mut line = serde_json::to_vec(&small).map_err(|error| error.to_string())?;
            line.push(b'\n');
            out.write_all(&line).map_err(named)?;
        }
    }
    let Tally {
        asked,
        equal,
        left_out,
        fatal,
        different,
    } = tally;
    println!(
        "seed {}: {asked} cases, {equal} equal, {different} differ; the reference answered {left_out} \
         differently each time or not at all, and crashed or did not end at {fatal}",
        arguments.seed
    );
    Ok(different)
}

/// How often a case is made smaller at most.
const ROUNDS: usize = 60;

/// The smallest case that still differs in the same way: by an answer of the same kind.
fn smallest(
    references: &References,
    engines: &Engines,
    case: &Case,
    difference: String,
) -> Result<(Case, String), String> {
    let kind = |case: &Case| {
        let fields = case.expect.as_ref().and_then(Value::as_object);
        fields.and_then(|fields| fields.keys().next().cloned())
    };
    let wanted = kind(case);
    let mut best = (case.clone(), difference);
    for _ in 0..ROUNDS {
        let answers = references.ask(&shrink::smaller(&best.0))?;
        let mut answered = answers.answered;
        answered.sort_by_key(shrink::size);
        let next = answered
            .into_iter()
            .filter(|smaller| kind(smaller) == wanted)
            .find_map(|smaller| engines.difference(&smaller).map(|text| (smaller, text)));
        match next {
            Some(next) => best = next,
            None => break,
        }
    }
    best.0.id.clone_from(&case.id);
    Ok(best)
}

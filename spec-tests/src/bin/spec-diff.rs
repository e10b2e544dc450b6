//! Compares answers to cases with the reference's and prints where they part.
//!
//! ```text
//! spec-diff [--engine row|columns|auto] EXPECTED.jsonl [ANSWERS.jsonl]
//! ```
//!
//! EXPECTED has cases with the reference's answers. ANSWERS is what `spec-eval` or another engine
//! wrote; lines are matched by id. Without it this project's engine answers. `-` is standard input.
//! A case that crashed the reference prescribes nothing and is only counted.
//!
//! The exit status is 1 when any case differs or has no answer, and 2 when a file is not as it
//! should be.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;

use ottl::Interpreter;
use serde_json::Value;
use spec_tests::answer::read_answers;
use spec_tests::case::{Case, read_cases};
use spec_tests::compare::compare;
use spec_tests::eval::{Evaluator, interpreter_named};

const USAGE: &str = "The arguments are [--engine row|columns|auto] EXPECTED.jsonl [ANSWERS.jsonl].";

fn main() -> ExitCode {
    match arguments().and_then(|arguments| differences(&arguments)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("spec-diff: {message}");
            ExitCode::from(2)
        }
    }
}

struct Arguments {
    interpreter: Interpreter,
    expected: String,
    answers: Option<String>,
}

fn arguments() -> Result<Arguments, String> {
    let mut interpreter = Interpreter::Auto;
    let mut files = Vec::new();
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        if argument == "--engine" {
            let name = rest.next().unwrap_or_default();
            interpreter = interpreter_named(&name).ok_or(USAGE)?;
        } else {
            files.push(argument);
        }
    }
    let mut files = files.into_iter();
    match (files.next(), files.next(), files.next()) {
        (Some(expected), answers, None) => Ok(Arguments {
            interpreter,
            expected,
            answers,
        }),
        _ => Err(USAGE.to_owned()),
    }
}

fn open(path: &str) -> Result<Box<dyn BufRead>, String> {
    if path == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Where answers come from.
enum Answers {
    File(HashMap<String, Value>),
    Engine(Box<Evaluator>),
}

impl Answers {
    fn to(&self, case: &Case) -> Option<Value> {
        match self {
            Self::File(answers) => answers.get(&case.id).cloned(),
            Self::Engine(evaluator) => Some(evaluator.answer(case)),
        }
    }
}

fn differences(arguments: &Arguments) -> Result<usize, String> {
    let named = |path: &str, error: io::Error| format!("{path}: {error}");
    let answers = match &arguments.answers {
        Some(path) => Answers::File(read_answers(open(path)?).map_err(|error| named(path, error))?),
        None => Answers::Engine(Box::new(Evaluator::new(arguments.interpreter))),
    };
    let path = &arguments.expected;
    let cases = read_cases(open(path)?).map_err(|error| named(path, error))?;
    let mut different = 0;
    for case in &cases {
        let Some(expect) = &case.expect else {
            return Err(format!("{path}: the case {} has no answer.", case.id));
        };
        let difference = match answers.to(case) {
            Some(answer) => compare(case.signal, expect, &answer)
                .err()
                .map(|difference| difference.to_string()),
            None => Some("it has no answer".to_owned()),
        };
        if let Some(difference) = difference {
            different += 1;
            println!("{} ({}): {:?}", case.id, case.context, case.sources());
            println!("    {difference}");
        }
    }
    println!("{different} of {} cases differ", cases.len());
    Ok(different)
}

//! Answers conformance cases with this project's engine.
//!
//! ```text
//! spec-eval [--engine row|columns|auto] < cases.jsonl > answers.jsonl
//! ```
//!
//! Each line of the output is `{"id": …, "answer": {…}}` with an answer in the form of `expect`. A
//! panic is the answer `{"panic": …}`; a line that is no case is told on standard error.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use ottl::Interpreter;
use serde_json::json;
use spec_tests::case::read_case;
use spec_tests::eval::{Evaluator, interpreter_named};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("spec-eval: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let interpreter = match &args[..] {
        [] => Some(Interpreter::Auto),
        [option, name] if option == "--engine" => interpreter_named(name),
        _ => None,
    };
    let interpreter = interpreter.ok_or("The arguments are [--engine row|columns|auto].")?;
    let evaluator = Evaluator::new(interpreter);
    let mut out = io::stdout().lock();
    let mut rejected = 0;
    for (number, line) in io::stdin().lock().split(b'\n').enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        let case = match read_case(&line) {
            Ok(Some(case)) => case,
            Ok(None) => continue,
            Err(error) => {
                eprintln!("spec-eval: line {}: {error}", number + 1);
                rejected += 1;
                continue;
            }
        };
        let answer = catch_unwind(AssertUnwindSafe(|| evaluator.answer(&case)))
            .unwrap_or_else(|_| json!({ "panic": "see standard error" }));
        let answer = json!({ "id": case.id, "answer": answer });
        writeln!(out, "{answer}").map_err(|error| error.to_string())?;
    }
    match rejected {
        0 => Ok(()),
        count => Err(format!("{count} lines are no cases.")),
    }
}

//! Answers conformance cases with this project's engine.
//!
//! ```text
//! spec-eval [--engine row|columns|auto] < cases.jsonl > answers.jsonl
//! ```
//!
//! Each line of the output is `{"id": …, "answer": {…}}` with an answer in the form of `expect`.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use ottl::Interpreter;
use serde_json::json;
use spec_tests::case::read_cases;
use spec_tests::eval::Evaluator;

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
    let interpreter = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] | ["--engine", "auto"] => Interpreter::Auto,
        ["--engine", "row"] => Interpreter::Rows,
        ["--engine", "columns"] => Interpreter::Columns,
        _ => return Err("The arguments are [--engine row|columns|auto].".to_owned()),
    };
    let evaluator = Evaluator::new(interpreter);
    let cases = read_cases(io::stdin().lock()).map_err(|error| error.to_string())?;
    let mut out = BufWriter::new(io::stdout().lock());
    for case in cases {
        let answer = json!({ "id": case.id, "answer": evaluator.answer(&case) });
        writeln!(out, "{answer}").map_err(|error| error.to_string())?;
    }
    out.flush().map_err(|error| error.to_string())
}

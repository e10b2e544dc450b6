//! Compares this project's answers with those of cases that carry the reference's.
//!
//! ```text
//! spec-check [--engine row|columns|auto] < answered.jsonl
//! ```
//!
//! Prints each difference and a closing count; the exit status is 1 when there is one.

use std::io;
use std::process::ExitCode;

use ottl::Interpreter;
use spec_tests::case::read_cases;
use spec_tests::compare::compare;
use spec_tests::eval::Evaluator;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("spec-check: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<usize, String> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let evaluator = Evaluator::new(interpreter(&args)?);
    let cases = read_cases(io::stdin().lock()).map_err(|error| error.to_string())?;
    let mut different = 0;
    for case in &cases {
        let Some(expect) = &case.expect else {
            return Err(format!("The case {} has no answer.", case.id));
        };
        // No behaviour to follow where the reference crashed.
        if expect.get("panic").is_some() {
            continue;
        }
        if let Err(difference) = compare(case.signal, expect, &evaluator.answer(case)) {
            different += 1;
            println!("{} ({}): {:?}", case.id, case.context, case.sources());
            println!("    {difference}");
        }
    }
    println!("{different} of {} cases differ", cases.len());
    Ok(different)
}

fn interpreter(args: &[String]) -> Result<Interpreter, String> {
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] | ["--engine", "auto"] => Ok(Interpreter::Auto),
        ["--engine", "row"] => Ok(Interpreter::Rows),
        ["--engine", "columns"] => Ok(Interpreter::Columns),
        _ => Err("The arguments are [--engine row|columns|auto].".to_owned()),
    }
}

//! Compares two files of answered cases line by line and prints where they part.
//!
//! `spec-diff EXPECTED ANSWERED` exits with 1 when any case differs. Cases are matched by id.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use spec_tests::case::{Case, read_cases};
use spec_tests::compare::compare;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [expected, answered] = &arguments[..] else {
        eprintln!("usage: spec-diff EXPECTED.jsonl ANSWERED.jsonl");
        return ExitCode::from(2);
    };
    match differences(expected, answered) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn read(path: &str) -> Result<Vec<Case>, String> {
    let file = File::open(path).map_err(|e| format!("{path}: {e}"))?;
    read_cases(BufReader::new(file)).map_err(|e| format!("{path}: {e}"))
}

fn differences(expected: &str, answered: &str) -> Result<usize, String> {
    let answers: HashMap<String, Case> = read(answered)?
        .into_iter()
        .map(|case| (case.id.clone(), case))
        .collect();
    let (mut count, mut total) = (0, 0);
    for case in read(expected)? {
        total += 1;
        let answer = answers.get(&case.id).and_then(|a| a.expect.as_ref());
        let verdict = match (&case.expect, answer) {
            (Some(expect), Some(answer)) => compare(case.signal, expect, answer)
                .err()
                .map(|d| d.to_string()),
            (None, _) => Some(format!("{expected} has no answer for it")),
            (_, None) => Some(format!("{answered} has no answer for it")),
        };
        if let Some(verdict) = verdict {
            count += 1;
            println!("{} {:?}: {verdict}", case.id, case.sources());
        }
    }
    println!("{count} of {total} cases differ");
    Ok(count)
}

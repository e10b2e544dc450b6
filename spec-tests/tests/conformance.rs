//! Every committed case, on every interpreter, with and without the optimiser, against the reference's answer.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::PathBuf;

use ottl::{Interpreter, Passes};
use spec_tests::case::read_cases;
use spec_tests::compare::compare;
use spec_tests::eval::Evaluator;

fn case_files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of cases is readable")
        .map(|entry| entry.expect("its entries are readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    files
}

/// Ids of the cases that differ on purpose. They must differ, so that the list stays true.
fn deviations() -> Vec<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deviations.txt");
    let text = fs::read_to_string(file).expect("the list of deviations is readable");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

fn check(interpreter: Interpreter, passes: Passes) {
    let deviations = deviations();
    let mut seen = Vec::new();
    let evaluator = Evaluator::new(interpreter).with_passes(passes);
    let mut checked = 0;
    let mut failures = Vec::new();
    for file in case_files() {
        let reader = BufReader::new(File::open(&file).expect("a file of cases opens"));
        for case in read_cases(reader).expect("a file of cases is well formed") {
            let expect = case.expect.clone().expect("a committed case has an answer");
            let answer = evaluator.answer(&case);
            checked += 1;
            let outcome = compare(case.signal, &expect, &answer);
            if deviations.contains(&case.id) {
                assert!(outcome.is_err(), "{} no longer deviates", case.id);
                seen.push(case.id);
                continue;
            }
            if let Err(difference) = outcome {
                let sources = case.sources();
                failures.push(format!("{}: {sources:?}\n    {difference}", case.id));
            }
        }
    }
    assert_eq!(
        seen.len(),
        deviations.len(),
        "a deviating case does not exist"
    );
    assert!(checked > 12_000, "only {checked} cases were found");
    assert!(
        failures.is_empty(),
        "{} of {checked} cases differ from the reference:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn rows_answer_as_the_reference() {
    check(Interpreter::Rows, Passes::ALL);
}

#[test]
fn columns_answer_as_the_reference() {
    check(Interpreter::Columns, Passes::ALL);
}

#[test]
fn rows_without_passes_answer_as_the_reference() {
    check(Interpreter::Rows, Passes::NONE);
}

#[test]
fn columns_without_passes_answer_as_the_reference() {
    check(Interpreter::Columns, Passes::NONE);
}

#[test]
fn machine_code_answers_as_the_reference() {
    check(Interpreter::Native, Passes::ALL);
}

#[test]
fn machine_code_answers_as_the_reference_without_the_optimiser() {
    check(Interpreter::Native, Passes::NONE);
}

//! The committed corpus is whole: every table has its answers, and every answer can be compared.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use spec_tests::case::{Case, Signal, read_cases};
use spec_tests::compare::compare;
use spec_tests::random;
use spec_tests::references;
use spec_tests::table::expand_file;

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("a folder entry").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == extension));
    files.sort();
    assert!(
        !files.is_empty(),
        "{} has no .{extension} file",
        folder.display()
    );
    files
}

fn answered(file: &Path) -> Vec<Case> {
    let reader = File::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    read_cases(BufReader::new(reader)).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn text(case: &Case) -> String {
    serde_json::to_string(case).expect("a case is JSON")
}

#[test]
fn every_table_has_its_answers() {
    for table in files("cases-src", "txt") {
        let questions = expand_file(&table).unwrap_or_else(|e| panic!("{}: {e}", table.display()));
        let name = table
            .file_stem()
            .expect("a file name")
            .to_string_lossy()
            .into_owned();
        let file = table
            .with_file_name("../cases")
            .join(format!("{name}.jsonl"));
        let answers = answered(&file);
        assert_eq!(questions.len(), answers.len(), "run ./regenerate.sh {name}");
        for (question, mut answer) in questions.into_iter().zip(answers) {
            answer.expect = None;
            assert_eq!(text(&question), text(&answer), "run ./regenerate.sh {name}");
        }
    }
}

#[test]
fn random_cases_are_there_for_every_context() {
    let mut seen = HashSet::new();
    let mut count = 0;
    for file in files("cases", "jsonl") {
        for case in answered(&file) {
            if case.id.starts_with("random/") {
                count += 1;
                seen.insert(case.context);
            }
        }
    }
    assert!(count >= 500, "only {count} random cases are left");
    for context in random::CONTEXTS {
        let name = ottl::context_name(context);
        assert!(seen.contains(name), "no random case is about {name}");
    }
}

#[test]
fn ids_are_unique_and_answers_compare_with_themselves() {
    let mut ids = HashSet::new();
    for file in files("cases", "jsonl") {
        for case in answered(&file) {
            assert!(ids.insert(case.id.clone()), "{} is used twice", case.id);
            let expect = case
                .expect
                .unwrap_or_else(|| panic!("{} has no answer", case.id));
            assert!(
                expect.get("panic").is_none(),
                "{} crashes the reference",
                case.id
            );
            if let Err(difference) = compare(case.signal, &expect, &expect) {
                panic!(
                    "{}: the answer is not in the documented form: {difference}",
                    case.id
                );
            }
        }
    }
    assert!(
        ids.len() >= 12_000,
        "the corpus has shrunk to {} cases",
        ids.len()
    );
}

#[test]
fn inputs_are_messages_in_the_documented_form() {
    for file in files("cases", "jsonl") {
        for case in answered(&file).iter().filter(|c| !c.id.starts_with("odd/")) {
            let text = format!("{{\"output\":{}}}", case.input.get());
            let mut message: serde_json::Value =
                serde_json::from_str(&text).expect("an input is JSON");
            if case.signal == Signal::Profiles {
                references::resolve(&mut message["output"]);
            }
            if let Err(difference) = compare(case.signal, &message, &message) {
                panic!("{}: {difference}", case.id);
            }
        }
    }
}

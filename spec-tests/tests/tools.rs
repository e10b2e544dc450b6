//! The programs that answer cases and compare answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CASES: &str = "cases/booleans.jsonl";

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(CASES)
}

/// Runs `spec-diff` with a file or nothing on standard input.
fn diff(args: &[&str], input: Option<&Path>) -> (i32, String) {
    let stdin = match input {
        Some(path) => Stdio::from(fs::File::open(path).expect("a file")),
        None => Stdio::null(),
    };
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_spec-diff"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(stdin)
        .output()
        .expect("the program starts");
    let text = String::from_utf8(stdout).expect("UTF-8");
    (status.code().expect("it was not killed"), text)
}

#[test]
fn the_engine_answers_where_there_are_no_answers() {
    for engine in ["auto", "row", "columns"] {
        let (code, text) = diff(&["--engine", engine, CASES], None);
        assert_eq!(code, 0, "{text}");
        assert!(text.starts_with("0 of "), "{text}");
    }
    let (code, text) = diff(&["-"], Some(&cases()));
    assert_eq!((code, text.lines().count()), (0, 1), "{text}");
}

#[test]
fn answers_are_compared_by_id() {
    let answers = Command::new(env!("CARGO_BIN_EXE_spec-eval"))
        .stdin(fs::File::open(cases()).expect("a file"))
        .output()
        .expect("the program starts");
    assert!(answers.status.success());
    let file = std::env::temp_dir().join(format!("spec-tools-{}.jsonl", std::process::id()));
    let compare = |answers: &[u8]| {
        fs::write(&file, answers).expect("a file");
        diff(&[CASES, "-"], Some(&file))
    };
    let same = compare(&answers.stdout);
    // Without its first answer, and with one that is another.
    let text = String::from_utf8(answers.stdout).expect("UTF-8");
    let rest: Vec<_> = text.lines().skip(1).collect();
    let missing = compare(rest.join("\n").as_bytes());
    let other = compare(
        text.replacen("\"answer\":{\"", "\"answer\":{\"no_", 1)
            .as_bytes(),
    );
    let broken = compare(b"{\"id\":1}");
    fs::remove_file(&file).expect("the file is there");
    assert_eq!(same.0, 0, "{}", same.1);
    assert_eq!(missing.0, 1);
    assert!(missing.1.contains("it has no answer"), "{}", missing.1);
    assert_eq!(other.0, 1);
    assert!(other.1.contains("1 of "), "{}", other.1);
    assert_eq!(broken.0, 2);
}

#[test]
fn wrong_arguments_have_a_status_of_their_own() {
    for args in [
        &[][..],
        &["--engine", "steam", CASES],
        &[CASES, CASES, CASES],
        &["none.jsonl"],
    ] {
        assert_eq!(diff(args, None).0, 2, "{args:?}");
    }
}

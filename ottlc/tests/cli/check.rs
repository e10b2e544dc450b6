//! `ottlc check` and `ottlc compile`.

use std::fs;

use crate::common::{Folder, words};
use serde_json::{Value as Json, json};

const MISTAKES: &str = "\
# Several mistakes, each in a statement of its own.
set(span.attributes[\"a\"], 1)
set(spam.attributes[\"a\"], 1)
set(span.attributes[\"ä\"], Uppercas(span.name))
set(span.name, ) where
  span.kind == SPAN_KIND_SERVR
";

#[test]
fn every_problem_has_its_place() {
    let folder = Folder::new();
    folder.file("s.ottl", MISTAKES);
    let run = folder.run(&words("check --context span s.ottl"));
    let run = run.failure(
        1,
        &["s.ottl:3:5", "s.ottl:4:27", "s.ottl:5", "did you mean"],
    );
    assert!(run.text().contains("^"), "{}", run.text());
    assert!(
        run.text().ends_with(" errors, 0 warnings\n"),
        "{}",
        run.text()
    );
    assert_eq!(run.err, "");
}

#[test]
fn the_same_as_json() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"ä\"], 1)\nset(spam.name, \"x\")\n",
    );
    let run = folder.run(&words("check --context span --format json s.ottl"));
    let run = run.failure(1, &[]);
    let problems: Json = serde_json::from_str(run.text()).expect("JSON");
    assert_eq!(problems.as_array().map(Vec::len), Some(1));
    let problem = &problems[0];
    assert_eq!(problem["file"], "s.ottl");
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&json!(2), &json!(5))
    );
    assert_eq!(
        (&problem["end_line"], &problem["end_column"]),
        (&json!(2), &json!(9))
    );
    assert_eq!(problem["code"], "E0201");
    assert_eq!(problem["severity"], "error");
    assert_eq!(problem["fix"]["replacement"], "span");
    assert_eq!(problem["fix"]["column"], 5);
}

#[test]
fn a_script_without_problems() {
    let folder = Folder::new();
    folder.file("s.ottl", "# nothing wrong\nset(span.name,\n  \"x\")\n");
    let run = folder.run(&words("check s.ottl")).success();
    assert_eq!(run.text(), "1 file checked, no problems\n");
    let run = folder.run(&words("check --format json s.ottl")).success();
    assert_eq!(run.text(), "[]\n");
}

#[test]
fn warnings_fail_the_check_on_request() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.name, \"x\") where span.name == 1\n");
    let found = ["W0402", "0 errors, 1 warning"];
    let run = folder.run(&words("check s.ottl")).success();
    assert!(found.iter().all(|word| run.text().contains(word)));
    folder
        .run(&words("check --deny-warnings s.ottl"))
        .failure(1, &found);
    folder.file("s.ottl", "set(span.name, \"x\")\n");
    folder.run(&words("check --deny-warnings s.ottl")).success();
}

#[test]
fn scripts_from_other_systems_are_read() {
    let folder = Folder::new();
    let script = "\u{feff}# BOM and CRLF\r\nset(span.name, \"x\")\r\n  where span.kind == 2\r\n";
    folder.file("s.ottl", script);
    folder.run(&words("check s.ottl")).success();
    folder.file("s.ottl", "\u{feff}set(span.nam, \"x\")\r\n");
    folder
        .run(&words("check s.ottl"))
        .failure(1, &["s.ottl:1:5", "1 | set(span.nam"]);
}

#[test]
fn files_that_are_no_scripts_do_not_stop_the_others() {
    let folder = Folder::new();
    folder.file("good.ottl", "set(span.name, \"x\")\n");
    folder.file("latin.ottl", b"set(span.name, \"\xe4\")\n");
    folder.file("long.ottl", " ".repeat((1 << 20) + 1));
    folder.file("bad.ottl", "set(span.name\n");
    fs::create_dir(folder.path("dir")).expect("a folder");
    let line = "check none.ottl dir latin.ottl long.ottl good.ottl bad.ottl";
    let run = folder.run(&words(line)).failure(
        1,
        &[
            "none.ottl: The file cannot be read: it does not exist.",
            "dir: The file cannot be read: it is a directory.",
            "latin.ottl: The script is not UTF-8 from byte 16 on.",
            "long.ottl: A script may have 1048576 bytes at most.",
            "bad.ottl:1:",
        ],
    );
    assert!(
        run.text().contains("6 files checked: 5 errors"),
        "{}",
        run.text()
    );
    let run = folder
        .run(&words(&format!("{line} --format json")))
        .failure(1, &[]);
    let problems: Json = serde_json::from_str(run.text()).expect("JSON");
    let files: Vec<_> = problems
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| &p["file"])
        .collect();
    assert_eq!(
        files,
        ["none.ottl", "dir", "latin.ottl", "long.ottl", "bad.ottl"]
    );
}

#[test]
fn a_script_from_standard_input() {
    let folder = Folder::new();
    folder
        .run_with(&["check", "-"], b"set(span.name, \"x\")")
        .success();
    folder
        .run_with(&["check", "-"], b"set(")
        .failure(1, &["<stdin>:1:"]);
}

#[test]
fn the_stages_of_compilation() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"a\"], Len(span.name)) where span.kind == 2\n",
    );
    let emit = |stage: &str| {
        folder
            .run(&["compile", "--emit", stage, "s.ottl"])
            .success()
            .text()
            .to_owned()
    };
    assert!(
        emit("tokens").contains("1:27  Name        Len  (L en)"),
        "{}",
        emit("tokens")
    );
    assert!(
        emit("ast").contains("    call Len  @1:27\n      path span.name"),
        "{}",
        emit("ast")
    );
    assert!(emit("hir").contains("call Len : int"), "{}", emit("hir"));
    assert!(
        emit("bytecode").contains("program traces span"),
        "{}",
        emit("bytecode")
    );
}

#[test]
fn stages_of_a_script_with_mistakes() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.name, \"x\")\nset(span.nam, 1)\nset(span.name, $)\n",
    );
    let tree = folder
        .run(&words("compile --emit ast s.ottl"))
        .failure(1, &["E0203"]);
    assert!(tree.text().contains("path span.nam"), "{}", tree.text());
    folder
        .run(&words("compile --emit tokens s.ottl"))
        .failure(1, &["E0101"]);
    let none = folder
        .run(&words("compile --emit bytecode s.ottl"))
        .failure(1, &["E0203"]);
    assert_eq!(none.text(), "");
}

#[test]
fn a_script_without_statements_needs_a_signal() {
    let folder = Folder::new();
    folder.file("s.ottl", "# nothing\n");
    folder
        .run(&words("compile --emit bytecode s.ottl"))
        .failure(2, &["--signal"]);
    folder
        .run(&words("compile --emit bytecode --signal logs s.ottl"))
        .success();
}

#[test]
fn the_program_says_what_it_is() {
    let folder = Folder::new();
    let version = folder.run(&["--version"]).success();
    assert_eq!(
        version.text(),
        concat!("ottlc ", env!("CARGO_PKG_VERSION"), "\n")
    );
    for command in ["run", "check", "compile", "bench"] {
        let help = folder.run(&[command, "--help"]).success();
        assert!(help.text().contains("Usage"), "{}", help.text());
    }
}

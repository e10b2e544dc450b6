//! `ottlc run --threads`: the messages of a stream by several threads.

use crate::common::{Folder, Run, spans, words};

const SCRIPT: &str = "set(span.attributes[\"hash\"], SHA256(span.name))\n";

/// Messages of different lengths, one to a line.
fn lines(count: usize) -> String {
    let line = |number: usize| spans(1 + number * 7 % 40) + "\n";
    (0..count).map(line).collect()
}

fn folder(count: usize) -> Folder {
    let folder = Folder::new();
    folder.file("s.ottl", SCRIPT);
    folder.file("in.jsonl", lines(count));
    folder
}

fn run(folder: &Folder, args: &str) -> Run {
    let args = format!("run --signal traces --script s.ottl in.jsonl {args}");
    folder.run(&words(&args))
}

#[test]
fn the_output_is_the_same() {
    let folder = folder(60);
    run(&folder, "-o one.jsonl --metrics one.json").success();
    let summary = run(
        &folder,
        "-o four.jsonl --threads 4 --metrics four.json --report json",
    );
    let summary: serde_json::Value = serde_json::from_str(&summary.success().err).expect("JSON");
    assert_eq!(summary["messages"], 60);
    assert_eq!(folder.read("one.jsonl"), folder.read("four.jsonl"));
    run(
        &folder,
        "-o some.jsonl --threads 3 --unordered --max-message-size 8K",
    )
    .success();
    let sorted = |name: &str| {
        let text = String::from_utf8(folder.read(name)).expect("JSON is UTF-8");
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted("one.jsonl"), sorted("some.jsonl"));
    run(&folder, "-o one.pb --output-format proto-delimited").success();
    run(
        &folder,
        "-o two.pb --output-format proto-delimited --threads 2",
    )
    .success();
    assert_eq!(folder.read("one.pb"), folder.read("two.pb"));
}

#[test]
fn what_fails_first_in_the_input_ends_the_run() {
    let folder = folder(0);
    let mut text = lines(20);
    text.push_str("{\"resourceSpans\": [{]}\n");
    text.push_str(&lines(20));
    folder.file("in.jsonl", &text);
    for threads in [1, 4] {
        let failed = run(&folder, &format!("--threads {threads} --report none"));
        let failed = failed.failure(1, &["in.jsonl: message 21", "line 21"]);
        assert_eq!(
            failed.text().lines().count(),
            20,
            "what came before is written"
        );
        run(&folder, &format!("--threads {threads} -o out.jsonl")).failure(1, &["message 21"]);
        assert!(!folder.path("out.jsonl").exists());
    }
    folder.file(
        "s.ottl",
        "set(span.attributes[\"n\"], ParseInt(span.name, 10))\n",
    );
    folder.file("in.jsonl", lines(40));
    run(&folder, "--threads 8").failure(1, &["message 1:", "line 1 of the script"]);
    let args = "--threads 4 --error-mode ignore --error-samples=2 -o out.jsonl";
    let samples = run(&folder, args).success().err;
    assert_eq!(
        samples
            .lines()
            .filter(|line| line.starts_with("sample "))
            .count(),
        2
    );
}

#[test]
fn threads_are_refused_where_they_make_no_sense() {
    let folder = folder(2);
    run(&folder, "--threads 0").failure(2, &["from 1 to 256"]);
    run(&folder, "--threads 257").failure(2, &["from 1 to 256"]);
    run(&folder, "--threads many").failure(2, &["from 1 to 256"]);
    folder.file(
        "c.yaml",
        "processors:\n  transform:\n    trace_statements:\n      - {context: span, shared_cache: true, \
         statements: ['set(cache[\"n\"], name)']}\n",
    );
    let run = |threads: usize| {
        let args = format!("run --signal traces --config c.yaml in.jsonl --threads {threads}");
        folder.run(&words(&args))
    };
    run(2).failure(2, &["shared_cache"]);
    run(1).success();
}

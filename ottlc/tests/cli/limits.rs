//! `ottlc run`: the limits of a run, and what is said when one of them is hit.

use crate::common::{Folder, spans, wire, words};
use ottl::Signal;

/// Runs a script over ten spans.
fn run(script: &str, options: &str) -> crate::common::Run {
    let folder = Folder::new();
    folder.file("s.ottl", script);
    let message = wire(Signal::Traces, &spans(10));
    let line = format!("run --signal traces --script s.ottl {options}");
    folder.run_with(&words(&line), &message)
}

/// Checks that a script is stopped with one value of an option, and not with another.
#[track_caller]
fn check(script: &str, option: &str, enough: &str, too_little: &str, said: &str) {
    run(script, &format!("{option} {enough}")).success();
    for mode in ["propagate", "silent"] {
        let options = format!("{option} {too_little} --error-mode {mode}");
        let run = run(script, &options).failure(1, &["message 1", said, option]);
        assert!(run.out.is_empty(), "{mode}");
    }
}

#[test]
fn work_has_a_limit() {
    let script = "set(span.name, Concat([span.name, \"x\"], \"\"))";
    check(script, "--max-work", "100000", "10", "more work");
}

#[test]
fn growth_has_a_limit() {
    let script = "set(span.name, Concat([span.name, span.name, span.name, span.name], \"\"))\n";
    check(&script.repeat(6), "--max-growth", "16M", "64K", "more data");
    check("", "--max-growth", "64K", "20", "limit on memory");
}

#[test]
fn time_has_a_limit() {
    let script = "set(span.name, \"x\")";
    check(script, "--timeout", "600", "0.000000001", "was stopped");
}

#[test]
fn texts_have_a_limit_that_is_a_failure_of_the_statement() {
    let script = "set(span.name, Concat([span.name, span.name], \" \"))";
    run(script, "--max-text 1K").success();
    let words = ["line 1", "longer than 10 bytes", "--max-text"];
    run(script, "--max-text 10").failure(1, &words);
    let run = run(script, "--max-text 10 --error-mode ignore").success();
    assert!(run.err.contains("longer than 10 bytes"), "{}", run.err);
}

#[test]
fn each_message_has_the_whole_limit() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.name, \"x\")");
    let line = format!("{}\n", spans(10));
    // The run over one message needs more than half of it, so that two need more.
    let args = words("run --signal traces -s s.ottl --max-work 40");
    folder.run_with(&args, line.repeat(5).as_bytes()).success();
    let args = words("run --signal traces -s s.ottl --max-work 20");
    let words = ["message 1", "--max-work"];
    folder.run_with(&args, line.as_bytes()).failure(1, &words);
}

#[test]
fn limits_have_values_that_make_sense() {
    for (options, said) in [
        ("--max-work 0", "--max-work"),
        ("--max-work 1K", "--max-work"),
        ("--max-growth 0", "give a number of bytes"),
        ("--max-growth 1X", "give a number of bytes"),
        ("--max-text 3G", "below 2G"),
        ("--timeout 0", "give a number of seconds"),
        ("--timeout soon", "give a number of seconds"),
    ] {
        run("", options).failure(2, &[said]);
    }
}

//! Traces say what runs do.

use std::sync::Arc;

use ottl::testing::{self, NoFiles, RunOptions, Verdict};
use ottl::trace::{Outcome, TraceError, Truth};
use ottl::{
    Batch, BitSet, Dialect, Engine, ErrorMode, FixedEnvironment, Interpreter, Level, Signal,
};

use crate::spans;

const NAMES: [&str; 5] = ["a", "bb", "[1]", "dddd", "bb"];

/// Scripts that share state, fail, draw random numbers, and have blocks.
const SCRIPTS: [&str; 6] = [
    "set(span.name, \"x\") where Len(span.name) == 2 or span.attributes[\"n\"] == 0",
    "set(resource.attributes[\"last\"], span.name) where resource.attributes[\"last\"] != span.name\n\
     set(span.attributes[\"seen\"], resource.attributes[\"last\"])",
    "set(span.cache[\"n\"], span.attributes[\"n\"])\n\
     set(span.attributes[\"twice\"], span.cache[\"n\"] * 2) where not (span.cache[\"n\"] < 2)\n\
     delete_key(span.attributes, \"n\") where span.cache[\"n\"] in [1, 3]",
    "set(span.attributes[\"json\"], ParseJSON(span.name)) where span.attributes[\"n\"] > 0\n\
     set(span.kind, 2) where span.attributes[\"json\"][0] == 1",
    "when span.attributes[\"n\"] < 2 {\n  set(span.kind, 1)\n  set(span.kind, 3) where span.name == \"a\"\n} \
     else when ParseJSON(span.name) != nil {\n  set(span.kind, 4)\n} else {\n  set(span.kind, 5)\n}\n\
     set(span.name, \"five\") where span.kind == 5",
    "set(span.attributes[\"id\"], UUID()) where Len(UUID()) == 36 and UUID() != UUID()\n\
     set(span.attributes[\"other\"], UUID())",
];

fn engine(interpreter: Interpreter) -> Engine {
    Engine::default()
        .with_dialect(Dialect::Selfops)
        .with_error_mode(ErrorMode::Ignore)
        .with_interpreter(interpreter)
        .with_environment(Arc::new(FixedEnvironment::at(5)))
}

/// The message with one span.
fn only(batch: &Batch, row: usize) -> Vec<u8> {
    let mut rows = BitSet::new(batch.rows(Level::Span));
    rows.insert(row);
    batch.encode_rows(Level::Span, &rows).to_vec()
}

#[test]
fn what_is_traced_is_what_runs() {
    let last = NAMES.len() - 1;
    for source in SCRIPTS {
        let traces: Vec<_> = (0..NAMES.len())
            .map(|item| {
                // Each run begins with the first random number.
                let traced = engine(Interpreter::Auto).trace(Signal::Traces, Level::Span, source);
                let traced = traced.expect("the script compiles");
                let trace = traced.run(spans(&NAMES), item);
                trace.expect("there is such an item")
            })
            .collect();
        let draws = source.contains("UUID");
        for interpreter in [Interpreter::Rows, Interpreter::Columns] {
            let script = engine(interpreter).compile(Signal::Traces, Level::Span, source);
            let script = script.expect("the script compiles");
            let mut batch = script.decode(spans(&NAMES)).expect("a message");
            let report = script.run(&mut batch).expect("no failure ends the run");
            for (at, done) in report.statements.iter().enumerate() {
                let count = |is: fn(&Outcome) -> bool| {
                    let outcomes = traces.iter().map(|trace| &trace.steps[at].outcome);
                    outcomes.filter(|outcome| is(outcome)).count() as u64
                };
                let matched = count(|outcome| *outcome == Outcome::Matched);
                let failed = count(|outcome| matches!(outcome, Outcome::Failed { .. }));
                // A statement whose editor fails has matched.
                let editors = count(|outcome| {
                    matches!(
                        outcome,
                        Outcome::Failed {
                            in_condition: false,
                            ..
                        }
                    )
                });
                assert_eq!(
                    matched + editors,
                    done.matched,
                    "statement {at} of {source}"
                );
                assert_eq!(failed, done.failed, "statement {at} of {source}");
            }
            // By columns random numbers are drawn in another order.
            if !(draws && interpreter == Interpreter::Columns) {
                assert_eq!(traces[last].after.to_vec(), only(&batch, last), "{source}");
            }
        }
    }
}

#[test]
fn conditions_agree_with_what_became_of_the_statement() {
    for source in SCRIPTS {
        let traced = engine(Interpreter::Auto).trace(Signal::Traces, Level::Span, source);
        let traced = traced.expect("the script compiles");
        for item in 0..NAMES.len() {
            let trace = traced
                .run(spans(&NAMES), item)
                .expect("there is such an item");
            for step in &trace.steps {
                let truth = step.condition.as_ref().map(|condition| &condition.truth);
                match (&step.outcome, truth) {
                    (_, None) => {}
                    (Outcome::Matched, truth) => assert_eq!(truth, Some(&Truth::True)),
                    (Outcome::Unmatched, truth) => assert_eq!(truth, Some(&Truth::False)),
                    (Outcome::Failed { in_condition, .. }, Some(truth)) => {
                        assert_eq!(*in_condition, matches!(truth, Truth::Failed(_)), "{step:?}");
                    }
                    (other, Some(_)) => panic!("{other:?} has a condition"),
                }
            }
        }
    }
}

#[test]
fn the_run_may_end_before_the_item() {
    let source = "set(span.attributes[\"json\"], ParseJSON(span.name))";
    let traced = Engine::default().trace(Signal::Traces, Level::Span, source);
    let traced = traced.expect("the script compiles");
    let trace = traced.run(spans(&["a", "1"]), 0).expect("it is reached");
    assert!(trace.stopped);
    let error = traced
        .run(spans(&["a", "1"]), 1)
        .expect_err("it is not reached");
    assert!(
        matches!(&error, TraceError::Before(failure) if failure.item == 0),
        "{error}"
    );
    let error = traced
        .run(spans(&["a", "1"]), 2)
        .expect_err("there are two");
    assert!(matches!(error, TraceError::NoItem { items: 2, .. }));
    assert!(matches!(
        traced.run(vec![1, 2, 3], 0),
        Err(TraceError::Decode(_))
    ));
}

#[test]
fn macros_and_constants_are_looked_into() {
    let source = "const limit = 2\nmacro Long(text: string) = Len(text) > limit\n\
                  set(span.name, \"long\") where not Long(span.name)";
    let traced = engine(Interpreter::Auto).trace(Signal::Traces, Level::Span, source);
    let trace = traced.expect("the script compiles").run(spans(&["abc"]), 0);
    let trace = trace.expect("there is such an item");
    let condition = trace.steps[0].condition.as_ref().expect("there is one");
    let inner = &condition.parts()[0];
    assert_eq!(
        (inner.text.as_str(), &inner.truth),
        ("Len(text) > limit", &Truth::True)
    );
    assert_eq!(
        inner.values()[0].shown().expect("it was evaluated").text,
        "3"
    );
}

#[test]
fn hostile_test_files_are_errors() {
    let deep = "[".repeat(5_000);
    let many = "tests:\n".to_owned() + &"  - {}\n".repeat(2_000);
    let wide = format!("signal: traces\ntests: [{{input: {{spans: {deep}");
    let bomb = "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    for source in [
        deep.as_str(),
        &many,
        &wide,
        bomb,
        "\0",
        "tests: *x\n",
        "? [a]\n: b\n",
    ] {
        let problems = testing::read(source).expect_err("it is no test file");
        assert!(!problems.is_empty() && problems.len() <= 101);
    }
}

#[test]
fn cases_need_no_files() {
    let file = "signal: traces\nscript: none.ottl\ntests: [{input: {spans: []}, expect: {unchanged: true}}]\n";
    let tests = testing::read(file).expect("the file is well formed");
    let done = tests.cases[0].run(&NoFiles, &RunOptions::default());
    assert!(
        matches!(done.verdict, Verdict::Broken(..)),
        "{:?}",
        done.verdict
    );
}

//! Programs, run by both interpreters.

use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;
use otlp_columns::{Batch, Timestamp};
use ottl::{Context, Engine, Environment, ErrorMode, Gates, Interpreter, Report, RunError, Signal};
use spec_tests::case::{self, Case, Kind, read_case};
use spec_tests::eval::Evaluator;
use spec_tests::random::Generator;

/// Runs a program that the bytes stand for by rows and by columns.
///
/// A case in the form of the conformance suite stands for itself. Otherwise the first eight bytes
/// choose a random case. If others follow that are a program for the case's message, one statement a
/// line, it is run in place of the case's own.
///
/// # Panics
/// When the interpreters disagree.
pub fn engines(data: &[u8]) {
    if let (true, Ok(Some(mut case))) = (data.starts_with(b"{"), read_case(data)) {
        case.gates.clear();
        case.component = None;
        check_case(&case);
        return;
    }
    let (head, rest) = data.split_at(data.len().min(8));
    let mut number = [0; 8];
    number[..head.len()].copy_from_slice(head);
    let case = GENERATOR.case(0, u64::from_le_bytes(number));
    let source = std::str::from_utf8(rest).unwrap_or_default();
    if !source.trim().is_empty() {
        let statements: Vec<_> = source.lines().map(str::to_owned).collect();
        check_statements(&case, &statements);
    } else {
        check_case(&case);
    }
}

fn check_case(case: &Case) {
    if case.kind == Kind::Statements {
        check_statements(case, case.sources());
    } else {
        let by_rows = Evaluator::new(Interpreter::Rows).answer(case);
        let by_columns = Evaluator::new(Interpreter::Columns).answer(case);
        assert_eq!(by_rows, by_columns, "{:?}", case.sources());
    }
}

fn check_statements(case: &Case, statements: &[String]) {
    for mode in [ErrorMode::Propagate, ErrorMode::Ignore, ErrorMode::Silent] {
        let by_rows = run(case, statements, mode, Interpreter::Rows);
        let by_columns = run(case, statements, mode, Interpreter::Columns);
        assert_eq!(by_rows, by_columns, "{mode:?} {statements:#?}");
    }
}

static GENERATOR: LazyLock<Generator> = LazyLock::new(Generator::new);

/// Made once, since the functions of an engine take longer to list than a program to run.
static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::default().with_environment(Arc::new(Still)));

/// What a run gave: the message and the report, or how it failed. Nothing for programs that are
/// rejected.
#[derive(Debug, PartialEq)]
enum Outcome {
    Rejected,
    Stopped(RunError),
    Done(Vec<u8>, Report),
}

fn run(case: &Case, statements: &[String], mode: ErrorMode, interpreter: Interpreter) -> Outcome {
    let signal = match case.signal {
        case::Signal::Traces => Signal::Traces,
        case::Signal::Logs => Signal::Logs,
        case::Signal::Metrics => Signal::Metrics,
        case::Signal::Profiles => Signal::Profiles,
    };
    let context: Option<Context> = ottl::context_named(&case.context);
    let engine = ENGINE
        .clone()
        .with_error_mode(mode)
        .with_gates(Gates {
            lambda: true,
            ..Gates::default()
        })
        .with_interpreter(interpreter);
    let Ok(script) = engine.compile_statements(signal, context, statements) else {
        return Outcome::Rejected;
    };
    let Ok(message) = ottl::json::to_wire(signal, case.input.get().as_bytes()) else {
        return Outcome::Rejected;
    };
    let batch = script.decode(message);
    let mut batch = batch.unwrap_or_else(|error| panic!("what was written is read: {error}"));
    match script.run(&mut batch) {
        Ok(report) => {
            let message = batch.encode().to_vec();
            assert!(
                Batch::decode(signal, message.clone()).is_ok(),
                "the output is a message"
            );
            Outcome::Done(message, report)
        }
        Err(error) => Outcome::Stopped(error),
    }
}

/// A world in which nothing depends on the order of questions.
#[derive(Debug)]
struct Still;

impl Environment for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(1_700_000_000_000_000_000)
    }

    fn random(&self) -> u64 {
        4
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

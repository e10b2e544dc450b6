//! Programs, run by both interpreters.

use std::sync::{Arc, LazyLock};

use ottl::{Engine, Gates, Interpreter, Signal};
use spec_tests::case::{self, Case, Kind, read_case};
use spec_tests::eval::Evaluator;
use spec_tests::random::Generator;

use super::programs::{self, Still};

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
    let signal = match case.signal {
        case::Signal::Traces => Signal::Traces,
        case::Signal::Logs => Signal::Logs,
        case::Signal::Metrics => Signal::Metrics,
        case::Signal::Profiles => Signal::Profiles,
    };
    let context = ottl::context_named(&case.context);
    let message = ottl::json::to_wire(signal, case.input.get().as_bytes());
    let message = message.unwrap_or_else(|error| panic!("the suite makes messages: {error}"));
    programs::compare(&ENGINE, signal, context, statements, &message);
}

static GENERATOR: LazyLock<Generator> = LazyLock::new(Generator::new);

/// Made once, since the functions of an engine take longer to list than a program to run.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let gates = Gates {
        lambda: true,
        ..Gates::default()
    };
    Engine::default()
        .with_environment(Arc::new(Still))
        .with_gates(gates)
});

//! Conditions as machine code beside both interpreters.

use ottl::{Batch, Engine, Interpreter, Level, Mask, RunError, Signal};
use spec_tests::random::predicates::Predicates;

use super::programs;

/// Runs programs whose conditions can be machine code, over messages of many items.
///
/// The first eight bytes choose the program and the message. If others follow that are a program of spans, one
/// statement a line, it is run in place of the chosen one.
///
/// # Panics
/// When the machine code and an interpreter disagree.
pub fn native(data: &[u8]) {
    let (head, rest) = data.split_at(data.len().min(8));
    let mut number = [0; 8];
    number[..head.len()].copy_from_slice(head);
    let mut chosen = Predicates::new(u64::from_le_bytes(number));
    let source = std::str::from_utf8(rest).unwrap_or_default();
    if !source.trim().is_empty() {
        chosen.statements = source.lines().map(str::to_owned).collect();
    }
    let engine = programs::engine();
    let (context, statements) = (Some(Level::Span), &chosen.statements);
    for other in [Interpreter::Columns, Interpreter::Rows] {
        let ways = [Interpreter::Native, other];
        let signal = Signal::Traces;
        programs::compare_ways(ways, &engine, signal, context, statements, &chosen.message);
        let answers = ways.map(|way| eval(&engine, way, &chosen));
        assert_eq!(answers[0], answers[1], "{}", chosen.condition);
    }
}

/// The items that the condition holds for, if it compiles.
fn eval(engine: &Engine, way: Interpreter, chosen: &Predicates) -> Option<Result<Mask, RunError>> {
    let engine = engine.clone().with_interpreter(way);
    let condition = engine.compile_condition(Signal::Traces, Level::Span, &chosen.condition);
    let batch = Batch::decode(Signal::Traces, chosen.message.clone());
    let mut batch = batch.expect("the generator makes messages");
    condition.ok().map(|condition| condition.eval(&mut batch))
}

//! Any message through statements that reach every part of it.

use std::sync::LazyLock;

use ottl::{Context, Engine, Signal, context_name, signals_of};
use ottl_vm::path::{self, CONTEXTS};

use super::programs;

/// What parts the program from the message.
const SEPARATOR: u8 = 0x1f;
/// So many statements are tried to find one that compiles.
const TRIED: usize = 20;

/// Runs a program over a message by rows and by columns.
///
/// In front of the separator stands the program: the name of a context, and one statement a line.
/// What is none stands for a program made from the examples of the functions, those that make
/// other metrics of a metric among them, and from the tables of paths.
///
/// # Panics
/// When the interpreters disagree, or what comes out is no message.
pub fn messages(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == SEPARATOR);
    let (head, rest) = data.split_at(end.unwrap_or(data.len()));
    let message = rest.get(1..).unwrap_or_default();
    if let Some((context, statements)) = written(head) {
        for &signal in signals_of(context) {
            if programs::compare(&ENGINE, signal, Some(context), &statements, message) {
                return;
            }
        }
    }
    let first = programs::hash(head);
    let (signal, context, statements) = &KNOWN[first % KNOWN.len()];
    let compiles = |statement: &&String| {
        let statement = std::slice::from_ref(*statement);
        let compiled = ENGINE.compile_statements(*signal, *context, statement);
        compiled.is_ok()
    };
    // Many statements are about values that a path cannot have; one of the next is not.
    let chosen: Vec<_> = (0..3)
        .filter_map(|at| {
            let next = statements
                .iter()
                .cycle()
                .skip((first >> (5 * at)) % statements.len());
            next.take(TRIED).find(compiles).cloned()
        })
        .collect();
    programs::compare(&ENGINE, *signal, Some(*context), &chosen, message);
}

static ENGINE: LazyLock<Engine> = LazyLock::new(programs::engine);

fn written(head: &[u8]) -> Option<(Context, Vec<String>)> {
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let context = ottl::context_named(lines.next()?)?;
    let statements: Vec<_> = lines.map(str::to_owned).collect();
    (!statements.is_empty()).then_some((context, statements))
}

type Known = (Signal, Context, Vec<String>);

/// The statements of each signal and context; not all of them compile.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let all = CONTEXTS.into_iter().flat_map(|context| {
        let signals = signals_of(context).iter();
        signals.map(move |&signal| (signal, context, statements(signal, context)))
    });
    all.collect()
});

fn statements(signal: Signal, context: Context) -> Vec<String> {
    let mut statements = Vec::new();
    let name = context_name(context);
    for level in signal.levels().iter().filter(|level| **level <= context) {
        let level = context_name(*level);
        for def in path::paths(ottl::context_named(level).expect("a context")) {
            let path = format!("{level}.{}", def.name);
            for value in [
                path.as_str(),
                "nil",
                "1",
                "-1.5",
                "\"x\"",
                "{\"k\": [1]}",
                "[1, \"a\"]",
            ] {
                statements.push(format!("set({path}, {value})"));
            }
            statements.push(format!("set({name}.cache[\"x\"], {path})"));
            statements.push(format!("set({path}[\"k\"], 7)"));
            statements.push(format!("set({path}, {path}[0])"));
            statements.push(format!("set({path}, {path}[\"k\"])"));
            statements.push(format!("set({path}, 5) where {path} != nil"));
            statements.push(format!("delete_key({path}, \"k\")"));
            statements.push(format!("flatten({path})"));
        }
    }
    for function in ENGINE.registry().all() {
        for example in function.signature().examples {
            let source = example.source.replace("span.", &format!("{name}."));
            let is_editor = function.signature().is_editor();
            statements.push(if is_editor {
                source
            } else {
                format!("set({name}.cache[\"x\"], {source})")
            });
        }
    }
    statements
}

//! Each kind of instruction in a script that has hardly anything else, by columns and by rows.

use benches::data::Dataset;
use criterion::Criterion;
use ottl::Interpreter;

use crate::{compile, of_items, resident};

/// The name of an instruction in disassembly, and a statement with it. Conditions hold for hardly any
/// span, so that nothing is measured but them.
#[rustfmt::skip]
const INSTRUCTIONS: &[(&str, &str)] = &[
    ("load", r#"set(span.name, "x") where span.attributes["http.route"] == 7"#),
    ("load.int", r#"set(span.name, "x") where span.kind == 77"#),
    ("load.str", r#"set(span.kind, SPAN_KIND_SERVER) where span.name == "nobody""#),
    ("box", r#"set(span.name, "x") where span.attributes["http.route"] == span.name"#),
    ("neg", r#"set(span.name, "x") where -span.attributes["network.peer.port"] == 7"#),
    ("arith", r#"set(span.name, "x") where span.attributes["network.peer.port"] * 2 == 7"#),
    ("arith.int", r#"set(span.name, "x") where span.end_time_unix_nano - span.start_time_unix_nano == 7"#),
    ("cmp", r#"set(span.name, "x") where span.attributes["network.peer.port"] < 1"#),
    ("cmp.int", r#"set(span.name, "x") where span.start_time_unix_nano < 1"#),
    ("cmp.str", r#"set(span.name, "x") where span.name == "GET /nowhere""#),
    ("truth", r#"set(span.name, "x") where IsInt(span.attributes["http.route"])"#),
    ("not", r#"set(span.name, "x") where not (span.attributes["network.peer.port"] > 1)"#),
    ("guard", r#"set(span.name, "x") where span.kind != 77 and span.start_time_unix_nano < 1"#),
    ("call", r#"set(span.name, "x") where Len(span.name) == 77"#),
    ("index", r#"set(span.name, "x") where Split(span.name, " ")[0] == "PATCH""#),
    ("list", r#"set(span.attributes["new"], [span.name, 1])"#),
    ("map", r#"set(span.attributes["new"], {"name": span.name})"#),
    ("matched", r#"set(span.dropped_links_count, 1)"#),
    ("store", r#"set(span.attributes["http.route"], "x")"#),
    ("edit", r#"delete_key(span.attributes, "http.route")"#),
];

pub(crate) fn all(criterion: &mut Criterion) {
    for (way, interpreter) in [
        ("columns", Interpreter::Columns),
        ("rows", Interpreter::Rows),
    ] {
        let mut group = of_items(criterion, &format!("instructions by {way}"));
        for (mnemonic, source) in INSTRUCTIONS {
            let script = compile(Dataset::Traces, interpreter, source);
            let mut code = script.program().code.iter();
            assert!(
                code.any(|instruction| instruction.mnemonic() == *mnemonic),
                "{source} has no instruction {mnemonic}; choose another statement for it"
            );
            resident(&mut group, mnemonic, Dataset::Traces, (interpreter, source));
        }
    }
}

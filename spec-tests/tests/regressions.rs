//! Inputs that a fuzz target found, or that it must get right, replayed without a fuzzer.

#[path = "../../fuzz/src/lib.rs"]
pub mod checks;

use std::fs;
use std::path::Path;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/regressions")
        .join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut replayed = 0;
    for file in files {
        let path = file.expect("a folder entry").path();
        // Tests print what they printed before they failed, which names the file at fault.
        println!("{}", path.display());
        check(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
        replayed += 1;
    }
    assert!(replayed > 0, "{} has no files", folder.display());
}

#[test]
fn parse() {
    replay("parse", checks::parse);
}

#[test]
fn print_roundtrip() {
    replay("print_roundtrip", checks::print_roundtrip);
}

#[test]
fn decode() {
    replay("decode", checks::decode);
}

#[test]
fn engines() {
    replay("engines", checks::engines);
}

#[test]
fn format() {
    replay("format", checks::format);
}

#[test]
fn configs() {
    replay("configs", checks::configs);
}

#[test]
fn functions() {
    replay("functions", checks::functions);
}

#[test]
fn messages() {
    replay("messages", checks::messages);
}

#[test]
fn native() {
    replay("native", checks::native);
}

#[test]
fn random_conditions_have_one_answer_as_machine_code() {
    for number in 0..300_u64 {
        checks::native(&number.to_le_bytes());
    }
}

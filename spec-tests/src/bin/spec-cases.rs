//! Writes the cases of the tables in `cases-src/` to standard output, without answers.
//!
//! `spec-cases FILE…` expands the named tables; inputs are looked up in `inputs/` beside each.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use spec_tests::table;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: spec-cases FILE…, for example spec-cases cases-src/grammar.txt");
        return ExitCode::from(2);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    for file in &files {
        if let Err(message) = write_cases(Path::new(file), &mut out) {
            eprintln!("{file}: {message}");
            return ExitCode::FAILURE;
        }
    }
    match out.flush() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("cannot write the cases: {e}");
            ExitCode::FAILURE
        }
    }
}

fn write_cases(file: &Path, out: &mut impl Write) -> Result<(), String> {
    for case in table::expand_file(file)? {
        serde_json::to_writer(&mut *out, &case).map_err(|e| e.to_string())?;
        out.write_all(b"\n").map_err(|e| e.to_string())?;
    }
    Ok(())
}

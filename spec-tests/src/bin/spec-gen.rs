//! Writes random cases without answers to standard output.
//!
//! `spec-gen --seed N --count N`; the same seed always writes the same cases.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use spec_tests::random::Generator;

fn main() -> ExitCode {
    let Some((seed, count)) = arguments(std::env::args().skip(1)) else {
        eprintln!("usage: spec-gen --seed N --count N");
        return ExitCode::from(2);
    };
    match write_cases(seed, count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("cannot write the cases: {e}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<(u64, u64)> {
    let (mut seed, mut count) = (1, 100);
    while let Some(word) = words.next() {
        let number = words.next()?.parse().ok()?;
        match word.as_str() {
            "--seed" => seed = number,
            "--count" => count = number,
            _ => return None,
        }
    }
    Some((seed, count))
}

fn write_cases(seed: u64, count: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let generator = Generator::new();
    for number in 0..count {
        serde_json::to_writer(&mut out, &generator.case(seed, number))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

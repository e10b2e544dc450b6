//! The workspace's own checks, and the files that are generated from the code.
//!
//! ```text
//! cargo xtask check       the two checks below, which CI runs beside tests and tools
//! cargo xtask layering    no crate depends on one that it must not know
//! cargo xtask generated   the generated files are those of the code: pages of docs/ and a table
//! cargo xtask generate    writes the generated files
//! cargo xtask ci          runs .ci/run, which is all of CI
//! cargo xtask bench-vs-reference   measures this engine beside the reference implementation and VRL
//! ```
//!
//! Do not put anything here that a test can check, or that cargo-deny does.

mod bench;
mod conventions;
mod generated;
mod layering;
mod metadata;

use std::path::Path;
use std::process::{Command, ExitCode};

/// What a check found wrong, a sentence each, or why it could not look.
type Findings = Result<Vec<String>, Failure>;

/// Why a task could not be done.
type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "Usage: cargo xtask check|layering|generated|generate|ci|bench-vs-reference";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("", arguments.as_slice()),
    };
    match run(task, rest) {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            for finding in findings {
                eprintln!("error: {finding}");
            }
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &str, rest: &[String]) -> Findings {
    let root = root();
    match task {
        "bench-vs-reference" if rest.iter().any(|word| word == "--help") => {
            println!("{}", bench::USAGE);
            Ok(Vec::new())
        }
        "bench-vs-reference" => bench::run(root, rest),
        "check" => {
            let mut findings = layering::check_all(root, &metadata::read(root)?)?;
            findings.extend(generated::check(root)?);
            Ok(findings)
        }
        "layering" => layering::check_all(root, &metadata::read(root)?),
        "generated" => generated::check(root),
        "generate" => generated::write(root).map(|()| Vec::new()),
        "ci" => ci(root),
        _ => Err(USAGE.into()),
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

fn ci(root: &Path) -> Findings {
    let status = Command::new(root.join(".ci/run")).status()?;
    Ok(match status.success() {
        true => Vec::new(),
        false => vec!["CI failed; the last lines above say where.".to_owned()],
    })
}

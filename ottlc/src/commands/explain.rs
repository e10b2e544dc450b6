//! `ottlc explain`: what a diagnostic code means and what to do about it.

use std::fmt::Write as _;

use ottl_syntax::Code;
use ottl_syntax::explanation::{Part, parts};

use crate::error::{Error, Failure};
use crate::terminal::{self, ColorChoice};

/// Explains a diagnostic code, with a wrong and a right example.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The code, as E0203. Without it all codes are listed.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  ottlc explain E0203
  ottlc explain";

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let Some(text) = &args.code else {
        return terminal::print(&list());
    };
    let code = Code::named(text).ok_or_else(|| {
        Error::new(format!("There is no code `{text}`."))
            .help("ottlc explain without a code lists all that there are.")
    })?;
    terminal::print(&page(code, color.stdout()))
}

fn list() -> String {
    let mut out = String::new();
    for code in Code::ALL {
        let _ = writeln!(out, "{}  {}", code.as_str(), code.title());
    }
    out
}

fn page(code: Code, color: bool) -> String {
    let head = format!("{}: {}", code.as_str(), code.title());
    let mut out = match color {
        true => format!("\x1b[1m{head}\x1b[0m\n"),
        false => format!("{head}\n"),
    };
    for part in parts(code.explanation()) {
        match part {
            Part::Text(text) => {
                let _ = writeln!(out, "\n{text}");
            }
            Part::Example(example) => {
                let title = if example.is_wrong { "Wrong" } else { "Right" };
                let arguments = example.arguments().join(" ");
                let with = match arguments.as_str() {
                    "" => String::new(),
                    _ => format!(", with {arguments}"),
                };
                let _ = writeln!(out, "\n{title}{with}:\n");
                for line in example.source.lines() {
                    let _ = writeln!(out, "    {line}");
                }
            }
        }
    }
    out
}

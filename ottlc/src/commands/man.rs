//! `ottlc man`: the manual pages of this program.

use std::path::PathBuf;

use clap_mangen::{Man, generate_to};

use crate::error::{Access, Failure, file_error};
use crate::terminal;

/// Prints the manual page of this program, or writes that and those of all commands.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A folder that exists, for a page each: ottlc.1, ottlc-run.1 and so on.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  ottlc man > ottlc.1
  ottlc man --output /usr/local/share/man/man1";

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        let written = Man::new(crate::command()).render(&mut page);
        written.expect("a vector takes every byte");
        return terminal::print(&String::from_utf8_lossy(&page));
    };
    generate_to(crate::command(), folder)
        .map_err(|error| file_error(&folder.display().to_string(), Access::Write, &error))?;
    Ok(())
}

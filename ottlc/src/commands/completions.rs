//! `ottlc completions`: what a shell needs to complete command lines.

use clap_complete::{Shell, generate};

use crate::error::Failure;
use crate::terminal;

/// Prints a script with which a shell completes the command lines of this program.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  ottlc completions bash > ~/.local/share/bash-completion/completions/ottlc
  ottlc completions fish > ~/.config/fish/completions/ottlc.fish";

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut crate::command(), "ottlc", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))
}

//! `ottlc lsp`: the language server.

use std::io::{self, BufReader, IsTerminal};

use crate::args::{Language, SignalArg};
use crate::error::Failure;
use crate::lsp::{Ending, Settings, serve};
use crate::terminal;

/// Runs the language server, which editors start themselves.
///
/// It speaks the Language Server Protocol over standard input and output: problems, completion, hover,
/// formatting and fixes in scripts (.ottl) and in configurations of the Collector (.yaml, .yml). The
/// options say how scripts are read when the editor does not say it; docs/lsp.md has the settings of
/// editors.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Standard input and output, which is all there is; for editors that ask for it.
    #[arg(long)]
    stdio: bool,
    /// The kind of data; without it any kind will do that has the context.
    #[arg(long, value_enum, value_name = "SIGNAL")]
    signal: Option<SignalArg>,
    #[command(flatten)]
    language: Language,
    /// How many columns a formatted line should have at most, from 20 to 1000.
    #[arg(long, default_value_t = 100, value_name = "COLUMNS")]
    #[arg(value_parser = clap::value_parser!(u16).range(20..=1000))]
    width: u16,
}

const EXAMPLES: &str = "\
Examples:
  ottlc lsp
  ottlc lsp --dialect selfops --lint all";

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let settings = Settings {
        signal: args.signal.map(Into::into),
        context: args.language.context(),
        dialect: args.language.dialect.into(),
        gates: args.language.feature_gates.unwrap_or_default(),
        lints: args.language.lint.unwrap_or_default(),
        regroup: args.language.regroup,
        width: args.width.into(),
        overrides: Vec::new(),
    };
    if io::stdin().is_terminal() {
        terminal::say(
            "ottlc lsp talks to an editor over standard input and output, and waits for one; \
             docs/lsp.md says how editors are set up.\n",
        );
    }
    let input = BufReader::new(io::stdin());
    match serve(input, io::stdout().lock(), settings) {
        Ok(Ending::Asked) => Ok(()),
        // What an editor that ends without a word expects.
        Ok(Ending::Abrupt) => Err(Failure::Reported),
        Err(error) => Err(terminal::stdout_failure(&error)),
    }
}

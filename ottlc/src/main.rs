//! The command line of OTTL.
//!
//! [`commands`] has one module for each command, [`io`] turns files of any accepted form into
//! messages and back. Data goes to standard output, everything said about it to standard error.
//!
//! The exit status is 0 when the command did what it was asked for, 1 when a script, the data or a
//! file has an error, and 2 when the command line itself is wrong, or a file of tests is.

mod args;
mod ast_dump;
mod commands;
mod error;
mod io;
mod limits;
#[cfg(feature = "lsp")]
mod lsp;
mod parts;
mod progress;
mod report;
mod request;
mod script;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::error::Failure;

/// Keeps the memory of one message for the next, which the system's allocator gives back and asks
/// for again page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Checks, formats, compiles and runs OTTL scripts over OpenTelemetry data, and measures them.
#[derive(Debug, Parser)]
#[command(name = "ottlc", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Whether problems are shown in colour.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: terminal::ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(commands::run::Args),
    Trace(commands::trace::Args),
    Test(commands::test::Args),
    Check(commands::check::Args),
    Fmt(commands::fmt::Args),
    Compile(commands::compile::Args),
    Bench(commands::bench::Args),
    Functions(commands::functions::Args),
    Explain(commands::explain::Args),
    #[cfg(feature = "lsp")]
    Lsp(commands::lsp::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let color = cli.color;
    let result = match cli.command {
        Command::Run(args) => commands::run::run(&args, color),
        Command::Trace(args) => commands::trace::run(&args, color),
        Command::Test(args) => commands::test::run(&args, color),
        Command::Check(args) => commands::check::run(&args, color),
        Command::Fmt(args) => commands::fmt::run(&args, color),
        Command::Compile(args) => commands::compile::run(&args, color),
        Command::Bench(args) => commands::bench::run(&args, color),
        Command::Functions(args) => commands::functions::run(&args, color),
        Command::Explain(args) => commands::explain::run(&args, color),
        #[cfg(feature = "lsp")]
        Command::Lsp(args) => commands::lsp::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report_failure(&failure),
    }
}

/// The description of the command line.
fn command() -> clap::Command {
    Cli::command()
}

fn report_failure(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Usage(message) => {
            terminal::say(&format!(
                "error: {message}\n\nFor more information, try '--help'.\n"
            ));
            ExitCode::from(2)
        }
        Failure::Error(error) => {
            terminal::say(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
        Failure::Reported => ExitCode::FAILURE,
        Failure::Broken => ExitCode::from(2),
        // Whoever read the output has enough of it, as `head` does.
        Failure::BrokenPipe => ExitCode::SUCCESS,
    }
}

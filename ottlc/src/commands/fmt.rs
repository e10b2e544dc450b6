//! `ottlc fmt`: lays scripts out.

mod excerpt;

use std::fs;
use std::path::{Path, PathBuf};

use ottl::Dialect;
use ottl_syntax::{FormatOptions, format_script};

use crate::args::DialectArg;
use crate::error::{Error, Failure};
use crate::io::output::Finished;
use crate::script::{self, Source};
use crate::terminal::{self, ColorChoice, count};

/// Lays scripts out: one statement a line where it fits, broken in one manner where not.
///
/// Comments stay, and so do the spelling of numbers and strings, the order of everything, and one
/// blank line wherever there are some. A script with a syntax error is reported and left as it is.
///
/// Files are formatted in place, each of them at once or not at all. In a directory these are all
/// files whose names end with .ottl, but nothing whose name begins with a dot. Without any file,
/// standard input is formatted to standard output.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Scripts and directories of scripts, or - for standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Writes nothing, shows what would change, and makes the exit status 1 if anything would.
    #[arg(long)]
    check: bool,
    /// Which language the scripts are written in.
    #[arg(long, value_enum, default_value_t, value_name = "DIALECT")]
    dialect: DialectArg,
    /// How many columns a line should have at most, from 20 to 1000.
    #[arg(long, default_value_t = 100, value_name = "COLUMNS")]
    #[arg(value_parser = clap::value_parser!(u16).range(20..=1000))]
    width: u16,
}

const EXAMPLES: &str = "\
Examples:
  ottlc fmt redact.ottl rules/
  ottlc fmt --check --dialect selfops .
  ottlc fmt < draft.ottl > redact.ottl";

/// What became of one script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was laid out like this before.
    Same,
    /// It was written, or would have been.
    Changed,
    /// It has an error, which was shown.
    Failed,
}

#[derive(Debug, Default)]
struct Tally {
    same: u64,
    changed: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Same => self.same += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Failed => self.failed += 1,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let stdin = Path::new("-");
    if args.files.is_empty() || args.files == [stdin] {
        return format_stdin(args, color);
    }
    if args.files.iter().any(|file| file == stdin) {
        let message = "Standard input (-) cannot be formatted together with files.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let mut tally = Tally::default();
    for file in &args.files {
        if file.is_dir() {
            format_directory(args, file, color, &mut tally)?;
        } else {
            tally.add(shown(format_file(args, file, color))?);
        }
    }
    terminal::say(&summary(args, &tally));
    let has_changed = args.check && tally.changed > 0;
    if has_changed || tally.failed > 0 {
        return Err(Failure::Reported);
    }
    Ok(())
}

fn summary(args: &Args, tally: &Tally) -> String {
    let files = |number| count(number, "file", "files");
    let (changed, same) = (files(tally.changed), files(tally.same));
    let done = if args.check {
        "would change"
    } else {
        "formatted"
    };
    let mut text = format!("{changed} {done}, {same} already formatted");
    if tally.failed > 0 {
        text.push_str(&format!(", {} with errors", files(tally.failed)));
    }
    text.push('\n');
    text
}

/// Shows an error that concerns one file, so that the others can go on.
fn shown(result: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    match result {
        Err(Failure::Error(error)) => {
            terminal::say(&format!("error: {error}\n"));
            Ok(Outcome::Failed)
        }
        result => result,
    }
}

fn format_stdin(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    let source = script::read(Path::new("-"))?;
    let Some(formatted) = format(args, &source, color) else {
        return Err(Failure::Reported);
    };
    if !args.check {
        return terminal::print(&marked(&source, formatted));
    }
    match compare(&source, &formatted)? {
        Outcome::Same => Ok(()),
        Outcome::Changed | Outcome::Failed => Err(Failure::Reported),
    }
}

fn format_file(args: &Args, path: &Path, color: ColorChoice) -> Result<Outcome, Failure> {
    // What cannot be looked at cannot be read, either, which is then said.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let error = Error::new("It is not a regular file and cannot be formatted in place.");
        let help = "Give its content on standard input.";
        return Err(error.at(path.display().to_string()).help(help).into());
    }
    let source = script::read(path)?;
    let Some(formatted) = format(args, &source, color) else {
        return Ok(Outcome::Failed);
    };
    if args.check {
        return compare(&source, &formatted);
    }
    if formatted == source.text {
        return Ok(Outcome::Same);
    }
    let formatted = marked(&source, formatted);
    Finished::commit(vec![Finished::text(path, &formatted)?])?;
    Ok(Outcome::Changed)
}

/// The formatted text as it is written: with a byte order mark where there was one.
fn marked(source: &Source, formatted: String) -> String {
    match source.is_marked {
        true => format!("{}{formatted}", script::MARK),
        false => formatted,
    }
}

/// The formatted text, unless there are errors, which are shown.
fn format(args: &Args, source: &Source, color: ColorChoice) -> Option<String> {
    let options = FormatOptions {
        width: args.width.into(),
        ..FormatOptions::default()
    };
    match format_script(&source.text, Dialect::from(args.dialect), &options) {
        Ok(formatted) => Some(formatted),
        Err(problems) => {
            let color = color.stderr();
            terminal::say(&ottl::render(&problems, &source.name, &source.text, color));
            None
        }
    }
}

/// Shows what would change.
fn compare(source: &Source, formatted: &str) -> Result<Outcome, Failure> {
    if formatted == source.text {
        return Ok(Outcome::Same);
    }
    terminal::print(&excerpt::excerpt(&source.name, &source.text, formatted))?;
    Ok(Outcome::Changed)
}

/// Formats the scripts in a directory and those below it, in the order of their names. Links to
/// directories are not followed, since they may lead in circles.
fn format_directory(
    args: &Args,
    root: &Path,
    color: ColorChoice,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        let entries = match entries(&directory) {
            Ok(entries) => entries,
            Err(error) => {
                tally.add(shown(Err(error.into()))?);
                continue;
            }
        };
        // The last one is taken first.
        waiting.extend(entries.directories.into_iter().rev());
        for script in entries.scripts {
            tally.add(shown(format_file(args, &script, color))?);
        }
    }
    Ok(())
}

/// What a directory holds, sorted by name.
#[derive(Debug, Default)]
struct Entries {
    scripts: Vec<PathBuf>,
    directories: Vec<PathBuf>,
}

fn entries(directory: &Path) -> Result<Entries, Error> {
    let failure = |error: std::io::Error| {
        Error::new(format!("The directory cannot be read: {error}."))
            .at(directory.display().to_string())
            .help("Check its permissions.")
    };
    let mut entries = Entries::default();
    for entry in fs::read_dir(directory).map_err(failure)? {
        let entry = entry.map_err(failure)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(failure)?.is_dir() {
            entries.directories.push(path);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "ottl")
        {
            entries.scripts.push(path);
        }
    }
    entries.scripts.sort();
    entries.directories.sort();
    Ok(entries)
}

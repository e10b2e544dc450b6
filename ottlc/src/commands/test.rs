//! `ottlc test`: runs test files.

mod files;
mod find;
mod json;
mod junit;
mod text;
mod update;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use ottl::testing::{self, Case, CoverageSum, Done, RunOptions, Verdict};
use ottl::{Diagnostic, Severity};
use ottl_syntax::{LineIndex, Span};

use self::files::Folder;
use self::update::Named;
use super::run::place;
use crate::args::EngineArg;
use crate::error::{Error, Failure};
use crate::terminal::{self, ColorChoice, count};

/// Runs tests of scripts and configurations.
///
/// A test file is YAML or JSON: it says what is tested, and has cases with a message and what is
/// expected of it. In folders the files are run whose names end in .test.yaml, .test.yml or
/// .test.json. docs/testing.md describes the format.
///
/// The exit status is 0 when all tests passed, 1 when a test failed or too few statements ran, and 2
/// when a test file or a file that it names cannot be read, or the command line is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Test files, and folders with test files.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Runs only the tests whose names contain TEXT. May be repeated.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Lists the tests without running them.
    #[arg(long)]
    list: bool,
    /// How results are shown on standard output.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Writes the results to FILE as JUnit XML, too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Lists the statements that never matched, and conditions that were only seen one way.
    #[arg(long)]
    coverage: bool,
    /// Fails when less than PERCENT of the statements matched at least once.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// Shows what came out of failed tests, as OTLP/JSON.
    #[arg(long)]
    show_output: bool,
    /// Writes what comes out to the files that tests name as their `output`, where it is another
    /// or the file does not exist. Outputs that stand in test files are left alone, and so is every
    /// file that a test reads or that another test expects to be otherwise.
    #[arg(long, conflicts_with = "list")]
    update: bool,
    /// How statements are executed. The result is the same.
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    engine: EngineArg,
}

const EXAMPLES: &str = "\
Examples:
  ottlc test tests/
  ottlc test --coverage --min-coverage 90 --junit report.xml redact.test.yaml
  ottlc test --filter card --show-output redact.test.yaml";

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object; docs/testing.md describes it.
    Json,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok();
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "give a number from 0 to 100".to_owned())
}

/// What became of one test file.
struct FileResult {
    name: String,
    source: String,
    /// Where it is, if it can be read.
    folder: Option<Folder>,
    /// The results, or what is wrong with the file.
    tests: Result<Vec<TestResult>, Broken>,
    /// The cases that were not chosen.
    others: Vec<Case>,
}

/// The lines and columns of a test file.
struct Places<'f>(LineIndex<'f>);

/// What is wrong with a file.
enum Broken {
    /// It cannot be read.
    Unreadable(Error),
    /// It is no test file.
    Invalid(Vec<Diagnostic>),
}

/// What became of one test.
struct TestResult {
    case: Case,
    done: Option<Done>,
    /// The file that was written with what came out, or why it was not.
    updated: Option<Result<String, Error>>,
    elapsed: Duration,
}

/// The results of all files.
struct Results {
    files: Vec<FileResult>,
    coverage: CoverageSum,
}

/// How many tests came out how.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    broken: u64,
}

impl FileResult {
    /// A file that cannot be read.
    fn unreadable(name: String, error: Error) -> Self {
        Self {
            name,
            source: String::new(),
            folder: None,
            tests: Err(Broken::Unreadable(error)),
            others: Vec::new(),
        }
    }

    fn places(&self) -> Places<'_> {
        Places(LineIndex::new(&self.source))
    }
}

impl Places<'_> {
    /// The line and the column of a place in the file.
    fn of(&self, span: Span) -> (usize, usize) {
        let place = self.0.line_column(span.start as usize);
        (place.line, place.column)
    }
}

impl Tally {
    fn of<'t>(tests: impl Iterator<Item = &'t TestResult>) -> Self {
        let mut tally = Self::default();
        for test in tests {
            match test.done.as_ref().map(|done| &done.verdict) {
                Some(Verdict::Passed) => tally.passed += 1,
                Some(Verdict::Failed(_)) => tally.failed += 1,
                Some(Verdict::Skipped(_)) => tally.skipped += 1,
                Some(Verdict::Broken(..)) => tally.broken += 1,
                None => {}
            }
        }
        tally
    }

    fn all(self) -> u64 {
        self.passed + self.failed + self.skipped + self.broken
    }
}

impl Results {
    fn tests(&self) -> impl Iterator<Item = &TestResult> {
        self.files
            .iter()
            .filter_map(|file| file.tests.as_ref().ok())
            .flatten()
    }

    /// How many files are no test files.
    fn broken_files(&self) -> u64 {
        let broken = self.files.iter().filter(|file| file.tests.is_err());
        broken.count() as u64
    }

    /// How many statements matched, and how many there are.
    fn covered(&self) -> (u64, u64) {
        let programs = self.coverage.programs().iter();
        let statements = programs.flat_map(|one| &one.statements);
        let all = statements.clone().count() as u64;
        (
            statements.filter(|one| one.is_covered()).count() as u64,
            all,
        )
    }

    /// The same in percent; all of nothing.
    fn percent(&self) -> f64 {
        let (covered, all) = self.covered();
        match all {
            0 => 100.0,
            all => 100.0 * covered as f64 / all as f64,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    if args.junit.as_deref() == Some(Path::new("-")) {
        let message = "JUnit XML is written to a file, not to standard output.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let mut files = open(args);
    if let Some(path) = &args.junit
        && Named::of(&files).has(path)
    {
        let path = path.display();
        let message = format!("The results would take the place of {path}, which a test names.");
        return Err(Failure::Usage(message));
    }
    let run = |(name, folder): (&str, &Folder), case: &Case| {
        let options = RunOptions {
            interpreter: args.engine.into(),
            name: name.to_owned(),
        };
        case.run(folder, &options)
    };
    if !args.list {
        for file in &mut files {
            let (Ok(tests), Some(folder)) = (&mut file.tests, &file.folder) else {
                continue;
            };
            for test in tests {
                let begin = Instant::now();
                test.done = Some(run((&file.name, folder), &test.case));
                test.elapsed = begin.elapsed();
            }
        }
    }
    if args.update {
        update::outputs(&mut files, &run);
    }
    let mut results = Results {
        files,
        coverage: CoverageSum::default(),
    };
    let mut coverage = CoverageSum::default();
    let done = results.tests().filter_map(|test| test.done.as_ref());
    done.filter_map(|done| done.coverage.as_ref())
        .for_each(|one| coverage.add(one));
    results.coverage = coverage;
    let is_empty = results.tests().next().is_none() && results.broken_files() == 0;
    if is_empty && !args.filter.is_empty() {
        let wanted = args.filter.join("` or `");
        let message = format!("No test has a name with `{wanted}`; --list shows all of them.");
        return Err(Failure::Usage(message));
    }
    match args.format {
        Format::Text => terminal::print(&text::show(&results, args, color.stdout()))?,
        Format::Json => terminal::print(&format!("{}\n", json::show(&results, args)))?,
    }
    if let Some(path) = args.junit.as_ref().filter(|_| !args.list) {
        junit::write(path, &results)?;
    }
    finish(args, &results)
}

/// Whether all is well.
fn finish(args: &Args, results: &Results) -> Result<(), Failure> {
    let tally = Tally::of(results.tests());
    let updated = results.tests().filter_map(|test| test.updated.as_ref());
    let mut is_unwritten = false;
    for error in updated.filter_map(|updated| updated.as_ref().err()) {
        is_unwritten = true;
        terminal::say(&format!("error: {error}\n"));
    }
    if is_unwritten || tally.broken > 0 || results.broken_files() > 0 {
        return Err(Failure::Broken);
    }
    if args.list {
        return Ok(());
    }
    let least = args.min_coverage.unwrap_or(0.0);
    let percent = results.percent();
    if percent < least {
        let (covered, all) = results.covered();
        terminal::say(&format!(
            "error: {} of {} matched, which is {percent:.1} % and less than {least} %.\n  \
             help: --coverage lists those that did not.\n",
            terminal::thousands(covered),
            count(all, "statement", "statements")
        ));
    }
    if tally.failed > 0 || percent < least {
        return Err(Failure::Reported);
    }
    Ok(())
}

/// Reads all test files. One that is given twice is read once.
fn open(args: &Args) -> Vec<FileResult> {
    let mut files = Vec::new();
    let mut known = HashSet::new();
    for path in &args.paths {
        match find::files(path) {
            Ok(paths) => {
                let new = paths.iter().filter(|path| known.insert(place(path)));
                files.extend(new.map(|path| file(args, path)));
            }
            Err(error) => files.push(FileResult::unreadable(path.display().to_string(), error)),
        }
    }
    files
}

/// Reads one test file.
fn file(args: &Args, path: &Path) -> FileResult {
    let name = path.display().to_string();
    let source = match files::source(path, "test file") {
        Ok(source) => source,
        Err(error) => return FileResult::unreadable(name, error),
    };
    let is_wanted = |case: &Case| {
        let name = &case.name;
        args.filter.is_empty() || args.filter.iter().any(|part| name.contains(part.as_str()))
    };
    let mut others = Vec::new();
    let tests = testing::read(&source)
        .map_err(Broken::Invalid)
        .map(|tests| {
            let (wanted, unwanted) = tests.cases.into_iter().partition::<Vec<_>, _>(is_wanted);
            others = unwanted;
            let test = |case| TestResult {
                case,
                done: None,
                updated: None,
                elapsed: Duration::ZERO,
            };
            wanted.into_iter().map(test).collect()
        });
    FileResult {
        name,
        source,
        folder: Some(Folder::of(path)),
        tests,
        others,
    }
}

/// Whether a problem makes a file unusable.
fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

//! `ottlc test`: runs test files.

mod files;
mod find;
mod json;
mod junit;
mod text;
mod update;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use ottl::testing::{self, Coverage, Done, RunOptions, TestFile, Verdict};
use ottl::{Diagnostic, Severity};
use ottl_syntax::{LineIndex, Span};

use self::files::Folder;
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
    /// or the file does not exist. Outputs that stand in test files are left alone.
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
    /// The results, or what is wrong with the file.
    tests: Result<Vec<TestResult>, Broken>,
}

/// What is wrong with a file.
enum Broken {
    /// It cannot be read.
    Unreadable(Error),
    /// It is no test file.
    Invalid(Vec<Diagnostic>),
}

/// What became of one test.
struct TestResult {
    name: String,
    span: Span,
    done: Option<Done>,
    signal: Option<ottl::Signal>,
    /// The file that was written with what came out, or why it was not.
    updated: Option<Result<String, Error>>,
    elapsed: Duration,
}

/// The results of all files.
struct Results {
    files: Vec<FileResult>,
    coverage: Vec<Coverage>,
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
    /// The line and the column of a place in the file.
    fn place(&self, span: Span) -> (usize, usize) {
        let place = LineIndex::new(&self.source).line_column(span.start as usize);
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
        let statements = self.coverage.iter().flat_map(|one| &one.statements);
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

    fn add(&mut self, coverage: &Coverage) {
        match self.coverage.iter_mut().find(|known| known.is_of(coverage)) {
            Some(known) => known.merge(coverage),
            None => self.coverage.push(coverage.clone()),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, color: ColorChoice) -> Result<(), Failure> {
    if args.junit.as_deref() == Some(Path::new("-")) {
        let message = "JUnit XML is written to a file, not to standard output.";
        return Err(Failure::Usage(message.to_owned()));
    }
    let mut results = Results {
        files: Vec::new(),
        coverage: Vec::new(),
    };
    for path in &args.paths {
        match find::files(path) {
            Ok(paths) => {
                for path in paths {
                    let file = file(args, &path, &mut results);
                    results.files.push(file);
                }
            }
            Err(error) => results.files.push(FileResult {
                name: path.display().to_string(),
                source: String::new(),
                tests: Err(Broken::Unreadable(error)),
            }),
        }
    }
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
    let unwritten = results.tests().filter_map(|test| test.updated.as_ref());
    for error in unwritten.filter_map(|updated| updated.as_ref().err()) {
        terminal::say(&format!("error: {error}\n"));
    }
    if tally.broken > 0 || results.broken_files() > 0 {
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
            "error: {covered} of {} matched, which is {percent:.1} % and less than {least} %.\n  \
             help: --coverage lists those that did not.\n",
            count(all, "statement", "statements")
        ));
    }
    if tally.failed > 0 || percent < least {
        return Err(Failure::Reported);
    }
    Ok(())
}

/// Runs the tests of one file.
fn file(args: &Args, path: &Path, results: &mut Results) -> FileResult {
    let name = path.display().to_string();
    let source = match files::source(path) {
        Ok(source) => source,
        Err(error) => {
            return FileResult {
                name,
                source: String::new(),
                tests: Err(Broken::Unreadable(error)),
            };
        }
    };
    let tests = match testing::read(&source) {
        Ok(tests) => Ok(cases(args, path, (&name, &source), &tests, results)),
        Err(problems) => Err(Broken::Invalid(problems)),
    };
    FileResult {
        name,
        source,
        tests,
    }
}

fn cases(
    args: &Args,
    path: &Path,
    (name, source): (&str, &str),
    tests: &TestFile,
    results: &mut Results,
) -> Vec<TestResult> {
    let folder = Folder::of(path);
    let options = RunOptions {
        interpreter: args.engine.into(),
        name: name.to_owned(),
        source: source.to_owned(),
    };
    let is_wanted = |name: &str| {
        args.filter.is_empty() || args.filter.iter().any(|part| name.contains(part.as_str()))
    };
    let cases = tests.cases.iter().filter(|case| is_wanted(&case.name));
    cases
        .map(|case| {
            let begin = Instant::now();
            let mut done = (!args.list).then(|| case.run(&folder, &options));
            let mut updated = None;
            if args.update
                && let Some(first) = &done
            {
                updated = update::output(case, first, &folder);
                if let Some(Ok(_)) = &updated {
                    done = Some(case.run(&folder, &options));
                }
            }
            let elapsed = begin.elapsed();
            if let Some(coverage) = done.as_ref().and_then(|done| done.coverage.as_ref()) {
                results.add(coverage);
            }
            TestResult {
                name: case.name.clone(),
                span: case.span,
                done,
                signal: case.settings.signal,
                updated,
                elapsed,
            }
        })
        .collect()
}

/// Whether a problem makes a file unusable.
fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

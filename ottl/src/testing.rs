//! Tests of scripts and configurations, written as data.
//!
//! A test file says what is tested and lists cases, each with a message and what is expected of it.
//! [`read`] reads one, whether it is YAML or JSON, and reports what is wrong at its place;
//! [`Case::run`] runs a case. `docs/testing.md` describes the format.
//!
//! ```
//! use ottl::testing::{self, Files, RunOptions, Verdict};
//!
//! let file = r#"
//! signal: traces
//! statements:
//!   - set(span.attributes["slow"], true) where span.name == "a"
//! tests:
//!   - name: marks a
//!     input: {spans: [{name: a}]}
//!     expect:
//!       output: {spans: [{name: a, attributes: {slow: true}}]}
//! "#;
//! let tests = testing::read(file).expect("the file has no errors");
//! let done = tests.cases[0].run(&testing::NoFiles, &RunOptions::default());
//! assert_eq!(done.verdict, Verdict::Passed);
//! assert_eq!(done.coverage.expect("it ran").statements[0].matched, 1);
//! ```
//!
//! Nothing here reads files: whoever runs cases hands in [`Files`]. The clock stands still and random
//! numbers come from a seed, so that a case always gives the same result.

mod check;
mod coverage;
mod data;
mod expect;
mod fields;
mod matching;
mod read;
mod request;
mod run;
mod settings;
mod subject;
mod world;

use bytes::Bytes;
use otlp_columns::Signal;
use ottl_syntax::{Diagnostic, Span};
use ottl_vm::Interpreter;
use ottl_vm::path::Context;

pub use self::coverage::{Coverage, CoverageSum, StatementCoverage};
pub use self::expect::{
    Assertion, Errors, Expect, ExpectedError, ExpectedProblem, Quantity, Route,
};
pub use self::request::RequestRef;
pub use self::settings::{ProgramRef, Settings, SourceFile};
use crate::diff::Change;
use crate::trace::Part;

/// A test file.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// The cases, in the order of the file.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, which no other case of the file has.
    pub name: String,
    /// Where it stands in the file.
    pub span: Span,
    /// Why it is not run, if it is not.
    pub skip: Option<String>,
    /// What is tested, and how it is run.
    pub settings: Settings,
    /// The message; nothing when the program is expected not to compile.
    pub input: Option<Data>,
    /// What is expected.
    pub expect: Expect,
}

/// A message in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// The message as protobuf.
    Message(Bytes),
    /// A file with it.
    File {
        /// The path, as it is written.
        path: String,
        /// Where that stands in the test file.
        span: Span,
    },
}

impl Data {
    /// The path of the file, if it is in one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Message(_) => None,
            Self::File { path, .. } => Some(path),
        }
    }
}

/// Where the files come from that tests name. Paths are as they are written in the test file, and
/// errors are sentences.
pub trait Files {
    /// The text of a script or a configuration.
    ///
    /// # Errors
    /// When it cannot be read.
    fn text(&self, path: &str) -> Result<String, String>;

    /// A message as protobuf. A file of several messages is one message with all that is in them.
    ///
    /// # Errors
    /// When it cannot be read, or is not a message of the signal.
    fn message(&self, signal: Signal, path: &str) -> Result<Bytes, String>;

    /// How a file is called in what is shown.
    fn name(&self, path: &str) -> String;
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn text(&self, path: &str) -> Result<String, String> {
        Err(format!("The file {path} cannot be read."))
    }

    fn message(&self, _: Signal, path: &str) -> Result<Bytes, String> {
        Err(format!("The file {path} cannot be read."))
    }

    fn name(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// How cases are run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Which interpreter runs them; all give the same answers.
    pub interpreter: Interpreter,
    /// How the test file is called in what is shown.
    pub name: String,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Done {
    /// Whether it passed.
    pub verdict: Verdict,
    /// What the statements did, if they ran.
    pub coverage: Option<Coverage>,
    /// What came out.
    pub output: Option<Bytes>,
}

/// Whether a case passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is as expected.
    Passed,
    /// Something is not.
    Failed(Vec<Mismatch>),
    /// It was not run, for this reason.
    Skipped(String),
    /// It cannot be run: a sentence that says why, and where that stands in the test file.
    Broken(String, Span),
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// A sentence, or several lines.
    pub message: String,
    /// How the message that was expected differs from the one that came.
    pub changes: Vec<Change>,
    /// The values of a condition that did not hold, by the number of the item.
    pub values: Vec<(Context, usize, Part)>,
    /// Where the expectation stands in the test file.
    pub span: Span,
}

impl Mismatch {
    fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            changes: Vec::new(),
            values: Vec::new(),
            span,
        }
    }
}

/// Reads a test file.
///
/// # Errors
/// Every problem, each with its place in the file.
pub fn read(source: &str) -> Result<TestFile, Vec<Diagnostic>> {
    read::file(source)
}

impl Case {
    /// The files that the case reads, by their paths as they are written; what is expected is not
    /// among them.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let program = match &self.settings.program {
            Some(ProgramRef::Script { path, .. } | ProgramRef::Config { path, .. }) => Some(path),
            Some(ProgramRef::Statements { .. }) | None => None,
        };
        let request = match &self.settings.otelcol {
            Some(RequestRef::File { path, .. }) => Some(path),
            Some(RequestRef::Inline(_)) | None => None,
        };
        let input = self.input.as_ref().and_then(Data::path);
        let files = [program, request].into_iter().flatten();
        files.map(String::as_str).chain(input)
    }

    /// Whether what came out is not what the case expects as its `output`. Whatever else may be wrong does
    /// not count.
    #[must_use]
    pub fn output_differs(&self, done: &Done) -> bool {
        let Some((_, span)) = &self.expect.output else {
            return false;
        };
        match &done.verdict {
            Verdict::Failed(mismatches) => mismatches.iter().any(|one| one.span == *span),
            Verdict::Passed | Verdict::Skipped(_) | Verdict::Broken(..) => false,
        }
    }

    /// Runs the case.
    #[must_use]
    pub fn run(&self, files: &dyn Files, options: &RunOptions) -> Done {
        run::case(self, files, options)
    }
}

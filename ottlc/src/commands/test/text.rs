//! Results of tests for people.

use std::fmt::Write as _;

use ottl::testing::{Coverage, Mismatch, StatementCoverage, Verdict};
use ottl::trace::Change;

use super::{Args, Broken, FileResult, Places, Results, Tally, TestResult, is_error};
use crate::parts::{self, VALUE_WIDTH, cut};
use crate::script::one_line;
use crate::terminal::{Paint, Tone, count, thousands, visible};

/// How many differences of a message are shown.
const MAX_CHANGES: usize = 30;

/// The results as text.
pub(super) fn show(results: &Results, args: &Args, color: bool) -> String {
    let mut printer = Printer {
        args,
        paint: Paint(color),
        color,
        out: String::new(),
    };
    for file in &results.files {
        printer.file(file);
    }
    if args.list {
        return printer.out;
    }
    printer.summary(results);
    if args.coverage {
        for coverage in results.coverage.programs() {
            printer.coverage(coverage);
        }
    }
    printer.out
}

struct Printer<'a> {
    args: &'a Args,
    paint: Paint,
    color: bool,
    out: String,
}

impl Printer<'_> {
    /// Lines of a text that may be anybody's.
    fn line(&mut self, depth: usize, text: &str) {
        self.painted(depth, &visible(text));
    }

    /// Lines of a text in which only colours act on the terminal.
    fn painted(&mut self, depth: usize, text: &str) {
        let indent = " ".repeat(depth);
        for line in text.lines() {
            let _ = writeln!(self.out, "{indent}{line}");
        }
    }

    fn file(&mut self, file: &FileResult) {
        let places = file.places();
        match &file.tests {
            Ok(tests) if tests.is_empty() => {}
            Ok(tests) if self.args.list => {
                for test in tests {
                    let (line, _) = places.of(test.case.span);
                    let name = one_line(&test.case.name);
                    self.line(0, &format!("{}:{line}: {name}", file.name));
                }
            }
            Ok(tests) => {
                let name = self.paint.tone(Tone::Strong, &file.name);
                self.painted(0, &name);
                for test in tests {
                    self.test((file, &places), test);
                }
            }
            Err(Broken::Unreadable(error)) => {
                let label = self.paint.tone(Tone::Bad, "error");
                let error = visible(&error.to_string());
                self.painted(0, &format!("{label}: {error}"));
            }
            Err(Broken::Invalid(problems)) => {
                let shown = ottl::render(problems, &file.name, &file.source, self.color);
                self.out.push_str(&shown);
                let errors = problems.iter().filter(|problem| is_error(problem)).count();
                let errors = count(errors as u64, "error", "errors");
                let label = self.paint.tone(Tone::Bad, "error");
                let name = visible(&file.name);
                self.painted(0, &format!("{label}: {name}: The test file has {errors}."));
            }
        }
    }

    fn test(&mut self, (file, places): (&FileResult, &Places<'_>), test: &TestResult) {
        let Some(done) = &test.done else {
            return;
        };
        let (tone, label) = match &done.verdict {
            Verdict::Passed => (Tone::Good, "ok    "),
            Verdict::Failed(_) => (Tone::Bad, "FAILED"),
            Verdict::Skipped(_) => (Tone::Faint, "skip  "),
            Verdict::Broken(..) => (Tone::Bad, "ERROR "),
        };
        let label = self.paint.tone(tone, label);
        self.painted(2, &format!("{label}  {}", one_line(&test.case.name)));
        if let Some(Ok(written)) = &test.updated {
            self.line(10, &format!("{written} was written."));
        }
        match &done.verdict {
            Verdict::Passed => {}
            Verdict::Skipped(reason) => self.line(10, reason),
            Verdict::Broken(message, span) => {
                self.place(&file.name, places.of(*span));
                self.line(10, message);
            }
            Verdict::Failed(mismatches) => {
                for mismatch in mismatches {
                    self.place(&file.name, places.of(mismatch.span));
                    self.mismatch(mismatch);
                }
                if self.args.show_output {
                    self.output(test);
                }
            }
        }
    }

    fn place(&mut self, file: &str, (line, column): (usize, usize)) {
        let place = format!("{file}:{line}:{column}");
        let place = self.paint.tone(Tone::Faint, &place);
        self.painted(10, &place);
    }

    fn mismatch(&mut self, mismatch: &Mismatch) {
        self.line(10, &mismatch.message);
        for change in mismatch.changes.iter().take(MAX_CHANGES) {
            let line = self.change(change);
            self.painted(12, &line);
        }
        let more = mismatch.changes.len().saturating_sub(MAX_CHANGES);
        if more > 0 {
            let more = count(more as u64, "more difference", "more differences");
            self.line(12, &format!("… and {more}"));
        }
        for (context, item, part) in &mismatch.values {
            let (noun, _) = ottl::context_nouns(*context);
            self.line(12, &format!("{noun} {item}:"));
            let shown = self.paint.apart(|paint| parts::text(part, 7, paint));
            self.out.push_str(&shown);
        }
    }

    fn change(&self, change: &Change) -> String {
        let path = &change.path;
        let side = |side: &Option<String>| side.as_deref().map(|text| cut(text, VALUE_WIDTH));
        match (side(&change.before), side(&change.after)) {
            (Some(expected), Some(actual)) => {
                let line = format!("~ {path}: expected {expected}, got {actual}");
                self.paint.tone(Tone::Note, &line)
            }
            (Some(expected), None) => {
                let line = format!("- {path}: expected {expected}, which is missing");
                self.paint.tone(Tone::Bad, &line)
            }
            (None, actual) => {
                let line = format!("+ {path}: {} was not expected", actual.unwrap_or_default());
                self.paint.tone(Tone::Good, &line)
            }
        }
    }

    fn output(&mut self, test: &TestResult) {
        let output = test.done.as_ref().and_then(|done| done.output.as_ref());
        let (Some(output), Some(signal)) = (output, test.case.settings.signal) else {
            return;
        };
        let mut text = Vec::new();
        if ottl::json::from_wire(signal, output, &mut text).is_ok() {
            self.line(10, "What came out:");
            self.line(12, &String::from_utf8_lossy(&text));
        }
    }

    fn summary(&mut self, results: &Results) {
        let tally = Tally::of(results.tests());
        let mut text = format!(
            "\n{}: {} passed",
            count(tally.all(), "test", "tests"),
            thousands(tally.passed)
        );
        for (number, what) in [
            (tally.failed, "failed"),
            (tally.broken, "could not be run"),
            (tally.skipped, "skipped"),
        ] {
            if number > 0 {
                let _ = write!(text, ", {} {what}", thousands(number));
            }
        }
        let broken = results.broken_files();
        if broken > 0 {
            let files = count(broken, "file", "files");
            let _ = write!(text, "; {files} could not be read");
        }
        text.push('\n');
        self.out.push_str(&text);
        let (covered, all) = results.covered();
        if all > 0 {
            let statements = count(all, "statement", "statements");
            let percent = results.percent();
            let _ = writeln!(
                self.out,
                "coverage: {} of {statements} matched ({percent:.1} %)",
                thousands(covered)
            );
        }
    }

    fn coverage(&mut self, coverage: &Coverage) {
        let statements = &coverage.statements;
        if statements.is_empty() {
            return;
        }
        let covered = statements.iter().filter(|one| one.is_covered()).count();
        let name = self.paint.tone(Tone::Strong, &coverage.program);
        let all = statements.len();
        self.painted(0, &format!("\n{name}: {covered} of {all} matched"));
        for one in statements {
            if let Some((tone, what)) = remark(one) {
                let line = format!("{:>5}  {what:22}  {}", one.line, cut(&one.source, 120));
                let line = self.paint.tone(tone, &line);
                self.painted(0, &line);
            }
        }
    }
}

/// What is to be said of a statement that was not seen in every way.
fn remark(statement: &StatementCoverage) -> Option<(Tone, &'static str)> {
    let StatementCoverage {
        matched,
        unmatched,
        failed,
        has_condition,
        ..
    } = *statement;
    match (matched, unmatched, failed) {
        (0, 0, 0) => Some((Tone::Bad, "never reached")),
        (0, _, 0) => Some((Tone::Bad, "never matched")),
        (0, _, _) => Some((Tone::Bad, "only failed")),
        (_, 0, _) if has_condition => Some((Tone::Note, "matched every time")),
        _ => None,
    }
}

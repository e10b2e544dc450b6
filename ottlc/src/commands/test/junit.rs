//! Results of tests as JUnit XML, which servers for continuous integration read.
//!
//! There is no standard; this is what Jenkins, GitLab and GitHub's actions understand: suites with
//! cases, and in a case `failure`, `error` or `skipped`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use ottl::testing::{Mismatch, Verdict};

use super::{Broken, FileResult, Places, Results, Tally, TestResult};
use crate::error::Failure;
use crate::io::output::Finished;
use crate::parts;
use crate::terminal::Paint;

/// Writes the results to a file.
pub(super) fn write(path: &Path, results: &Results) -> Result<(), Failure> {
    Finished::commit(vec![Finished::text(path, &document(results))?])
}

fn document(results: &Results) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tally = Tally::of(results.tests());
    let broken = results.broken_files();
    let elapsed = results.tests().map(|test| test.elapsed).sum();
    let counts = counts(tally, broken, elapsed);
    let _ = writeln!(out, "<testsuites name=\"ottlc test\"{counts}>");
    for file in &results.files {
        suite(&mut out, file);
    }
    out.push_str("</testsuites>\n");
    out
}

/// The attributes of a suite that count.
fn counts(tally: Tally, broken_files: u64, elapsed: Duration) -> String {
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.6}\"",
        tally.all() + broken_files,
        tally.failed,
        tally.broken + broken_files,
        tally.skipped,
        elapsed.as_secs_f64()
    )
}

fn suite(out: &mut String, file: &FileResult) {
    let name = escaped(&file.name);
    let tests = match &file.tests {
        Ok(tests) => tests,
        Err(broken) => {
            let counts = counts(Tally::default(), 1, Duration::ZERO);
            let _ = writeln!(out, "  <testsuite name=\"{name}\"{counts}>");
            let _ = writeln!(out, "    <testcase name=\"{name}\" classname=\"{name}\">");
            let text = match broken {
                Broken::Unreadable(error) => error.to_string(),
                Broken::Invalid(problems) => {
                    ottl::render(problems, &file.name, &file.source, false)
                }
            };
            outcome(out, "error", "The test file cannot be read.", &text);
            out.push_str("    </testcase>\n  </testsuite>\n");
            return;
        }
    };
    let elapsed = tests.iter().map(|test| test.elapsed).sum();
    let counts = counts(Tally::of(tests.iter()), 0, elapsed);
    let _ = writeln!(out, "  <testsuite name=\"{name}\"{counts}>");
    let places = file.places();
    for test in tests {
        case(out, (file, &places), test);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, (file, places): (&FileResult, &Places<'_>), test: &TestResult) {
    let (name, class) = (escaped(&test.case.name), escaped(&file.name));
    let (line, _) = places.of(test.case.span);
    let time = test.elapsed.as_secs_f64();
    let _ = write!(
        out,
        "    <testcase name=\"{name}\" classname=\"{class}\" file=\"{class}\" line=\"{line}\" \
         time=\"{time:.6}\""
    );
    let verdict = test.done.as_ref().map(|done| &done.verdict);
    let Some(verdict) = verdict.filter(|verdict| **verdict != Verdict::Passed) else {
        out.push_str("/>\n");
        return;
    };
    out.push_str(">\n");
    match verdict {
        Verdict::Passed => {}
        Verdict::Skipped(reason) => {
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", escaped(reason));
        }
        Verdict::Broken(message, span) => {
            let (line, column) = places.of(*span);
            let text = format!("{}:{line}:{column}\n{message}", file.name);
            outcome(out, "error", message, &text);
        }
        Verdict::Failed(mismatches) => {
            let first = mismatches.first().map_or("", |one| one.message.as_str());
            let texts = mismatches.iter();
            let texts: Vec<_> = texts.map(|one| describe(&file.name, places, one)).collect();
            outcome(out, "failure", first, &texts.join("\n"));
        }
    }
    out.push_str("    </testcase>\n");
}

/// An element that says what went wrong.
fn outcome(out: &mut String, element: &str, message: &str, text: &str) {
    let first = message.lines().next().unwrap_or_default();
    let (first, text) = (escaped(first), escaped(text));
    let _ = writeln!(
        out,
        "      <{element} message=\"{first}\">{text}</{element}>"
    );
}

fn describe(file: &str, places: &Places<'_>, mismatch: &Mismatch) -> String {
    let (line, column) = places.of(mismatch.span);
    let mut text = format!("{file}:{line}:{column}\n{}\n", mismatch.message);
    for change in &mismatch.changes {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        let (expected, actual) = (side(&change.before), side(&change.after));
        let path = &change.path;
        let _ = writeln!(text, "  {path}: expected {expected}, got {actual}");
    }
    for (_, item, part) in &mismatch.values {
        let values = parts::text(part, 2, Paint(false));
        let _ = write!(text, "  item {item}:\n{values}");
    }
    text
}

/// Text as XML allows it, in an attribute or between elements. Characters that XML cannot hold at all
/// are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("&#13;"),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escaped("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
        assert_eq!(escaped("a\u{0}b\u{1b}[31m\n"), "a\u{fffd}b\u{fffd}[31m\n");
    }
}

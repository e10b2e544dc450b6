//! Results of tests for programs. `docs/testing.md` describes the shape.

use ottl::context_name;
use ottl::testing::{Coverage, Mismatch, Verdict};
use serde_json::{Value as Json, json};

use super::{Args, Broken, FileResult, Places, Results, Tally, TestResult};
use crate::parts;

/// The results as one JSON object.
pub(super) fn show(results: &Results, args: &Args) -> Json {
    let files: Json = results
        .files
        .iter()
        .map(|file| file_json(file, args))
        .collect();
    if args.list {
        return json!({"files": files});
    }
    let tally = Tally::of(results.tests());
    json!({
        "files": files,
        "passed": tally.passed,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "broken": tally.broken,
        "coverage_percent": results.percent(),
        "coverage": results.coverage.programs().iter().map(coverage_json).collect::<Json>(),
    })
}

fn file_json(file: &FileResult, args: &Args) -> Json {
    let places = file.places();
    match &file.tests {
        Ok(tests) => {
            let tests = tests.iter().map(|test| test_json(&places, test, args));
            json!({"file": file.name, "tests": tests.collect::<Json>()})
        }
        Err(Broken::Unreadable(error)) => {
            json!({"file": file.name, "error": error.to_string(), "tests": []})
        }
        Err(Broken::Invalid(problems)) => {
            let problems = problems.iter().map(|problem| {
                let (line, column) = places.of(problem.primary.span);
                json!({
                    "code": problem.code.as_str(),
                    "message": problem.message,
                    "line": line,
                    "column": column,
                    "notes": problem.notes,
                })
            });
            json!({
                "file": file.name,
                "error": "The test file has errors.",
                "problems": problems.collect::<Json>(),
                "tests": [],
            })
        }
    }
}

fn test_json(places: &Places<'_>, test: &TestResult, args: &Args) -> Json {
    let (line, _) = places.of(test.case.span);
    let mut json = json!({"name": test.case.name, "line": line});
    let Some(done) = &test.done else {
        return json;
    };
    json["seconds"] = json!(test.elapsed.as_secs_f64());
    let status = match &done.verdict {
        Verdict::Passed => "passed",
        Verdict::Skipped(reason) => {
            json["reason"] = json!(reason);
            "skipped"
        }
        Verdict::Broken(message, span) => {
            let (line, column) = places.of(*span);
            json["reason"] = json!(message);
            json["place"] = json!({"line": line, "column": column});
            "broken"
        }
        Verdict::Failed(mismatches) => {
            let mismatches = mismatches.iter().map(|one| mismatch_json(places, one));
            json["mismatches"] = mismatches.collect();
            "failed"
        }
    };
    json["status"] = json!(status);
    match &test.updated {
        Some(Ok(file)) => json["updated"] = json!(file),
        Some(Err(error)) => json["update_error"] = json!(error.to_string()),
        None => {}
    }
    if args.show_output {
        json["output"] = output(test);
    }
    json
}

/// What came out, as OTLP/JSON in a text: it may nest deeper than readers of JSON go.
fn output(test: &TestResult) -> Json {
    let output = test.done.as_ref().and_then(|done| done.output.as_ref());
    let Some((output, signal)) = output.zip(test.case.settings.signal) else {
        return Json::Null;
    };
    let mut text = Vec::new();
    match ottl::json::from_wire(signal, output, &mut text) {
        Ok(()) => json!(String::from_utf8_lossy(&text)),
        Err(_) => Json::Null,
    }
}

fn mismatch_json(places: &Places<'_>, mismatch: &Mismatch) -> Json {
    let (line, column) = places.of(mismatch.span);
    let changes = mismatch.changes.iter();
    let changes = changes.map(
        |change| json!({"path": change.path, "expected": change.before, "actual": change.after}),
    );
    let values = mismatch.values.iter().map(|(context, item, part)| {
        json!({"context": context_name(*context), "item": item, "condition": parts::json(part)})
    });
    json!({
        "message": mismatch.message,
        "line": line,
        "column": column,
        "changes": changes.collect::<Json>(),
        "values": values.collect::<Json>(),
    })
}

fn coverage_json(coverage: &Coverage) -> Json {
    let statements = coverage.statements.iter().map(|one| {
        json!({
            "line": one.line,
            "statement": one.source,
            "matched": one.matched,
            "unmatched": one.unmatched,
            "failed": one.failed,
        })
    });
    json!({"program": coverage.program, "statements": statements.collect::<Json>()})
}

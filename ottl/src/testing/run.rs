//! Runs one case.

use bytes::Bytes;
use otlp_columns::Signal;

use super::check::Checker;
use super::subject::{Refusal, Subject};
use super::{Case, Data, Done, Files, Mismatch, RunOptions, Verdict};

pub(super) fn case(case: &Case, files: &dyn Files, options: &RunOptions) -> Done {
    let mut done = Done {
        verdict: Verdict::Passed,
        coverage: None,
        output: None,
    };
    if let Some(reason) = &case.skip {
        done.verdict = Verdict::Skipped(reason.clone());
        return done;
    }
    done.verdict = match run(case, files, options, &mut done) {
        Ok(mismatches) if mismatches.is_empty() => Verdict::Passed,
        Ok(mismatches) => Verdict::Failed(mismatches),
        Err(broken) => broken,
    };
    done
}

fn run(
    case: &Case,
    files: &dyn Files,
    options: &RunOptions,
    done: &mut Done,
) -> Result<Vec<Mismatch>, Verdict> {
    let subject = match Subject::compile(case, files, options) {
        Ok(subject) => subject,
        Err(Refusal::Unusable(message, span)) => return Err(Verdict::Broken(message, span)),
        Err(Refusal::Rejected(rejected)) => {
            return Ok(super::check::rejected(case, &rejected));
        }
    };
    if let Some(expected) = case.expect.compile_errors.first() {
        let message = "The program was expected to be rejected, but it compiles.";
        return Ok(vec![Mismatch::new(message, expected.span)]);
    }
    let signal = case.settings.signal.unwrap_or(Signal::Traces);
    let Some(input) = &case.input else {
        let message = "The test has no input.".to_owned();
        return Err(Verdict::Broken(message, case.span));
    };
    let input = load(files, signal, input)?;
    let ran = match subject.run(&input) {
        Ok(ran) => ran,
        Err(message) => return Ok(vec![Mismatch::new(message, case.span)]),
    };
    done.coverage = ran.coverage.clone();
    done.output = ran.output.clone();
    let checker = Checker {
        case,
        signal,
        input: &input,
        subject: &subject,
        ran: &ran,
        load: &|data| load(files, signal, data),
        mismatches: Vec::new(),
    };
    checker.check()
}

/// A message as protobuf.
fn load(files: &dyn Files, signal: Signal, data: &Data) -> Result<Bytes, Verdict> {
    match data {
        Data::Message(message) => Ok(message.clone()),
        Data::File { path, span } => {
            let message = files.message(signal, path);
            message.map_err(|error| Verdict::Broken(error, *span))
        }
    }
}

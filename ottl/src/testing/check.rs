//! Compares what came with what was expected.

use std::collections::BTreeMap;

use bytes::Bytes;
use otlp_columns::{Batch, Signal};
use ottl_compiler::Group;
use ottl_syntax::{Diagnostic, Span};
use ottl_vm::path::{Context, context_name};

use super::expect::{Assertion, Errors, ExpectedError, ExpectedProblem, Quantity};
use super::matching::Matching;
use super::subject::{Failure, Ran, Rejected, Subject};
use super::{Case, Data, Mismatch, Verdict};
use crate::diff::{self, Order};
use crate::render;

/// How many items are shown for which a condition does not hold.
const MAX_ITEMS: usize = 3;
/// How many failures are shown that were not expected.
const MAX_FAILURES: usize = 10;

/// What to say of a program that was rejected.
pub(super) fn rejected(case: &Case, rejected: &Rejected) -> Vec<Mismatch> {
    let problems = &rejected.problems;
    let shown = || {
        let shown = render(problems, &rejected.file, &rejected.text, false);
        shown.trim_end().to_owned()
    };
    let expected = &case.expect.compile_errors;
    if expected.is_empty() {
        let message = format!("The program was rejected.\n{}", shown());
        return vec![Mismatch::new(message, case.span)];
    }
    let missing = expected
        .iter()
        .filter(|expected| !problems.iter().any(|problem| is_problem(expected, problem)));
    missing
        .map(|expected| {
            let wanted = describe_problem(expected);
            let message = format!("The program was rejected, but not {wanted}.\n{}", shown());
            Mismatch::new(message, expected.span)
        })
        .collect()
}

fn is_problem(expected: &ExpectedProblem, problem: &Diagnostic) -> bool {
    let has_text = |text: &String| {
        problem.message.contains(text.as_str())
            || problem
                .notes
                .iter()
                .any(|note| note.contains(text.as_str()))
    };
    expected.message.as_ref().is_none_or(has_text)
        && expected
            .code
            .as_ref()
            .is_none_or(|code| problem.code.as_str() == code)
}

fn describe_problem(expected: &ExpectedProblem) -> String {
    match (&expected.code, &expected.message) {
        (Some(code), Some(message)) => format!("with {code} and “{message}”"),
        (Some(code), None) => format!("with {code}"),
        (None, Some(message)) => format!("with “{message}”"),
        (None, None) => "for a reason".to_owned(),
    }
}

pub(super) struct Checker<'a> {
    pub(super) case: &'a Case,
    pub(super) signal: Signal,
    pub(super) input: &'a Bytes,
    pub(super) subject: &'a Subject,
    pub(super) ran: &'a Ran,
    pub(super) load: &'a dyn Fn(&Data) -> Result<Bytes, Verdict>,
    pub(super) mismatches: Vec<Mismatch>,
}

impl Checker<'_> {
    /// Everything that is not as expected.
    pub(super) fn check(mut self) -> Result<Vec<Mismatch>, Verdict> {
        let expect = &self.case.expect;
        self.errors(&expect.errors);
        if self.ran.ended {
            self.without_output();
            return Ok(self.mismatches);
        }
        if let Some((output, span)) = &expect.output {
            let expected = (self.load)(output)?;
            let what = "What came out is not what was expected.";
            self.compare(&expected, self.ran.output.as_ref(), what, *span)?;
        }
        if let Some(span) = expect.unchanged {
            let what = "What came out is not what came in.";
            self.compare(self.input, self.ran.output.as_ref(), what, span)?;
        }
        if let Some(span) = expect.dropped {
            self.dropped(span)?;
        }
        for assertion in &expect.assertions {
            self.assertion(assertion)?;
        }
        for (context, number, span) in &expect.counts {
            self.count(*context, *number, *span)?;
        }
        if let Some((routes, span)) = &expect.routes {
            self.routes(routes, *span)?;
        }
        Ok(self.mismatches)
    }

    fn fail(&mut self, message: impl Into<String>, span: Span) {
        self.mismatches.push(Mismatch::new(message, span));
    }

    /// Nothing comes out of a run that ended with a failure.
    fn without_output(&mut self) {
        let expect = &self.case.expect;
        let spans = [
            expect.output.as_ref().map(|(_, span)| *span),
            expect.unchanged,
            expect.assertions.first().map(|assertion| assertion.span),
            expect.counts.first().map(|(_, _, span)| *span),
            expect.routes.as_ref().map(|(_, span)| *span),
        ];
        // What made the run end has been told if it was not expected.
        if self.mismatches.is_empty()
            && let Some(span) = spans.into_iter().flatten().next()
        {
            let message = "The run ended with a failure, so that nothing came out. To go on behind \
                           failures say `error_mode: ignore`.";
            self.fail(message, span);
        }
    }

    fn compare(
        &mut self,
        expected: &Bytes,
        actual: Option<&Bytes>,
        what: &str,
        span: Span,
    ) -> Result<(), Verdict> {
        let Some(actual) = actual else {
            if !expected.is_empty() {
                self.fail(format!("{what} Nothing came out."), span);
            }
            return Ok(());
        };
        let order = match self.case.expect.ordered {
            true => Order::Kept,
            false => Order::Free,
        };
        let changes = diff::messages(self.signal, expected, actual, order);
        let changes = changes.map_err(|error| Verdict::Broken(error.to_string(), span))?;
        if !changes.is_empty() {
            let mut mismatch = Mismatch::new(what, span);
            mismatch.changes = changes;
            self.mismatches.push(mismatch);
        }
        Ok(())
    }

    /// What came out, as a batch.
    fn output(&self, span: Span) -> Result<Batch, Verdict> {
        let message = self.ran.output.clone().unwrap_or_default();
        let batch = Batch::decode(self.signal, message);
        batch.map_err(|error| Verdict::Broken(error.to_string(), span))
    }

    fn dropped(&mut self, span: Span) -> Result<(), Verdict> {
        let items = self.output(span)?.items();
        if items > 0 {
            let noun = context_name(self.signal.item_level());
            let message = format!("Nothing was expected to come out, but {items} × {noun} did.");
            self.fail(message, span);
        }
        Ok(())
    }

    fn count(&mut self, context: Context, number: u64, span: Span) -> Result<(), Verdict> {
        let noun = context_name(context);
        if !self.signal.levels().contains(&context) {
            let message = format!("There is no {noun} in {}.", self.signal.name());
            return Err(Verdict::Broken(message, span));
        }
        let actual = self.output(span)?.rows(context) as u64;
        if actual != number {
            self.fail(
                format!("{number} × {noun} should come out, but {actual} did."),
                span,
            );
        }
        Ok(())
    }

    fn assertion(&mut self, assertion: &Assertion) -> Result<(), Verdict> {
        let engine = &self.subject.engine;
        let text = &assertion.condition;
        let condition = engine.compile_condition(self.signal, assertion.context, text);
        let condition = condition.map_err(|error| {
            let shown = error.render("condition", false);
            Verdict::Broken(
                format!("The condition cannot be asked.\n{}", shown.trim_end()),
                assertion.span,
            )
        })?;
        let mut batch = self.output(assertion.span)?;
        let rows = batch.rows(condition.context());
        let mask = condition.eval_with(&mut batch, &self.subject.context);
        let mask = mask.map_err(|error| Verdict::Broken(error.to_string(), assertion.span))?;
        let held = mask.matched.iter().count();
        let noun = context_name(condition.context());
        let wrong: Vec<usize> = match assertion.quantity {
            Quantity::All => (0..rows)
                .filter(|row| !mask.matched.contains(*row))
                .collect(),
            // Where the condition fails it is not known to be false.
            Quantity::None => {
                let failed = mask.failed.iter().map(|(row, _)| *row);
                let mut wrong: Vec<_> = mask.matched.iter().chain(failed).collect();
                wrong.sort_unstable();
                wrong
            }
            Quantity::Some => (0..rows).collect(),
        };
        let message = match assertion.quantity {
            Quantity::All if rows == 0 => {
                format!("`{text}` was asked of nothing: no {noun} came out.")
            }
            Quantity::All if !wrong.is_empty() => format!(
                "`{text}` does not hold for {} of {rows} × {noun} that came out.",
                wrong.len()
            ),
            Quantity::Some if held == 0 => {
                format!("`{text}` holds for none of {rows} × {noun} that came out.")
            }
            Quantity::None if !wrong.is_empty() => {
                let what = match (held, mask.failed.len()) {
                    (held, 0) => format!("holds for {held}"),
                    (0, failed) => format!("fails on {failed}"),
                    (held, failed) => format!("holds for {held} and fails on {failed}"),
                };
                format!("`{text}` {what} of {rows} × {noun} that came out.")
            }
            _ => return Ok(()),
        };
        let mut mismatch = Mismatch::new(message, assertion.span);
        mismatch.values = self.values(text, condition.context(), &wrong);
        self.mismatches.push(mismatch);
        Ok(())
    }

    /// The values in a condition for some items.
    fn values(
        &self,
        condition: &str,
        context: Context,
        items: &[usize],
    ) -> Vec<(Context, usize, crate::trace::Part)> {
        let group = Group {
            conditions: &[condition.to_owned()],
            statements: &[],
        };
        let engine = self.subject.engine.clone();
        let engine = engine.with_error_mode(ottl_vm::ErrorMode::Ignore);
        let Ok(traced) = engine.trace_group(self.signal, context, group) else {
            return Vec::new();
        };
        let message = self.ran.output.clone().unwrap_or_default();
        let items = items.iter().take(MAX_ITEMS);
        items
            .filter_map(|item| {
                let trace = traced.run(message.clone(), *item).ok()?;
                let part = trace.steps.into_iter().next()?.condition?;
                Some((context, *item, part))
            })
            .collect()
    }

    fn routes(
        &mut self,
        expected: &[(String, Option<Data>, Span)],
        whole: Span,
    ) -> Result<(), Verdict> {
        // Several messages one behind the other are one.
        let mut routed: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (name, message) in &self.ran.routes {
            routed.entry(name).or_default().extend_from_slice(message);
        }
        for (name, data, span) in expected {
            match (data, routed.remove(name.as_str())) {
                (None, None) => {}
                (None, Some(_)) => self.fail(
                    format!("Nothing was expected to go to {name}, but something did."),
                    *span,
                ),
                (Some(_), None) => {
                    self.fail(format!("Nothing went to {name}."), *span);
                }
                (Some(data), Some(actual)) => {
                    let message = (self.load)(data)?;
                    let what = format!("What went to {name} is not what was expected.");
                    self.compare(&message, Some(&actual.into()), &what, *span)?;
                }
            }
        }
        for name in routed.into_keys() {
            self.mismatches.push(Mismatch::new(
                format!("Something went to {name}, of which nothing is said."),
                whole,
            ));
        }
        Ok(())
    }

    fn errors(&mut self, expected: &Errors) {
        let list: &[ExpectedError] = match expected {
            Errors::Any => return,
            Errors::None => &[],
            Errors::These(list) => list,
        };
        let matching = Matching::of(list, &self.ran.failures);
        for expected in matching.missing(list) {
            let message = format!(
                "{} was expected, but {}.",
                expected.describe(),
                all(&self.ran.failures, self.ran.untold)
            );
            self.mismatches.push(Mismatch::new(message, expected.span));
        }
        let left: Vec<&Failure> = matching.left().collect();
        // Silent runs are not meant to tell of failures, unless somebody asks.
        if self.ran.is_silent && matches!(expected, Errors::None) {
            return;
        }
        let span = self.case.span;
        for failure in left.iter().take(MAX_FAILURES) {
            let message = format!(
                "{}. If that is as it should be, expect it under `errors`.",
                failure.describe()
            );
            self.fail(message, span);
        }
        let untold = self.ran.untold;
        let more = left.len().saturating_sub(MAX_FAILURES) as u64 + untold;
        if more > 0 {
            let told = self.ran.failures.len();
            let mut message = match more {
                1 => "1 more failure was not expected.".to_owned(),
                more => format!("{more} more failures were not expected."),
            };
            if untold > 0 {
                message.push_str(&format!(
                    " Of a run the first {told} are told apart: give the case a smaller input, or \
                     expect `errors: any`."
                ));
            }
            self.fail(message, span);
        }
    }
}

/// The first failures in words, and how many there are beside them.
fn all(failures: &[Failure], untold: u64) -> String {
    let shown = failures.iter().take(MAX_ITEMS).map(Failure::describe);
    let mut all = shown.collect::<Vec<_>>().join("; ");
    match failures.len().saturating_sub(MAX_ITEMS) as u64 + untold {
        0 if failures.is_empty() => all.push_str("nothing failed"),
        0 => {}
        more => all.push_str(&format!("; and {more} more")),
    }
    all
}

impl Failure {
    fn describe(&self) -> String {
        let Self {
            number,
            line,
            statement,
            item,
            message,
        } = self;
        let message = message.trim_end_matches('.');
        format!(
            "Statement {number} in line {line}, `{statement}`, failed on item {item}: {message}"
        )
    }
}

impl ExpectedError {
    fn describe(&self) -> String {
        let mut text = "A failure".to_owned();
        if let Some(number) = self.number {
            text.push_str(&format!(" of statement {number}"));
        }
        if let Some(statement) = &self.statement {
            text.push_str(&format!(" of a statement with `{statement}`"));
        }
        if let Some(item) = self.item {
            text.push_str(&format!(" on item {item}"));
        }
        if let Some(message) = &self.message {
            text.push_str(&format!(" with “{message}”"));
        }
        text
    }
}

//! Compares what came with what was expected.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use otlp_columns::{Batch, Signal};
use ottl_compiler::Group;
use ottl_syntax::{Diagnostic, Span};
use ottl_vm::path::{Context, context_name};

use super::expect::{Assertion, Errors, ExpectedError, ExpectedProblem, Quantity};
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

/// Which failures were expected: as many as can be at once, each by an entry of its own.
///
/// Entries that say the same are one kind. An entry takes the first failure that is free. Where there
/// is none, a path of failures is looked for along which each goes to another kind until a free one is
/// taken. Kinds from which no such path leads are never asked again, since later paths cannot change
/// what they have. Without ambiguity there are no paths, and each kind walks once over the failures that
/// are free; for a path, each kind looks once at each failure.
struct Matching<'a> {
    failures: &'a [Failure],
    /// The failures of each item.
    by_item: HashMap<u64, Vec<usize>>,
    kinds: Vec<Kind<'a>>,
    of_words: HashMap<Words<'a>, usize>,
    /// The failures that no entry has taken.
    free: BTreeSet<usize>,
    /// The kind that has a failure.
    holders: Vec<usize>,
}

/// Entries that say the same.
struct Kind<'a> {
    says: &'a ExpectedError,
    /// How many entries have a failure.
    filled: usize,
    /// No free failure before this one is of this kind. Failures never become free again.
    from: usize,
    /// All failures of this kind, once a path has asked for them.
    all: Option<Vec<usize>>,
    /// Whether the path that is looked for came here, or an earlier one that led nowhere.
    is_visited: bool,
}

/// What an entry says.
type Words<'a> = (Option<&'a str>, Option<&'a str>, Option<u64>, Option<u64>);

impl<'a> Matching<'a> {
    fn of(list: &'a [ExpectedError], failures: &'a [Failure]) -> Self {
        let mut by_item: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, failure) in failures.iter().enumerate() {
            by_item.entry(failure.item as u64).or_default().push(at);
        }
        let mut matching = Self {
            failures,
            by_item,
            kinds: Vec::new(),
            of_words: HashMap::new(),
            free: (0..failures.len()).collect(),
            holders: vec![usize::MAX; failures.len()],
        };
        // What says most chooses first, so that it seldom has to look for paths.
        let mut sorted: Vec<_> = list.iter().collect();
        sorted.sort_by_key(|expected| std::cmp::Reverse(expected.keys()));
        for expected in sorted {
            matching.add(expected);
        }
        matching
    }

    /// Finds a failure for one more entry, if that is possible.
    fn add(&mut self, expected: &'a ExpectedError) {
        let new = self.kinds.len();
        let kind = *self.of_words.entry(expected.words()).or_insert(new);
        if kind == new {
            self.kinds.push(Kind {
                says: expected,
                filled: 0,
                from: 0,
                all: None,
                is_visited: false,
            });
        }
        if !self.kinds[kind].is_visited && self.fill(kind) {
            self.kinds[kind].filled += 1;
        }
    }

    /// Gives a kind one more failure, so that all others have as many as before.
    fn fill(&mut self, kind: usize) -> bool {
        // The kinds on the way, each with the place in this list of the one that takes a failure from
        // it, and that failure.
        let mut visited = vec![(kind, 0, usize::MAX)];
        self.kinds[kind].is_visited = true;
        let mut next = 0;
        while let Some(&(kind, ..)) = visited.get(next) {
            if let Some(failure) = self.first_free(kind) {
                self.free.remove(&failure);
                self.shift(&visited, next, failure);
                for (kind, ..) in visited {
                    self.kinds[kind].is_visited = false;
                }
                return true;
            }
            let all = self.kinds[kind].all.take();
            let all = all.unwrap_or_else(|| self.all(kind));
            for failure in &all {
                // None of them is free.
                let holder = self.holders[*failure];
                if !self.kinds[holder].is_visited {
                    self.kinds[holder].is_visited = true;
                    visited.push((holder, next, *failure));
                }
            }
            self.kinds[kind].all = Some(all);
            next += 1;
        }
        false
    }

    /// Gives a free failure to the end of a path, and what each on the path has to the one before it.
    fn shift(&mut self, visited: &[(usize, usize, usize)], end: usize, free: usize) {
        let (mut at, mut failure) = (end, free);
        loop {
            let (kind, before, taken) = visited[at];
            self.holders[failure] = kind;
            if at == 0 {
                return;
            }
            (at, failure) = (before, taken);
        }
    }

    /// The first free failure of a kind.
    fn first_free(&mut self, kind: usize) -> Option<usize> {
        let Kind { says, from, .. } = self.kinds[kind];
        let is_it = |at: &usize| says.is(&self.failures[*at]);
        let found = match says.item {
            None => self.free.range(from..).copied().find(is_it),
            Some(item) => {
                let of_item = self.by_item.get(&item).map_or(&[][..], Vec::as_slice);
                let of_item = &of_item[of_item.partition_point(|at| *at < from)..];
                let mut free = of_item.iter().filter(|at| self.free.contains(at));
                free.find(|at| is_it(at)).copied()
            }
        };
        self.kinds[kind].from = found.unwrap_or(self.failures.len());
        found
    }

    /// All failures of a kind.
    fn all(&self, kind: usize) -> Vec<usize> {
        let says = self.kinds[kind].says;
        let is_it = |at: &usize| says.is(&self.failures[*at]);
        match says.item {
            None => (0..self.failures.len()).filter(is_it).collect(),
            Some(item) => {
                let of_item = self.by_item.get(&item).into_iter().flatten().copied();
                of_item.filter(is_it).collect()
            }
        }
    }

    /// The entries without a failure, in the order of the list.
    fn missing(&self, list: &'a [ExpectedError]) -> Vec<&'a ExpectedError> {
        let mut filled: Vec<_> = self.kinds.iter().map(|kind| kind.filled).collect();
        let is_missing = |expected: &&ExpectedError| {
            let left = &mut filled[self.of_words[&expected.words()]];
            let is_missing = *left == 0;
            *left = left.saturating_sub(1);
            is_missing
        };
        list.iter().filter(is_missing).collect()
    }

    /// The failures without an entry.
    fn left(&self) -> impl Iterator<Item = &'a Failure> {
        let failures = self.failures;
        self.free.iter().map(|at| &failures[*at])
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
    /// How many things it says.
    fn keys(&self) -> usize {
        let texts = usize::from(self.message.is_some()) + usize::from(self.statement.is_some());
        texts + usize::from(self.number.is_some()) + usize::from(self.item.is_some())
    }

    /// All that it says, without its place.
    fn words(&self) -> Words<'_> {
        let Self {
            message,
            statement,
            number,
            item,
            ..
        } = self;
        (message.as_deref(), statement.as_deref(), *number, *item)
    }

    fn is(&self, failure: &Failure) -> bool {
        let is_in = |part: &Option<String>, text: &str| {
            part.as_ref()
                .is_none_or(|part| text.contains(part.as_str()))
        };
        is_in(&self.message, &failure.message)
            && is_in(&self.statement, &failure.statement)
            && self
                .number
                .is_none_or(|number| number == failure.number as u64)
            && self.item.is_none_or(|item| item == failure.item as u64)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Failures on items from 0 on.
    fn failures(messages: &[&str]) -> Vec<Failure> {
        let failure = |(item, message): (usize, &&str)| Failure {
            number: 1,
            line: 1,
            statement: String::new(),
            item,
            message: (*message).to_owned(),
        };
        messages.iter().enumerate().map(failure).collect()
    }

    fn with(message: &str) -> ExpectedError {
        ExpectedError {
            message: Some(message.to_owned()),
            ..ExpectedError::default()
        }
    }

    fn on(item: u64) -> ExpectedError {
        ExpectedError {
            item: Some(item),
            ..ExpectedError::default()
        }
    }

    /// How many entries and failures are left over.
    fn over(list: &[ExpectedError], messages: &[&str]) -> (usize, usize) {
        let failures = failures(messages);
        let matching = Matching::of(list, &failures);
        let mut filled = vec![0; matching.kinds.len()];
        for (at, failure) in failures.iter().enumerate() {
            if !matching.free.contains(&at) {
                let kind = matching.holders[at];
                assert!(matching.kinds[kind].says.is(failure), "{list:?}");
                filled[kind] += 1;
            }
        }
        let told: Vec<_> = matching.kinds.iter().map(|kind| kind.filled).collect();
        assert_eq!(filled, told, "{list:?}");
        (matching.missing(list).len(), matching.left().count())
    }

    /// The same, found by trying everything.
    fn least_over(list: &[ExpectedError], failures: &[Failure], taken: u32) -> usize {
        let Some((first, rest)) = list.split_first() else {
            return 0;
        };
        let without = 1 + least_over(rest, failures, taken);
        let fits = |at: &usize| taken & (1 << at) == 0 && first.is(&failures[*at]);
        let with = (0..failures.len())
            .filter(fits)
            .map(|at| least_over(rest, failures, taken | (1 << at)));
        with.fold(without, usize::min)
    }

    #[test]
    fn as_many_failures_as_possible_are_expected() {
        // Each combination of five entries over four failures.
        let messages = ["a", "ab", "bc", "c"];
        let told = failures(&messages);
        let entries = [with("a"), with("b"), with("c"), on(0), on(1), on(2), on(9)];
        for mut number in 0..7_usize.pow(5) {
            let mut list = Vec::new();
            for _ in 0..5 {
                list.push(entries[number % 7].clone());
                number /= 7;
            }
            let missing = least_over(&list, &told, 0);
            assert_eq!(over(&list, &messages), (missing, missing - 1), "{list:?}");
        }
    }

    #[test]
    fn long_lists_are_matched() {
        const MANY: usize = 2_000;
        let messages = vec!["JSON"; MANY];
        // The texts take the first failures, which the items then have to get back.
        let texts = std::iter::repeat_n(with("JSON"), MANY / 2);
        let items = (0..MANY / 2).map(|item| on(item as u64));
        let list: Vec<_> = texts.chain(items).collect();
        assert_eq!(over(&list, &messages), (0, 0));
        // Each entry fits two failures and takes the first, until the last entry fits only the first
        // of all, so that each has to go one on.
        let messages: Vec<_> = (1..=MANY).map(|at| format!("<{at}><{}>", at + 1)).collect();
        let messages: Vec<_> = messages.iter().map(String::as_str).collect();
        let mut list: Vec<_> = (2..=MANY).map(|at| with(&format!("<{at}>"))).collect();
        list.push(with("<1>"));
        assert_eq!(over(&list, &messages), (0, 0));
        list.push(with("<1>"));
        assert_eq!(over(&list, &messages), (1, 0));
    }
}

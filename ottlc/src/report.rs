//! What a run did, for people and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use ottl::samples::ErrorSample;
use ottl::{Context, ExecError, Report, Signal, StatementError, StatementReport};
use serde_json::{Value as Json, json};

use crate::script::Listed;
use crate::terminal::{byte_rate, count, rate, thousands};

/// How many failures are shown.
const SHOWN_FAILURES: usize = 10;
/// How much of a statement is shown in the table.
const STATEMENT_WIDTH: usize = 60;

/// What a run over all messages of a file did.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) input: String,
    /// The form that the input was found to have.
    pub(crate) form: &'static str,
    /// None when everything goes to named outputs.
    pub(crate) output: Option<String>,
    pub(crate) signal: Signal,
    /// None when the statements are not all of one context.
    pub(crate) context: Option<Context>,
    pub(crate) messages: u64,
    /// Spans, log records or data points.
    pub(crate) items: u64,
    /// How many of the items were not dropped, for what does nothing but drop them.
    pub(crate) kept: Option<u64>,
    /// Content, not compressed.
    pub(crate) bytes_read: u64,
    pub(crate) bytes_written: u64,
    pub(crate) elapsed: Duration,
    pub(crate) statements: Vec<Listed>,
    /// What to say when there are no statements.
    pub(crate) nothing: &'static str,
    pub(crate) routes: Vec<Route>,
    totals: Report,
    failures: Vec<Failed>,
    samples: Vec<Sample>,
}

/// An item that a statement failed on, and in which message.
#[derive(Clone, Debug)]
struct Sample {
    message: u64,
    statement: Option<Listed>,
    sample: ErrorSample,
}

/// What went to one named output.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) name: String,
    /// Where it was written; none if nobody asked for it.
    pub(crate) file: Option<String>,
    /// How much of the context it got.
    pub(crate) rows: u64,
}

/// A statement or condition that failed, and in which message.
#[derive(Clone, Debug)]
struct Failed {
    message: u64,
    /// From 1.
    item: usize,
    statement: Option<Listed>,
    reason: String,
}

impl Summary {
    pub(crate) fn new(
        input: &str,
        output: Option<String>,
        (signal, context): (Signal, Option<Context>),
        statements: Vec<Listed>,
    ) -> Self {
        Self {
            input: input.to_owned(),
            form: "",
            output,
            signal,
            context,
            messages: 0,
            items: 0,
            kept: None,
            bytes_read: 0,
            bytes_written: 0,
            elapsed: Duration::ZERO,
            statements,
            nothing: "",
            routes: Vec::new(),
            totals: Report::default(),
            failures: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// Adds an item that a statement failed on.
    pub(crate) fn add_sample(
        &mut self,
        message: u64,
        statement: Option<Listed>,
        sample: ErrorSample,
    ) {
        self.samples.push(Sample {
            message,
            statement,
            sample,
        });
    }

    /// Adds what the run over one message did: a report for each group of statements.
    pub(crate) fn add(&mut self, message: u64, items: usize, reports: &[Report]) {
        self.messages += 1;
        self.items += items as u64;
        let mut all = Report::default();
        for report in reports {
            let first = all.statements.len();
            for StatementError {
                statement,
                item,
                error,
            } in &report.errors
            {
                let listed = self.statements.get(first + statement).cloned();
                self.add_failure(message, *item, listed, error);
            }
            all.statements.extend_from_slice(&report.statements);
            all.merged_points += report.merged_points;
        }
        self.totals.merge(&all, 0);
    }

    /// Adds a failure on an item, which is numbered from 0.
    pub(crate) fn add_failure(
        &mut self,
        message: u64,
        item: usize,
        statement: Option<Listed>,
        error: &ExecError,
    ) {
        if self.failures.len() < SHOWN_FAILURES {
            self.failures.push(Failed {
                message,
                item: item + 1,
                statement,
                reason: error.to_string(),
            });
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&Listed, StatementReport)> {
        let done = self.totals.statements.iter().copied();
        self.statements
            .iter()
            .zip(done.chain(std::iter::repeat_with(StatementReport::default)))
    }

    fn per_second(&self, amount: u64) -> f64 {
        amount as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The summary as text.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write_totals(&mut out);
        self.write_statements(&mut out);
        self.write_routes(&mut out);
        self.write_failures(&mut out);
        self.write_samples(&mut out);
        let _ = writeln!(
            out,
            "speed   {}, {}, {:.3} s in all",
            rate(
                self.per_second(self.items),
                ottl::context_nouns(self.signal.item_level()).1
            ),
            byte_rate(self.per_second(self.bytes_read)),
            self.elapsed.as_secs_f64()
        );
        out
    }

    fn write_totals(&self, out: &mut String) {
        let (one, many) = ottl::context_nouns(self.signal.item_level());
        let items = count(self.items, one, many);
        let messages = count(self.messages, "message", "messages");
        let bytes = count(self.bytes_read, "byte", "bytes");
        let Self { input, form, .. } = self;
        let _ = writeln!(
            out,
            "read    {input}: {items} in {messages}, {bytes} of {form}"
        );
        let context = self.context.unwrap_or(self.signal.item_level());
        if context != self.signal.item_level() {
            let (one, many) = ottl::context_nouns(context);
            let rows = count(self.totals.items, one, many);
            let _ = writeln!(out, "ran     over {rows}");
        }
        if self.totals.merged_points > 0 {
            let points = count(self.totals.merged_points, "data point", "data points");
            let _ = writeln!(out, "merged  {points} into others");
        }
        if let Some(kept) = self.kept {
            let _ = writeln!(out, "kept    {}", count(kept, one, many));
        }
        if let Some(output) = &self.output {
            let bytes = count(self.bytes_written, "byte", "bytes");
            let _ = writeln!(out, "wrote   {output}: {bytes}");
        }
    }

    fn write_statements(&self, out: &mut String) {
        if self.statements.is_empty() {
            out.push_str(self.nothing);
            return;
        }
        let shown = |text: &str| shorten(text, STATEMENT_WIDTH);
        let widths = self
            .statements
            .iter()
            .map(|listed| shown(&listed.text).chars().count());
        let width = widths.max().unwrap_or(0).max("statement".len());
        let _ = writeln!(
            out,
            "{:>4}  {:width$}  {:>11}  {:>11}  {:>11}",
            "line", "statement", "matched", "changed", "failed"
        );
        for (listed, done) in self.rows() {
            let _ = writeln!(
                out,
                "{:>4}  {:width$}  {:>11}  {:>11}  {:>11}",
                listed.line,
                shown(&listed.text),
                thousands(done.matched),
                thousands(done.changed),
                thousands(done.failed)
            );
        }
    }

    fn write_routes(&self, out: &mut String) {
        let (one, many) = ottl::context_nouns(self.context.unwrap_or(self.signal.item_level()));
        for route in &self.routes {
            let rows = count(route.rows, one, many);
            let _ = match &route.file {
                Some(file) => writeln!(out, "routed  {rows} to {}: {file}", route.name),
                None => writeln!(
                    out,
                    "routed  {rows} to {}: not written, since there is no --route {}=FILE",
                    route.name, route.name
                ),
            };
        }
    }

    fn write_failures(&self, out: &mut String) {
        for failed in &self.failures {
            let _ = writeln!(out, "failed  {}", self.failure(failed));
        }
        let all: u64 = self.totals.statements.iter().map(|done| done.failed).sum();
        let hidden = all.saturating_sub(self.failures.len() as u64);
        if hidden > 0 {
            let more = if self.failures.is_empty() {
                ""
            } else {
                " more"
            };
            let _ = writeln!(out, "failed  {}{more}", count(hidden, "time", "times"));
        }
    }

    fn write_samples(&self, out: &mut String) {
        let noun = noun(self.context);
        for Sample {
            message,
            statement,
            sample,
        } in &self.samples
        {
            let text = statement
                .as_ref()
                .map_or(&sample.source, |listed| &listed.text);
            let line = statement.as_ref().map_or(0, |listed| listed.line);
            let cut = if sample.is_cut { "…" } else { "" };
            let _ = writeln!(
                out,
                "sample  line {line}, `{}`, on {noun} {} of message {message}: {}\n        {}{cut}",
                shorten(text, 200),
                sample.item + 1,
                sample.error,
                sample.message
            );
        }
    }

    /// One failure in words.
    fn failure(&self, failed: &Failed) -> String {
        let noun = noun(self.context);
        let place = format!("on {noun} {} of message {}", failed.item, failed.message);
        let statement = match &failed.statement {
            Some(listed) => format!("line {}, `{}`,", listed.line, shorten(&listed.text, 200)),
            None => "a statement".to_owned(),
        };
        format!("{statement} {place}: {}", failed.reason)
    }

    /// The summary as one JSON object.
    pub(crate) fn json(&self) -> Json {
        let statements = self.rows().map(|(listed, done)| {
            json!({
                "line": listed.line,
                "statement": listed.text,
                "matched": done.matched,
                "changed": done.changed,
                "failed": done.failed,
            })
        });
        let routes = self
            .routes
            .iter()
            .map(|route| json!({"name": route.name, "file": route.file, "rows": route.rows}));
        let failures = self.failures.iter().map(|failed| {
            json!({
                "message": failed.message,
                "item": failed.item,
                "line": failed.statement.as_ref().map(|listed| listed.line),
                "reason": failed.reason,
            })
        });
        let samples = self.samples.iter().map(
            |Sample {
                 message,
                 statement,
                 sample,
             }| {
                json!({
                    "message": message,
                    "item": sample.item + 1,
                    "line": statement.as_ref().map(|listed| listed.line),
                    "statement": sample.source,
                    "reason": sample.error.to_string(),
                    "data": sample.message,
                    "is_cut": sample.is_cut,
                })
            },
        );
        let mut summary = json!({
            "input": self.input,
            "input_format": self.form,
            "output": self.output,
            "signal": self.signal.name(),
            "context": self.context.map(ottl::context_name),
            "messages": self.messages,
            "items": self.items,
            "kept": self.kept,
            "rows": self.totals.items,
            "merged_points": self.totals.merged_points,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "seconds": self.elapsed.as_secs_f64(),
            "items_per_s": self.per_second(self.items),
            "bytes_per_s": self.per_second(self.bytes_read),
            "statements": statements.collect::<Json>(),
            "routes": routes.collect::<Json>(),
            "failures": failures.collect::<Json>(),
        });
        // Only who asked for samples gets the field.
        if !self.samples.is_empty() {
            summary["samples"] = samples.collect();
        }
        summary
    }
}

/// The name of what a context runs over, where it is known.
pub(crate) fn noun(context: Option<Context>) -> &'static str {
    context.map_or("item", |context| ottl::context_nouns(context).0)
}

/// The text, cut to a number of characters.
fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let cut = text.chars().take(width - 1);
    cut.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }
}

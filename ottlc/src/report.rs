//! What a run did, for people and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use ottl::{Context, Report, Signal, StatementError, StatementReport};
use serde_json::{Value as Json, json};

use crate::args::nouns;
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
    pub(crate) output: String,
    pub(crate) signal: Signal,
    pub(crate) context: Context,
    pub(crate) messages: u64,
    /// Spans, log records or data points.
    pub(crate) items: u64,
    /// Content, not compressed.
    pub(crate) bytes_read: u64,
    pub(crate) bytes_written: u64,
    pub(crate) elapsed: Duration,
    pub(crate) statements: Vec<Listed>,
    pub(crate) routes: Vec<Route>,
    totals: Report,
    failures: Vec<Failed>,
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

/// A statement that failed, and in which message.
#[derive(Clone, Debug)]
struct Failed {
    message: u64,
    error: StatementError,
}

impl Summary {
    pub(crate) fn new(
        input: &str,
        output: &str,
        (signal, context): (Signal, Context),
        statements: Vec<Listed>,
    ) -> Self {
        Self {
            input: input.to_owned(),
            form: "",
            output: output.to_owned(),
            signal,
            context,
            messages: 0,
            items: 0,
            bytes_read: 0,
            bytes_written: 0,
            elapsed: Duration::ZERO,
            statements,
            routes: Vec::new(),
            totals: Report::default(),
            failures: Vec::new(),
        }
    }

    /// Adds what the run over one message did.
    pub(crate) fn add(&mut self, message: u64, items: usize, report: &Report) {
        self.messages += 1;
        self.items += items as u64;
        let room = SHOWN_FAILURES - self.failures.len();
        let failures = report.errors.iter().take(room);
        self.failures.extend(failures.map(|error| Failed {
            message,
            error: error.clone(),
        }));
        self.totals.merge(report, 0);
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
        let _ = writeln!(
            out,
            "speed   {}, {}, {:.3} s in all",
            rate(
                self.per_second(self.items),
                nouns(self.signal.item_level()).1
            ),
            byte_rate(self.per_second(self.bytes_read)),
            self.elapsed.as_secs_f64()
        );
        out
    }

    fn write_totals(&self, out: &mut String) {
        let (one, many) = nouns(self.signal.item_level());
        let items = count(self.items, one, many);
        let messages = count(self.messages, "message", "messages");
        let bytes = count(self.bytes_read, "byte", "bytes");
        let Self { input, form, .. } = self;
        let _ = writeln!(
            out,
            "read    {input}: {items} in {messages}, {bytes} of {form}"
        );
        if self.context != self.signal.item_level() {
            let (one, many) = nouns(self.context);
            let rows = count(self.totals.items, one, many);
            let _ = writeln!(out, "ran     over {rows}");
        }
        if self.totals.merged_points > 0 {
            let points = count(self.totals.merged_points, "data point", "data points");
            let _ = writeln!(out, "merged  {points} into others");
        }
        let bytes = count(self.bytes_written, "byte", "bytes");
        let _ = writeln!(out, "wrote   {}: {bytes}", self.output);
    }

    fn write_statements(&self, out: &mut String) {
        if self.statements.is_empty() {
            out.push_str("The script has no statements.\n");
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
        let (one, many) = nouns(self.context);
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
        for Failed { message, error } in &self.failures {
            let _ = writeln!(out, "failed  {}", self.failure(*message, error));
        }
        let all: u64 = self.totals.statements.iter().map(|done| done.failed).sum();
        let hidden = all - self.failures.len() as u64;
        if hidden > 0 {
            let more = if self.failures.is_empty() {
                ""
            } else {
                " more"
            };
            let _ = writeln!(out, "failed  {}{more}", count(hidden, "time", "times"));
        }
    }

    /// One failure in words.
    pub(crate) fn failure(&self, message: u64, error: &StatementError) -> String {
        let (noun, _) = nouns(self.context);
        let place = format!("on {noun} {} of message {message}", error.item + 1);
        let statement = match self.statements.get(error.statement) {
            Some(listed) => format!("line {}, `{}`,", listed.line, shorten(&listed.text, 200)),
            None => format!("statement {}", error.statement + 1),
        };
        format!("{statement} {place}: {}", error.error)
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
        let failures = self.failures.iter().map(|Failed { message, error }| {
            json!({
                "message": message,
                "item": error.item + 1,
                "line": self.statements.get(error.statement).map(|listed| listed.line),
                "reason": error.error.to_string(),
            })
        });
        json!({
            "input": self.input,
            "input_format": self.form,
            "output": self.output,
            "signal": self.signal.name(),
            "context": ottl::context_name(self.context),
            "messages": self.messages,
            "items": self.items,
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
        })
    }
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

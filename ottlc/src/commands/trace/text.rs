//! A trace for people.

use std::fmt::Write as _;

use ottl::config::Verdict;
use ottl::trace::{Change, Outcome, Step, StepKind, Trace};

use super::{Section, Shown};
use crate::parts::{self, SOURCE_WIDTH, VALUE_WIDTH, cut};
use crate::script::one_line;
use crate::terminal::{Paint, Tone, count, visible};

/// The trace as text.
pub(super) fn show(shown: &Shown<'_>, all: bool, color: bool) -> String {
    let mut printer = Printer {
        shown,
        all,
        paint: Paint(color),
        out: String::new(),
    };
    let (context, item, items) = shown.item;
    let (noun, _) = ottl::context_nouns(context);
    let _ = writeln!(
        printer.out,
        "{noun} {item} of {items} in message {} of {}",
        shown.message,
        visible(&shown.input)
    );
    for section in &shown.sections {
        printer.section(section);
    }
    printer.end();
    printer.out
}

struct Printer<'a> {
    shown: &'a Shown<'a>,
    all: bool,
    paint: Paint,
    out: String,
}

impl Printer<'_> {
    fn section(&mut self, section: &Section) {
        self.out.push('\n');
        let Some(trace) = &section.trace else {
            let line = section.span.map_or(0, |span| {
                self.shown.index.line_column(span.start as usize).line
            });
            let tone = self.paint.tone(Tone::Good, "takes everything");
            let _ = writeln!(self.out, "line {line}: the route {tone}");
            return;
        };
        let of = (trace.context, trace.item, trace.items);
        if !self.shown.is_script && of != self.shown.item {
            let (noun, _) = ottl::context_nouns(trace.context);
            let _ = writeln!(self.out, "{noun} {} of {}", trace.item, trace.items);
        }
        if trace.steps.is_empty() {
            self.out.push_str("There are no statements.\n");
        }
        for (at, step) in trace.steps.iter().enumerate() {
            self.step(section, trace, at, step);
        }
        if section.more > 0 {
            let (one, many) = ottl::context_nouns(trace.context);
            let more = count(section.more as u64, one, many);
            let _ = writeln!(self.out, "… and {more} more that belong to the item");
        }
    }

    fn step(&mut self, section: &Section, trace: &Trace, at: usize, step: &Step) {
        let line = self.shown.line(section, at);
        let source = cut(&one_line(&step.source), SOURCE_WIDTH);
        let _ = writeln!(
            self.out,
            "{line:>4}  {}",
            self.paint.tone(Tone::Strong, &source)
        );
        let (tone, text) = self.outcome(section, trace, step);
        let _ = writeln!(self.out, "      {}", self.paint.tone(tone, &text));
        let shows_values = self.all
            || matches!(
                step.outcome,
                Outcome::Unmatched
                    | Outcome::Failed {
                        in_condition: true,
                        ..
                    }
            );
        if let Some(condition) = step.condition.as_ref().filter(|_| shows_values) {
            let shown = self.paint.apart(|paint| parts::text(condition, 4, paint));
            self.out.push_str(&shown);
        }
        for change in &step.changes {
            self.change(change);
        }
        for output in &step.routed {
            let _ = writeln!(self.out, "        routed to {}", visible(output));
        }
        if step.appended > 0 {
            let metrics = count(step.appended as u64, "metric", "metrics");
            let _ = writeln!(self.out, "        appended {metrics} to the scope");
        }
        if step.dropped {
            let _ = writeln!(
                self.out,
                "        {}",
                self.paint.tone(Tone::Bad, "dropped the item")
            );
        }
    }

    fn outcome(&self, section: &Section, trace: &Trace, step: &Step) -> (Tone, String) {
        let is_condition = step.kind == StepKind::Condition;
        match &step.outcome {
            Outcome::Matched if is_condition => (Tone::Good, "held".to_owned()),
            Outcome::Matched => {
                let did = !step.changes.is_empty()
                    || !step.routed.is_empty()
                    || step.appended > 0
                    || step.dropped;
                let text = if did {
                    "matched"
                } else {
                    "matched, and changed nothing"
                };
                (Tone::Good, text.to_owned())
            }
            Outcome::Unmatched if is_condition => (Tone::Faint, "did not hold".to_owned()),
            Outcome::Unmatched => (Tone::Faint, "did not match".to_owned()),
            Outcome::Skipped { because } => {
                let reasons: Vec<_> = because
                    .iter()
                    .map(|at| self.because(section, trace, *at))
                    .collect();
                (
                    Tone::Faint,
                    format!("skipped, since {}", reasons.join(" and ")),
                )
            }
            Outcome::Failed {
                reason,
                in_condition,
                stops,
            } => {
                let what = match in_condition {
                    true if !is_condition => "failed in its condition",
                    _ => "failed",
                };
                let end = match stops {
                    true => " This ends the run.",
                    false => "",
                };
                (Tone::Bad, format!("{what}: {reason}{end}"))
            }
            Outcome::NotReached => (Tone::Faint, "not reached".to_owned()),
        }
    }

    /// What a condition had decided.
    fn because(&self, section: &Section, trace: &Trace, at: usize) -> String {
        let line = self.shown.line(section, at);
        let did = match trace.steps.get(at).map(|step| &step.outcome) {
            Some(Outcome::Matched) => "held",
            Some(Outcome::Failed { .. }) => "failed",
            Some(Outcome::Skipped { .. }) => "was skipped",
            _ => "did not hold",
        };
        format!("the condition of line {line} {did}")
    }

    fn change(&mut self, change: &Change) {
        let side = |side: &Option<String>| side.as_deref().map(|text| cut(text, VALUE_WIDTH));
        let line = match (side(&change.before), side(&change.after)) {
            (None, Some(after)) => {
                let line = format!("+ {}: {after}", change.path);
                self.paint.tone(Tone::Good, &line)
            }
            (Some(before), None) => {
                let line = format!("- {}: {before}", change.path);
                self.paint.tone(Tone::Bad, &line)
            }
            (before, after) => {
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                let line = format!("~ {}: {before} → {after}", change.path);
                self.paint.tone(Tone::Note, &line)
            }
        };
        let _ = writeln!(self.out, "        {line}");
    }

    fn end(&mut self) {
        self.out.push('\n');
        let text = match (&self.shown.verdict, &self.shown.ended) {
            (Some(verdict), _) => self.verdict(verdict),
            (None, Some(failure)) => format!(
                "{} Then the run ended with a failure of statement {} on item {}, and nothing \
                 would come out: {}",
                self.summary(),
                failure.statement + 1,
                failure.item,
                failure.error
            ),
            (None, None) => self.summary(),
        };
        let _ = writeln!(self.out, "{}", visible(&text));
        if self.is_changed_by_others() {
            self.out.push_str(
                "Statements that ran for other items changed what it belongs to as well; `output` in \
                 --format json has the item as it comes out.\n",
            );
        }
    }

    /// Whether the item comes out in another way than its own statements left it.
    fn is_changed_by_others(&self) -> bool {
        let shown = self.shown;
        let is_run = matches!(shown.verdict, None | Some(Verdict::Transformed));
        if !is_run || shown.output.is_empty() {
            return false;
        }
        let mut traces = shown.sections.iter().rev();
        let last = traces.find_map(|section| {
            let trace = section.trace.as_ref();
            trace.filter(|trace| trace.context == shown.item.0)
        });
        last.is_some_and(|last| {
            let order = ottl::diff::Order::Free;
            let changes = ottl::diff::messages(shown.signal, &last.after, &shown.output, order);
            changes.is_ok_and(|changes| !changes.is_empty())
        })
    }

    fn summary(&self) -> String {
        let traces = self
            .shown
            .sections
            .iter()
            .flat_map(|section| &section.trace);
        let steps = traces.clone().flat_map(|trace| &trace.steps);
        let statements = steps.filter(|step| step.kind == StepKind::Statement);
        let (mut all, mut matched, mut failed) = (0, 0, 0);
        for step in statements {
            all += 1;
            matched += u64::from(step.outcome == Outcome::Matched);
            failed += u64::from(matches!(step.outcome, Outcome::Failed { .. }));
        }
        let mut text = format!(
            "{matched} of {} matched",
            count(all, "statement", "statements")
        );
        if failed > 0 {
            let _ = write!(text, ", {failed} failed");
        }
        if traces.clone().any(|trace| trace.stopped) {
            text.push_str("; the run ended with a failure, and nothing would be written");
        } else if traces.clone().any(|trace| trace.dropped) {
            text.push_str("; the item is dropped");
        }
        text.push('.');
        text
    }

    /// Whether a step that is no condition stands at a place.
    fn is_statement(&self, span: &ottl_syntax::Span) -> bool {
        self.shown.sections.iter().any(|section| {
            let steps = section.trace.iter().flat_map(|trace| &trace.steps);
            let mut steps = steps.zip(&section.sources);
            steps.any(|(step, source)| step.kind == StepKind::Statement && source == span)
        })
    }

    fn verdict(&self, verdict: &Verdict) -> String {
        let line =
            |span: &ottl_syntax::Span| self.shown.index.line_column(span.start as usize).line;
        match verdict {
            Verdict::Transformed if self.shown.sections.is_empty() => {
                "No statements ran: the component has none for the item.".to_owned()
            }
            Verdict::Transformed => self.summary(),
            Verdict::Kept => "The item is kept: no condition held.".to_owned(),
            Verdict::Merged => "The item is part of another one now, since its metric was made \
                                anew or nothing told it from others."
                .to_owned(),
            Verdict::Dropped {
                context,
                span,
                held,
            } => {
                let (noun, _) = ottl::context_nouns(*context);
                let what = match *context == self.shown.item.0 {
                    true => "The item is dropped".to_owned(),
                    false => format!("The item is dropped with its {noun}"),
                };
                match (span, held) {
                    (None, _) => format!("{what}: nothing was left in it."),
                    // Processors that transform drop by statements.
                    (Some(span), _) if self.is_statement(span) => {
                        format!("{what} by the statement of line {}.", line(span))
                    }
                    (Some(span), true) => {
                        format!("{what}: the condition of line {} held.", line(span))
                    }
                    (Some(span), false) => format!(
                        "{what}: the condition of line {} held for none of the metric's data points.",
                        line(span)
                    ),
                }
            }
            Verdict::Routed(pipelines) if pipelines.is_empty() => {
                "The item goes nowhere: no route took it and there are no default pipelines."
                    .to_owned()
            }
            Verdict::Routed(pipelines) => format!("The item goes to {}.", pipelines.join(", ")),
            Verdict::Stopped { span, item, reason } => format!(
                "The run ended with a failure at line {}, on item {item}, and nothing would come \
                 out: {reason}",
                line(span)
            ),
        }
    }
}

//! Looking at what happens to one item while a component runs.
//!
//! The run tells its [`Follower`] when it asks, drops or sends something. The follower decides
//! nothing of that itself: it only picks what has to do with its item.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{Batch, BitSet, EncodeError, Projection, Signal};
use ottl_syntax::Span;
use ottl_vm::path::Context;
use ottl_vm::{Report, Request, RunError};

use super::routing::RequestRule;
use super::trace::{Section, Verdict};
use crate::trace::{
    Outcome, Part, PartKind, Replay, Shown, Step, StepKind, Trace, TraceError, Tracer, Truth,
    ValuePart, belonging, output,
};
use crate::{Condition, Mask, RunContext, Script, SharedCache};

/// What happens to one item.
pub(super) struct Follower {
    /// The number that the item has among those of a context in the message that comes in.
    place: (Context, usize),
    first: Option<usize>,
    replay: Arc<Replay>,
    pub(super) sections: Vec<Section>,
    /// The conditions of a filter that are asked of all rows before it is known which of them the item
    /// gets to, by their number.
    asked: BTreeMap<usize, Vec<Asked>>,
    /// What dropped the item and what it belongs to, and whether it held.
    drops: Vec<(Context, (Option<Span>, bool))>,
    /// The pipelines that the item was sent to.
    pub(super) pipelines: Vec<String>,
    /// The item with what surrounds it as it was sent last, or as it is left.
    pub(super) output: Bytes,
    /// Whether the item is left in the end; nothing while there is no end.
    pub(super) is_left: Option<bool>,
    /// Why nothing more can be told.
    pub(super) error: Option<TraceError>,
}

struct Asked {
    section: Section,
    /// What it was asked of.
    row: (Context, usize),
    /// Where the rule that it belongs to decided about something, the context of that.
    reached: Option<Context>,
}

impl Follower {
    /// Follows the item at a place. `first` is the first of the signal's items that it is or has.
    pub(super) fn new(place: (Context, usize), first: Option<usize>, replay: Arc<Replay>) -> Self {
        Self {
            place,
            first,
            replay,
            sections: Vec::new(),
            asked: BTreeMap::new(),
            drops: Vec::new(),
            pipelines: Vec::new(),
            output: Bytes::new(),
            is_left: None,
            error: None,
        }
    }

    /// The message is read.
    pub(super) fn begin(&mut self, batch: &mut Batch) {
        let (level, row) = self.place;
        batch.project(&Projection::new(level));
        let levels = batch.signal().levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        let is_copied = batch
            .separated()
            .is_some_and(|own| depth(level) < depth(own));
        match self.first {
            Some(first) if is_copied => batch.follow_around(level, first),
            None if is_copied => {
                let error = TraceError::LeftOut {
                    context: level,
                    item: row,
                };
                self.error.get_or_insert(error);
            }
            _ => batch.follow(level, row),
        }
    }

    /// Runs a script and adds a section for each of its items that has to do with the one that is
    /// followed.
    pub(super) fn script(
        &mut self,
        (span, sources): (Span, &[Span]),
        script: &Script,
        batch: &mut Batch,
        (cache, context): (Option<&mut SharedCache>, &RunContext),
    ) -> Result<Report, RunError> {
        let replay = Arc::clone(&self.replay);
        let mut tracer = Tracer::new(script, &replay);
        let result = script.run_watched(batch, cache, context, &mut tracer);
        let sections = self.sections_of(span, sources, tracer);
        self.sections.extend(sections);
        result
    }

    /// Asks a condition, with a section for each item as well.
    pub(super) fn condition(
        &mut self,
        span: Span,
        condition: &Condition,
        batch: &mut Batch,
        context: &RunContext,
    ) -> Result<(Mask, Vec<Section>), RunError> {
        let replay = Arc::clone(&self.replay);
        let mut tracer = Tracer::new(condition.script(), &replay).asking();
        let result = condition.eval_watched(batch, context, &mut tracer);
        let sections = self.sections_of(span, &[span], tracer);
        result.map(|mask| (mask, sections))
    }

    fn sections_of(&mut self, span: Span, sources: &[Span], tracer: Tracer<'_>) -> Vec<Section> {
        let last = tracer.traces.len().saturating_sub(1);
        let more = tracer.more;
        self.error = self.error.take().or(tracer.error);
        let section = |(at, trace)| Section {
            span,
            sources: sources.to_vec(),
            trace: Some(trace),
            more: if at == last { more } else { 0 },
        };
        tracer.traces.into_iter().enumerate().map(section).collect()
    }

    /// Shows sections; those of a rule of a filter only once it is known that the rule was reached.
    pub(super) fn show(&mut self, sections: Vec<Section>, rule: Option<usize>) {
        let Some(rule) = rule else {
            self.sections.extend(sections);
            return;
        };
        for section in sections {
            let Some(trace) = &section.trace else {
                continue;
            };
            let row = (trace.context, trace.item);
            self.asked.entry(rule).or_default().push(Asked {
                section,
                row,
                reached: None,
            });
        }
    }

    /// A rule of a filter decides about a row: by what it said of that, or of what that has.
    pub(super) fn reach(&mut self, batch: &Batch, rule: usize, (context, row): (Context, usize)) {
        let asked = self.asked.get_mut(&rule).into_iter().flatten();
        for asked in asked {
            if batch.ancestor(asked.row.0, asked.row.1, context) == row {
                asked.reached = Some(context);
            }
        }
    }

    /// Of the data points of the metric that the item is or belongs to the first that a condition
    /// holds for.
    pub(super) fn deciding(&self, points: &Mask, batch: &Batch) -> Option<usize> {
        let (metrics, _) = belonging(batch, Context::Metric);
        let [metric] = metrics[..] else { return None };
        let mut points_of = batch.children(Context::Metric, metric);
        points_of.find(|point| points.matched.contains(*point))
    }

    /// Looks at another row that a rule of a filter was asked of.
    pub(super) fn look_at(
        &mut self,
        rule: usize,
        (span, condition): (Span, &Condition),
        (batch, row): (&mut Batch, usize),
        context: &RunContext,
    ) -> Result<(), RunError> {
        let known = self.asked.get(&rule).into_iter().flatten();
        if known.into_iter().any(|asked| asked.row.1 == row) {
            return Ok(());
        }
        let replay = Arc::clone(&self.replay);
        let mut tracer = Tracer::new(condition.script(), &replay).asking().only(row);
        condition.eval_watched(batch, context, &mut tracer)?;
        let sections = self.sections_of(span, &[span], tracer);
        self.show(sections, Some(rule));
        Ok(())
    }

    /// A group of a filter has been through the message, the rules of which have numbers below `end`.
    /// What was reached is shown from resources down.
    pub(super) fn settle(&mut self, signal: Signal, end: usize) {
        let levels = signal.levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        let later = self.asked.split_off(&end);
        let asked = std::mem::replace(&mut self.asked, later)
            .into_values()
            .flatten();
        let reached = asked.filter_map(|asked| Some((depth(asked.reached?), asked.section)));
        let mut reached: Vec<_> = reached.collect();
        reached.sort_by_key(|(depth, _)| *depth);
        let sections = reached.into_iter().map(|(_, section)| section);
        self.sections.extend(sections);
    }

    /// A row is dropped: a condition held, or nothing is left in it.
    pub(super) fn drop(
        &mut self,
        batch: &Batch,
        context: Context,
        row: usize,
        why: (Option<Span>, bool),
    ) {
        let Some((level, followed)) = batch.followed() else {
            return;
        };
        let levels = batch.signal().levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        let is_own = |own: &usize| batch.ancestor(level, *own, context) == row;
        if depth(context) <= depth(level) && followed.iter().any(is_own) {
            self.drops.push((context, why));
        }
    }

    /// A route of a connector takes everything.
    pub(super) fn all(&mut self, batch: &Batch, span: Span) {
        if is_left(batch) {
            self.sections.push(Section {
                span,
                sources: Vec::new(),
                trace: None,
                more: 0,
            });
        }
    }

    /// A route of a connector asks about the request.
    pub(super) fn request(
        &mut self,
        batch: &Batch,
        rule: &RequestRule,
        (request, holds): (Option<&Request>, bool),
    ) {
        let (resources, more) = belonging(batch, Context::Resource);
        let Some(&item) = resources.first() else {
            return;
        };
        let mut rows = BitSet::new(batch.rows(Context::Resource));
        rows.insert(item);
        let message = match batch.try_encode_rows(Context::Resource, &rows) {
            Ok(message) => message,
            Err(error) => return self.fail(error),
        };
        let step = Step {
            source: rule.text().to_owned(),
            offset: 0,
            kind: StepKind::Condition,
            outcome: match holds {
                true => Outcome::Matched,
                false => Outcome::Unmatched,
            },
            condition: Some(asked_of(rule, request, holds)),
            changes: Vec::new(),
            routed: Vec::new(),
            appended: 0,
            dropped: false,
        };
        self.sections.push(Section {
            span: rule.span(),
            sources: vec![rule.span()],
            trace: Some(Trace {
                context: Context::Resource,
                item,
                items: batch.rows(Context::Resource),
                before: message.clone(),
                after: message,
                steps: vec![step],
                stopped: false,
                ended: None,
                dropped: false,
                output: Bytes::new(),
            }),
            more,
        });
    }

    /// Leaves out the first part of the script in the sections behind so many, which nobody has
    /// written.
    pub(super) fn hide_first_parts(&mut self, known: usize) {
        for section in self.sections.iter_mut().skip(known) {
            section.sources.drain(..1);
            if let Some(trace) = &mut section.trace
                && !trace.steps.is_empty()
            {
                trace.steps.drain(..1);
            }
        }
    }

    /// A connector sends rows of a context to pipelines, as `message` makes a message of them.
    pub(super) fn send(
        &mut self,
        batch: &Batch,
        (context, rows): (Context, &BitSet),
        pipelines: &[String],
    ) -> Result<Option<Bytes>, EncodeError> {
        let Some((level, followed)) = batch.followed() else {
            return Ok(None);
        };
        let levels = batch.signal().levels();
        let depth = |level| levels.iter().position(|known| *known == level);
        // The item as far as it is sent: all of it, or some of what it has.
        let lower = match depth(context) <= depth(level) {
            true => level,
            false => context,
        };
        let mut sent = BitSet::new(batch.rows(lower));
        let is_sent = |row: &usize| {
            let own = batch.ancestor(lower, *row, level);
            batch.is_left(lower, *row)
                && followed.binary_search(&own).is_ok()
                && rows.contains(batch.ancestor(lower, *row, context))
        };
        (0..batch.rows(lower))
            .filter(is_sent)
            .for_each(|row| sent.insert(row));
        if sent.is_empty() {
            return Ok(None);
        }
        for name in pipelines {
            if !self.pipelines.contains(name) {
                self.pipelines.push(name.clone());
            }
        }
        batch.try_encode_rows(lower, &sent).map(Some)
    }

    /// The message as it is left in the end.
    pub(super) fn end(&mut self, batch: &Batch) {
        self.is_left = Some(is_left(batch));
        match output(batch) {
            // What a connector sent is what came out.
            Ok(left) if self.pipelines.is_empty() => self.output = left,
            Ok(_) => {}
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error.into());
    }

    /// What became of an item that did not come out.
    pub(super) fn dropped(&self, levels: &[Context]) -> Verdict {
        let depth = |level: Context| levels.iter().position(|known| *known == level);
        let own = depth(self.place.0);
        // Statements that dropped it or something that it belongs to.
        let steps = self.sections.iter().filter_map(|section| {
            let trace = section.trace.as_ref()?;
            let at = trace.steps.iter().position(|step| step.dropped)?;
            let span = section.sources.get(at).copied().unwrap_or(section.span);
            (depth(trace.context) <= own).then_some((trace.context, (Some(span), true)))
        });
        let all = self.drops.iter().copied().chain(steps);
        // What is around it may have been dropped afterwards, when nothing was left in it.
        match all.max_by_key(|(context, _)| depth(*context)) {
            Some((context, (span, held))) => Verdict::Dropped {
                context,
                span,
                held,
            },
            None => Verdict::Merged,
        }
    }
}

/// Whether anything of the item is left.
fn is_left(batch: &Batch) -> bool {
    let followed = batch.followed();
    followed.is_some_and(|(level, rows)| rows.iter().any(|row| batch.is_left(level, *row)))
}

/// A condition on the request with what the request has.
fn asked_of(rule: &RequestRule, request: Option<&Request>, holds: bool) -> Part {
    let values = request.map_or_else(Vec::new, |request| rule.values(request));
    let quoted = |text: &str| crate::diff::quoted(text);
    let shown = match values.as_slice() {
        [] => Shown {
            ty: "nil",
            text: "nil".to_owned(),
        },
        values => Shown {
            ty: "list",
            text: format!(
                "[{}]",
                values
                    .iter()
                    .map(|text| quoted(text))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        },
    };
    let side = |text: String, is_literal, shown: Shown| ValuePart {
        text,
        is_literal,
        value: Some(Ok(shown)),
        inputs: Vec::new(),
    };
    let wanted = Shown {
        ty: "string",
        text: quoted(rule.value()),
    };
    let sides = [
        side(format!("request[{}]", quoted(rule.key())), false, shown),
        side(wanted.text.clone(), true, wanted),
    ];
    Part {
        text: rule.text().to_owned(),
        kind: PartKind::Comparison {
            operator: rule.operator(),
            sides: Box::new(sides),
        },
        truth: match holds {
            true => Truth::True,
            false => Truth::False,
        },
    }
}

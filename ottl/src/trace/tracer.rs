//! Looking at an item while a program runs over it.

use bytes::Bytes;
use otlp_columns::{Batch, BitSet, EncodeError, Value};
use ottl_compiler::{Probe, Probes, ValueProbe};
use ottl_vm::path::Context;
use ottl_vm::{CompareOp, Program, RunError, Stepper, Watch};

use super::place::shorten;
use super::replay::Replay;
use super::value::{Cache, Shown, Viewer};
use super::{Outcome, Part, PartKind, Step, StepKind, Trace, TraceError, Truth, ValuePart};
use crate::Script;
use crate::diff::{self, Change, Node, Order};

/// How many items below the one that is traced are looked at.
const MAX_BELOW: usize = 10;

/// Traces what a run does to the row that the batch follows, to what that belongs to, or to what
/// belongs to it: whatever the script runs over.
pub(crate) struct Tracer<'t> {
    script: &'t Script,
    replay: &'t Replay,
    /// Whether the script is a condition, which is asked and not run.
    asks: bool,
    /// The row to be looked at instead.
    only: Option<usize>,
    /// One for each row, in order.
    pub(crate) traces: Vec<Trace>,
    /// How many further rows there are that were not looked at.
    pub(crate) more: usize,
    items: usize,
    /// Why tracing ended the run.
    pub(crate) error: Option<TraceError>,
}

impl<'t> Tracer<'t> {
    pub(crate) fn new(script: &'t Script, replay: &'t Replay) -> Self {
        Self {
            script,
            replay,
            asks: false,
            only: None,
            traces: Vec::new(),
            more: 0,
            items: 0,
            error: None,
        }
    }

    /// The same for a condition.
    pub(crate) fn asking(self) -> Self {
        Self { asks: true, ..self }
    }

    /// The same for another row.
    pub(crate) fn only(self, row: usize) -> Self {
        Self {
            only: Some(row),
            ..self
        }
    }
}

impl Watch for Tracer<'_> {
    fn rows(&mut self, batch: &Batch, context: Context) -> Vec<usize> {
        let (rows, more) = match self.only {
            Some(row) => (vec![row], 0),
            None => belonging(batch, context),
        };
        (self.items, self.more) = (batch.rows(context), more);
        rows
    }

    fn look(&mut self, stepper: &mut Stepper<'_, '_>) -> Result<(), RunError> {
        self.replay.keep(true);
        let look = Look {
            probes: self.script.probes(),
            program: stepper.program(),
            replay: self.replay,
            stepper,
            steps: Vec::new(),
            stopped: false,
        };
        let traced = look.trace(self.asks, self.items);
        self.replay.keep(false);
        match traced {
            Ok(trace) => self.traces.push(trace),
            Err(TraceError::Run(limit)) => return Err(limit),
            Err(other) => {
                self.error = Some(other);
                return Err(RunError::Interrupted);
            }
        }
        Ok(())
    }
}

/// The rows of a context that the row which is followed is, belongs to, or has, as far as they are
/// left; and how many more it has.
pub(crate) fn belonging(batch: &Batch, context: Context) -> (Vec<usize>, usize) {
    let Some((level, followed)) = batch.followed() else {
        return (Vec::new(), 0);
    };
    let levels = batch.signal().levels();
    let depth = |level| levels.iter().position(|known| *known == level);
    let is_left = |row: &usize| batch.is_left(context, *row);
    let mut rows: Vec<_> = if depth(context) <= depth(level) {
        let above = followed.iter().filter(|row| batch.is_left(level, **row));
        above
            .map(|row| batch.ancestor(level, *row, context))
            .collect()
    } else {
        let is_own = |row: &usize| {
            let own = batch.ancestor(context, *row, level);
            followed.binary_search(&own).is_ok()
        };
        let rows = 0..batch.rows(context);
        rows.filter(is_own).filter(is_left).collect()
    };
    rows.sort_unstable();
    rows.dedup();
    let more = rows.len().saturating_sub(MAX_BELOW);
    rows.truncate(MAX_BELOW);
    (rows, more)
}

/// The row that the batch follows with what surrounds it; nothing when it is not left.
pub(crate) fn output(batch: &Batch) -> Result<Bytes, EncodeError> {
    let Some((level, followed)) = batch.followed() else {
        return Ok(Bytes::new());
    };
    let mut rows = BitSet::new(batch.rows(level));
    let left = followed.iter().filter(|row| batch.is_left(level, **row));
    left.for_each(|row| rows.insert(*row));
    match rows.is_empty() {
        true => Ok(Bytes::new()),
        false => batch.try_encode_rows(level, &rows),
    }
}

/// A look at one item.
struct Look<'l, 's, 'p> {
    probes: Option<&'l Probes>,
    program: &'p Program,
    replay: &'l Replay,
    stepper: &'l mut Stepper<'s, 'p>,
    steps: Vec<Step>,
    stopped: bool,
}

/// What can be seen of an item.
struct State {
    message: Bytes,
    tree: Node,
    cache: Cache,
}

impl Look<'_, '_, '_> {
    fn trace(mut self, asks: bool, items: usize) -> Result<Trace, TraceError> {
        let before = self.message()?;
        let after = if asks {
            let step = self.ask()?;
            self.steps.push(step);
            before.clone()
        } else {
            let mut state = self.state(&before)?;
            for part in 0..self.program.run_parts() {
                let step = self.step(part, &mut state)?;
                self.steps.push(step);
            }
            state.message
        };
        Ok(Trace {
            context: self.program.context,
            item: self.stepper.item(),
            items,
            before,
            after,
            dropped: self.stepper.is_dropped(),
            stopped: self.stopped,
            ended: None,
            steps: self.steps,
            output: Bytes::new(),
        })
    }

    /// The item with what surrounds it; nothing when it was dropped.
    fn message(&self) -> Result<Bytes, TraceError> {
        if self.stepper.is_dropped() {
            return Ok(Bytes::new());
        }
        let (batch, row) = (self.stepper.batch(), self.stepper.row());
        let mut rows = BitSet::new(batch.rows(self.program.context));
        rows.insert(row);
        Ok(batch.try_encode_rows(self.program.context, &rows)?)
    }

    fn state(&mut self, message: &Bytes) -> Result<State, TraceError> {
        let cache = match self.probes.and_then(|probes| probes.cache) {
            Some(part) => self.stepper.evaluate(part)?.unwrap_or(Value::Nil),
            None => Value::Nil,
        };
        let cache = Viewer::new(self.stepper.values()).cache(cache);
        Ok(State {
            tree: diff::message(self.program.signal, message, Order::Free)?,
            message: message.clone(),
            cache,
        })
    }

    /// Asks a condition as the run does it next, with the same random numbers.
    fn ask(&mut self) -> Result<Step, TraceError> {
        let mark = self.replay.mark();
        let mut step = self.empty(0);
        step.condition = self.condition(0)?;
        self.replay.rewind(mark);
        step.outcome = match self.stepper.evaluate(0)? {
            Ok(Value::Bool(true)) => Outcome::Matched,
            Ok(_) => Outcome::Unmatched,
            Err(error) => Outcome::Failed {
                reason: error.to_string(),
                in_condition: true,
                stops: false,
            },
        };
        self.replay.rewind(mark);
        Ok(step)
    }

    /// A part before it ran.
    fn empty(&self, part: usize) -> Step {
        let known = &self.program.parts[part];
        Step {
            source: known.source.clone(),
            offset: known.offset,
            kind: match known.result {
                Some(_) => StepKind::Condition,
                None => StepKind::Statement,
            },
            outcome: Outcome::NotReached,
            condition: None,
            changes: Vec::new(),
            routed: Vec::new(),
            appended: 0,
            dropped: false,
        }
    }

    /// The condition of a part with the values that it has now.
    fn condition(&mut self, part: usize) -> Result<Option<Part>, TraceError> {
        let probes = self.probes.and_then(|probes| probes.conditions.get(part));
        match probes.and_then(Option::as_ref) {
            Some(probe) => self.part(probe, true).map(Some),
            None => Ok(None),
        }
    }

    fn step(&mut self, part: usize, state: &mut State) -> Result<Step, TraceError> {
        let mut step = self.empty(part);
        // A metric that was dropped is left at once where metrics are made of others.
        if self.stopped || self.program.reshapes && self.stepper.is_dropped() {
            return Ok(step);
        }
        if !self.stepper.is_for(part) {
            step.outcome = Outcome::Skipped {
                because: self.deciders(part),
            };
            return Ok(step);
        }
        let mark = self.replay.mark();
        step.condition = self.condition(part)?;
        self.replay.rewind(mark);
        self.run(part, &mut step, state)?;
        Ok(step)
    }

    /// Runs a part and notes what it did.
    fn run(&mut self, part: usize, step: &mut Step, state: &mut State) -> Result<(), TraceError> {
        let outputs = 0..self.program.outputs.len();
        let routed: Vec<_> = outputs.map(|at| self.stepper.is_routed(at)).collect();
        let (appended, dropped) = (self.stepper.appended(), self.stepper.is_dropped());
        let done = self.stepper.step(part)?;
        self.stopped = done.stops;
        let is_condition = step.kind == StepKind::Condition;
        step.outcome = match done.result {
            Err(error) => Outcome::Failed {
                reason: error.to_string(),
                in_condition: is_condition || !done.matched,
                stops: done.stops,
            },
            Ok(Some(value)) if is_condition && value == Value::Bool(true) => Outcome::Matched,
            Ok(None) if done.matched => Outcome::Matched,
            Ok(_) => Outcome::Unmatched,
        };
        for (at, was_routed) in routed.into_iter().enumerate() {
            if !was_routed && self.stepper.is_routed(at) {
                step.routed.push(self.program.outputs[at].clone());
            }
        }
        step.appended = self.stepper.appended() - appended;
        step.dropped = !dropped && self.stepper.is_dropped();
        if done.matched {
            let message = self.message()?;
            let next = self.state(&message)?;
            if !step.dropped {
                step.changes = self.changes(state, &next, done.changed);
            }
            *state = next;
        }
        Ok(())
    }

    fn changes(&self, before: &State, after: &State, is_changed: bool) -> Vec<Change> {
        let mut changes = diff::nodes(&before.tree, &after.tree);
        for change in &mut changes {
            change.path = shorten(self.program.signal, self.program.context, &change.path);
        }
        let mut cache = diff::nodes(&before.cache.node, &after.cache.node);
        // Behind where they are cut texts do not tell values apart.
        let known = &before.cache.long;
        for (path, value) in after.cache.long.iter().filter(|_| is_changed) {
            let is_other = |known: &&(String, Value)| known.0 == *path && known.1 != *value;
            let is_told = cache.iter().any(|change| change.path == *path);
            if !is_told && known.iter().any(|known| is_other(&known)) {
                cache.push(Change {
                    path: path.clone(),
                    before: Some("…".to_owned()),
                    after: Some("…".to_owned()),
                });
            }
        }
        changes.extend(cache.into_iter().map(|change| Change {
            path: format!("cache{}", change.path),
            ..change
        }));
        changes
    }

    /// The conditions that decided that a part is not for the item.
    fn deciders(&self, part: usize) -> Vec<usize> {
        let items = self.program.parts[part].items;
        let fills = |at: &usize| {
            let filled = self.program.parts[*at].items;
            let is = |mask| [filled.held, filled.missed].contains(&Some(mask));
            items.of.is_some_and(is) || items.without.is_some_and(is)
        };
        (0..part).filter(fills).collect()
    }

    /// A condition; its values are asked for if it is `evaluated`.
    fn part(&mut self, probe: &Probe, evaluated: bool) -> Result<Part, TraceError> {
        let mark = self.replay.mark();
        let (text, kind, truth) = match probe {
            Probe::Known(value) => {
                let part = Part {
                    text: value.to_string(),
                    kind: PartKind::Known,
                    truth: truth_of(*value),
                };
                return Ok(part.unless(!evaluated));
            }
            Probe::Compare {
                text,
                op,
                lhs,
                rhs,
                truth,
            } => {
                let sides = [self.value(lhs, evaluated)?, self.value(rhs, evaluated)?];
                let kind = PartKind::Comparison {
                    operator: operator(*op),
                    sides: Box::new(sides),
                };
                (text, kind, *truth)
            }
            Probe::In { text, value, truth } => {
                let kind = PartKind::In(Box::new(self.value(value, evaluated)?));
                (text, kind, *truth)
            }
            Probe::Truth { value, truth } => {
                let kind = PartKind::Value(Box::new(self.value(value, evaluated)?));
                (&value.text, kind, *truth)
            }
            Probe::Not(inner) => {
                let inner = self.part(inner, evaluated)?;
                let truth = match &inner.truth {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    other => other.clone(),
                };
                return Ok(compound(PartKind::Not(Box::new(inner)), truth));
            }
            Probe::And(parts) => {
                let (parts, truth) = self.chain(parts, evaluated, &Truth::True)?;
                return Ok(compound(PartKind::And(parts), truth));
            }
            Probe::Or(parts) => {
                let (parts, truth) = self.chain(parts, evaluated, &Truth::False)?;
                return Ok(compound(PartKind::Or(parts), truth));
            }
        };
        let text = text.clone();
        let truth = if evaluated {
            self.replay.rewind(mark);
            self.truth(truth)?
        } else {
            Truth::NotEvaluated
        };
        Ok(Part { text, kind, truth })
    }

    /// Parts from left to right, for as long as nothing is decided.
    fn chain(
        &mut self,
        probes: &[Probe],
        evaluated: bool,
        undecided: &Truth,
    ) -> Result<(Vec<Part>, Truth), TraceError> {
        let mut truth = if evaluated {
            undecided.clone()
        } else {
            Truth::NotEvaluated
        };
        let mut parts = Vec::with_capacity(probes.len());
        for probe in probes {
            let part = self.part(probe, truth == *undecided)?;
            if part.truth != Truth::NotEvaluated {
                truth = part.truth.clone();
            }
            parts.push(part);
        }
        Ok((parts, truth))
    }

    fn truth(&mut self, part: usize) -> Result<Truth, TraceError> {
        Ok(match self.stepper.evaluate(part)? {
            Ok(value) => truth_of(value == Value::Bool(true)),
            Err(error) => Truth::Failed(error.to_string()),
        })
    }

    fn value(&mut self, probe: &ValueProbe, evaluated: bool) -> Result<ValuePart, TraceError> {
        let mark = self.replay.mark();
        let mut inputs = Vec::with_capacity(probe.inputs.len());
        for input in &probe.inputs {
            inputs.push(self.value(input, evaluated)?);
        }
        let value = if evaluated {
            self.replay.rewind(mark);
            Some(self.shown(probe.part)?)
        } else {
            None
        };
        Ok(ValuePart {
            text: probe.text.clone(),
            is_literal: probe.is_literal,
            value,
            inputs,
        })
    }

    fn shown(&mut self, part: usize) -> Result<Result<Shown, String>, TraceError> {
        let value = self.stepper.evaluate(part)?;
        let mut viewer = Viewer::new(self.stepper.values());
        Ok(value
            .map(|value| viewer.show(value))
            .map_err(|error| error.to_string()))
    }
}

impl Part {
    /// The same as something that was not evaluated.
    fn unless(mut self, skipped: bool) -> Self {
        if skipped {
            self.truth = Truth::NotEvaluated;
        }
        self
    }
}

fn compound(kind: PartKind, truth: Truth) -> Part {
    Part {
        text: String::new(),
        kind,
        truth,
    }
}

fn truth_of(holds: bool) -> Truth {
    match holds {
        true => Truth::True,
        false => Truth::False,
    }
}

fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

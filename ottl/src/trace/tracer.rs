//! Stepping through a program for one item.

use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{Batch, BitSet, SharedMap, Value};
use ottl_compiler::{Probe, ValueProbe};
use ottl_vm::{CompareOp, ExecSettings, Program, Stepper};

use super::place::shorten;
use super::replay::Replay;
use super::value::{Shown, Viewer};
use super::{Outcome, Part, PartKind, Step, StepKind, Trace, TraceError, Traced, Truth, ValuePart};
use crate::diff::{self, Change, Node, Order};

pub(super) fn trace(
    traced: &Traced,
    settings: &ExecSettings,
    message: Bytes,
    item: usize,
    cache: &mut SharedMap,
) -> Result<Trace, TraceError> {
    let program = &traced.probed.compiled.program;
    let replay = Arc::new(Replay::new(Arc::clone(&settings.environment)));
    let mut settings = settings.clone();
    settings.environment = Arc::clone(&replay) as _;
    let batch =
        Batch::decode_projected(program.signal, message, &program.projection, traced.limits)?;
    let items = batch.rows(program.context);
    let Some(stepper) = Stepper::new(program, batch, &settings, item, cache)? else {
        return Err(TraceError::NoItem {
            context: program.context,
            item,
            items,
        });
    };
    let mut tracer = Tracer {
        traced,
        program,
        replay: &replay,
        stepper,
        steps: Vec::new(),
        stopped: false,
    };
    let before = tracer.message()?;
    let mut state = tracer.state(&before)?;
    let parts = if tracer.stepper.is_dropped() {
        0
    } else {
        program.run_parts()
    };
    for part in 0..parts {
        let step = tracer.step(part, &mut state)?;
        tracer.steps.push(step);
    }
    Ok(Trace {
        context: program.context,
        item,
        items,
        before,
        after: state.message,
        dropped: tracer.stepper.is_dropped(),
        stopped: tracer.stopped,
        steps: tracer.steps,
    })
}

struct Tracer<'t> {
    traced: &'t Traced,
    program: &'t Program,
    replay: &'t Replay,
    stepper: Stepper<'t>,
    steps: Vec<Step>,
    stopped: bool,
}

/// What can be seen of an item.
struct State {
    message: Bytes,
    tree: Node,
    cache: Node,
}

impl Tracer<'_> {
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
        let cache = self.stepper.evaluate(self.traced.probed.cache)?;
        let (heap, zones) = self.stepper.values();
        let cache = Viewer { heap, zones }.node(cache.unwrap_or(Value::Nil));
        Ok(State {
            tree: diff::message(self.program.signal, message, Order::Free)?,
            message: message.clone(),
            cache,
        })
    }

    fn step(&mut self, part: usize, state: &mut State) -> Result<Step, TraceError> {
        let known = &self.program.parts[part];
        let mut step = Step {
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
        };
        if self.stopped {
            return Ok(step);
        }
        if !self.stepper.is_for(part) {
            step.outcome = Outcome::Skipped {
                because: self.deciders(part),
            };
            return Ok(step);
        }
        let traced = self.traced;
        if let Some(probe) = traced.probed.conditions.get(part).and_then(Option::as_ref) {
            let mark = self.replay.mark();
            step.condition = Some(self.part(probe, true)?);
            self.replay.rewind(mark);
        }
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
                step.changes = self.changes(state, &next);
            }
            *state = next;
        }
        Ok(())
    }

    fn changes(&self, before: &State, after: &State) -> Vec<Change> {
        let mut changes = diff::nodes(&before.tree, &after.tree);
        for change in &mut changes {
            change.path = shorten(self.program.signal, self.program.context, &change.path);
        }
        let cache = diff::nodes(&before.cache, &after.cache);
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
        let (heap, zones) = self.stepper.values();
        let mut viewer = Viewer { heap, zones };
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

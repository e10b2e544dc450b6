//! Why a script did to one item what it did.
//!
//! A [`Traced`] script is compiled once, with probes: behind the program that runs there are
//! programs for each value and each comparison of its conditions. [`Traced::run`] is a run of the
//! script in the order of the reference, all statements on one item and then on the next, that is
//! looked at when it comes to one item: the probes are asked before each statement, and the item is
//! compared after it. There is no other run beside it, so that a trace says what a run does.
//!
//! ```
//! use ottl::trace::{Outcome, Truth};
//! use ottl::{Engine, Level, Signal};
//!
//! let source = r#"set(span.name, "big") where span.kind == 2 and Len(span.name) > 3"#;
//! let traced = Engine::default().trace(Signal::Traces, Level::Span, source)?;
//! let message = ottl::json::to_wire(
//!     Signal::Traces,
//!     br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"abc","kind":2}]}]}]}"#,
//! )?;
//! let trace = traced.run(message, 0)?;
//! let step = &trace.steps[0];
//! assert_eq!(step.outcome, Outcome::Unmatched);
//!
//! let condition = step.condition.as_ref().expect("the statement has one");
//! let length = &condition.parts()[1];
//! assert_eq!(length.text, "Len(span.name) > 3");
//! assert_eq!(length.truth, Truth::False);
//! assert_eq!(length.values()[0].shown().expect("it was evaluated").text, "3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A component of a configuration is traced with
//! [`Component::trace`](crate::config::Component::trace).
//!
//! Items behind the one that is traced may still change a resource that they share:
//! [`Trace::after`] is the item as its own statements left it, [`Trace::output`] as it comes out. The
//! time stands still during a trace.

mod error;
mod place;
mod replay;
mod tracer;
mod value;

use std::sync::Arc;

use bytes::Bytes;
use ottl_syntax::Diagnostic;
use ottl_vm::path::Context;
use ottl_vm::{RunError, StatementError};

use crate::{RunContext, Script};

pub use self::error::TraceError;
pub(crate) use self::replay::Replay;
pub(crate) use self::tracer::{Tracer, belonging, output};
pub use self::value::Shown;
pub use crate::diff::Change;

/// A script, or a group of statements or conditions, that can be traced.
#[derive(Debug)]
pub struct Traced {
    script: Script,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What the item is.
    pub context: Context,
    /// Which of them, counted from 0.
    pub item: usize,
    /// How many of them there are.
    pub items: usize,
    /// The item with what surrounds it as a message, before the first statement.
    pub before: Bytes,
    /// The same after the last statement that ran; empty when the item was dropped.
    pub after: Bytes,
    /// Statements and conditions of blocks, in the order in which they run.
    pub steps: Vec<Step>,
    /// Whether a failure on the item ended the run, so that nothing of the message comes out.
    pub stopped: bool,
    /// The failure on another item that ended the run once the statements had run for this one, so
    /// that nothing of the message comes out. Not known of what is part of a configuration.
    pub ended: Option<StatementError>,
    /// Whether the item was dropped.
    pub dropped: bool,
    /// The item with what surrounds it in the message that comes out, when the statements have run
    /// for all items; empty when it does not come out. Not known of what is part of a configuration.
    pub output: Bytes,
}

/// A statement, or the condition of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How it is written.
    pub source: String,
    /// The byte at which it begins in the script, or in a source of its own.
    pub offset: usize,
    /// What it is.
    pub kind: StepKind,
    /// What became of it.
    pub outcome: Outcome,
    /// Its condition with the values of all parts, if it has one and it was evaluated.
    pub condition: Option<Part>,
    /// What it changed in the item and in what surrounds it, and in the cache.
    pub changes: Vec<Change>,
    /// The outputs that it routed the item to.
    pub routed: Vec<String>,
    /// How many metrics it appended.
    pub appended: usize,
    /// Whether it dropped the item.
    pub dropped: bool,
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A statement.
    Statement,
    /// A condition of a block or of a group of a configuration.
    Condition,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran, or the condition held.
    Matched,
    /// Its condition did not hold.
    Unmatched,
    /// It was not for this item: these steps, which are conditions of blocks, had decided so.
    Skipped {
        /// Indices of steps before it.
        because: Vec<usize>,
    },
    /// It failed.
    Failed {
        /// Why.
        reason: String,
        /// Whether it failed before the editor ran.
        in_condition: bool,
        /// Whether that ended the run.
        stops: bool,
    },
    /// A failure before had ended the run.
    NotReached,
}

/// A condition or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How it is written; nothing for `and`, `or` and `not`, whose parts say it.
    pub text: String,
    /// What it is.
    pub kind: PartKind,
    /// Whether it holds.
    pub truth: Truth,
}

/// What a part of a condition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Known when it was compiled.
    Known,
    /// A comparison, by its operator.
    Comparison {
        /// Such as `==`.
        operator: &'static str,
        /// Both sides.
        sides: Box<[ValuePart; 2]>,
    },
    /// Whether a value is in a list of literals.
    In(Box<ValuePart>),
    /// A boolean.
    Value(Box<ValuePart>),
    /// The opposite of its one part.
    Not(Box<Part>),
    /// All of them.
    And(Vec<Part>),
    /// One of them.
    Or(Vec<Part>),
}

/// Whether a part of a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    True,
    /// It does not.
    False,
    /// It cannot be evaluated.
    Failed(String),
    /// Parts before it had decided.
    NotEvaluated,
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuePart {
    /// How it is written.
    pub text: String,
    /// Whether it is a literal, whose value is what is written.
    pub is_literal: bool,
    /// The value, or why there is none; nothing if it was not evaluated.
    pub value: Option<Result<Shown, String>>,
    /// The values it is computed from, but for literals, and not deeper than eight levels.
    pub inputs: Vec<Self>,
}

impl Part {
    /// The parts that it is made of, as conditions.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match &self.kind {
            PartKind::Not(inner) => std::slice::from_ref(inner.as_ref()),
            PartKind::And(parts) | PartKind::Or(parts) => parts,
            _ => &[],
        }
    }

    /// The values that it compares or looks at.
    #[must_use]
    pub fn values(&self) -> &[ValuePart] {
        match &self.kind {
            PartKind::Comparison { sides, .. } => sides.as_slice(),
            PartKind::In(value) | PartKind::Value(value) => std::slice::from_ref(value.as_ref()),
            _ => &[],
        }
    }
}

impl ValuePart {
    /// The value, if there is one.
    #[must_use]
    pub fn shown(&self) -> Option<&Shown> {
        self.value.as_ref()?.as_ref().ok()
    }
}

impl Traced {
    pub(crate) fn new(script: Script) -> Self {
        Self { script }
    }

    /// What is legal but will not do what was meant.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        self.script.warnings()
    }

    /// The context, given or inferred.
    #[must_use]
    pub fn context(&self) -> Context {
        self.script.context()
    }

    /// Runs the script over a message, and traces what it does to one item, which is counted from 0
    /// in the order of the message.
    ///
    /// # Errors
    /// When the message is malformed or has no such item, a failure on an item before ended the run,
    /// or a limit is hit.
    pub fn run(&self, message: impl Into<Bytes>, item: usize) -> Result<Trace, TraceError> {
        self.run_with(message, item, &RunContext::default())
    }

    /// The same with what comes from outside for this run.
    ///
    /// # Errors
    /// As [`Traced::run`].
    pub fn run_with(
        &self,
        message: impl Into<Bytes>,
        item: usize,
        context: &RunContext,
    ) -> Result<Trace, TraceError> {
        let script = &self.script;
        let mut batch = script.decode(message)?;
        let items = batch.rows(script.context());
        if item >= items {
            return Err(TraceError::NoItem {
                context: script.context(),
                item,
                items,
            });
        }
        batch.follow(script.context(), item);
        let before = output(&batch)?;
        let replay = Arc::new(Replay::new(Arc::clone(script.environment())));
        let context = context.clone().with_environment(Arc::clone(&replay) as _);
        let mut tracer = Tracer::new(script, &replay);
        let result = script.run_watched(&mut batch, None, &context, &mut tracer);
        if let Some(error) = tracer.error {
            return Err(error);
        }
        match (result, tracer.traces.pop()) {
            (Ok(_), Some(mut trace)) => {
                trace.output = output(&batch)?;
                Ok(trace)
            }
            // It had become part of another before it was its turn.
            (Ok(_), None) => Ok(Trace {
                context: script.context(),
                item,
                items,
                before,
                after: Bytes::new(),
                steps: Vec::new(),
                stopped: false,
                ended: None,
                dropped: true,
                output: Bytes::new(),
            }),
            (Err(RunError::Statement(failure)), Some(mut trace)) => {
                trace.ended = (!trace.stopped).then_some(failure);
                Ok(trace)
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}

//! Looking at items while a program runs over them.
//!
//! A run that is watched goes by rows, as the reference does it: all statements on one item, then on
//! the next. Before an item that its [`Watch`] wants to see it hands over a [`Stepper`], which stands
//! before the first part for that item. Whoever has it runs part after part; between two the batch
//! can be looked at, and parts that only have a value can be evaluated. What is not stepped through
//! the run does, so that it comes to the same whether somebody watches or not.
//!
//! Do not watch runs that are to be fast.

use otlp_columns::{Batch, Heap, SharedMap, Value};

use crate::access::Position;
use crate::environment::ExecSettings;
use crate::path::Context;
use crate::report::{Report, RunError};
use crate::row::RowMachine;
use crate::run::{Results, Run, check_limits, evaluate_by, run_by};
use crate::{ExecError, Interpreter, Program, Zones};

/// Looks at items of a run.
pub trait Watch {
    /// The rows to be seen of a batch, ascending. The program runs over the rows of `context`, which
    /// are not numbered anew before it is done.
    fn rows(&mut self, batch: &Batch, context: Context) -> Vec<usize>;

    /// Looks at one of them. Rows that were dropped before are left out.
    ///
    /// # Errors
    /// What is to end the run.
    fn look(&mut self, stepper: &mut Stepper<'_, '_>) -> Result<(), RunError>;
}

/// The same as [`run`](crate::run) by rows, watched. With `cache` it is the same as
/// [`run_shared`](crate::run_shared).
///
/// # Errors
/// As these have, and what the watch says.
///
/// # Panics
/// When the program is for another signal.
pub fn run_watched(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    cache: Option<&mut SharedMap>,
    watch: &mut dyn Watch,
) -> Result<Report, RunError> {
    run_by(program, batch, settings, Way::Watched(watch), cache)
}

/// The same as [`evaluate`](crate::evaluate) by rows, watched. The parts are evaluated for an item
/// after it was looked at.
///
/// # Errors
/// As [`evaluate`](crate::evaluate), and what the watch says.
///
/// # Panics
/// When the program is for another signal.
pub fn evaluate_watched(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    watch: &mut dyn Watch,
) -> Result<Vec<Results>, RunError> {
    evaluate_by(program, batch, settings, Way::Watched(watch))
}

/// How a program is run.
pub(crate) enum Way<'w> {
    By(Interpreter),
    Watched(&'w mut dyn Watch),
}

impl Way<'_> {
    pub(crate) fn interpreter(&self) -> Interpreter {
        match self {
            Self::By(interpreter) => *interpreter,
            Self::Watched(_) => Interpreter::Rows,
        }
    }
}

/// A run that stands between two parts of its program for one item.
pub struct Stepper<'s, 'p> {
    run: &'s mut Run<'p>,
    batch: &'s mut Batch,
    row: usize,
    item: usize,
    /// The first part that was not run.
    next: usize,
    appended: Vec<Vec<u8>>,
    stops: bool,
}

/// What one part did to the item.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Whether the editor of a statement ran.
    pub matched: bool,
    /// Whether it changed something.
    pub changed: bool,
    /// The result of a condition, nothing of a statement; or why it failed.
    pub result: Result<Option<Value>, ExecError>,
    /// Whether the failure ends the run.
    pub stops: bool,
}

/// How far somebody has stepped.
pub(crate) struct Stepped {
    /// The first part that was not run.
    pub(crate) next: usize,
    /// Metrics that are to be appended.
    pub(crate) appended: Vec<Vec<u8>>,
    /// Whether a failure ended the run.
    pub(crate) stops: bool,
}

impl<'s, 'p> Stepper<'s, 'p> {
    /// A row of a batch, and the number that it has in the whole message.
    pub(crate) fn new(run: &'s mut Run<'p>, batch: &'s mut Batch, row: usize, item: usize) -> Self {
        Self {
            run,
            batch,
            row,
            item,
            next: 0,
            appended: Vec::new(),
            stops: false,
        }
    }

    pub(crate) fn done(self) -> Stepped {
        Stepped {
            next: self.next,
            appended: self.appended,
            stops: self.stops,
        }
    }

    /// The program that is run.
    #[must_use]
    pub fn program(&self) -> &'p Program {
        self.run.program
    }

    /// The message as it is now: all of it, or the item's metric with what surrounds it when the
    /// program makes other metrics of metrics.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        self.batch
    }

    /// The row of the item in [`Stepper::batch`].
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }

    /// The row that was asked for with [`Watch::rows`].
    #[must_use]
    pub fn item(&self) -> usize {
        self.item
    }

    /// What is needed to look at values.
    pub fn values(&mut self) -> (&mut Heap, &Zones) {
        (self.batch.heap_mut(), &self.run.state.zones)
    }

    /// How many metrics were appended by the parts so far.
    #[must_use]
    pub fn appended(&self) -> usize {
        self.appended.len()
    }

    /// Whether the item was dropped.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        let dropped = self.batch.dropped(self.program().context);
        dropped.contains(self.row)
    }

    /// Whether a part runs for the item, as conditions before it have sorted it.
    #[must_use]
    pub fn is_for(&self, part: usize) -> bool {
        self.run.is_for(part, self.row)
    }

    /// Whether the item was routed to an output, by its number.
    #[must_use]
    pub fn is_routed(&self, output: usize) -> bool {
        let route = self.run.state.routes.get(output);
        route.is_some_and(|rows| self.row < rows.len() && rows.contains(self.row))
    }

    /// Runs one part; the parts before that are for the item have to have run.
    ///
    /// # Errors
    /// When a limit is hit.
    ///
    /// # Panics
    /// When the part has run, or a failure has ended the run.
    pub fn step(&mut self, part: usize) -> Result<Step, RunError> {
        assert!(
            part >= self.next && !self.stops,
            "each part runs once, and none behind the end"
        );
        self.next = part + 1;
        let program = self.program();
        let constants = std::mem::take(&mut self.run.constants);
        let mut machine = RowMachine::new(program, &constants);
        let position = self.position();
        let (outcome, result) = machine.run(self.batch, &mut self.run.state, part, position);
        check_limits(self.batch)?;
        let told = result.clone();
        self.stops = self
            .run
            .account(self.batch, &machine, (part, self.row), (outcome, result));
        let register = program.parts[part].result;
        let value = register.map(|register| machine.register(register));
        drop(machine);
        self.run.constants = constants;
        self.reshape()?;
        Ok(Step {
            matched: outcome.matched,
            changed: outcome.changed,
            result: told.map(|()| value),
            stops: self.stops,
        })
    }

    /// Carries out what a function asked for to become of the metric.
    fn reshape(&mut self) -> Result<(), RunError> {
        let reshaped = std::mem::take(&mut self.run.state.reshaped);
        self.appended.extend(reshaped.appended);
        match reshaped.replaced {
            Some(metric) => self.run.replace(self.batch, &metric),
            None => Ok(()),
        }
    }

    /// The result of a part that only has a value. The value lives in the heap of the batch.
    ///
    /// # Errors
    /// When a limit is hit.
    pub fn evaluate(&mut self, part: usize) -> Result<Result<Value, ExecError>, RunError> {
        let program = self.program();
        let constants = std::mem::take(&mut self.run.constants);
        let mut machine = RowMachine::new(program, &constants);
        let position = self.position();
        let (_, result) = machine.run(self.batch, &mut self.run.state, part, position);
        check_limits(self.batch)?;
        let register = program.parts[part].result;
        let value = register.map_or(Value::Nil, |register| machine.register(register));
        let value = result.and_then(|()| self.run.state.check(value));
        drop(machine);
        self.run.constants = constants;
        Ok(value)
    }

    fn position(&self) -> Position {
        Position {
            context: self.program().context,
            row: self.row,
        }
    }
}

impl std::fmt::Debug for Stepper<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stepper")
            .field("item", &self.item)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

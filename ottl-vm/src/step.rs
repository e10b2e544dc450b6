//! Running a program over one item, part by part.
//!
//! A [`Stepper`] runs everything that comes before an item in the reference's order, item by item,
//! and then stands before the first part for that item. Between two parts the batch can be looked at
//! and parts that only have a value can be evaluated. It uses what runs use, the row interpreter and
//! the loop over metrics that are reshaped; do not use it to run programs, since it is slow.

use std::sync::Arc;

use otlp_columns::pieces::Pieces;
use otlp_columns::{Batch, Heap, SharedMap, Value};

use crate::access::Position;
use crate::environment::{ErrorMode, ExecSettings};
use crate::report::RunError;
use crate::reshape::{Whole, behind, grown};
use crate::row::RowMachine;
use crate::run::{Run, check_limits, meter};
use crate::{ExecError, Interpreter, Program, Zones};

/// A program that stands between two of its parts for one item.
#[derive(Debug)]
pub struct Stepper<'p> {
    program: &'p Program,
    settings: ExecSettings,
    run: Run<'p>,
    batch: Batch,
    row: usize,
    appended: usize,
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

impl<'p> Stepper<'p> {
    /// Runs everything before the item in a row of the program's context; nothing when there is no
    /// such item. Rows are counted as they are before the run. A cache that items share begins with
    /// what is in `cache`, which stays as it is.
    ///
    /// # Errors
    /// When something before fails and the error mode says to stop, or a limit is hit.
    ///
    /// # Panics
    /// When the program is for another signal.
    pub fn new(
        program: &'p Program,
        mut batch: Batch,
        settings: &ExecSettings,
        row: usize,
        cache: &mut SharedMap,
    ) -> Result<Option<Self>, RunError> {
        if program.reshapes {
            return Self::in_metric(program, batch, settings, row, cache.copy());
        }
        batch.project(&program.projection);
        if program.uses_shared_cache {
            batch.load_shared(cache);
        }
        let meter = Arc::new(meter(settings, batch.heap().input().len()));
        let run = Run::start(program, &mut batch, settings, (Interpreter::Rows, meter));
        let mut stepper = Self {
            program,
            settings: settings.clone(),
            run,
            batch,
            row: 0,
            appended: 0,
        };
        if row >= stepper.batch.rows(program.context) {
            return Ok(None);
        }
        stepper.run_before(row)?;
        Ok(Some(stepper))
    }

    /// The same for a program that runs metric by metric.
    fn in_metric(
        program: &'p Program,
        mut batch: Batch,
        settings: &ExecSettings,
        row: usize,
        mut cache: SharedMap,
    ) -> Result<Option<Self>, RunError> {
        let message = batch.try_encode().map_err(grown)?;
        batch.project(&program.projection);
        let pieces = Pieces::of(&message).map_err(grown)?;
        // Metrics that are appended on the way are not among those that are counted.
        let original = pieces.clone();
        let meter = Arc::new(meter(settings, message.len()));
        let mut whole = Whole::new(program, pieces, meter, &mut cache);
        let (mut next, mut before) = (original.first(), 0);
        let mut reached = original.first();
        while let Some(place) = next {
            let (single, run) = whole.enter(program, &batch, settings, place)?;
            let rows = single.rows(program.context);
            if row < before + rows {
                let mut stepper = Self {
                    program,
                    settings: settings.clone(),
                    run,
                    batch: single,
                    row: 0,
                    appended: 0,
                };
                let found = stepper.run_before(row - before);
                found.map_err(|error| behind(before, error))?;
                return Ok(Some(stepper));
            }
            before += rows;
            next = original.after(place);
            // The run also visits what was appended to the scope before it goes on to the next.
            while let Some(place) = reached.filter(|place| Some(*place) != next) {
                whole.metric(program, &batch, settings, place)?;
                reached = whole.pieces.after(place);
            }
        }
        Ok(None)
    }

    /// Runs all parts for the rows before one, and goes there.
    fn run_before(&mut self, row: usize) -> Result<(), RunError> {
        while self.row < row {
            let is_dropped = self.is_dropped();
            for part in (0..self.program.run_parts()).filter(|_| !is_dropped) {
                if self.run.is_for(part, self.row) && self.step(part)?.stops {
                    return Err(self.failure());
                }
            }
            self.row += 1;
        }
        Ok(())
    }

    /// The failure that ended the run.
    fn failure(&mut self) -> RunError {
        match self.run.first_failure() {
            Some(failure) => RunError::Statement(failure),
            None => RunError::OutOfWork,
        }
    }

    /// The message as it is now: all of it, or the item's metric with what surrounds it when the
    /// program makes other metrics of metrics.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The row of the item in [`Stepper::batch`].
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }

    /// What is needed to look at values.
    pub fn values(&mut self) -> (&mut Heap, &Zones) {
        (self.batch.heap_mut(), &self.run.state.zones)
    }

    /// How many metrics were appended by the parts so far.
    #[must_use]
    pub fn appended(&self) -> usize {
        self.appended
    }

    /// Whether the item was dropped.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        let dropped = self.batch.dropped(self.program.context);
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

    /// Runs one part.
    ///
    /// # Errors
    /// When a limit is hit.
    pub fn step(&mut self, part: usize) -> Result<Step, RunError> {
        let constants = std::mem::take(&mut self.run.constants);
        let mut machine = RowMachine::new(self.program, &constants);
        let position = self.position();
        let (outcome, result) = machine.run(&mut self.batch, &mut self.run.state, part, position);
        check_limits(&self.batch)?;
        let told = result.clone();
        let stops = self
            .run
            .account(&self.batch, &machine, (part, self.row), (outcome, result));
        let register = self.program.parts[part].result;
        let value = register.map(|register| machine.register(register));
        drop(machine);
        self.run.constants = constants;
        self.reshape()?;
        Ok(Step {
            matched: outcome.matched,
            changed: outcome.changed,
            result: told.map(|()| value),
            stops,
        })
    }

    /// Carries out what a function asked for to become of the metric.
    fn reshape(&mut self) -> Result<(), RunError> {
        let reshaped = std::mem::take(&mut self.run.state.reshaped);
        self.appended += reshaped.appended.len();
        match reshaped.replaced {
            Some(metric) => self.run.replace(&mut self.batch, &metric),
            None => Ok(()),
        }
    }

    /// The result of a part that only has a value. The value lives in the heap of the batch.
    ///
    /// # Errors
    /// When a limit is hit.
    pub fn evaluate(&mut self, part: usize) -> Result<Result<Value, ExecError>, RunError> {
        let constants = std::mem::take(&mut self.run.constants);
        let mut machine = RowMachine::new(self.program, &constants);
        let position = self.position();
        let (_, result) = machine.run(&mut self.batch, &mut self.run.state, part, position);
        check_limits(&self.batch)?;
        let register = self.program.parts[part].result;
        let value = register.map_or(Value::Nil, |register| machine.register(register));
        let value = result.and_then(|()| self.run.state.check(value));
        drop(machine);
        self.run.constants = constants;
        Ok(value)
    }

    /// The error mode of a part.
    #[must_use]
    pub fn error_mode(&self, part: usize) -> ErrorMode {
        let own = self.program.parts[part].error_mode;
        own.unwrap_or(self.settings.error_mode)
    }

    fn position(&self) -> Position {
        Position {
            context: self.program.context,
            row: self.row,
        }
    }
}

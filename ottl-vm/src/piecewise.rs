//! Running a program over a message piece by piece.
//!
//! It comes to the same as a run over the whole message where no item looks at what belongs to
//! another resource.

use std::sync::Arc;

use otlp_columns::{Batch, Meter};

use crate::Program;
use crate::environment::ExecSettings;
use crate::report::{Report, RunError, StatementReport};
use crate::run::{Interpreter, Run, meter};

/// A run over several batches, which are the pieces of one message in their order.
#[derive(Debug)]
pub struct Piecewise<'a> {
    program: &'a Program,
    settings: &'a ExecSettings,
    interpreter: Interpreter,
    /// What all of them may spend.
    meter: Arc<Meter>,
    report: Report,
    /// Rows of the program's context in the pieces so far.
    rows: usize,
}

impl Program {
    /// Whether it makes no difference to run it over the resources of a message one by one.
    #[must_use]
    pub fn is_piecewise(&self) -> bool {
        let is_apart = self.separates.is_none() && !self.uses_shared_cache;
        is_apart && !self.reshapes && self.outputs.is_empty()
    }
}

impl<'a> Piecewise<'a> {
    /// A run over a message of `bytes` bytes.
    #[must_use]
    pub fn new(
        program: &'a Program,
        settings: &'a ExecSettings,
        interpreter: Interpreter,
        bytes: usize,
    ) -> Self {
        debug_assert!(program.is_piecewise());
        Self {
            program,
            settings,
            interpreter,
            meter: Arc::new(meter(settings, bytes)),
            report: Report {
                statements: vec![StatementReport::default(); program.parts.len()],
                ..Report::default()
            },
            rows: 0,
        }
    }

    /// Runs over the next piece. After an error no other may follow.
    ///
    /// # Errors
    /// As [`run`](crate::run).
    ///
    /// # Panics
    /// When the program is for another signal.
    pub fn run(&mut self, batch: &mut Batch) -> Result<(), RunError> {
        let how = (self.interpreter, Arc::clone(&self.meter));
        let mut run = Run::start(self.program, batch, self.settings, how);
        run.items_before = self.rows;
        let report = run.whole(batch).map_err(|error| self.numbered(error))?;
        let mut report = report;
        for error in &mut report.errors {
            error.item += self.rows;
        }
        let max_errors = self.settings.limits.max_reported_errors;
        self.report.merge(&report, max_errors);
        self.rows += batch.rows(self.program.context);
        Ok(())
    }

    /// What the run did.
    #[must_use]
    pub fn finish(self) -> Report {
        self.report
    }

    /// An error with the number that the item has in the whole message.
    fn numbered(&self, error: RunError) -> RunError {
        match error {
            RunError::Statement(mut failed) => {
                failed.item += self.rows;
                RunError::Statement(failed)
            }
            other => other,
        }
    }
}

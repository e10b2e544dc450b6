//! Running programs over batches.

mod columns;

use std::ops::Range;
use std::sync::Arc;

use otlp_columns::{Batch, BitSet, Meter, Separation, SharedMap, Value};

use crate::access::Position;
use crate::context::RunState;
use crate::environment::{ErrorMode, ExecSettings, FailedItem};
use crate::program::{Group, GroupMode, Mask};
use crate::report::{Report, RunError, StatementError, StatementReport};
use crate::row::{RowMachine, RowOutcome};
use crate::step::{Stepped, Stepper, Watch, Way};
use crate::{ExecError, Program, Request, reshape};

/// Which interpreter runs a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interpreter {
    /// By columns where the program allows it, by rows elsewhere; with the program's machine code where
    /// that pays.
    #[default]
    Auto,
    /// By rows everywhere.
    Rows,
    /// By columns where the program allows it, without machine code.
    Columns,
    /// The same with the program's machine code wherever it has some, also where that does not pay.
    Native,
}

/// Runs the statements of `program` over every item of `batch`.
///
/// # Errors
/// When a statement fails and the error mode says to stop, the batch outgrows its limit, the program
/// needs more work than the settings allow, or their interrupt says to stop. The batch is then in an
/// undefined, but safe, state between the old and the new one.
///
/// # Panics
/// When the program is for another signal.
pub fn run(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    interpreter: Interpreter,
) -> Result<Report, RunError> {
    run_by(program, batch, settings, Way::By(interpreter), None)
}

/// Runs the statements over item by item, all statements for one item before the next, and tells in
/// `report` what they did, also when a failure ends the run: then nothing behind it is counted.
/// [`run`] makes the same of a batch and is faster, but after a failure it has nothing to tell.
///
/// `cache` is as in [`run_shared`], but for programs that make metrics anew, which change it also before
/// an error that is no failure of a statement.
///
/// # Errors
/// As [`run_shared`]. `report` is only told where a statement failed.
///
/// # Panics
/// When the program is for another signal.
pub fn run_in_order(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    cache: &mut SharedMap,
    report: &mut Report,
) -> Result<(), RunError> {
    if program.reshapes {
        let way = Way::By(Interpreter::Rows);
        return reshape::run(program, batch, settings, cache, way, report);
    }
    let mut run = Run::new(program, batch, settings, Interpreter::Rows);
    if program.uses_shared_cache {
        batch.load_shared(cache);
    }
    let separates = program.separates.filter(|_| batch.separated().is_none());
    if let Some(level) = separates {
        batch.separate(level, Separation::Passing);
        check_limits(batch)?;
    }
    let rows = 0..run.limit(batch);
    run.rows(batch, 0..program.run_parts(), rows)?;
    if separates.is_some() {
        batch.rejoin();
    }
    let (told, result) = run.end(batch);
    *report = told;
    let limit = settings.limits.max_shared_bytes;
    if program.uses_shared_cache && !batch.save_shared(cache, limit) {
        return Err(RunError::SharedCacheFull(limit));
    }
    result
}

/// The same with what earlier runs left in the cache that items share. What this run leaves there
/// comes to `cache`, also when a statement failed; after another error `cache` is as it was before.
///
/// # Errors
/// As [`run`], and [`RunError::SharedCacheFull`] when too much is left in the cache.
///
/// # Panics
/// When the program is for another signal.
pub fn run_shared(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    interpreter: Interpreter,
    cache: &mut SharedMap,
) -> Result<Report, RunError> {
    let way = Way::By(interpreter);
    run_by(program, batch, settings, way, Some(cache))
}

pub(crate) fn run_by(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    way: Way<'_>,
    cache: Option<&mut SharedMap>,
) -> Result<Report, RunError> {
    let Some(cache) = cache.filter(|_| program.uses_shared_cache) else {
        return match program.reshapes {
            true => reshaped(program, batch, settings, &mut SharedMap::default(), way),
            false => run_rows(program, batch, settings, way),
        };
    };
    let is_done = |result: &_| matches!(result, Ok(_) | Err(RunError::Statement(_)));
    if program.reshapes {
        let mut own = cache.copy();
        let result = reshaped(program, batch, settings, &mut own, way);
        if is_done(&result) {
            *cache = own;
        }
        return result;
    }
    batch.project(&program.projection);
    batch.load_shared(cache);
    let result = run_rows(program, batch, settings, way);
    let limit = settings.limits.max_shared_bytes;
    if is_done(&result) && !batch.save_shared(cache, limit) {
        return Err(RunError::SharedCacheFull(limit));
    }
    result
}

/// Runs a program that makes metrics anew.
fn reshaped(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    cache: &mut SharedMap,
    way: Way<'_>,
) -> Result<Report, RunError> {
    let mut report = Report::default();
    reshape::run(program, batch, settings, cache, way, &mut report)?;
    Ok(report)
}

/// Runs a program that keeps the rows of a batch.
fn run_rows(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    way: Way<'_>,
) -> Result<Report, RunError> {
    let mut run = Run::new(program, batch, settings, way.interpreter());
    // Whoever separated the batch before also regroups it.
    let separates = program.separates.filter(|_| batch.separated().is_none());
    if let Some(level) = separates {
        batch.separate(level, Separation::Passing);
        check_limits(batch)?;
    }
    match way {
        Way::By(_) => {
            for group in &program.groups {
                run.group(batch, group)?;
            }
        }
        Way::Watched(watch) => run.watched(batch, watch)?,
    }
    if separates.is_some() {
        batch.rejoin();
    }
    run.finish(batch)
}

/// The result of a condition or expression for each item.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// One for each item that is not dropped, in order.
    pub values: Vec<Result<Value, ExecError>>,
}

/// Evaluates the conditions or expressions of `program` for every item of `batch`, source by
/// source. Values live in the batch's heap.
///
/// # Errors
/// When the batch outgrows its limit, the program needs more work than the settings allow, or their
/// interrupt says to stop.
///
/// # Panics
/// When the program is for another signal.
pub fn evaluate(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    interpreter: Interpreter,
) -> Result<Vec<Results>, RunError> {
    evaluate_by(program, batch, settings, Way::By(interpreter))
}

pub(crate) fn evaluate_by(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    mut way: Way<'_>,
) -> Result<Vec<Results>, RunError> {
    let mut run = Run::new(program, batch, settings, way.interpreter());
    let parts = 0..program.run_parts();
    parts
        .map(|part| run.results(batch, part, &mut way))
        .collect()
}

/// What a run may spend on a message of `bytes`.
pub(crate) fn meter(settings: &ExecSettings, bytes: usize) -> Meter {
    let meter = Meter::new(settings.limits.work(bytes));
    match &settings.interrupt {
        Some(interrupt) => meter.with_interrupt(Arc::clone(interrupt)),
        None => meter,
    }
}

/// The constants of a program as values of a batch, which also gets what else does not come with
/// the message.
pub(crate) fn constants(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
) -> Vec<Value> {
    if program.uses_request {
        match &settings.request {
            Some(request) => request.hand_over(batch),
            None => Request::default().hand_over(batch),
        }
    }
    program.ready.values(&program.constants, batch.heap_mut())
}

/// A run of a program over a batch.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Program,
    interpreter: Interpreter,
    pub(crate) constants: Vec<Value>,
    pub(crate) state: RunState,
    report: Report,
    /// The first failure in reference order, and with it the row behind the last that counts.
    first: Option<StatementError>,
    masks: Vec<BitSet>,
    /// Items of the run that are in batches before this one.
    pub(crate) items_before: usize,
    /// Memory of a selection that is over.
    spare: Vec<u32>,
}

impl<'a> Run<'a> {
    fn new(
        program: &'a Program,
        batch: &mut Batch,
        settings: &ExecSettings,
        interpreter: Interpreter,
    ) -> Self {
        let meter = Arc::new(meter(settings, batch.heap().input().len()));
        Self::start(program, batch, settings, (interpreter, meter))
    }

    /// A run that spends what other runs spend as well.
    pub(crate) fn start(
        program: &'a Program,
        batch: &mut Batch,
        settings: &ExecSettings,
        (interpreter, meter): (Interpreter, Arc<Meter>),
    ) -> Self {
        assert_eq!(
            program.signal,
            batch.signal(),
            "the program is for another signal than the batch"
        );
        batch.project(&program.projection);
        if program.uses_cache {
            batch.reset_scratch(program.context);
        }
        if program.uses_shared_cache {
            batch.ensure_shared();
        }
        let mut state = RunState::new(settings.clone());
        state.meter = meter;
        batch.heap_mut().set_meter(Arc::clone(&state.meter));
        let constants = constants(program, batch, settings);
        let dropped = batch.dropped(program.context).count();
        let report = Report {
            items: (batch.rows(program.context) - dropped) as u64,
            statements: vec![StatementReport::default(); program.parts.len()],
            errors: Vec::new(),
            routes: Vec::new(),
            merged_points: 0,
        };
        Self {
            program,
            interpreter,
            constants,
            state,
            report,
            first: None,
            masks: vec![BitSet::new(batch.rows(program.context)); program.masks as usize],
            items_before: 0,
            spare: Vec::new(),
        }
    }

    /// Runs all groups, for a program that keeps the rows of a batch where they are.
    pub(crate) fn whole(mut self, batch: &mut Batch) -> Result<Report, RunError> {
        for group in &self.program.groups {
            self.group(batch, group)?;
        }
        self.finish(batch)
    }

    fn group(&mut self, batch: &mut Batch, group: &Group) -> Result<(), RunError> {
        match (&group.mode, self.interpreter) {
            (
                GroupMode::Columns,
                Interpreter::Auto | Interpreter::Columns | Interpreter::Native,
            ) => self.columns(batch, group),
            (GroupMode::Columns, Interpreter::Rows) | (GroupMode::Rows { .. }, _) => {
                let rows = 0..self.limit(batch);
                self.rows(batch, group.parts.clone(), rows)
            }
        }
    }

    /// Rows that still count: with a failure to propagate, those before it.
    fn limit(&self, batch: &Batch) -> usize {
        match &self.first {
            Some(first) => first.item,
            None => batch.rows(self.program.context),
        }
    }

    fn rows(
        &mut self,
        batch: &mut Batch,
        parts: Range<usize>,
        rows: Range<usize>,
    ) -> Result<(), RunError> {
        let constants = std::mem::take(&mut self.constants);
        let mut machine = RowMachine::new(self.program, &constants);
        let context = self.program.context;
        'rows: for row in rows {
            if batch.dropped(context).contains(row) {
                continue;
            }
            for part in parts.clone() {
                if self.row(batch, &mut machine, part, row)? {
                    break 'rows;
                }
            }
        }
        self.constants = constants;
        Ok(())
    }

    /// Runs all parts on one row after the other, which is always allowed.
    fn watched(&mut self, batch: &mut Batch, watch: &mut dyn Watch) -> Result<(), RunError> {
        let context = self.program.context;
        let end = self.program.run_parts();
        let mut from = 0;
        for row in watch.rows(batch, context) {
            self.rows(batch, 0..end, from..row)?;
            if self.first.is_some() {
                return Ok(());
            }
            from = row + 1;
            if batch.dropped(context).contains(row) {
                continue;
            }
            let stepped = self.look(batch, (row, row), watch)?;
            if stepped.stops {
                return Ok(());
            }
            // Statements behind one that dropped the item run for it as well.
            let constants = std::mem::take(&mut self.constants);
            let mut machine = RowMachine::new(self.program, &constants);
            for part in stepped.next..end {
                if self.row(batch, &mut machine, part, row)? {
                    return Ok(());
                }
            }
            drop(machine);
            self.constants = constants;
        }
        self.rows(batch, 0..end, from..batch.rows(context))
    }

    /// Lets somebody look at a row, which has another number in the whole message.
    pub(crate) fn look(
        &mut self,
        batch: &mut Batch,
        (row, item): (usize, usize),
        watch: &mut dyn Watch,
    ) -> Result<Stepped, RunError> {
        let mut stepper = Stepper::new(self, batch, row, item);
        watch.look(&mut stepper)?;
        Ok(stepper.done())
    }

    /// Runs one part for one item, and tells whether its failure ends the run: later rows come
    /// after this one in reference order.
    pub(crate) fn row(
        &mut self,
        batch: &mut Batch,
        machine: &mut RowMachine<'_>,
        part: usize,
        row: usize,
    ) -> Result<bool, RunError> {
        if !self.is_for(part, row) {
            return Ok(false);
        }
        let position = Position {
            context: self.program.context,
            row,
        };
        let (outcome, result) = machine.run(batch, &mut self.state, part, position);
        check_limits(batch)?;
        Ok(self.account(batch, machine, (part, row), (outcome, result)))
    }

    /// Notes what one part did to one item, and tells whether its failure ends the run.
    pub(crate) fn account(
        &mut self,
        batch: &Batch,
        machine: &RowMachine<'_>,
        (part, row): (usize, usize),
        (outcome, result): (RowOutcome, Result<(), ExecError>),
    ) -> bool {
        let report = &mut self.report.statements[part];
        report.matched += u64::from(outcome.matched);
        report.changed += u64::from(outcome.changed);
        match result {
            Err(error) => {
                self.fail(batch, part, row, error);
                self.error_mode(part) == ErrorMode::Propagate
            }
            Ok(()) => {
                if let Some(result) = self.program.parts[part].result {
                    self.sort(part, row, machine.register(result));
                }
                false
            }
        }
    }

    /// Whether a part runs for the item of a row.
    #[inline]
    pub(crate) fn is_for(&self, part: usize, row: usize) -> bool {
        let items = self.program.parts[part].items;
        let is_in = |mask: Mask| self.masks[mask.0 as usize].contains(row);
        items.of.is_none_or(is_in) && !items.without.is_some_and(is_in)
    }

    /// Puts an item where the result of a condition says.
    fn sort(&mut self, part: usize, row: usize, result: Value) {
        let holds = result == Value::Bool(true);
        self.report.statements[part].matched += u64::from(holds);
        let items = self.program.parts[part].items;
        if let Some(mask) = if holds { items.held } else { items.missed } {
            self.masks[mask.0 as usize].insert(row);
        }
    }

    fn error_mode(&self, part: usize) -> ErrorMode {
        let own = self.program.parts[part].error_mode;
        own.unwrap_or(self.state.settings.error_mode)
    }

    fn fail(&mut self, batch: &Batch, statement: usize, item: usize, error: ExecError) {
        self.report.statements[statement].failed += 1;
        let failure = StatementError {
            statement,
            item,
            error,
        };
        match self.error_mode(statement) {
            ErrorMode::Propagate => {
                // Of the same item the statement that came first was recorded first.
                if self.first.as_ref().is_none_or(|first| item < first.item) {
                    self.first = Some(failure);
                }
            }
            ErrorMode::Ignore => {
                self.tell_failure(batch, &failure);
                self.report_failure(failure);
            }
            ErrorMode::Silent => {}
        }
    }

    /// Tells whoever wants to know of a failure that is ignored.
    fn tell_failure(&self, batch: &Batch, failure: &StatementError) {
        let settings = &self.state.settings;
        let Some(sink) = &settings.failures else {
            return;
        };
        let numbered = StatementError {
            item: self.items_before + failure.item,
            ..failure.clone()
        };
        sink.failed(&FailedItem {
            program: self.program,
            batch,
            row: failure.item,
            failure: &numbered,
            environment: &*settings.environment,
        });
    }

    /// Keeps the first failures in reference order, whichever way they were found.
    fn report_failure(&mut self, failure: StatementError) {
        let errors = &mut self.report.errors;
        let order = |error: &StatementError| (error.item, error.statement);
        let at = errors.partition_point(|known| order(known) < order(&failure));
        if at < self.state.settings.limits.max_reported_errors {
            errors.insert(at, failure);
            errors.truncate(self.state.settings.limits.max_reported_errors);
        }
    }

    /// The same, row by row, each after somebody looked at it who wants to.
    fn results_watched(
        &mut self,
        batch: &mut Batch,
        part: usize,
        watch: &mut dyn Watch,
    ) -> Result<Results, RunError> {
        let context = self.program.context;
        let seen = watch.rows(batch, context);
        let mut values = Vec::new();
        for row in 0..batch.rows(context) {
            if batch.dropped(context).contains(row) {
                continue;
            }
            let mut stepper = Stepper::new(self, batch, row, row);
            if seen.binary_search(&row).is_ok() {
                watch.look(&mut stepper)?;
            }
            values.push(stepper.evaluate(part)?);
        }
        Ok(Results { values })
    }

    pub(crate) fn finish(self, batch: &Batch) -> Result<Report, RunError> {
        let (report, result) = self.end(batch);
        result.map(|()| report)
    }

    /// What the run did, and how it ended.
    pub(crate) fn end(mut self, batch: &Batch) -> (Report, Result<(), RunError>) {
        self.report.routes = std::mem::take(&mut self.state.routes);
        let rows = batch.rows(self.program.context);
        self.report
            .routes
            .resize(self.program.outputs.len(), BitSet::default());
        for route in &mut self.report.routes {
            if route.len() < rows {
                *route = BitSet::new(rows);
            }
        }
        if let Some(first) = &self.first {
            // Those behind it have not been run over, as far as anybody is concerned.
            self.report.items = self.report.items.min(first.item as u64 + 1);
        }
        let failed = self.first.map(RunError::Statement);
        let result = check_limits(batch).and(failed.map_or(Ok(()), Err));
        (self.report, result)
    }
}

/// Tells a limit that was hit before anybody trusts what was made since.
pub(crate) fn check_limits(batch: &Batch) -> Result<(), RunError> {
    let heap = batch.heap();
    if heap.exhausted() {
        return Err(RunError::OutOfMemory);
    }
    match heap.meter().stopped() {
        Some(stop) => Err(stop.into()),
        None => Ok(()),
    }
}

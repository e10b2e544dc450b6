//! Running programs that make other metrics of metrics.
//!
//! Such a program runs metric by metric in the order of the reference, whose loop also visits the
//! metrics that were appended on the way: each metric with what surrounds it is a small message
//! of its own. A metric that is replaced is read anew, and what the statements before
//! it know of it, the cache and the masks, goes on with it.

use std::collections::VecDeque;
use std::sync::Arc;

use otlp_columns::metric::Metric;
use otlp_columns::pieces::{Pieces, Place};
use otlp_columns::{Batch, BitSet, Level, Meter, Separation, SharedMap};

use crate::access::Position;
use crate::context::CallContext;
use crate::environment::ExecSettings;
use crate::report::{Report, RunError};
use crate::row::RowMachine;
use crate::run::{Run, check_limits, constants, meter};
use crate::step::{Watch, Way};
use crate::{ExecError, Interpreter, Program};

/// What a function asked for to become of the metric it was called for.
#[derive(Debug, Default)]
pub(crate) struct Reshaped {
    /// The metric that takes its place.
    pub(crate) replaced: Option<Vec<u8>>,
    /// The metrics that are appended to its scope.
    pub(crate) appended: Vec<Vec<u8>>,
}

impl CallContext<'_> {
    /// The metric that the item is or belongs to, with all changes made so far.
    ///
    /// # Errors
    /// When the run has to stop.
    ///
    /// # Panics
    /// When the item has no metric.
    pub fn metric(&mut self) -> Result<Metric, ExecError> {
        let Position { context, row } = self.position;
        let row = self.batch.ancestor(context, row, Level::Metric);
        let message = self.batch.encode_row(Level::Metric, row);
        self.spend(message.len() as u64 / BYTES_PER_UNIT)?;
        Metric::read(&message).map_err(|error| ExecError::new(error.to_string()))
    }

    /// Puts another metric in the place of the item's.
    ///
    /// # Errors
    /// When the run has to stop.
    pub fn replace_metric(&mut self, metric: &Metric) -> Result<(), ExecError> {
        let message = metric.to_bytes();
        self.spend(message.len() as u64 / BYTES_PER_UNIT)?;
        self.changed |= self.is_new(&message);
        self.state.reshaped.replaced = Some(message);
        Ok(())
    }

    /// Whether a metric says something else than the item's. The same can be written in many ways,
    /// which hardly ever differ in length.
    fn is_new(&self, message: &[u8]) -> bool {
        let Position { context, row } = self.position;
        let row = self.batch.ancestor(context, row, Level::Metric);
        let known = self.batch.encode_row(Level::Metric, row);
        known.len() != message.len()
            || known != message
                && Metric::read(&known).is_ok_and(|known| known.to_bytes() != message)
    }

    /// Appends a metric to the scope of the item's. Statements run for it as well, when they have run
    /// for all metrics before it.
    ///
    /// # Errors
    /// When the run has to stop.
    pub fn append_metric(&mut self, metric: &Metric) -> Result<(), ExecError> {
        let message = metric.to_bytes();
        self.spend(message.len() as u64 / BYTES_PER_UNIT)?;
        self.state.reshaped.appended.push(message);
        self.changed = true;
        Ok(())
    }
}

/// Bytes that are read or written for one unit of work.
const BYTES_PER_UNIT: u64 = 8;

/// Units of work to begin with a metric, and to read one that takes its place.
const UNITS_PER_METRIC: u64 = 1_000;

/// Runs a program metric by metric. `cache` is what items share, if the program uses that. What was
/// done comes to `report`, also when a statement failed.
pub(crate) fn run(
    program: &Program,
    batch: &mut Batch,
    settings: &ExecSettings,
    cache: &mut SharedMap,
    way: Way<'_>,
    report: &mut Report,
) -> Result<(), RunError> {
    let message = batch.try_encode().map_err(grown)?;
    let followed = batch.followed().map(|(level, _)| level);
    let places = batch.followed_places();
    let most = message.len().saturating_add(batch.max_growth());
    batch.project(&program.projection);
    let pieces = Pieces::of(&message)
        .expect("what was encoded is well formed")
        .separated(program.separates.is_some());
    let meter = Arc::new(meter(settings, message.len()));
    let mut looks = None;
    if let Way::Watched(watch) = way {
        let mut before = batch.with_message(message).map_err(grown)?;
        if let Some(level) = followed {
            before.follow_places(level, &places);
        }
        let rows = watch.rows(&before, program.context);
        looks = Some(Looks {
            watch,
            rows: rows.into(),
            next: pieces.first(),
            original: pieces.clone(),
            before: 0,
        });
    }
    let mut whole = Whole::new(program, pieces, meter, cache);
    let mut next = whole.pieces.first();
    while let Some(place) = next {
        if let Err(error) = whole.metric(program, batch, settings, (place, looks.as_mut())) {
            *report = whole.report;
            return Err(error);
        }
        if whole.pieces.metric_bytes() > most {
            return Err(RunError::OutOfMemory);
        }
        next = whole.pieces.after(place);
    }
    let message = whole.pieces.assemble(most).ok_or(RunError::OutOfMemory)?;
    *batch = batch.with_message(message).map_err(grown)?;
    if let Some(level) = followed {
        let places = places
            .iter()
            .flat_map(|place| whole.pieces.places_of(place));
        batch.follow_places(level, &places.collect::<Vec<_>>());
    }
    if whole.pieces.has_moved() {
        batch.separate(Level::Metric, Separation::Passing);
        check_limits(batch)?;
    }
    let rows = batch.rows(program.context);
    whole.report.routes = whole
        .routes
        .iter()
        .map(|routed| {
            let mut route = BitSet::new(rows);
            routed.iter().for_each(|&row| route.insert(row));
            route
        })
        .collect();
    *report = whole.report;
    Ok(())
}

/// A message that cannot be written or read again is one that grew too much.
fn grown<E>(_: E) -> RunError {
    RunError::OutOfMemory
}

/// A failure in a message of its own, as one of the whole message.
fn behind(items: usize, error: RunError) -> RunError {
    match error {
        RunError::Statement(mut error) => {
            error.item += items;
            RunError::Statement(error)
        }
        limit => limit,
    }
}

/// Who looks at which rows.
struct Looks<'w> {
    watch: &'w mut dyn Watch,
    /// The rows that are still to be seen, among those of the message.
    rows: VecDeque<usize>,
    /// The message before the run. Metrics that are appended have no rows there.
    original: Pieces,
    /// The next metric of the message.
    next: Option<Place>,
    /// How many rows there are in those before.
    before: usize,
}

impl Looks<'_> {
    /// The rows of the metric at a place that are to be seen, and the number of its first row. It
    /// has `rows`.
    fn enter(&mut self, place: Place, rows: usize) -> (VecDeque<usize>, usize) {
        if self.next != Some(place) {
            return (VecDeque::new(), 0);
        }
        let first = self.before;
        self.next = self.original.after(place);
        self.before += rows;
        let mut own = VecDeque::new();
        while let Some(row) = self.rows.pop_front_if(|row| *row < first + rows) {
            own.push_back(row - first);
        }
        (own, first)
    }
}

/// A run over all metrics.
struct Whole<'a> {
    pieces: Pieces,
    meter: Arc<Meter>,
    report: Report,
    /// For each output the rows that were routed to it, among those that are left.
    routes: Vec<Vec<usize>>,
    /// Number of rows that are left.
    rows: usize,
    cache: &'a mut SharedMap,
}

impl<'a> Whole<'a> {
    fn new(program: &Program, pieces: Pieces, meter: Arc<Meter>, cache: &'a mut SharedMap) -> Self {
        Self {
            pieces,
            meter,
            report: Report {
                statements: vec![Default::default(); program.parts.len()],
                ..Report::default()
            },
            routes: vec![Vec::new(); program.outputs.len()],
            rows: 0,
            cache,
        }
    }

    /// The metric at a place as a message of its own, and the run over it.
    fn enter<'p>(
        &mut self,
        program: &'p Program,
        batch: &Batch,
        settings: &ExecSettings,
        place: Place,
    ) -> Result<(Batch, Run<'p>), RunError> {
        let single = self.pieces.single(place);
        let mut single = batch.with_message(single).map_err(grown)?;
        let meter = Arc::clone(&self.meter);
        let run = Run::start(program, &mut single, settings, (Interpreter::Rows, meter));
        if program.uses_shared_cache {
            single.load_shared(self.cache);
        }
        run.spend(&single)?;
        Ok((single, run))
    }

    /// Runs a program over the metric at a place.
    fn metric(
        &mut self,
        program: &Program,
        batch: &Batch,
        settings: &ExecSettings,
        (place, mut looks): (Place, Option<&mut Looks<'_>>),
    ) -> Result<(), RunError> {
        let (mut single, mut run) = self.enter(program, batch, settings, place)?;
        run.items_before = self.report.items as usize;
        let rows = single.rows(program.context);
        let (mut seen, first) = looks
            .as_mut()
            .map_or_else(Default::default, |looks| looks.enter(place, rows));
        let mut at = Cursor::default();
        let mut appended = Vec::new();
        loop {
            let until = seen.front().copied();
            run.go_on(&mut single, &mut at, until.unwrap_or(usize::MAX))?;
            let reshaped = std::mem::take(&mut run.state.reshaped);
            appended.extend(reshaped.appended);
            match reshaped.replaced {
                Some(metric) => run.replace(&mut single, &metric)?,
                None if at.row >= single.rows(program.context) => break,
                None => {}
            }
            if let Some(looks) = looks.as_mut()
                && Some(at.row) == until
                && at.part == 0
                && at.row < single.rows(program.context)
            {
                seen.pop_front();
                if single.dropped(program.context).contains(at.row) {
                    continue;
                }
                let row = (at.row, first + at.row);
                let stepped = run.look(&mut single, row, looks.watch)?;
                appended.extend(stepped.appended);
                at.part = stepped.next;
                if stepped.stops {
                    at.row = single.rows(program.context);
                    at.part = 0;
                }
            }
        }
        let limit = settings.limits.max_shared_bytes;
        if !single.save_shared(self.cache, limit) {
            return Err(RunError::SharedCacheFull(limit));
        }
        let dropped = single.dropped(program.context).clone();
        let rows = single.rows(program.context);
        let before = self.report.items as usize;
        let (mut report, result) = run.end(&single);
        report
            .errors
            .iter_mut()
            .for_each(|error| error.item += before);
        if let Err(error) = result {
            self.report
                .merge(&report, settings.limits.max_reported_errors);
            return Err(behind(before, error));
        }
        // Rows that are dropped have no number in the message that comes out.
        for row in (0..rows).filter(|row| !dropped.contains(*row)) {
            for (route, routed) in self.routes.iter_mut().zip(&report.routes) {
                if routed.contains(row) {
                    route.push(self.rows);
                }
            }
            self.rows += 1;
        }
        self.report
            .merge(&report, settings.limits.max_reported_errors);
        let message = single.try_encode().map_err(grown)?;
        self.pieces.put_back(place, &message).map_err(grown)?;
        // They have what is around this metric, with its changes.
        for metric in appended {
            self.pieces.append(place, metric.into());
        }
        Ok(())
    }
}

/// How far a metric has come.
#[derive(Debug, Default)]
struct Cursor {
    row: usize,
    part: usize,
}

impl Run<'_> {
    /// Runs on until the metric is to be replaced, a metric is to be appended, a row is reached, or
    /// all is done.
    fn go_on(&mut self, batch: &mut Batch, at: &mut Cursor, until: usize) -> Result<(), RunError> {
        let constants = std::mem::take(&mut self.constants);
        let mut machine = RowMachine::new(self.program, &constants);
        let all = batch.rows(self.program.context);
        let rows = all.min(until);
        while at.row < rows && !self.state.reshaped.is_due() {
            let is_dropped = batch.dropped(self.program.context).contains(at.row);
            if at.part == self.program.run_parts() || is_dropped {
                at.row += 1;
                at.part = 0;
                continue;
            }
            let stops = self.row(batch, &mut machine, at.part, at.row)?;
            at.part += 1;
            if stops {
                at.row = all;
            }
        }
        self.constants = constants;
        Ok(())
    }

    /// Reads a metric in the place of the one that is there.
    pub(crate) fn replace(&mut self, batch: &mut Batch, metric: &[u8]) -> Result<(), RunError> {
        // Statements may have changed the resource and the scope.
        let message = batch.try_encode().map_err(grown)?;
        let around = Pieces::of(&message).map_err(grown)?;
        let message = around.single_with(Place::default(), metric);
        let mut next = batch.with_message(message).map_err(grown)?;
        next.heap_mut().set_meter(Arc::clone(&self.state.meter));
        if self.program.uses_cache {
            next.adopt_scratch(self.program.context, batch);
        }
        next.adopt_shared(batch);
        *batch = next;
        self.constants = constants(self.program, batch, &self.state.settings);
        self.spend(batch)
    }

    /// Spends what it took to read a metric with what surrounds it and to make the constants, and
    /// what it takes to write it.
    fn spend(&self, batch: &Batch) -> Result<(), RunError> {
        let made = batch.max_growth().saturating_sub(batch.heap().room());
        let bytes = (batch.heap().input().len() + made) as u64;
        let parts = self.program.parts.len() as u64;
        // A refusal is sticky.
        let _ = batch
            .heap()
            .meter()
            .spend(UNITS_PER_METRIC + parts + bytes / BYTES_PER_UNIT);
        check_limits(batch)
    }
}

impl Reshaped {
    fn is_due(&self) -> bool {
        self.replaced.is_some() || !self.appended.is_empty()
    }
}

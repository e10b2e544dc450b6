//! Compiled scripts, conditions and expressions.

use std::sync::Arc;

use bytes::Bytes;
use otlp_columns::{
    Batch, BatchLimits, BitSet, DecodeError, EncodeError, Interrupt, Pool, Projection,
    SharedMap as SharedCache, Signal, Value,
};
use ottl_compiler::Probes;
use ottl_syntax::Diagnostic;
use ottl_vm::path::Context;
use ottl_vm::{
    Environment, ExecError, ExecSettings, FailureSink, Interpreter, Program, Report, RunError,
    Watch, evaluate_watched, run_shared, run_watched,
};

use crate::RunContext;
use crate::samples::{Sampler, Samples};

/// A compiled script. It keeps nothing of the batches it runs over and can be shared by threads.
#[derive(Debug)]
pub struct Script {
    pub(crate) program: Program,
    warnings: Vec<Diagnostic>,
    pub(crate) settings: ExecSettings,
    pub(crate) interpreter: Interpreter,
    pub(crate) limits: BatchLimits,
    pool: Arc<Pool>,
    pub(crate) merges_points: bool,
    sampler: Option<Arc<Sampler>>,
    probes: Option<Box<Probes>>,
}

impl Script {
    pub(crate) fn new(
        program: Program,
        warnings: Vec<Diagnostic>,
        settings: ExecSettings,
        interpreter: Interpreter,
        (limits, pool): (BatchLimits, Arc<Pool>),
    ) -> Self {
        Self {
            program,
            warnings,
            settings,
            interpreter,
            limits,
            pool,
            merges_points: false,
            sampler: None,
            probes: None,
        }
    }

    /// The same script, whose conditions can be looked into.
    pub(crate) fn with_probes(mut self, probes: Option<Probes>) -> Self {
        self.probes = probes.map(Box::new);
        self
    }

    /// What tells why conditions did not hold.
    pub(crate) fn probes(&self) -> Option<&Probes> {
        self.probes.as_deref()
    }

    pub(crate) fn environment(&self) -> &Arc<dyn Environment> {
        &self.settings.environment
    }

    /// The same script, which makes samples of failures.
    pub(crate) fn with_samples(self, samples: Option<Samples>) -> Self {
        match samples {
            Some(samples) => self.with_sampler(Sampler::new(samples, Vec::new())),
            None => self,
        }
    }

    /// The same script, whose statements stand at these bytes of the file they come from.
    pub(crate) fn with_places(self, places: Vec<usize>) -> Self {
        match self
            .sampler
            .as_ref()
            .map(|sampler| sampler.samples().clone())
        {
            Some(samples) => self.with_sampler(Sampler::new(samples, places)),
            None => self,
        }
    }

    fn with_sampler(mut self, sampler: Sampler) -> Self {
        let sampler = Arc::new(sampler);
        self.settings.failures = Some(Arc::clone(&sampler) as Arc<dyn FailureSink>);
        self.sampler = Some(sampler);
        self
    }

    /// For each statement how often it failed under
    /// [`ErrorMode::Ignore`](crate::ErrorMode::Ignore) without a sample since its last one; zeros
    /// where no samples are made. See [`samples`](crate::samples).
    #[must_use]
    pub fn suppressed_samples(&self) -> Vec<u64> {
        let statements = self.program.parts.len();
        match &self.sampler {
            Some(sampler) => sampler.suppressed(statements),
            None => vec![0; statements],
        }
    }

    /// Whether a run over metrics ends with merging points. What that needs is read with the rest.
    pub(crate) fn with_merged_points(mut self, merges: bool) -> Self {
        self.merges_points = merges && self.program.signal == Signal::Metrics;
        if self.merges_points {
            self.program.projection.merge(&Batch::merge_projection());
        }
        self
    }

    /// What is legal but will not do what was meant.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The context, given or inferred.
    #[must_use]
    pub fn context(&self) -> Context {
        self.program.context
    }

    /// The compiled program, to look at.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Source texts of the statements.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.program.parts.iter().map(|part| part.source.as_str())
    }

    /// Reads a message with just what the script needs, which saves [`Script::run`] a second pass.
    ///
    /// # Errors
    /// When the bytes are not a well-formed message of the script's signal.
    pub fn decode(&self, message: impl Into<Bytes>) -> Result<Batch, DecodeError> {
        self.decode_projected(message.into(), &self.program.projection)
    }

    /// The same with what others need as well.
    pub(crate) fn decode_projected(
        &self,
        message: Bytes,
        projection: &Projection,
    ) -> Result<Batch, DecodeError> {
        let signal = self.program.signal;
        Batch::decode_pooled(signal, message, projection, self.limits, &self.pool)
    }

    /// Runs the script over every item of a batch, and merges data points where the engine says so.
    ///
    /// # Errors
    /// When a statement fails under [`ErrorMode::Propagate`](crate::ErrorMode::Propagate), or the
    /// script makes more data or needs more work than the limits allow. The batch must then not be
    /// used further.
    ///
    /// # Panics
    /// When the batch is of another signal than the script.
    pub fn run(&self, batch: &mut Batch) -> Result<Report, RunError> {
        self.run_settings(batch, &self.settings)
    }

    /// The same with what comes from outside for this run.
    ///
    /// # Errors
    /// As [`Script::run`], and [`RunError::Interrupted`].
    ///
    /// # Panics
    /// When the batch is of another signal than the script.
    pub fn run_with(&self, batch: &mut Batch, context: &RunContext) -> Result<Report, RunError> {
        self.run_settings(batch, &context.apply(&self.settings))
    }

    /// The same until `interrupt` says `true`, which is asked when the run begins its work and
    /// some thousand times a second from then on. So the run keeps to a deadline, or is stopped by
    /// another thread.
    ///
    /// ```
    /// # use ottl::{Engine, RunError, Signal};
    /// use std::sync::Arc;
    /// use std::time::{Duration, Instant};
    ///
    /// # let script = Engine::default().compile(Signal::Traces, None, "set(span.name, \"x\")")?;
    /// # let mut batch = script.decode(vec![10, 4, 18, 2, 18, 0])?;
    /// let deadline = Instant::now() + Duration::from_secs(60);
    /// let report = script.run_until(&mut batch, Arc::new(move || Instant::now() >= deadline))?;
    /// assert_eq!(report.statements[0].changed, 1);
    ///
    /// let stopped = script.run_until(&mut batch, Arc::new(|| true));
    /// assert_eq!(stopped, Err(RunError::Interrupted));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Script::run`], and [`RunError::Interrupted`].
    ///
    /// # Panics
    /// When the batch is of another signal than the script.
    pub fn run_until(
        &self,
        batch: &mut Batch,
        interrupt: Arc<Interrupt>,
    ) -> Result<Report, RunError> {
        self.run_with(batch, &RunContext::default().with_interrupt(interrupt))
    }

    /// The same as [`Script::run_with`], for a script whose
    /// engine has a [shared cache](crate::Engine::with_shared_cache): it begins with what earlier
    /// runs left in `cache`, and leaves its own there. Nothing comes to `cache` when the run hits a
    /// limit.
    ///
    /// ```
    /// # use ottl::{Engine, RunContext, SharedCache, Signal};
    /// let engine = Engine::default().with_shared_cache(true);
    /// let statements = r#"
    ///     set(span.attributes["before"], span.cache["last"])
    ///     set(span.cache["last"], span.name)
    /// "#;
    /// let script = engine.compile(Signal::Traces, None, statements)?;
    /// let mut cache = SharedCache::default();
    /// # let message = ottl::json::to_wire(
    /// #     Signal::Traces,
    /// #     br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"name":"b"}]}]}]}"#,
    /// # )?;
    /// let mut batch = script.decode(message)?; // with the spans a and b
    /// let report = script.run_shared(&mut batch, &mut cache, &RunContext::default())?;
    /// assert_eq!(report.statements[0].changed, 2, "the first span gets an empty value");
    /// assert_eq!(cache.len(), 1, "the next run finds the last name");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Script::run_until`], and [`RunError::SharedCacheFull`] when too much is left in the
    /// cache.
    ///
    /// # Panics
    /// When the batch is of another signal than the script.
    pub fn run_shared(
        &self,
        batch: &mut Batch,
        cache: &mut SharedCache,
        context: &RunContext,
    ) -> Result<Report, RunError> {
        let settings = context.apply(&self.settings);
        let report = run_shared(&self.program, batch, &settings, self.interpreter, cache)?;
        self.merge_points(batch, report)
    }

    /// Runs the script item by item and tells what it did before a failure, too; see
    /// [`ottl_vm::run_in_order`]. Data points are not merged.
    pub(crate) fn run_in_order(
        &self,
        batch: &mut Batch,
        cache: &mut SharedCache,
        context: &RunContext,
        report: &mut Report,
    ) -> Result<(), RunError> {
        let settings = context.apply(&self.settings);
        ottl_vm::run_in_order(&self.program, batch, &settings, cache, report)
    }

    /// The same as [`Script::run_with`], or [`Script::run_shared`] with a cache, while somebody looks
    /// at items.
    pub(crate) fn run_watched(
        &self,
        batch: &mut Batch,
        cache: Option<&mut SharedCache>,
        context: &RunContext,
        watch: &mut dyn Watch,
    ) -> Result<Report, RunError> {
        let settings = context.apply(&self.settings);
        let report = run_watched(&self.program, batch, &settings, cache, watch)?;
        self.merge_points(batch, report)
    }

    fn run_settings(&self, batch: &mut Batch, settings: &ExecSettings) -> Result<Report, RunError> {
        let report = ottl_vm::run(&self.program, batch, settings, self.interpreter)?;
        self.merge_points(batch, report)
    }

    fn merge_points(&self, batch: &mut Batch, mut report: Report) -> Result<Report, RunError> {
        if self.merges_points {
            report.merged_points = batch.merge_points() as u64;
            if batch.heap().exhausted() {
                return Err(RunError::OutOfMemory);
            }
        }
        Ok(report)
    }

    /// Names of the outputs that the script can route items to.
    #[must_use]
    pub fn outputs(&self) -> &[String] {
        &self.program.outputs
    }

    /// What a run over `batch` routed to each output, in the order of [`Script::outputs`]. `report`
    /// is that of the run, and nothing may have run over the batch since.
    pub fn routed<'a>(
        &'a self,
        batch: &'a Batch,
        report: &'a Report,
    ) -> impl Iterator<Item = Routed<'a>> {
        let names = self.program.outputs.iter().zip(&report.routes);
        names.map(|(output, rows)| Routed {
            output,
            rows,
            context: self.program.context,
            batch,
        })
    }

    fn evaluate(
        &self,
        batch: &mut Batch,
        settings: &ExecSettings,
    ) -> Result<Vec<Result<Value, ExecError>>, RunError> {
        let results = ottl_vm::evaluate(&self.program, batch, settings, self.interpreter)?;
        Ok(results
            .into_iter()
            .flat_map(|results| results.values)
            .collect())
    }
}

/// What a run routed to one output.
#[derive(Clone, Copy, Debug)]
pub struct Routed<'a> {
    output: &'a str,
    rows: &'a BitSet,
    context: Context,
    batch: &'a Batch,
}

impl<'a> Routed<'a> {
    /// The name of the output.
    #[must_use]
    pub fn output(&self) -> &'a str {
        self.output
    }

    /// How many items of the script's context there are, not counting those that were dropped.
    #[must_use]
    pub fn count(&self) -> usize {
        let dropped = self.batch.dropped(self.context);
        let is_left = |row: &usize| !dropped.contains(*row);
        self.rows.iter().filter(is_left).count()
    }

    /// The message with just these items; an empty one when there are none.
    ///
    /// # Errors
    /// When the message would be longer than the limits of the batch allow.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        self.batch.try_encode_rows(self.context, self.rows)
    }
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    script: Script,
}

/// Which items a condition holds for, by their rows in the batch: what
/// [`Batch::encode_rows`](crate::Batch::encode_rows) takes. A row that was dropped is in neither
/// part.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// The rows it holds for, out of all rows of the context.
    pub matched: BitSet,
    /// The rows it could not be evaluated for, and why.
    pub failed: Vec<(usize, ExecError)>,
}

impl Condition {
    pub(crate) fn new(script: Script) -> Self {
        Self { script }
    }

    /// The context, given or inferred.
    #[must_use]
    pub fn context(&self) -> Context {
        self.script.context()
    }

    /// Asks for every item of a batch that is not dropped.
    ///
    /// # Errors
    /// When evaluating makes more data or needs more work than the limits allow.
    ///
    /// # Panics
    /// When the batch is of another signal than the condition.
    pub fn eval(&self, batch: &mut Batch) -> Result<Mask, RunError> {
        self.eval_settings(batch, &self.script.settings)
    }

    /// The same with what comes from outside for this run.
    ///
    /// # Errors
    /// As [`Condition::eval`], and [`RunError::Interrupted`].
    ///
    /// # Panics
    /// When the batch is of another signal than the condition.
    pub fn eval_with(&self, batch: &mut Batch, context: &RunContext) -> Result<Mask, RunError> {
        self.eval_settings(batch, &context.apply(&self.script.settings))
    }

    /// The same until `interrupt` says `true`; see [`Script::run_until`].
    ///
    /// # Errors
    /// As [`Condition::eval`], and [`RunError::Interrupted`].
    ///
    /// # Panics
    /// When the batch is of another signal than the condition.
    pub fn eval_until(
        &self,
        batch: &mut Batch,
        interrupt: Arc<Interrupt>,
    ) -> Result<Mask, RunError> {
        self.eval_with(batch, &RunContext::default().with_interrupt(interrupt))
    }

    fn eval_settings(&self, batch: &mut Batch, settings: &ExecSettings) -> Result<Mask, RunError> {
        let results = self.script.evaluate(batch, settings)?;
        Ok(self.mask(batch, results))
    }

    /// The same as [`Condition::eval_with`], while somebody looks at items.
    pub(crate) fn eval_watched(
        &self,
        batch: &mut Batch,
        context: &RunContext,
        watch: &mut dyn Watch,
    ) -> Result<Mask, RunError> {
        let settings = context.apply(&self.script.settings);
        let results = evaluate_watched(&self.script.program, batch, &settings, watch)?;
        let results = results.into_iter().flat_map(|results| results.values);
        Ok(self.mask(batch, results))
    }

    /// The script with nothing but the condition.
    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    fn mask(
        &self,
        batch: &Batch,
        results: impl IntoIterator<Item = Result<Value, ExecError>>,
    ) -> Mask {
        let dropped = batch.dropped(self.context());
        let rows = batch.rows(self.context());
        let mut mask = Mask {
            matched: BitSet::new(rows),
            failed: Vec::new(),
        };
        let items = (0..rows).filter(|row| !dropped.contains(*row));
        for (row, result) in items.zip(results) {
            match result {
                Ok(Value::Bool(true)) => mask.matched.insert(row),
                Ok(_) => {}
                Err(error) => mask.failed.push((row, error)),
            }
        }
        mask
    }
}

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    script: Script,
}

impl Expression {
    pub(crate) fn new(script: Script) -> Self {
        Self { script }
    }

    /// The context, given or inferred.
    #[must_use]
    pub fn context(&self) -> Context {
        self.script.context()
    }

    /// The value for every item of a batch, in order; dropped items are left out. Values live in
    /// the batch's heap.
    ///
    /// # Errors
    /// When evaluating makes more data or needs more work than the limits allow.
    ///
    /// # Panics
    /// When the batch is of another signal than the expression.
    pub fn eval(&self, batch: &mut Batch) -> Result<Vec<Result<Value, ExecError>>, RunError> {
        self.script.evaluate(batch, &self.script.settings)
    }

    /// The same with what comes from outside for this run.
    ///
    /// # Errors
    /// As [`Expression::eval`], and [`RunError::Interrupted`].
    ///
    /// # Panics
    /// When the batch is of another signal than the expression.
    pub fn eval_with(
        &self,
        batch: &mut Batch,
        context: &RunContext,
    ) -> Result<Vec<Result<Value, ExecError>>, RunError> {
        let settings = context.apply(&self.script.settings);
        self.script.evaluate(batch, &settings)
    }

    /// The same until `interrupt` says `true`; see [`Script::run_until`].
    ///
    /// # Errors
    /// As [`Expression::eval`], and [`RunError::Interrupted`].
    ///
    /// # Panics
    /// When the batch is of another signal than the expression.
    pub fn eval_until(
        &self,
        batch: &mut Batch,
        interrupt: Arc<Interrupt>,
    ) -> Result<Vec<Result<Value, ExecError>>, RunError> {
        self.eval_with(batch, &RunContext::default().with_interrupt(interrupt))
    }
}

//! Compiled scripts, conditions and expressions.

use bytes::Bytes;
use otlp_columns::{Batch, BatchLimits, BitSet, DecodeError, EncodeError, Signal, Value};
use ottl_syntax::Diagnostic;
use ottl_vm::path::Context;
use ottl_vm::{Engine as Interpreter, ExecError, ExecSettings, Program, Report, RunError};

/// A compiled script. It keeps nothing of the batches it runs over and can be shared by threads.
#[derive(Debug)]
pub struct Script {
    program: Program,
    warnings: Vec<Diagnostic>,
    settings: ExecSettings,
    interpreter: Interpreter,
    limits: BatchLimits,
    merges_points: bool,
}

impl Script {
    pub(crate) fn new(
        program: Program,
        warnings: Vec<Diagnostic>,
        settings: ExecSettings,
        interpreter: Interpreter,
        limits: BatchLimits,
    ) -> Self {
        Self {
            program,
            warnings,
            settings,
            interpreter,
            limits,
            merges_points: false,
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
        Batch::decode_projected(
            self.program.signal,
            message,
            &self.program.projection,
            self.limits,
        )
    }

    /// Runs the script over every item of a batch, and merges data points where the engine says so.
    ///
    /// # Errors
    /// When a statement fails under [`ErrorMode::Propagate`](crate::ErrorMode::Propagate), or the
    /// script makes more data than the limits allow. The batch must then not be used further.
    ///
    /// # Panics
    /// When the batch is of another signal than the script.
    pub fn run(&self, batch: &mut Batch) -> Result<Report, RunError> {
        let mut report = ottl_vm::run(&self.program, batch, &self.settings, self.interpreter)?;
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

    /// For each output the message with just the items that were routed to it.
    ///
    /// # Errors
    /// When a message would be longer than the limits of the batch allow.
    pub fn routed(
        &self,
        batch: &Batch,
        report: &Report,
    ) -> Result<Vec<(&str, Bytes)>, EncodeError> {
        let names = self.program.outputs.iter().map(String::as_str);
        names
            .zip(&report.routes)
            .map(|(name, rows)| Ok((name, batch.try_encode_rows(self.program.context, rows)?)))
            .collect()
    }

    fn evaluate(&self, batch: &mut Batch) -> Result<Vec<Result<Value, ExecError>>, RunError> {
        let results = ottl_vm::evaluate(&self.program, batch, &self.settings, self.interpreter)?;
        Ok(results
            .into_iter()
            .flat_map(|results| results.values)
            .collect())
    }
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    script: Script,
}

/// Which items a condition holds for.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// The items it holds for.
    pub matched: BitSet,
    /// The items it could not be evaluated for, and why.
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

    /// Asks for every item of a batch, in order; dropped items are left out.
    ///
    /// # Errors
    /// When evaluating makes more data than the limits allow.
    ///
    /// # Panics
    /// When the batch is of another signal than the condition.
    pub fn eval(&self, batch: &mut Batch) -> Result<Mask, RunError> {
        let results = self.script.evaluate(batch)?;
        let mut mask = Mask {
            matched: BitSet::new(results.len()),
            failed: Vec::new(),
        };
        for (item, result) in results.into_iter().enumerate() {
            match result {
                Ok(Value::Bool(true)) => mask.matched.insert(item),
                Ok(_) => {}
                Err(error) => mask.failed.push((item, error)),
            }
        }
        Ok(mask)
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
    /// When evaluating makes more data than the limits allow.
    ///
    /// # Panics
    /// When the batch is of another signal than the expression.
    pub fn eval(&self, batch: &mut Batch) -> Result<Vec<Result<Value, ExecError>>, RunError> {
        self.script.evaluate(batch)
    }
}

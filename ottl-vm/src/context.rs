//! What a kernel sees of the item it is called for.

mod arguments;
mod places;

use std::sync::Arc;

use otlp_columns::{Batch, BitSet, Heap, Meter, Piece, Slice, Value};

use crate::access::Position;
use crate::environment::{Environment, ExecSettings};
use crate::program::{Call, CallArg, PathUse, Program};
use crate::reshape::Reshaped;
use crate::row::RowMachine;
use crate::slots::Slots;
use crate::zones::Zones;
use crate::{CompareOp, ExecError, RunLimits, TextBuilder, compare, limits, text, text_builder};

pub use self::arguments::ListArg;

/// What belongs to a run rather than to an item.
#[derive(Debug)]
pub struct RunState {
    pub(crate) settings: ExecSettings,
    pub(crate) zones: Zones,
    /// The reasons behind [`Value::Error`] of the statement that is running.
    pub(crate) errors: Vec<ExecError>,
    /// For each output the rows that were routed to it.
    pub(crate) routes: Vec<BitSet>,
    /// What may be spent; the heap of the batch has the same.
    pub(crate) meter: Arc<Meter>,
    /// The text that was made last, for its memory.
    text: Option<TextBuilder>,
    /// How often lambdas may still be called for the item by the outermost call.
    pub(crate) iterations: u64,
    /// What is to become of the metric.
    pub(crate) reshaped: Reshaped,
    /// Registers of lambdas that are not running, for their memory.
    frames: Vec<Vec<Value>>,
}

/// Text memory up to this size is kept for the next text.
const KEPT_TEXT: usize = 1 << 20;

impl RunState {
    /// A fresh run.
    #[must_use]
    pub fn new(settings: ExecSettings) -> Self {
        Self {
            settings,
            zones: Zones::default(),
            errors: Vec::new(),
            routes: Vec::new(),
            meter: Arc::default(),
            text: None,
            iterations: 0,
            reshaped: Reshaped::default(),
            frames: Vec::new(),
        }
    }

    /// Whether the run has to stop.
    #[inline]
    pub(crate) fn must_stop(&self) -> bool {
        self.meter.stopped().is_some()
    }

    /// A value that stands for an error until somebody looks at it.
    #[cold]
    #[must_use]
    pub fn defer(&mut self, error: ExecError) -> Value {
        let index = self.errors.len() as u32;
        self.errors.push(error);
        Value::Error(index)
    }

    /// The result of an access, which failed with the error that a key stands for if it got to that
    /// key. Keys are looked at one after the other, and those behind a missing entry never.
    #[inline]
    pub(crate) fn explain<T>(
        &self,
        result: Result<T, ExecError>,
        keys: &[Value],
    ) -> Result<T, ExecError> {
        result.map_err(|error| {
            let failed = keys.iter().find_map(|&key| self.check(key).err());
            failed.unwrap_or(error)
        })
    }

    /// The value, or the error it stands for.
    #[inline]
    pub(crate) fn check(&self, value: Value) -> Result<Value, ExecError> {
        match value {
            Value::Error(index) => Err(self.errors[index as usize].clone()),
            value => Ok(value),
        }
    }
}

/// The arguments of one call for one item, and the means to work with them.
///
/// Parameters are numbered as in the signature. Arguments were evaluated before the call; an
/// argument whose evaluation failed fails when it is looked at, and not before.
#[derive(Debug)]
pub struct CallContext<'a> {
    pub(crate) batch: &'a mut Batch,
    pub(crate) state: &'a mut RunState,
    pub(crate) paths: &'a [PathUse],
    pub(crate) call: &'a Call,
    /// Evaluated arguments and dynamic keys; [`CallArg`] says which are whose.
    pub(crate) slots: Slots<'a>,
    pub(crate) position: Position,
    pub(crate) changed: bool,
    /// Where the bodies of lambdas are.
    code: Option<Code<'a>>,
}

/// A program with its constants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code<'a> {
    pub(crate) program: &'a Program,
    pub(crate) constants: &'a [Value],
}

impl<'a> CallContext<'a> {
    /// The context of one call for the item at `position`.
    ///
    /// `slots` are the values that the arguments of `call` refer to. Lambdas cannot be called.
    #[must_use]
    pub fn new(
        batch: &'a mut Batch,
        state: &'a mut RunState,
        paths: &'a [PathUse],
        call: &'a Call,
        slots: &'a [Value],
        position: Position,
    ) -> Self {
        Self::with_slots(batch, state, paths, call, Slots::Values(slots), position)
    }

    #[inline]
    pub(crate) fn with_slots(
        batch: &'a mut Batch,
        state: &'a mut RunState,
        paths: &'a [PathUse],
        call: &'a Call,
        slots: Slots<'a>,
        position: Position,
    ) -> Self {
        Self {
            batch,
            state,
            paths,
            call,
            slots,
            position,
            changed: false,
            code: None,
        }
    }

    /// The same context, in which lambdas can be called.
    #[inline]
    pub(crate) fn with_code(mut self, code: Code<'a>) -> Self {
        self.code = Some(code);
        self
    }

    /// Whether a write changed anything since the context was made.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// Calls the function that a function parameter names, with one string.
    ///
    /// # Errors
    /// When the function cannot be called with one string, or fails.
    pub fn call_function(&mut self, param: usize, input: Value) -> Result<Value, ExecError> {
        let Some(CallArg::Function(call)) = self.call.args.get(param) else {
            return Err(ExecError::new("The argument is no function."));
        };
        let Some(kernel) = &call.kernel else {
            return Err(ExecError::new(
                "The function does not take exactly one string.",
            ));
        };
        let mut inner = CallContext {
            batch: self.batch,
            state: self.state,
            paths: self.paths,
            call,
            slots: Slots::Values(&[input]),
            position: self.position,
            changed: false,
            code: self.code,
        };
        inner.spend(1)?;
        kernel.call(&mut inner)
    }

    /// Calls the lambda of a parameter with one argument for each of its parameters.
    ///
    /// # Errors
    /// When its body fails, or lambdas were called more often than
    /// [`RunLimits::max_iterations`] allows.
    ///
    /// # Panics
    /// When the argument is no lambda.
    pub fn call_lambda(&mut self, param: usize, args: &[Value]) -> Result<Value, ExecError> {
        let (
            Some(CallArg::Lambda {
                lambda,
                first_capture,
            }),
            Some(code),
        ) = (self.call.args.get(param), self.code)
        else {
            panic!("the argument {param} is no lambda");
        };
        let Some(left) = self.state.iterations.checked_sub(1) else {
            let limit = self.limits().max_iterations;
            return Err(ExecError::new(format!(
                "Lambdas were called more than {limit} times for one item."
            )));
        };
        self.state.iterations = left;
        let lambda = &code.program.lambdas[*lambda];
        let captures = self.slots.range(*first_capture, lambda.captures.len());
        let mut frame = self.state.frames.pop().unwrap_or_default();
        frame.resize(code.program.registers.len(), Value::Nil);
        let mut machine = RowMachine::with_registers(code, frame);
        let result = machine.call(
            self.batch,
            self.state,
            lambda,
            (args, &captures),
            self.position,
        );
        self.state.frames.push(machine.into_registers());
        result
    }

    /// Says that the call changed something through [`Self::batch`].
    pub fn note_change(&mut self) {
        self.changed = true;
    }

    /// The memory behind the values.
    #[inline]
    #[must_use]
    pub fn heap(&self) -> &Heap {
        self.batch.heap()
    }

    /// The memory behind the values, to make new ones.
    #[inline]
    pub fn heap_mut(&mut self) -> &mut Heap {
        self.batch.heap_mut()
    }

    /// The bytes of a slice.
    #[inline]
    #[must_use]
    pub fn bytes(&self, slice: Slice) -> &[u8] {
        self.batch.heap().bytes(slice)
    }

    /// The hexadecimal digits of a hash.
    pub fn new_hex(&mut self, hash: &[u8]) -> Value {
        let heap = self.batch.heap_mut();
        Value::Str(heap.alloc_with(2 * hash.len(), |place| text::fill_hex(hash, place)))
    }

    /// A new string value, for text whose length does not depend on data.
    #[inline]
    pub fn new_string(&mut self, bytes: &[u8]) -> Value {
        Value::Str(self.batch.heap_mut().alloc(bytes))
    }

    /// Pieces of text as one.
    ///
    /// # Errors
    /// When the text would be too long, or the run has to stop.
    #[inline]
    pub fn joined(&mut self, pieces: &[Piece<'_>]) -> Result<Slice, ExecError> {
        let max = self.state.settings.limits.max_string_bytes;
        text_builder::joined(self.batch.heap_mut(), max, pieces)
    }

    /// Empty text to append to. [`Self::new_text`] makes a value of it, [`Self::discard`] nothing.
    #[must_use]
    pub fn text(&mut self) -> TextBuilder {
        let max = self.state.settings.limits.max_string_bytes;
        let heap = self.batch.heap();
        match self.state.text.take() {
            Some(text) => text.reset(heap, max),
            None => TextBuilder::new(heap, max),
        }
    }

    /// The text that was made, in the heap.
    pub fn new_text(&mut self, text: TextBuilder) -> Slice {
        let slice = text.slice(self.batch.heap_mut());
        self.discard(text);
        slice
    }

    /// Takes back text that is no longer needed, for its memory.
    pub fn discard(&mut self, text: TextBuilder) {
        if text.capacity() <= KEPT_TEXT {
            self.state.text = Some(text);
        }
    }

    /// Spends work; see [`RunLimits::work_factor`] for what a unit is. Every function whose work
    /// grows with the data does so. What arguments cost to look at once is spent when they are
    /// asked for.
    ///
    /// # Errors
    /// When there is none left, or the run is stopped from outside. Hand the error on.
    #[inline]
    pub fn spend(&self, units: u64) -> Result<(), ExecError> {
        limits::spend(self.batch.heap().meter(), units)
    }

    /// Whether two values are equal, as `==` compares them.
    ///
    /// # Errors
    /// When the run has to stop.
    pub fn equal(&mut self, left: Value, right: Value) -> Result<bool, ExecError> {
        let equal = compare(self.batch.heap_mut(), CompareOp::Eq, left, right);
        self.spend(1)?;
        Ok(equal)
    }

    /// Makes sure that a list of `len` elements has room in the heap, before it is made.
    ///
    /// # Errors
    /// When it has not, which stops the run.
    pub fn room_for_list(&self, len: usize) -> Result<(), ExecError> {
        let heap = self.batch.heap();
        if len.saturating_mul(size_of::<Value>()) > heap.room() {
            return Err(limits::out_of_memory(heap.meter()));
        }
        Ok(())
    }

    /// Whether the run has to stop, so that no error may be forgiven any more.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        self.batch.heap().meter().stopped().is_some()
    }

    /// The time zones of the run.
    pub fn zones(&mut self) -> &mut Zones {
        &mut self.state.zones
    }

    /// The world around the program.
    #[must_use]
    pub fn environment(&self) -> &dyn Environment {
        &*self.state.settings.environment
    }

    /// Limits of the run.
    #[must_use]
    pub fn limits(&self) -> &RunLimits {
        &self.state.settings.limits
    }

    /// The batch, and the item's place in it.
    #[must_use]
    pub fn batch(&mut self) -> (&mut Batch, Position) {
        (self.batch, self.position)
    }
}

//! What a kernel sees of the item it is called for.

use std::sync::Arc;

use otlp_columns::{
    Batch, BitSet, Entry, Heap, ListKind, MapKind, Meter, PoolRange, Slice, Timestamp, Value,
};

use crate::access::{self, Keys, Position};
use crate::environment::{Environment, ExecSettings};
use crate::path::PathDef;
use crate::program::{Call, CallArg, PathUse};
use crate::slots::Slots;
use crate::zones::Zones;
use crate::{CompareOp, ExecError, RunLimits, TextBuilder, compare, convert, limits, text};

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
}

/// Text memory up to this size is kept for the next text.
const KEPT_TEXT: usize = 1 << 20;

/// Bytes of text that are looked at for one unit of work.
const BYTES_PER_UNIT: u32 = 64;

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

    /// The value, or the error it stands for.
    #[inline]
    pub(crate) fn check(&self, value: Value) -> Result<Value, ExecError> {
        match value {
            Value::Error(index) => Err(self.errors[index as usize].clone()),
            value => Ok(value),
        }
    }
}

/// A list argument of one call: its length, and where its elements are.
#[derive(Clone, Copy, Debug)]
pub struct ListArg {
    /// Number of elements.
    pub len: usize,
    source: ListSource,
}

/// Where the elements of a list argument are.
#[derive(Clone, Copy, Debug)]
enum ListSource {
    /// Arguments of the call, from this slot on.
    Slots(usize),
    /// A list in the pool.
    Pool(ListKind, PoolRange),
    /// The bytes of a byte string.
    Bytes(Slice),
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
}

impl<'a> CallContext<'a> {
    /// The context of one call for the item at `position`.
    ///
    /// `slots` are the values that the arguments of `call` refer to.
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
        }
    }

    /// Whether a write changed anything since the context was made.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// Whether an optional parameter has an argument.
    #[must_use]
    pub fn is_present(&self, param: usize) -> bool {
        !matches!(self.call.args.get(param), None | Some(CallArg::Absent))
    }

    fn slot(&self, slot: usize) -> Result<Value, ExecError> {
        self.state.check(self.slots.get(slot))
    }

    /// The value of an argument, nil when it is absent.
    ///
    /// # Errors
    /// When its evaluation failed.
    #[inline]
    pub fn value(&self, param: usize) -> Result<Value, ExecError> {
        match self.call.args.get(param) {
            Some(CallArg::Value(slot)) => self.slot(*slot),
            _ => Ok(Value::Nil),
        }
    }

    /// A string argument.
    ///
    /// # Errors
    /// When its evaluation failed or it is no string.
    pub fn string(&self, param: usize) -> Result<Slice, ExecError> {
        let text = convert::string(self.value(param)?)?;
        self.look_at(text)?;
        Ok(text)
    }

    /// An argument as text, `None` when it is nil.
    ///
    /// # Errors
    /// When its evaluation failed or it has no text form.
    pub fn string_like(&mut self, param: usize) -> Result<Option<Slice>, ExecError> {
        let value = self.value(param)?;
        self.text_like(value)
    }

    fn text_like(&mut self, value: Value) -> Result<Option<Slice>, ExecError> {
        let text = match value {
            Value::Nil => return Ok(None),
            Value::Str(text) => text,
            other => self.made_text(other)?,
        };
        self.look_at(text)?;
        Ok(Some(text))
    }

    #[inline(never)]
    fn made_text(&mut self, value: Value) -> Result<Slice, ExecError> {
        let mut out = self.text();
        convert::push_string_like(self.batch.heap_mut(), &self.state.zones, value, &mut out)?;
        Ok(self.new_text(out))
    }

    /// An integer argument.
    ///
    /// # Errors
    /// When its evaluation failed or it is no integer.
    pub fn int(&self, param: usize) -> Result<i64, ExecError> {
        convert::int(self.value(param)?)
    }

    /// An argument as an integer, `None` when it is nil.
    ///
    /// # Errors
    /// When its evaluation failed or it does not convert.
    pub fn int_like(&self, param: usize) -> Result<Option<i64>, ExecError> {
        convert::int_like(self.batch.heap(), self.value(param)?)
    }

    /// A double argument.
    ///
    /// # Errors
    /// When its evaluation failed or it is no double.
    pub fn double(&self, param: usize) -> Result<f64, ExecError> {
        convert::double(self.value(param)?)
    }

    /// An argument as a double, `None` when it is nil.
    ///
    /// # Errors
    /// When its evaluation failed or it does not convert.
    pub fn double_like(&self, param: usize) -> Result<Option<f64>, ExecError> {
        convert::double_like(self.batch.heap(), self.value(param)?)
    }

    /// A boolean argument.
    ///
    /// # Errors
    /// When its evaluation failed or it is no boolean.
    pub fn bool(&self, param: usize) -> Result<bool, ExecError> {
        convert::bool(self.value(param)?)
    }

    /// An argument as a boolean, `None` when it is nil.
    ///
    /// # Errors
    /// When its evaluation failed or it does not convert.
    pub fn bool_like(&self, param: usize) -> Result<Option<bool>, ExecError> {
        convert::bool_like(self.batch.heap(), self.value(param)?)
    }

    /// An argument as bytes, `None` when it is nil.
    ///
    /// # Errors
    /// When its evaluation failed or it does not convert.
    pub fn bytes_like(&mut self, param: usize) -> Result<Option<Slice>, ExecError> {
        let value = self.value(param)?;
        let bytes = convert::bytes_like(self.batch.heap_mut(), value)?;
        if let Some(bytes) = bytes {
            self.look_at(bytes)?;
        }
        Ok(bytes)
    }

    /// A time argument.
    ///
    /// # Errors
    /// When its evaluation failed or it is no time.
    pub fn time(&self, param: usize) -> Result<Timestamp, ExecError> {
        convert::time(self.value(param)?)
    }

    /// A duration argument in nanoseconds.
    ///
    /// # Errors
    /// When its evaluation failed or it is no duration.
    pub fn duration(&self, param: usize) -> Result<i64, ExecError> {
        convert::duration(self.value(param)?)
    }

    /// A map argument: a value, or what a path holds.
    ///
    /// # Errors
    /// When its evaluation failed or it is no map.
    pub fn map(&mut self, param: usize) -> Result<PoolRange, ExecError> {
        let value = self.read(param)?;
        let map = match value {
            Value::Map(MapKind::Raw, range) => access::raw_map(self.batch.heap_mut(), range)?,
            other => convert::map(other)?,
        };
        self.spend(map.len.into())?;
        Ok(map)
    }

    /// A list argument with elements that attributes can hold: a value, or what a path holds.
    ///
    /// # Errors
    /// When its evaluation failed or it is no such list.
    pub fn slice(&mut self, param: usize) -> Result<PoolRange, ExecError> {
        let value = self.read(param)?;
        let list = convert::slice(self.batch.heap_mut(), value)?;
        self.spend(list.len.into())?;
        Ok(list)
    }

    /// A list argument; `None` when it is absent or nil.
    ///
    /// # Errors
    /// When the evaluation of a list that is no literal failed, or it is no list.
    pub fn list(&self, param: usize) -> Result<Option<ListArg>, ExecError> {
        let list = match self.call.args.get(param) {
            Some(CallArg::List { first, len }) => ListArg {
                len: *len,
                source: ListSource::Slots(*first),
            },
            Some(CallArg::Value(slot)) => match self.slot(*slot)? {
                Value::Nil => return Ok(None),
                Value::List(kind, range) => ListArg {
                    len: range.len as usize,
                    source: ListSource::Pool(kind, range),
                },
                Value::Bytes(slice) => ListArg {
                    len: slice.len as usize,
                    source: ListSource::Bytes(slice),
                },
                other => return Err(ExecError::expected("a list", crate::type_name(other))),
            },
            _ => return Ok(None),
        };
        self.spend(list.len as u64)?;
        Ok(Some(list))
    }

    /// An element of a list argument, below its length.
    ///
    /// # Errors
    /// When its evaluation failed.
    pub fn element(&mut self, list: ListArg, index: usize) -> Result<Value, ExecError> {
        debug_assert!(index < list.len);
        match list.source {
            ListSource::Slots(first) => self.slot(first + index),
            ListSource::Pool(_, range) => {
                let heap = self.batch.heap_mut();
                let element = heap.list(range)[index];
                Ok(heap.resolve(element))
            }
            ListSource::Bytes(slice) => Ok(Value::Int(i64::from(self.bytes(slice)[index]))),
        }
    }

    /// An element of a list argument, a string.
    ///
    /// # Errors
    /// When its evaluation failed or it is no string.
    pub fn element_string(&mut self, list: ListArg, index: usize) -> Result<Slice, ExecError> {
        let text = convert::string(self.element(list, index)?)?;
        self.look_at(text)?;
        Ok(text)
    }

    /// An element of a list argument as text, `None` when it is nil.
    ///
    /// An element of an attribute's list is printed as attributes are: nil as nothing, bytes in
    /// base64.
    ///
    /// # Errors
    /// When its evaluation failed or it has no text form.
    pub fn element_string_like(
        &mut self,
        list: ListArg,
        index: usize,
    ) -> Result<Option<Slice>, ExecError> {
        let value = self.element(list, index)?;
        if let (ListSource::Pool(ListKind::Slice, _), false) =
            (list.source, matches!(value, Value::Str(_)))
        {
            let mut out = self.text();
            text::attribute(self.batch.heap_mut(), value, &mut out)?;
            return Ok(Some(self.new_text(out)));
        }
        self.text_like(value)
    }

    /// The value of an argument, which for a path parameter is what the path holds now.
    ///
    /// # Errors
    /// When its evaluation failed, or the path's keys do not fit.
    pub fn read(&mut self, param: usize) -> Result<Value, ExecError> {
        match self.call.args.get(param) {
            Some(CallArg::Path { .. }) => self.with_path(param, access::get),
            _ => self.value(param),
        }
    }

    /// Writes to a path parameter.
    ///
    /// # Errors
    /// When the value does not fit the path, or the path's keys do not fit.
    pub fn write(&mut self, param: usize, value: Value) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::set(batch, def, keys, position, value)
        })?;
        Ok(())
    }

    /// Writes a map of attribute values to a path parameter.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_map(&mut self, param: usize, entries: PoolRange) -> Result<(), ExecError> {
        self.write(param, Value::Map(MapKind::Map, entries))
    }

    /// Does something with the path that is argument `param`, and with its keys.
    fn with_path<T>(
        &mut self,
        param: usize,
        then: impl FnOnce(&mut Batch, &PathDef, Keys<'_>, Position) -> Result<T, ExecError>,
    ) -> Result<T, ExecError> {
        let Some(CallArg::Path { path, first_key }) = self.call.args.get(param) else {
            return Err(ExecError::new("The argument is no path."));
        };
        let path = &self.paths[*path];
        let dynamic = self.slots.range(*first_key, path.dynamic_keys());
        for &key in dynamic.iter() {
            self.state.check(key)?;
        }
        let keys = Keys::new(&path.keys, &dynamic);
        then(self.batch, &path.def, keys, self.position)
    }

    /// Removes what the last key of a path parameter leads to, and does nothing where there is
    /// nothing.
    ///
    /// # Errors
    /// When the path has no keys, or they do not fit what they index.
    pub fn remove(&mut self, param: usize) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, access::remove)?;
        Ok(())
    }

    /// Keeps the entries of the map that a path parameter leads to for which `keep` says so, in
    /// order. Values may be [`Value::Wire`].
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn retain(
        &mut self,
        param: usize,
        keep: impl FnMut(&Heap, &Entry) -> bool,
    ) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::retain(batch, def, keys, position, keep)
        })?;
        Ok(())
    }

    /// Copies those entries of `source` to the map that a path parameter leads to for which `wanted`
    /// says so, told whether the map has the key.
    ///
    /// # Errors
    /// When the path does not lead to a map, or its keys do not fit what they index.
    pub fn merge(
        &mut self,
        param: usize,
        source: PoolRange,
        wanted: impl Fn(bool) -> bool,
    ) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::merge(batch, def, keys, position, source, wanted)
        })?;
        Ok(())
    }

    /// Removes a key, given as a string argument, from the map that a path parameter leads to, and
    /// puts the last entry in its place.
    ///
    /// # Errors
    /// When the path does not lead to a map, its keys do not fit what they index, or the key is no
    /// string.
    pub fn remove_key(&mut self, param: usize, key: Slice) -> Result<(), ExecError> {
        self.changed |= self.with_path(param, |batch, def, keys, position| {
            access::remove_key(batch, def, keys, position, key)
        })?;
        Ok(())
    }

    /// Routes the item to the output that an output parameter names.
    pub fn route(&mut self, param: usize) {
        let Some(CallArg::Output(output)) = self.call.args.get(param) else {
            return;
        };
        let rows = self.batch.rows(self.position.context);
        let routes = &mut self.state.routes;
        if routes.len() <= *output {
            routes.resize(*output + 1, BitSet::default());
        }
        let route = &mut routes[*output];
        if route.len() < rows {
            *route = BitSet::new(rows);
        }
        route.insert(self.position.row);
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
        };
        inner.spend(1)?;
        kernel.call(&mut inner)
    }

    /// The memory behind the values.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        self.batch.heap()
    }

    /// The memory behind the values, to make new ones.
    pub fn heap_mut(&mut self) -> &mut Heap {
        self.batch.heap_mut()
    }

    /// The bytes of a slice.
    #[must_use]
    pub fn bytes(&self, slice: Slice) -> &[u8] {
        self.batch.heap().bytes(slice)
    }

    /// The hexadecimal digits of a hash, of 64 bytes at most.
    ///
    /// # Panics
    /// When there are more.
    pub fn new_hex(&mut self, hash: &[u8]) -> Value {
        let mut digits = [0; 128];
        let digits = &mut digits[..2 * hash.len()];
        text::fill_hex(hash, digits);
        self.new_string(digits)
    }

    /// A new string value, for text whose length does not depend on data.
    pub fn new_string(&mut self, bytes: &[u8]) -> Value {
        Value::Str(self.batch.heap_mut().alloc(bytes))
    }

    /// Empty text to append to. [`Self::new_text`] makes a value of it.
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
        if text.capacity() <= KEPT_TEXT {
            self.state.text = Some(text);
        }
        slice
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

    /// Spends what it takes to look at text once.
    #[inline]
    fn look_at(&self, text: Slice) -> Result<(), ExecError> {
        if text.len < BYTES_PER_UNIT {
            return Ok(());
        }
        self.spend(u64::from(text.len / BYTES_PER_UNIT))
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

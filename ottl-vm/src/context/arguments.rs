//! The arguments of a call, converted to what a parameter takes.
//!
//! Looking at an argument costs work: once for what it takes to read it through.

use otlp_columns::{ListKind, MapKind, Piece, PoolRange, Slice, Timestamp, Value};

use super::CallContext;
use crate::digits::{Decimal, Shortest};
use crate::program::CallArg;
use crate::{ExecError, access, convert, text};

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

/// Bytes of text that are looked at for one unit of work.
const BYTES_PER_UNIT: u32 = 64;

impl CallContext<'_> {
    /// Whether an optional parameter has an argument.
    #[must_use]
    pub fn is_present(&self, param: usize) -> bool {
        !matches!(self.call.args.get(param), None | Some(CallArg::Absent))
    }

    #[inline]
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
    #[inline]
    pub fn string(&self, param: usize) -> Result<Slice, ExecError> {
        let text = convert::string(self.value(param)?)?;
        self.look_at(text)?;
        Ok(text)
    }

    /// An argument as text, `None` when it is nil.
    ///
    /// # Errors
    /// When its evaluation failed or it has no text form.
    #[inline]
    pub fn string_like(&mut self, param: usize) -> Result<Option<Slice>, ExecError> {
        let value = self.value(param)?;
        self.text_like(value)
    }

    #[inline]
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
        match value {
            Value::Int(number) | Value::Duration(number) => {
                return self.joined(&[Piece::Bytes(Decimal::default().digits(number))]);
            }
            Value::Double(number) if number.is_finite() => {
                return self.joined(&[Piece::Bytes(Shortest::default().go(number, 2))]);
            }
            _ => {}
        }
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
    #[inline]
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
    #[inline]
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
        let value = match self.element(list, index)? {
            Value::Str(text) => {
                self.look_at(text)?;
                return Ok(Some(text));
            }
            other => other,
        };
        if let ListSource::Pool(ListKind::Slice, _) = list.source {
            let mut out = self.text();
            text::attribute(self.batch.heap_mut(), value, &mut out)?;
            return Ok(Some(self.new_text(out)));
        }
        self.text_like(value)
    }

    /// Spends what it takes to look at text once.
    #[inline]
    fn look_at(&self, text: Slice) -> Result<(), ExecError> {
        if text.len < BYTES_PER_UNIT {
            return Ok(());
        }
        self.spend(u64::from(text.len / BYTES_PER_UNIT))
    }
}

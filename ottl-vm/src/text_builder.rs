//! Making text within limits.

use std::sync::Arc;

use otlp_columns::{Heap, Meter, Piece, Slice, Value};

use crate::ExecError;
use crate::limits::{out_of_memory, spend};

/// Text that is being made.
///
/// It never becomes longer than the limit on texts and the room left in the heap allow, and every
/// byte is counted as work. All text whose length depends on data is made with it.
#[derive(Debug)]
pub struct TextBuilder {
    bytes: Vec<u8>,
    max: usize,
    room: usize,
    meter: Arc<Meter>,
    refused: bool,
}

/// Bytes that are pushed for one unit of work, as a power of two.
const BYTES_PER_UNIT: u32 = 4;

/// Text that is made of pieces at once, as [`TextBuilder`] would make it.
///
/// # Errors
/// When it would be too long, or the run has to stop.
#[inline]
pub(crate) fn joined(
    heap: &mut Heap,
    max: usize,
    pieces: &[Piece<'_>],
) -> Result<Slice, ExecError> {
    let len: usize = pieces.iter().map(Piece::len).sum();
    if len > max {
        return Err(too_long(max));
    }
    spend(heap.meter(), (len >> BYTES_PER_UNIT) as u64)?;
    let joined = match *pieces {
        [Piece::Bytes(bytes)] => heap.alloc(bytes),
        _ => heap.alloc_joined(pieces),
    };
    if joined.is_empty() && len > 0 {
        return Err(out_of_memory(heap.meter()));
    }
    Ok(joined)
}

#[cold]
fn too_long(max: usize) -> ExecError {
    ExecError::new(format!("The text would be longer than {max} bytes."))
}

impl TextBuilder {
    /// Empty text of `max` bytes at most that will come into `heap`.
    #[must_use]
    pub fn new(heap: &Heap, max: usize) -> Self {
        Self {
            bytes: Vec::new(),
            max,
            room: heap.room(),
            meter: Arc::clone(heap.meter()),
            refused: false,
        }
    }

    /// The same in the memory of text for the same heap.
    pub(crate) fn reset(mut self, heap: &Heap, max: usize) -> Self {
        self.bytes.clear();
        self.max = max;
        self.room = heap.room();
        self.refused = false;
        self
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When the text would be too long, or the run has to stop.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ExecError> {
        self.make_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends one byte.
    ///
    /// # Errors
    /// As [`Self::push`].
    #[inline]
    pub fn push_byte(&mut self, byte: u8) -> Result<(), ExecError> {
        self.push(&[byte])
    }

    /// Appends one character.
    ///
    /// # Errors
    /// As [`Self::push`].
    #[inline]
    pub fn push_char(&mut self, char: char) -> Result<(), ExecError> {
        self.push(char.encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// Allows `more` bytes, or refuses.
    #[inline]
    fn make_room(&mut self, more: usize) -> Result<(), ExecError> {
        let before = self.bytes.len();
        let after = before.saturating_add(more);
        if after > self.max.min(self.room) {
            return Err(self.refuse(after));
        }
        let units = (after >> BYTES_PER_UNIT) - (before >> BYTES_PER_UNIT);
        if units > 0 {
            self.spend(units as u64)?;
        }
        Ok(())
    }

    /// Spends work that is not in the length of the text.
    ///
    /// # Errors
    /// When the run has to stop.
    pub fn spend(&mut self, units: u64) -> Result<(), ExecError> {
        spend(&self.meter, units).inspect_err(|_| self.refused = true)
    }

    #[cold]
    fn refuse(&mut self, len: usize) -> ExecError {
        self.refused = true;
        if len > self.max {
            too_long(self.max)
        } else {
            out_of_memory(&self.meter)
        }
    }

    /// Whether anything was refused so far.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// The text so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text so far, to change bytes in place.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Number of bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Keeps the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Copies the text into `heap`.
    pub fn slice(&self, heap: &mut Heap) -> Slice {
        heap.alloc(&self.bytes)
    }

    /// Copies the text into `heap`, as a value.
    pub fn value(&self, heap: &mut Heap) -> Value {
        Value::Str(self.slice(heap))
    }

    /// Bytes of memory.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// Text that is only limited by the room in the heap, for what is read without a run's settings.
impl From<&Heap> for TextBuilder {
    fn from(heap: &Heap) -> Self {
        Self::new(heap, usize::MAX)
    }
}

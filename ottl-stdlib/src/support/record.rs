//! Maps that are made of the parts of a line of a log.

use memchr::memchr;
use otlp_columns::{Entry, Slice, Value};
use ottl_vm::{CallContext, ExecError};

use super::maps::MapBuilder;

/// A map in the making. Of entries with the same key the last one counts.
#[derive(Debug, Default)]
pub(crate) struct Record {
    map: MapBuilder,
}

impl Record {
    /// Adds an entry whose key is fixed.
    ///
    /// # Errors
    /// When the run has to stop.
    pub(crate) fn put(
        &mut self,
        cx: &mut CallContext<'_>,
        key: &str,
        value: Value,
    ) -> Result<(), ExecError> {
        let key = cx.heap_mut().alloc(key.as_bytes());
        self.put_part(cx, key, value)
    }

    /// Adds an entry whose key is in the heap.
    ///
    /// # Errors
    /// When the run has to stop.
    pub(crate) fn put_part(
        &mut self,
        cx: &CallContext<'_>,
        key: Slice,
        value: Value,
    ) -> Result<(), ExecError> {
        cx.spend(1)?;
        let len = self.map.entries().len();
        if len.is_power_of_two() {
            // An entry is as large as two values, and memory doubles.
            cx.room_for_list(4 * len)?;
        }
        self.map.put(cx.heap(), Entry::new(key, value));
        Ok(())
    }

    /// The map.
    pub(crate) fn into_value(self, cx: &mut CallContext<'_>) -> Value {
        self.map.into_value(cx.heap_mut())
    }
}

/// A part of a text without its escapes, which begin with a backslash. `meaning` is given what is
/// behind one, and tells the byte that the escape stands for and how many of those bytes belong to it;
/// nothing where the backslash stands for itself.
///
/// # Errors
/// When the run has to stop.
pub(crate) fn unescaped(
    cx: &mut CallContext<'_>,
    part: Slice,
    meaning: fn(&[u8]) -> Option<(u8, usize)>,
) -> Result<Slice, ExecError> {
    if memchr(b'\\', cx.bytes(part)).is_none() {
        return Ok(part);
    }
    let mut out = cx.text();
    let mut rest = cx.bytes(part);
    while let Some(at) = memchr(b'\\', rest) {
        out.push(&rest[..at])?;
        rest = &rest[at + 1..];
        let (byte, len) = meaning(rest).unwrap_or((b'\\', 0));
        out.push_byte(byte)?;
        rest = &rest[len..];
    }
    out.push(rest)?;
    Ok(cx.new_text(out))
}

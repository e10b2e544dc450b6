//! Maps that are made of the parts of a line of a log.

use memchr::memchr;
use otlp_columns::{Entry, MapKind, Slice, Value};
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
        let range = cx.heap_mut().alloc_map(self.map.entries());
        Value::Map(MapKind::Map, range)
    }
}

/// A part of a text without its escapes, which begin with a backslash. `meaning` tells what the
/// byte behind one stands for, or nothing where both bytes stand for themselves.
///
/// # Errors
/// When the run has to stop.
pub(crate) fn unescaped(
    cx: &mut CallContext<'_>,
    part: Slice,
    meaning: fn(u8) -> Option<u8>,
) -> Result<Slice, ExecError> {
    if memchr(b'\\', cx.bytes(part)).is_none() {
        return Ok(part);
    }
    let mut out = cx.text();
    let mut rest = cx.bytes(part);
    while let Some(at) = memchr(b'\\', rest) {
        out.push(&rest[..at])?;
        rest = &rest[at..];
        match rest.get(1).and_then(|&byte| meaning(byte)) {
            Some(byte) => {
                out.push_byte(byte)?;
                rest = &rest[2..];
            }
            None => {
                out.push_byte(b'\\')?;
                rest = &rest[1..];
            }
        }
    }
    out.push(rest)?;
    Ok(cx.new_text(out))
}

//! How values lie in memory, as far as loops read them.
//!
//! A cell is an `Option<Value>` of 16 bytes. Of a `repr(u8)` enum the first byte is the tag, and the fields
//! of a variant follow it as in a C struct. That nothing at all has a tag of its own is the compiler's choice; here
//! it is asked while this crate is compiled.

#![expect(unsafe_code, reason = "asks the compiler for the bytes of constants")]

use std::mem::{MaybeUninit, offset_of, transmute};

use otlp_columns::{PoolRange, Slice, Value};

/// Bytes of a cell.
pub(super) const CELL: usize = size_of::<Option<Value>>();
/// Where a cell has an integer, a double or a duration.
pub(super) const NUMBER: i32 = 8;
/// Where a cell has the address and the length of bytes, each of 32 bits.
pub(super) const ADDRESS: i32 = 4;
pub(super) const LENGTH: i32 = 8;
/// Where a cell has a boolean, of one byte.
pub(super) const BOOL: i32 = 1;

pub(super) const NONE: u8 = tag(None);
pub(super) const NIL: u8 = tag(Some(Value::Nil));
pub(super) const BOOL_TAG: u8 = tag(Some(Value::Bool(true)));
pub(super) const INT_TAG: u8 = tag(Some(Value::Int(MARK)));
pub(super) const DOUBLE_TAG: u8 = tag(Some(Value::Double(0.0)));
pub(super) const STR_TAG: u8 = tag(Some(Value::Str(SLICE)));
pub(super) const BYTES_TAG: u8 = tag(Some(Value::Bytes(SLICE)));

const MARK: i64 = 0x0102_0304_0506_0708;
const SLICE: Slice = Slice {
    off: 0x1112_1314,
    len: 0x2122_2324,
};

type Bytes = [MaybeUninit<u8>; CELL];

const fn tag(cell: Option<Value>) -> u8 {
    byte(cell, 0)
}

/// A byte of a cell that the variant has a field at.
const fn byte(cell: Option<Value>, at: usize) -> u8 {
    // SAFETY: both types have the same size, and bytes that may be anything are valid for any value.
    let bytes: Bytes = unsafe { transmute::<Option<Value>, Bytes>(cell) };
    // SAFETY: callers ask for bytes of the tag and of fields, which are initialised: the constants here are
    // made whole. Were one not, this would not compile.
    unsafe { bytes[at].assume_init() }
}

const fn word(cell: Option<Value>, at: i32) -> u32 {
    let at = at as usize;
    u32::from_ne_bytes([
        byte(cell, at),
        byte(cell, at + 1),
        byte(cell, at + 2),
        byte(cell, at + 3),
    ])
}

const _: () = {
    assert!(CELL == 16 && size_of::<Value>() == CELL);
    assert!(size_of::<Slice>() == 8 && offset_of!(Slice, off) == 0 && offset_of!(Slice, len) == 4);
    assert!(size_of::<PoolRange>() == 8);
    // Values that are always there have the same tags as those that may be missing.
    assert!(NIL != NONE && INT_TAG != NONE && STR_TAG != NONE && BYTES_TAG != NONE);
    let value = Some(Value::Int(MARK));
    assert!(word(value, NUMBER) as u64 | (word(value, NUMBER + 4) as u64) << 32 == MARK as u64);
    let value = Some(Value::Double(f64::from_bits(MARK as u64)));
    assert!(word(value, NUMBER) as u64 | (word(value, NUMBER + 4) as u64) << 32 == MARK as u64);
    let value = Some(Value::Str(SLICE));
    assert!(word(value, ADDRESS) == SLICE.off && word(value, LENGTH) == SLICE.len);
    let value = Some(Value::Bytes(SLICE));
    assert!(word(value, ADDRESS) == SLICE.off && word(value, LENGTH) == SLICE.len);
    assert!(byte(Some(Value::Bool(true)), BOOL as usize) == 1);
    assert!(byte(Some(Value::Bool(false)), BOOL as usize) == 0);
};

/// The tag of a value that is there, as a cell has it; [`Value`]s alone have the same.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_same_bytes_in_cells_and_alone() {
        let value = Value::Str(SLICE);
        // SAFETY: both types have the same size, and bytes that may be anything are valid for any value.
        let alone = unsafe { transmute::<Value, Bytes>(value) };
        // SAFETY: the first byte of a value is its tag.
        assert_eq!(unsafe { alone[0].assume_init() }, STR_TAG);
    }
}

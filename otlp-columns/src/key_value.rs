//! Values as `AnyValue` and entries as `KeyValue`, from opentelemetry/proto/common/v1: reading and
//! writing.
//!
//! Nearly all values are scalars. They are read without a general reader, and their length is known
//! before they are written, so that nothing has to be moved or filled in afterwards.

use crate::value::{Entry, Value};
use crate::wire::{
    RawField, Reader, WireType, put_len, put_len_head, put_nested, put_tag, put_varint, short_len,
    tag, varint_len,
};
use crate::{Heap, PoolRange, Slice};

/// Field numbers of `AnyValue` and what it contains.
mod number {
    pub(super) const STRING: u32 = 1;
    pub(super) const BOOL: u32 = 2;
    pub(super) const INT: u32 = 3;
    pub(super) const DOUBLE: u32 = 4;
    pub(super) const ARRAY: u32 = 5;
    pub(super) const KVLIST: u32 = 6;
    pub(super) const BYTES: u32 = 7;
    /// A string by its place in the dictionary that messages of profiles have.
    pub(super) const STRINDEX: u32 = 8;
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    /// A key by its place in the same dictionary.
    pub(super) const KEY_STRINDEX: u32 = 3;
    /// `values` of `ArrayValue` and of `KeyValueList`.
    pub(super) const VALUES: u32 = 1;
}

/// Writes values of a heap, until there are `limit` bytes; whoever made it finds more than that.
///
/// Values share their parts, so that a few of them can describe more than memory holds. What one
/// stored value describes is limited, which is how much may be written beyond the limit.
pub(crate) struct ValueWriter<'h> {
    pub(crate) heap: &'h Heap,
    pub(crate) limit: usize,
}

impl ValueWriter<'_> {
    /// Writes a field that is the `AnyValue` of `value` as an attribute.
    ///
    /// Values that attributes cannot hold (times, durations, ids, opaque parts) become empty.
    pub(crate) fn put_any(&self, out: &mut Vec<u8>, number: u32, value: Value) {
        if out.len() > self.limit {
            return;
        }
        match scalar_len(value) {
            Some(len) => {
                put_len_head(out, number, len);
                self.put_scalar(out, value);
            }
            None => put_nested(out, number, |out| self.put_composite(out, value)),
        }
    }

    /// Writes a field that is a `KeyValue`.
    pub(crate) fn put_key_value(&self, out: &mut Vec<u8>, number: u32, key: &[u8], value: Value) {
        if out.len() > self.limit {
            return;
        }
        let put_key = |out: &mut Vec<u8>| {
            if !key.is_empty() {
                put_len(out, number::KEY, key);
            }
        };
        match scalar_len(value) {
            Some(len) => {
                let key_len = if key.is_empty() {
                    0
                } else {
                    field_len(key.len())
                };
                put_len_head(out, number, key_len + field_len(len));
                put_key(out);
                put_len_head(out, number::VALUE, len);
                self.put_scalar(out, value);
            }
            None => put_nested(out, number, |out| {
                put_key(out);
                put_nested(out, number::VALUE, |out| self.put_composite(out, value));
            }),
        }
    }

    /// Writes a field for each entry of a map. Those that stand one after the other on the wire, as
    /// elements of the same field, are copied together.
    pub(crate) fn put_entries(&self, out: &mut Vec<u8>, number: u32, range: PoolRange) {
        let input: &[u8] = self.heap.input();
        let mut run = 0..0;
        for entry in self.heap.map(range) {
            let raw = entry.raw;
            let (start, end) = (raw.off as usize, raw.off as usize + raw.len as usize);
            let on_wire = !raw.is_empty() && start < input.len();
            let head = on_wire.then(|| head_before(input, number, start, end - start));
            if let Some(Some(head)) = head {
                if head == run.end {
                    run.end = end;
                    continue;
                }
                out.extend_from_slice(&input[run]);
                run = head..end;
                continue;
            }
            out.extend_from_slice(&input[std::mem::take(&mut run)]);
            self.put_entry(out, number, entry);
        }
        out.extend_from_slice(&input[run]);
    }

    fn put_entry(&self, out: &mut Vec<u8>, number: u32, entry: &Entry) {
        if entry.raw.is_empty() {
            self.put_key_value(out, number, self.heap.bytes(entry.key), entry.value);
        } else {
            put_len(out, number, self.heap.bytes(entry.raw));
        }
    }

    /// Writes the body of the `AnyValue` that a scalar is.
    fn put_scalar(&self, out: &mut Vec<u8>, value: Value) {
        match value {
            Value::Bool(value) => {
                out.extend_from_slice(&[tag(number::BOOL, WireType::Varint), u8::from(value)]);
            }
            Value::Int(value) => {
                put_tag(out, number::INT, WireType::Varint);
                put_varint(out, value as u64);
            }
            Value::Double(value) => {
                put_tag(out, number::DOUBLE, WireType::Fixed64);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Value::Str(slice) => put_len(out, number::STRING, self.heap.bytes(slice)),
            Value::Bytes(slice) => put_len(out, number::BYTES, self.heap.bytes(slice)),
            Value::Wire(slice) => out.extend_from_slice(self.heap.bytes(slice)),
            Value::List(..)
            | Value::Map(..)
            | Value::Nil
            | Value::Time { .. }
            | Value::Duration(_)
            | Value::TraceId(_)
            | Value::SpanId(_)
            | Value::ProfileId(_)
            | Value::Opaque(..)
            | Value::Error(_) => {}
        }
    }

    /// Writes the body of the `AnyValue` that a list or map is.
    fn put_composite(&self, out: &mut Vec<u8>, value: Value) {
        match value {
            Value::List(_, range) => put_nested(out, number::ARRAY, |out| {
                for &element in self.heap.list(range) {
                    self.put_any(out, number::VALUES, element);
                }
            }),
            Value::Map(_, range) => put_nested(out, number::KVLIST, |out| {
                self.put_entries(out, number::VALUES, range);
            }),
            _ => self.put_scalar(out, value),
        }
    }
}

/// Where the field starts whose body is `input[start..start + len]`, if its number is `number` and
/// its tag and its length are no longer than they have to be.
#[inline]
fn head_before(input: &[u8], number: u32, start: usize, len: usize) -> Option<usize> {
    let tag = tag(number, WireType::Len);
    let before = &input[..start];
    match before {
        [.., known, low] if len < 0x80 && *known == tag && usize::from(*low) == len => {
            Some(start - 2)
        }
        [.., known, low, high]
            if (0x80..0x4000).contains(&len)
                && *known == tag
                && usize::from(*low) == len & 0x7f | 0x80
                && usize::from(*high) == len >> 7 =>
        {
            Some(start - 3)
        }
        _ => None,
    }
}

/// Bytes of a length-delimited field with a tag of one byte.
fn field_len(body: usize) -> usize {
    1 + varint_len(body as u64) + body
}

/// Bytes of the `AnyValue` that a value is; `None` for lists and maps, which have to be written to
/// know.
fn scalar_len(value: Value) -> Option<usize> {
    let bytes = |slice: Slice| Some(field_len(slice.len as usize));
    match value {
        Value::Bool(_) => Some(2),
        Value::Int(value) => Some(1 + varint_len(value as u64)),
        Value::Double(_) => Some(9),
        Value::Str(slice) | Value::Bytes(slice) => bytes(slice),
        Value::Wire(slice) => Some(slice.len as usize),
        Value::List(..) | Value::Map(..) => None,
        Value::Nil
        | Value::Time { .. }
        | Value::Duration(_)
        | Value::TraceId(_)
        | Value::SpanId(_)
        | Value::ProfileId(_)
        | Value::Opaque(..)
        | Value::Error(_) => Some(0),
    }
}

/// An `AnyValue` with one level of nesting taken off.
pub(crate) enum WireValue {
    Scalar(Value),
    List(Vec<Value>),
    Map(Vec<Entry>),
}

/// Reads the `AnyValue` at `bytes[start..end]`, all parts of its list or map. `strings` are those
/// of the dictionary, if the message has one.
pub(crate) fn read_wire(bytes: &[u8], start: usize, end: usize, strings: &[Slice]) -> WireValue {
    let mut fields = Vec::new();
    let mut kind = 0;
    let mut reader = Reader::new(bytes, start, end, "AnyValue");
    while let Ok(Some(field)) = reader.next() {
        if (number::STRING..=number::STRINDEX).contains(&field.number) && field.number != kind {
            kind = field.number;
            fields.clear();
        }
        fields.push(field);
    }
    fields.retain(|field| field.number == kind);
    match kind {
        number::ARRAY => {
            let value = |at: &RawField| any_value(bytes, at.start, at.end, Value::Nil, strings);
            WireValue::List(read_elements(bytes, &fields, value))
        }
        number::KVLIST => {
            let entry = |at: &RawField| key_value(bytes, at.start, at.end, strings);
            WireValue::Map(read_elements(bytes, &fields, entry))
        }
        _ => WireValue::Scalar(any_value(bytes, start, end, Value::Nil, strings)),
    }
}

/// The elements of the parts of an `ArrayValue` or `KeyValueList`.
fn read_elements<T>(bytes: &[u8], parts: &[RawField], read: impl Fn(&RawField) -> T) -> Vec<T> {
    let mut elements = Vec::new();
    for part in parts {
        let mut reader = Reader::new(bytes, part.start, part.end, "AnyValue");
        while let Ok(Some(field)) = reader.next() {
            if field.number == number::VALUES && field.wire == WireType::Len {
                elements.push(read(&field));
            }
        }
    }
    elements
}

/// Reads the `AnyValue` at `buf[start..end]`; lists and maps stay in their wire form.
///
/// It merges with `before`, what the same field had earlier in the message. A reference to a string
/// that `strings` do not have is no value, and neither is one to the first, which is the empty one.
pub(crate) fn any_value(
    buf: &[u8],
    start: usize,
    end: usize,
    before: Value,
    strings: &[Slice],
) -> Value {
    let mut value = before;
    let mut reader = Reader::new(buf, start, end, "AnyValue");
    while let Ok(Some(field)) = reader.next() {
        let slice = Slice::new(field.start, field.end);
        value = match (field.number, field.wire) {
            (number::STRING, WireType::Len) => Value::Str(slice),
            (number::BOOL, WireType::Varint) => Value::Bool(field.bits != 0),
            (number::INT, WireType::Varint) => Value::Int(field.bits as i64),
            (number::DOUBLE, WireType::Fixed64) => Value::Double(f64::from_bits(field.bits)),
            (number::ARRAY | number::KVLIST, WireType::Len) => Value::Wire(Slice::new(start, end)),
            (number::BYTES, WireType::Len) => Value::Bytes(slice),
            (number::STRINDEX, WireType::Varint) => {
                referred(strings, field.bits).map_or(Value::Nil, Value::Str)
            }
            _ => value,
        };
    }
    value
}

/// The string that a reference is to.
fn referred(strings: &[Slice], bits: u64) -> Option<Slice> {
    let index = usize::try_from(bits as i32).ok().filter(|&at| at > 0)?;
    strings.get(index).copied()
}

/// Reads the `KeyValue` at `buf[start..end]`.
pub(crate) fn key_value(buf: &[u8], start: usize, end: usize, strings: &[Slice]) -> Entry {
    let mut entry = Entry {
        key: Slice::EMPTY,
        value: Value::Nil,
        raw: Slice::new(start, end),
    };
    let mut reference = 0;
    let mut reader = Reader::new(buf, start, end, "KeyValue");
    while let Ok(Some(field)) = reader.next() {
        match (field.number, field.wire) {
            (number::KEY, WireType::Len) => entry.key = Slice::new(field.start, field.end),
            (number::VALUE, WireType::Len) => {
                entry.value = any_value(buf, field.start, field.end, entry.value, strings);
            }
            (number::KEY_STRINDEX, WireType::Varint) => reference = field.bits,
            _ => {}
        }
    }
    if entry.key.is_empty()
        && let Some(key) = referred(strings, reference)
    {
        entry.key = key;
    }
    entry
}

/// The key of the `KeyValue` at `buf[start..end]`.
pub(crate) fn key_of<'b>(buf: &'b [u8], start: usize, end: usize, strings: &[Slice]) -> &'b [u8] {
    let entry =
        plain_key_value(buf, start, end).unwrap_or_else(|| key_value(buf, start, end, strings));
    &buf[entry.key.off as usize..][..entry.key.len as usize]
}

/// Reads the `KeyValue` at `buf[start..end]` if it has the shape that nearly all have: a key and a
/// value of less than 16 KiB each, the value with one scalar field at most. Such bytes are well
/// formed; of others nothing is said.
#[inline]
pub(crate) fn plain_key_value(buf: &[u8], start: usize, end: usize) -> Option<Entry> {
    let parts = plain_parts(&buf[start..end])?;
    let key = start + parts.key_at;
    Some(Entry {
        key: Slice::new(key, key + parts.key.len()),
        value: plain_value(parts.value, start + parts.value_at)?,
        raw: Slice::new(start, end),
    })
}

/// The parts of a `KeyValue` that has each once and nothing else.
#[derive(Clone, Copy)]
pub(crate) struct PlainParts<'b> {
    pub(crate) key: &'b [u8],
    /// Where it begins.
    pub(crate) key_at: usize,
    pub(crate) value: &'b [u8],
    pub(crate) value_at: usize,
}

const KEY: u8 = tag(number::KEY, WireType::Len);
const VALUE: u8 = tag(number::VALUE, WireType::Len);

/// The parts of a `KeyValue` of less than 16 KiB, if it has each once and nothing else.
#[inline]
pub(crate) fn plain_parts(body: &[u8]) -> Option<PlainParts<'_>> {
    let first_tag = *body.first()?;
    let first = short_len(body, 1)?;
    let second_tag = *body.get(first.1)?;
    let second = short_len(body, first.1 + 1)?;
    if second.1 != body.len() {
        return None;
    }
    // Some write the fields of a message from the first to the last, some the other way round.
    let (key, value) = match (first_tag, second_tag) {
        (KEY, VALUE) => (first, second),
        (VALUE, KEY) => (second, first),
        _ => return None,
    };
    Some(PlainParts {
        key: &body[key.0..key.1],
        key_at: key.0,
        value: &body[value.0..value.1],
        value_at: value.0,
    })
}

/// The same for a body of less than 128 bytes, whose lengths therefore have one byte each.
#[inline(always)]
pub(crate) fn short_parts(body: &[u8]) -> Option<PlainParts<'_>> {
    debug_assert!(body.len() < 0x80);
    let [first_tag, first_len, rest @ ..] = body else {
        return None;
    };
    let (first, rest) = rest.split_at_checked(usize::from(*first_len))?;
    let [second_tag, second_len, second @ ..] = rest else {
        return None;
    };
    if second.len() != usize::from(*second_len) {
        return None;
    }
    let second_at = 4 + first.len();
    match (*first_tag, *second_tag) {
        (VALUE, KEY) => Some(PlainParts {
            key: second,
            key_at: second_at,
            value: first,
            value_at: 2,
        }),
        (KEY, VALUE) => Some(PlainParts {
            key: first,
            key_at: 2,
            value: second,
            value_at: second_at,
        }),
        _ => None,
    }
}

const STRING: u8 = tag(number::STRING, WireType::Len);
const BOOL: u8 = tag(number::BOOL, WireType::Varint);
const INT: u8 = tag(number::INT, WireType::Varint);
const DOUBLE: u8 = tag(number::DOUBLE, WireType::Fixed64);

/// Whether the bytes are an `AnyValue` of one scalar field at most, of less than 16 KiB.
#[inline(always)]
pub(crate) fn is_plain_value(bytes: &[u8]) -> bool {
    let Some((&tag, rest)) = bytes.split_first() else {
        return true;
    };
    match tag {
        STRING => match rest.split_first() {
            Some((low @ 0..0x80, text)) => text.len() == usize::from(*low),
            _ => is_long_text(bytes),
        },
        INT => is_short_varint(rest),
        BOOL => matches!(rest, [0..0x80]),
        DOUBLE => rest.len() == 8,
        _ => false,
    }
}

#[inline(never)]
fn is_long_text(bytes: &[u8]) -> bool {
    matches!(short_len(bytes, 1), Some((_, end)) if end == bytes.len())
}

/// Reads the `AnyValue` of which `bytes` begin at `at`, if it has one scalar field at most.
#[inline(always)]
pub(crate) fn plain_value(bytes: &[u8], at: usize) -> Option<Value> {
    let Some((&tag, rest)) = bytes.split_first() else {
        return Some(Value::Nil);
    };
    Some(match tag {
        STRING => {
            let (start, end) = short_len(bytes, 1)?;
            if end != bytes.len() {
                return None;
            }
            Value::Str(Slice::new(at + start, at + end))
        }
        INT => Value::Int(short_varint(rest)? as i64),
        BOOL => match rest {
            [bits @ 0..0x80] => Value::Bool(*bits != 0),
            _ => return None,
        },
        DOUBLE => Value::Double(f64::from_le_bytes(rest.try_into().ok()?)),
        _ => return None,
    })
}

/// The value of `bytes` if they are one variable-length integer of nine bytes or fewer.
#[inline]
fn short_varint(bytes: &[u8]) -> Option<u64> {
    let (&last, others) = bytes.split_last()?;
    if last >= 0x80 || others.len() > 8 {
        return None;
    }
    let mut value = u64::from(last);
    for &byte in others.iter().rev() {
        if byte < 0x80 {
            return None;
        }
        value = value << 7 | u64::from(byte & 0x7f);
    }
    Some(value)
}

/// Whether [`short_varint`] has a value.
#[inline(always)]
fn is_short_varint(bytes: &[u8]) -> bool {
    let Some((&last, others)) = bytes.split_last() else {
        return false;
    };
    last < 0x80 && others.len() <= 8 && others.iter().all(|&byte| byte >= 0x80)
}

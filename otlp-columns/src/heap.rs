//! The memory behind the values of a batch: the message's bytes, an arena, and two pools.
//!
//! Addresses are offsets, so that a value is small and owns nothing: below the length of the
//! message they mean the message, above it the arena. The arena and the pools only grow; they are
//! freed with the batch. Growth is limited, and the limit is sticky: once it is hit every further
//! allocation yields nothing and [`Heap::exhausted`] says so, which spares every caller an error
//! path of its own. Whoever runs programs over a heap must look at it before trusting the result.

use bytes::Bytes;

use crate::value::{Entry, ListKind, MapKind, Value};
use crate::wire::{RawField, Reader, WireType, put_nested, put_tag, put_varint};
use crate::{PoolRange, Slice};

/// The memory that the values of a batch refer to.
#[derive(Debug)]
pub struct Heap {
    input: Bytes,
    arena: Vec<u8>,
    values: Vec<Value>,
    entries: Vec<Entry>,
    max_growth: usize,
    exhausted: bool,
}

/// Field numbers of `AnyValue` and what it contains, from opentelemetry/proto/common/v1.
mod number {
    pub(super) const STRING: u32 = 1;
    pub(super) const BOOL: u32 = 2;
    pub(super) const INT: u32 = 3;
    pub(super) const DOUBLE: u32 = 4;
    pub(super) const ARRAY: u32 = 5;
    pub(super) const KVLIST: u32 = 6;
    pub(super) const BYTES: u32 = 7;
    /// A string by its place in a dictionary that the messages of this crate do not have.
    pub(super) const STRINDEX: u32 = 8;
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    /// `values` of `ArrayValue` and of `KeyValueList`.
    pub(super) const VALUES: u32 = 1;
}

const ZERO_BYTES: usize = 16;

impl Heap {
    /// A heap over a message. `max_growth` limits what may be allocated beside it, in bytes.
    pub(crate) fn new(input: Bytes, max_growth: usize) -> Self {
        let mut arena = Vec::with_capacity(ZERO_BYTES + input.len() / 4);
        arena.resize(ZERO_BYTES, 0);
        Self {
            input,
            arena,
            values: Vec::new(),
            entries: Vec::new(),
            max_growth,
            exhausted: false,
        }
    }

    /// A heap without a message, for values that belong to no batch.
    #[must_use]
    pub fn scratch() -> Self {
        Self::new(Bytes::new(), 1 << 20)
    }

    /// The message as it came.
    #[must_use]
    pub fn input(&self) -> &Bytes {
        &self.input
    }

    /// Whether the growth limit was hit since the heap was made.
    #[must_use]
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// Makes the heap one whose limit was hit.
    pub(crate) fn exhaust(&mut self) {
        self.exhausted = true;
    }

    /// The bytes of `slice`.
    #[inline]
    #[must_use]
    pub fn bytes(&self, slice: Slice) -> &[u8] {
        let (start, len) = (slice.off as usize, slice.len as usize);
        let input = self.input.len();
        if start < input {
            &self.input[start..start + len]
        } else if len == 0 {
            &[]
        } else {
            &self.arena[start - input..start - input + len]
        }
    }

    /// `len` zero bytes, 16 at most.
    #[must_use]
    pub fn zeros(&self, len: usize) -> Slice {
        let start = self.input.len();
        Slice::new(start, start + len.min(ZERO_BYTES))
    }

    fn may_grow(&mut self, bytes: usize) -> bool {
        let used = self.arena.len()
            + self.values.len() * size_of::<Value>()
            + self.entries.len() * size_of::<Entry>();
        let fits = used.saturating_add(bytes) <= self.max_growth
            && self.input.len() + self.arena.len() + bytes < u32::MAX as usize;
        self.exhausted |= !fits;
        fits
    }

    /// Copies `bytes` into the arena.
    pub fn alloc(&mut self, bytes: &[u8]) -> Slice {
        if bytes.is_empty() || !self.may_grow(bytes.len()) {
            return Slice::EMPTY;
        }
        let start = self.input.len() + self.arena.len();
        self.arena.extend_from_slice(bytes);
        Slice::new(start, start + bytes.len())
    }

    /// Copies `text` into the arena.
    pub fn alloc_str(&mut self, text: &str) -> Value {
        Value::Str(self.alloc(text.as_bytes()))
    }

    /// Pools list elements.
    pub fn alloc_list(&mut self, elements: &[Value]) -> PoolRange {
        if elements.is_empty() || !self.may_grow(size_of_val(elements)) {
            return PoolRange::EMPTY;
        }
        let start = self.values.len() as u32;
        self.values.extend_from_slice(elements);
        PoolRange {
            start,
            len: elements.len() as u32,
        }
    }

    /// Pools map entries. Keys must be distinct.
    pub fn alloc_map(&mut self, entries: &[Entry]) -> PoolRange {
        if entries.is_empty() || !self.may_grow(size_of_val(entries)) {
            return PoolRange::EMPTY;
        }
        let start = self.entries.len() as u32;
        self.entries.extend_from_slice(entries);
        PoolRange {
            start,
            len: entries.len() as u32,
        }
    }

    /// The elements of a list. They may be [`Value::Wire`].
    #[must_use]
    pub fn list(&self, range: PoolRange) -> &[Value] {
        &self.values[range.range()]
    }

    /// The entries of a map. Their values may be [`Value::Wire`].
    #[must_use]
    pub fn map(&self, range: PoolRange) -> &[Entry] {
        &self.entries[range.range()]
    }

    /// The value of `key`, resolved; `None` when the map does not have it.
    #[must_use]
    pub fn map_get(&mut self, range: PoolRange, key: &[u8]) -> Option<Value> {
        let found = self.map_position(range, key)?;
        let value = self.map(range)[found].value;
        Some(self.resolve(value))
    }

    /// The index of the first entry with `key`.
    #[must_use]
    pub fn map_position(&self, range: PoolRange, key: &[u8]) -> Option<usize> {
        self.map(range)
            .iter()
            .position(|entry| entry.key.len as usize == key.len() && self.bytes(entry.key) == key)
    }

    /// The value with a wire form replaced by a list or map of one level; others as they are.
    #[inline]
    pub fn resolve(&mut self, value: Value) -> Value {
        match value {
            Value::Wire(body) => self.resolve_wire(body),
            other => other,
        }
    }

    fn resolve_wire(&mut self, body: Slice) -> Value {
        let buf = self.input.clone();
        // Wire values come from validated bytes of the message; only the arena holds others.
        let owned;
        let (bytes, base): (&[u8], Option<usize>) = if (body.off as usize) < buf.len() {
            (&buf, None)
        } else {
            owned = self.bytes(body).to_vec();
            (&owned, Some(body.off as usize))
        };
        let (start, shift) = match base {
            None => (body.off as usize, 0),
            Some(off) => (0, off),
        };
        match read_wire(bytes, start, start + body.len as usize) {
            WireValue::Scalar(value) => shifted(value, shift),
            WireValue::List(elements) => {
                let elements: Vec<_> = elements
                    .into_iter()
                    .map(|value| shifted(value, shift))
                    .collect();
                Value::List(ListKind::Slice, self.alloc_list(&elements))
            }
            WireValue::Map(entries) => {
                let entries: Vec<_> = entries
                    .into_iter()
                    .map(|entry| Entry {
                        key: shifted_slice(entry.key, shift),
                        value: shifted(entry.value, shift),
                        raw: shifted_slice(entry.raw, shift),
                    })
                    .collect();
                Value::Map(MapKind::Map, self.alloc_map(&entries))
            }
        }
    }

    /// What may be allocated beside the message, in bytes.
    pub(crate) fn max_growth(&self) -> usize {
        self.max_growth
    }

    /// Forgets all entries, when the index that refers to them is made anew.
    pub(crate) fn clear_entries(&mut self) {
        self.entries.clear();
    }

    /// Pushes an entry, for a row's own map that is being read from the wire.
    #[inline]
    pub(crate) fn push_entry(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Makes room for `count` entries, within the growth limit.
    pub(crate) fn reserve_entries(&mut self, count: usize) {
        let most = self.max_growth / size_of::<Entry>() / 2;
        let wanted = count.min(most);
        if self.entries.capacity() < wanted {
            self.entries.reserve_exact(wanted - self.entries.len());
        }
    }

    /// Pushes places without entries.
    pub(crate) fn push_free(&mut self, places: u32) {
        let free = Entry::new(Slice::EMPTY, Value::Nil);
        self.entries
            .resize(self.entries.len() + places as usize, free);
    }

    pub(crate) fn arena_len(&self) -> usize {
        self.arena.len()
    }

    pub(crate) fn entries_len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn element(&self, index: usize) -> Value {
        self.values[index]
    }

    pub(crate) fn entry_mut(&mut self, index: usize) -> &mut Entry {
        &mut self.entries[index]
    }

    /// Copies `range` to the end of the pool with `extra` empty places behind it.
    pub(crate) fn relocate(&mut self, range: PoolRange, extra: usize) -> PoolRange {
        if !self.may_grow((range.len as usize + extra) * size_of::<Entry>()) {
            return PoolRange::EMPTY;
        }
        self.move_entries(range, extra)
    }

    /// The same without a limit, for what the message itself has.
    pub(crate) fn move_entries(&mut self, range: PoolRange, extra: usize) -> PoolRange {
        let start = self.entries.len() as u32;
        self.entries.extend_from_within(range.range());
        let filled = self.entries.len();
        self.entries
            .resize(filled + extra, Entry::new(Slice::EMPTY, Value::Nil));
        PoolRange {
            start,
            len: range.len,
        }
    }

    /// Writes the body of the `AnyValue` that `value` is as an attribute.
    ///
    /// Values that attributes cannot hold (times, durations, ids, opaque parts) become empty.
    pub(crate) fn put_any(&self, out: &mut Vec<u8>, value: Value) {
        match value {
            Value::Bool(value) => {
                put_tag(out, number::BOOL, WireType::Varint);
                out.push(u8::from(value));
            }
            Value::Int(value) => {
                put_tag(out, number::INT, WireType::Varint);
                put_varint(out, value as u64);
            }
            Value::Double(value) => {
                put_tag(out, number::DOUBLE, WireType::Fixed64);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Value::Str(slice) => self.put_bytes(out, number::STRING, slice),
            Value::Bytes(slice) => self.put_bytes(out, number::BYTES, slice),
            Value::List(_, range) => put_nested(out, number::ARRAY, |out| {
                for &element in self.list(range) {
                    put_nested(out, number::VALUES, |out| self.put_any(out, element));
                }
            }),
            Value::Map(_, range) => put_nested(out, number::KVLIST, |out| {
                for entry in self.map(range) {
                    put_nested(out, number::VALUES, |out| self.put_entry(out, entry));
                }
            }),
            Value::Wire(slice) => out.extend_from_slice(self.bytes(slice)),
            Value::Nil
            | Value::Time { .. }
            | Value::Duration(_)
            | Value::TraceId(_)
            | Value::SpanId(_)
            | Value::Opaque(..)
            | Value::Error(_) => {}
        }
    }

    fn put_bytes(&self, out: &mut Vec<u8>, number: u32, slice: Slice) {
        crate::wire::put_len(out, number, self.bytes(slice));
    }

    /// Writes the body of the `KeyValue` that `entry` is.
    pub(crate) fn put_entry(&self, out: &mut Vec<u8>, entry: &Entry) {
        if !entry.raw.is_empty() {
            out.extend_from_slice(self.bytes(entry.raw));
            return;
        }
        if !entry.key.is_empty() {
            self.put_bytes(out, number::KEY, entry.key);
        }
        put_nested(out, number::VALUE, |out| self.put_any(out, entry.value));
    }
}

/// An `AnyValue` with one level of nesting taken off.
pub(crate) enum WireValue {
    Scalar(Value),
    List(Vec<Value>),
    Map(Vec<Entry>),
}

/// Reads the `AnyValue` at `bytes[start..end]`, all parts of its list or map.
pub(crate) fn read_wire(bytes: &[u8], start: usize, end: usize) -> WireValue {
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
            let value = |at: &RawField| any_value(bytes, at.start, at.end, Value::Nil);
            WireValue::List(read_elements(bytes, &fields, value))
        }
        number::KVLIST => {
            let entry = |at: &RawField| key_value(bytes, at.start, at.end);
            WireValue::Map(read_elements(bytes, &fields, entry))
        }
        _ => WireValue::Scalar(any_value(bytes, start, end, Value::Nil)),
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

fn shifted_slice(slice: Slice, shift: usize) -> Slice {
    Slice {
        off: slice.off + shift as u32,
        len: slice.len,
    }
}

fn shifted(value: Value, shift: usize) -> Value {
    match value {
        Value::Str(slice) => Value::Str(shifted_slice(slice, shift)),
        Value::Bytes(slice) => Value::Bytes(shifted_slice(slice, shift)),
        Value::Wire(slice) => Value::Wire(shifted_slice(slice, shift)),
        other => other,
    }
}

/// Reads the `AnyValue` at `buf[start..end]`; lists and maps stay in their wire form.
///
/// It merges with `before`, what the same field had earlier in the message.
pub(crate) fn any_value(buf: &[u8], start: usize, end: usize, before: Value) -> Value {
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
            (number::STRINDEX, WireType::Varint) => Value::Nil,
            _ => value,
        };
    }
    value
}

/// Reads the `KeyValue` at `buf[start..end]`.
pub(crate) fn key_value(buf: &[u8], start: usize, end: usize) -> Entry {
    let mut entry = Entry {
        key: Slice::EMPTY,
        value: Value::Nil,
        raw: Slice::new(start, end),
    };
    let mut reader = Reader::new(buf, start, end, "KeyValue");
    while let Ok(Some(field)) = reader.next() {
        match (field.number, field.wire) {
            (number::KEY, WireType::Len) => entry.key = Slice::new(field.start, field.end),
            (number::VALUE, WireType::Len) => {
                entry.value = any_value(buf, field.start, field.end, entry.value);
            }
            _ => {}
        }
    }
    entry
}

/// The key of the `KeyValue` at `buf[start..end]`.
pub(crate) fn key_of(buf: &[u8], start: usize, end: usize) -> &[u8] {
    let entry = plain_key_value(buf, start, end).unwrap_or_else(|| key_value(buf, start, end));
    &buf[entry.key.off as usize..][..entry.key.len as usize]
}

/// Reads the `KeyValue` at `buf[start..end]` if it has the shape that nearly all have: a key and a
/// value of less than 16 KiB each, the value with one scalar field at most. Such bytes are well
/// formed; of others nothing is said.
#[inline(always)]
pub(crate) fn plain_key_value(buf: &[u8], start: usize, end: usize) -> Option<Entry> {
    const KEY: u8 = tag(number::KEY, WireType::Len);
    const VALUE: u8 = tag(number::VALUE, WireType::Len);

    let buf = &buf[..end];
    let (first, first_at) = short_field(buf, start)?;
    let (second, second_at) = short_field(buf, first_at.1)?;
    if second_at.1 != end {
        return None;
    }
    // Some write the fields of a message from the first to the last, some the other way round.
    let (key, value) = match (first, second) {
        (KEY, VALUE) => (first_at, second_at),
        (VALUE, KEY) => (second_at, first_at),
        _ => return None,
    };
    Some(Entry {
        key: Slice::new(key.0, key.1),
        value: plain_value(buf, value.0, value.1)?,
        raw: Slice::new(start, end),
    })
}

/// Reads the `AnyValue` at `buf[start..end]` if it has one scalar field at most.
#[inline(always)]
fn plain_value(buf: &[u8], start: usize, end: usize) -> Option<Value> {
    const STRING: u8 = tag(number::STRING, WireType::Len);
    const BOOL: u8 = tag(number::BOOL, WireType::Varint);
    const INT: u8 = tag(number::INT, WireType::Varint);
    const DOUBLE: u8 = tag(number::DOUBLE, WireType::Fixed64);

    Some(match &buf[start..end] {
        [STRING, ..] => {
            let (_, text) = short_field(buf, start)?;
            if text.1 != end {
                return None;
            }
            Value::Str(Slice::new(text.0, end))
        }
        [INT, bits @ ..] => Value::Int(short_varint(bits)? as i64),
        [BOOL, bits @ 0..0x80] => Value::Bool(*bits != 0),
        [DOUBLE, bits @ ..] => Value::Double(f64::from_le_bytes(bits.try_into().ok()?)),
        [] => Value::Nil,
        _ => return None,
    })
}

/// The tag of a field at `start` and where its bytes are, if it has a tag of one byte and, as is
/// taken for granted, a length, which is below 16 KiB. They may go beyond the end of `buf`.
#[inline(always)]
fn short_field(buf: &[u8], start: usize) -> Option<(u8, (usize, usize))> {
    let rest = buf.get(start..)?;
    let (&tag, &low) = (rest.first()?, rest.get(1)?);
    let at = start + 2;
    if low < 0x80 {
        return Some((tag, (at, at + usize::from(low))));
    }
    let high = *rest.get(2)?;
    let len = usize::from(low & 0x7f) | usize::from(high) << 7;
    (high < 0x80).then_some((tag, (at + 1, at + 1 + len)))
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

/// The tag of a field with a low number.
const fn tag(number: u32, wire: WireType) -> u8 {
    (number << 3 | wire.code()) as u8
}

//! The memory behind the values of a batch: the message's bytes, an arena, and two pools.
//!
//! Addresses are offsets, so that a value is small and owns nothing: below the length of the
//! message they mean the message, above it the arena. The arena and the pools only grow; they are
//! freed with the batch. Growth is limited, and the limit is sticky: once it is hit every further
//! allocation yields nothing and [`Heap::exhausted`] says so, which spares every caller an error
//! path of its own. Whoever runs programs over a heap must look at it before trusting the result.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::key_value::{WireValue, read_wire};
use crate::pool::{Buffers, Pool};
use crate::value::{Entry, ListKind, MapKind, Value};
use crate::{Meter, PoolRange, Slice};

/// The memory that the values of a batch refer to.
#[derive(Debug)]
pub struct Heap {
    input: Bytes,
    arena: Vec<u8>,
    values: Vec<Value>,
    entries: Vec<Entry>,
    max_growth: usize,
    exhausted: bool,
    meter: Arc<Meter>,
    /// What became of wire forms, each of which is taken apart once: a program may look at the same
    /// value in each of many statements.
    resolved: HashMap<Slice, Value>,
    /// The strings of the dictionary that messages of profiles have, once they were asked for.
    strings: Vec<Slice>,
    /// Bytes of what others keep beside the heap and count here.
    beside: usize,
    /// Where the memory goes in the end.
    pool: Option<Arc<Pool>>,
}

/// A part of bytes that are joined.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// Bytes of the heap itself.
    Here(Slice),
    /// Bytes from elsewhere.
    Bytes(&'a [u8]),
}

impl Piece<'_> {
    /// How many bytes it has.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Here(slice) => slice.len as usize,
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const ZERO_BYTES: usize = 16;
/// Bytes that the table takes for each wire form.
const RESOLVED_BYTES: usize = 2 * size_of::<(Slice, Value)>();
/// As many entries are looked at for one unit of work.
const SMALL_MAP: u32 = 16;

impl Heap {
    /// A heap over a message. `max_growth` limits what may be allocated beside it, in bytes.
    pub(crate) fn new(input: Bytes, max_growth: usize) -> Self {
        Self::with(input, max_growth, None)
    }

    /// The same with memory from a pool, where it goes back to.
    pub(crate) fn with(input: Bytes, max_growth: usize, pool: Option<Arc<Pool>>) -> Self {
        let buffers = pool.as_ref().map(|pool| pool.take()).unwrap_or_default();
        let Buffers {
            mut arena,
            values,
            entries,
        } = buffers;
        arena.reserve(ZERO_BYTES + input.len() / 4);
        arena.resize(ZERO_BYTES, 0);
        Self {
            input,
            arena,
            values,
            entries,
            max_growth,
            exhausted: false,
            meter: Arc::default(),
            resolved: HashMap::new(),
            strings: Vec::new(),
            beside: 0,
            pool,
        }
    }

    pub(crate) fn pool(&self) -> Option<&Arc<Pool>> {
        self.pool.as_ref()
    }

    /// A heap without a message, for values that belong to no batch.
    #[must_use]
    pub fn scratch() -> Self {
        Self::new(Bytes::new(), 1 << 20)
    }

    /// A heap without a message, within a limit on what its values take.
    pub(crate) fn beside(max_bytes: usize) -> Self {
        Self::new(Bytes::new(), max_bytes)
    }

    /// The message as it came.
    #[must_use]
    pub fn input(&self) -> &Bytes {
        &self.input
    }

    /// The bytes that values made beside the message have; a place behind the end of the message is
    /// one in here.
    #[must_use]
    pub fn arena(&self) -> &[u8] {
        &self.arena
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

    /// How many more bytes the limits let be allocated beside the message.
    #[must_use]
    pub fn room(&self) -> usize {
        let addressable =
            (u32::MAX as usize - 1).saturating_sub(self.input.len() + self.arena.len());
        let room = self.max_growth.saturating_sub(self.used()).min(addressable);
        if self.exhausted { 0 } else { room }
    }

    /// What may be spent on the values.
    #[inline]
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Sets what may be spent on the values. A new heap has no limit.
    pub fn set_meter(&mut self, meter: Arc<Meter>) {
        self.meter = meter;
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

    /// What the values take beside the message, in bytes.
    pub(crate) fn used(&self) -> usize {
        self.arena.len()
            + size_of_val(&*self.values)
            + size_of_val(&*self.entries)
            + self.resolved.len() * RESOLVED_BYTES
            + size_of_val(&*self.strings)
            + self.beside
    }

    fn may_grow(&mut self, bytes: usize) -> bool {
        let fits = self.used().saturating_add(bytes) <= self.max_growth
            && self.input.len() + self.arena.len() + bytes < u32::MAX as usize;
        self.exhausted |= !fits;
        fits
    }

    /// Copies `bytes` into the arena.
    #[inline]
    pub fn alloc(&mut self, bytes: &[u8]) -> Slice {
        if bytes.is_empty() || !self.may_grow(bytes.len()) {
            return Slice::EMPTY;
        }
        let start = self.input.len() + self.arena.len();
        self.arena.extend_from_slice(bytes);
        Slice::new(start, start + bytes.len())
    }

    /// Allocates `len` bytes and has them filled.
    pub fn alloc_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Slice {
        if len == 0 || !self.may_grow(len) {
            return Slice::EMPTY;
        }
        let at = self.arena.len();
        self.arena.resize(at + len, 0);
        fill(&mut self.arena[at..]);
        let start = self.input.len() + at;
        Slice::new(start, start + len)
    }

    /// Copies `pieces` into the arena, one behind the other.
    pub fn alloc_joined(&mut self, pieces: &[Piece<'_>]) -> Slice {
        let len = pieces.iter().map(Piece::len).sum();
        if len == 0 || !self.may_grow(len) {
            return Slice::EMPTY;
        }
        let (input, at) = (self.input.len(), self.arena.len());
        self.arena.resize(at + len, 0);
        let (known, mut place) = self.arena.split_at_mut(at);
        for piece in pieces {
            let bytes = match *piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Here(slice) => {
                    let (start, end) =
                        (slice.off as usize, slice.off as usize + slice.len as usize);
                    match start.checked_sub(input) {
                        None => &self.input[start..end],
                        Some(_) if slice.len == 0 => &[],
                        Some(start) => &known[start..end - input],
                    }
                }
            };
            let (filled, rest) = place.split_at_mut(bytes.len());
            filled.copy_from_slice(bytes);
            place = rest;
        }
        Slice::new(input + at, input + at + len)
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
        if range.len > SMALL_MAP {
            // Where this is refused the run stops, whatever is found.
            let _ = self.meter.spend(u64::from(range.len / SMALL_MAP));
        }
        // Keys of one length mostly differ in their last byte.
        let last = key.last();
        self.map(range).iter().position(|entry| {
            entry.key.len as usize == key.len() && {
                let known = self.bytes(entry.key);
                known.last() == last && known == key
            }
        })
    }

    /// The value with a wire form replaced by a list or map of one level; others as they are.
    #[inline]
    pub fn resolve(&mut self, value: Value) -> Value {
        match value {
            Value::Wire(body) => match self.resolved.get(&body) {
                Some(known) => *known,
                None => self.resolve_wire(body),
            },
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
        let (start, shift, strings) = match base {
            None => (body.off as usize, 0, &self.strings[..]),
            Some(off) => (0, off, &[][..]),
        };
        let value = match read_wire(bytes, start, start + body.len as usize, strings) {
            WireValue::Scalar(value) => return shifted(value, shift),
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
        };
        if let Value::List(_, range) | Value::Map(_, range) = value
            && range.len > 0
        {
            self.resolved.insert(body, value);
        }
        value
    }

    /// A value of another heap in this one. Its nesting is that of what attributes hold.
    pub(crate) fn adopt(&mut self, other: &mut Self, value: Value) -> Value {
        match other.resolve(value) {
            Value::Str(text) => Value::Str(self.alloc(other.bytes(text))),
            Value::Bytes(bytes) => Value::Bytes(self.alloc(other.bytes(bytes))),
            Value::TraceId(id) => Value::TraceId(self.alloc(other.bytes(id))),
            Value::SpanId(id) => Value::SpanId(self.alloc(other.bytes(id))),
            Value::ProfileId(id) => Value::ProfileId(self.alloc(other.bytes(id))),
            Value::Opaque(kind, part) => Value::Opaque(kind, self.alloc(other.bytes(part))),
            Value::List(kind, range) => {
                let elements: Vec<_> = range
                    .range()
                    .map(|at| other.element(at))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|element| self.adopt(other, element))
                    .collect();
                Value::List(kind, self.alloc_list(&elements))
            }
            Value::Map(kind, range) => {
                let entries: Vec<_> = other
                    .map(range)
                    .to_vec()
                    .into_iter()
                    .map(|entry| {
                        let key = self.alloc(other.bytes(entry.key));
                        Entry::new(key, self.adopt(other, entry.value))
                    })
                    .collect();
                Value::Map(kind, self.alloc_map(&entries))
            }
            scalar => scalar,
        }
    }

    /// The strings of the dictionary, if they were read.
    pub(crate) fn strings(&self) -> &[Slice] {
        &self.strings
    }

    /// Adds a string to those of the dictionary and tells whether there was room for it.
    pub(crate) fn push_string(&mut self, string: Slice) -> bool {
        let fits = self.may_grow(size_of::<Slice>());
        if fits {
            self.strings.push(string);
        }
        fits
    }

    /// Counts `bytes` that are kept beside the heap and tells whether there is room for them.
    pub(crate) fn charge(&mut self, bytes: usize) -> bool {
        let fits = self.may_grow(bytes);
        if fits {
            self.beside += bytes;
        }
        fits
    }

    /// Takes back what [`Heap::charge`] counted.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.beside -= bytes;
    }

    /// What may be allocated beside the message, in bytes.
    pub(crate) fn max_growth(&self) -> usize {
        self.max_growth
    }

    /// Forgets all entries, when the index that refers to them is made anew.
    pub(crate) fn clear_entries(&mut self) {
        self.entries.clear();
        self.resolved.clear();
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
}

impl Drop for Heap {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.give(Buffers {
                arena: std::mem::take(&mut self.arena),
                values: std::mem::take(&mut self.values),
                entries: std::mem::take(&mut self.entries),
            });
        }
    }
}

/// A slice whose place is `shift` bytes further.
pub(crate) fn shifted_slice(slice: Slice, shift: usize) -> Slice {
    Slice {
        off: slice.off + shift as u32,
        len: slice.len,
    }
}

/// The same for the slice of a value.
pub(crate) fn shifted(value: Value, shift: usize) -> Value {
    match value {
        Value::Str(slice) => Value::Str(shifted_slice(slice, shift)),
        Value::Bytes(slice) => Value::Bytes(shifted_slice(slice, shift)),
        Value::Wire(slice) => Value::Wire(shifted_slice(slice, shift)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_wherever_they_are() {
        let mut heap = Heap::new(Bytes::from_static(b"message"), 40);
        let made = heap.alloc(b"arena");
        let pieces = [
            Piece::Here(Slice::new(0, 4)),
            Piece::Bytes(b"-"),
            Piece::Here(made),
            Piece::Here(Slice::EMPTY),
        ];
        let joined = heap.alloc_joined(&pieces);
        assert_eq!(heap.bytes(joined), b"mess-arena");
        assert_eq!(heap.alloc_joined(&[]), Slice::EMPTY);
        let filled = heap.alloc_with(3, |place| place.fill(b'x'));
        assert_eq!(heap.bytes(filled), b"xxx");
        assert!(!heap.exhausted());
        let pieces = [Piece::Here(joined), Piece::Here(joined)];
        assert_eq!(heap.alloc_joined(&pieces), Slice::EMPTY);
        assert!(heap.exhausted());
    }
}

//! Numbers for values: two values have the same number if and only if they are the same as OTLP.
//!
//! Entries of maps have no order, types are strict, doubles are compared by their bits. Strings are
//! not copied, and what several rows share is looked at once: equal points are found in time that
//! is proportional to what they have, however long the values are that they share.

use std::collections::HashMap;

use crate::heap::{shifted, shifted_slice};
use crate::key_value::{WireValue, key_value, read_wire};
use crate::schema::{Kind, Message};
use crate::wire::Reader;
use crate::{Heap, PoolRange, Slice, Value};

/// Strings of more bytes than this are remembered by their place as well.
const LONG: u32 = 64;

/// What has a number; parts that are values themselves are in it as their numbers.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Double(u64),
    Str(&'a [u8]),
    Bytes(&'a [u8]),
    List(Vec<u32>),
    Map(Vec<(u32, u32)>),
    /// Nothing, where there might be a value.
    Absent,
    /// Two things, one after the other.
    Pair(u32, u32),
    /// What must be equal beside attributes so that points can be merged.
    Form(Vec<u64>),
    /// A data point: its metric's row, and the numbers of its attributes and its form.
    Point(usize, u32, u32),
}

/// A place in the heap.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Part {
    Str(Slice),
    Bytes(Slice),
    Wire(Slice),
    List(PoolRange),
    Map(PoolRange),
}

/// The numbers given so far.
#[derive(Debug)]
pub(crate) struct Ids<'a> {
    heap: &'a Heap,
    nodes: HashMap<Node<'a>, u32>,
    parts: HashMap<Part, u32>,
    first_counts: bool,
}

impl<'a> Ids<'a> {
    pub(crate) fn new(heap: &'a Heap) -> Self {
        Self {
            heap,
            nodes: HashMap::new(),
            parts: HashMap::new(),
            first_counts: false,
        }
    }

    /// The same, for which a key that a map has several times has its first value each time.
    pub(crate) fn with_first_counting(mut self, first_counts: bool) -> Self {
        self.first_counts = first_counts;
        self
    }

    pub(crate) fn node(&mut self, node: Node<'a>) -> u32 {
        let next = self.nodes.len() as u32;
        *self.nodes.entry(node).or_insert(next)
    }

    /// The number of a map in the heap.
    pub(crate) fn map(&mut self, range: PoolRange) -> u32 {
        let heap = self.heap;
        self.once(Part::Map(range), |ids| {
            let entries = heap.map(range).iter();
            let entries = entries.map(|entry| ids.entry(entry.key, entry.value));
            let entries = entries.collect();
            ids.unordered(entries)
        })
    }

    /// The number of the map that a message's attributes were when it was read.
    pub(crate) fn map_on_wire(
        &mut self,
        message: &'static Message,
        start: usize,
        end: usize,
    ) -> u32 {
        let input: &'a [u8] = self.heap.input();
        let mut entries = Vec::new();
        let mut reader = Reader::new(input, start, end, message.name);
        while let Ok(Some(field)) = reader.next() {
            let desc = message.field(field.number);
            if desc.is_some_and(|desc| matches!(desc.kind, Kind::Attribute(_))) {
                let entry = key_value(input, field.start, field.end, self.heap.strings());
                entries.push(self.entry(entry.key, entry.value));
            }
        }
        self.unordered(entries)
    }

    /// The number of a map that has these entries.
    pub(crate) fn unordered(&mut self, mut entries: Vec<(u32, u32)>) -> u32 {
        if self.first_counts {
            entries.sort_by_key(|(key, _)| *key);
            for at in 1..entries.len() {
                let (key, first) = entries[at - 1];
                if entries[at].0 == key {
                    entries[at].1 = first;
                }
            }
        }
        entries.sort_unstable();
        self.node(Node::Map(entries))
    }

    fn once(&mut self, part: Part, number: impl FnOnce(&mut Self) -> u32) -> u32 {
        if let Some(&known) = self.parts.get(&part) {
            return known;
        }
        let number = number(self);
        self.parts.insert(part, number);
        number
    }

    pub(crate) fn value(&mut self, value: Value) -> u32 {
        let heap = self.heap;
        match value {
            Value::Str(slice) if slice.len > LONG => self.once(Part::Str(slice), |ids| {
                ids.node(Node::Str(heap.bytes(slice)))
            }),
            Value::Bytes(slice) if slice.len > LONG => self.once(Part::Bytes(slice), |ids| {
                ids.node(Node::Bytes(heap.bytes(slice)))
            }),
            Value::Str(slice) => self.node(Node::Str(heap.bytes(slice))),
            Value::Bytes(slice) => self.node(Node::Bytes(heap.bytes(slice))),
            Value::Wire(slice) => self.once(Part::Wire(slice), |ids| ids.value_on_wire(slice)),
            Value::List(_, range) => self.once(Part::List(range), |ids| {
                let elements = heap.list(range).iter().map(|&element| ids.value(element));
                let elements = elements.collect();
                ids.node(Node::List(elements))
            }),
            Value::Map(_, range) => self.map(range),
            Value::Bool(value) => self.node(Node::Bool(value)),
            Value::Int(value) => self.node(Node::Int(value)),
            Value::Double(value) => self.node(Node::Double(value.to_bits())),
            // Attributes cannot hold the others, which become empty when they are encoded.
            Value::Nil
            | Value::Time { .. }
            | Value::Duration(_)
            | Value::TraceId(_)
            | Value::SpanId(_)
            | Value::ProfileId(_)
            | Value::Opaque(..)
            | Value::Error(_) => self.node(Node::Nil),
        }
    }

    /// `slice` is the body of an `AnyValue`, whose nesting was limited when it was read.
    fn value_on_wire(&mut self, slice: Slice) -> u32 {
        let heap = self.heap;
        let is_message = (slice.off as usize) < heap.input().len();
        // Only the message refers to strings of the dictionary.
        let (bytes, start, shift, strings): (&'a [u8], _, _, &[Slice]) = if is_message {
            (heap.input(), slice.off as usize, 0, heap.strings())
        } else {
            (heap.bytes(slice), 0, slice.off as usize, &[])
        };
        match read_wire(bytes, start, start + slice.len as usize, strings) {
            WireValue::Scalar(value) => self.value(shifted(value, shift)),
            WireValue::List(elements) => {
                let elements = elements.into_iter();
                let elements = elements
                    .map(|element| self.value(shifted(element, shift)))
                    .collect();
                self.node(Node::List(elements))
            }
            WireValue::Map(entries) => {
                let entries = entries
                    .into_iter()
                    .map(|entry| {
                        let key = shifted_slice(entry.key, shift);
                        self.entry(key, shifted(entry.value, shift))
                    })
                    .collect();
                self.unordered(entries)
            }
        }
    }

    /// The numbers of a key and a value.
    pub(crate) fn entry(&mut self, key: Slice, value: Value) -> (u32, u32) {
        // Keys may be as long as values, and as many rows may share them.
        (self.value(Value::Str(key)), self.value(value))
    }
}

//! The dictionary of a message of profiles: tables of strings and attributes that its rows refer to.
//!
//! The tables are read when somebody asks for them and only grow: what is new is written behind
//! what the message has, so that no index ever changes its meaning. An entry is new when the table
//! has no equal one, which an index by hashes finds.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::batch::Batch;
use crate::key_value::{ValueWriter, any_value};
use crate::value::Value;
use crate::wire::{Reader, WireType, put_len, put_nested, put_tag, put_varint};
use crate::{Heap, Slice};

/// The field of the dictionary in `ProfilesData`.
pub(crate) const DICTIONARY: u32 = 2;
/// The fields of the tables in `ProfilesDictionary`.
const STRINGS: u32 = 5;
const ATTRIBUTES: u32 = 6;
/// The fields of `KeyValueAndUnit`.
const KEY: u32 = 1;
const VALUE: u32 = 2;
const UNIT: u32 = 3;

/// Bytes that an index takes for each entry.
const INDEXED_BYTES: usize = 2 * size_of::<(u64, u32)>();

/// What is known of the tables beside the strings, which the heap has.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    attributes: Vec<Attribute>,
    /// How many strings and attributes the message came with.
    old_strings: usize,
    old_attributes: usize,
    hashes: RandomState,
    strings_by_hash: Option<ByHash>,
    attributes_by_hash: Option<ByHash>,
}

/// An entry of the table of attributes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribute {
    /// The place of the key in the table of strings; it may not exist.
    pub key: i32,
    /// The value; may be [`Value::Wire`].
    pub value: Value,
    /// The place of the unit in the table of strings; it may not exist.
    pub unit: i32,
}

impl Batch {
    /// The string at an index of the dictionary; `None` when there is none.
    ///
    /// Messages of other signals have no dictionary.
    #[must_use]
    pub fn dictionary_string(&mut self, index: i32) -> Option<Slice> {
        self.load();
        let index = usize::try_from(index).ok()?;
        self.heap.strings().get(index).copied()
    }

    /// The attribute at an index of the dictionary; `None` when there is none.
    #[must_use]
    pub fn dictionary_attribute(&mut self, index: i32) -> Option<Attribute> {
        let index = usize::try_from(index).ok()?;
        self.load().0.attributes.get(index).copied()
    }

    /// How many strings and attributes the dictionary has.
    #[must_use]
    pub fn dictionary_size(&mut self) -> (usize, usize) {
        let (dictionary, heap) = self.load();
        (heap.strings().len(), dictionary.attributes.len())
    }

    /// The index of the first string of the dictionary that is `text`; a new one where none is.
    ///
    /// Where the batch's limit is hit, the index is 0.
    pub fn intern_string(&mut self, text: &[u8]) -> i32 {
        let (dictionary, heap) = self.load();
        dictionary.string(heap, text).unwrap_or(0)
    }

    /// The index of the first attribute of the dictionary without unit that has this key and
    /// value; a new one where none has. A value that contains NaN equals none.
    ///
    /// Where the batch's limit is hit, the index is 0.
    pub fn intern_attribute(&mut self, key: i32, value: Value) -> i32 {
        let (dictionary, heap) = self.load();
        let attribute = Attribute {
            key,
            value,
            unit: 0,
        };
        dictionary.attribute(heap, attribute).unwrap_or(0)
    }

    /// Whether the dictionary has entries that the message does not have.
    pub(crate) fn has_new_entries(&self) -> bool {
        self.dictionary.as_ref().is_some_and(|dictionary| {
            self.heap.strings().len() > dictionary.old_strings
                || dictionary.attributes.len() > dictionary.old_attributes
        })
    }

    /// Writes the entries that the message does not have as fields of the dictionary.
    pub(crate) fn put_new_entries(&self, out: &mut Vec<u8>, values: &ValueWriter<'_>) {
        let Some(dictionary) = &self.dictionary else {
            return;
        };
        for &string in &self.heap.strings()[dictionary.old_strings..] {
            put_len(out, STRINGS, self.heap.bytes(string));
        }
        for attribute in &dictionary.attributes[dictionary.old_attributes..] {
            put_nested(out, ATTRIBUTES, |out| {
                if attribute.key != 0 {
                    put_tag(out, KEY, WireType::Varint);
                    put_varint(out, i64::from(attribute.key) as u64);
                }
                values.put_any(out, VALUE, attribute.value);
            });
        }
    }

    fn load(&mut self) -> (&mut Dictionary, &mut Heap) {
        let heap = &mut self.heap;
        let dictionary = self
            .dictionary
            .get_or_insert_with(|| Box::new(Dictionary::read(heap)));
        (dictionary, heap)
    }
}

/// Reads the table of strings of the message in `heap`, if that was not done before.
pub(crate) fn read_strings(heap: &mut Heap) {
    if !heap.strings().is_empty() {
        return;
    }
    entries(&heap.input().clone(), STRINGS, |_, string| {
        heap.push_string(string)
    });
}

/// Calls `each` with the message and the place of each entry of a table, until it says no. Bytes
/// that are not well formed end the table.
fn entries(input: &[u8], table: u32, mut each: impl FnMut(&[u8], Slice) -> bool) {
    let mut message = Reader::new(input, 0, input.len(), "ProfilesData");
    while let Ok(Some(part)) = message.next() {
        if part.number != DICTIONARY || part.wire != WireType::Len {
            continue;
        }
        let mut reader = Reader::new(input, part.start, part.end, "ProfilesDictionary");
        while let Ok(Some(field)) = reader.next() {
            if field.number == table
                && field.wire == WireType::Len
                && !each(input, Slice::new(field.start, field.end))
            {
                return;
            }
        }
    }
}

impl Dictionary {
    fn read(heap: &mut Heap) -> Self {
        read_strings(heap);
        let mut attributes = Vec::new();
        entries(&heap.input().clone(), ATTRIBUTES, |input, entry| {
            let fits = heap.charge(size_of::<Attribute>());
            if fits {
                attributes.push(read_attribute(input, entry));
            }
            fits
        });
        Self {
            old_strings: heap.strings().len(),
            old_attributes: attributes.len(),
            attributes,
            ..Self::default()
        }
    }

    fn string(&mut self, heap: &mut Heap, text: &[u8]) -> Option<i32> {
        if self.strings_by_hash.is_none() {
            let mut known = ByHash::default();
            for at in 0..heap.strings().len() {
                let text = heap.bytes(heap.strings()[at]);
                let hash = self.hashes.hash_one(text);
                let equal = |other: u32| heap.bytes(heap.strings()[other as usize]) == text;
                if let Err(free) = known.find(hash, equal) {
                    known.insert(heap, free, at)?;
                }
            }
            self.strings_by_hash = Some(known);
        }
        let known = self.strings_by_hash.as_mut()?;
        let equal = |at: u32| heap.bytes(heap.strings()[at as usize]) == text;
        match known.find(self.hashes.hash_one(text), equal) {
            Ok(at) => Some(at as i32),
            Err(free) => {
                let at = heap.strings().len();
                let slice = heap.alloc(text);
                if heap.exhausted() || !heap.push_string(slice) {
                    return None;
                }
                known.insert(heap, free, at)
            }
        }
    }

    fn attribute(&mut self, heap: &mut Heap, attribute: Attribute) -> Option<i32> {
        if self.attributes_by_hash.is_none() {
            let mut known = ByHash::default();
            for at in 0..self.attributes.len() {
                let attribute = self.attributes[at];
                let Some(hash) = hash_of(&self.hashes, heap, attribute) else {
                    continue;
                };
                let equal = |other: u32| equal(heap, self.attributes[other as usize], attribute);
                if let Err(free) = known.find(hash, equal) {
                    known.insert(heap, free, at)?;
                }
            }
            self.attributes_by_hash = Some(known);
        }
        let known = self.attributes_by_hash.as_mut()?;
        let hash = hash_of(&self.hashes, heap, attribute);
        let mut free = None;
        if let Some(hash) = hash {
            let equal = |other: u32| equal(heap, self.attributes[other as usize], attribute);
            match known.find(hash, equal) {
                Ok(at) => return Some(at as i32),
                Err(place) => free = Some(place),
            }
        }
        let at = self.attributes.len();
        if !heap.charge(size_of::<Attribute>()) {
            return None;
        }
        self.attributes.push(attribute);
        match free {
            Some(free) => known.insert(heap, free, at),
            None => i32::try_from(at).ok(),
        }
    }
}

fn read_attribute(input: &[u8], entry: Slice) -> Attribute {
    let mut attribute = Attribute {
        key: 0,
        value: Value::Nil,
        unit: 0,
    };
    let start = entry.off as usize;
    let end = start + entry.len as usize;
    let mut reader = Reader::new(input, start, end, "KeyValueAndUnit");
    while let Ok(Some(field)) = reader.next() {
        match (field.number, field.wire) {
            (KEY, WireType::Varint) => attribute.key = field.bits as i32,
            (UNIT, WireType::Varint) => attribute.unit = field.bits as i32,
            (VALUE, WireType::Len) => {
                // The reference resolves references in attributes of resources and scopes only.
                attribute.value = any_value(input, field.start, field.end, attribute.value, &[]);
            }
            _ => {}
        }
    }
    attribute
}

/// Entries of a table by their hash, or by the next number that no other entry has.
#[derive(Debug, Default)]
struct ByHash(HashMap<u64, u32>);

impl ByHash {
    /// The entry with a hash for which `equal` holds, or the number under which to insert it.
    fn find(&self, mut hash: u64, mut equal: impl FnMut(u32) -> bool) -> Result<u32, u64> {
        while let Some(&at) = self.0.get(&hash) {
            if equal(at) {
                return Ok(at);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// Inserts entry `at` and returns its index; `None` where a limit is hit.
    fn insert(&mut self, heap: &mut Heap, free: u64, at: usize) -> Option<i32> {
        let index = i32::try_from(at).ok()?;
        if !heap.charge(INDEXED_BYTES) {
            return None;
        }
        self.0.insert(free, at as u32);
        Some(index)
    }
}

/// A hash that equal attributes share; `None` for what does not even equal itself.
fn hash_of(hashes: &RandomState, heap: &mut Heap, attribute: Attribute) -> Option<u64> {
    let value = hash_value(hashes, heap, attribute.value)?;
    Some(hashes.hash_one((attribute.key, attribute.unit, value)))
}

fn hash_value(hashes: &RandomState, heap: &mut Heap, value: Value) -> Option<u64> {
    // Where this is refused the run stops, whatever is found.
    let _ = heap.meter().spend(1);
    Some(match heap.resolve(value) {
        Value::Bool(value) => hashes.hash_one((1, value)),
        Value::Int(value) => hashes.hash_one((2, value)),
        Value::Double(value) if value.is_nan() => return None,
        // The two zeros are equal.
        Value::Double(value) => hashes.hash_one((3, (value + 0.0).to_bits())),
        Value::Str(text) => hashes.hash_one((4, heap.bytes(text))),
        Value::Bytes(bytes) => hashes.hash_one((5, heap.bytes(bytes))),
        Value::List(_, range) => {
            let mut hash = hashes.hash_one((6, range.len));
            for at in range.range() {
                let element = heap.element(at);
                hash = hashes.hash_one((hash, hash_value(hashes, heap, element)?));
            }
            hash
        }
        Value::Map(_, range) => {
            // Maps are equal in any order.
            let mut sum = 0_u64;
            for at in range.range() {
                let entry = *heap.entry_mut(at);
                let value = hash_value(hashes, heap, entry.value)?;
                let pair = hashes.hash_one((heap.bytes(entry.key), value));
                sum = sum.wrapping_add(pair);
            }
            hashes.hash_one((7, range.len, sum))
        }
        // Attributes cannot hold the others, which become empty when they are encoded.
        Value::Nil
        | Value::Time { .. }
        | Value::Duration(_)
        | Value::TraceId(_)
        | Value::SpanId(_)
        | Value::ProfileId(_)
        | Value::Opaque(..)
        | Value::Wire(_)
        | Value::Error(_) => hashes.hash_one(0),
    })
}

fn equal(heap: &mut Heap, left: Attribute, right: Attribute) -> bool {
    left.key == right.key && left.unit == right.unit && equal_values(heap, left.value, right.value)
}

/// Equality of attribute values: the same types and contents, maps without order.
fn equal_values(heap: &mut Heap, left: Value, right: Value) -> bool {
    let (left, right) = (heap.resolve(left), heap.resolve(right));
    match (left, right) {
        (Value::Str(left), Value::Str(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            heap.bytes(left) == heap.bytes(right)
        }
        (Value::List(_, left), Value::List(_, right)) => {
            left.len == right.len
                && left.range().zip(right.range()).all(|(left, right)| {
                    let (left, right) = (heap.element(left), heap.element(right));
                    equal_values(heap, left, right)
                })
        }
        (Value::Map(_, left), Value::Map(_, right)) => {
            left.len == right.len
                && left.range().all(|at| {
                    let entry = *heap.entry_mut(at);
                    let key = heap.bytes(entry.key).to_vec();
                    heap.map_get(right, &key)
                        .is_some_and(|other| equal_values(heap, entry.value, other))
                })
        }
        _ => left == right,
    }
}

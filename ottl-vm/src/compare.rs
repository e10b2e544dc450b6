//! Comparing values by the rules of the language.
//!
//! Rules: pkg/ottl/compare.go and the table in LANGUAGE.md. Values of types that do not compare are
//! unequal, and neither is less than the other.
//!
//! What grows with the data is spent on the heap's meter. Where that refuses, values are unequal;
//! the run stops then.

use std::cmp::Ordering;
use std::collections::HashMap;

use otlp_columns::{Heap, ListKind, MapKind, OpaqueKind, PoolRange, Slice, Value};

use crate::{CompareOp, go};

/// Whether `left op right` holds.
#[must_use]
pub fn compare(heap: &mut Heap, op: CompareOp, left: Value, right: Value) -> bool {
    match (left, right) {
        (Value::Nil, Value::Nil) => op.accepts(Ordering::Equal),
        (Value::Bytes(bytes), other) if bytes.is_empty() => {
            // No bytes are the same as nothing, on either side.
            match other {
                Value::Nil => op.accepts(Ordering::Equal),
                Value::Bytes(bytes) if bytes.is_empty() => op.accepts(Ordering::Equal),
                _ => op == CompareOp::Ne,
            }
        }
        (Value::Nil, Value::Bytes(bytes)) if bytes.is_empty() => op.accepts(Ordering::Equal),
        (Value::Bool(left), Value::Bool(right)) => op.accepts(left.cmp(&right)),
        (Value::Int(left), Value::Int(right)) => op.accepts(left.cmp(&right)),
        (Value::Int(left), Value::Double(right)) => doubles(op, left as f64, right),
        (Value::Double(left), Value::Int(right)) => doubles(op, left, right as f64),
        (Value::Double(left), Value::Double(right)) => doubles(op, left, right),
        (Value::Str(left), Value::Str(right)) => op.accepts(texts(heap, left, right)),
        (Value::Bytes(_), Value::Bytes(right)) if right.is_empty() => op == CompareOp::Ne,
        (Value::Bytes(left), Value::Bytes(right)) => op.accepts(texts(heap, left, right)),
        (Value::Duration(left), Value::Duration(right)) => op.accepts(left.cmp(&right)),
        (
            Value::Time { seconds, nanos, .. },
            Value::Time {
                seconds: other_seconds,
                nanos: other_nanos,
                ..
            },
        ) => {
            let left = (go::since_year_one(seconds), nanos);
            let right = (go::since_year_one(other_seconds), other_nanos);
            op.accepts(left.cmp(&right))
        }
        _ => match op {
            CompareOp::Eq => equal(heap, left, right),
            CompareOp::Ne => !equal(heap, left, right),
            CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => false,
        },
    }
}

/// The order of texts, byte by byte.
#[inline]
pub(crate) fn texts(heap: &Heap, left: Slice, right: Slice) -> Ordering {
    /// Shorter texts are part of the work of their instruction.
    const SHORT: u32 = 1024;
    const BYTES_PER_UNIT: u32 = 64;

    let compared = left.len.min(right.len);
    if compared > SHORT && !heap.meter().spend(u64::from(compared / BYTES_PER_UNIT)) {
        return Ordering::Less;
    }
    heap.bytes(left).cmp(heap.bytes(right))
}

fn doubles(op: CompareOp, left: f64, right: f64) -> bool {
    match left.partial_cmp(&right) {
        Some(ordering) => op.accepts(ordering),
        None => op == CompareOp::Ne,
    }
}

/// Equality of what can only be equal or not.
fn equal(heap: &mut Heap, left: Value, right: Value) -> bool {
    match (left, right) {
        (Value::Map(..), Value::Map(..)) => same(heap, left, right),
        (Value::List(left_kind, left_range), Value::List(right_kind, right_range)) => {
            match (left_kind, right_kind) {
                (ListKind::Any, ListKind::Slice) => raw_list(heap, left_range, right_range),
                (ListKind::Slice, ListKind::Any) => raw_list(heap, right_range, left_range),
                (left_kind, right_kind) => left_kind == right_kind && same(heap, left, right),
            }
        }
        (Value::TraceId(left), Value::TraceId(right))
        | (Value::SpanId(left), Value::SpanId(right))
        | (Value::ProfileId(left), Value::ProfileId(right)) => {
            heap.bytes(left) == heap.bytes(right)
        }
        (Value::Opaque(OpaqueKind::Byte | OpaqueKind::Number, _), Value::Opaque(..)) => {
            left == right
        }
        // Two of a kind can only come from the same item, whose parts are the same.
        (Value::Opaque(left, _), Value::Opaque(right, _)) => left == right,
        _ => false,
    }
}

/// A list literal against an attribute's list: maps and lists that came from attributes into the
/// literal are unlike those of the attribute, as in the reference.
fn raw_list(heap: &mut Heap, raw: PoolRange, slice: PoolRange) -> bool {
    if raw.len != slice.len || !heap.meter().spend(raw.len.into()) {
        return false;
    }
    raw.range().zip(slice.range()).all(|(raw, slice)| {
        let left = element(heap, raw);
        let right = element(heap, slice);
        match (left, right) {
            (Value::Map(MapKind::Map, _), _) => false,
            (Value::List(ListKind::Any, left), Value::List(_, right)) => {
                raw_list(heap, left, right)
            }
            (Value::List(..), _) => false,
            _ => same(heap, left, right),
        }
    })
}

fn element(heap: &mut Heap, at: usize) -> Value {
    let value = heap.list(PoolRange {
        start: at as u32,
        len: 1,
    })[0];
    heap.resolve(value)
}

/// Strict equality: the same types and contents, maps without order.
fn same(heap: &mut Heap, left: Value, right: Value) -> bool {
    if !heap.meter().spend(2) {
        return false;
    }
    let (left, right) = (heap.resolve(left), heap.resolve(right));
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Double(left), Value::Double(right)) => left == right,
        (Value::Str(left), Value::Str(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            left.len == right.len && texts(heap, left, right).is_eq()
        }
        (Value::List(_, left), Value::List(_, right)) => {
            left.len == right.len
                && left.range().zip(right.range()).all(|(left, right)| {
                    let (left, right) = (element(heap, left), element(heap, right));
                    same(heap, left, right)
                })
        }
        (Value::Map(_, left), Value::Map(_, right)) => same_maps(heap, left, right),
        (
            Value::Time { .. }
            | Value::Duration(_)
            | Value::TraceId(_)
            | Value::SpanId(_)
            | Value::ProfileId(_)
            | Value::Opaque(OpaqueKind::Byte | OpaqueKind::Number, _),
            _,
        ) => compare(heap, CompareOp::Eq, left, right),
        _ => false,
    }
}

/// Up to this many entries looking for each key is faster than a table.
const FEW: u32 = 16;

/// Whether each entry of `left` has the value that its key has first in `right`. Keys that occur
/// more than once, which only a message can have, make the relation one-sided, as in the reference.
fn same_maps(heap: &mut Heap, left: PoolRange, right: PoolRange) -> bool {
    if left.len != right.len {
        return false;
    }
    if left.len > FEW {
        return paired(heap, left, right).is_some_and(|pairs| {
            pairs
                .into_iter()
                .all(|(left, right)| same(heap, left, right))
        });
    }
    let entries = heap.map(left).to_vec();
    entries.into_iter().all(|entry| {
        let key = heap.bytes(entry.key).to_vec();
        match heap.map_get(right, &key) {
            Some(other) => same(heap, entry.value, other),
            None => false,
        }
    })
}

/// The values of `left`, each with the first one of the same key in `right`; `None` when a key is
/// not there.
fn paired(heap: &Heap, left: PoolRange, right: PoolRange) -> Option<Vec<(Value, Value)>> {
    if !heap.meter().spend(left.len.into()) {
        return None;
    }
    let mut values = HashMap::with_capacity(right.len as usize);
    for entry in heap.map(right) {
        values.entry(heap.bytes(entry.key)).or_insert(entry.value);
    }
    let pair = |entry: &otlp_columns::Entry| {
        let other = values.get(heap.bytes(entry.key))?;
        Some((entry.value, *other))
    };
    heap.map(left).iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use otlp_columns::{Entry, Meter};

    use super::*;

    fn map(heap: &mut Heap, entries: impl IntoIterator<Item = (u32, i64)>) -> Value {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(key, value)| Entry::new(heap.alloc(&key.to_le_bytes()), Value::Int(value)))
            .collect();
        Value::Map(MapKind::Map, heap.alloc_map(&entries))
    }

    fn equal(heap: &mut Heap, left: Value, right: Value) -> bool {
        compare(heap, CompareOp::Eq, left, right)
    }

    /// Maps of so few entries that keys are looked for, and of so many that there is a table.
    const SIZES: [u32; 4] = [2, FEW, FEW + 1, 200];

    #[test]
    fn maps_are_equal_in_any_order() {
        for size in SIZES {
            let heap = &mut Heap::scratch();
            let entries = || (0..size).map(|key| (key, 7));
            let one = map(heap, entries());
            let other = map(heap, entries().rev());
            assert!(equal(heap, one, other), "{size}");
            let missing = map(heap, entries().skip(1));
            assert!(!equal(heap, one, missing), "{size}");
            let renamed = map(heap, entries().skip(1).chain([(size, 7)]));
            assert!(!equal(heap, one, renamed), "{size}");
            let changed = map(heap, entries().skip(1).chain([(0, 8)]));
            assert!(!equal(heap, one, changed), "{size}");
        }
    }

    #[test]
    fn of_equal_keys_on_the_right_the_first_counts() {
        for size in SIZES {
            let heap = &mut Heap::scratch();
            let rest = || (1..size).map(|key| (key, 7));
            let once = map(heap, [(0, 1), (1, 1)].into_iter().chain(rest().skip(1)));
            let twice = map(heap, [(0, 1), (0, 2)].into_iter().chain(rest().skip(1)));
            // The left side's second entry finds the right side's first.
            assert!(!equal(heap, twice, twice), "{size}");
            let same = map(heap, [(0, 1), (0, 1)].into_iter().chain(rest().skip(1)));
            assert!(equal(heap, same, twice), "{size}");
            assert!(!equal(heap, once, twice), "{size}");
        }
    }

    #[test]
    fn comparing_large_maps_takes_work_in_proportion() {
        let heap = &mut Heap::scratch();
        let one = map(heap, (0..5_000).map(|key| (key, 1)));
        let other = map(heap, (0..5_000).rev().map(|key| (key, 1)));
        heap.set_meter(Arc::new(Meter::new(16_000)));
        assert!(equal(heap, one, other));
        assert!(!equal(heap, one, other));
        assert_eq!(heap.meter().stopped(), Some(otlp_columns::Stop::Work));
    }
}

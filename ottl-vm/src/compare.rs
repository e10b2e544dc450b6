//! Comparing values by the rules of the language.
//!
//! Rules: pkg/ottl/compare.go and the table in LANGUAGE.md. Values of types that do not compare are
//! unequal, and neither is less than the other.

use std::cmp::Ordering;

use otlp_columns::{Heap, ListKind, MapKind, PoolRange, Value};

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
        (Value::Str(left), Value::Str(right)) => {
            op.accepts(heap.bytes(left).cmp(heap.bytes(right)))
        }
        (Value::Bytes(_), Value::Bytes(right)) if right.is_empty() => op == CompareOp::Ne,
        (Value::Bytes(left), Value::Bytes(right)) => {
            op.accepts(heap.bytes(left).cmp(heap.bytes(right)))
        }
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
        | (Value::SpanId(left), Value::SpanId(right)) => heap.bytes(left) == heap.bytes(right),
        // Two of a kind can only come from the same item, whose parts are the same.
        (Value::Opaque(left, _), Value::Opaque(right, _)) => left == right,
        _ => false,
    }
}

/// A list literal against an attribute's list: maps and lists that came from attributes into the
/// literal are unlike those of the attribute, as in the reference.
fn raw_list(heap: &mut Heap, raw: PoolRange, slice: PoolRange) -> bool {
    if raw.len != slice.len {
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
    let (left, right) = (heap.resolve(left), heap.resolve(right));
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Double(left), Value::Double(right)) => left == right,
        (Value::Str(left), Value::Str(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            heap.bytes(left) == heap.bytes(right)
        }
        (Value::List(_, left), Value::List(_, right)) => {
            left.len == right.len
                && left.range().zip(right.range()).all(|(left, right)| {
                    let (left, right) = (element(heap, left), element(heap, right));
                    same(heap, left, right)
                })
        }
        (Value::Map(_, left), Value::Map(_, right)) => same_maps(heap, left, right),
        (Value::Time { .. } | Value::Duration(_) | Value::TraceId(_) | Value::SpanId(_), _) => {
            compare(heap, CompareOp::Eq, left, right)
        }
        _ => false,
    }
}

fn same_maps(heap: &mut Heap, left: PoolRange, right: PoolRange) -> bool {
    if left.len != right.len {
        return false;
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

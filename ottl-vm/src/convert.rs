//! The reference's typed getters: what a value must be, or is made into, as an argument.
//!
//! `…_like` conversions keep nil as `None`. Rules: pkg/ottl/expression.go.

use otlp_columns::{Heap, ListKind, MapKind, OpaqueKind, PoolRange, Slice, Timestamp, Value};

use crate::access::raw_map;
use crate::text;
use crate::types::type_name;
use crate::{ExecError, TextBuilder, Zones, go};

/// A string, or an error.
///
/// # Errors
/// When the value is anything else, nil included.
#[inline]
pub fn string(value: Value) -> Result<Slice, ExecError> {
    match value {
        Value::Str(slice) => Ok(slice),
        other => Err(ExecError::expected("string", type_name(other))),
    }
}

/// An integer, or an error.
///
/// # Errors
/// When the value is anything else, nil included.
#[inline]
pub fn int(value: Value) -> Result<i64, ExecError> {
    match value {
        Value::Int(value) => Ok(value),
        other => Err(ExecError::expected("int", type_name(other))),
    }
}

/// A double, or an error.
///
/// # Errors
/// When the value is anything else, integers and nil included.
#[inline]
pub fn double(value: Value) -> Result<f64, ExecError> {
    match value {
        Value::Double(value) => Ok(value),
        other => Err(ExecError::expected("double", type_name(other))),
    }
}

/// A boolean, or an error.
///
/// # Errors
/// When the value is anything else, nil included.
#[inline]
pub fn bool(value: Value) -> Result<bool, ExecError> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(ExecError::expected("bool", type_name(other))),
    }
}

/// A map, or an error.
///
/// # Errors
/// When the value is anything else, nil included.
pub fn map(value: Value) -> Result<PoolRange, ExecError> {
    match value {
        Value::Map(_, range) => Ok(range),
        other => Err(ExecError::expected("map", type_name(other))),
    }
}

/// A list whose elements are attribute values, or an error.
///
/// # Errors
/// When the value is no list, or has elements that attributes cannot hold.
pub fn slice(heap: &mut Heap, value: Value) -> Result<PoolRange, ExecError> {
    match value {
        Value::List(ListKind::Any, range) => raw_slice(heap, range),
        Value::List(ListKind::Times, _) => Err(ExecError::expected("list", "list of times")),
        Value::List(_, range) => Ok(range),
        other => Err(ExecError::expected("list", type_name(other))),
    }
}

/// A literal list as a list of attribute values. Elements that are maps, times, ids and the like
/// are rejected, as in the reference.
fn raw_slice(heap: &mut Heap, range: PoolRange) -> Result<PoolRange, ExecError> {
    let mut elements = heap.list(range).to_vec();
    for element in &mut elements {
        match *element {
            Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Double(_)
            | Value::Str(_)
            | Value::Bytes(_)
            | Value::Wire(_) => {}
            Value::Map(MapKind::Raw, inner) => {
                *element = Value::Map(MapKind::Map, raw_map(heap, inner)?);
            }
            Value::List(ListKind::Any, inner) => {
                *element = Value::List(ListKind::Slice, raw_slice(heap, inner)?);
            }
            other => match other.as_opaque_number() {
                Some(number) => *element = Value::Int(number),
                None => return Err(ExecError::expected("list element", type_name(other))),
            },
        }
    }
    Ok(heap.alloc_list(&elements))
}

/// A time, or an error.
///
/// # Errors
/// When the value is anything else, nil included.
pub fn time(value: Value) -> Result<Timestamp, ExecError> {
    match value {
        Value::Time {
            seconds,
            nanos,
            zone,
        } => Ok(Timestamp {
            seconds,
            nanos,
            zone,
        }),
        other => Err(ExecError::expected("time", type_name(other))),
    }
}

/// A duration in nanoseconds, or an error.
///
/// # Errors
/// When the value is anything else, nil included.
pub fn duration(value: Value) -> Result<i64, ExecError> {
    match value {
        Value::Duration(nanos) => Ok(nanos),
        other => Err(ExecError::expected("duration", type_name(other))),
    }
}

/// Appends any value as text: strings as they are, bytes in hexadecimal digits, all else as JSON,
/// times in their zone; nil as nothing.
///
/// # Errors
/// When the value has no JSON form, such as NaN, or the text refuses it.
pub fn push_string_like(
    heap: &mut Heap,
    zones: &Zones,
    value: Value,
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    match value {
        Value::Nil => Ok(()),
        Value::Str(slice) => out.push(heap.bytes(slice)),
        Value::Bytes(slice) => text::push_hex(heap.bytes(slice), out),
        other => text::json(heap, zones, other, out),
    }
}

/// A number or text as an integer.
///
/// # Errors
/// When text is no decimal integer of 64 bits, or the value is neither number, text nor boolean.
pub fn int_like(heap: &Heap, value: Value) -> Result<Option<i64>, ExecError> {
    Ok(Some(match value {
        Value::Nil => return Ok(None),
        Value::Int(value) => value,
        Value::Double(value) => go::f64_to_i64(value),
        Value::Bool(value) => i64::from(value),
        Value::Str(slice) => go::parse_int(heap.bytes(slice), 10)?,
        other => return Err(ExecError::expected("a number or text", type_name(other))),
    }))
}

/// A number or text as a double.
///
/// # Errors
/// When text is no number, or the value is neither number, text nor boolean.
pub fn double_like(heap: &Heap, value: Value) -> Result<Option<f64>, ExecError> {
    Ok(Some(match value {
        Value::Nil => return Ok(None),
        Value::Double(value) => value,
        Value::Int(value) => value as f64,
        Value::Bool(value) => f64::from(u8::from(value)),
        Value::Str(slice) => go::parse_float(heap.bytes(slice))?,
        other => return Err(ExecError::expected("a number or text", type_name(other))),
    }))
}

/// A number or text as a boolean.
///
/// # Errors
/// When text is not one of Go's words for booleans, or the value is neither number, text nor
/// boolean.
pub fn bool_like(heap: &Heap, value: Value) -> Result<Option<bool>, ExecError> {
    Ok(Some(match value {
        Value::Nil => return Ok(None),
        Value::Bool(value) => value,
        Value::Int(value) => value != 0,
        Value::Double(value) => value != 0.0,
        Value::Opaque(OpaqueKind::Number, number) => number.off != 0,
        Value::Str(slice) => match heap.bytes(slice) {
            b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => true,
            b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => false,
            _ => return Err(ExecError::new("The text is no boolean.")),
        },
        other => {
            return Err(ExecError::expected(
                "a boolean, number or text",
                type_name(other),
            ));
        }
    }))
}

/// A scalar as bytes: text and bytes as they are, numbers in big-endian order, booleans as one
/// byte.
///
/// # Errors
/// When the value is a map, a list or anything else without bytes.
pub fn bytes_like(heap: &mut Heap, value: Value) -> Result<Option<Slice>, ExecError> {
    Ok(Some(match value {
        Value::Nil => return Ok(None),
        Value::Bytes(slice) | Value::Str(slice) => slice,
        Value::Int(value) => heap.alloc(&value.to_be_bytes()),
        Value::Double(value) => heap.alloc(&value.to_be_bytes()),
        Value::Bool(value) => heap.alloc(&[u8::from(value)]),
        other => return Err(ExecError::expected("a scalar", type_name(other))),
    }))
}

//! Field values as programs see them, and as messages have them.

use otlp_columns::{Level, OpaqueKind, Shape, Slice, Timestamp, Value};

use crate::ExecError;
use crate::path::IntCoding;
use crate::types::type_name;

/// Whether the rows of a level are of several types, of which each has fields of its own.
pub(super) fn has_shapes(level: Level) -> bool {
    matches!(level, Level::Metric | Level::DataPoint)
}

#[inline]
pub(crate) fn decode_int(bits: u64, coding: IntCoding) -> i64 {
    match coding {
        IntCoding::Bits64 | IntCoding::NonNegative => bits as i64,
        IntCoding::U32 | IntCoding::StrictU32 => i64::from(bits as u32),
        IntCoding::I32 | IntCoding::BelowMaxI32 => i64::from(bits as i32),
    }
}

pub(super) fn encode_int(value: i64, coding: IntCoding) -> Result<u64, ExecError> {
    Ok(match coding {
        IntCoding::Bits64 => value as u64,
        IntCoding::U32 => u64::from(value as u32),
        IntCoding::I32 => i64::from(value as i32) as u64,
        IntCoding::NonNegative => u64::try_from(value)
            .map_err(|_| ExecError::new(format!("The value {value} is negative.")))?,
        IntCoding::BelowMaxI32 if value >= i64::from(i32::MAX) => {
            return Err(ExecError::new(format!(
                "The value {value} is not below {}.",
                i32::MAX
            )));
        }
        IntCoding::BelowMaxI32 => i64::from(value as i32) as u64,
        IntCoding::StrictU32 => u64::from(u32::try_from(value).map_err(|_| {
            ExecError::new(format!(
                "The value {value} does not fit 32 bits without a sign."
            ))
        })?),
    })
}

/// Span kinds in both spellings, by number.
pub(super) const KINDS: [(&str, &str); 6] = [
    ("Unspecified", "SPAN_KIND_UNSPECIFIED"),
    ("Internal", "SPAN_KIND_INTERNAL"),
    ("Server", "SPAN_KIND_SERVER"),
    ("Client", "SPAN_KIND_CLIENT"),
    ("Producer", "SPAN_KIND_PRODUCER"),
    ("Consumer", "SPAN_KIND_CONSUMER"),
];

pub(super) type KindName = (&'static str, &'static str);

pub(super) fn kind_number(
    text: &[u8],
    pick: fn(&KindName) -> &'static str,
) -> Result<u64, ExecError> {
    KINDS
        .iter()
        .position(|name| pick(name).as_bytes() == text)
        .map(|kind| kind as u64)
        .ok_or_else(|| ExecError::new("The text is no span kind."))
}

pub(super) fn points_kind(shape: Shape) -> OpaqueKind {
    match shape {
        Shape::None | Shape::Gauge | Shape::Sum => OpaqueKind::NumberPoints,
        Shape::Histogram => OpaqueKind::HistogramPoints,
        Shape::Exponential => OpaqueKind::ExponentialPoints,
        Shape::Summary => OpaqueKind::SummaryPoints,
    }
}

#[cold]
pub(super) fn trace_state_key() -> ExecError {
    ExecError::new("A trace state is indexed with a literal string.")
}

#[cold]
pub(super) fn not_indexable_body(body: Value) -> ExecError {
    ExecError::new(format!(
        "A log body of type {} cannot be indexed.",
        type_name(body)
    ))
}

#[cold]
pub(super) fn unexpected(needed: &'static str, value: Value) -> ExecError {
    if value == Value::Nil {
        ExecError::new(format!("A field of type {needed} cannot be set to nil."))
    } else {
        ExecError::expected(needed, type_name(value))
    }
}

pub(super) fn expect_int(value: Value) -> Result<i64, ExecError> {
    match value {
        Value::Int(value) => Ok(value),
        other => Err(unexpected("int", other)),
    }
}

pub(super) fn expect_double(value: Value) -> Result<f64, ExecError> {
    match value {
        Value::Double(value) => Ok(value),
        other => Err(unexpected("double", other)),
    }
}

pub(super) fn expect_string(value: Value) -> Result<Slice, ExecError> {
    match value {
        Value::Str(slice) => Ok(slice),
        other => Err(unexpected("string", other)),
    }
}

pub(super) fn expect_bytes(value: Value) -> Result<Slice, ExecError> {
    match value {
        Value::Bytes(slice) => Ok(slice),
        other => Err(unexpected("bytes", other)),
    }
}

pub(super) fn expect_bool(value: Value) -> Result<bool, ExecError> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(unexpected("bool", other)),
    }
}

pub(super) fn expect_time(value: Value) -> Result<Timestamp, ExecError> {
    match value {
        Value::Time { seconds, nanos, .. } => Ok(Timestamp {
            seconds,
            nanos,
            zone: 0,
        }),
        other => Err(unexpected("time", other)),
    }
}

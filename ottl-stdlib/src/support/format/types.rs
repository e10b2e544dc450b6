//! What the reference calls the types of its values.

use otlp_columns::{ListKind, MapKind, OpaqueKind, Value};

/// The name of a value's type in Go.
pub(super) fn type_name(value: Value) -> &'static str {
    match value {
        Value::Nil | Value::Error(_) => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Double(_) => "float64",
        Value::Str(_) => "string",
        Value::Bytes(_) => "[]uint8",
        Value::Time { .. } => "time.Time",
        Value::Duration(_) => "time.Duration",
        Value::TraceId(_) => "pcommon.TraceID",
        Value::SpanId(_) => "pcommon.SpanID",
        Value::ProfileId(_) => "pprofile.ProfileID",
        Value::List(ListKind::Slice, _) | Value::Wire(_) => "pcommon.Slice",
        Value::List(ListKind::Any, _) => "[]interface {}",
        Value::List(ListKind::Strings, _) => "[]string",
        Value::List(ListKind::Ints, _) => "[]int64",
        Value::List(ListKind::Uints, _) => "[]uint64",
        Value::List(ListKind::Doubles, _) => "[]float64",
        Value::List(ListKind::Times, _) => "[]time.Time",
        Value::Map(MapKind::Map, _) => "pcommon.Map",
        Value::Map(MapKind::Raw, _) => "map[string]interface {}",
        Value::Opaque(kind, _) => part(kind),
    }
}

fn part(kind: OpaqueKind) -> &'static str {
    match kind {
        OpaqueKind::SpanEvents => "ptrace.SpanEventSlice",
        OpaqueKind::SpanLinks => "ptrace.SpanLinkSlice",
        OpaqueKind::Status => "ptrace.Status",
        OpaqueKind::Exemplars => "pmetric.ExemplarSlice",
        OpaqueKind::Buckets => "pmetric.ExponentialHistogramDataPointBuckets",
        OpaqueKind::Quantiles => "pmetric.SummaryDataPointValueAtQuantileSlice",
        OpaqueKind::NumberPoints => "pmetric.NumberDataPointSlice",
        OpaqueKind::HistogramPoints => "pmetric.HistogramDataPointSlice",
        OpaqueKind::ExponentialPoints => "pmetric.ExponentialHistogramDataPointSlice",
        OpaqueKind::SummaryPoints => "pmetric.SummaryDataPointSlice",
        OpaqueKind::ValueType => "pprofile.ValueType",
        OpaqueKind::Samples => "pprofile.SampleSlice",
        OpaqueKind::Byte => "uint8",
        OpaqueKind::Number => "int",
    }
}

/// The name of the type of the elements of a list of messages.
pub(super) fn element_type(kind: OpaqueKind) -> Option<&'static str> {
    Some(match kind {
        OpaqueKind::SpanEvents => "*internal.SpanEvent",
        OpaqueKind::SpanLinks => "*internal.SpanLink",
        OpaqueKind::Exemplars => "internal.Exemplar",
        OpaqueKind::Quantiles => "*internal.SummaryDataPointValueAtQuantile",
        OpaqueKind::NumberPoints => "*internal.NumberDataPoint",
        OpaqueKind::HistogramPoints => "*internal.HistogramDataPoint",
        OpaqueKind::ExponentialPoints => "*internal.ExponentialHistogramDataPoint",
        OpaqueKind::SummaryPoints => "*internal.SummaryDataPoint",
        OpaqueKind::Status
        | OpaqueKind::Buckets
        | OpaqueKind::ValueType
        | OpaqueKind::Samples
        | OpaqueKind::Byte
        | OpaqueKind::Number => return None,
    })
}

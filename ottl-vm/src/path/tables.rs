//! The table of each context's paths. They are those of the reference (`pkg/ottl/contexts`).

use otlp_columns::{Buckets, Field, Level, MapField, OpaqueKind};

use super::Access as A;
use super::IntCoding::{BelowMaxI32, Bits64, I32, NonNegative, StrictU32, U32};
use super::{Access, Context, Keys, PathDef, RequestPart, Shapes};
use crate::Type;

/// The paths of a context, without its cache.
#[must_use]
pub fn paths(context: Context) -> &'static [PathDef] {
    match context {
        Level::Resource => RESOURCE,
        Level::Scope => SCOPE,
        Level::Span => SPAN,
        Level::SpanEvent => SPAN_EVENT,
        Level::Log => LOG,
        Level::Metric => METRIC,
        Level::DataPoint => DATA_POINT,
        Level::Exemplar => EXEMPLAR,
        Level::Profile => PROFILE,
        Level::ProfileSample => PROFILE_SAMPLE,
    }
}

/// The cache of a context: a map beside each item that belongs to no message.
#[must_use]
pub fn cache(context: Context) -> PathDef {
    keyed(
        def("cache", Access::Map(MapField::Scratch(context)), Type::Map),
        Keys::Any,
    )
}

/// The cache of a context that its items, and those of later messages, have in common.
#[must_use]
pub fn shared_cache(context: Context) -> PathDef {
    keyed(
        def("cache", Access::Map(MapField::Shared(context)), Type::Map),
        Keys::Any,
    )
}

/// The paths that only the `selfops` dialect has.
#[must_use]
pub fn selfops_paths(context: Context) -> &'static [PathDef] {
    const SPAN: &[PathDef] = &[PathDef {
        writable: false,
        ..def("duration", A::DurationMillis, Type::Double)
    }];
    /// Of each point of the metric: programs with these run in the context of data points.
    const METRIC: &[PathDef] = &[
        attributes(MapField::DataPoint),
        only(
            Shapes::NUMBER,
            def(
                "value",
                A::Number(Field::PointValueKind, Field::PointValueBits),
                Type::Any,
            ),
        ),
    ];
    match context {
        Level::Span => SPAN,
        Level::Metric => METRIC,
        _ => &[],
    }
}

/// The paths behind [`REQUEST`](super::REQUEST), which every context has.
#[must_use]
pub fn request_paths() -> &'static [PathDef] {
    const fn part(name: &'static str, part: RequestPart, ty: Type, keys: Keys) -> PathDef {
        PathDef {
            writable: false,
            keys,
            ..def(name, A::Request(part), ty)
        }
    }
    const PATHS: &[PathDef] = &[
        part(
            "client.addr",
            RequestPart::Address,
            Type::String,
            Keys::None,
        ),
        part(
            "client.auth.attributes",
            RequestPart::Auth,
            Type::Map,
            Keys::Any,
        ),
        part(
            "client.metadata",
            RequestPart::Metadata,
            Type::Map,
            Keys::Any,
        ),
        part(
            "grpc.metadata",
            RequestPart::GrpcMetadata,
            Type::Map,
            Keys::Any,
        ),
    ];
    PATHS
}

const fn def(name: &'static str, access: Access, ty: Type) -> PathDef {
    PathDef {
        name,
        access,
        ty,
        shapes: Shapes::ALL,
        writable: true,
        keys: Keys::None,
    }
}

const fn keyed(def: PathDef, keys: Keys) -> PathDef {
    PathDef { keys, ..def }
}

const fn only(shapes: Shapes, def: PathDef) -> PathDef {
    PathDef { shapes, ..def }
}

const fn attributes(map: MapField) -> PathDef {
    keyed(def("attributes", Access::Map(map), Type::Map), Keys::Any)
}

const RESOURCE: &[PathDef] = &[
    attributes(MapField::Resource),
    def(
        "dropped_attributes_count",
        A::Int(Field::ResourceDropped, U32),
        Type::Int,
    ),
    def("schema_url", A::Str(Field::ResourceSchemaUrl), Type::String),
];

const SCOPE: &[PathDef] = &[
    def("name", A::Str(Field::ScopeName), Type::String),
    def("version", A::Str(Field::ScopeVersion), Type::String),
    attributes(MapField::Scope),
    def(
        "dropped_attributes_count",
        A::Int(Field::ScopeDropped, U32),
        Type::Int,
    ),
    def("schema_url", A::Str(Field::ScopeSchemaUrl), Type::String),
];

const SPAN: &[PathDef] = &[
    attributes(MapField::Span),
    def("trace_id", A::TraceId(Field::SpanTraceId), Type::TraceId),
    def(
        "trace_id.string",
        A::TraceIdHex(Field::SpanTraceId),
        Type::String,
    ),
    def("span_id", A::SpanId(Field::SpanSpanId), Type::SpanId),
    def(
        "span_id.string",
        A::SpanIdHex(Field::SpanSpanId),
        Type::String,
    ),
    keyed(def("trace_state", A::TraceState, Type::String), Keys::One),
    def(
        "parent_span_id",
        A::SpanId(Field::SpanParentSpanId),
        Type::SpanId,
    ),
    def(
        "parent_span_id.string",
        A::SpanIdHex(Field::SpanParentSpanId),
        Type::String,
    ),
    def("name", A::Str(Field::SpanName), Type::String),
    def("kind", A::Int(Field::SpanKind, I32), Type::Int),
    def("kind.string", A::KindString, Type::String),
    def(
        "kind.deprecated_string",
        A::KindDeprecatedString,
        Type::String,
    ),
    def(
        "start_time_unix_nano",
        A::TimeNanos(Field::SpanStart),
        Type::Int,
    ),
    def(
        "end_time_unix_nano",
        A::TimeNanos(Field::SpanEnd),
        Type::Int,
    ),
    def("start_time", A::Time(Field::SpanStart), Type::Time),
    def("end_time", A::Time(Field::SpanEnd), Type::Time),
    def(
        "dropped_attributes_count",
        A::Int(Field::SpanDroppedAttributes, U32),
        Type::Int,
    ),
    def(
        "events",
        A::Messages(Field::SpanEvents, OpaqueKind::SpanEvents),
        Type::Opaque,
    ),
    def(
        "dropped_events_count",
        A::Int(Field::SpanDroppedEvents, U32),
        Type::Int,
    ),
    def(
        "links",
        A::Messages(Field::SpanLinks, OpaqueKind::SpanLinks),
        Type::Opaque,
    ),
    def(
        "dropped_links_count",
        A::Int(Field::SpanDroppedLinks, U32),
        Type::Int,
    ),
    def("status", A::Status, Type::Opaque),
    def("status.code", A::Int(Field::SpanStatusCode, I32), Type::Int),
    def(
        "status.message",
        A::Str(Field::SpanStatusMessage),
        Type::String,
    ),
    def("flags", A::Int(Field::SpanFlags, StrictU32), Type::Int),
];

const SPAN_EVENT: &[PathDef] = &[
    attributes(MapField::SpanEvent),
    def("time_unix_nano", A::TimeNanos(Field::EventTime), Type::Int),
    def("time", A::Time(Field::EventTime), Type::Time),
    def("name", A::Str(Field::EventName), Type::String),
    def(
        "dropped_attributes_count",
        A::Int(Field::EventDropped, U32),
        Type::Int,
    ),
    PathDef {
        writable: false,
        ..def("event_index", A::EventIndex, Type::Int)
    },
];

const LOG: &[PathDef] = &[
    attributes(MapField::Log),
    def("time_unix_nano", A::TimeNanos(Field::LogTime), Type::Int),
    def(
        "observed_time_unix_nano",
        A::TimeNanos(Field::LogObservedTime),
        Type::Int,
    ),
    def("time", A::Time(Field::LogTime), Type::Time),
    def("observed_time", A::Time(Field::LogObservedTime), Type::Time),
    def(
        "severity_number",
        A::Int(Field::LogSeverityNumber, I32),
        Type::Int,
    ),
    def(
        "severity_text",
        A::Str(Field::LogSeverityText),
        Type::String,
    ),
    keyed(def("body", A::Body, Type::Any), Keys::Any),
    def("body.string", A::BodyString, Type::String),
    def(
        "dropped_attributes_count",
        A::Int(Field::LogDropped, U32),
        Type::Int,
    ),
    def("flags", A::Int(Field::LogFlags, U32), Type::Int),
    def("trace_id", A::TraceId(Field::LogTraceId), Type::TraceId),
    def(
        "trace_id.string",
        A::TraceIdHex(Field::LogTraceId),
        Type::String,
    ),
    def("span_id", A::SpanId(Field::LogSpanId), Type::SpanId),
    def(
        "span_id.string",
        A::SpanIdHex(Field::LogSpanId),
        Type::String,
    ),
    def("event_name", A::Str(Field::LogEventName), Type::String),
];

const METRIC: &[PathDef] = &[
    def("name", A::Str(Field::MetricName), Type::String),
    def(
        "description",
        A::Str(Field::MetricDescription),
        Type::String,
    ),
    def("unit", A::Str(Field::MetricUnit), Type::String),
    def("type", A::MetricType, Type::Int),
    only(
        Shapes::TEMPORAL,
        def(
            "aggregation_temporality",
            A::MetricInt(Field::MetricTemporality),
            Type::Int,
        ),
    ),
    only(
        Shapes::SUM,
        def(
            "is_monotonic",
            A::MetricBool(Field::MetricMonotonic),
            Type::Bool,
        ),
    ),
    def("data_points", A::Points, Type::Opaque),
    keyed(
        def("metadata", A::Map(MapField::MetricMetadata), Type::Map),
        Keys::Any,
    ),
];

const DATA_POINT: &[PathDef] = &[
    attributes(MapField::DataPoint),
    only(
        Shapes::POINTS,
        def(
            "start_time_unix_nano",
            A::TimeNanos(Field::PointStart),
            Type::Int,
        ),
    ),
    only(
        Shapes::POINTS,
        def("time_unix_nano", A::TimeNanos(Field::PointTime), Type::Int),
    ),
    only(
        Shapes::POINTS,
        def("start_time", A::Time(Field::PointStart), Type::Time),
    ),
    only(
        Shapes::POINTS,
        def("time", A::Time(Field::PointTime), Type::Time),
    ),
    only(
        Shapes::NUMBER,
        def(
            "value_double",
            A::NumberDouble(Field::PointValueKind, Field::PointValueBits),
            Type::Double,
        ),
    ),
    only(
        Shapes::NUMBER,
        def(
            "value_int",
            A::NumberInt(Field::PointValueKind, Field::PointValueBits),
            Type::Int,
        ),
    ),
    only(
        Shapes::EXEMPLARS,
        def(
            "exemplars",
            A::Messages(Field::PointExemplars, OpaqueKind::Exemplars),
            Type::Opaque,
        ),
    ),
    only(
        Shapes::POINTS,
        def("flags", A::Int(Field::PointFlags, U32), Type::Int),
    ),
    only(
        Shapes::COUNTED,
        def("count", A::Int(Field::PointCount, Bits64), Type::Int),
    ),
    only(
        Shapes::COUNTED,
        def("sum", A::Double(Field::PointSum), Type::Double),
    ),
    only(
        Shapes::HISTOGRAM,
        def(
            "bucket_counts",
            A::Uints(Field::PointBucketCounts),
            Type::List,
        ),
    ),
    only(
        Shapes::HISTOGRAM,
        def(
            "explicit_bounds",
            A::Doubles(Field::PointBounds),
            Type::List,
        ),
    ),
    only(
        Shapes::EXPONENTIAL,
        def("scale", A::Int(Field::PointScale, I32), Type::Int),
    ),
    only(
        Shapes::EXPONENTIAL,
        def(
            "zero_count",
            A::Int(Field::PointZeroCount, Bits64),
            Type::Int,
        ),
    ),
    only(
        Shapes::EXPONENTIAL,
        def("positive", A::Buckets(Buckets::Positive), Type::Opaque),
    ),
    only(
        Shapes::EXPONENTIAL,
        def(
            "positive.offset",
            A::Int(Field::PointPositiveOffset, I32),
            Type::Int,
        ),
    ),
    only(
        Shapes::EXPONENTIAL,
        def(
            "positive.bucket_counts",
            A::Uints(Field::PointPositiveCounts),
            Type::List,
        ),
    ),
    only(
        Shapes::EXPONENTIAL,
        def("negative", A::Buckets(Buckets::Negative), Type::Opaque),
    ),
    only(
        Shapes::EXPONENTIAL,
        def(
            "negative.offset",
            A::Int(Field::PointNegativeOffset, I32),
            Type::Int,
        ),
    ),
    only(
        Shapes::EXPONENTIAL,
        def(
            "negative.bucket_counts",
            A::Uints(Field::PointNegativeCounts),
            Type::List,
        ),
    ),
    only(
        Shapes::SUMMARY,
        def(
            "quantile_values",
            A::Messages(Field::PointQuantiles, OpaqueKind::Quantiles),
            Type::Opaque,
        ),
    ),
];

const EXEMPLAR: &[PathDef] = &[
    def(
        "time_unix_nano",
        A::TimeNanos(Field::ExemplarTime),
        Type::Int,
    ),
    def("time", A::Time(Field::ExemplarTime), Type::Time),
    def(
        "double_value",
        A::NumberDouble(Field::ExemplarValueKind, Field::ExemplarValueBits),
        Type::Double,
    ),
    def(
        "int_value",
        A::NumberInt(Field::ExemplarValueKind, Field::ExemplarValueBits),
        Type::Int,
    ),
    def(
        "trace_id",
        A::TraceId(Field::ExemplarTraceId),
        Type::TraceId,
    ),
    def(
        "trace_id.string",
        A::TraceIdHex(Field::ExemplarTraceId),
        Type::String,
    ),
    def("span_id", A::SpanId(Field::ExemplarSpanId), Type::SpanId),
    def(
        "span_id.string",
        A::SpanIdHex(Field::ExemplarSpanId),
        Type::String,
    ),
    keyed(
        def("filtered_attributes", A::Map(MapField::Exemplar), Type::Map),
        Keys::Any,
    ),
];

const fn indexed_attributes(indices: Field) -> PathDef {
    keyed(
        def("attributes", A::Attributes(indices), Type::Map),
        Keys::Any,
    )
}

const PROFILE: &[PathDef] = &[
    def(
        "sample_type",
        A::ValueType(Field::ProfileSampleType, Field::ProfileSampleUnit),
        Type::Opaque,
    ),
    def(
        "sample_type.type",
        A::DictionaryStr(Field::ProfileSampleType),
        Type::String,
    ),
    def(
        "sample_type.unit",
        A::DictionaryStr(Field::ProfileSampleUnit),
        Type::String,
    ),
    def(
        "sample",
        A::Messages(Field::ProfileSamples, OpaqueKind::Samples),
        Type::Opaque,
    ),
    def(
        "time_unix_nano",
        A::TimeNanos(Field::ProfileTime),
        Type::Int,
    ),
    def("time", A::Time(Field::ProfileTime), Type::Time),
    def(
        "duration_unix_nano",
        A::Int(Field::ProfileDuration, NonNegative),
        Type::Int,
    ),
    def(
        "duration",
        A::Int(Field::ProfileDuration, NonNegative),
        Type::Int,
    ),
    def(
        "period_type",
        A::ValueType(Field::ProfilePeriodType, Field::ProfilePeriodUnit),
        Type::Opaque,
    ),
    def(
        "period_type.type",
        A::DictionaryStr(Field::ProfilePeriodType),
        Type::String,
    ),
    def(
        "period_type.unit",
        A::DictionaryStr(Field::ProfilePeriodUnit),
        Type::String,
    ),
    def("period", A::Int(Field::ProfilePeriod, Bits64), Type::Int),
    def(
        "profile_id",
        A::ProfileId(Field::ProfileId),
        Type::ProfileId,
    ),
    def(
        "profile_id.string",
        A::ProfileIdHex(Field::ProfileId),
        Type::String,
    ),
    def(
        "attribute_indices",
        A::Ints(Field::ProfileAttributeIndices, I32),
        Type::List,
    ),
    def(
        "dropped_attributes_count",
        A::Int(Field::ProfileDroppedAttributes, U32),
        Type::Int,
    ),
    def(
        "original_payload_format",
        A::Str(Field::ProfilePayloadFormat),
        Type::String,
    ),
    def(
        "original_payload",
        A::Bytes(Field::ProfilePayload),
        Type::Bytes,
    ),
    indexed_attributes(Field::ProfileAttributeIndices),
];

const PROFILE_SAMPLE: &[PathDef] = &[
    def("values", A::Ints(Field::SampleValues, Bits64), Type::List),
    def(
        "attribute_indices",
        A::Ints(Field::SampleAttributeIndices, I32),
        Type::List,
    ),
    def(
        "link_index",
        A::Int(Field::SampleLink, BelowMaxI32),
        Type::Int,
    ),
    def(
        "timestamps_unix_nano",
        A::Ints(Field::SampleTimestamps, Bits64),
        Type::List,
    ),
    def("timestamps", A::Times(Field::SampleTimestamps), Type::List),
    indexed_attributes(Field::SampleAttributeIndices),
];

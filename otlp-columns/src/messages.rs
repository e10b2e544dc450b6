//! The message types, field by field.

mod metrics;
mod profiles;

use crate::schema::{
    Coding, Field, FieldDesc, JsonKind, Kind, Level, MapField, Message, Presence, Shape, Signal,
};

use crate::wire::WireType;
use Coding::{Fixed32, Fixed64, Len, Varint, Varint32};
use JsonKind as J;
use metrics::{EXEMPLAR, EXPONENTIAL_POINT, HISTOGRAM_POINT, METRIC, NUMBER_POINT, SUMMARY_POINT};
use profiles::{PROFILE, PROFILES_DATA, RESOURCE_PROFILES, SAMPLE, SCOPE_PROFILES};

const fn field(number: u32, json: &'static str, json_kind: JsonKind, kind: Kind) -> FieldDesc {
    FieldDesc {
        number,
        json,
        json_kind,
        repeated: matches!(
            kind,
            Kind::Rows(..) | Kind::Attribute(_) | Kind::PlainAttribute | Kind::Packed(_)
        ),
        presence: match kind {
            Kind::Number(..) | Kind::Data(..) => Presence::OneOf,
            _ => Presence::Implicit,
        },
        wire: match kind.coding() {
            Some(coding) => coding.wire(),
            None => WireType::Len,
        },
        kind,
    }
}

const fn repeated(desc: FieldDesc) -> FieldDesc {
    FieldDesc {
        repeated: true,
        ..desc
    }
}

const fn with(presence: Presence, desc: FieldDesc) -> FieldDesc {
    FieldDesc { presence, ..desc }
}

const fn optional(desc: FieldDesc) -> FieldDesc {
    with(Presence::Optional, desc)
}

const fn one_of(desc: FieldDesc) -> FieldDesc {
    with(Presence::OneOf, desc)
}

const fn column(
    number: u32,
    json: &'static str,
    json_kind: JsonKind,
    coding: Coding,
    to: Field,
) -> FieldDesc {
    field(number, json, json_kind, Kind::Column(to, coding))
}

const fn rows(
    number: u32,
    json: &'static str,
    level: Level,
    message: &'static Message,
) -> FieldDesc {
    field(
        number,
        json,
        J::Message(message),
        Kind::Rows(level, message),
    )
}

const fn inline(number: u32, json: &'static str, message: &'static Message) -> FieldDesc {
    field(number, json, J::Message(message), Kind::Inline(message))
}

const fn raw(number: u32, json: &'static str, message: &'static Message) -> FieldDesc {
    field(number, json, J::Message(message), Kind::RawMessage(message))
}

const fn data(
    number: u32,
    json: &'static str,
    shape: Shape,
    message: &'static Message,
) -> FieldDesc {
    field(
        number,
        json,
        J::Message(message),
        Kind::Data(shape, message),
    )
}

const fn attributes(number: u32, json: &'static str, map: MapField) -> FieldDesc {
    field(number, json, J::Message(&KEY_VALUE), Kind::Attribute(map))
}

const fn number_value(
    number: u32,
    json: &'static str,
    json_kind: JsonKind,
    kind: Field,
    bits: Field,
    tag: u64,
) -> FieldDesc {
    field(number, json, json_kind, Kind::Number(kind, bits, tag))
}

const TRACE_ID: JsonKind = J::Id(16);
const SPAN_ID: JsonKind = J::Id(8);
const SPAN_KIND: JsonKind = J::Enum(&[
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
]);
const STATUS_CODE: JsonKind =
    J::Enum(&["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]);
const TEMPORALITY: JsonKind = J::Enum(&[
    "AGGREGATION_TEMPORALITY_UNSPECIFIED",
    "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
]);
const SEVERITY: JsonKind = J::Enum(&[
    "SEVERITY_NUMBER_UNSPECIFIED",
    "SEVERITY_NUMBER_TRACE",
    "SEVERITY_NUMBER_TRACE2",
    "SEVERITY_NUMBER_TRACE3",
    "SEVERITY_NUMBER_TRACE4",
    "SEVERITY_NUMBER_DEBUG",
    "SEVERITY_NUMBER_DEBUG2",
    "SEVERITY_NUMBER_DEBUG3",
    "SEVERITY_NUMBER_DEBUG4",
    "SEVERITY_NUMBER_INFO",
    "SEVERITY_NUMBER_INFO2",
    "SEVERITY_NUMBER_INFO3",
    "SEVERITY_NUMBER_INFO4",
    "SEVERITY_NUMBER_WARN",
    "SEVERITY_NUMBER_WARN2",
    "SEVERITY_NUMBER_WARN3",
    "SEVERITY_NUMBER_WARN4",
    "SEVERITY_NUMBER_ERROR",
    "SEVERITY_NUMBER_ERROR2",
    "SEVERITY_NUMBER_ERROR3",
    "SEVERITY_NUMBER_ERROR4",
    "SEVERITY_NUMBER_FATAL",
    "SEVERITY_NUMBER_FATAL2",
    "SEVERITY_NUMBER_FATAL3",
    "SEVERITY_NUMBER_FATAL4",
]);

/// The message at the top of a signal.
pub(crate) fn top(signal: Signal) -> &'static Message {
    match signal {
        Signal::Traces => &TRACES_DATA,
        Signal::Logs => &LOGS_DATA,
        Signal::Metrics => &METRICS_DATA,
        Signal::Profiles => &PROFILES_DATA,
    }
}

/// The message of a row.
pub(crate) fn row(signal: Signal, level: Level, shape: Shape) -> &'static Message {
    match (level, signal) {
        (Level::Resource, Signal::Traces) => &RESOURCE_SPANS,
        (Level::Resource, Signal::Logs) => &RESOURCE_LOGS,
        (Level::Resource, Signal::Metrics) => &RESOURCE_METRICS,
        (Level::Resource, Signal::Profiles) => &RESOURCE_PROFILES,
        (Level::Scope, Signal::Traces) => &SCOPE_SPANS,
        (Level::Scope, Signal::Logs) => &SCOPE_LOGS,
        (Level::Scope, Signal::Metrics) => &SCOPE_METRICS,
        (Level::Scope, Signal::Profiles) => &SCOPE_PROFILES,
        (Level::Span, _) => &SPAN,
        (Level::SpanEvent, _) => &SPAN_EVENT,
        (Level::Log, _) => &LOG_RECORD,
        (Level::Metric, _) => &METRIC,
        (Level::DataPoint, _) => match shape {
            Shape::Histogram => &HISTOGRAM_POINT,
            Shape::Exponential => &EXPONENTIAL_POINT,
            Shape::Summary => &SUMMARY_POINT,
            Shape::None | Shape::Gauge | Shape::Sum => &NUMBER_POINT,
        },
        (Level::Exemplar, _) => &EXEMPLAR,
        (Level::Profile, _) => &PROFILE,
        (Level::ProfileSample, _) => &SAMPLE,
    }
}

static TRACES_DATA: Message = Message::new(
    "TracesData",
    &[rows(1, "resourceSpans", Level::Resource, &RESOURCE_SPANS)],
);
static LOGS_DATA: Message = Message::new(
    "LogsData",
    &[rows(1, "resourceLogs", Level::Resource, &RESOURCE_LOGS)],
);
static METRICS_DATA: Message = Message::new(
    "MetricsData",
    &[rows(
        1,
        "resourceMetrics",
        Level::Resource,
        &RESOURCE_METRICS,
    )],
);

static RESOURCE_SPANS: Message = Message::new(
    "ResourceSpans",
    &[
        inline(1, "resource", &RESOURCE),
        rows(2, "scopeSpans", Level::Scope, &SCOPE_SPANS),
        column(3, "schemaUrl", J::String, Len, Field::ResourceSchemaUrl),
    ],
);
static RESOURCE_LOGS: Message = Message::new(
    "ResourceLogs",
    &[
        inline(1, "resource", &RESOURCE),
        rows(2, "scopeLogs", Level::Scope, &SCOPE_LOGS),
        column(3, "schemaUrl", J::String, Len, Field::ResourceSchemaUrl),
    ],
);
static RESOURCE_METRICS: Message = Message::new(
    "ResourceMetrics",
    &[
        inline(1, "resource", &RESOURCE),
        rows(2, "scopeMetrics", Level::Scope, &SCOPE_METRICS),
        column(3, "schemaUrl", J::String, Len, Field::ResourceSchemaUrl),
    ],
);

static RESOURCE: Message = Message::new(
    "Resource",
    &[
        attributes(1, "attributes", MapField::Resource),
        column(
            2,
            "droppedAttributesCount",
            J::UInt32,
            Varint32,
            Field::ResourceDropped,
        ),
        repeated(raw(3, "entityRefs", &ENTITY_REF)),
    ],
);
static ENTITY_REF: Message = Message::new(
    "EntityRef",
    &[
        field(1, "schemaUrl", J::String, Kind::Plain(Len)),
        field(2, "type", J::String, Kind::Plain(Len)),
        repeated(field(3, "idKeys", J::String, Kind::Plain(Len))),
        repeated(field(4, "descriptionKeys", J::String, Kind::Plain(Len))),
    ],
);

static SCOPE_SPANS: Message = Message::new(
    "ScopeSpans",
    &[
        inline(1, "scope", &SCOPE),
        rows(2, "spans", Level::Span, &SPAN),
        column(3, "schemaUrl", J::String, Len, Field::ScopeSchemaUrl),
    ],
);
static SCOPE_LOGS: Message = Message::new(
    "ScopeLogs",
    &[
        inline(1, "scope", &SCOPE),
        rows(2, "logRecords", Level::Log, &LOG_RECORD),
        column(3, "schemaUrl", J::String, Len, Field::ScopeSchemaUrl),
    ],
);
static SCOPE_METRICS: Message = Message::new(
    "ScopeMetrics",
    &[
        inline(1, "scope", &SCOPE),
        rows(2, "metrics", Level::Metric, &METRIC),
        column(3, "schemaUrl", J::String, Len, Field::ScopeSchemaUrl),
    ],
);
static SCOPE: Message = Message::new(
    "InstrumentationScope",
    &[
        column(1, "name", J::String, Len, Field::ScopeName),
        column(2, "version", J::String, Len, Field::ScopeVersion),
        attributes(3, "attributes", MapField::Scope),
        column(
            4,
            "droppedAttributesCount",
            J::UInt32,
            Varint32,
            Field::ScopeDropped,
        ),
    ],
);

static SPAN: Message = Message::new(
    "Span",
    &[
        column(1, "traceId", TRACE_ID, Len, Field::SpanTraceId),
        column(2, "spanId", SPAN_ID, Len, Field::SpanSpanId),
        column(3, "traceState", J::String, Len, Field::SpanTraceState),
        column(4, "parentSpanId", SPAN_ID, Len, Field::SpanParentSpanId),
        column(5, "name", J::String, Len, Field::SpanName),
        column(6, "kind", SPAN_KIND, Varint, Field::SpanKind),
        column(7, "startTimeUnixNano", J::UInt64, Fixed64, Field::SpanStart),
        column(8, "endTimeUnixNano", J::UInt64, Fixed64, Field::SpanEnd),
        attributes(9, "attributes", MapField::Span),
        column(
            10,
            "droppedAttributesCount",
            J::UInt32,
            Varint32,
            Field::SpanDroppedAttributes,
        ),
        rows(11, "events", Level::SpanEvent, &SPAN_EVENT),
        column(
            12,
            "droppedEventsCount",
            J::UInt32,
            Varint32,
            Field::SpanDroppedEvents,
        ),
        repeated(raw(13, "links", &SPAN_LINK)),
        column(
            14,
            "droppedLinksCount",
            J::UInt32,
            Varint32,
            Field::SpanDroppedLinks,
        ),
        inline(15, "status", &STATUS),
        column(16, "flags", J::UInt32, Fixed32, Field::SpanFlags),
    ],
);
static STATUS: Message = Message::new(
    "Status",
    &[
        column(2, "message", J::String, Len, Field::SpanStatusMessage),
        column(3, "code", STATUS_CODE, Varint, Field::SpanStatusCode),
    ],
);
static SPAN_EVENT: Message = Message::new(
    "Span.Event",
    &[
        column(1, "timeUnixNano", J::UInt64, Fixed64, Field::EventTime),
        column(2, "name", J::String, Len, Field::EventName),
        attributes(3, "attributes", MapField::SpanEvent),
        column(
            4,
            "droppedAttributesCount",
            J::UInt32,
            Varint32,
            Field::EventDropped,
        ),
    ],
);
static SPAN_LINK: Message = Message::new(
    "Span.Link",
    &[
        field(1, "traceId", TRACE_ID, Kind::Plain(Len)),
        field(2, "spanId", SPAN_ID, Kind::Plain(Len)),
        field(3, "traceState", J::String, Kind::Plain(Len)),
        field(
            4,
            "attributes",
            J::Message(&KEY_VALUE),
            Kind::PlainAttribute,
        ),
        field(
            5,
            "droppedAttributesCount",
            J::UInt32,
            Kind::Plain(Varint32),
        ),
        field(6, "flags", J::UInt32, Kind::Plain(Fixed32)),
    ],
);

static LOG_RECORD: Message = Message::new(
    "LogRecord",
    &[
        column(1, "timeUnixNano", J::UInt64, Fixed64, Field::LogTime),
        column(
            2,
            "severityNumber",
            SEVERITY,
            Varint,
            Field::LogSeverityNumber,
        ),
        column(3, "severityText", J::String, Len, Field::LogSeverityText),
        field(5, "body", J::Message(&ANY_VALUE), Kind::Any),
        attributes(6, "attributes", MapField::Log),
        column(
            7,
            "droppedAttributesCount",
            J::UInt32,
            Varint32,
            Field::LogDropped,
        ),
        column(8, "flags", J::UInt32, Fixed32, Field::LogFlags),
        column(9, "traceId", TRACE_ID, Len, Field::LogTraceId),
        column(10, "spanId", SPAN_ID, Len, Field::LogSpanId),
        column(
            11,
            "observedTimeUnixNano",
            J::UInt64,
            Fixed64,
            Field::LogObservedTime,
        ),
        column(12, "eventName", J::String, Len, Field::LogEventName),
    ],
);

/// `KeyValue`.
pub(crate) static KEY_VALUE: Message = Message::new(
    "KeyValue",
    &[
        field(1, "key", J::String, Kind::Plain(Len)),
        field(
            2,
            "value",
            J::Message(&ANY_VALUE),
            Kind::RawMessage(&ANY_VALUE),
        ),
        field(3, "keyStrindex", J::Int32, Kind::Plain(Varint)),
    ],
);
/// `AnyValue`.
pub(crate) static ANY_VALUE: Message = Message::new(
    "AnyValue",
    &[
        one_of(field(1, "stringValue", J::String, Kind::Plain(Len))),
        one_of(field(2, "boolValue", J::Bool, Kind::Plain(Varint))),
        one_of(field(3, "intValue", J::Int64, Kind::Plain(Varint))),
        one_of(field(4, "doubleValue", J::Double, Kind::Plain(Fixed64))),
        one_of(field(
            5,
            "arrayValue",
            J::Message(&ARRAY_VALUE),
            Kind::RawMessage(&ARRAY_VALUE),
        )),
        one_of(field(
            6,
            "kvlistValue",
            J::Message(&KEY_VALUE_LIST),
            Kind::RawMessage(&KEY_VALUE_LIST),
        )),
        one_of(field(7, "bytesValue", J::Bytes, Kind::Plain(Len))),
        one_of(field(
            8,
            "stringValueStrindex",
            J::Int32,
            Kind::Plain(Varint),
        )),
    ],
);
static ARRAY_VALUE: Message = Message::new(
    "ArrayValue",
    &[repeated(field(
        1,
        "values",
        J::Message(&ANY_VALUE),
        Kind::RawMessage(&ANY_VALUE),
    ))],
);
static KEY_VALUE_LIST: Message = Message::new(
    "KeyValueList",
    &[repeated(field(
        1,
        "values",
        J::Message(&KEY_VALUE),
        Kind::RawMessage(&KEY_VALUE),
    ))],
);

//! OTLP's messages as far as this crate reads them: levels, fields, and where they are on the wire.
//!
//! One table serves indexing, validation, encoding and the JSON form. Field numbers are those of
//! opentelemetry/proto v1 (trace, logs, metrics, resource, common) and of its development version
//! of profiles.

use crate::wire::WireType;

/// The four kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `TracesData`.
    Traces,
    /// `LogsData`.
    Logs,
    /// `MetricsData`.
    Metrics,
    /// `ProfilesData`.
    Profiles,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Self; 4] = [Self::Traces, Self::Logs, Self::Metrics, Self::Profiles];

    /// The levels from the outside in.
    #[must_use]
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::Traces => &[Level::Resource, Level::Scope, Level::Span, Level::SpanEvent],
            Self::Logs => &[Level::Resource, Level::Scope, Level::Log],
            Self::Metrics => &[
                Level::Resource,
                Level::Scope,
                Level::Metric,
                Level::DataPoint,
                Level::Exemplar,
            ],
            Self::Profiles => &[
                Level::Resource,
                Level::Scope,
                Level::Profile,
                Level::ProfileSample,
            ],
        }
    }

    /// The level whose rows are what people count: spans, log records, data points or profiles.
    #[must_use]
    pub fn item_level(self) -> Level {
        match self {
            Self::Traces => Level::Span,
            Self::Logs => Level::Log,
            Self::Metrics => Level::DataPoint,
            Self::Profiles => Level::Profile,
        }
    }

    /// The name in lowercase, as on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Profiles => "profiles",
        }
    }
}

/// One level of nesting; the rows of a level form a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// `ResourceSpans`, `ResourceLogs`, `ResourceMetrics`, `ResourceProfiles` with the resource
    /// inside.
    Resource,
    /// `ScopeSpans`, `ScopeLogs`, `ScopeMetrics`, `ScopeProfiles` with the scope inside.
    Scope,
    /// `Span`.
    Span,
    /// `Span.Event`.
    SpanEvent,
    /// `LogRecord`.
    Log,
    /// `Metric`.
    Metric,
    /// `NumberDataPoint`, `HistogramDataPoint`, `ExponentialHistogramDataPoint`,
    /// `SummaryDataPoint`; see [`Shape`].
    DataPoint,
    /// `Exemplar`.
    Exemplar,
    /// `Profile`.
    Profile,
    /// `Sample` of a profile.
    ProfileSample,
}

impl Level {
    /// The level whose rows contain those of this one.
    #[inline]
    #[must_use]
    pub fn above(self) -> Option<Self> {
        match self {
            Self::Resource => None,
            Self::Scope => Some(Self::Resource),
            Self::Span | Self::Log | Self::Metric | Self::Profile => Some(Self::Scope),
            Self::SpanEvent => Some(Self::Span),
            Self::DataPoint => Some(Self::Metric),
            Self::Exemplar => Some(Self::DataPoint),
            Self::ProfileSample => Some(Self::Profile),
        }
    }
}

/// What kind of row it is where a level has several: the type of a metric and of its data points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A metric without data, or a level without shapes.
    #[default]
    None,
    /// A gauge.
    Gauge,
    /// A sum.
    Sum,
    /// A histogram with explicit bounds.
    Histogram,
    /// An exponential histogram.
    Exponential,
    /// A summary.
    Summary,
}

impl Shape {
    /// All shapes.
    pub(crate) const ALL: [Self; 6] = [
        Self::None,
        Self::Gauge,
        Self::Sum,
        Self::Histogram,
        Self::Exponential,
        Self::Summary,
    ];
}

/// How a field's value is kept in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// 64 bits: integers, booleans as 0 or 1, doubles as their bits.
    Scalar,
    /// A [`Slice`](crate::Slice) of bytes.
    Bytes,
    /// A [`Value`](crate::Value).
    Any,
    /// Found on demand: a repeated field that can be counted, cleared or, when it is of scalars,
    /// read and written as a whole, or a single double.
    Raw,
}

/// How a scalar is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Varint,
    /// Truncated to 32 bits.
    Varint32,
    ZigZag32,
    Fixed32,
    Fixed64,
    Len,
}

impl Coding {
    pub(crate) const fn wire(self) -> WireType {
        match self {
            Self::Varint | Self::Varint32 | Self::ZigZag32 => WireType::Varint,
            Self::Fixed32 => WireType::Fixed32,
            Self::Fixed64 => WireType::Fixed64,
            Self::Len => WireType::Len,
        }
    }
}

macro_rules! fields {
    ($($level:ident { $($field:ident: $storage:ident, $doc:literal;)* })*) => {
        /// A field that has a column. Its place on the wire may depend on the row's [`Shape`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Field {
            $($(#[doc = $doc] $field,)*)*
        }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$($(Self::$field,)*)*];

            /// The level whose rows have the field.
            #[must_use]
            pub fn level(self) -> Level {
                match self { $($(Self::$field => Level::$level,)*)* }
            }

            /// How the value is kept.
            #[must_use]
            pub const fn storage(self) -> Storage {
                match self { $($(Self::$field => Storage::$storage,)*)* }
            }

            /// Where it stands in the message of its level, in Markdown, as `` `status.code` ``.
            #[must_use]
            pub fn place(self) -> &'static str {
                match self { $($(Self::$field => $doc,)*)* }
            }

            /// The field's name, as `SpanName`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($(Self::$field => stringify!($field),)*)* }
            }
        }
    };
}

fields! {
    Resource {
        ResourceDropped: Scalar, "`resource.dropped_attributes_count`";
        ResourceSchemaUrl: Bytes, "`schema_url` beside the resource";
    }
    Scope {
        ScopeName: Bytes, "`scope.name`";
        ScopeVersion: Bytes, "`scope.version`";
        ScopeDropped: Scalar, "`scope.dropped_attributes_count`";
        ScopeSchemaUrl: Bytes, "`schema_url` beside the scope";
    }
    Span {
        SpanTraceId: Bytes, "`trace_id`";
        SpanSpanId: Bytes, "`span_id`";
        SpanTraceState: Bytes, "`trace_state`";
        SpanParentSpanId: Bytes, "`parent_span_id`";
        SpanName: Bytes, "`name`";
        SpanKind: Scalar, "`kind`";
        SpanStart: Scalar, "`start_time_unix_nano`";
        SpanEnd: Scalar, "`end_time_unix_nano`";
        SpanDroppedAttributes: Scalar, "`dropped_attributes_count`";
        SpanEvents: Raw, "`events`";
        SpanDroppedEvents: Scalar, "`dropped_events_count`";
        SpanLinks: Raw, "`links`";
        SpanDroppedLinks: Scalar, "`dropped_links_count`";
        SpanStatusMessage: Bytes, "`status.message`";
        SpanStatusCode: Scalar, "`status.code`";
        SpanFlags: Scalar, "`flags`";
    }
    SpanEvent {
        EventTime: Scalar, "`time_unix_nano`";
        EventName: Bytes, "`name`";
        EventDropped: Scalar, "`dropped_attributes_count`";
    }
    Log {
        LogTime: Scalar, "`time_unix_nano`";
        LogObservedTime: Scalar, "`observed_time_unix_nano`";
        LogSeverityNumber: Scalar, "`severity_number`";
        LogSeverityText: Bytes, "`severity_text`";
        LogBody: Any, "`body`";
        LogDropped: Scalar, "`dropped_attributes_count`";
        LogFlags: Scalar, "`flags`";
        LogTraceId: Bytes, "`trace_id`";
        LogSpanId: Bytes, "`span_id`";
        LogEventName: Bytes, "`event_name`";
    }
    Metric {
        MetricName: Bytes, "`name`";
        MetricDescription: Bytes, "`description`";
        MetricUnit: Bytes, "`unit`";
        MetricTemporality: Scalar, "`aggregation_temporality` of a sum or histogram";
        MetricMonotonic: Scalar, "`is_monotonic` of a sum";
        MetricPoints: Raw, "`data_points` of any type";
    }
    DataPoint {
        PointStart: Scalar, "`start_time_unix_nano`";
        PointTime: Scalar, "`time_unix_nano`";
        PointValueKind: Scalar, "which number a number data point has: 0 none, 1 `as_double`, 2 `as_int`";
        PointValueBits: Scalar, "the number's 64 bits";
        PointExemplars: Raw, "`exemplars`";
        PointFlags: Scalar, "`flags`";
        PointCount: Scalar, "`count`";
        PointSum: Scalar, "`sum`, the bits of a double";
        PointBucketCounts: Raw, "`bucket_counts` of a histogram";
        PointBounds: Raw, "`explicit_bounds`";
        PointScale: Scalar, "`scale`";
        PointZeroCount: Scalar, "`zero_count`";
        PointPositiveOffset: Scalar, "`positive.offset`";
        PointPositiveCounts: Raw, "`positive.bucket_counts`";
        PointNegativeOffset: Scalar, "`negative.offset`";
        PointNegativeCounts: Raw, "`negative.bucket_counts`";
        PointQuantiles: Raw, "`quantile_values`";
        PointMin: Raw, "`min` of a histogram, a single double";
        PointMax: Raw, "`max` of a histogram, a single double";
        PointZeroThreshold: Raw, "`zero_threshold`, a single double";
    }
    Exemplar {
        ExemplarTime: Scalar, "`time_unix_nano`";
        ExemplarValueKind: Scalar, "which number it has: 0 none, 1 `as_double`, 2 `as_int`";
        ExemplarValueBits: Scalar, "the number's 64 bits";
        ExemplarSpanId: Bytes, "`span_id`";
        ExemplarTraceId: Bytes, "`trace_id`";
    }
    Profile {
        ProfileSampleType: Scalar, "`sample_type.type_strindex`";
        ProfileSampleUnit: Scalar, "`sample_type.unit_strindex`";
        ProfileSamples: Raw, "`samples`";
        ProfileTime: Scalar, "`time_unix_nano`";
        ProfileDuration: Scalar, "`duration_nano`";
        ProfilePeriodType: Scalar, "`period_type.type_strindex`";
        ProfilePeriodUnit: Scalar, "`period_type.unit_strindex`";
        ProfilePeriod: Scalar, "`period`";
        ProfileId: Bytes, "`profile_id`";
        ProfileDroppedAttributes: Scalar, "`dropped_attributes_count`";
        ProfilePayloadFormat: Bytes, "`original_payload_format`";
        ProfilePayload: Bytes, "`original_payload`";
        ProfileAttributeIndices: Raw, "`attribute_indices`";
    }
    ProfileSample {
        SampleAttributeIndices: Raw, "`attribute_indices`";
        SampleLink: Scalar, "`link_index`";
        SampleValues: Raw, "`values`";
        SampleTimestamps: Raw, "`timestamps_unix_nano`";
    }
}

/// A map of attributes, one for each row of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapField {
    /// `resource.attributes`.
    Resource,
    /// `scope.attributes`.
    Scope,
    /// `Span.attributes`.
    Span,
    /// `Span.Event.attributes`.
    SpanEvent,
    /// `LogRecord.attributes`.
    Log,
    /// `Metric.metadata`.
    MetricMetadata,
    /// `attributes` of a data point.
    DataPoint,
    /// `Exemplar.filtered_attributes`.
    Exemplar,
    /// A map beside each row of a level that belongs to no message and is not encoded.
    Scratch(Level),
    /// A map that belongs to no message either, which all rows of a level have in common, also those
    /// of later messages; see [`SharedMap`](crate::SharedMap).
    Shared(Level),
}

impl MapField {
    /// The level whose rows have the map.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::Resource => Level::Resource,
            Self::Scope => Level::Scope,
            Self::Span => Level::Span,
            Self::SpanEvent => Level::SpanEvent,
            Self::Log => Level::Log,
            Self::MetricMetadata => Level::Metric,
            Self::DataPoint => Level::DataPoint,
            Self::Exemplar => Level::Exemplar,
            Self::Scratch(level) | Self::Shared(level) => level,
        }
    }

    /// The row of the map that a row of the level has.
    #[inline]
    pub(crate) fn row(self, row: usize) -> usize {
        match self {
            Self::Shared(_) => 0,
            _ => row,
        }
    }
}

/// What a field of a message is to the indexer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A scalar, string or bytes field with a column.
    Column(Field, Coding),
    /// `as_double` or `as_int` of a number: kind column, bits column, 1 or 2.
    Number(Field, Field, u64),
    /// A scalar or string without a column.
    Plain(Coding),
    /// Repeated scalars, packed or not.
    Packed(Coding),
    /// A field kept raw whose occurrences are messages of a type.
    RawMessage(&'static Message),
    /// An attribute.
    Attribute(MapField),
    /// An attribute of a message that has no rows.
    PlainAttribute,
    /// The `AnyValue` that has a column: a log record's body.
    Any,
    /// A message whose fields belong to the same row.
    Inline(&'static Message),
    /// The data of a metric: sets the row's shape.
    Data(Shape, &'static Message),
    /// Rows of the next level.
    Rows(Level, &'static Message),
}

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldDesc {
    pub(crate) number: u32,
    /// The lowerCamelCase name of the JSON form.
    pub(crate) json: &'static str,
    pub(crate) json_kind: JsonKind,
    pub(crate) repeated: bool,
    pub(crate) presence: Presence,
    /// The wire type, of a single element where they are repeated scalars.
    pub(crate) wire: WireType,
    pub(crate) kind: Kind,
}

impl FieldDesc {
    /// How the field's scalars are written, if it has scalars.
    pub(crate) fn coding(&self) -> Option<Coding> {
        self.kind.coding()
    }
}

impl Kind {
    pub(crate) const fn coding(self) -> Option<Coding> {
        match self {
            Kind::Column(_, coding) | Kind::Plain(coding) | Kind::Packed(coding) => Some(coding),
            Kind::Number(..) => Some(Coding::Fixed64),
            _ => None,
        }
    }
}

/// What it means that a singular field is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The same as zero or empty.
    Implicit,
    /// Something else than zero or empty.
    Optional,
    /// One of several fields of which a message has one at most. No message has two such groups.
    OneOf,
}

/// How a field is written in OTLP/JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JsonKind {
    /// A JSON string.
    String,
    /// Base64.
    Bytes,
    /// A trace or span id of so many bytes, in hexadecimal.
    Id(usize),
    Bool,
    /// A number, or when it is read one of these names, whose places are the numbers.
    Enum(&'static [&'static str]),
    /// A number.
    Int32,
    UInt32,
    /// A 64-bit integer as a decimal string.
    Int64,
    UInt64,
    Double,
    /// A nested message (`AnyValue` and `KeyValue` included).
    Message(&'static Message),
}

/// A message type.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [FieldDesc],
    /// Index into `fields` by field number, or `NONE`.
    lookup: [u8; 17],
}

const NONE: u8 = u8::MAX;

impl Message {
    pub(crate) const fn new(name: &'static str, fields: &'static [FieldDesc]) -> Self {
        let mut lookup = [NONE; 17];
        let mut index = 0;
        while index < fields.len() {
            lookup[fields[index].number as usize] = index as u8;
            index += 1;
        }
        Self {
            name,
            fields,
            lookup,
        }
    }

    #[inline]
    pub(crate) fn field(&self, number: u32) -> Option<&'static FieldDesc> {
        let index = *self.lookup.get(number as usize)?;
        self.fields.get(index as usize)
    }

    /// The place in `fields` of the field with a number.
    pub(crate) fn field_index(&self, number: u32) -> Option<u8> {
        let index = *self.lookup.get(number as usize)?;
        (index != NONE).then_some(index)
    }
}

//! The paths of every context: what they are called, what they hold, whether they can be written.
//!
//! One table for each context serves name resolution, type checking, projection and access. Reading
//! and writing is in [`access`](crate::access).

mod tables;

use otlp_columns::{Buckets, Field, Level, MapField, OpaqueKind, Projection, Shape};

use crate::Type;

pub use self::tables::{cache, paths, request_paths, selfops_paths, shared_cache};

/// The context a program runs in: the level whose rows are its items.
pub type Context = Level;

/// The contexts, from the outside in.
pub const CONTEXTS: [Context; 10] = [
    Level::Resource,
    Level::Scope,
    Level::Span,
    Level::SpanEvent,
    Level::Log,
    Level::Metric,
    Level::DataPoint,
    Level::Exemplar,
    Level::Profile,
    Level::ProfileSample,
];

/// The name of a context in a path.
#[must_use]
pub fn context_name(context: Context) -> &'static str {
    match context {
        Level::Resource => "resource",
        Level::Scope => "scope",
        Level::Span => "span",
        Level::SpanEvent => "spanevent",
        Level::Log => "log",
        Level::Metric => "metric",
        Level::DataPoint => "datapoint",
        Level::Exemplar => "exemplar",
        Level::Profile => "profile",
        Level::ProfileSample => "profilesample",
    }
}

/// What an item of a context is called, one and many.
#[must_use]
pub fn context_nouns(context: Context) -> (&'static str, &'static str) {
    match context {
        Level::Resource => ("resource", "resources"),
        Level::Scope => ("scope", "scopes"),
        Level::Span => ("span", "spans"),
        Level::SpanEvent => ("span event", "span events"),
        Level::Log => ("log record", "log records"),
        Level::Metric => ("metric", "metrics"),
        Level::DataPoint => ("data point", "data points"),
        Level::Exemplar => ("exemplar", "exemplars"),
        Level::Profile => ("profile", "profiles"),
        Level::ProfileSample => ("profile sample", "profile samples"),
    }
}

/// The context with a name; `instrumentation_scope` is another name of `scope`.
#[must_use]
pub fn context_named(name: &str) -> Option<Context> {
    match name {
        "instrumentation_scope" => Some(Level::Scope),
        _ => CONTEXTS
            .into_iter()
            .find(|&context| context_name(context) == name),
    }
}

/// What paths begin with that lead to what is known of the request.
pub const REQUEST: &str = "otelcol";

/// The names that paths may begin with in a program of `context`: those of contexts, and
/// [`REQUEST`].
#[must_use]
pub fn visible_contexts(context: Context) -> &'static [&'static str] {
    match context {
        Level::Resource => &["resource", REQUEST],
        Level::Scope => &["scope", "resource", REQUEST],
        Level::Span => &[
            "span",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
        Level::SpanEvent => &[
            "spanevent",
            "span",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
        Level::Log => &["log", "resource", "scope", "instrumentation_scope", REQUEST],
        Level::Metric => &[
            "metric",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
        Level::DataPoint => &[
            "datapoint",
            "metric",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
        Level::Exemplar => &[
            "exemplar",
            "datapoint",
            "metric",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
        Level::Profile => &[
            "profile",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
        // The reference knows the paths of the profile here and yet accepts none that is named so.
        Level::ProfileSample => &[
            "profilesample",
            "resource",
            "scope",
            "instrumentation_scope",
            REQUEST,
        ],
    }
}

/// The signals whose messages have items of `context`.
#[must_use]
pub fn signals_of(context: Context) -> &'static [otlp_columns::Signal] {
    use otlp_columns::Signal::{Logs, Metrics, Profiles, Traces};
    match context {
        Level::Resource | Level::Scope => &[Traces, Logs, Metrics, Profiles],
        Level::Span | Level::SpanEvent => &[Traces],
        Level::Log => &[Logs],
        Level::Metric | Level::DataPoint | Level::Exemplar => &[Metrics],
        Level::Profile | Level::ProfileSample => &[Profiles],
    }
}

/// A path of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathDef {
    /// The segments behind the context, as `status.code`.
    pub name: &'static str,
    /// How it is read and written.
    pub access: Access,
    /// What it holds, and what may be written to it.
    pub ty: Type,
    /// Which data point types have it; reads of others are nil, writes fail.
    pub shapes: Shapes,
    /// Whether it can be written.
    pub writable: bool,
    /// How many keys it takes.
    pub keys: Keys,
}

/// How many keys a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// None.
    None,
    /// None or exactly one, a string.
    One,
    /// Any number.
    Any,
}

/// A set of data point types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shapes(u8);

impl Shapes {
    /// Every type, and rows without type.
    pub const ALL: Self = Self(0xff);
    /// Every data point.
    pub const POINTS: Self = Self(0b0011_1110);
    /// Gauge and sum points.
    pub const NUMBER: Self = Self(0b0000_0110);
    /// Histogram points.
    pub const HISTOGRAM: Self = Self(0b0000_1000);
    /// Exponential histogram points.
    pub const EXPONENTIAL: Self = Self(0b0001_0000);
    /// Summary points.
    pub const SUMMARY: Self = Self(0b0010_0000);
    /// Points with a count and a sum.
    pub const COUNTED: Self = Self(0b0011_1000);
    /// Points with exemplars.
    pub const EXEMPLARS: Self = Self(0b0001_1110);
    /// Metrics with an aggregation temporality.
    pub const TEMPORAL: Self = Self(0b0001_1100);
    /// Sums.
    pub const SUM: Self = Self(0b0000_0100);

    /// Whether `shape` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(self, shape: Shape) -> bool {
        self.0 >> shape as u8 & 1 == 1
    }
}

/// How an integer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntCoding {
    /// 64 bits, taken as signed.
    Bits64,
    /// An unsigned 32-bit field; larger numbers lose their upper bits.
    U32,
    /// An unsigned 32-bit field; other numbers are rejected.
    StrictU32,
    /// A signed 32-bit field; larger numbers lose their upper bits.
    I32,
    /// 64 bits without a sign; negative numbers are rejected.
    NonNegative,
    /// A signed 32-bit field; its largest number and larger ones are rejected, smaller ones lose
    /// their upper bits.
    BelowMaxI32,
}

/// How a path is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A map, or through keys what is in it.
    Map(MapField),
    /// A log body, or through keys what is in it.
    Body,
    /// A log body as text.
    BodyString,
    /// An integer field.
    Int(Field, IntCoding),
    /// An integer field that only some metric types have; writing to others does nothing.
    MetricInt(Field),
    /// A boolean field that only some metric types have; writing to others does nothing.
    MetricBool(Field),
    /// A double field.
    Double(Field),
    /// A string field.
    Str(Field),
    /// A time field as nanoseconds.
    TimeNanos(Field),
    /// A time field as a time.
    Time(Field),
    /// A trace id.
    TraceId(Field),
    /// A trace id in hexadecimal digits.
    TraceIdHex(Field),
    /// A span id.
    SpanId(Field),
    /// A span id in hexadecimal digits.
    SpanIdHex(Field),
    /// W3C trace state, or through a key one of its members.
    TraceState,
    /// A span kind as `Server`.
    KindString,
    /// A span kind as `SPAN_KIND_SERVER`.
    KindDeprecatedString,
    /// A span's status as a whole.
    Status,
    /// Messages that are copied, counted or cleared.
    Messages(Field, OpaqueKind),
    /// All points of a metric.
    Points,
    /// The number of a point or exemplar as a double: kind and bits.
    NumberDouble(Field, Field),
    /// The number of a point or exemplar as an integer: kind and bits.
    NumberInt(Field, Field),
    /// A list of unsigned integers.
    Uints(Field),
    /// A list of doubles.
    Doubles(Field),
    /// Exponential buckets as a whole.
    Buckets(Buckets),
    /// The type of a metric as a number; writing does nothing.
    MetricType,
    /// The position of an event within its span.
    EventIndex,
    /// How long a span took, in milliseconds.
    DurationMillis,
    /// The number of a point, whichever it is: kind and bits.
    Number(Field, Field),
    /// A field of bytes.
    Bytes(Field),
    /// A profile id.
    ProfileId(Field),
    /// A profile id in hexadecimal digits.
    ProfileIdHex(Field),
    /// A list of integers.
    Ints(Field, IntCoding),
    /// A list of times in nanoseconds as a list of times.
    Times(Field),
    /// A map of attributes that are indices into the dictionary, or through keys what is in it.
    Attributes(Field),
    /// A string that is an index into the dictionary.
    DictionaryStr(Field),
    /// What is measured and in which unit, both indices into the dictionary, as a whole.
    ValueType(Field, Field),
    /// What is known of the request that brought the message.
    Request(RequestPart),
}

/// A part of what is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestPart {
    /// The address of the client.
    Address,
    /// What an authenticator found out, or through keys what is in it.
    Auth,
    /// The metadata of the client, or through keys what is in it.
    Metadata,
    /// The metadata of a gRPC call, or through keys what is in it.
    GrpcMetadata,
}

impl Access {
    /// The field that it reads or writes; of two the one that says what the other one holds. Nothing
    /// where there is no such field.
    #[must_use]
    pub fn field(self) -> Option<Field> {
        self.home().ok()
    }

    /// The level whose rows the path belongs to.
    #[must_use]
    pub fn level(self) -> Level {
        self.home().map_or_else(|level| level, Field::level)
    }

    /// The field, or the level of what has none.
    fn home(self) -> Result<Field, Level> {
        match self {
            Self::Int(field, _)
            | Self::MetricInt(field)
            | Self::MetricBool(field)
            | Self::Double(field)
            | Self::Str(field)
            | Self::TimeNanos(field)
            | Self::Time(field)
            | Self::TraceId(field)
            | Self::TraceIdHex(field)
            | Self::SpanId(field)
            | Self::SpanIdHex(field)
            | Self::Messages(field, _)
            | Self::NumberDouble(field, _)
            | Self::NumberInt(field, _)
            | Self::Number(field, _)
            | Self::Uints(field)
            | Self::Doubles(field)
            | Self::Bytes(field)
            | Self::ProfileId(field)
            | Self::ProfileIdHex(field)
            | Self::Ints(field, _)
            | Self::Times(field)
            | Self::Attributes(field)
            | Self::DictionaryStr(field)
            | Self::ValueType(field, _) => Ok(field),
            Self::Body | Self::BodyString => Ok(Field::LogBody),
            Self::TraceState => Ok(Field::SpanTraceState),
            Self::KindString | Self::KindDeprecatedString => Ok(Field::SpanKind),
            Self::Points => Ok(Field::MetricPoints),
            Self::Map(map) => Err(map.level()),
            Self::Status | Self::DurationMillis => Err(Level::Span),
            Self::MetricType => Err(Level::Metric),
            Self::Buckets(_) => Err(Level::DataPoint),
            Self::EventIndex => Err(Level::SpanEvent),
            // It is the same for the whole message, and so for all below a resource.
            Self::Request(_) => Err(Level::Resource),
        }
    }

    /// Adds what the path needs to a projection. `key` is the first key when it is a literal string
    /// and the map is used in no other way than through it.
    pub fn project(self, projection: &mut Projection, key: Option<&[u8]>) {
        projection.add_level(self.level());
        match (self, key) {
            (Self::Map(MapField::Scratch(_) | MapField::Shared(_)), _) => {}
            (Self::Map(map), Some(key)) => projection.add_key(map, key),
            (Self::Map(map), None) => projection.add_map(map),
            (Self::Body | Self::BodyString, _) => projection.add_field(Field::LogBody),
            (
                Self::Int(field, _)
                | Self::MetricInt(field)
                | Self::MetricBool(field)
                | Self::Double(field)
                | Self::Str(field)
                | Self::TimeNanos(field)
                | Self::Time(field)
                | Self::TraceId(field)
                | Self::TraceIdHex(field)
                | Self::SpanId(field)
                | Self::SpanIdHex(field)
                | Self::Bytes(field)
                | Self::ProfileId(field)
                | Self::ProfileIdHex(field)
                | Self::DictionaryStr(field),
                _,
            ) => projection.add_field(field),
            (
                Self::NumberDouble(kind, bits)
                | Self::NumberInt(kind, bits)
                | Self::Number(kind, bits)
                | Self::ValueType(kind, bits),
                _,
            ) => {
                projection.add_field(kind);
                projection.add_field(bits);
            }
            (Self::DurationMillis, _) => {
                projection.add_field(Field::SpanStart);
                projection.add_field(Field::SpanEnd);
            }
            (Self::TraceState, _) => projection.add_field(Field::SpanTraceState),
            (Self::KindString | Self::KindDeprecatedString, _) => {
                projection.add_field(Field::SpanKind);
            }
            (Self::Buckets(_), _) => {
                projection.add_field(Field::PointPositiveOffset);
                projection.add_field(Field::PointNegativeOffset);
            }
            (
                Self::Status
                | Self::Messages(..)
                | Self::Points
                | Self::Uints(_)
                | Self::Doubles(_)
                | Self::Ints(..)
                | Self::Times(_)
                | Self::Attributes(_)
                | Self::MetricType
                | Self::EventIndex
                | Self::Request(_),
                _,
            ) => {}
        }
    }
}

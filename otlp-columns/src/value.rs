//! Dynamic values: what a field, an attribute or an expression over them can be.

use crate::{PoolRange, Slice};

/// A value of any type, 16 bytes, without heap memory of its own.
///
/// Bytes, list elements and map entries live in the [`Heap`](crate::Heap) of the batch that the
/// value belongs to; a value is meaningless beside another heap. Pooled elements are never changed
/// once a value refers to them, so copying a value copies its meaning.
///
/// Its layout is fixed, since machine code reads it: a tag of one byte, which counts the variants
/// from 0, and behind it the fields in order, each aligned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(u8)]
pub enum Value {
    /// No value; as an attribute, an `AnyValue` with nothing set.
    #[default]
    Nil,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Text, UTF-8 by convention.
    Str(Slice),
    /// Bytes.
    Bytes(Slice),
    /// A list; elements in [`Heap::list`](crate::Heap::list).
    List(ListKind, PoolRange),
    /// A map; entries in [`Heap::map`](crate::Heap::map).
    Map(MapKind, PoolRange),
    /// A point in time, the parts of a [`Timestamp`].
    Time {
        /// [`Timestamp::zone`].
        zone: u16,
        /// [`Timestamp::nanos`].
        nanos: u32,
        /// [`Timestamp::seconds`].
        seconds: i64,
    },
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A trace id: 16 bytes.
    TraceId(Slice),
    /// A span id: 8 bytes.
    SpanId(Slice),
    /// A profile id: 16 bytes.
    ProfileId(Slice),
    /// A part of a message that can be copied and counted but not looked into.
    Opaque(OpaqueKind, Slice),
    /// An `AnyValue` list or map that is still in its wire form; see
    /// [`Heap::resolve`](crate::Heap::resolve).
    Wire(Slice),
    /// The reason why there is no value, as an index into the errors of whoever made it.
    Error(u32),
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Time {
            seconds: time.seconds,
            nanos: time.nanos,
            zone: time.zone,
        }
    }
}

const _: () = assert!(size_of::<Value>() == 16 && size_of::<Option<Value>>() == 16);

/// Where a list came from; lists of different kinds have different element rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// An attribute's `ArrayValue`.
    Slice,
    /// Elements of any type.
    Any,
    /// Strings only.
    Strings,
    /// Integers only.
    Ints,
    /// Unsigned integers, kept as their bits in [`Value::Int`].
    Uints,
    /// Floating-point numbers only.
    Doubles,
    /// Points in time only.
    Times,
}

/// Where a map came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapKind {
    /// An attribute map or `KeyValueList`.
    Map,
    /// A map made by a function.
    Raw,
}

/// Which part of a message an opaque value is; two opaque values fit each other when this is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpaqueKind {
    /// `Span.events`.
    SpanEvents,
    /// `Span.links`.
    SpanLinks,
    /// `Span.status`: the body of one message.
    Status,
    /// Exemplars of a data point.
    Exemplars,
    /// Exponential histogram buckets: the body of one message.
    Buckets,
    /// Quantiles of a summary data point.
    Quantiles,
    /// Gauge or sum data points.
    NumberPoints,
    /// Histogram data points.
    HistogramPoints,
    /// Exponential histogram data points.
    ExponentialPoints,
    /// Summary data points.
    SummaryPoints,
    /// `sample_type` or `period_type` of a profile: the body of one message.
    ValueType,
    /// `samples` of a profile, which the reference cannot count.
    Samples,
    /// A byte, which is no [`Value::Int`]; its number is [`Slice::off`].
    Byte,
    /// A number from 0 to `u32::MAX`, which is no [`Value::Int`]; it is [`Slice::off`].
    Number,
}

impl OpaqueKind {
    /// Whether the value is a sequence of messages, with a length that can be asked for.
    #[must_use]
    pub fn is_sequence(self) -> bool {
        !matches!(
            self,
            Self::Status
                | Self::Buckets
                | Self::ValueType
                | Self::Samples
                | Self::Byte
                | Self::Number
        )
    }
}

/// Numbers of types that the language does not have: they count as integers where they are part of
/// something else, and as no value that could be used where they stand alone.
impl Value {
    /// A byte that is not an integer.
    #[must_use]
    pub fn opaque_byte(byte: u8) -> Self {
        Self::Opaque(
            OpaqueKind::Byte,
            Slice {
                off: byte.into(),
                len: 0,
            },
        )
    }

    /// A number that is not an integer.
    #[must_use]
    pub fn opaque_number(number: u32) -> Self {
        let number = Slice {
            off: number,
            len: 0,
        };
        Self::Opaque(OpaqueKind::Number, number)
    }

    /// The integer for a byte or number that is none.
    #[must_use]
    pub fn as_opaque_number(self) -> Option<i64> {
        match self {
            Self::Opaque(OpaqueKind::Byte | OpaqueKind::Number, number) => Some(number.off.into()),
            _ => None,
        }
    }
}

/// A point in time with the zone it is seen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    pub seconds: i64,
    /// Nanoseconds after that second, below 1,000,000,000.
    pub nanos: u32,
    /// The zone, as an index whose meaning the embedder defines; 0 is UTC.
    pub zone: u16,
}

impl Timestamp {
    /// The time `nanos` nanoseconds after the epoch, in UTC.
    #[must_use]
    pub fn from_unix_nanos(nanos: i64) -> Self {
        Self {
            seconds: nanos.div_euclid(1_000_000_000),
            nanos: nanos.rem_euclid(1_000_000_000) as u32,
            zone: 0,
        }
    }

    /// Nanoseconds since the epoch, wrapped to 64 bits where the time is out of range.
    #[must_use]
    pub fn unix_nanos(self) -> i64 {
        self.seconds
            .wrapping_mul(1_000_000_000)
            .wrapping_add(i64::from(self.nanos))
    }

    /// The same instant regardless of the zone, to compare by.
    #[must_use]
    pub fn instant(self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }
}

/// One entry of a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Slice,
    /// The value; may be [`Value::Wire`].
    pub value: Value,
    /// The `KeyValue` body this entry was read from, while neither key nor value changed;
    /// empty otherwise. Encoding copies it, unknown fields included.
    pub raw: Slice,
}

impl Entry {
    /// An entry that does not come from the wire.
    #[must_use]
    pub fn new(key: Slice, value: Value) -> Self {
        Self {
            key,
            value,
            raw: Slice::EMPTY,
        }
    }
}

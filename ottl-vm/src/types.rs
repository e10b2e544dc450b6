//! Names of value types.

use otlp_columns::{ListKind, OpaqueKind, Value};

/// The static type of a path, an argument or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Known only when the program runs.
    Any,
    /// `nil`.
    Nil,
    /// A boolean.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A 64-bit floating-point number.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A map.
    Map,
    /// A list.
    List,
    /// A point in time.
    Time,
    /// A duration.
    Duration,
    /// A trace id.
    TraceId,
    /// A span id.
    SpanId,
    /// A profile id.
    ProfileId,
    /// A part of a message that can only be copied, counted or cleared.
    Opaque,
}

impl Type {
    /// The name in messages and documentation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Nil => "nil",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Map => "map",
            Self::List => "list",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::TraceId => "trace id",
            Self::SpanId => "span id",
            Self::ProfileId => "profile id",
            Self::Opaque => "message part",
        }
    }

    /// The type of a value.
    #[must_use]
    pub fn of(value: Value) -> Self {
        match value {
            Value::Nil => Self::Nil,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Double(_) => Self::Double,
            Value::Str(_) => Self::String,
            Value::Bytes(_) => Self::Bytes,
            Value::Map(..) => Self::Map,
            Value::List(..) => Self::List,
            Value::Time { .. } => Self::Time,
            Value::Duration(_) => Self::Duration,
            Value::TraceId(_) => Self::TraceId,
            Value::SpanId(_) => Self::SpanId,
            Value::ProfileId(_) => Self::ProfileId,
            Value::Opaque(..) => Self::Opaque,
            Value::Wire(_) | Value::Error(_) => Self::Any,
        }
    }
}

/// The name of a value's type, for messages.
#[must_use]
pub fn type_name(value: Value) -> &'static str {
    match value {
        Value::List(ListKind::Strings, _) => "list of strings",
        Value::Opaque(OpaqueKind::Byte, _) => "byte",
        Value::Opaque(OpaqueKind::Number, _) => "number of another kind",
        other => Type::of(other).name(),
    }
}

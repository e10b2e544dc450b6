//! The message types of profiles, from opentelemetry/proto/profiles/v1development.

use super::{
    ANY_VALUE, RESOURCE, SCOPE, SPAN_ID, TRACE_ID, column, field, inline, raw, repeated, rows,
};
use crate::schema::{Coding, Field, JsonKind, Kind, Level, Message};

use Coding::{Fixed64, Len, Varint, Varint32};
use JsonKind as J;

pub(super) static PROFILES_DATA: Message = Message::new(
    "ProfilesData",
    &[
        rows(1, "resourceProfiles", Level::Resource, &RESOURCE_PROFILES),
        raw(2, "dictionary", &DICTIONARY),
    ],
);
pub(super) static RESOURCE_PROFILES: Message = Message::new(
    "ResourceProfiles",
    &[
        inline(1, "resource", &RESOURCE),
        rows(2, "scopeProfiles", Level::Scope, &SCOPE_PROFILES),
        column(3, "schemaUrl", J::String, Len, Field::ResourceSchemaUrl),
    ],
);
pub(super) static SCOPE_PROFILES: Message = Message::new(
    "ScopeProfiles",
    &[
        inline(1, "scope", &SCOPE),
        rows(2, "profiles", Level::Profile, &PROFILE),
        column(3, "schemaUrl", J::String, Len, Field::ScopeSchemaUrl),
    ],
);

pub(super) static PROFILE: Message = Message::new(
    "Profile",
    &[
        inline(1, "sampleType", &SAMPLE_TYPE),
        rows(2, "samples", Level::ProfileSample, &SAMPLE),
        column(3, "timeUnixNano", J::UInt64, Fixed64, Field::ProfileTime),
        column(4, "durationNano", J::UInt64, Varint, Field::ProfileDuration),
        inline(5, "periodType", &PERIOD_TYPE),
        column(6, "period", J::Int64, Varint, Field::ProfilePeriod),
        column(7, "profileId", J::Id(16), Len, Field::ProfileId),
        column(
            8,
            "droppedAttributesCount",
            J::UInt32,
            Varint32,
            Field::ProfileDroppedAttributes,
        ),
        column(
            9,
            "originalPayloadFormat",
            J::String,
            Len,
            Field::ProfilePayloadFormat,
        ),
        column(10, "originalPayload", J::Bytes, Len, Field::ProfilePayload),
        field(11, "attributeIndices", J::Int32, Kind::Packed(Varint)),
    ],
);
static SAMPLE_TYPE: Message = Message::new(
    "ValueType",
    &[
        column(
            1,
            "typeStrindex",
            J::Int32,
            Varint,
            Field::ProfileSampleType,
        ),
        column(
            2,
            "unitStrindex",
            J::Int32,
            Varint,
            Field::ProfileSampleUnit,
        ),
    ],
);
static PERIOD_TYPE: Message = Message::new(
    "ValueType",
    &[
        column(
            1,
            "typeStrindex",
            J::Int32,
            Varint,
            Field::ProfilePeriodType,
        ),
        column(
            2,
            "unitStrindex",
            J::Int32,
            Varint,
            Field::ProfilePeriodUnit,
        ),
    ],
);
pub(super) static SAMPLE: Message = Message::new(
    "Sample",
    &[
        field(1, "stackIndex", J::Int32, Kind::Plain(Varint)),
        field(2, "attributeIndices", J::Int32, Kind::Packed(Varint)),
        column(3, "linkIndex", J::Int32, Varint, Field::SampleLink),
        field(4, "values", J::Int64, Kind::Packed(Varint)),
        field(5, "timestampsUnixNano", J::UInt64, Kind::Packed(Fixed64)),
    ],
);

static DICTIONARY: Message = Message::new(
    "ProfilesDictionary",
    &[
        repeated(raw(1, "mappingTable", &MAPPING)),
        repeated(raw(2, "locationTable", &LOCATION)),
        repeated(raw(3, "functionTable", &FUNCTION)),
        repeated(raw(4, "linkTable", &LINK)),
        repeated(field(5, "stringTable", J::String, Kind::Plain(Len))),
        repeated(raw(6, "attributeTable", &KEY_VALUE_AND_UNIT)),
        repeated(raw(7, "stackTable", &STACK)),
    ],
);
static MAPPING: Message = Message::new(
    "Mapping",
    &[
        field(1, "memoryStart", J::UInt64, Kind::Plain(Varint)),
        field(2, "memoryLimit", J::UInt64, Kind::Plain(Varint)),
        field(3, "fileOffset", J::UInt64, Kind::Plain(Varint)),
        field(4, "filenameStrindex", J::Int32, Kind::Plain(Varint)),
        field(5, "attributeIndices", J::Int32, Kind::Packed(Varint)),
    ],
);
static LOCATION: Message = Message::new(
    "Location",
    &[
        field(1, "mappingIndex", J::Int32, Kind::Plain(Varint)),
        field(2, "address", J::UInt64, Kind::Plain(Varint)),
        repeated(raw(3, "lines", &LINE)),
        field(4, "attributeIndices", J::Int32, Kind::Packed(Varint)),
    ],
);
static LINE: Message = Message::new(
    "Line",
    &[
        field(1, "functionIndex", J::Int32, Kind::Plain(Varint)),
        field(2, "line", J::Int64, Kind::Plain(Varint)),
        field(3, "column", J::Int64, Kind::Plain(Varint)),
    ],
);
static FUNCTION: Message = Message::new(
    "Function",
    &[
        field(1, "nameStrindex", J::Int32, Kind::Plain(Varint)),
        field(2, "systemNameStrindex", J::Int32, Kind::Plain(Varint)),
        field(3, "filenameStrindex", J::Int32, Kind::Plain(Varint)),
        field(4, "startLine", J::Int64, Kind::Plain(Varint)),
    ],
);
static LINK: Message = Message::new(
    "Link",
    &[
        field(1, "traceId", TRACE_ID, Kind::Plain(Len)),
        field(2, "spanId", SPAN_ID, Kind::Plain(Len)),
    ],
);
static KEY_VALUE_AND_UNIT: Message = Message::new(
    "KeyValueAndUnit",
    &[
        field(1, "keyStrindex", J::Int32, Kind::Plain(Varint)),
        raw(2, "value", &ANY_VALUE),
        field(3, "unitStrindex", J::Int32, Kind::Plain(Varint)),
    ],
);
static STACK: Message = Message::new(
    "Stack",
    &[field(1, "locationIndices", J::Int32, Kind::Packed(Varint))],
);

//! The fields of the OTLP messages by their JSON names.
//!
//! This is a table for comparison, not a data model: it says what each field holds and whether
//! being present means something of its own (members of a `oneof`, `optional` scalars).

mod profiles;

use crate::case::Signal;

/// A message type.
pub(super) struct Message {
    /// Its fields, in no particular order.
    pub(super) fields: &'static [Field],
}

/// A field of a message.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) repeated: bool,
    pub(super) presence: Presence,
}

/// What one value of a field is.
pub(super) enum Kind {
    Text,
    Bool,
    /// Any integer or enumeration.
    Integer,
    Double,
    /// Trace and span identifiers, which OTLP/JSON writes in hexadecimal.
    Identifier,
    /// Everything else of type `bytes`, in base64.
    Bytes,
    Message(&'static Message),
}

/// Whether a field that holds its default differs from an absent one.
#[derive(PartialEq)]
pub(super) enum Presence {
    Matters,
    Ignored,
}

const fn one(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        repeated: false,
        presence: Presence::Ignored,
    }
}

const fn many(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        repeated: true,
        presence: Presence::Ignored,
    }
}

const fn present(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        repeated: false,
        presence: Presence::Matters,
    }
}

use Kind::{Bool, Bytes, Double, Identifier, Integer, Message as Sub, Text};

/// The message that a whole file of one signal holds.
pub(super) fn root(signal: Signal) -> &'static Message {
    match signal {
        Signal::Traces => &TRACES,
        Signal::Logs => &LOGS,
        Signal::Metrics => &METRICS,
        Signal::Profiles => profiles::root(),
    }
}

static TRACES: Message = Message {
    fields: &[many("resourceSpans", Sub(&RESOURCE_SPANS))],
};

static LOGS: Message = Message {
    fields: &[many("resourceLogs", Sub(&RESOURCE_LOGS))],
};

static METRICS: Message = Message {
    fields: &[many("resourceMetrics", Sub(&RESOURCE_METRICS))],
};

/// An attribute. Lists of these have no order.
pub(super) static KEY_VALUE: Message = Message {
    fields: &[one("key", Text), one("value", Sub(&ANY_VALUE))],
};

static ANY_VALUE: Message = Message {
    fields: &[
        present("stringValue", Text),
        present("boolValue", Bool),
        present("intValue", Integer),
        present("doubleValue", Double),
        present("bytesValue", Bytes),
        present("arrayValue", Sub(&ARRAY_VALUE)),
        present("kvlistValue", Sub(&KEY_VALUE_LIST)),
    ],
};

static ARRAY_VALUE: Message = Message {
    fields: &[many("values", Sub(&ANY_VALUE))],
};

static KEY_VALUE_LIST: Message = Message {
    fields: &[many("values", Sub(&KEY_VALUE))],
};

static RESOURCE: Message = Message {
    fields: &[
        many("attributes", Sub(&KEY_VALUE)),
        one("droppedAttributesCount", Integer),
        many("entityRefs", Sub(&ENTITY_REF)),
    ],
};

static ENTITY_REF: Message = Message {
    fields: &[
        one("schemaUrl", Text),
        one("type", Text),
        many("idKeys", Text),
        many("descriptionKeys", Text),
    ],
};

static SCOPE: Message = Message {
    fields: &[
        one("name", Text),
        one("version", Text),
        many("attributes", Sub(&KEY_VALUE)),
        one("droppedAttributesCount", Integer),
    ],
};

static RESOURCE_SPANS: Message = Message {
    fields: &[
        one("resource", Sub(&RESOURCE)),
        many("scopeSpans", Sub(&SCOPE_SPANS)),
        one("schemaUrl", Text),
    ],
};

static SCOPE_SPANS: Message = Message {
    fields: &[
        one("scope", Sub(&SCOPE)),
        many("spans", Sub(&SPAN)),
        one("schemaUrl", Text),
    ],
};

static SPAN: Message = Message {
    fields: &[
        one("traceId", Identifier),
        one("spanId", Identifier),
        one("traceState", Text),
        one("parentSpanId", Identifier),
        one("flags", Integer),
        one("name", Text),
        one("kind", Integer),
        one("startTimeUnixNano", Integer),
        one("endTimeUnixNano", Integer),
        many("attributes", Sub(&KEY_VALUE)),
        one("droppedAttributesCount", Integer),
        many("events", Sub(&EVENT)),
        one("droppedEventsCount", Integer),
        many("links", Sub(&LINK)),
        one("droppedLinksCount", Integer),
        one("status", Sub(&STATUS)),
    ],
};

static EVENT: Message = Message {
    fields: &[
        one("timeUnixNano", Integer),
        one("name", Text),
        many("attributes", Sub(&KEY_VALUE)),
        one("droppedAttributesCount", Integer),
    ],
};

static LINK: Message = Message {
    fields: &[
        one("traceId", Identifier),
        one("spanId", Identifier),
        one("traceState", Text),
        many("attributes", Sub(&KEY_VALUE)),
        one("droppedAttributesCount", Integer),
        one("flags", Integer),
    ],
};

static STATUS: Message = Message {
    fields: &[one("message", Text), one("code", Integer)],
};

static RESOURCE_LOGS: Message = Message {
    fields: &[
        one("resource", Sub(&RESOURCE)),
        many("scopeLogs", Sub(&SCOPE_LOGS)),
        one("schemaUrl", Text),
    ],
};

static SCOPE_LOGS: Message = Message {
    fields: &[
        one("scope", Sub(&SCOPE)),
        many("logRecords", Sub(&LOG_RECORD)),
        one("schemaUrl", Text),
    ],
};

static LOG_RECORD: Message = Message {
    fields: &[
        one("timeUnixNano", Integer),
        one("observedTimeUnixNano", Integer),
        one("severityNumber", Integer),
        one("severityText", Text),
        one("body", Sub(&ANY_VALUE)),
        many("attributes", Sub(&KEY_VALUE)),
        one("droppedAttributesCount", Integer),
        one("flags", Integer),
        one("traceId", Identifier),
        one("spanId", Identifier),
        one("eventName", Text),
    ],
};

static RESOURCE_METRICS: Message = Message {
    fields: &[
        one("resource", Sub(&RESOURCE)),
        many("scopeMetrics", Sub(&SCOPE_METRICS)),
        one("schemaUrl", Text),
    ],
};

static SCOPE_METRICS: Message = Message {
    fields: &[
        one("scope", Sub(&SCOPE)),
        many("metrics", Sub(&METRIC)),
        one("schemaUrl", Text),
    ],
};

static METRIC: Message = Message {
    fields: &[
        one("name", Text),
        one("description", Text),
        one("unit", Text),
        present("gauge", Sub(&GAUGE)),
        present("sum", Sub(&SUM)),
        present("histogram", Sub(&HISTOGRAM)),
        present("exponentialHistogram", Sub(&EXPONENTIAL_HISTOGRAM)),
        present("summary", Sub(&SUMMARY)),
        many("metadata", Sub(&KEY_VALUE)),
    ],
};

static GAUGE: Message = Message {
    fields: &[many("dataPoints", Sub(&NUMBER_POINT))],
};

static SUM: Message = Message {
    fields: &[
        many("dataPoints", Sub(&NUMBER_POINT)),
        one("aggregationTemporality", Integer),
        one("isMonotonic", Bool),
    ],
};

static HISTOGRAM: Message = Message {
    fields: &[
        many("dataPoints", Sub(&HISTOGRAM_POINT)),
        one("aggregationTemporality", Integer),
    ],
};

static EXPONENTIAL_HISTOGRAM: Message = Message {
    fields: &[
        many("dataPoints", Sub(&EXPONENTIAL_POINT)),
        one("aggregationTemporality", Integer),
    ],
};

static SUMMARY: Message = Message {
    fields: &[many("dataPoints", Sub(&SUMMARY_POINT))],
};

static NUMBER_POINT: Message = Message {
    fields: &[
        many("attributes", Sub(&KEY_VALUE)),
        one("startTimeUnixNano", Integer),
        one("timeUnixNano", Integer),
        present("asDouble", Double),
        present("asInt", Integer),
        many("exemplars", Sub(&EXEMPLAR)),
        one("flags", Integer),
    ],
};

static HISTOGRAM_POINT: Message = Message {
    fields: &[
        many("attributes", Sub(&KEY_VALUE)),
        one("startTimeUnixNano", Integer),
        one("timeUnixNano", Integer),
        one("count", Integer),
        present("sum", Double),
        many("bucketCounts", Integer),
        many("explicitBounds", Double),
        many("exemplars", Sub(&EXEMPLAR)),
        one("flags", Integer),
        present("min", Double),
        present("max", Double),
    ],
};

static EXPONENTIAL_POINT: Message = Message {
    fields: &[
        many("attributes", Sub(&KEY_VALUE)),
        one("startTimeUnixNano", Integer),
        one("timeUnixNano", Integer),
        one("count", Integer),
        present("sum", Double),
        one("scale", Integer),
        one("zeroCount", Integer),
        one("positive", Sub(&BUCKETS)),
        one("negative", Sub(&BUCKETS)),
        one("flags", Integer),
        many("exemplars", Sub(&EXEMPLAR)),
        present("min", Double),
        present("max", Double),
        one("zeroThreshold", Double),
    ],
};

static BUCKETS: Message = Message {
    fields: &[one("offset", Integer), many("bucketCounts", Integer)],
};

static SUMMARY_POINT: Message = Message {
    fields: &[
        many("attributes", Sub(&KEY_VALUE)),
        one("startTimeUnixNano", Integer),
        one("timeUnixNano", Integer),
        one("count", Integer),
        one("sum", Double),
        many("quantileValues", Sub(&QUANTILE)),
        one("flags", Integer),
    ],
};

static QUANTILE: Message = Message {
    fields: &[one("quantile", Double), one("value", Double)],
};

static EXEMPLAR: Message = Message {
    fields: &[
        many("filteredAttributes", Sub(&KEY_VALUE)),
        one("timeUnixNano", Integer),
        present("asDouble", Double),
        present("asInt", Integer),
        one("spanId", Identifier),
        one("traceId", Identifier),
    ],
};

//! What can be read and written in each context, and of which type it is.

use super::rng::Rng;

/// The type of a value, as far as the generator cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Float,
    Text,
    Bool,
    Map,
    List,
    Bytes,
    Time,
    Duration,
    /// Anything: attributes that change their type from item to item, identifiers, reference types.
    Any,
}

impl Type {
    /// The types that literals, attributes and functions can all have.
    pub(super) const COMMON: [Type; 8] = [
        Type::Int,
        Type::Float,
        Type::Text,
        Type::Bool,
        Type::Map,
        Type::List,
        Type::Time,
        Type::Duration,
    ];
}

/// One of the eight contexts of OTTL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    name: &'static str,
    /// From the item outwards.
    levels: &'static [Level],
}

/// A kind of object that paths reach into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Resource,
    Scope,
    Span,
    SpanEvent,
    Log,
    Metric,
    DataPoint,
    Exemplar,
}

use Level::{DataPoint, Exemplar, Log, Metric, Resource, Scope, Span, SpanEvent};

/// All contexts.
pub const CONTEXTS: [Context; 8] = [
    Context {
        name: "resource",
        levels: &[Resource],
    },
    Context {
        name: "scope",
        levels: &[Scope, Resource],
    },
    Context {
        name: "span",
        levels: &[Span, Scope, Resource],
    },
    Context {
        name: "spanevent",
        levels: &[SpanEvent, Span, Scope, Resource],
    },
    Context {
        name: "log",
        levels: &[Log, Scope, Resource],
    },
    Context {
        name: "metric",
        levels: &[Metric, Scope, Resource],
    },
    Context {
        name: "datapoint",
        levels: &[DataPoint, Metric, Scope, Resource],
    },
    Context {
        name: "exemplar",
        levels: &[Exemplar, DataPoint, Metric, Scope, Resource],
    },
];

impl Context {
    /// Its name in OTTL.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The innermost level: what an item of the context is.
    pub(super) fn item(self) -> Level {
        self.levels[0]
    }

    /// The item in half of the draws, something around it otherwise.
    fn level(self, rng: &mut Rng) -> Level {
        match rng.chance(55) {
            true => self.item(),
            false => rng.pick(self.levels),
        }
    }

    /// Names of numbers that the context knows.
    pub(super) fn enums(self) -> &'static [&'static str] {
        match self.item() {
            Span | SpanEvent => &["SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "STATUS_CODE_ERROR"],
            Log => &[
                "SEVERITY_NUMBER_INFO",
                "SEVERITY_NUMBER_ERROR",
                "SEVERITY_NUMBER_DEBUG2",
            ],
            Metric | DataPoint => &["METRIC_DATA_TYPE_SUM", "AGGREGATION_TEMPORALITY_DELTA"],
            _ => &[],
        }
    }
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Resource => "resource",
            Scope => "scope",
            Span => "span",
            SpanEvent => "spanevent",
            Log => "log",
            Metric => "metric",
            DataPoint => "datapoint",
            Exemplar => "exemplar",
        }
    }

    /// The field that holds the attributes.
    fn attributes(self) -> &'static str {
        match self {
            Metric => "metadata",
            Exemplar => "filtered_attributes",
            _ => "attributes",
        }
    }

    fn fields(self) -> &'static [(&'static str, Type)] {
        use Type::{Any, Bool, Float, Int, List, Text, Time};
        match self {
            Resource => &[("schema_url", Text), ("dropped_attributes_count", Int)],
            Scope => &[
                ("name", Text),
                ("version", Text),
                ("schema_url", Text),
                ("dropped_attributes_count", Int),
            ],
            Span => &[
                ("name", Text),
                ("kind", Int),
                ("kind.string", Text),
                ("status.code", Int),
                ("status.message", Text),
                ("status", Any),
                ("start_time", Time),
                ("end_time", Time),
                ("start_time_unix_nano", Int),
                ("end_time_unix_nano", Int),
                ("trace_id", Any),
                ("trace_id.string", Text),
                ("span_id", Any),
                ("parent_span_id.string", Text),
                ("trace_state", Text),
                ("flags", Int),
                ("dropped_links_count", Int),
                ("events", Any),
            ],
            SpanEvent => &[
                ("name", Text),
                ("time", Time),
                ("time_unix_nano", Int),
                ("event_index", Int),
                ("dropped_attributes_count", Int),
            ],
            Log => &[
                ("body", Any),
                ("body.string", Text),
                ("severity_number", Int),
                ("severity_text", Text),
                ("time", Time),
                ("observed_time", Time),
                ("time_unix_nano", Int),
                ("trace_id.string", Text),
                ("span_id", Any),
                ("event_name", Text),
                ("flags", Int),
            ],
            Metric => &[
                ("name", Text),
                ("description", Text),
                ("unit", Text),
                ("type", Int),
                ("aggregation_temporality", Int),
                ("is_monotonic", Bool),
                ("data_points", Any),
            ],
            DataPoint => &[
                ("value_int", Int),
                ("value_double", Float),
                ("time", Time),
                ("start_time", Time),
                ("time_unix_nano", Int),
                ("count", Int),
                ("sum", Float),
                ("flags", Int),
                ("bucket_counts", List),
                ("explicit_bounds", List),
                ("scale", Int),
                ("zero_count", Int),
                ("positive.offset", Int),
                ("positive.bucket_counts", List),
                ("quantile_values", Any),
            ],
            Exemplar => &[
                ("int_value", Int),
                ("double_value", Float),
                ("time", Time),
                ("time_unix_nano", Int),
                ("trace_id.string", Text),
                ("span_id", Any),
            ],
        }
    }
}

/// Attribute keys; what a message holds under a key has the type of the first list that names it,
/// most of the time.
pub(super) const KEYS: [(&str, Type); 12] = [
    ("s1", Type::Text),
    ("s2", Type::Text),
    ("env", Type::Text),
    ("i1", Type::Int),
    ("i2", Type::Int),
    ("d1", Type::Float),
    ("t1", Type::Bool),
    ("l1", Type::List),
    ("m1", Type::Map),
    ("y1", Type::Bytes),
    ("x1", Type::Any),
    ("none", Type::Any),
];

/// A path of the wanted type, or of none in particular for [`Type::Any`].
pub(super) fn path(rng: &mut Rng, context: Context, wanted: Type) -> String {
    let level = context.level(rng);
    let name = level.name();
    let matching: Vec<&str> = level
        .fields()
        .iter()
        .filter(|(_, t)| *t == wanted)
        .map(|(field, _)| *field)
        .collect();
    if !matching.is_empty() && rng.chance(if wanted == Type::Time { 95 } else { 45 }) {
        return format!("{name}.{}", rng.pick(&matching));
    }
    if level == Scope && context.item() != Scope && rng.chance(20) {
        return format!(
            "instrumentation_scope.{}",
            attribute(rng, "attributes", wanted)
        );
    }
    let container = if rng.chance(8) {
        "cache"
    } else {
        level.attributes()
    };
    let level = if container == "cache" {
        context.item()
    } else {
        level
    };
    format!("{}.{}", level.name(), attribute(rng, container, wanted))
}

fn attribute(rng: &mut Rng, container: &str, wanted: Type) -> String {
    if wanted == Type::Map && rng.chance(60) {
        return container.to_owned();
    }
    match (wanted, rng.below(10)) {
        (Type::Text, 0) => return format!("{container}[\"m1\"][\"k\"]"),
        (Type::Int, 0) => return format!("{container}[\"m1\"][\"n\"]"),
        (Type::Any | Type::Text, 1) => return format!("{container}[\"l1\"][{}]", rng.below(3)),
        _ => {}
    }
    let matching: Vec<&str> = KEYS
        .iter()
        .filter(|(_, t)| *t == wanted)
        .map(|(key, _)| *key)
        .collect();
    let key = match matching.is_empty() || (wanted == Type::Any && rng.chance(60)) {
        true => rng.pick(&KEYS).0,
        false => rng.pick(&matching),
    };
    format!("{container}[{key:?}]")
}

//! Scripts that write above their items, and messages to run them over.

use ottl::{Context, Level, Signal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value as Json, json};

use crate::alone::lists;

/// A context, its name in paths, and what is there that differs from item to item.
pub(crate) type About = (Signal, Context, &'static str, &'static str);

const CONTEXTS: [About; 8] = [
    (Signal::Traces, Level::Span, "span", "attributes[\"k\"]"),
    (
        Signal::Traces,
        Level::SpanEvent,
        "spanevent",
        "attributes[\"k\"]",
    ),
    (Signal::Logs, Level::Log, "log", "attributes[\"k\"]"),
    (Signal::Metrics, Level::Metric, "metric", "name"),
    (
        Signal::Metrics,
        Level::DataPoint,
        "datapoint",
        "attributes[\"k\"]",
    ),
    (
        Signal::Metrics,
        Level::Exemplar,
        "exemplar",
        "filtered_attributes[\"k\"]",
    ),
    (
        Signal::Profiles,
        Level::Profile,
        "profile",
        "original_payload_format",
    ),
    (
        Signal::Profiles,
        Level::ProfileSample,
        "profilesample",
        "link_index",
    ),
];

/// Statements on a context; OWN stands for what differs from item to item, ITEM for its name.
const STATEMENTS: [&str; 15] = [
    r#"set(resource.attributes["a"], OWN)"#,
    r#"set(resource.attributes["a"], "z") where OWN == "x" or OWN == 1"#,
    r#"set(resource.attributes["a"], "y")"#,
    r#"delete_key(resource.attributes, "b") where OWN != "y" and OWN != 2"#,
    r#"delete_matching_keys(resource.attributes, "^b$") where OWN == "y""#,
    r#"merge_maps(resource.attributes, {"b": OWN}, "upsert") where OWN != nil"#,
    r#"set(resource.attributes["c"], Concat([resource.attributes["c"], OWN], "-"))"#,
    r#"set(resource.schema_url, "new") where OWN == "x" or OWN == 1"#,
    r#"set(resource.dropped_attributes_count, 3) where resource.attributes["a"] == "x""#,
    r#"set(scope.name, resource.attributes["a"]) where IsString(resource.attributes["a"])"#,
    r#"set(scope.attributes["s"], OWN)"#,
    r#"set(scope.version, "2") where scope.attributes["s"] == "x""#,
    r#"set(ITEM.cache["a"], resource.attributes["a"])"#,
    r#"set(resource.attributes["d"], ITEM.cache["a"])"#,
    r#"set(resource.attributes["b"], Int(scope.version)) where OWN == "z""#,
];

/// Statements that read what is shared, or write to the metric.
fn statements((_, context, item, own): About) -> Vec<String> {
    let mut all: Vec<_> = STATEMENTS.iter().map(|&source| source.to_owned()).collect();
    let more: &[&str] = match context {
        Level::DataPoint | Level::Exemplar => &[
            r#"set(metric.name, "x") where OWN == "x""#,
            r#"set(metric.unit, OWN) where OWN != nil"#,
            r#"set(metric.description, scope.name)"#,
            r#"set(datapoint.attributes["m"], metric.name)"#,
        ],
        Level::Span | Level::SpanEvent => &[
            r#"set(span.attributes["r"], resource.attributes["c"])"#,
            r#"set(span.name, "n") where scope.name == "x""#,
        ],
        Level::Log => &[
            r#"set(log.body, resource.attributes)"#,
            r#"set(log.severity_text, scope.name)"#,
        ],
        Level::Metric => &[r#"set(metric.unit, resource.attributes["a"])"#],
        _ => &[],
    };
    all.extend(more.iter().map(|&source| source.to_owned()));
    all.iter()
        .map(|source| {
            let own = format!("{item}.{own}");
            source.replace("OWN", &own).replace("ITEM", item)
        })
        .collect()
}

fn value() -> impl Strategy<Value = &'static str> {
    select(vec!["x", "y", "z"])
}

fn attributes(keys: &'static [&'static str]) -> impl Strategy<Value = Json> {
    let keys = subsequence(keys, 0..=keys.len());
    (keys, vec(value(), 3), any::<bool>()).prop_map(|(keys, values, reversed)| {
        let pairs = keys.iter().zip(values);
        let entry =
            |(key, value): (&&str, &str)| json!({"key": *key, "value": {"stringValue": value}});
        let mut entries: Vec<_> = pairs.map(entry).collect();
        if reversed {
            entries.reverse();
        }
        Json::Array(entries)
    })
}

/// An item with what all contexts look at.
fn item(signal: Signal) -> BoxedStrategy<Json> {
    let own = attributes(&["k"]).boxed();
    match signal {
        Signal::Traces => (own.clone(), vec(own, 0..3))
            .prop_map(|(attributes, events)| {
                let events = events
                    .into_iter()
                    .map(|attributes| json!({"attributes": attributes}));
                let events: Vec<_> = events.collect();
                json!({"name": "s", "attributes": attributes, "events": events})
            })
            .boxed(),
        Signal::Logs => own
            .prop_map(|attributes| json!({"severityText": "s", "attributes": attributes}))
            .boxed(),
        Signal::Metrics => {
            let point = (own.clone(), vec(own, 0..3), 1..4i64).prop_map(|(attributes, exemplars, n)| {
                let exemplars = exemplars
                    .into_iter()
                    .map(|attributes| json!({"filteredAttributes": attributes}));
                let exemplars: Vec<_> = exemplars.collect();
                json!({"asInt": n.to_string(), "attributes": attributes, "exemplars": exemplars})
            });
            let data = select(vec!["sum", "gauge", "none"]);
            (value(), data, vec(point, 0..4))
                .prop_map(|(name, data, points)| match data {
                    "sum" => json!({
                        "name": name,
                        "sum": {"dataPoints": points, "aggregationTemporality": 2},
                    }),
                    "gauge" => json!({"name": name, "gauge": {"dataPoints": points}}),
                    _ => json!({"name": name}),
                })
                .boxed()
        }
        Signal::Profiles => (value(), vec(0..3i64, 0..3))
            .prop_map(|(format, samples)| {
                let samples = samples
                    .into_iter()
                    .map(|link| json!({"linkIndex": link, "values": ["1"]}));
                let samples: Vec<_> = samples.collect();
                json!({"originalPayloadFormat": format, "samples": samples})
            })
            .boxed(),
    }
}

fn message(signal: Signal) -> impl Strategy<Value = Json> {
    let names = lists(signal);
    let url = select(vec!["", "u"]);
    let scope = (value(), attributes(&["s"]), vec(item(signal), 0..4));
    let scope = scope.prop_map(move |(name, attributes, items)| {
        let mut scope = json!({"scope": {"name": name, "attributes": attributes}});
        scope[names.items] = Json::Array(items);
        scope
    });
    let resource = (attributes(&["a", "b", "c"]), url, vec(scope, 0..3));
    let resource = resource.prop_map(move |(attributes, url, scopes)| {
        let mut resource = json!({"resource": {"attributes": attributes}, "schemaUrl": url});
        resource[names.scopes] = Json::Array(scopes);
        resource
    });
    vec(resource, 0..4).prop_map(move |resources| {
        let mut message = json!({});
        message[names.resources] = Json::Array(resources);
        message
    })
}

pub(crate) fn case() -> impl Strategy<Value = (About, Vec<String>, Json)> {
    select(CONTEXTS.to_vec()).prop_flat_map(|about| {
        let statements = vec(select(statements(about)), 1..5);
        (Just(about), statements, message(about.0))
    })
}

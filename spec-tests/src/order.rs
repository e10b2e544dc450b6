//! The order in which answers list aggregated data points.
//!
//! The reference lists them in the order of a map. Its answers are sorted, so that they do not vary;
//! what an engine answers is sorted in the same way here. Do not use it for other cases: elsewhere the
//! order of points counts.

use serde_json::{Map, Value as Json, json};

use crate::case::Case;

/// Lists the points of each metric by time, attributes, bounds or scale, and start, if the case
/// aggregates points.
pub(crate) fn sort_points(case: &Case, answer: &mut Json) {
    let config = case.config.as_ref().map(Json::to_string);
    let mut sources = config.iter().chain(case.sources());
    if !sources.any(|source| source.contains("aggregate_on_attribute")) {
        return;
    }
    let Some(output) = answer.get_mut("output") else {
        return;
    };
    for resource in elements(output, "resourceMetrics") {
        for scope in elements(resource, "scopeMetrics") {
            for metric in elements(scope, "metrics") {
                for kind in ["gauge", "sum", "histogram", "exponentialHistogram"] {
                    if let Some(data) = metric.get_mut(kind) {
                        elements(data, "dataPoints").sort_by_key(|point| key(kind, point));
                    }
                }
            }
        }
    }
}

fn elements<'a>(parent: &'a mut Json, name: &str) -> &'a mut [Json] {
    match parent.get_mut(name) {
        Some(Json::Array(elements)) => elements,
        _ => &mut [],
    }
}

/// The text that the program around the reference sorts by, which is JSON.
fn key(kind: &str, point: &Json) -> String {
    let mut parts = vec![number(&point["timeUnixNano"]), attributes(point)];
    match kind {
        "histogram" => parts.push(point["explicitBounds"].clone()),
        "exponentialHistogram" => parts.push(number(&point["scale"])),
        _ => {}
    }
    if kind.ends_with("istogram") {
        parts.push(json!(point["min"].is_null()));
    }
    parts.push(number(&point["startTimeUnixNano"]));
    if kind.ends_with("istogram") {
        parts.push(number(&point["flags"]));
    }
    Json::Array(parts).to_string()
}

fn number(value: &Json) -> Json {
    match value {
        Json::String(digits) => digits.parse::<u64>().map_or(Json::Null, Json::from),
        Json::Null => json!(0),
        other => other.clone(),
    }
}

/// The attributes as a plain map, which `serde_json` sorts. Nested values stay in their form.
fn attributes(point: &Json) -> Json {
    let entries = point["attributes"].as_array().into_iter().flatten();
    let entry = |entry: &Json| {
        let key = entry["key"].as_str().unwrap_or_default().to_owned();
        let value = entry["value"].as_object().and_then(|it| it.iter().next());
        let plain = match value {
            Some((kind, Json::String(digits))) if kind == "intValue" => {
                digits.parse::<i64>().map_or(Json::Null, Json::from)
            }
            Some((_, value)) => value.clone(),
            None => Json::Null,
        };
        (key, plain)
    };
    Json::Object(entries.map(entry).collect::<Map<_, _>>())
}

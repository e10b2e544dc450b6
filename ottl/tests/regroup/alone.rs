//! What regrouping is by definition, on messages as JSON: items taken apart, and put together again.

use ottl::Signal;
use serde_json::{Value as Json, json};

/// The names of the lists in a signal's JSON form.
pub(crate) struct Lists {
    pub(crate) resources: &'static str,
    pub(crate) scopes: &'static str,
    pub(crate) items: &'static str,
}

pub(crate) fn lists(signal: Signal) -> Lists {
    let (resources, scopes, items) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
        Signal::Profiles => ("resourceProfiles", "scopeProfiles", "profiles"),
    };
    Lists {
        resources,
        scopes,
        items,
    }
}

/// The elements of a list, none if there is no list.
pub(crate) fn list<'a>(of: &'a Json, name: &str) -> &'a [Json] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

fn with(of: &Json, name: &str, elements: Vec<Json>) -> Json {
    let mut of = of.clone();
    of[name] = Json::Array(elements);
    of
}

/// The field that has the data points of a metric.
fn data_of(metric: &Json) -> Option<&str> {
    let known = ["sum", "gauge", "histogram"];
    known.into_iter().find(|name| !metric[*name].is_null())
}

/// A message for each item, and for each resource and scope without one.
pub(crate) fn apart(signal: Signal, by_points: bool, message: &Json) -> Vec<Json> {
    let names = lists(signal);
    let mut singles = Vec::new();
    for resource in list(message, names.resources) {
        let mut single = |scopes: Vec<Json>| {
            let resource = with(resource, names.scopes, scopes);
            singles.push(with(message, names.resources, vec![resource]));
        };
        if list(resource, names.scopes).is_empty() {
            single(Vec::new());
        }
        for scope in list(resource, names.scopes) {
            let items = list(scope, names.items);
            if items.is_empty() {
                single(vec![with(scope, names.items, Vec::new())]);
            }
            for item in items {
                let each = match by_points {
                    true => points_apart(item),
                    false => vec![item.clone()],
                };
                for item in each {
                    single(vec![with(scope, names.items, vec![item])]);
                }
            }
        }
    }
    singles
}

fn points_apart(metric: &Json) -> Vec<Json> {
    let Some(data) = data_of(metric) else {
        return vec![metric.clone()];
    };
    let points = list(&metric[data], "dataPoints");
    if points.is_empty() {
        return vec![metric.clone()];
    }
    let one = |point: &Json| {
        let mut metric = metric.clone();
        metric[data]["dataPoints"] = json!([point]);
        metric
    };
    points.iter().map(one).collect()
}

/// The same JSON without what is empty, and with attributes in one order.
pub(crate) fn canonical(value: &Json) -> Json {
    match value {
        Json::Array(elements) => {
            let mut elements: Vec<_> = elements.iter().map(canonical).collect();
            if elements.iter().all(|element| element.get("key").is_some()) {
                elements.sort_by_key(Json::to_string);
            }
            Json::Array(elements)
        }
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), canonical(value)));
            Json::Object(fields.filter(|(_, value)| !is_empty(value)).collect())
        }
        other => other.clone(),
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(elements) => elements.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}

/// What makes a resource, a scope or a metric what it is: all but the list in it.
fn key(of: &Json, without: &[&str]) -> String {
    let mut of = of.clone();
    for name in without {
        match data_of(&of).map(str::to_owned) {
            Some(data) if *name == "dataPoints" => {
                // That there are data says what type the metric has.
                of[data]["dataPoints"] = json!("points");
            }
            _ => of[*name] = Json::Null,
        }
    }
    canonical(&of).to_string()
}

/// Appends to the first that has the same key, or as a further one.
fn add(to: &mut Vec<Json>, one: Json, name: &str) -> usize {
    let own = key(&one, &[name]);
    let at = to.iter().position(|known| key(known, &[name]) == own);
    at.unwrap_or_else(|| {
        to.push(with_empty(one, name));
        to.len() - 1
    })
}

fn with_empty(mut of: Json, name: &str) -> Json {
    match data_of(&of).map(str::to_owned) {
        Some(data) if name == "dataPoints" => of[data][name] = json!([]),
        _ if name != "dataPoints" => of[name] = json!([]),
        _ => {}
    }
    of
}

fn elements(of: &mut Json) -> &mut Vec<Json> {
    of.as_array_mut().expect("a list")
}

/// One message in which what is equal is there once.
pub(crate) fn together(signal: Signal, by_points: bool, singles: &[Json]) -> Json {
    let names = lists(signal);
    let mut resources = Vec::new();
    for single in singles {
        for resource in list(single, names.resources) {
            let at = add(&mut resources, resource.clone(), names.scopes);
            let scopes = elements(&mut resources[at][names.scopes]);
            for scope in list(resource, names.scopes) {
                let at = add(scopes, scope.clone(), names.items);
                let items = elements(&mut scopes[at][names.items]);
                for item in list(scope, names.items) {
                    if !by_points {
                        items.push(item.clone());
                        continue;
                    }
                    let at = add(items, item.clone(), "dataPoints");
                    if let Some(data) = data_of(item) {
                        let points = list(&item[data], "dataPoints").to_vec();
                        elements(&mut items[at][data]["dataPoints"]).extend(points);
                    }
                }
            }
        }
    }
    let around = singles.first().cloned().unwrap_or_else(|| json!({}));
    with(&around, names.resources, resources)
}

/// What surrounds the items of a message.
pub(crate) fn around(signal: Signal, by_points: bool, message: &Json) -> Vec<String> {
    let names = lists(signal);
    let mut keys = Vec::new();
    for resource in list(message, names.resources) {
        keys.push(key(resource, &[names.scopes]));
        for scope in list(resource, names.scopes) {
            keys.push(key(scope, &[names.items]));
            if by_points {
                let metrics = list(scope, names.items).iter();
                keys.extend(metrics.map(|metric| key(metric, &["dataPoints"])));
            }
        }
    }
    keys
}

//! Scripts with regrouping, against what it is by definition: each item runs alone in a message of
//! its own, and what is equal in the end becomes one.

use ottl::{
    BatchLimits, Context, Dialect, Engine, EngineLimits, ErrorMode, Interpreter, Level, Report,
    RunError, Script, Signal, json,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value as Json, json};

/// The names of the lists in a signal's JSON form.
struct Lists {
    resources: &'static str,
    scopes: &'static str,
    items: &'static str,
}

fn lists(signal: Signal) -> Lists {
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
fn list<'a>(of: &'a Json, name: &str) -> &'a [Json] {
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
fn apart(signal: Signal, by_points: bool, message: &Json) -> Vec<Json> {
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
fn canonical(value: &Json) -> Json {
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
fn together(signal: Signal, by_points: bool, singles: &[Json]) -> Json {
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
fn around(signal: Signal, by_points: bool, message: &Json) -> Vec<String> {
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

fn run(script: &Script, signal: Signal, message: &Json) -> (Json, Report) {
    let wire = json::to_wire(signal, message.to_string().as_bytes()).expect("OTLP/JSON");
    let mut batch = script.decode(wire).expect("a well-formed message");
    let report = script.run(&mut batch).expect("failures are ignored");
    let encoded = batch.try_encode().expect("a message of a usual size");
    let mut text = Vec::new();
    json::from_wire(signal, &encoded, &mut text).expect("a well-formed message");
    (serde_json::from_slice(&text).expect("JSON"), report)
}

fn engine(interpreter: Interpreter) -> Engine {
    Engine::default()
        .with_error_mode(ErrorMode::Ignore)
        .with_interpreter(interpreter)
}

/// A context, its name in paths, and what is there that differs from item to item.
type About = (Signal, Context, &'static str, &'static str);

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

fn case() -> impl Strategy<Value = (About, Vec<String>, Json)> {
    select(CONTEXTS.to_vec()).prop_flat_map(|about| {
        let statements = vec(select(statements(about)), 1..5);
        (Just(about), statements, message(about.0))
    })
}

/// How often each statement matched, changed something and failed.
fn counts(report: &Report) -> Vec<(u64, u64, u64)> {
    let statements = report.statements.iter();
    statements
        .map(|part| (part.matched, part.changed, part.failed))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_item_is_as_if_it_were_alone((about, statements, message) in case()) {
        let (signal, context, ..) = about;
        let by_points = matches!(context, Level::DataPoint | Level::Exemplar);
        let compile = |engine: Engine| {
            let script = engine.compile_statements(signal, context, &statements);
            script.unwrap_or_else(|error| panic!("{error}"))
        };
        let alone = compile(engine(Interpreter::Rows));
        let singles = apart(signal, by_points, &message);
        let mut total = Report::default();
        let mut is_changed = false;
        let after: Vec<_> = singles
            .iter()
            .map(|single| {
                let (after, report) = run(&alone, signal, single);
                total.merge(&report, 0);
                is_changed |= around(signal, by_points, &after) != around(signal, by_points, single);
                after
            })
            .collect();
        let expected = canonical(&together(signal, by_points, &after));
        let (as_ever, _) = run(&alone, signal, &message);
        for interpreter in [Interpreter::Rows, Interpreter::Columns] {
            let script = compile(engine(interpreter).with_regrouping(true));
            let (result, report) = run(&script, signal, &message);
            let result = canonical(&result);
            // Where nothing was changed nothing is moved, unless it was changed and changed back.
            let is_same = !is_changed && result == canonical(&as_ever);
            prop_assert!(
                is_same || result == expected,
                "{:#?}\n{}\ngives\n{}\nand not\n{}",
                statements, message, result, expected
            );
            if !singles.is_empty() {
                prop_assert_eq!(counts(&report), counts(&total));
            }
        }
    }
}

fn spans(message: &str, engine: Engine, source: &str) -> String {
    let script = engine
        .compile(Signal::Traces, None, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let message: Json = serde_json::from_str(message).expect("JSON");
    canonical(&run(&script, Signal::Traces, &message).0).to_string()
}

fn regrouping() -> Engine {
    Engine::default().with_regrouping(true)
}

#[test]
fn the_last_event_of_a_span_decides_for_the_span() {
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"1","events":[{"name":"a"},{"name":"b"}]},
        {"name":"2","events":[{"name":"b"}]},{"name":"3"}]}]}]}"#;
    let source = r#"set(resource.attributes["e"], spanevent.name)"#;
    let result = spans(message, regrouping(), source);
    let expected = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"e","value":{"stringValue":"b"}}]},"#,
        r#""scopeSpans":[{"spans":[{"events":[{"name":"a"},{"name":"b"}],"name":"1"},"#,
        r#"{"events":[{"name":"b"}],"name":"2"}]}]},{"scopeSpans":[{"spans":[{"name":"3"}]}]}]}"#,
    );
    assert_eq!(result, expected);
}

#[test]
fn what_is_not_written_comes_out_byte_for_byte() {
    // Two equal resources, and fields in an order that no encoder writes.
    let resource = [10, 10, 26, 1, b'u', 18, 5, 18, 3, 42, 1, b's'];
    let message = [resource, resource].concat();
    let source = r#"set(resource.attributes["e"], 1) where span.name == "other""#;
    let script = regrouping()
        .compile(Signal::Traces, None, source)
        .expect("a script");
    assert_eq!(script.program().separates, Some(Level::Span));
    let mut batch = script.decode(message.clone()).expect("a message");
    script.run(&mut batch).expect("no failure");
    assert_eq!(batch.separated(), None);
    assert_eq!(batch.encode(), message);
}

#[test]
fn what_follows_sees_the_message_as_it_is_encoded() {
    let script = |engine: Engine, source: &str| {
        let script = engine.compile(Signal::Traces, None, source);
        script.unwrap_or_else(|error| panic!("{error}"))
    };
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"a"},{"name":"b"},{"name":"a"}]}]}]}"#;
    let first = script(regrouping(), r#"set(resource.attributes["n"], span.name)"#);
    let second = script(regrouping(), r#"set(resource.attributes["x"], true)"#);
    let condition = Engine::default()
        .compile_condition(
            Signal::Traces,
            Level::Resource,
            r#"resource.attributes["n"] == "a""#,
        )
        .expect("a condition");
    let wire = json::to_wire(Signal::Traces, message.as_bytes()).expect("OTLP/JSON");
    let mut batch = first.decode(wire).expect("a message");
    first.run(&mut batch).expect("no failure");
    let report = second.run(&mut batch).expect("no failure");
    assert_eq!((report.items, report.statements[0].changed), (2, 2));
    let mask = condition.eval(&mut batch).expect("no failure");
    assert_eq!((mask.matched.len(), mask.matched.count()), (2, 1));
}

#[test]
fn points_that_come_together_are_merged_on_request() {
    let point = |pod: &str, value: i64| {
        json!({"asInt": value.to_string(), "timeUnixNano": "1",
            "attributes": [{"key": "pod", "value": {"stringValue": pod}}]})
    };
    let metrics = |points: Vec<Json>| json!([{"metrics": [{"name": "m", "sum": {"dataPoints": points, "aggregationTemporality": 2}}]}]);
    let resource = |pod: &str, points| {
        json!({"resource": {"attributes": [{"key": "pod", "value": {"stringValue": pod}}]},
            "scopeMetrics": metrics(points)})
    };
    let message = json!({"resourceMetrics": [
        resource("a", vec![point("a", 1), point("x", 10)]),
        resource("b", vec![point("b", 2), point("x", 20)]),
    ]});
    let source = "delete_key(resource.attributes, \"pod\")\n\
                  delete_key(datapoint.attributes, \"pod\") where datapoint.attributes[\"pod\"] != \"x\"";
    let engine = regrouping().with_merged_points(true);
    let script = engine
        .compile(Signal::Metrics, Level::DataPoint, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let (result, report) = run(&script, Signal::Metrics, &message);
    assert_eq!(report.merged_points, 2);
    let text = canonical(&result).to_string();
    let sums = ["\"asInt\":\"3\"", "\"asInt\":\"30\""];
    assert!(sums.iter().all(|sum| text.contains(sum)), "{text}");
    assert_eq!(list(&result, "resourceMetrics").len(), 1, "{text}");
}

#[test]
fn metrics_made_of_others_keep_the_resource_that_was_written() {
    let sum = |name: &str| {
        json!({"name": name, "histogram": {"aggregationTemporality": 2,
            "dataPoints": [{"count": "1", "sum": 2.0, "bucketCounts": ["1"]}]}})
    };
    let message = json!({"resourceMetrics": [{"scopeMetrics": [
        {"metrics": [sum("a"), sum("b"), sum("c")]}, {"scope": {"name": "empty"}}]}]});
    let compile = |engine: Engine, sources: &[&str]| {
        let sources: Vec<_> = sources.iter().map(|&source| source.to_owned()).collect();
        // The metrics that are made are no histograms.
        let engine = engine.with_error_mode(ErrorMode::Ignore);
        let script = engine.compile_statements(Signal::Metrics, Level::Metric, &sources);
        script.unwrap_or_else(|error| panic!("{error}"))
    };
    let extract = "extract_count_metric(true)";
    let name = r#"set(resource.attributes["n"], metric.name) where metric.name != "b""#;
    let script = compile(regrouping(), &[extract, name]);
    let (result, _) = run(&script, Signal::Metrics, &message);
    let resources = list(&result, "resourceMetrics").iter().map(|resource| {
        let own = resource.pointer("/resource/attributes/0/value/stringValue");
        let scopes = list(resource, "scopeMetrics").iter();
        let metrics = scopes.flat_map(|scope| list(scope, "metrics"));
        let names = metrics.map(|metric| metric["name"].as_str().unwrap_or_default().to_owned());
        (
            own.and_then(Json::as_str).unwrap_or_default().to_owned(),
            names.collect::<Vec<_>>(),
        )
    });
    let resources: Vec<_> = resources.collect();
    let own = |name: &str, metrics: &[&str]| {
        let metrics = metrics.iter().map(|&name| name.to_owned()).collect();
        (name.to_owned(), metrics)
    };
    assert_eq!(
        resources,
        [
            own("a", &["a"]),
            own("", &["b"]),
            own("c", &["c"]),
            own("a_count", &["a_count"]),
            own("b_count", &["b_count"]),
            own("c_count", &["c_count"]),
        ]
    );
    // Nothing is written, so that nothing is moved.
    let never = r#"set(resource.attributes["n"], 1) where metric.name == "other""#;
    let (moved, _) = run(
        &compile(regrouping(), &[extract, never]),
        Signal::Metrics,
        &message,
    );
    let (plain, _) = run(
        &compile(Engine::default(), &[extract]),
        Signal::Metrics,
        &message,
    );
    assert_eq!(moved, plain);
}

#[test]
fn what_is_routed_has_the_resource_that_was_written() {
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"a"},{"name":"b"},{"name":"c"},{"name":"a"}]}]}]}"#;
    let source = "set(resource.attributes[\"n\"], span.name)\n\
                  span.name != \"c\" > route(exporter.some)";
    let script = regrouping()
        .with_dialect(Dialect::Selfops)
        .compile(Signal::Traces, Level::Span, source)
        .unwrap_or_else(|error| panic!("{error}"));
    let wire = json::to_wire(Signal::Traces, message.as_bytes()).expect("OTLP/JSON");
    let mut batch = script.decode(wire).expect("a message");
    let report = script.run(&mut batch).expect("no failure");
    let routed = script.routed(&batch, &report).next().expect("an output");
    assert_eq!(routed.count(), 3);
    let mut text = Vec::new();
    let encoded = routed.encode().expect("a message of a usual size");
    json::from_wire(Signal::Traces, &encoded, &mut text).expect("a message");
    let message: Json = serde_json::from_slice(&text).expect("JSON");
    let spans = list(&message, "resourceSpans").iter().map(|resource| {
        let own = resource.pointer("/resource/attributes/0/value/stringValue");
        let scopes = list(resource, "scopeSpans").iter();
        let count: usize = scopes.map(|scope| list(scope, "spans").len()).sum();
        (own.and_then(Json::as_str).unwrap_or_default(), count)
    });
    assert_eq!(spans.collect::<Vec<_>>(), [("a", 2), ("b", 1)]);
}

#[test]
fn the_memory_for_copies_is_limited() {
    // A resource with a scope with 10,000 spans without anything.
    let spans = [18, 0].repeat(10_000);
    let mut scope = vec![18];
    ottl::put_varint(&mut scope, spans.len() as u64);
    scope.extend(spans);
    let mut message = vec![10];
    ottl::put_varint(&mut message, scope.len() as u64);
    message.extend(scope);
    let source = r#"set(resource.attributes["n"], 1)"#;
    let run = |min_growth: usize| {
        let batch = BatchLimits {
            growth_factor: 0,
            min_growth,
        };
        let limits = EngineLimits {
            batch,
            ..EngineLimits::default()
        };
        let script = regrouping()
            .with_limits(limits)
            .compile(Signal::Traces, Level::Span, source)
            .unwrap_or_else(|error| panic!("{error}"));
        let mut batch = script.decode(message.clone()).expect("a message");
        script
            .run(&mut batch)
            .map(|report| report.statements[0].changed)
    };
    assert_eq!(run(500_000), Err(RunError::OutOfMemory));
    assert_eq!(run(2_000_000), Ok(10_000));
}

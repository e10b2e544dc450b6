//! Traces say what runs do: small components that are drawn with a fixed seed run over small
//! messages, and each item is traced. What the trace says has become of it is what the run has made
//! of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use ottl::config::{
    self, ComponentKind, ComponentTrace, Outcome, PipelineError, ReadOptions, Verdict,
};
use ottl::{Context, Engine, Interpreter, Level, Request, RunContext, Signal};
use serde_json::{Value as Json, json};

use crate::{json as read, pipeline_with, wire};

const CASES: usize = 250;

/// Draws numbers, the same in each run of the tests.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Up to `most` of them, and one at least.
    fn some<'a>(&mut self, of: &[&'a str], most: usize) -> Vec<&'a str> {
        let count = 1 + self.below(most);
        (0..count).map(|_| self.one(of)).collect()
    }

    fn often(&mut self) -> bool {
        self.below(3) > 0
    }
}

fn attribute(key: &str, value: usize) -> Json {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

/// A message whose resources have the attribute `rid`, whose scopes and metrics have names, and
/// whose items have the attribute `id` of their own.
fn message(draw: &mut Draw, signal: Signal) -> Json {
    let mut next = 0;
    let mut id = || {
        next += 1;
        next - 1
    };
    let lists = lists(signal);
    let mut resources = Vec::new();
    for rid in 0..1 + draw.below(2) {
        let mut scopes = Vec::new();
        for number in 0..draw.below(3) {
            let mut items = Vec::new();
            for place in 0..draw.below(4) {
                let mut item = json!({"name": draw.one(&["a", "b", "1", "2"])});
                match signal {
                    Signal::Traces => {
                        let events = 0..draw.below(3);
                        let events = events.map(|_| json!({"name": draw.one(&["e", "f"])}));
                        item["events"] = events.collect();
                        item["attributes"] = json!([attribute("id", id()), attribute("x", 7)]);
                        item["kind"] = json!(1 + draw.below(2));
                    }
                    _ => {
                        item["name"] = json!(format!("m{rid}{number}{place}"));
                        let points: Json = (0..draw.below(3))
                            .map(|_| {
                                let value = draw.below(3).to_string();
                                json!({"asInt": value, "attributes": [attribute("id", id()), attribute("x", 7)]})
                            })
                            .collect();
                        match draw.below(4) {
                            0 => item["gauge"] = json!({"dataPoints": points}),
                            1 => {}
                            _ => {
                                item["sum"] =
                                    json!({"dataPoints": points, "aggregationTemporality": 2})
                            }
                        }
                    }
                }
                items.push(item);
            }
            let mut scope = json!({"scope": {"name": format!("s{rid}{number}")}});
            scope[lists[2]] = Json::Array(items);
            scopes.push(scope);
        }
        let mut resource =
            json!({"resource": {"attributes": [attribute("rid", rid), attribute("x", 7)]}});
        resource[lists[1]] = Json::Array(scopes);
        resources.push(resource);
    }
    let mut message = json!({});
    message[lists[0]] = Json::Array(resources);
    message
}

/// The names of the lists from the outside in.
fn lists(signal: Signal) -> [&'static str; 4] {
    match signal {
        Signal::Traces => ["resourceSpans", "scopeSpans", "spans", "events"],
        _ => ["resourceMetrics", "scopeMetrics", "metrics", "dataPoints"],
    }
}

/// A list of YAML in one line.
fn quoted(texts: &[&str]) -> String {
    let texts = texts
        .iter()
        .map(|text| format!("'{}'", text.replace('\'', "''")));
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

const SPAN: [&str; 12] = [
    r#"set(attributes["x"], name)"#,
    r#"set(attributes["n"], cache["n"]) where cache["n"] != nil"#,
    r#"set(cache["n"], attributes["id"])"#,
    r#"set(cache["n"], cache["n"] + 1) where cache["n"] != nil"#,
    r#"set(resource.attributes["last"], name) where resource.attributes["last"] == nil"#,
    r#"set(resource.attributes["last"], name) where kind == 2"#,
    r#"set(attributes["seen"], resource.attributes["last"])"#,
    r#"set(attributes["p"], ParseJSON(name)) where kind == 2"#,
    r#"delete_key(attributes, "x") where IsMatch(name, "^[a2]")"#,
    r#"set(scope.version, name) where attributes["seen"] == "b""#,
    r#"set(attributes["t"], otelcol.client.metadata["x-tenant"][0])"#,
    r#"set(status.code, 2) where name == "a""#,
];
const EVENT: [&str; 3] = [
    r#"set(span.attributes["e"], name)"#,
    r#"set(attributes["x"], span.name) where span.attributes["e"] != nil"#,
    r#"set(cache["n"], ParseJSON(span.name)) where name == "f""#,
];
const RESOURCE: [&str; 4] = [
    r#"set(attributes["r"], attributes["last"]) where attributes["last"] != nil"#,
    r#"set(cache["n"], attributes["rid"])"#,
    r#"set(attributes["n"], cache["n"])"#,
    r#"set(attributes["p"], ParseJSON(attributes["last"])) where attributes["last"] == "b""#,
];
const METRIC: [&str; 6] = [
    r#"set(unit, cache["n"]) where cache["n"] != nil"#,
    r#"set(cache["n"], name)"#,
    r#"set(resource.attributes["last"], name) where IsMatch(name, "0$")"#,
    r#"copy_metric(description="copy") where description != "copy" and IsMatch(name, "[01]$")"#,
    r#"convert_sum_to_gauge()"#,
    r#"set(unit, Concat([resource.attributes["last"], type], "-"))"#,
];
const POINT: [&str; 6] = [
    r#"set(attributes["x"], metric.unit)"#,
    r#"set(metric.unit, Concat([metric.unit, attributes["id"]], ""))"#,
    r#"set(resource.attributes["last"], value_int) where value_int > 0"#,
    r#"set(attributes["n"], cache["n"]) where cache["n"] != nil"#,
    r#"set(cache["n"], attributes["id"])"#,
    r#"set(attributes["p"], ParseJSON(metric.name)) where value_int == 2"#,
];
const MODES: [&str; 3] = ["ignore", "propagate", "silent"];

fn transform(draw: &mut Draw, signal: Signal) -> String {
    let (key, contexts): (_, [(&str, &[&str]); 3]) = match signal {
        Signal::Traces => (
            "trace_statements",
            [
                ("span", &SPAN),
                ("spanevent", &EVENT),
                ("resource", &RESOURCE),
            ],
        ),
        _ => (
            "metric_statements",
            [
                ("metric", &METRIC),
                ("datapoint", &POINT),
                ("resource", &RESOURCE),
            ],
        ),
    };
    let mut file = format!("{key}:\n");
    for _ in 0..1 + draw.below(3) {
        let (context, statements) = contexts[draw.below(3)];
        let (mode, shared) = (draw.one(&MODES), draw.below(2) == 0);
        file += &format!("  - {{context: {context}, error_mode: {mode}, shared_cache: {shared}");
        if context == "span" && !draw.often() {
            let conditions = [r#"name != "b""#, r#"ParseInt(name, 10) > 0"#];
            file += &format!(", conditions: {}", quoted(&draw.some(&conditions, 2)));
        }
        file += &format!(", statements: {}}}\n", quoted(&draw.some(statements, 4)));
    }
    file
}

const OF_SPANS: [&str; 6] = [
    r#"span.name == "a""#,
    r#"ParseInt(span.name, 10) == 1"#,
    r#"resource.attributes["rid"] == 0 and resource.attributes["none"] == nil"#,
    r#"span.attributes["id"] > 2"#,
    r#"spanevent.name == "e""#,
    r#"scope.name == "s00""#,
];
const OF_POINTS: [&str; 6] = [
    r#"datapoint.value_int > 0"#,
    r#"metric.name == "m001""#,
    r#"metric.type == METRIC_DATA_TYPE_GAUGE"#,
    r#"ParseInt(metric.unit, 10) == 1 and datapoint.value_int == 2"#,
    r#"resource.attributes["rid"] == 1"#,
    r#"datapoint.attributes["id"] != 1"#,
];

fn filter(draw: &mut Draw, signal: Signal) -> String {
    let mode = draw.one(&MODES);
    let is_traces = signal == Signal::Traces;
    let conditions: &[&str] = if is_traces { &OF_SPANS } else { &OF_POINTS };
    if draw.often() {
        let key = if is_traces {
            "trace_conditions"
        } else {
            "metric_conditions"
        };
        let mut file = format!("error_mode: {mode}\n{key}:\n");
        for _ in 0..1 + draw.below(2) {
            let conditions = quoted(&draw.some(conditions, 3));
            let mode = draw.one(&MODES);
            file += &format!("  - {{error_mode: {mode}, conditions: {conditions}}}\n");
        }
        return file;
    }
    let (key, lists): (_, [(&str, &[&str]); 2]) = if is_traces {
        let span = &[
            r#"name == "a""#,
            r#"ParseInt(name, 10) == 1"#,
            r#"attributes["id"] == 3"#,
        ];
        (
            "traces",
            [("span", span), ("spanevent", &[r#"name == "e""#])],
        )
    } else {
        let metric = &[r#"name == "m000""#, r#"type == METRIC_DATA_TYPE_GAUGE"#];
        let point = &[
            r#"value_int > 0"#,
            r#"ParseInt(metric.unit, 10) == 1 or value_int == 1"#,
        ];
        ("metrics", [("metric", metric), ("datapoint", point)])
    };
    let mut file = format!("error_mode: {mode}\n{key}:\n");
    let first = draw.below(2);
    for (name, conditions) in &lists[first..] {
        file += &format!("  {name}: {}\n", quoted(&draw.some(conditions, 2)));
    }
    file
}

fn routing(draw: &mut Draw, signal: Signal) -> String {
    let is_traces = signal == Signal::Traces;
    let names: [&str; 3] = match is_traces {
        true => ["traces/a", "traces/b", "traces/c"],
        false => ["metrics/a", "metrics/b", "metrics/c"],
    };
    let mut file = format!("error_mode: {}\n", draw.one(&MODES));
    if draw.often() {
        file += &format!("default_pipelines: {}\n", quoted(&draw.some(&names, 2)));
    }
    file += "table:\n";
    for _ in 0..1 + draw.below(3) {
        let (context, conditions): (_, &[&str]) = match draw.below(4) {
            0 => (
                "request",
                &[
                    r#"request["x-tenant"] == "acme""#,
                    r#"request["x-tenant"] != "acme""#,
                ],
            ),
            1 => (
                "resource",
                &[
                    r#"attributes["rid"] == 0"#,
                    r#"ParseInt(attributes["rid"], 10) == 1"#,
                ],
            ),
            _ if is_traces => (
                "span",
                &[
                    r#"name == "a""#,
                    r#"attributes["id"] > 1"#,
                    r#"ParseInt(name, 10) == 1"#,
                ],
            ),
            2 => (
                "metric",
                &[r#"name == "m000""#, r#"type == METRIC_DATA_TYPE_SUM"#],
            ),
            _ => (
                "datapoint",
                &[r#"value_int > 0"#, r#"attributes["id"] == 2"#],
            ),
        };
        let condition = draw.one(conditions);
        let rule = match (context, draw.below(4)) {
            ("request", _) | (_, 0) => format!("condition: '{condition}'"),
            (_, 1) => format!("statement: 'route() where {condition}'"),
            ("metric", _) => "statement: 'route()'".to_owned(),
            (_, 2) => format!(r#"statement: 'delete_key(attributes, "x") where {condition}'"#),
            _ => "statement: 'route()'".to_owned(),
        };
        let (action, names) = (draw.one(&["move", "copy"]), quoted(&draw.some(&names, 2)));
        file +=
            &format!("  - {{context: {context}, {rule}, action: {action}, pipelines: {names}}}\n");
    }
    file
}

/// What makes an item known again.
fn is_it(context: Context, item: &Json) -> impl Fn(&Json) -> bool {
    let own = identity(context, item);
    move |other| identity(context, other) == own
}

fn identity(context: Context, item: &Json) -> Json {
    let attribute = |of: &Json, key: &str| {
        let attributes = of["attributes"].as_array().cloned().unwrap_or_default();
        let found = attributes.iter().find(|attribute| attribute["key"] == key);
        found.map_or(Json::Null, |attribute| attribute["value"].clone())
    };
    match context {
        Level::Resource => attribute(&item["resource"], "rid"),
        Level::Scope => item["scope"]["name"].clone(),
        Level::Metric => json!([item["name"], item["description"] == "copy"]),
        _ => attribute(item, "id"),
    }
}

/// The part of a metric that has its points.
fn with_list<'j>(of: &'j mut Json, list: &str) -> &'j mut Json {
    let data = ["sum", "gauge"]
        .into_iter()
        .find(|data| !of[*data].is_null());
    match data.filter(|_| list == "dataPoints") {
        Some(data) => &mut of[data],
        None => of,
    }
}

/// The items of a list deep in a message, in order.
fn items(of: &Json, lists: &[&str]) -> Vec<Json> {
    let Some((list, below)) = lists.split_first() else {
        return vec![of.clone()];
    };
    let mut of = of.clone();
    let elements = with_list(&mut of, list)[*list].as_array().cloned();
    let elements = elements.unwrap_or_default();
    elements
        .iter()
        .flat_map(|element| items(element, below))
        .collect()
}

/// The message with just the first such item and what surrounds it.
fn cut(of: &Json, lists: &[&str], is_it: &dyn Fn(&Json) -> bool) -> Option<Json> {
    let Some((list, below)) = lists.split_first() else {
        return is_it(of).then(|| of.clone());
    };
    let mut of = of.clone();
    let around = with_list(&mut of, list);
    let elements = around[*list].as_array()?.clone();
    let found = elements
        .iter()
        .find_map(|element| cut(element, below, is_it))?;
    around[*list] = json!([found]);
    Some(of)
}

/// The contexts whose items are traced, with the names of the lists down to them.
fn contexts(signal: Signal) -> Vec<(Context, Vec<&'static str>)> {
    let lists = lists(signal);
    let below = match signal {
        Signal::Traces => vec![(Level::Span, lists[..3].to_vec())],
        _ => vec![
            (Level::Metric, lists[..3].to_vec()),
            (Level::DataPoint, lists.to_vec()),
        ],
    };
    let above = [
        (Level::Resource, lists[..1].to_vec()),
        (Level::Scope, lists[..2].to_vec()),
    ];
    above.into_iter().chain(below).collect()
}

struct Case {
    kind: ComponentKind,
    file: String,
    signal: Signal,
    message: Json,
    engine: Engine,
    outside: RunContext,
    regroups: bool,
}

impl Case {
    fn draw(draw: &mut Draw) -> Self {
        let signal = [Signal::Traces, Signal::Metrics][draw.below(2)];
        let (kind, file) = match draw.below(3) {
            0 => (ComponentKind::Filter, filter(draw, signal)),
            1 => (ComponentKind::Routing, routing(draw, signal)),
            _ => (ComponentKind::Transform, transform(draw, signal)),
        };
        let regroups = kind == ComponentKind::Transform && draw.below(2) == 0;
        let interpreter = [Interpreter::Rows, Interpreter::Columns][draw.below(2)];
        let request = Request::default().with_metadata("x-tenant", ["acme"]);
        let outside = match draw.often() {
            true => RunContext::default().with_request(Arc::new(request)),
            false => RunContext::default(),
        };
        Self {
            kind,
            file,
            signal,
            message: message(draw, signal),
            engine: Engine::default()
                .with_regrouping(regroups)
                .with_interpreter(interpreter),
            outside,
            regroups,
        }
    }

    fn run(&self) -> Result<Outcome, PipelineError> {
        let pipeline = pipeline_with(self.kind, &self.file, &self.engine);
        pipeline.run_with(self.signal, wire(self.signal, &self.message), &self.outside)
    }

    fn trace(&self, place: (Context, usize)) -> ComponentTrace {
        let read = config::read_component(self.kind, &self.file, &ReadOptions::default());
        let pipeline = read.components[0].compile_traced(&self.engine);
        let pipeline = pipeline.expect("it was compiled to run");
        let message = wire(self.signal, &self.message);
        let trace = pipeline.trace_with(self.signal, message, place, &self.outside);
        trace.unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Compares the trace of one item with what the run made of it.
    fn compare(
        &self,
        run: &Result<Outcome, PipelineError>,
        at: &(Context, Vec<&str>),
        number: usize,
        item: &Json,
    ) {
        let (context, lists) = at;
        let trace = self.trace((*context, number));
        let about = || format!("{context:?} {number}: {:?}\n{self}", trace.verdict);
        let outcome = match run {
            Ok(outcome) => outcome,
            Err(PipelineError::Failed { span, item, error }) => {
                let stopped = Verdict::Stopped {
                    span: *span,
                    item: *item,
                    reason: error.to_string(),
                };
                assert_eq!(trace.verdict, stopped, "{}", about());
                assert!(trace.output.is_empty(), "{}", about());
                return;
            }
            Err(other) => panic!("{other}\n{self}"),
        };
        let is_it = is_it(*context, item);
        let outputs: Vec<_> = (outcome.outputs.iter())
            .filter_map(|output| {
                let message = read(self.signal, &output.message);
                let own = cut(&message, lists, &is_it)?;
                Some((output.pipeline.clone(), own))
            })
            .collect();
        let output = match trace.output.is_empty() {
            true => None,
            false => Some(read(self.signal, &trace.output)),
        };
        match &trace.verdict {
            Verdict::Routed(pipelines) => {
                let traced: BTreeSet<_> = pipelines.iter().cloned().map(Some).collect();
                let sent = outputs.iter().map(|(pipeline, _)| pipeline.clone());
                assert_eq!(traced, sent.collect(), "{}", about());
                assert_eq!(output.is_some(), !traced.is_empty(), "{}", about());
            }
            Verdict::Transformed | Verdict::Kept => {
                assert_eq!(
                    output.as_ref(),
                    outputs.first().map(|(_, own)| own),
                    "{}",
                    about()
                );
                assert!(output.is_some(), "{}", about());
            }
            Verdict::Dropped { .. } => {
                assert_eq!((outputs, output), (Vec::new(), None), "{}", about())
            }
            Verdict::Merged | Verdict::Stopped { .. } => panic!("{}", about()),
        }
        self.compare_steps(&trace, at, item);
    }

    /// What the only group left of the item is what came out of it.
    fn compare_steps(
        &self,
        trace: &ComponentTrace,
        (context, lists): &(Context, Vec<&str>),
        item: &Json,
    ) {
        let own = trace
            .sections
            .iter()
            .filter_map(|section| section.trace.as_ref());
        let own: Vec<_> = own.collect();
        let ([only], Verdict::Transformed) = (own.as_slice(), &trace.verdict) else {
            return;
        };
        if only.context != *context {
            return;
        }
        let (after, output) = (
            read(self.signal, &only.after),
            read(self.signal, &trace.output),
        );
        if self.regroups {
            assert_eq!(after, output, "{self}");
        } else if *context != Level::Resource {
            let is_it = is_it(*context, item);
            let inner = |message: &Json| items(message, lists).into_iter().find(|item| is_it(item));
            assert_eq!(inner(&after), inner(&output), "{self}");
        }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let request = format!("{:?}", self.outside);
        write!(
            f,
            "{:?}, regroups: {}, {request}\n{}\n{}",
            self.kind, self.regroups, self.file, self.message
        )
    }
}

#[test]
fn traces_of_components_say_what_runs_do() {
    let mut draw = Draw(42);
    let mut seen = [0; 6];
    for _ in 0..CASES {
        let case = Case::draw(&mut draw);
        let run = case.run();
        for at in contexts(case.signal) {
            // With regrouping one resource becomes several, and a metric as well.
            if case.regroups && at.0 != case.signal.item_level() {
                continue;
            }
            for (number, item) in items(&case.message, &at.1).iter().enumerate() {
                case.compare(&run, &at, number, item);
                let verdict = case.trace((at.0, number)).verdict;
                seen[match verdict {
                    Verdict::Transformed => 0,
                    Verdict::Kept => 1,
                    Verdict::Dropped { span: Some(_), .. } => 2,
                    Verdict::Dropped { .. } | Verdict::Merged => 3,
                    Verdict::Routed(_) => 4,
                    Verdict::Stopped { .. } => 5,
                }] += 1;
            }
        }
    }
    assert!(seen.iter().all(|seen| *seen > 10), "{seen:?}");
}

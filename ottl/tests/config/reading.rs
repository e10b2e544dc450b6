//! What the components accept, and what they say of the rest.

use ottl::config::{self, ComponentKind, ReadOptions};

use crate::{check, check_one, shown};

fn transform(file: &str) -> Vec<String> {
    shown(file, &check_one(ComponentKind::Transform, file))
}

fn filter(file: &str) -> Vec<String> {
    shown(file, &check_one(ComponentKind::Filter, file))
}

fn routing(file: &str) -> Vec<String> {
    shown(file, &check_one(ComponentKind::Routing, file))
}

const NONE: [&str; 0] = [];

#[test]
fn keys_that_do_not_exist_are_named() {
    let file = "processors:\n  transform:\n    trace_statement: []\n    colour: red\n";
    let problems = check(file);
    assert_eq!(
        shown(file, &problems),
        [
            "3:5 E0603 The transform processor has no key `trace_statement`.",
            "4:5 E0603 The transform processor has no key `colour`.",
        ]
    );
    let fix = problems[0].fix.as_ref().expect("it is nearly one");
    assert_eq!(fix.replacement, "trace_statements");
    assert!(problems[1].notes[0].contains("error_mode, trace_statements"));
    assert_eq!(
        transform("{log_statements: [{statement: ['x']}]}")[0],
        "1:20 E0603 A group of statements has no key `statement`."
    );
    assert_eq!(
        filter("{traces: {spn: []}}"),
        ["1:11 E0603 `traces` has no key `spn`."]
    );
    assert_eq!(
        routing("{table: [{pipelines: [traces], condition: 'true', then: x}]}"),
        ["1:51 E0603 A route has no key `then`."]
    );
}

#[test]
fn a_section_may_be_missing_or_empty() {
    for file in [
        "",
        "# only a comment\n",
        "processors:\n",
        "processors: {transform: }\n",
        "{}",
    ] {
        assert_eq!(shown(file, &check(file)), NONE, "{file:?}");
    }
    assert_eq!(
        transform("{trace_statements: [], log_statements: []}"),
        NONE
    );
    assert_eq!(filter("{trace_conditions: [], traces: }"), NONE);
}

#[test]
fn values_have_types() {
    assert_eq!(
        transform("[]"),
        ["1:1 E0604 The transform processor takes a mapping, not a list."]
    );
    for (value, problem) in [
        ("x", "takes a list of statements, not a text."),
        ("{a: b}", "takes a list of statements, not a mapping."),
        ("", "takes a list of statements, not nothing."),
        ("5", "takes a list of statements, not the number 5."),
    ] {
        let found = transform(&format!("trace_statements: {value}"));
        assert!(found[0].ends_with(problem), "{found:?}");
    }
    assert_eq!(
        transform("{log_statements: [{context: log, statements: [5, true, ~, [x]]}]}"),
        [
            "1:47 E0604 An item of `statements` takes a text, not the number 5.",
            "1:50 E0604 An item of `statements` takes a text, not the boolean true.",
            "1:56 E0604 An item of `statements` takes a text, not nothing.",
            "1:59 E0604 An item of `statements` takes a text, not a list.",
        ]
    );
    assert_eq!(
        transform("{log_statements: [{context: log, shared_cache: yes}]}"),
        ["1:48 E0604 `shared_cache` takes true or false, not a text."]
    );
    assert_eq!(
        transform("{log_statements: [~]}"),
        [
            "1:19 E0604 An item of `log_statements` takes one of its statements or a group of them, not nothing."
        ]
    );
}

#[test]
fn names_are_some_of_a_few() {
    assert_eq!(transform("{error_mode: IGNORE}"), NONE);
    assert_eq!(
        transform("{error_mode: ''}"),
        ["1:14 E0605 `error_mode` cannot be ``."]
    );
    assert_eq!(
        transform("{error_mode: ingore}"),
        ["1:14 E0605 `error_mode` cannot be `ingore`."]
    );
    assert_eq!(
        transform("{trace_statements: [{context: log, statements: []}]}"),
        ["1:31 E0605 `context` cannot be `log`."]
    );
    assert_eq!(
        filter("{metric_conditions: [{context: exemplar, conditions: []}]}"),
        ["1:32 E0605 `context` cannot be `exemplar`."]
    );
    assert_eq!(
        routing("{table: [{context: Span, action: MOVE, condition: 'true', pipelines: [x]}]}"),
        ["1:20 E0605 `context` cannot be `Span`."]
    );
}

#[test]
fn statements_and_groups_do_not_mix() {
    let group = "{context: log, statements: ['set(body, 1)']}";
    let text = "'set(log.body, 1)'";
    assert_eq!(
        transform(&format!("{{log_statements: [{group}, {text}]}}")),
        NONE
    );
    assert_eq!(
        transform(&format!("{{log_statements: [{text}, {group}]}}")),
        ["1:39 E0606 `log_statements` has statements and groups of statements."]
    );
    let group = "{context: log, conditions: ['body == 1']}";
    let text = "'log.body == 1'";
    for both in [format!("{group}, {text}"), format!("{text}, {group}")] {
        let found = filter(&format!("{{log_conditions: [{both}]}}"));
        assert!(
            found[0].ends_with("has conditions and groups of conditions."),
            "{found:?}"
        );
    }
}

#[test]
fn the_oldest_form_of_filters_is_read() {
    let file = "
spans: {include: {match_type: strict, services: [a]}}
metrics: {include: {match_type: regexp, metric_names: [a]}}
logs: {exclude: {match_type: strict, bodies: [b], severity_number: {min: warn}}}
";
    assert_eq!(filter(file), NONE);
    let expressions =
        "metrics: {include: {match_type: expr, expressions: ['MetricName == \"a\"']}}";
    assert_eq!(filter(expressions), NONE);
}

#[test]
fn mistakes_in_the_oldest_form_are_found_where_they_are() {
    for (file, problem) in [
        (
            "spans: {include: {}}",
            "1:18 E0606 There is nothing to match spans by.",
        ),
        (
            "spans: {include: {services: [a]}}",
            "1:18 E0605 `match_type` does not say how to compare.",
        ),
        (
            "spans: {exclude: {match_type: exact, span_names: [a], services: [b]}}",
            "1:31 E0605 `match_type` does not say how to compare.",
        ),
        (
            "spans: {exclude: {match_type: strict, span_kinds: [server]}}",
            "1:52 E0605 `server` is no kind of span.",
        ),
        (
            "spans: {exclude: {match_type: strict, span_names: [a], log_bodies: [b]}}",
            "1:69 E0606 Spans cannot be matched by `log_bodies`.",
        ),
        (
            "spans: {exclude: {match_type: strict, attributes: [{value: b}]}}",
            "1:52 E0606 An attribute to match has no key.",
        ),
        (
            "spans: {exclude: {match_type: regexp, attributes: [{key: a, value: 5}]}}",
            "1:68 E0606 With `match_type: regexp` the value of an attribute is a text.",
        ),
        (
            "spans: {exclude: {match_type: strict, attributes: [{key: a, value: [2024-05-06]}]}}",
            "1:69 E0606 Without quotes this is a date, which no attribute is.",
        ),
        (
            "logs: {exclude: {match_type: strict, severity_number: {min: LOUD}}}",
            "1:61 E0605 `LOUD` is no severity.",
        ),
        (
            "trace_conditions: ['span.name == \"a\"']\nspans: {exclude: {match_type: strict, services: [a]}}",
            "2:1 W0602 `trace_conditions` takes the place of this.",
        ),
    ] {
        let found = filter(file);
        assert_eq!(found.len(), 1, "{file}: {found:?}");
        let place = problem.split(' ').next().unwrap_or_default();
        let text = problem.splitn(3, ' ').nth(2).unwrap_or_default();
        assert!(
            found[0].starts_with(place) && found[0].ends_with(text),
            "{file}: {found:?}"
        );
    }
    let pattern = "metrics:\n  exclude:\n    match_type: regexp\n    metric_names: [ok, '(']";
    let found = filter(pattern);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("4:24 E"), "{found:?}");
}

#[test]
fn values_that_are_words_are_given() {
    for (file, problem) in [
        (
            "{error_mode: , log_statements: []}",
            "`error_mode` has no value.",
        ),
        (
            "{log_statements: [{context: null, statements: []}]}",
            "`context` has no value.",
        ),
        (
            "{log_statements: [{context: log, error_mode: ~, statements: []}]}",
            "`error_mode` has no value.",
        ),
    ] {
        let found = transform(file);
        assert_eq!(found.len(), 1, "{file}: {found:?}");
        assert!(found[0].ends_with(problem), "{file}: {found:?}");
    }
}

#[test]
fn ways_to_filter_exclude_each_other() {
    let old_and_new =
        "{trace_conditions: ['span.name == \"a\"'], traces: {span: ['name == \"b\"']}}";
    assert_eq!(
        filter(old_and_new),
        [
            "1:2 E0606 `trace_conditions` cannot be used together with the conditions under `traces`."
        ]
    );
    let both = "{metrics: {metric: ['name == \"a\"'], include: {match_type: strict}}}";
    assert_eq!(
        filter(both)[0],
        "1:37 E0606 Conditions of OTTL cannot be used together with `include` and `exclude`."
    );
}

#[test]
fn both_ways_to_filter_are_known() {
    assert_eq!(
        filter(
            "{error_mode: silent, traces: {resource: ['attributes[\"a\"] == 1'], span: ['name == \"a\"'], spanevent: ['name == \"b\"']}}"
        ),
        NONE
    );
    assert_eq!(
        filter("{trace_conditions: ['span.name == \"a\"', 'resource.attributes[\"a\"] == 1']}"),
        NONE
    );
    assert_eq!(
        filter("{metrics: {datapoint: ['metric.name == \"a\"', 'value_int > 1']}}"),
        NONE
    );
    assert_eq!(
        filter("{metric_conditions: ['exemplar.value_int == 1']}").len(),
        1,
        "filters have no such context"
    );
}

#[test]
fn profiles_are_read() {
    assert_eq!(
        transform("{profile_statements: ['set(profile.period, 7)']}"),
        NONE
    );
    assert_eq!(filter("{profiles: {profile: ['period == 7']}}"), NONE);
    assert_eq!(
        transform("{profile_statements: ['set(span.name, \"\")']}"),
        ["1:28 E0208 The context span does not exist in profiles."]
    );
}

#[test]
fn routes_are_whole() {
    let route = |fields: &str| routing(&format!("{{table: [{{{fields}}}]}}"));
    assert_eq!(
        route("condition: 'attributes[\"a\"] == 1', pipelines: [traces/a]"),
        NONE
    );
    assert_eq!(
        route("statement: 'route() where attributes[\"a\"] == 1', pipelines: [logs]"),
        NONE
    );
    assert_eq!(
        route("statement: 'delete_key(attributes, \"a\")', pipelines: [logs]"),
        NONE
    );
    assert_eq!(
        route("statement: 'set(attributes[\"a\"], 1)', pipelines: [logs]")[0],
        "1:23 E0206 The routing connector has no editor `set`."
    );
    assert_eq!(
        route("statement: 'route(exporter.x)', pipelines: [logs]"),
        ["1:29 W0602 The arguments of `route` have no effect in the routing connector."]
    );
    let broken = route("statement: 'route() where attributes[', pipelines: [logs]");
    assert!(broken[0].contains(" E01"), "{broken:?}");
    assert_eq!(
        route("pipelines: [traces]"),
        ["1:11 E0606 The route has no condition."]
    );
    assert_eq!(
        route("condition: 'true'"),
        ["1:11 E0606 The route has no pipelines."]
    );
    assert_eq!(
        route("condition: 'true', statement: 'route()', pipelines: [traces]"),
        ["1:41 E0606 A route has a statement or a condition, not both."]
    );
    assert_eq!(
        route("condition: 'true', pipelines: [trace]"),
        ["1:42 E0605 `trace` is not the name of a pipeline."]
    );
    assert_eq!(
        routing("{default_pipelines: [traces]}").len(),
        1,
        "there is no table"
    );
}

#[test]
fn pipelines_exist() {
    let file = "
connectors:
  routing:
    default_pipelines: [traces/b]
    table: [{condition: 'true', pipelines: [traces/ab]}]
service:
  pipelines:
    traces/in: {exporters: [routing]}
    traces/a: {receivers: [routing]}
";
    assert_eq!(
        shown(file, &check(file)),
        [
            "4:25 E0606 The service has no pipeline `traces/b`.",
            "5:45 E0606 The service has no pipeline `traces/ab`.",
        ]
    );
    let fixed = file
        .replace("traces/ab", "traces/a")
        .replace("traces/b", "traces/a");
    assert_eq!(shown(&fixed, &check(&fixed)), NONE);
}

#[test]
fn pipelines_are_connected() {
    let file = "
connectors:
  routing:
    default_pipelines: [traces/a]
    table: [{condition: 'true', pipelines: [traces/b, logs/c]}]
  routing/unused:
    table: [{condition: 'true', pipelines: [traces/b]}]
service:
  pipelines:
    traces/in: {exporters: [routing]}
    traces/a: {receivers: [routing, otlp]}
    traces/b: {receivers: [otlp]}
    logs/c: {receivers: [routing]}
";
    assert_eq!(
        shown(file, &check(file)),
        [
            "5:45 E0606 The pipeline `traces/b` does not receive from `routing`.",
            "5:55 E0606 The pipeline `logs/c` cannot get the traces of `routing`.",
        ]
    );
}

#[test]
fn one_text_is_a_list_of_what_is_between_its_commas() {
    assert_eq!(filter("{traces: {span: 'name == \"a\"'}}"), NONE);
    assert_eq!(
        filter("{traces: {span: 'name == \"a\",kind == 1'}}"),
        ["1:17 W0603 `span` takes a list; a text is cut at its commas."]
    );
    let cut = filter("{traces: {span: 'name == \"a\",knd == 1'}}");
    assert_eq!(
        cut[1],
        "1:30 E0203 The context span has no path `span.knd`."
    );
}

#[test]
fn conditions_on_requests_have_one_form() {
    let route = |condition: &str| {
        let route = format!("{{context: request, condition: '{condition}', pipelines: [logs]}}");
        routing(&format!("{{table: [{route}]}}")).join("")
    };
    assert_eq!(route(r#"request["X-Tenant"] == "acme""#), "");
    assert_eq!(route(r#"request["X-Tenant"] != "acme""#), "");
    assert!(route(r#"request.tenant == "acme""#).contains("E0606"));
    assert!(route(r#"request["a"] == "b" == "c""#).contains("E0606"));
}

#[test]
fn a_second_route_with_the_same_condition_is_never_taken() {
    let file = "
table:
  - {condition: 'attributes[\"a\"] == 1', pipelines: [traces/a]}
  - {context: resource, statement: 'route() where attributes[\"a\"] == 1', pipelines: [traces/b]}
  - {context: span, condition: 'attributes[\"a\"] == 1', pipelines: [traces/c]}
";
    assert_eq!(routing(file), ["4:36 W0602 This route is never taken."]);
}

#[test]
fn keys_stand_once() {
    let file = "processors:\n  transform: {}\n  batch:\n  transform: {}\n";
    assert_eq!(
        shown(file, &check(file)),
        ["4:3 E0602 The key `transform` stands twice in this mapping."]
    );
}

#[test]
fn anchors_and_merges_are_followed() {
    let file = "
x-common: &common
  error_mode: silent
  log_statements: &statements
    - set(log.nme, 1)
processors:
  transform/a:
    <<: *common
    trace_statements: []
  transform/b:
    log_statements: *statements
";
    let read = config::read(file, &ReadOptions::default());
    let names: Vec<_> = read
        .components
        .iter()
        .map(config::Component::name)
        .collect();
    assert_eq!(names, ["transform/a", "transform/b"]);
    // What is wrong once is said once.
    assert_eq!(
        shown(file, &check(file)),
        ["5:11 E0203 The context log has no path `log.nme`."]
    );
}

#[test]
fn names_say_what_a_component_is() {
    let file = "processors: {transform/a/b: {}, transformer: {x: y}, filter/: {}, ' filter': {}}\n";
    let read = config::read(file, &ReadOptions::default());
    assert_eq!(read.components.len(), 3);
    assert_eq!(
        shown(file, &check(file)),
        ["1:54 E0606 `filter/` has no name behind the slash."]
    );
    assert!(read.component("transform/a/b").is_some());
}

//! `ottlc trace`.

use crate::common::{Folder, Run, delimited, examples, spans, wire, words};
use ottl::Signal;
use serde_json::Value as Json;

const MESSAGE: &str = r#"{"resourceSpans":[{
  "resource":{"attributes":[{"key":"env","value":{"stringValue":"prod"}}]},
  "scopeSpans":[{"spans":[{"name":"abc","kind":2},{"name":"checkout","kind":2}]}]}]}"#;

fn trace(script: &str, rest: &str) -> Run {
    let folder = Folder::new();
    folder.file("s.ottl", script);
    folder.file("in.json", MESSAGE);
    let args = format!("trace --signal traces --script s.ottl in.json {rest}");
    folder.run(&words(&args))
}

fn json(script: &str, rest: &str) -> Json {
    let run = trace(script, &format!("--format json {rest}")).success();
    serde_json::from_slice(&run.out).expect("JSON")
}

/// The steps of the only section.
fn steps(json: &Json) -> &Vec<Json> {
    json["sections"][0]["steps"].as_array().expect("steps")
}

#[test]
fn every_part_of_a_condition_has_its_values() {
    let script = "set(span.name, \"x\") where span.kind == 2 and Len(span.name) > 3\n";
    let run = trace(script, "").success();
    let text = run.text();
    for line in [
        "span 0 of 2 in message 1 of in.json",
        "did not match",
        "span.kind is 2 (int)",
        "Len(span.name) is 3 (int)",
        "span.name is \"abc\" (string)",
        "0 of 1 statement matched.",
    ] {
        assert!(text.contains(line), "{line:?} is missing in:\n{text}");
    }
    let truth = |label: &str| {
        let line = text.lines().find(|line| line.trim().starts_with(label));
        line.and_then(|line| line.split_whitespace().last())
    };
    assert_eq!(truth("and"), Some("false"));
    assert_eq!(truth("span.kind == 2"), Some("true"));
    assert_eq!(truth("Len(span.name) > 3"), Some("false"));
}

#[test]
fn parts_behind_the_deciding_one_are_not_evaluated() {
    let script = "set(span.name, \"x\") where span.kind == 1 and ParseJSON(span.name) != nil\n";
    let json = json(script, "");
    let condition = &steps(&json)[0]["condition"];
    assert_eq!(condition["truth"], "false");
    let parts = condition["parts"].as_array().expect("parts");
    assert_eq!(parts[0]["truth"], "false");
    assert_eq!(parts[1]["truth"], "not_evaluated");
    assert_eq!(parts[1]["values"][0]["evaluated"], false);
}

#[test]
fn a_condition_that_fails_says_which_part() {
    let script = "set(span.name, \"x\") where span.kind == 2 and ParseJSON(span.name) != nil\n";
    let json = json(script, "");
    let step = &steps(&json)[0];
    assert_eq!(step["outcome"], "failed");
    assert_eq!(step["in_condition"], true);
    assert_eq!(step["stops"], true);
    let parts = step["condition"]["parts"].as_array().expect("parts");
    assert_eq!(parts[0]["truth"], "true");
    assert_eq!(parts[1]["truth"], "failed");
    assert!(parts[1]["values"][0]["failed"].is_string());
}

#[test]
fn names_of_enums_are_shown_with_their_values() {
    let run = trace(
        "set(span.name, \"x\") where span.kind == SPAN_KIND_CLIENT\n",
        "",
    );
    let text = run.success();
    let text = text.text();
    assert!(text.contains("SPAN_KIND_CLIENT is 3 (int)"), "{text}");
    let run = trace("set(span.name, \"x\") where span.name == nil\n", "").success();
    assert!(!run.text().contains("nil is"), "{}", run.text());
}

#[test]
fn changes_are_told_with_their_paths() {
    let script = "set(span.attributes[\"n\"], 1)\nset(resource.attributes[\"env\"], \"x\")\n\
                  set(cache[\"a\"], 2)\ndelete_key(span.attributes, \"n\")\n\
                  set(span.name, \"abc\")\n";
    let run = trace(&script.replace("cache", "span.cache"), "").success();
    for line in [
        "+ span.attributes[\"n\"]: 1",
        "~ resource.attributes[\"env\"]: \"prod\" → \"x\"",
        "+ cache[\"a\"]: 2",
        "- span.attributes[\"n\"]: 1",
        "matched, and changed nothing",
        "5 of 5 statements matched.",
    ] {
        assert!(run.text().contains(line), "{line:?} in:\n{}", run.text());
    }
}

#[test]
fn statements_before_and_the_cache_hold() {
    let script = "set(span.cache[\"n\"], Len(span.name))\nset(span.name, \"y\")\n\
                  set(span.kind, 3) where span.cache[\"n\"] == 8 and span.name == \"z\"\n";
    let json = json(script, "--item 1");
    let parts = steps(&json)[2]["condition"]["parts"].clone();
    assert_eq!(parts[0]["values"][0]["value"], "8");
    assert_eq!(parts[0]["truth"], "true");
    assert_eq!(parts[1]["values"][0]["value"], "\"y\"");
}

#[test]
fn items_before_have_run() {
    let script = "set(resource.attributes[\"last\"], span.name) \
                  where resource.attributes[\"last\"] == nil\n";
    let json = json(script, "--item 1");
    let step = &steps(&json)[0];
    assert_eq!(step["outcome"], "unmatched");
    assert_eq!(step["condition"]["values"][0]["value"], "\"abc\"");
}

#[test]
fn blocks_say_why_they_were_skipped() {
    let script =
        "when span.kind == 1 {\n  set(span.name, \"a\")\n} else {\n  set(span.name, \"b\")\n}\n";
    let run = trace(script, "--dialect selfops").success();
    let text = run.text();
    assert!(
        text.contains("skipped, since the condition of line 1 did not hold"),
        "{text}"
    );
    assert!(text.contains("~ span.name: \"abc\" → \"b\""), "{text}");
}

#[test]
fn a_failure_ends_the_run_or_not() {
    let script = "set(span.attributes[\"a\"], ParseJSON(span.name))\nset(span.name, \"b\")\n";
    let run = trace(script, "").success();
    assert!(run.text().contains("This ends the run."), "{}", run.text());
    assert!(run.text().contains("not reached"), "{}", run.text());
    let run = trace(script, "--error-mode ignore").success();
    assert!(run.text().contains("~ span.name"), "{}", run.text());
    trace(script, "--item 1").failure(1, &["statement 1 fails on item 0", "--item 0"]);
}

#[test]
fn routed_items_say_so() {
    let run = trace("span.kind == 2 > route(exporter.a)\n", "--dialect selfops").success();
    assert!(run.text().contains("routed to a"), "{}", run.text());
}

#[test]
fn items_that_are_not_there() {
    let script = "set(span.name, \"x\")\n";
    trace(script, "--item 2").failure(1, &["There is no span 2", "2 spans", "--item 0 to 1"]);
    trace(script, "--message 2").failure(1, &["There is no message 2", "1 message"]);
    trace(script, "--item -1").failure(2, &["--item"]);
    trace("set(log.body, 1)\n", "").failure(1, &["log"]);
    trace("set(spanevent.name, \"x\")\n", "").failure(1, &["no span event"]);
    trace("set(span.nme, 1)\n", "").failure(1, &["span.name", "rejected for 1 error"]);
}

#[test]
fn items_are_counted_through_all_messages() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.kind, 1)\n");
    let message = wire(Signal::Traces, &spans(2));
    folder.file("in.pb", delimited(&[message.clone(), message]));
    let args = "trace --signal traces --script s.ottl in.pb --item 3";
    let run = folder.run(&words(args)).success();
    assert!(
        run.text().starts_with("span 1 of 2 in message 2 of in.pb"),
        "{}",
        run.text()
    );
    let run = folder.run(&words(&format!("{args} --message 2")));
    run.failure(1, &["message 2 has 2 spans"]);
}

#[test]
fn colour_is_for_those_who_want_it() {
    let script = "set(span.name, \"x\")\n";
    assert!(!trace(script, "").success().text().contains('\x1b'));
    assert!(
        trace(script, "--color always")
            .success()
            .text()
            .contains("\x1b[32m")
    );
}

/// A trace in a configuration, over the sample.
fn component(name: &str, rest: &str) -> Run {
    let folder = Folder::new();
    let mut args: Vec<std::path::PathBuf> = words("trace --signal traces --config")
        .into_iter()
        .map(Into::into)
        .collect();
    args.push(examples().join("collector.yaml"));
    args.extend(["--processor".into(), name.into()]);
    args.push(examples().join("data/shop-traces.json"));
    args.extend(words(rest).into_iter().map(std::path::PathBuf::from));
    folder.run(&args)
}

#[test]
fn groups_of_configurations_have_their_conditions() {
    let run = component("transform/redact", "").success();
    let text = run.text();
    assert!(
        text.contains("resource.attributes[\"env\"] == \"prod\""),
        "{text}"
    );
    assert!(text.contains("held"), "{text}");
    assert!(
        text.contains("~ span.attributes[\"credit_card\"]"),
        "{text}"
    );
    assert!(
        text.contains("+ span.attributes[\"redacted\"]: true"),
        "{text}"
    );
}

#[test]
fn filters_and_routes_say_what_became_of_the_item() {
    let run = component("routing/tenants", "").success();
    assert!(
        run.text().contains("The item goes to traces/tenant_a."),
        "{}",
        run.text()
    );
    let run = component("filter/health", "").success();
    assert!(run.text().contains("The item is kept"), "{}", run.text());
    let run = component("filter/health", "--format json --item 0").success();
    let json: Json = serde_json::from_slice(&run.out).expect("JSON");
    assert_eq!(json["verdict"]["kind"], "kept");
    let values = &json["sections"][0]["steps"][0]["condition"]["values"];
    assert_eq!(values[0]["value"], "\"/pay\"");
    component("filter/healt", "").failure(1, &["Did you mean `filter/health`?"]);
}

#[test]
fn metrics_that_are_reshaped_are_followed() {
    let folder = Folder::new();
    let message = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"a","sum":{"dataPoints":[{"asInt":"1"}]}},
        {"name":"b","sum":{"isMonotonic":true,"dataPoints":[{"asInt":"2"}]}}]}]}]}"#;
    folder.file("in.json", message);
    let config = "processors:\n  transform:\n    metric_statements:\n      - context: metric\n        \
                  statements:\n          - copy_metric(name=\"c\") where metric.name == \"b\"\n          \
                  - convert_sum_to_gauge() where metric.name == \"b\"\n          \
                  - set(metric.unit, \"u\") where metric.type == METRIC_DATA_TYPE_GAUGE\n";
    folder.file("c.yaml", config);
    let args = "trace --signal metrics --context metric --config c.yaml --item 1 in.json";
    let run = folder.run(&words(args)).success();
    let text = run.text();
    assert!(text.contains("appended 1 metric to the scope"), "{text}");
    assert!(text.contains("+ metric.unit: \"u\""), "{text}");
    assert!(text.contains("3 of 3 statements matched."), "{text}");
}

/// A configuration, and data with two messages.
fn configured(config: &str, rest: &str) -> Run {
    let folder = Folder::new();
    folder.file("c.yaml", config);
    let span = |name: &str| format!(r#"{{"name":"{name}"}}"#);
    let message = |names: [&str; 2]| {
        let [one, other] = names.map(span);
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{one},{other}]}}]}}]}}"#)
    };
    let messages = [message(["a", "b"]), message(["c", "d"])];
    folder.file("in.jsonl", messages.join("\n"));
    let args = format!("trace --signal traces --config c.yaml in.jsonl {rest}");
    folder.run(&words(&args))
}

#[test]
fn what_earlier_messages_left_in_a_shared_cache_is_there() {
    let config = "processors:\n  transform:\n    trace_statements:\n      - context: span\n        \
                  shared_cache: true\n        statements:\n          - set(attributes[\"before\"], \
                  cache[\"last\"]) where cache[\"last\"] != nil\n          - set(cache[\"last\"], name)\n";
    for (item, before) in [("1", "\"a\""), ("2", "\"b\""), ("0 --message 2", "\"b\"")] {
        let run = configured(config, &format!("--item {item}")).success();
        let change = format!("+ span.attributes[\"before\"]: {before}");
        assert!(run.text().contains(&change), "{item}: {}", run.text());
    }
    let run = configured(config, "").success();
    assert!(run.text().contains("did not match"), "{}", run.text());
    assert!(
        run.text().contains("+ cache[\"last\"]: \"a\""),
        "{}",
        run.text()
    );
}

#[test]
fn a_failure_on_another_item_ends_the_run() {
    let config = "processors:\n  filter:\n    error_mode: propagate\n    trace_conditions: \
                  ['span.name == \"b\" and ParseJSON(span.name) != nil']\n";
    let run = configured(config, "").success();
    assert!(
        run.text()
            .contains("The run ended with a failure at line 4, on item 1"),
        "{}",
        run.text()
    );
    let script =
        "set(span.attributes[\"a\"], ParseJSON(span.name)) where span.name == \"checkout\"\n";
    let json = json(script, "");
    assert_eq!(json["verdict"]["kind"], "stopped");
    assert_eq!(
        (&json["verdict"]["line"], &json["verdict"]["item"]),
        (&1.into(), &1.into())
    );
    assert_eq!(json["output"], Json::Null);
}

#[test]
fn what_is_known_of_the_request_decides_as_in_a_run() {
    let config = "connectors:\n  routing:\n    default_pipelines: [traces/d]\n    table:\n      - {context: \
                  request, condition: 'request[\"x-tenant\"] == \"acme\"', pipelines: [traces/a]}\n";
    let run = configured(config, "--client-metadata X-Tenant=acme --all").success();
    for line in [
        "goes to traces/a.",
        "request[\"x-tenant\"] is [\"acme\"] (list)",
    ] {
        assert!(run.text().contains(line), "{line}: {}", run.text());
    }
    let run = configured(config, "").success();
    for line in ["goes to traces/d.", "request[\"x-tenant\"] is nil"] {
        assert!(run.text().contains(line), "{line}: {}", run.text());
    }
    let script = "set(span.name, \"x\") where otelcol.client.metadata[\"k\"][0] == \"v\"\n";
    let run = trace(script, "--client-metadata k=v").success();
    assert!(run.text().contains("~ span.name"), "{}", run.text());
    trace(script, "--otelcol -").failure(2, &["standard input"]);
    trace(script, "--otelcol none.json").failure(1, &["none.json"]);
}

#[test]
fn limits_hold_for_configurations() {
    let config = "processors:\n  filter:\n    trace_conditions: ['span.name == \"b\"']\n";
    configured(config, "--timeout 0.000000001").failure(1, &["--timeout"]);
    let config = "processors:\n  transform:\n    trace_statements: ['set(span.name, \"x\")']\n";
    configured(config, "--timeout 0.000000001").failure(1, &["--timeout"]);
}

#[test]
fn what_is_regrouped_and_what_is_left_out_is_told() {
    let script =
        "set(resource.attributes[\"n\"], span.name) where resource.attributes[\"n\"] == nil\n";
    let run = trace(script, "--regroup --item 1").success();
    let change = "+ resource.attributes[\"n\"]: \"checkout\"";
    assert!(run.text().contains(change), "{}", run.text());
    let shared = trace("set(resource.attributes[\"n\"], span.name)\n", "").success();
    assert!(
        shared
            .text()
            .contains("Statements that ran for other items")
    );
    let folder = Folder::new();
    let config = "processors:\n  filter:\n    metric_conditions: ['datapoint.value_int > 0']\n";
    folder.file("c.yaml", config);
    let message = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"a","sum":{"dataPoints":[{"asInt":"1"}]}}]}]}]}"#;
    folder.file("in.json", message);
    let args = "trace --signal metrics --context metric --config c.yaml in.json";
    let run = folder.run(&words(args)).success();
    assert!(
        run.text()
            .contains("The item is dropped: nothing was left in it."),
        "{}",
        run.text()
    );
}

#[test]
fn a_failure_before_names_the_item_in_its_message() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"a\"], ParseJSON(span.name)) where span.name == \"span 0\"\n",
    );
    let message = wire(Signal::Traces, &spans(2));
    folder.file("in.pb", delimited(&[message.clone(), message]));
    let args = "trace --signal traces --script s.ottl in.pb --item 3";
    let run = folder.run(&words(args));
    run.failure(1, &["--message 2 --item 0"]);
}

#[test]
fn routes_that_share_a_statement_have_a_section_each() {
    let folder = Folder::new();
    folder.file("in.json", spans(1));
    folder.file(
        "c.yaml",
        "connectors:\n  routing:\n    default_pipelines: [traces/d]\n    table:\n      - {context: resource, \
         action: copy, statement: &s 'delete_key(resource.attributes, \"x\")', pipelines: [traces/a]}\n      \
         - {context: span, action: copy, statement: *s, pipelines: [traces/b]}\n",
    );
    let trace = "trace --signal traces --config c.yaml --item 0 in.json --format json";
    let trace = folder.run(&words(trace)).success();
    let trace: serde_json::Value = serde_json::from_str(trace.text()).expect("JSON");
    let steps: Vec<_> = trace["sections"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|section| section["steps"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(steps, [1, 1], "{trace}");
}

#[test]
fn conditions_of_later_groups_of_a_filter_are_shown() {
    let folder = Folder::new();
    folder.file("in.json", spans(1));
    folder.file(
        "c.yaml",
        "processors:\n  filter:\n    trace_conditions:\n      - conditions: ['span.name == \"q1\"']\n      \
         - conditions: ['span.name == \"q2\"', 'span.name == \"q3\"']\n",
    );
    let trace = "trace --signal traces --config c.yaml --item 0 in.json";
    let trace = folder.run(&words(trace)).success();
    for condition in ["q1", "q2", "q3"] {
        assert!(trace.text().contains(condition), "{}", trace.text());
    }
}

#[test]
fn control_characters_of_a_script_are_spelled_out() {
    let script = "set(span.name, \"a\x1b[41mb\") where span.name == \"\x1b[7m\"\n";
    for rest in ["", "--color always"] {
        let run = trace(script, rest).success();
        let text = run.text();
        for line in [
            r#"set(span.name, "a\x1b[41mb") where span.name == "\x1b[7m""#,
            r#"        span.name == "\x1b[7m"  "#,
        ] {
            assert!(text.contains(line), "{line:?} is missing in:\n{text}");
        }
        assert!(
            !text.contains("\x1b[41m") && !text.contains("\x1b[7m"),
            "{text:?}"
        );
        assert_eq!(text.contains('\x1b'), !rest.is_empty(), "{text:?}");
    }
}

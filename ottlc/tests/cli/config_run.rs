//! `ottlc run` with a component of a configuration.

use std::path::PathBuf;

use crate::common::{Folder, Run, canonical, delimited, examples, spans, wire, words};
use ottl::Signal;
use serde_json::{Value as Json, json};

const CONFIG: &str = "\
processors:
  transform/mark:
    error_mode: propagate
    trace_statements:
      - set(span.attributes[\"seen\"], true) where span.name != \"span 1\"
  transform/fail:
    trace_statements:
      - set(span.attributes[\"n\"], Len(span.name))
      - set(span.attributes[\"number\"], ParseJSON(span.name)) where span.name == \"span 0\"
  transform/stop:
    error_mode: propagate
    trace_statements:
      - context: span
        statements:
          - set(attributes[\"number\"], ParseJSON(name)) where name == \"span 1\"
  transform/env:
    trace_statements:
      - set(span.name, \"${env:OTTLC_NO_SUCH_VARIABLE:-other}\")
  filter/odd:
    trace_conditions:
      - span.name == \"span 1\"
  filter/all:
    trace_conditions:
      - span.name != \"\"
  transform/wrong:
    trace_statements:
      - set(span.nme, 1)
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("c.yaml", CONFIG);
    folder.file("in.json", spans(3));
    folder
}

fn run(folder: &Folder, rest: &str) -> Run {
    folder.run(&words(&format!("run --signal traces {rest}")))
}

/// The names of the spans in a document.
fn names(document: &[u8]) -> Vec<String> {
    let document: Json = serde_json::from_slice(document).expect("JSON");
    let mut names = Vec::new();
    let list = |value: &Json, key: &str| value[key].as_array().cloned().unwrap_or_default();
    for resource in list(&document, "resourceSpans") {
        for scope in list(&resource, "scopeSpans") {
            let spans = list(&scope, "spans");
            names.extend(spans.iter().map(|span| span["name"].to_string()));
        }
    }
    names.iter().map(|name| name.replace('"', "")).collect()
}

#[test]
fn a_processor_runs_like_a_script() {
    let folder = folder();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"seen\"], true) where span.name != \"span 1\"\n",
    );
    let messages = [2, 3].map(|count| wire(Signal::Traces, &spans(count)));
    let stream = delimited(&messages);
    let by_script = words("run --signal traces --script s.ottl");
    let by_script = folder.run_with(&by_script, &stream).success();
    let by_config = words("run --signal traces --config c.yaml --processor transform/mark");
    let by_config = folder.run_with(&by_config, &stream).success();
    assert_eq!(by_config.out, by_script.out);
    assert_ne!(by_config.out, stream);
    let said = by_config.err;
    assert!(said.contains("5 spans in 2 messages"), "{said}");
    assert!(
        said.contains("   5  set(span.attributes[\"seen\"], true)"),
        "{said}"
    );
}

#[test]
fn forms_and_compression_are_those_of_scripts() {
    let folder = folder();
    run(
        &folder,
        "--config c.yaml --processor transform/mark in.json -o out.pb.gz",
    )
    .success();
    assert_eq!(folder.read("out.pb.gz")[..2], [0x1f, 0x8b]);
    run(
        &folder,
        "--config c.yaml --processor filter/odd out.pb.gz -o out.json",
    )
    .success();
    assert_eq!(names(&folder.read("out.json")), ["span 0", "span 2"]);
}

#[test]
fn the_report_has_the_lines_of_the_file() {
    let folder = folder();
    let config = "--config c.yaml --processor transform/fail --report json -o o.json in.json";
    let run = run(&folder, config).success();
    let report: Json = serde_json::from_str(&run.err).expect("JSON");
    let lines: Vec<_> = (0..2).map(|n| &report["statements"][n]["line"]).collect();
    assert_eq!(lines, [8, 9]);
    assert_eq!(report["statements"][1]["failed"], 1);
    assert_eq!(report["items"], 3);
    // The configuration ignores errors, as it does unless it says otherwise.
    assert_eq!(report["failures"][0]["line"], 9);
    assert_eq!(report["failures"][0]["item"], 1);
}

#[test]
fn a_filter_says_what_it_kept() {
    let folder = folder();
    let out = run(&folder, "--config c.yaml --processor filter/odd in.json").success();
    assert_eq!(names(&out.out), ["span 0", "span 2"]);
    assert!(out.err.contains("kept    2 spans"), "{}", out.err);
    let report = "--config c.yaml --processor filter/all --report json in.json";
    let all = run(&folder, report).success();
    assert_eq!(String::from_utf8_lossy(&all.out), "{}\n");
    let report: Json = serde_json::from_str(&all.err).expect("JSON");
    assert_eq!([&report["items"], &report["kept"]], [3, 0]);
}

#[test]
fn a_cache_is_shared_by_all_messages_of_a_file() {
    let folder = Folder::new();
    folder.file(
        "c.yaml",
        "processors:\n  transform:\n    trace_statements:\n      - context: span\n        shared_cache: true\n        \
         statements:\n          - set(cache[\"n\"], 0) where cache[\"n\"] == nil\n          - set(cache[\"n\"], \
         cache[\"n\"] + 1)\n          - set(name, String(cache[\"n\"]))\n",
    );
    let messages = [2, 1].map(|count| spans(count).to_string()).join("\n");
    folder.file("in.jsonl", messages);
    let out = run(&folder, "--config c.yaml in.jsonl").success();
    let lines: Vec<_> = out.out.split(|byte| *byte == b'\n').collect();
    assert_eq!(names(lines[0]), ["1", "2"]);
    assert_eq!(names(lines[1]), ["3"]);
    let full = run(
        &folder,
        "--config c.yaml --max-shared-cache 20 in.jsonl -o o.jsonl",
    );
    full.failure(1, &["more than 20 bytes", "--max-shared-cache"]);
}

#[test]
fn a_failure_that_is_propagated_writes_nothing() {
    let folder = folder();
    let args = "--config c.yaml --processor transform/stop in.json -o out.json";
    run(&folder, args).failure(
        1,
        &[
            "item 2",
            "line 15 of the configuration",
            "error_mode: ignore",
        ],
    );
    assert_eq!(folder.names(), ["c.yaml", "in.json"]);
}

#[test]
fn limits_hold() {
    let args = "--max-work 1 --config c.yaml --processor transform/mark in.json";
    run(&folder(), args).failure(1, &["--max-work"]);
}

#[test]
fn references_are_replaced_on_request() {
    let folder = folder();
    let args = "--config c.yaml --processor transform/env in.json";
    let kept = run(&folder, args).success();
    assert_eq!(names(&kept.out)[0], "${env:OTTLC_NO_SUCH_VARIABLE:-other}");
    let replaced = run(&folder, &format!("--expand-env {args}")).success();
    assert_eq!(names(&replaced.out), ["other"; 3]);
}

#[test]
fn a_component_with_mistakes_is_rejected() {
    let folder = folder();
    let args = "--config c.yaml --processor transform/wrong in.json -o out.json";
    run(&folder, args).failure(1, &["c.yaml:27:13", "rejected for 1 error"]);
    assert_eq!(folder.names(), ["c.yaml", "in.json"]);
}

#[test]
fn names_that_are_not_there() {
    let folder = folder();
    let wrong = "--config c.yaml --processor transform/mrk in.json";
    run(&folder, wrong).failure(1, &["Did you mean `transform/mark`?", "filter/odd"]);
    run(&folder, "--config c.yaml in.json")
        .failure(1, &["Choose one with --processor", "filter/all"]);
    run(&folder, "--config none.yaml in.json").failure(1, &["none.yaml", "does not exist"]);
    folder.file("empty.yaml", "");
    run(&folder, "--config empty.yaml in.json").failure(1, &["empty.yaml", "has no transform"]);
    folder.file("tabs.yaml", "processors:\n\tfilter: {}\n");
    run(&folder, "--config tabs.yaml in.json").failure(1, &["tabs.yaml:2:", "rejected"]);
}

#[test]
fn what_does_not_go_together() {
    let folder = folder();
    folder.file("s.ottl", "");
    let both = "--config c.yaml --script s.ottl in.json";
    run(&folder, both).failure(2, &["cannot be used with"]);
    let mode = "--config c.yaml --error-mode ignore in.json";
    run(&folder, mode).failure(2, &["cannot be used with"]);
    run(&folder, "in.json").failure(2, &["--script"]);
    let over = "--config c.yaml --processor transform/mark in.json -o c.yaml";
    run(&folder, over).failure(2, &["take the place of the configuration"]);
    assert_eq!(folder.read("c.yaml"), CONFIG.as_bytes());
}

/// Runs a component of the example over the example's data.
fn example(folder: &Folder, name: &str, rest: &str) -> Run {
    let args = format!("run --signal traces --processor {name} {rest} --config");
    let mut args: Vec<PathBuf> = words(&args).into_iter().map(PathBuf::from).collect();
    args.extend([
        examples().join("collector.yaml"),
        examples().join("data/shop-traces.json"),
    ]);
    folder.run(&args).success()
}

#[test]
fn the_redaction_of_the_example() {
    let folder = Folder::new();
    let run = example(&folder, "transform/redact", "-o out.json");
    assert!(run.err.contains("  23  resource.attributes"), "{}", run.err);
    let text = String::from_utf8(folder.read("out.json")).expect("UTF-8");
    for number in ["4111111111111111", "5500000000000004"] {
        assert!(!text.contains(number), "a card of production is there");
    }
    assert!(
        text.contains("4000000000000002"),
        "a card of staging is gone"
    );
    assert_eq!(text.matches("\"redacted\"").count(), 2);
}

#[test]
fn the_filter_of_the_example() {
    let folder = Folder::new();
    example(&folder, "filter/health", "-o out.json");
    let names = names(&folder.read("out.json"));
    assert_eq!(names.len(), 6);
    assert!(!names.contains(&"GET /health".to_owned()), "{names:?}");
}

#[test]
fn the_routes_of_the_example() {
    let folder = Folder::new();
    let routes = "--route traces/tenant_a=a.json --route traces/others=others.pb";
    let run = example(&folder, "routing/tenants", routes);
    assert_eq!(run.out, b"");
    assert!(
        run.err
            .contains("routed  3 spans to traces/tenant_a: a.json"),
        "{}",
        run.err
    );
    let a: Json = serde_json::from_slice(&folder.read("a.json")).expect("JSON");
    assert_eq!(a["resourceSpans"].as_array().map(Vec::len), Some(1));
    assert_eq!(names(&folder.read("a.json")).len(), 3);
    let others = canonical(Signal::Traces, &folder.read("others.pb"));
    assert_eq!(others["resourceSpans"].as_array().map(Vec::len), Some(2));
    let unseen = example(&folder, "routing/tenants", "--report json");
    let report: Json = serde_json::from_str(&unseen.err).expect("JSON");
    assert_eq!(report["output"], Json::Null);
    assert_eq!(
        report["routes"][1],
        json!({"name": "traces/others", "file": null, "rows": 4})
    );
}

#[test]
fn a_connector_has_no_output_of_its_own() {
    let folder = folder();
    let config = examples().join("collector.yaml");
    let fails = |options: &str, expected: &[&str]| {
        let args = format!("run --signal traces --connector routing/tenants {options} --config");
        let mut args: Vec<PathBuf> = words(&args).into_iter().map(PathBuf::from).collect();
        args.extend([config.clone(), "in.json".into()]);
        folder.run(&args).failure(2, expected);
    };
    fails("-o out.json", &["--route PIPELINE=FILE"]);
    fails(
        "--route traces/b=b.json",
        &["traces/tenant_a, traces/others"],
    );
    assert_eq!(folder.names(), ["c.yaml", "in.json"]);
}

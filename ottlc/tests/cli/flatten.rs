//! Commands with a configuration that says `flatten_data`.

use crate::common::{Folder, words};
use serde_json::Value as Json;

const CONFIG: &str = "\
processors:
  transform:
    flatten_data: true
    log_statements:
      - context: log
        statements:
          - set(resource.attributes[\"tenant\"], attributes[\"tenant\"])
      - context: resource
        conditions:
          - attributes[\"tenant\"] == \"a\"
        statements:
          - set(attributes[\"n\"], Int(attributes[\"tenant\"]))
";

const MESSAGE: &str = r#"{"resourceLogs":[{"schemaUrl":"u","scopeLogs":[{"logRecords":[
  {"severityText":"1","attributes":[{"key":"tenant","value":{"stringValue":"a"}}]},
  {"severityText":"2","attributes":[{"key":"tenant","value":{"stringValue":"b"}}]},
  {"severityText":"3","attributes":[{"key":"tenant","value":{"stringValue":"a"}}]}]}]},
  {"resource":{}}]}"#;

const GATE: &str = "--feature-gates=transform.flatten.logs";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("c.yaml", CONFIG);
    folder.file("in.json", MESSAGE);
    folder
}

#[test]
fn the_gate_is_told_and_opened() {
    let folder = folder();
    let told = [
        "c.yaml:3:5",
        "needs the feature gate transform.flatten.logs",
        GATE,
    ];
    folder.run(&words("check c.yaml")).failure(1, &told);
    let run = words("run --signal logs --config c.yaml --processor transform in.json");
    folder.run(&run).failure(1, &told);
    folder
        .run(&[&words("check c.yaml")[..], &[GATE]].concat())
        .success();
    for engine in ["--engine=rows", "--engine=columns"] {
        let run = folder.run(&[&run[..], &[GATE, engine]].concat()).success();
        let message: Json = serde_json::from_slice(&run.out).expect("JSON");
        let record = |resource: usize, record: usize| {
            let resource = &message["resourceLogs"][resource];
            assert!(resource["schemaUrl"].is_null());
            resource["scopeLogs"][0]["logRecords"][record]["severityText"].clone()
        };
        assert_eq!([record(0, 0), record(0, 1), record(1, 0)], ["1", "3", "2"]);
        assert_eq!(message["resourceLogs"].as_array().map(Vec::len), Some(2));
        assert!(run.err.contains("on item 3 of message 1"), "{}", run.err);
    }
}

#[test]
fn traces_follow_the_record_with_its_own_resource() {
    let folder = folder();
    let trace = words("trace --signal logs --config c.yaml --processor transform in.json");
    let trace = |rest: &str| folder.run(&[&trace[..], &[GATE], &words(rest)[..]].concat());
    let run = trace("--item 1").success();
    for line in [
        "log record 1 of 3 in message 1",
        "+ resource.attributes[\"tenant\"]: \"b\"",
        "resource 1 of 3",
        "attributes[\"tenant\"] is \"b\" (string)",
    ] {
        assert!(
            run.text().contains(line),
            "{line:?} is missing in:\n{}",
            run.text()
        );
    }
    let run = trace("--context resource --item 0").success();
    for line in [
        "resource 0 of 2 in message 1",
        "resource 0 of 3",
        "resource 2 of 3",
    ] {
        assert!(
            run.text().contains(line),
            "{line:?} is missing in:\n{}",
            run.text()
        );
    }
    trace("--context resource --item 1").failure(1, &["The resource 1 has no records."]);
}

#[test]
fn tests_open_the_gate_for_themselves() {
    let folder = folder();
    let file = |gates: &str| {
        let attributes = |tenant: &str| format!("attributes: {{tenant: {tenant}}}");
        let resource = |tenant: &str, records: &str| {
            let attributes = attributes(tenant);
            format!("{{resource: {{{attributes}}}, scopeLogs: [{{logRecords: [{records}]}}]}}")
        };
        let record = |text: u8, tenant: &str| {
            format!("{{severityText: \"{text}\", {}}}", attributes(tenant))
        };
        let (first, second, third) = (record(1, "a"), record(2, "b"), record(3, "a"));
        let text = format!(
            "config: c.yaml\nsignal: logs\n{gates}tests:\n  \
             - input: {{logRecords: [{first}, {second}, {third}]}}\n    expect:\n      \
             errors: any\n      output: {{resourceLogs: [{}, {}]}}\n",
            resource("a", &format!("{first}, {third}")),
            resource("b", &second),
        );
        folder.file("t.yaml", text);
        folder.run(&["test", "t.yaml", "--coverage"])
    };
    let run = file("feature_gates: [transform.flatten.logs]\n").success();
    assert!(
        run.text().contains("3 of 3 statements matched"),
        "{}",
        run.text()
    );
    file("").failure(1, &["needs the feature gate transform.flatten.logs"]);
}

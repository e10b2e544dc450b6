//! `ottlc run`: what is known of the request, samples of failures, and counts as metrics.

use crate::common::{Folder, canonical, spans, words};
use ottl::Signal;
use serde_json::{Value as Json, json};

fn folder(script: &str) -> Folder {
    let folder = Folder::new();
    folder.file("s.ottl", script);
    folder.file("in.json", spans(3));
    folder
}

fn output(folder: &Folder, name: &str) -> Json {
    serde_json::from_slice(&folder.read(name)).expect("JSON")
}

const TENANT: &str = "set(resource.attributes[\"t\"], otelcol.client.metadata[\"x-tenant\"])\n";

#[test]
fn metadata_comes_from_options_and_files() {
    let folder = folder(TENANT);
    folder.file(
        "request.json",
        r#"{"client": {"addr": "a:1", "metadata": {"X-Tenant": "one"}}}"#,
    );
    let tenants = |options: &str| {
        let args = format!("run --signal traces --script s.ottl in.json -o out.json {options}");
        folder.run(&words(&args)).success();
        let out = output(&folder, "out.json").to_string();
        ["one", "two", "three"]
            .into_iter()
            .filter(|tenant| out.contains(&format!("\"{tenant}\"")))
            .collect::<Vec<_>>()
    };
    assert!(tenants("").is_empty());
    assert_eq!(tenants("--otelcol request.json"), ["one"]);
    let options = "--client-metadata X-TENANT=two --client-metadata x-tenant=three";
    assert_eq!(tenants(options), ["two", "three"]);
    assert_eq!(
        tenants(&format!("--otelcol request.json {options}")),
        ["one", "two", "three"]
    );
}

#[test]
fn what_does_not_describe_a_request_is_an_error() {
    let folder = folder(TENANT);
    let run = |options: &str| {
        let args = format!("run --signal traces --script s.ottl in.json {options}");
        folder.run(&words(&args))
    };
    run("--otelcol none.json").failure(1, &["none.json", "it does not exist"]);
    folder.file("text", "x-tenant: acme");
    run("--otelcol text").failure(1, &["text", "not JSON", "--help"]);
    folder.file("wrong", r#"{"client": {"headers": {}}}"#);
    run("--otelcol wrong").failure(1, &["`client`", "no `headers` here", "metadata"]);
    folder.file("large", " ".repeat((1 << 20) + 1));
    run("--otelcol large").failure(1, &["1048576 bytes at most"]);
    run("--otelcol -").failure(2, &["standard input"]);
    run("--client-metadata acme").failure(2, &["KEY=VALUE"]);
}

const FAILING: &str = "set(span.attributes[\"r\"], ParseInt(span.name, 10))\n";

#[test]
fn samples_of_failures_are_shown_on_request() {
    let folder = folder(FAILING);
    let run = |options: &str| {
        let args = format!("run --signal traces --script s.ottl in.json -o out.json {options}");
        folder.run(&words(&args))
    };
    let shown = |options: &str| {
        let run = run(options).success();
        let lines = run.err.lines().filter(|line| line.starts_with("sample "));
        lines.count()
    };
    assert_eq!(shown("--error-mode ignore"), 0);
    assert_eq!(shown("--error-mode ignore --error-samples"), 1);
    assert_eq!(
        shown("--error-mode ignore --error-samples=2 --engine rows"),
        2
    );
    let report = run("--error-mode ignore --error-samples --report json").success();
    let report: Json = serde_json::from_str(&report.err).expect("JSON");
    let sample = &report["samples"][0];
    assert_eq!((&sample["line"], &sample["item"]), (&json!(1), &json!(1)));
    let data = sample["data"].as_str().expect("text");
    let data: Json = serde_json::from_str(data).expect("JSON");
    let spans = data.pointer("/resourceSpans/0/scopeSpans/0/spans");
    assert_eq!(spans.and_then(Json::as_array).map(Vec::len), Some(1));
    run("--error-samples").failure(2, &["--error-mode ignore"]);
    run("--error-mode ignore --error-samples=0").failure(2, &["1..=1000"]);
    run("--error-mode ignore --sample-key a").failure(2, &["--error-samples"]);
}

#[test]
fn counts_are_written_as_metrics() {
    let folder = folder("set(span.name, \"x\") where span.name != \"span 1\"\n");
    let run = |options: &str| {
        let args = format!("run --signal traces --script s.ottl in.json -o out.json {options}");
        folder.run(&words(&args))
    };
    run("--metrics m.json").success();
    run("--metrics m.pb").success();
    let value = |metrics: &Json, metric: usize| {
        let place =
            format!("/resourceMetrics/0/scopeMetrics/0/metrics/{metric}/sum/dataPoints/0/asInt");
        metrics.pointer(&place).cloned()
    };
    let binary = canonical(Signal::Metrics, &folder.read("m.pb"));
    for metrics in [output(&folder, "m.json"), binary] {
        let values: Vec<_> = (0..4).filter_map(|at| value(&metrics, at)).collect();
        assert_eq!(json!(values), json!(["2", "2", "0", "3"]), "{metrics}");
        assert!(metrics.to_string().contains("code.line.number"));
    }
    run("--metrics out.json").failure(2, &["Two outputs"]);
    run("--metrics s.ottl").failure(2, &["take the place of the script"]);
    run("--metrics -").failure(2, &["to a file"]);
    run("--metrics none/m.json").failure(1, &["none/m.json"]);
    folder.file("s.ottl", FAILING);
    folder.file("m.json", "old");
    run("--metrics m.json").failure(1, &["failed"]);
    assert_eq!(folder.read("m.json"), b"old", "nothing was written");
}

#[test]
fn a_component_is_watched_as_well() {
    let folder = Folder::new();
    folder.file("in.json", spans(2));
    folder.file(
        "c.yaml",
        "processors:\n  transform/x:\n    trace_statements:\n      - context: span\n        \
         statements:\n          - set(attributes[\"r\"], ParseInt(name, 10))\n      - context: \
         resource\n        statements:\n          - set(attributes[\"t\"], \
         otelcol.client.metadata[\"k\"][0])\n",
    );
    let args = "run --signal traces --config c.yaml in.json -o out.json --metrics m.json \
                --error-samples --client-metadata k=acme";
    let run = folder.run(&words(args)).success();
    assert!(run.err.contains("sample  line 6,"), "{}", run.err);
    assert!(output(&folder, "out.json").to_string().contains("acme"));
    let metrics = output(&folder, "m.json");
    let of = |group: &str, context: &str| {
        let keys = [("ottl.group.index", group), ("ottl.context", context)];
        points(&metrics, "ottl.statement.matched", &keys)
    };
    assert_eq!([of("0", "span"), of("1", "resource")], [[2], [1]]);
    let own = ("ottl.processor.id", "transform/x");
    assert_eq!(points(&metrics, "ottl.script.items", &[own]), [2, 1]);
}

/// The numbers of a metric's points that have these attributes.
fn points(metrics: &Json, name: &str, attributes: &[(&str, &str)]) -> Vec<u64> {
    let all = &metrics["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
    let named = |metric: &&Json| metric["name"] == name;
    let metric = all.as_array().and_then(|all| all.iter().find(named));
    let metric = metric.expect("the metric is there");
    let has = |point: &&Json, (key, value): &(&str, &str)| {
        let mut known = point["attributes"].as_array().into_iter().flatten();
        known.any(|one| {
            let (text, number) = (&one["value"]["stringValue"], &one["value"]["intValue"]);
            one["key"] == *key && (text == value || number == value)
        })
    };
    let points = metric["sum"]["dataPoints"].as_array().into_iter().flatten();
    let points = points.filter(|point| attributes.iter().all(|one| has(point, one)));
    points
        .map(|point| point["asInt"].as_str().and_then(|text| text.parse().ok()))
        .map(|number| number.expect("a count"))
        .collect()
}

#[test]
fn filters_and_connectors_count_as_well() {
    let folder = Folder::new();
    folder.file("in.json", spans(3));
    folder.file(
        "c.yaml",
        "processors:\n  filter:\n    error_mode: ignore\n    traces:\n      span:\n        - \
         ParseInt(name, 10) == 1\n        - name != nil\nconnectors:\n  routing:\n    table:\n      \
         - {context: span, condition: 'name != nil', pipelines: [traces/a]}\n      - {context: \
         request, condition: 'request[\"k\"] == \"v\"', pipelines: ['traces/${env:P}']}\n",
    );
    let run = |args: &str| {
        let args = format!("run --signal traces --config c.yaml in.json --metrics m.json {args}");
        let run = folder.run(&words(&args)).success();
        let metrics = output(&folder, "m.json");
        let counts = ["matched", "failed"].map(|count| {
            let name = format!("ottl.statement.{count}");
            points(&metrics, &name, &[("ottl.context", "span")])
        });
        (run.err, counts)
    };
    let (summary, counts) = run("--processor filter -o out.json");
    assert_eq!(counts, [[0, 3], [3, 0]]);
    assert!(summary.contains("name != nil"), "{summary}");
    let (summary, counts) = run("--processor routing --route traces/a=a.json");
    assert_eq!(counts, [[3], [0]]);
    assert!(summary.contains(r#"request["k"] == "v""#), "{summary}");
}

#[test]
fn metrics_take_the_place_of_nothing_that_is_read() {
    let folder = Folder::new();
    folder.file("in.json", spans(1));
    folder.file("s.ottl", "set(span.name, \"x\")\n");
    folder.file("request.json", "{}");
    let run = |args: &str| {
        let args = format!("run --signal traces --script s.ottl in.json {args}");
        folder.run(&words(&args))
    };
    run("-o out.json --metrics in.json").failure(2, &["take the place of the data"]);
    let request = "-o request.json --otelcol request.json";
    run(request).failure(2, &["take the place of the file about the request"]);
    assert_eq!(folder.read("in.json"), spans(1).as_bytes());
    if cfg!(unix) {
        run("-o /dev/null --metrics /dev/null").success();
    }
}

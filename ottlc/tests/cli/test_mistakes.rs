//! Mistakes in test files that would make a test say less than it seems to.

use crate::common::{Folder, Run, examples};

fn file(text: &str) -> Run {
    let folder = Folder::new();
    folder.file("t.yaml", text);
    folder.run(&["test", "t.yaml"])
}

/// A case with one span `x`, of which nothing changes.
fn expect(expect: &str) -> Run {
    file(&format!(
        "signal: traces\nstatements: []\ntests:\n  - input: {{spans: [{{name: x}}]}}\n    expect: {expect}\n"
    ))
}

#[test]
fn expectations_that_cannot_fail_are_errors() {
    expect("{unchanged: false}").failure(2, &["t.yaml:5:25", "`unchanged: false` expects nothing"]);
    expect("{dropped: false}").failure(2, &["t.yaml:5:23", "`dropped: false` expects nothing"]);
    for key in [
        "output",
        "assert",
        "count",
        "routes",
        "errors",
        "compile_error",
        "unchanged",
    ] {
        expect(&format!("{{{key}: }}")).failure(2, &["t.yaml:5:", "not nothing"]);
    }
    expect("{assert: []}").failure(2, &["t.yaml:5:22", "`assert` is empty"]);
    expect("{compile_error: []}").failure(2, &["`compile_error` is empty"]);
    expect("{count: {}}").failure(2, &["t.yaml:5:21", "`count` is empty"]);
    expect("{errors: any}").failure(2, &["Nothing is expected", "accepts everything"]);
    expect("{ordered: true}").failure(2, &["Nothing is expected"]);
    expect("{ordered: true, count: {span: 1}}").failure(2, &["t.yaml:5:14", "has no effect"]);
    expect("{compile_error: x, count: {span: 1}}")
        .failure(2, &["t.yaml:5:32", "no effect beside `compile_error`"]);
    file("signal: traces\nstatements: []\ntests: []\n").failure(2, &["`tests` is empty"]);
    for right in [
        "{errors: any, count: {span: 1}}",
        "{errors: []}",
        "{routes: {}}",
        "{ordered: true, unchanged: true}",
        "{ordered: false, count: {span: 1}}",
    ] {
        expect(right).success();
    }
}

#[test]
fn settings_that_have_no_effect_are_errors() {
    let config = examples().join("collector.yaml").display().to_string();
    let case = "tests:\n  - {input: {spans: [{}]}, expect: {unchanged: true}}\n";
    let about = |processor: &str, setting: &str| {
        file(&format!(
            "config: {config}\nprocessor: {processor}\nsignal: traces\n{setting}\n{case}"
        ))
    };
    for (setting, word) in [
        ("context: span", "what its contexts are"),
        ("error_mode: ignore", "when a statement fails"),
        ("merge_points: true", "Only the data points of a script"),
    ] {
        about("transform/redact", setting).failure(2, &["t.yaml:4:1", word]);
    }
    about("transform/redact", "regroup: true").success();
    about("filter/health", "regroup: true")
        .failure(2, &["`regroup` has no effect on filter/health"]);
    file(&format!(
        "signal: traces\nstatements: []\nenv: {{A: b}}\n{case}"
    ))
    .failure(2, &["t.yaml:3:1", "Only a configuration has references"]);
    // A case has other settings than the file.
    file(&format!(
        "signal: traces\ntests:\n  - {{statements: [], error_mode: ignore, input: {{spans: [{{}}]}}, expect: {{unchanged: true}}}}\n  \
         - {{config: {config}, processor: filter/health, env: {{A: b}}, input: {{spans: [{{}}]}}, expect: {{unchanged: true}}}}\n"
    ))
    .success();
}

#[test]
fn requests_are_read_as_run_reads_them() {
    let request = |otelcol: &str| {
        let folder = Folder::new();
        folder.file(
            "request.json",
            r#"{"client": {"metadata": {"x-tenant": ["acme"]}}}"#,
        );
        folder.file("broken.json", r#"{"clent": {}}"#);
        folder.file(
            "t.yaml",
            format!(
                "signal: traces\nstatements: 'set(span.name, otelcol.client.metadata[\"x-tenant\"][0])'\n{otelcol}\n\
                 tests:\n  - {{input: {{spans: [{{}}]}}, expect: {{output: {{spans: [{{name: acme}}]}}}}}}\n"
            ),
        );
        folder.run(&["test", "t.yaml"])
    };
    request("otelcol: request.json").success();
    request("otelcol: {client: {metadata: {X-Tenant: acme}}}").success();
    request("client_metadata: {x-tenant: acme}").success();
    request("client_metadata: {x-tenant: [acme, other]}").success();
    request("otelcol: broken.json")
        .failure(2, &["t.yaml:3:10", "broken.json", "There is no `clent`"]);
    request("otelcol: none.json").failure(2, &["t.yaml:3:10", "none.json", "does not exist"]);
    request("otelcol: {client: {addr: 5}}").failure(2, &["t.yaml:3:26", "An address is a string"]);
    request("otelcol: {client: {metadata: {k: 5}}}").failure(2, &["t.yaml:3:30", "value of `k`"]);
    request("otelcol: [1]").failure(2, &["t.yaml:3:10", "`otelcol` takes"]);
    request("client_metadata: {x-tenant: {}}").failure(2, &["t.yaml:3:29", "takes a text"]);
    request("client_metadata: x").failure(2, &["`client_metadata` takes a mapping"]);
}

#[test]
fn texts_that_cannot_be_read_say_why() {
    let folder = Folder::new();
    folder.file("t.yaml", b"signal: \xff\n");
    folder.run(&["test", "t.yaml"]).failure(
        2,
        &[
            "The test file is not UTF-8 from byte 8 on",
            "save it as UTF-8",
        ],
    );
    let case = "\u{feff}script: s.ottl\nsignal: traces\ntests: [{input: {spans: [{}]}, expect: {unchanged: true}}]\n";
    folder.file("t.yaml", case);
    folder.file("s.ottl", b"set(span.name, \"\xff\")");
    folder
        .run(&["test", "t.yaml"])
        .failure(2, &["t.yaml:1:9", "s.ottl", "not UTF-8 from byte 16 on"]);
    folder.file("s.ottl", "\u{feff}set(span.kind, 0)");
    folder.run(&["test", "t.yaml"]).success();
    folder.run(&["test", "-"]).failure(2, &["does not exist"]);
    let long = " ".repeat((4 << 20) + 1);
    folder.file("t.yaml", long);
    folder
        .run(&["test", "t.yaml"])
        .failure(2, &["A test file may have 4194304 bytes at most"]);
}

//! `ottlc test --update` and what else it writes.

use std::fs;

use crate::common::Folder;

const HEAD: &str = "signal: traces\nstatements: 'set(span.attributes[\"n\"], Concat([span.attributes[\"n\"], \"x\"], \"\"))'\ntests:\n";

/// A case whose output is the attribute `n` with an x behind.
fn case(name: &str, n: &str, expect: &str) -> String {
    format!(
        "  - {{name: {name}, input: {{spans: [{{attributes: {{n: {n}}}}}]}}, expect: {{{expect}}}}}\n"
    )
}

fn text(folder: &Folder, name: &str) -> String {
    String::from_utf8(folder.read(name)).expect("UTF-8")
}

#[test]
fn outputs_in_files_are_updated() {
    let folder = Folder::new();
    let case = |output: &str| {
        format!(
            "signal: traces\nstatements: set(span.kind, 3)\n\
             tests:\n  - {{name: a, input: {{spans: [{{name: x}}]}}, expect: {{output: {output}}}}}\n"
        )
    };
    for output in ["out.json", "out.pb"] {
        folder.file("t.yaml", case(output));
        folder
            .run(&["test", "t.yaml"])
            .failure(2, &["does not exist"]);
        let run = folder.run(&["test", "t.yaml", "--update"]).success();
        assert!(run.text().contains("was written"), "{}", run.text());
        let run = folder.run(&["test", "t.yaml", "--update"]).success();
        assert!(!run.text().contains("was written"), "{}", run.text());
    }
    assert!(text(&folder, "out.json").contains("\"kind\": 3"));
    folder.file("out.txt", folder.read("out.json"));
    folder.file("t.yaml", case("out.txt").replace("kind, 3", "kind, 2"));
    let run = folder.run(&["test", "t.yaml", "--update"]);
    run.failure(2, &["only *.json and *.pb can"]);
    assert_eq!(folder.read("out.txt"), folder.read("out.json"));
    // What stands in the test file stays.
    let inline = case("{spans: [{name: y}]}");
    folder.file("t.yaml", &inline);
    folder
        .run(&["test", "t.yaml", "--update"])
        .failure(1, &["expected \"y\", got \"x\""]);
    assert_eq!(folder.read("t.yaml"), inline.as_bytes());
    assert_eq!(
        folder.names(),
        ["out.json", "out.pb", "out.txt", "t.yaml"],
        "nothing is left beside"
    );
}

#[test]
fn one_file_for_different_outputs_is_left_alone() {
    let folder = Folder::new();
    let (one, two) = (
        case("one", "a", "output: o.json"),
        case("two", "b", "output: o.json"),
    );
    folder.file("t.test.yaml", format!("{HEAD}{one}{two}"));
    let words = ["`one` in", "`two` in", "another output"];
    folder.run(&["test", ".", "--update"]).failure(2, &words);
    assert_eq!(folder.names(), ["t.test.yaml"]);
    // Also where one of them is in another file, or does not run.
    folder.file("t.test.yaml", format!("{HEAD}{one}"));
    folder.file("u.test.yaml", format!("{HEAD}{two}"));
    folder.run(&["test", ".", "--update"]).failure(2, &words);
    folder
        .run(&["test", ".", "--update", "--filter", "one"])
        .failure(2, &["`two` in", "gave no output"]);
    assert_eq!(folder.names(), ["t.test.yaml", "u.test.yaml"]);
    // What one of them wrote before stays as well.
    folder.run(&["test", "t.test.yaml", "--update"]).success();
    let before = folder.read("o.json");
    folder
        .run(&["test", ".", "--update"])
        .failure(2, &["`one` in"]);
    assert_eq!(folder.read("o.json"), before);
}

#[test]
fn one_file_for_equal_outputs_is_written() {
    let folder = Folder::new();
    let (one, two) = (
        case("one", "a", "output: o.json"),
        case("two", "a", "output: ./o.json"),
    );
    folder.file("t.yaml", format!("{HEAD}{one}{two}"));
    folder
        .run(&["test", "t.yaml", "./t.yaml", "--update"])
        .success();
    let run = folder.run(&["test", "t.yaml", "./t.yaml"]).success();
    assert!(run.text().contains("2 tests: 2 passed"), "{}", run.text());
}

#[test]
fn what_tests_read_is_left_alone() {
    let folder = Folder::new();
    let input = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#;
    folder.file("in.json", input);
    folder.file("request.json", "{}");
    let own = "  - {name: own, input: in.json, expect: {output: in.json}}\n";
    folder.file("own.yaml", format!("{HEAD}{own}"));
    folder.run(&["test", "own.yaml", "--update"]).failure(
        2,
        &["in.json: The output of `own`", "`own` in own.yaml reads it"],
    );
    let other =
        "  - {name: other, input: in.json, otelcol: request.json, expect: {count: {span: 1}}}\n";
    for output in ["in.json", "request.json", "t.test.json", "sub/../in.json"] {
        let name = if output == "t.test.json" {
            "t.test.json"
        } else {
            "t.yaml"
        };
        let message = case("c", "a", &format!("output: {output}"));
        folder.file(name, format!("{HEAD}{message}{other}"));
        let before = folder.read(name);
        let run = folder.run(&["test", name, "--update"]);
        assert_eq!(run.code, 2, "{output}: {}{}", run.text(), run.err);
        assert_eq!(folder.read(name), before);
    }
    assert_eq!(text(&folder, "in.json"), input);
    assert_eq!(text(&folder, "request.json"), "{}");
}

#[test]
fn expected_routes_are_left_alone() {
    let folder = Folder::new();
    let file = "signal: traces\ndialect: selfops\nstatements: route(exporter.a) where span.name == \"x\"\ntests:\n  \
                - {name: r, input: {spans: [{name: x}]}, expect: {output: o.json, routes: {a: o.json}}}\n";
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"y"}]}]}]}"#;
    folder.file("t.yaml", file);
    folder.file("o.json", message);
    folder
        .run(&["test", "t.yaml", "--update"])
        .failure(2, &["`r` in t.yaml expects it under `routes`"]);
    assert_eq!(text(&folder, "o.json"), message);
}

#[test]
fn only_outputs_that_differ_are_written() {
    let folder = Folder::new();
    let expect = "output: o.json, assert: 'span.name == \"z\"'";
    folder.file("t.yaml", format!("{HEAD}{}", case("one", "a", expect)));
    let message = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"n","value":{"stringValue":"ax"}}]}]}]}]}"#;
    folder.file("o.json", message);
    folder
        .run(&["test", "t.yaml", "--update"])
        .failure(1, &["does not hold"]);
    assert_eq!(text(&folder, "o.json"), message, "only the condition fails");
    // What is no message may be anything, and is not replaced.
    folder.file("o.json", "[1]");
    folder
        .run(&["test", "t.yaml", "--update"])
        .failure(2, &["o.json"]);
    assert_eq!(text(&folder, "o.json"), "[1]");
}

#[test]
fn files_that_cannot_be_written_are_told() {
    let folder = Folder::new();
    folder.file(
        "t.yaml",
        format!("{HEAD}{}", case("one", "a", "output: o.json")),
    );
    let path = folder.file("o.json", "{}");
    let mut permissions = fs::metadata(&path).expect("it is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("it is ours");
    let args = ["test", "t.yaml", "--update", "--format", "json"];
    let run = folder.run(&args).failure(2, &["o.json", "permission"]);
    let json: serde_json::Value = serde_json::from_slice(&run.out).expect("JSON");
    let test = &json["files"][0]["tests"][0];
    assert!(
        test["update_error"]
            .as_str()
            .is_some_and(|error| error.contains("permission"))
    );
    assert_eq!(text(&folder, "o.json"), "{}");
    folder.file(
        "t.yaml",
        format!("{HEAD}{}", case("one", "a", "output: none/o.json")),
    );
    folder
        .run(&["test", "t.yaml", "--update"])
        .failure(2, &["none/o.json", "its folder does not exist"]);
    folder.file(
        "t.yaml",
        format!("{HEAD}{}", case("one", "a", "output: new.json")),
    );
    let run = folder.run(&args).success();
    let json: serde_json::Value = serde_json::from_slice(&run.out).expect("JSON");
    assert_eq!(json["files"][0]["tests"][0]["updated"], "new.json");
}

#[test]
fn results_do_not_take_the_place_of_what_tests_name() {
    let folder = Folder::new();
    folder.file(
        "t.yaml",
        format!("{HEAD}{}", case("one", "a", "output: o.json")),
    );
    folder.file("o.json", "{}");
    for path in ["t.yaml", "./o.json"] {
        let before = folder.read(path);
        folder
            .run(&["test", "t.yaml", "--junit", path])
            .failure(2, &["would take the place of"]);
        assert_eq!(folder.read(path), before);
    }
    folder
        .run(&["test", "t.yaml", "--junit", "."])
        .failure(1, &["it is a directory"]);
}

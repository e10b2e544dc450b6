//! `ottlc test`.

use crate::common::{Folder, Run, examples, spans, wire};
use ottl::Signal;
use serde_json::Value as Json;

/// Runs one test file with cases about a script that marks spans.
fn cases(cases: &str) -> Run {
    let folder = Folder::new();
    let script = "set(span.attributes[\"seen\"], true) where span.name == \"a\"\n\
                  set(span.attributes[\"json\"], ParseJSON(span.name)) where span.kind == 3\n";
    folder.file("s.ottl", script);
    let head = "script: s.ottl\nsignal: traces\nerror_mode: ignore\ntests:\n";
    folder.file("t.yaml", format!("{head}{cases}"));
    folder.run(&["test", "t.yaml", "--coverage"])
}

#[test]
fn the_examples_pass() {
    for engine in ["auto", "rows", "columns"] {
        let args = ["test", "--min-coverage", "100", "--engine", engine];
        let mut args: Vec<std::path::PathBuf> = args.map(Into::into).into();
        args.push(examples().join("tests"));
        let run = Folder::new().run(&args).success();
        assert!(run.text().contains("12 tests: 12 passed"), "{}", run.text());
        assert!(run.text().contains("(100.0 %)"), "{}", run.text());
    }
}

#[test]
fn differences_have_paths() {
    let run = cases(
        "  - name: wrong\n    input: {spans: [{name: a, kind: 2}]}\n    expect:\n      \
         output: {spans: [{name: a, kind: 1, attributes: {seen: \"true\", more: 1}}]}\n",
    );
    let span = "resourceSpans[0].scopeSpans[0].spans[0]";
    let run = run.failure(
        1,
        &[
            "FAILED  wrong",
            "t.yaml:8:15",
            &format!("~ {span}.kind: expected 1, got 2"),
            &format!("~ {span}.attributes[\"seen\"]: expected \"true\", got true"),
            &format!("- {span}.attributes[\"more\"]: expected 1, which is missing"),
            "1 test: 0 passed, 1 failed",
        ],
    );
    assert!(run.text().contains("never matched"), "{}", run.text());
}

#[test]
fn all_forms_of_messages_are_the_same() {
    let folder = Folder::new();
    let document = r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"name":"b","startTimeUnixNano":"5","attributes":[{"key":"x","value":{"stringValue":"1"}},{"key":"n","value":{"intValue":"7"}}]}]}]}]}"#;
    folder.file("in.json", document);
    folder.file("in.pb", wire(Signal::Traces, document));
    let output = "{spans: [{name: b, startTimeUnixNano: 5, attributes: {n: 7, x: \"1\"}}]}";
    let inputs = [
        "in.json".to_owned(),
        "in.pb".to_owned(),
        document.to_owned(),
        format!("'{document}'"),
        output.to_owned(),
    ];
    let mut file = "signal: traces\nstatements: [\"set(span.kind, 0)\"]\ntests:\n".to_owned();
    for (number, input) in inputs.iter().enumerate() {
        let case = format!(
            "  - name: {number}\n    input: {input}\n    expect: {{output: {output}, unchanged: true}}\n"
        );
        file.push_str(&case);
    }
    folder.file("forms.test.yaml", file);
    let run = folder.run(&["test", "."]).success();
    assert!(run.text().contains("5 tests: 5 passed"), "{}", run.text());
}

#[test]
fn ids_of_digits_need_no_quotes() {
    cases(
        "  - name: ids\n    input: {spans: [{traceId: 00000000000000000000000000000012, spanId: 1234567890123e12}]}\n    \
         expect:\n      assert:\n        - span.trace_id.string == \"00000000000000000000000000000012\"\n        \
         - span.span_id.string == \"1234567890123e12\"\n",
    )
    .success();
}

#[test]
fn the_order_of_attributes_counts_on_request() {
    let case = |more: &str| {
        cases(&format!(
            "  - name: order\n    input: {{spans: [{{name: b, attributes: {{x: 1, y: 2}}}}]}}\n    \
             expect:\n      output: {{spans: [{{name: b, attributes: {{y: 2, x: 1}}}}]}}\n{more}"
        ))
    };
    case("").success();
    case("      ordered: true\n").failure(1, &["keys in the order \"y\", \"x\""]);
}

#[test]
fn conditions_that_do_not_hold_show_their_values() {
    let case = |assert: &str| {
        cases(&format!(
            "  - name: assert\n    input: {{spans: [{{name: a}}, {{name: bcd}}]}}\n    \
             expect:\n      assert:\n        - {assert}\n"
        ))
    };
    case("span.attributes[\"seen\"] == true or span.name != \"a\"").success();
    case("some: span.name == \"bcd\"").success();
    case("none: span.name == \"x\"").success();
    case("{all: Len(name) > 2, context: span}").failure(2, &["name"]);
    case("Len(span.name) > 2").failure(
        1,
        &[
            "does not hold for 1 of 2",
            "span 0:",
            "Len(span.name) is 1 (int)",
        ],
    );
    case("some: span.kind == 7").failure(1, &["holds for none of 2"]);
    case("none: span.name == \"a\"").failure(1, &["holds for 1 of 2"]);
    case("spanevent.name == \"a\"").failure(1, &["asked of nothing"]);
    case("span.nme == 1").failure(2, &["cannot be asked", "span.name"]);
}

#[test]
fn failures_are_expected_or_not() {
    let case = |errors: &str| {
        cases(&format!(
            "  - name: errors\n    input: {{spans: [{{name: \"{{\", kind: 3}}]}}\n    \
             expect:\n      count: {{span: 1}}\n{errors}"
        ))
    };
    case("").failure(
        1,
        &["Statement 2 in line 2", "failed on item 0", "`errors`"],
    );
    case("      errors: any\n").success();
    case("      errors: [{statement: 2, item: 0}]\n").success();
    case("      errors: [{statement: ParseJSON}]\n").success();
    case("      errors: [{statement: 1}]\n").failure(1, &["A failure of statement 1 was expected"]);
    case("      errors: [{item: 0}, {item: 1}]\n").failure(1, &["on item 1 was expected"]);
    // The run ends with the failure.
    case("    error_mode: propagate\n").failure(1, &["Statement 2"]);
}

#[test]
fn runs_that_end_are_expected_or_not() {
    let case = |expect: &str| {
        cases(&format!(
            "  - name: ends\n    error_mode: propagate\n    \
             input: {{spans: [{{name: a}}, {{name: \"{{\", kind: 3}}]}}\n    expect: {expect}\n"
        ))
    };
    let run = case("{errors: [{statement: 2, item: 1}]}").success();
    assert!(
        run.text().contains("2 of 2 statements matched"),
        "{}",
        run.text()
    );
    case("{count: {span: 2}}").failure(1, &["failed on item 1"]);
    case("{errors: [{item: 1}], count: {span: 2}}").failure(1, &["nothing came out"]);
}

#[test]
fn programs_are_rejected_as_expected() {
    let file = |expect: &str| {
        let folder = Folder::new();
        let text = format!(
            "signal: traces\nstatements: set(span.nme, 1)\ntests:\n  - name: broken\n    {expect}\n"
        );
        folder.file("t.yaml", text);
        folder.run(&["test", "t.yaml"])
    };
    file("expect: {compile_error: span.name}").failure(1, &["The program was rejected, but not"]);
    file("expect: {compile_error: nme}").success();
    file("expect: {compile_error: E0203}").success();
    file("expect: {compile_error: E9999}").failure(1, &["but not with E9999"]);
    file("input: {spans: [{}]}\n    expect: {unchanged: true}")
        .failure(1, &["was rejected", "nme", "--> t.yaml:2:17"]);
}

#[test]
fn a_program_that_should_be_rejected_is_told() {
    cases("  - name: fine\n    expect: {compile_error: x}\n").failure(1, &["but it compiles"]);
}

#[test]
fn time_and_chance_stand_still() {
    let file = "signal: traces\nstatements:\n  - set(span.attributes[\"t\"], FormatTime(Now(), \"%Y\"))\n  \
                - set(span.attributes[\"id\"], UUID())\ntests:\n  - name: a\n    now: 2031-05-06T00:00:00Z\n    \
                input: {spans: [{}]}\n    expect:\n      assert: span.attributes[\"t\"] == \"2031\"\n  \
                - name: b\n    seed: 3\n    input: {spans: [{}]}\n    expect: {unchanged: true}\n";
    let outputs = || {
        let folder = Folder::new();
        folder.file("t.yaml", file);
        let run = folder.run(&["test", "t.yaml", "--format", "json", "--show-output"]);
        let run = run.failure(1, &["2025"]);
        let json: Json = serde_json::from_slice(&run.out).expect("JSON");
        assert_eq!(json["files"][0]["tests"][0]["status"], "passed");
        json["files"][0]["tests"][1]["output"].clone()
    };
    assert_eq!(outputs(), outputs());
}

#[test]
fn mistakes_in_test_files_have_places() {
    let file = |text: &str| {
        let folder = Folder::new();
        folder.file("t.yaml", text);
        folder.run(&["test", "t.yaml"])
    };
    file("").failure(2, &["t.yaml:1:1", "empty"]);
    file("scrip: s.ottl\ntests: []\n").failure(2, &["t.yaml:1:1", "did you mean `script`?"]);
    file("script: [1\n").failure(2, &["t.yaml:", "not YAML"]);
    file("signal: trace\ntests: []\n").failure(2, &["t.yaml:1:9", "did you mean `traces`?"]);
    file("signal: traces\nstatements: []\ntests:\n  - expect: {unchanged: true}\n")
        .failure(2, &["t.yaml:4:5", "has no input"]);
    let head =
        "signal: traces\nstatements: []\ntests:\n  - input: {spans: [{nmae: x}]}\n    expect: ";
    file(&format!("{head}{{unchanged: true}}\n")).failure(2, &["t.yaml:4:22", "no field `nmae`"]);
    let head = head.replace("nmae", "name");
    file(&format!("{head}{{}}\n")).failure(2, &["t.yaml:5:13", "Nothing is expected"]);
    file(&format!("{head}{{output: 5}}\n")).failure(2, &["t.yaml:5:22", "takes a message"]);
    file(&format!("{head}{{ouput: {{}}}}\n")).failure(2, &["did you mean `output`?"]);
    file(&format!("{head}{{output: none.json}}\n")).failure(2, &["t.yaml:5:22", "does not exist"]);
    file(&format!("{head}{{output: {{logRecords: []}}}}\n"))
        .failure(2, &["holds logs, not traces"]);
    file("script: none.ottl\nsignal: traces\ntests:\n  - input: {spans: []}\n    expect: {unchanged: true}\n")
        .failure(2, &["t.yaml:1:9", "none.ottl", "does not exist"]);
    Folder::new()
        .run(&["test", "none.yaml"])
        .failure(2, &["none.yaml", "does not exist"]);
    Folder::new()
        .run(&["test", "."])
        .failure(2, &["no test file", ".test.yaml"]);
    Folder::new().run(&["test"]).failure(2, &["PATH"]);
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::new();
    folder.file("a.test.yaml", "tests: 5\n");
    folder.file("b.test.json", r#"{"signal":"traces","statements":[],"tests":[{"name":"é\ud83d\ude00","input":{"spans":[{}]},"expect":{"unchanged":true}}]}"#);
    let run = folder.run(&["test", ".", "--junit", "r.xml"]);
    let run = run.failure(2, &["`tests` takes a list", "1 test: 1 passed; 1 file"]);
    assert!(run.text().contains("é😀"), "{}", run.text());
    let xml = String::from_utf8(folder.read("r.xml")).expect("UTF-8");
    assert!(
        xml.contains("tests=\"2\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
}

#[test]
fn junit_has_every_case() {
    let folder = Folder::new();
    folder.file(
        "t.yaml",
        "signal: traces\nstatements: [\"set(span.name, \\\"<b>\\\")\"]\ntests:\n  \
         - {name: good, input: {spans: [{}]}, expect: {count: {span: 1}}}\n  \
         - {name: \"bad \\\"&\\\"\", input: {spans: [{name: \"\\x01\"}]}, expect: {unchanged: true}}\n  \
         - {name: later, skip: not yet, input: {spans: [{}]}, expect: {unchanged: true}}\n",
    );
    folder
        .run(&["test", "t.yaml", "--junit", "r.xml"])
        .failure(1, &["1 skipped", "not yet"]);
    let xml = String::from_utf8(folder.read("r.xml")).expect("UTF-8");
    for part in [
        "<testsuites name=\"ottlc test\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"",
        "<testcase name=\"good\" classname=\"t.yaml\"",
        "name=\"bad &quot;&amp;&quot;\"",
        "<skipped message=\"not yet\"/>",
        "got &quot;&lt;b&gt;&quot;",
    ] {
        assert!(xml.contains(part), "{part:?} in:\n{xml}");
    }
    folder
        .run(&["test", "t.yaml", "--junit", "none/r.xml"])
        .failure(1, &["none/r.xml", "folder does not exist"]);
}

#[test]
fn tests_are_chosen_and_listed() {
    let folder = Folder::new();
    let head = "signal: traces\nstatements: []\ntests:\n";
    let case = |name: &str| {
        format!("  - {{name: {name}, input: {{spans: []}}, expect: {{unchanged: true}}}}\n")
    };
    folder.file("t.yaml", format!("{head}{}{}", case("one"), case("two")));
    let run = folder.run(&["test", "t.yaml", "--list"]).success();
    assert_eq!(run.text(), "t.yaml:4: one\nt.yaml:5: two\n");
    let run = folder.run(&["test", "t.yaml", "--filter", "tw"]).success();
    assert!(run.text().contains("1 test: 1 passed"), "{}", run.text());
    folder
        .run(&["test", "t.yaml", "--filter", "three"])
        .failure(2, &["No test", "three"]);
    folder.file("d.yaml", format!("{head}{}{}", case("one"), case("one")));
    folder
        .run(&["test", "d.yaml"])
        .failure(2, &["d.yaml:5:12", "two tests `one`"]);
}

#[test]
fn coverage_has_a_least() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.kind, 1)\nset(span.kind, 2) where span.name == \"x\"\n",
    );
    folder.file("in.json", spans(2));
    let case =
        "script: s.ottl\nsignal: traces\ntests: [{input: in.json, expect: {count: {span: 2}}}]\n";
    folder.file("t.yaml", case);
    let run = folder.run(&["test", "t.yaml", "--coverage"]).success();
    assert!(
        run.text().contains("1 of 2 statements matched (50.0 %)"),
        "{}",
        run.text()
    );
    assert!(run.text().contains("2  never matched"), "{}", run.text());
    folder
        .run(&["test", "t.yaml", "--min-coverage", "50"])
        .success();
    folder
        .run(&["test", "t.yaml", "--min-coverage", "51"])
        .failure(1, &["50.0 % and less than 51 %"]);
    folder
        .run(&["test", "t.yaml", "--min-coverage", "101"])
        .failure(2, &["0 to 100"]);
}

#[test]
fn components_are_found_by_their_names() {
    let file = |name: &str| {
        let folder = Folder::new();
        let config = examples().join("collector.yaml").display().to_string();
        let text = format!(
            "config: {config}\nsignal: traces\n{name}tests:\n  - {{input: {{spans: [{{}}]}}, expect: {{unchanged: true}}}}\n"
        );
        folder.file("t.yaml", text);
        folder.run(&["test", "t.yaml"])
    };
    file("processor: transform/redact\n").success();
    file("processor: transform/redat\n").failure(2, &["t.yaml:3:12", "mean `transform/redact`?"]);
    file("processor: other\n").failure(2, &["It has transform/redact, filter/health and"]);
    file("").failure(2, &["t.yaml:1:9", "several components", "Choose one"]);
    file("context: span\nprocessor: transform/redact\n").failure(2, &["says itself"]);
}

#[test]
fn outputs_get_what_was_routed() {
    let file = |routes: &str| {
        let folder = Folder::new();
        let text = format!(
            "signal: traces\ndialect: selfops\nstatements: route(exporter.a) where span.name == \"x\"\n\
             tests:\n  - input: {{spans: [{{name: x}}, {{name: y}}]}}\n    expect:\n      routes: {routes}\n"
        );
        folder.file("t.yaml", text);
        folder.run(&["test", "t.yaml"])
    };
    file("{a: {spans: [{name: x}]}}").success();
    file("{a: {spans: [{name: x}]}, b: null}").success();
    file("{a: {spans: [{name: y}]}}").failure(1, &["What went to a", "expected \"y\", got \"x\""]);
    file("{}").failure(1, &["Something went to a"]);
    file("{a: null}").failure(1, &["Nothing was expected to go to a"]);
    file("{a: {spans: [{name: x}]}, b: {spans: []}}").failure(1, &["Nothing went to b"]);
}

#[test]
fn control_characters_of_a_test_file_are_spelled_out() {
    let folder = Folder::new();
    let file = r#"
signal: logs
statements: ["set(log.severity_text, \"x\x9b\") where log.body == 1"]
tests:
- name: "a\e[31mb"
  input: {logRecords: [{body: "x\e[2Jy\x9b"}]}
  expect: {output: {logRecords: [{body: q}]}, assert: "log.body == \"\e[7m\""}
- name: "s"
  skip: "later\e[5m"
  input: {logRecords: [{body: b}]}
  expect: {unchanged: true}
- name: "broken"
  input: {logRecords: [{body: b}]}
  expect: {assert: "log.body == \"\e[7m"}
"#;
    folder.file("t.yaml", file);
    for args in [
        &["test", "t.yaml", "--coverage", "--show-output"][..],
        &["test", "t.yaml", "--list"],
        &["test", "t.yaml", "--coverage", "--color", "always"],
    ] {
        let run = folder.run(args);
        let text = run.text();
        // What is left without our own colours.
        let mut plain = text.to_owned();
        for code in ["32", "31", "33", "2", "1", "0"] {
            plain = plain.replace(&format!("\x1b[{code}m"), "");
        }
        let acts = |c: char| c.is_control() && c != '\n';
        assert!(!plain.contains(acts), "{plain:?}");
        assert!(plain.contains(r"a\x1b[31mb"), "{plain}");
        if args.contains(&"--show-output") {
            let mut lines = plain.lines().map(str::trim);
            let out = lines.find(|line| line.starts_with("{\"resource"));
            let out = out.unwrap_or_else(|| panic!("no output in {plain}"));
            assert!(out.contains(r"y\u009b"), "{out}");
            let _: Json = serde_json::from_str(out).expect("it is JSON still");
        }
        if !args.contains(&"--list") {
            assert!(
                plain.contains(r#"`log.body == "\x1b[7m"` does not"#),
                "{plain}"
            );
            assert!(plain.contains(r#"  log.body == "\x1b[7m"   "#), "{plain}");
            assert!(plain.contains(r"later\x1b[5m"), "{plain}");
            assert!(plain.contains(r#""x\u009b") where"#), "{plain}");
        }
    }
}

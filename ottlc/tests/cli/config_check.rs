//! `ottlc check` over configurations of the Collector.

use crate::common::{Folder, examples, words};
use serde_json::{Value as Json, json};

const MISTAKES: &str = "\
processors:
  batch: {}
  transform/names:
    trace_statements:
      - set(span.nme, \"x\")
      - 'set(span.attributes[\"it''s\"], Uppercas(span.name))'
  filter/health:
    trace_conditions:
      - span.nam == \"x\"
    log_conditons: []
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("c.yaml", MISTAKES);
    folder
}

#[test]
fn every_problem_has_its_line_and_column() {
    let places = ["c.yaml:5:13", "c.yaml:6:40", "c.yaml:9:9", "c.yaml:10:5"];
    let run = folder()
        .run(&words("check c.yaml"))
        .failure(1, &["did you mean `span.name`?", "4 errors, 0 warnings"]);
    run.failure(1, &places);
}

#[test]
fn the_same_as_json() {
    let run = folder().run(&words("check --format json c.yaml"));
    let run = run.failure(1, &[]);
    let problems: Json = serde_json::from_str(run.text()).expect("JSON");
    assert_eq!(problems.as_array().map(Vec::len), Some(4));
    let first = &problems[0];
    assert_eq!(first["file"], "c.yaml");
    assert_eq!([&first["line"], &first["column"]], [&json!(5), &json!(13)]);
    assert_eq!([&first["end_line"], &first["end_column"]], [5, 21]);
    assert_eq!(first["code"], "E0203");
    assert_eq!(first["fix"]["replacement"], "name");
}

#[test]
fn one_component_can_be_checked_alone() {
    let folder = folder();
    let run = folder.run(&words("check --processor filter/health c.yaml"));
    let run = run.failure(1, &["c.yaml:9:9", "c.yaml:10:5", "2 errors"]);
    assert!(!run.text().contains("span.nme"), "{}", run.text());
    let run = folder.run(&words("check --processor transform/names c.yaml"));
    let run = run.failure(1, &["c.yaml:5:13", "2 errors"]);
    assert!(!run.text().contains("log_conditons"), "{}", run.text());
}

#[test]
fn what_an_alias_stands_for_is_not_forgotten() {
    let folder = Folder::new();
    folder.file(
        "c.yaml",
        "shared: &shared {trace_conditons: []}\nprocessors:\n  filter/a: *shared\n",
    );
    folder
        .run(&words("check --processor filter/a c.yaml"))
        .failure(1, &["c.yaml:1:18", "trace_conditions"]);
}

#[test]
fn a_component_that_is_not_there() {
    let folder = folder();
    let words_of_run = ["no `transform/name`", "Did you mean `transform/names`?"];
    folder
        .run(&words("check --processor transform/name c.yaml"))
        .failure(1, &words_of_run);
    folder.file("s.ottl", "set(span.name, \"x\")\n");
    folder
        .run(&words("check --processor transform/names s.ottl"))
        .failure(2, &["configuration"]);
}

#[test]
fn configurations_and_scripts_in_one_call() {
    let folder = folder();
    folder.file("s.ottl", "set(spam.name, \"x\")\n");
    folder.file("good.YML", "processors: {filter: {traces: {span: []}}}\n");
    let places = ["c.yaml:5:13", "s.ottl:1:1", "3 files checked: 5 errors"];
    folder
        .run(&words("check s.ottl c.yaml good.YML"))
        .failure(1, &places);
}

#[test]
fn any_name_and_standard_input_on_request() {
    let folder = Folder::new();
    folder.file("collector.conf", MISTAKES);
    folder
        .run(&words("check --config collector.conf"))
        .failure(1, &["collector.conf:5:13"]);
    folder
        .run_with(&words("check --config -"), MISTAKES.as_bytes())
        .failure(1, &["<stdin>:5:13"]);
}

#[test]
fn a_file_without_ottl_says_so() {
    let folder = Folder::new();
    folder.file(
        "none.yaml",
        "receivers: {otlp: {}}\nprocessors: {batch: {}}\n",
    );
    folder.file("empty.yaml", "");
    for file in ["none.yaml", "empty.yaml"] {
        let run = folder.run(&["check", file]).success();
        assert!(
            run.text().contains("nothing that is OTTL"),
            "{}",
            run.text()
        );
        assert!(run.text().contains("0 errors, 1 warning"), "{}", run.text());
        folder
            .run(&["check", "--deny-warnings", file])
            .failure(1, &["W0601"]);
        folder
            .run(&["check", "--processor", "filter", file])
            .failure(1, &["no transform or filter processor"]);
    }
}

#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::new();
    folder.file("tabs.yaml", "processors:\n\ttransform: {}\n");
    folder.file("latin.yaml", b"processors:\n  # gr\xfc\xdfe\n");
    folder
        .run(&words("check tabs.yaml"))
        .failure(1, &["tabs.yaml:2:", "tabs"]);
    folder
        .run(&words("check latin.yaml"))
        .failure(1, &["latin.yaml:2:7", "UTF-8"]);
    let run = folder.run(&words("check --format json missing.yaml"));
    run.failure(1, &["missing.yaml", "does not exist"]);
    folder.file("long.yaml", vec![b'#'; (4 << 20) + 1]);
    folder
        .run(&words("check long.yaml"))
        .failure(1, &["bytes at most"]);
}

#[test]
fn a_mark_in_front_moves_nothing() {
    let folder = Folder::new();
    folder.file("c.yaml", "\u{feff}processors: {transform: {x: 1}}\n");
    folder
        .run(&words("check c.yaml"))
        .failure(1, &["c.yaml:1:26"]);
}

#[test]
fn references_are_kept_or_replaced() {
    let folder = Folder::new();
    folder.file(
        "c.yaml",
        "processors:\n  transform:\n    trace_statements:\n      - \
         set(span.${env:OTTLC_NO_SUCH_VARIABLE:-nme}, \"x\")\n",
    );
    let run = folder.run(&words("check c.yaml")).success();
    assert!(run.text().contains("W0601"), "{}", run.text());
    folder
        .run(&words("check --expand-env c.yaml"))
        .failure(1, &["c.yaml:4:13", "span.nme"]);
}

#[test]
fn the_example_has_no_problems() {
    let file = examples().join("collector.yaml");
    let run = Folder::new().run(&["check".into(), "--deny-warnings".into(), file]);
    assert_eq!(run.success().text(), "1 file checked, no problems\n");
}

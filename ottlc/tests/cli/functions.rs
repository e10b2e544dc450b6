//! `ottlc functions`.

use crate::common::{Folder, words};
use ottl::Engine;
use serde_json::Value as Json;

fn objects(line: &str) -> Vec<Json> {
    let run = Folder::new().run(&words(line)).success();
    serde_json::from_str(run.text()).expect("an array")
}

fn names(objects: &[Json]) -> Vec<&str> {
    let name = |object: &'_ Json| object["name"].as_str().map(str::len);
    assert!(objects.iter().all(|object| name(object).is_some()));
    objects
        .iter()
        .filter_map(|object| object["name"].as_str())
        .collect()
}

#[test]
fn every_function_is_listed() {
    let run = Folder::new().run(&words("functions")).success();
    let engine = Engine::default();
    let all = engine.registry().all();
    for function in &all {
        let line = format!("\n  {}\n", ottl::declaration(function.signature()));
        assert_eq!(run.text().matches(&line).count(), 1, "{line}");
    }
    assert!(run.text().starts_with("Editors\n"), "{}", run.text());
    let count = format!("\n{} functions\n", all.len());
    assert!(run.text().ends_with(&count), "{}", run.text());
    assert_eq!(objects("functions --json").len(), all.len());
}

#[test]
fn the_list_can_be_filtered() {
    let editors = objects("functions --json --kind editor");
    assert!(names(&editors).contains(&"set"));
    assert!(!names(&editors).contains(&"Concat"));
    assert!(editors.iter().all(|object| object["kind"] == "editor"));
    let of_spans = objects("functions --json --context span");
    assert!(names(&of_spans).contains(&"IsRootSpan"));
    let of_logs = objects("functions --json --context log --kind converter");
    assert!(!names(&of_logs).contains(&"IsRootSpan"));
    assert!(names(&of_logs).contains(&"Concat"));
    let run = Folder::new().run(&words("functions --kind converter"));
    assert!(!run.success().text().contains("Editors"));
}

#[test]
fn one_function_is_shown_whole() {
    let folder = Folder::new();
    let run = folder.run(&words("functions CONCAT")).success();
    for part in [
        "Concat(vals: a list, delimiter: a string) -> string\n",
        "\nkind      converter\n",
        "\nhome      standard\n",
        "\ncontexts  every context\n",
        "\n  delimiter  a string\n",
        "\nExamples\n",
        "\n      result      ",
    ] {
        assert!(run.text().contains(part), "{part:?}: {}", run.text());
    }
    let run = folder.run(&words("functions flatten")).success();
    assert!(run.text().contains("may be left out"), "{}", run.text());
    let run = folder.run(&words("functions isrootspan")).success();
    assert!(run.text().contains("\ncontexts  span\n"), "{}", run.text());
    let run = folder.run(&words("functions Filter")).success();
    let home = "home      experimental. Only with the gate `ottl.functions.enableLambda`.";
    assert!(run.text().contains(home), "{}", run.text());
}

#[test]
fn one_function_as_json() {
    let run = Folder::new().run(&words("functions set --json")).success();
    let object: Json = serde_json::from_str(run.text()).expect("an object");
    assert_eq!(object["name"], "set");
    assert_eq!(object["parameters"][0]["name"], "target");
    assert_eq!(object["parameters"][0]["takes"], "a path");
    assert_eq!(object["parameters"][0]["optional"], false);
    assert_eq!(object["contexts"].as_array().map(Vec::len), Some(10));
    assert!(object["examples"][0]["source"].is_string());
}

#[test]
fn a_misspelled_function_is_suggested() {
    let folder = Folder::new();
    let run = folder.run(&words("functions Concatt"));
    run.failure(1, &["no function `Concatt`", "Did you mean `Concat`?"]);
    let run = folder.run(&words("functions zzzzzzzzzzzz"));
    run.failure(1, &["ottlc functions lists all"]);
    let run = folder.run(&words("functions set --kind editor"));
    run.failure(2, &["cannot be used with"]);
}

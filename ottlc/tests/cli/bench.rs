//! `ottlc bench`: that it measures something, not how fast anything is.

use crate::common::{Folder, delimited, spans, wire, words};
use ottl::Signal;
use serde_json::Value as Json;

#[test]
fn all_figures_are_there() {
    let folder = Folder::new();
    folder.file(
        "s.ottl",
        "set(span.attributes[\"a\"], 1)\nset(span.name, \"x\")\n",
    );
    // The messages of a stream are measured as one.
    let messages = [100, 20].map(|count| wire(Signal::Traces, &spans(count)));
    folder.file("in.pb", delimited(&messages));
    let line = "bench --signal traces --context span --script s.ottl --input in.pb --seconds 0";
    let run = folder.run(&words(&format!("{line} --json"))).success();
    let figures: Json = serde_json::from_str(run.text()).expect("JSON");
    assert_eq!(figures["items"], 120);
    assert_eq!(figures["statements"], 2);
    for name in [
        "resident_items_per_s",
        "wire_items_per_s",
        "codec_only_items_per_s",
        "parsed_statements_per_s",
        "p50_us",
        "p99_us",
        "message_p99_us",
    ] {
        assert!(
            figures[name].as_f64().is_some_and(|value| value > 0.0),
            "{name}: {figures}"
        );
    }
    assert_eq!(figures["p99_us"], figures["message_p99_us"]);
    let run = folder.run(&words(line)).success();
    assert!(run.text().contains("resident"), "{}", run.text());
}

#[test]
fn only_what_is_asked_for_is_measured() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.name, \"x\")\n");
    folder.file("in.json", spans(3));
    let line = "bench --signal traces --script s.ottl --input in.json --seconds 0 --json --only";
    let run = folder.run(&words(&format!("{line} wire,parsed"))).success();
    let figures: Json = serde_json::from_str(run.text()).expect("JSON");
    for (name, is_there) in [
        ("resident_items_per_s", false),
        ("wire_items_per_s", true),
        ("codec_only_items_per_s", false),
        ("parsed_statements_per_s", true),
        ("p50_us", false),
        ("peak_memory_bytes", cfg!(target_os = "linux")),
    ] {
        assert_eq!(figures[name].is_number(), is_there, "{name}: {figures}");
    }
    folder
        .run(&words(&format!("{line} speed")))
        .failure(2, &["speed"]);
}

#[test]
fn conditions_are_measured_as_a_filter() {
    let folder = Folder::new();
    folder.file(
        "c.ottl",
        "# Either drops a span.\nspan.name == \"x\"\n\nspan.kind == SPAN_KIND_CLIENT\n",
    );
    folder.file("in.json", spans(3));
    let line = "bench --signal traces --filter --script c.ottl --input in.json --seconds 0";
    let run = folder.run(&words(&format!("{line} --json"))).success();
    let figures: Json = serde_json::from_str(run.text()).expect("JSON");
    assert_eq!(figures["statements"], 2);
    for name in ["resident_items_per_s", "wire_items_per_s", "p99_us"] {
        assert!(
            figures[name].as_f64().is_some_and(|rate| rate > 0.0),
            "{name}"
        );
    }
    let run = folder.run(&words(line)).success();
    assert!(run.text().contains("2 conditions"), "{}", run.text());

    folder.file("c.ottl", "span.nme == \"x\"\n");
    folder.run(&words(line)).failure(1, &["span.nme"]);
}

#[test]
fn a_script_that_fails_is_not_measured() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.attributes[\"a\"], 1 / 0)\n");
    folder.file("in.json", spans(1));
    let line = "bench --signal traces --script s.ottl --input in.json --seconds 0";
    folder
        .run(&words(line))
        .failure(1, &["Statement 1 failed on item 0"]);
}

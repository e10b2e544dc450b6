//! The scripts of the folder `examples`, with their data and what must come out.
//!
//! The expected outputs are what the reference makes of the data; for scripts in the selfops
//! dialect, of the same statements as the strict dialect has them; for merged points and regrouped items, of a person.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Folder, canonical, examples, words};
use ottl::{Signal, json};

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn assert_expected(signal: Signal, expected: &str, actual: &[u8]) {
    let text = read(&examples().join("expected").join(expected));
    let wire = json::to_wire(signal, &text).expect("OTLP/JSON");
    let actual = json::to_wire(signal, actual).expect("OTLP/JSON");
    assert_eq!(
        canonical(signal, &actual),
        canonical(signal, &wire),
        "{expected}"
    );
}

/// Runs an example with every engine and compares all that it writes.
fn example(signal: Signal, name: &str, data: &str, options: &str, routes: &[&str]) {
    for engine in ["auto", "rows", "columns"] {
        let folder = Folder::new();
        let signal_name = signal.name();
        let options = format!("run --signal {signal_name} --engine {engine} {options}");
        let mut args: Vec<PathBuf> = words(&options).into_iter().map(PathBuf::from).collect();
        args.extend([
            "--script".into(),
            examples().join(name).with_extension("ottl"),
        ]);
        for route in routes {
            args.extend(["--route".into(), format!("{route}={route}.json").into()]);
        }
        args.push(examples().join("data").join(data));
        args.extend(["-o".into(), "out.json".into()]);
        folder.run(&args).success();
        assert_expected(signal, &format!("{name}.json"), &folder.read("out.json"));
        for route in routes {
            let actual = folder.read(&format!("{route}.json"));
            assert_expected(signal, &format!("{name}.{route}.json"), &actual);
        }
    }
}

#[test]
fn redact() {
    example(Signal::Traces, "redact", "shop-traces.json", "", &[]);
}

#[test]
fn breach() {
    example(Signal::Traces, "breach", "shop-traces.json", "", &[]);
}

#[test]
fn route() {
    let options = "--dialect selfops";
    example(
        Signal::Traces,
        "route",
        "shop-traces.json",
        options,
        &["kafka_tenant_a"],
    );
}

#[test]
fn reduce() {
    example(Signal::Metrics, "reduce", "host-metrics.json", "", &[]);
}

#[test]
fn reduce_metric() {
    let options = "--dialect selfops";
    example(
        Signal::Metrics,
        "reduce-metric",
        "host-metrics.json",
        options,
        &[],
    );
}

#[test]
fn merge() {
    let options = "--merge-points";
    example(Signal::Metrics, "merge", "pod-metrics.json", options, &[]);
}

#[test]
fn regroup() {
    let options = "--regroup";
    example(Signal::Traces, "regroup", "shop-traces.json", options, &[]);
}

#[test]
fn alert() {
    example(Signal::Metrics, "alert", "host-metrics.json", "", &[]);
}

#[test]
fn rules() {
    let options = "--dialect selfops";
    example(
        Signal::Traces,
        "rules",
        "shop-traces.json",
        options,
        &["kafka_tenant_a"],
    );
}

#[test]
fn rules_metrics() {
    let options = "--dialect selfops";
    example(
        Signal::Metrics,
        "rules-metrics",
        "host-metrics.json",
        options,
        &[],
    );
}

#[test]
fn every_example_has_no_problems_and_a_test() {
    let tested = [
        "alert",
        "breach",
        "merge",
        "redact",
        "reduce",
        "reduce-metric",
        "regroup",
        "route",
        "rules",
        "rules-metrics",
    ];
    let entries = fs::read_dir(examples()).expect("the folder of examples");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut scripts: Vec<_> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ottl")
        })
        .collect();
    scripts.sort_by_key(|path| path.with_extension(""));
    let names: Vec<_> = scripts.iter().filter_map(|path| path.file_stem()).collect();
    assert_eq!(names, tested);
    let mut args: Vec<PathBuf> = vec!["check".into(), "--dialect".into(), "selfops".into()];
    args.extend(scripts);
    Folder::new().run(&args).success();
}

#[test]
fn the_strict_dialect_says_how_to_allow_rules() {
    for name in ["route", "reduce-metric", "rules", "rules-metrics"] {
        let script = examples().join(name).with_extension("ottl");
        let args = ["check".into(), script];
        Folder::new().run(&args).failure(1, &["--dialect selfops"]);
    }
}

/// What the README shows first.
#[test]
fn the_sample_of_generated_spans() {
    let folder = Folder::new();
    let (script, data) = (
        examples().join("redact.ottl"),
        examples().join("data/traces.pb"),
    );
    let args = words("run --signal traces -o redacted.pb --script");
    let mut args: Vec<PathBuf> = args.into_iter().map(PathBuf::from).collect();
    args.extend([script, data.clone()]);
    let run = folder.run(&args).success();
    assert!(run.err.contains("200 spans in 1 message"), "{}", run.err);
    let written = folder.read("redacted.pb");
    assert_ne!(written, read(&data));
    assert_ne!(
        canonical(Signal::Traces, &written),
        canonical(Signal::Traces, &read(&data))
    );
}

//! Whole configurations, in the style that people write them in: none has an error.

use std::fs;
use std::path::Path;

use ottl::config::{self, ReadOptions, References};
use ottl::{Diagnostic, Engine, Severity, Signal};

fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/collectors");
    let entries = fs::read_dir(folder).expect("the folder is readable");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("its entries are readable").path())
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a configuration is readable");
            (path.display().to_string(), text)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn they_have_no_false_errors() {
    let files = files();
    assert!(files.len() >= 8, "only {} configurations", files.len());
    for (name, file) in files {
        let read = config::read(&file, &ReadOptions::default());
        assert!(!read.components.is_empty(), "{name}");
        let problems = read.check(&Engine::default());
        // A route by what came with the request cannot be followed here, which is told.
        let is_meant = |problem: &Diagnostic| {
            problem.severity == Severity::Warning && problem.message.contains("on the request")
        };
        let others: Vec<_> = problems
            .into_iter()
            .filter(|problem| !is_meant(problem))
            .collect();
        assert!(
            others.is_empty(),
            "{}",
            ottl::render(&others, &name, &file, false)
        );
    }
}

#[test]
fn all_their_components_run() {
    let lookup = |name: &str| Some(format!("value of {name}"));
    let options = ReadOptions {
        references: References::Replace(&lookup),
        ..ReadOptions::default()
    };
    let mut count = 0;
    for (name, file) in files() {
        for component in config::read(&file, &options).components {
            let compiled = component.compile(&Engine::default());
            let pipeline = compiled.unwrap_or_else(|problems| {
                panic!("{}", ottl::render(&problems, &name, &file, false))
            });
            for signal in [Signal::Traces, Signal::Metrics, Signal::Logs] {
                let outcome = pipeline.run(signal, Vec::new());
                assert!(outcome.is_ok(), "{name} {}: {outcome:?}", component.name());
            }
            count += 1;
        }
    }
    assert!(count > 15, "only {count} components");
}

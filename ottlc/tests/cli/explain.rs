//! `ottlc explain`, and that its examples are what they are said to be.

use crate::common::{Folder, words};
use ottl::{Diagnostic, Dialect, Engine, Gates, Lints, config, context_named};
use ottl_syntax::Code;
use ottl_syntax::explanation::{Example, Part, parts};

fn problems(example: &Example<'_>) -> Vec<Diagnostic> {
    if example.language == "yaml" {
        let read = config::read(example.source, &config::ReadOptions::default());
        return read.check(&Engine::default());
    }
    let mut engine = Engine::default();
    if let Some(dialect) = example.setting("dialect") {
        assert_eq!(dialect, "selfops");
        engine = engine.with_dialect(Dialect::Selfops);
    }
    if let Some(name) = example.setting("gates") {
        let mut gates = Gates::default();
        assert!(gates.set(name, true), "there is no gate {name}");
        engine = engine.with_gates(gates);
    }
    if let Some(names) = example.setting("lint") {
        engine = engine.with_lints(Lints::parse(names).expect("names of lints"));
    }
    let context = example
        .setting("context")
        .map(|name| context_named(name).unwrap_or_else(|| panic!("there is no context {name}")));
    engine.check(None, context, example.source).diagnostics
}

#[test]
fn wrong_examples_have_the_code_and_right_ones_no_problem() {
    let mut failures = Vec::new();
    for code in Code::ALL {
        for part in parts(code.explanation()) {
            let Part::Example(example) = part else {
                continue;
            };
            let found: Vec<_> = problems(&example)
                .iter()
                .map(|problem| format!("{}: {}", problem.code.as_str(), problem.message))
                .collect();
            let is_so = match example.is_wrong {
                true => !found.is_empty() && found.iter().all(|it| it.starts_with(code.as_str())),
                false => found.is_empty(),
            };
            if !is_so {
                let source = example.source;
                failures.push(format!("{}: {source}{found:#?}", code.as_str()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_code_has_a_page() {
    let folder = Folder::new();
    let list = folder.run(&words("explain")).success();
    assert_eq!(list.text().lines().count(), Code::ALL.len());
    for code in ["E0203", "e0203"] {
        let run = folder.run(&words(&format!("explain {code}"))).success();
        for part in [
            "E0203: a path that the context does not have\n",
            "\nWrong:\n\n    set(span.nme, \"a\")\n",
            "\nRight:\n\n    set(span.name, \"a\")\n",
        ] {
            assert!(run.text().contains(part), "{}", run.text());
        }
    }
    let run = folder.run(&words("explain E0307")).success();
    let with = "Wrong, with --context span --dialect selfops:";
    assert!(run.text().contains(with), "{}", run.text());
    for code in Code::ALL {
        let title = format!("{}  {}\n", code.as_str(), code.title());
        assert!(list.text().contains(&title), "{title}");
    }
}

#[test]
fn what_is_no_code_is_told() {
    let run = Folder::new().run(&words("explain E9999"));
    run.failure(1, &["There is no code `E9999`.", "lists all"]);
}

#[test]
fn no_pointer_where_nobody_looks() {
    let folder = Folder::new();
    folder.file("s.ottl", "set(span.nme, \"a\")\n");
    let run = folder.run(&words("check s.ottl")).failure(1, &["E0203"]);
    assert!(!run.text().contains("ottlc explain"), "{}", run.text());
}

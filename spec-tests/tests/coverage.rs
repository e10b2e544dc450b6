//! That the committed cases call every function often enough, and in every way.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use ottl::{Engine, Home};
use ottl_syntax::ast::Call;
use spec_tests::case::{Case, read_cases};
use spec_tests::tree::calls;

/// How many cases have to call a function.
const ENOUGH: usize = 20;

/// What the cases do with a function.
#[derive(Default)]
struct Coverage {
    cases: usize,
    /// Cases with this function that end in an error: rejected, stopped, or failed on an item.
    errors: usize,
    /// Calls that name an argument.
    named: usize,
    /// The most arguments, and the names that were given.
    longest: usize,
    names: Vec<String>,
}

impl Coverage {
    fn add(&mut self, case: &Case, calls: &[&Call]) {
        self.cases += 1;
        self.errors += usize::from(has_error(case));
        for call in calls {
            self.longest = self.longest.max(call.args.len());
            for name in call.args.iter().filter_map(|it| it.name.as_ref()) {
                self.named += 1;
                self.names.push(name.text.clone());
            }
        }
    }
}

fn has_error(case: &Case) -> bool {
    let Some(expect) = &case.expect else {
        return false;
    };
    let results = expect.get("results").and_then(|it| it.as_array());
    let failed = results.is_some_and(|it| it.iter().any(|it| it.get("error").is_some()));
    failed || expect.get("parse_error").is_some() || expect.get("exec_error").is_some()
}

fn coverage() -> BTreeMap<String, Coverage> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut all: BTreeMap<String, Coverage> = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder of cases is readable") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_none_or(|extension| extension != "jsonl")
        {
            continue;
        }
        let file = File::open(&path).expect("a file of cases opens");
        for case in read_cases(BufReader::new(file)).expect("cases") {
            let mut called: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
            let found: Vec<_> = case
                .sources()
                .iter()
                .flat_map(|source| calls(case.kind, source))
                .collect();
            for call in &found {
                called.entry(&call.name.text).or_default().push(call);
            }
            for (name, calls) in called {
                all.entry(name.to_owned()).or_default().add(&case, &calls);
            }
        }
    }
    all
}

#[test]
fn every_function_has_enough_cases_of_every_sort() {
    let all = coverage();
    let engine = Engine::default();
    let mut missing = Vec::new();
    for function in engine.registry().all() {
        // The reference cannot answer for those of the dialect.
        if function.home() == Home::Selfops {
            continue;
        }
        let signature = function.signature();
        let nothing = Coverage::default();
        let seen = all.get(signature.name).unwrap_or(&nothing);
        let mut wants = |wanted: bool, text: String| {
            if !wanted {
                missing.push(format!("{}: {text}", signature.name));
            }
        };
        wants(
            seen.cases >= ENOUGH,
            format!("{} cases, {ENOUGH} are needed", seen.cases),
        );
        wants(seen.errors > 0, "no case with an error".to_owned());
        wants(
            seen.named > 0 || signature.params.is_empty(),
            "no case names an argument".to_owned(),
        );
        for (at, param) in signature.params.iter().enumerate() {
            let is_given = at < seen.longest || seen.names.iter().any(|name| name == param.name);
            wants(is_given, format!("no case gives `{}`", param.name));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

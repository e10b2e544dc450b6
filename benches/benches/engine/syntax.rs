//! From source text to program: lexing, parsing, checking, compiling.

use std::hint::black_box;

use benches::scenarios::{Scenario, named};
use criterion::{Criterion, Throughput};
use ottl::{Dialect, Engine, Limits};
use ottl_syntax::lexer::{LexMode, lex};
use ottl_syntax::parse_script;

/// One statement, ten of many kinds, long texts, and a thousand that are alike.
fn sources() -> impl Iterator<Item = &'static Scenario> {
    let names = [
        "s1_redact",
        "s5_pipeline",
        "string_heavy",
        "predicates",
        "rules_1000",
    ];
    // One thousand statements take long where the code is not optimised.
    let names = names
        .into_iter()
        .filter(|name| !cfg!(debug_assertions) || *name != "rules_1000");
    names.map(|name| named(name).expect("a scenario"))
}

pub(crate) fn all(criterion: &mut Criterion) {
    let limits = Limits::default();
    let engine = Engine::default();
    for scenario in sources() {
        let source = scenario.source();
        let statements = source.lines().filter(|line| !line.starts_with('#')).count();
        let mut group = |stage: &str, run: &mut dyn FnMut()| {
            let mut group = criterion.benchmark_group(stage);
            group.throughput(Throughput::Elements(statements as u64));
            group.bench_function(scenario.name, |bencher| bencher.iter(&mut *run));
        };
        group("lex", &mut || {
            let lexed = lex(&source, LexMode::Script, Dialect::Strict, &limits);
            assert!(black_box(lexed).diagnostics.is_empty());
        });
        group("parse", &mut || {
            let parsed = parse_script(&source, Dialect::Strict, &limits);
            assert!(black_box(parsed).diagnostics.is_empty());
        });
        let signal = scenario.data.signal();
        group("check", &mut || {
            let checked = engine.check(Some(signal), Some(scenario.context), &source);
            assert!(!black_box(checked).has_errors());
        });
        group("compile", &mut || {
            let compiled = engine.compile(signal, scenario.context, &source);
            assert!(black_box(compiled).is_ok());
        });
    }
}

//! Stages of compilation, as `ottlc compile` shows them.

use insta::assert_snapshot;
use otlp_columns::{Level, Signal};
use ottl_compiler::{Language, Options, Registry, Target, dump};

fn stages(source: &str) -> (String, String) {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options::default();
    let language = Language::new(&registry, &options);
    let checked = language.check_script(Some(Signal::Traces), Some(Level::Span), source);
    let target = Target {
        signal: Signal::Traces,
        context: Some(Level::Span),
    };
    let compiled = language
        .compile_script(target, source)
        .expect("the script compiles");
    (
        dump::hir(&checked.hir, &registry),
        dump::bytecode(&compiled.program),
    )
}

#[test]
fn typed_comparisons_and_guards() {
    let (hir, bytecode) = stages(
        "set(span.status.code, STATUS_CODE_ERROR) where \
         span.end_time_unix_nano - span.start_time_unix_nano > 3000000000 \
         and (span.name == \"GET\" or span.attributes[\"retry\"] != nil)",
    );
    assert_snapshot!(hir);
    assert_snapshot!(bytecode);
}

#[test]
fn calls_keys_and_groups() {
    let (hir, bytecode) = stages(
        "set(span.attributes[span.name], Split(span.name, \"/\")[1])\n\
         set(resource.attributes[\"n\"], resource.attributes[\"n\"] + 1)\n\
         set(span.attributes[\"copy\"], span.attributes)",
    );
    assert_snapshot!(hir);
    assert_snapshot!(bytecode);
}

#[test]
fn known_conditions_are_folded() {
    let (_, bytecode) =
        stages("set(span.name, \"a\") where 1 < 2 and not (span.kind == 1 or false)");
    assert_snapshot!(bytecode);
}

//! Problems with their carets.

use insta::assert_snapshot;
use otlp_columns::{Level, Signal};
use ottl_compiler::{Language, Options, Registry};
use ottl_syntax::{Dialect, render};
use ottl_vm::path::Context;

fn check_as(dialect: Dialect, context: Option<Context>, source: &str) -> String {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        dialect,
        ..Options::default()
    };
    let language = Language::new(&registry, &options);
    let checked = language.check_script(None, context, source);
    render(&checked.diagnostics, "script.ottl", source, false)
}

fn check(source: &str) -> String {
    check_as(Dialect::Strict, Some(Level::Span), source)
}

#[test]
fn names_are_suggested() {
    assert_snapshot!(check("set(span.atributes[\"a\"], 1)"));
    assert_snapshot!(check("set(spam.name, \"a\")"));
    assert_snapshot!(check("set(attributes[\"a\"], 1)"));
    assert_snapshot!(check("set(span.attributes.env, 1)"));
    assert_snapshot!(check("set(span.name, Concatt([\"a\"], \"-\"))"));
    assert_snapshot!(check("set(span.status.code, STATUS_CODE_EROR)"));
    assert_snapshot!(check("set(span.name, Concat([\"a\"], delimitr=\"-\"))"));
    assert_snapshot!(check("set(resource.cache[\"a\"], 1)"));
}

#[test]
fn arguments_are_checked() {
    assert_snapshot!(check("set(span.name)"));
    assert_snapshot!(check("set(\"name\", 1)"));
    assert_snapshot!(check("set(span.name, Coalesce(span.name))"));
    assert_snapshot!(check("set(span.name, Concat([\"a\"], 1))"));
    assert_snapshot!(check("set(target=span.name, \"a\")"));
    assert_snapshot!(check("set(span.kind[\"a\"], 1)"));
}

#[test]
fn what_never_works_is_a_warning() {
    assert_snapshot!(check("set(span.name, 5)"));
    assert_snapshot!(check("set(span.attributes[\"a\"], 1) where span.name == 5"));
    assert_snapshot!(check("set(span.attributes[\"a\"], span.name + 1)"));
    assert_snapshot!(check("set(span.attributes[\"t\"], span.start_time)"));
    assert_snapshot!(check("set(span.kind, nil)"));
}

#[test]
fn what_may_work_is_no_warning() {
    assert_eq!(check("set(span.name, span.attributes[\"a\"])"), "");
    assert_eq!(
        check("set(span.attributes[\"a\"], nil) where span.attributes[\"a\"] == 5"),
        ""
    );
    assert_eq!(check("set(span.name, \"a\") where span.kind == 1.0"), "");
    let points = "set(datapoint.count, 5) where datapoint.count != nil";
    assert_eq!(
        check_as(Dialect::Strict, Some(Level::DataPoint), points),
        ""
    );
}

#[test]
fn every_statement_is_reported() {
    assert_snapshot!(check(
        "set(span.nam, 1)\nset(span.name, )\nset(span.kind, SPAN_KIND)\n"
    ));
}

#[test]
fn the_strict_dialect_names_the_switch() {
    assert_snapshot!(check("set(span.name, \"slow\") where span.duration > 3000"));
    assert_snapshot!(check("set(span.status.code, ERROR)"));
}

#[test]
fn contexts_are_inferred() {
    let infer = |source: &str| {
        let registry = Registry::new(ottl_stdlib::registry());
        let options = Options::default();
        let language = Language::new(&registry, &options);
        language.check_script(None, None, source).context
    };
    assert_eq!(
        infer("set(resource.attributes[\"a\"], 1)"),
        Some(Level::Resource)
    );
    assert_eq!(
        infer("set(resource.attributes[\"a\"], span.name)"),
        Some(Level::Span)
    );
    assert_eq!(
        infer("set(span.name, \"a\") where spanevent.name == \"b\""),
        Some(Level::SpanEvent)
    );
    assert_eq!(
        infer("set(metric.name, \"a\") where datapoint.flags == 1"),
        Some(Level::DataPoint)
    );
    // The enum tells that the items are spans.
    assert_eq!(
        infer("set(resource.attributes[\"a\"], [SPAN_KIND_SERVER])"),
        Some(Level::SpanEvent)
    );
    assert_eq!(infer("set(name, \"a\")"), None);
}

#[test]
fn a_context_must_exist_in_the_signal() {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options::default();
    let language = Language::new(&registry, &options);
    let source = "set(span.name, \"a\")";
    let checked = language.check_script(Some(Signal::Logs), None, source);
    assert_snapshot!(render(&checked.diagnostics, "script.ottl", source, false));
}

#[test]
fn an_assignment_is_no_value() {
    let source = "set(span.attributes[\"a\"], set(span.name, \"b\"))";
    assert_snapshot!(check_as(Dialect::Selfops, Some(Level::Span), source));
}

fn codes(source: &str) -> Vec<String> {
    let shown = check_as(Dialect::Strict, None, source);
    let heads = shown.lines().filter_map(|line| {
        let (_, rest) = line.split_once('[')?;
        rest.split_once("]:").map(|(code, _)| code.to_owned())
    });
    heads.collect()
}

#[test]
fn what_follows_from_a_syntax_error_is_not_reported() {
    for source in [
        "set(span.name \"x\")",
        "set(span.attributes[\"a\", 1)",
        "set(span.attributes[\"a\"]], 1)",
        "set(span.name, \"x\") set(span.name, \"y\")",
        "set(span.name, \"a\",)",
        "set(,span.name)",
    ] {
        assert_eq!(codes(source), ["E0105"], "{source}");
        let among_others = format!("set(span.name, \"b\")\n{source}\nset(span.nam, 1)");
        assert_eq!(codes(&among_others), ["E0105", "E0203"], "{source}");
    }
    assert_eq!(codes("set(\"x\", 1)"), ["E0208"]);
    assert_eq!(codes("set(span.name)"), ["E0301"]);
}

#[test]
fn an_inferred_context_is_told() {
    let source = "set(span.name, \"a\")\nset(log.body, \"b\")";
    assert_snapshot!(check_as(Dialect::Strict, None, source));
    let given = check_as(Dialect::Strict, Some(Level::Log), source);
    assert!(!given.contains("inferred"), "{given}");
}

#[test]
fn constants_that_cannot_be_compared_are_a_warning() {
    let condition = |text: &str| codes(&format!("set(span.name, \"a\") where {text}"));
    for text in ["\"a\" == 1", "[1] != \"a\"", "true and 1 == nil"] {
        assert_eq!(condition(text), ["W0402"], "{text}");
    }
    for text in ["1 == 1.5", "\"a\" == \"b\"", "nil == nil", "0x01 == nil"] {
        assert_eq!(condition(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn constants_have_one_spelling() {
    assert_snapshot!(check("set(span.attributes[\"a\"], True)"));
    assert_snapshot!(check("set(span.attributes[\"a\"], Concat)"));
}

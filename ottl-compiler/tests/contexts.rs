//! Points of metrics in the `selfops` dialect: a metric's attributes are those of its points.

use otlp_columns::{Level, Signal};
use ottl_compiler::{Group, Language, Options, Registry, Target};
use ottl_syntax::{Code, Dialect};
use ottl_vm::path::Context;

/// The forms in which such a statement is written.
const FORMS: [&str; 4] = [
    r#"keep_keys(metric.attributes, ["cluster"])"#,
    r#"keep_keys(metric.attributes, ["cluster"]) where metric.name == "requests""#,
    r#"metric.name == "requests" > keep_keys(metric.attributes, ["cluster"])"#,
    r#"metric.attributes["node"] != nil > delete_key(metric.attributes, "node")"#,
];

/// The context of the script's program, or the codes of what is wrong.
fn script(
    dialect: Dialect,
    signal: Signal,
    context: Option<Context>,
    source: &str,
) -> Result<Context, Vec<Code>> {
    let registry = Registry::new(ottl_stdlib::registry());
    let options = Options {
        dialect,
        ..Options::default()
    };
    let language = Language::new(&registry, &options);
    let target = Target { signal, context };
    let statements = language.compile_group(target, Group::of(&[source.to_owned()]));
    let statements = statements.map(|compiled| compiled.program.context);
    let compiled = language.compile_script(target, source);
    let compiled = compiled.map(|compiled| compiled.program.context);
    assert_eq!(statements.as_ref().ok(), compiled.as_ref().ok(), "{source}");
    compiled.map_err(|problems| problems.iter().map(|problem| problem.code).collect())
}

#[test]
fn the_given_metric_context_becomes_that_of_the_points() {
    for source in FORMS {
        for given in [None, Some(Level::Metric), Some(Level::DataPoint)] {
            assert_eq!(
                script(Dialect::Selfops, Signal::Metrics, given, source),
                Ok(Level::DataPoint),
                "{source} in {given:?}"
            );
        }
    }
}

#[test]
fn a_script_without_paths_of_points_stays_in_the_metric_context() {
    let source = r#"metric.name == "requests" > set(metric.unit, "1")"#;
    for given in [None, Some(Level::Metric)] {
        let found = script(Dialect::Selfops, Signal::Metrics, given, source);
        assert_eq!(found, Ok(Level::Metric));
    }
}

#[test]
fn the_context_of_the_points_must_exist_in_the_signal() {
    let found = script(
        Dialect::Selfops,
        Signal::Traces,
        Some(Level::Metric),
        FORMS[0],
    );
    assert_eq!(found, Err(vec![Code::ContextNotInferred]));
}

#[test]
fn the_strict_dialect_has_no_such_path() {
    for given in [None, Some(Level::Metric), Some(Level::DataPoint)] {
        let found = script(Dialect::Strict, Signal::Metrics, given, FORMS[0]);
        assert_eq!(found, Err(vec![Code::UnknownPath]), "{given:?}");
    }
}

#[test]
fn the_contexts_of_profiles_are_inferred() {
    let infer = |source: &str| script(Dialect::Strict, Signal::Profiles, None, source);
    let sample = r#"set(profilesample.attributes["a"], 1)"#;
    assert_eq!(infer(sample), Ok(Level::ProfileSample));
    let profile = r#"set(profile.attributes["a"], 1)"#;
    assert_eq!(infer(profile), Ok(Level::Profile));
    let resource = r#"set(resource.attributes["a"], 1)"#;
    assert_eq!(infer(resource), Ok(Level::Resource));
    // The reference takes the profile first, which knows nothing of its samples.
    let both = r#"set(profilesample.attributes["a"], profile.attributes["a"])"#;
    assert_eq!(infer(both), Err(vec![Code::UnknownContext]));
    let wrong = script(Dialect::Strict, Signal::Traces, None, profile);
    assert_eq!(wrong, Err(vec![Code::ContextNotInferred]));
}

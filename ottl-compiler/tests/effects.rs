//! Which statements run by columns and which by rows.
//!
//! A group by rows is written in brackets: `0 [1 2 3] 4`.

use otlp_columns::{Level, Signal};
use ottl_compiler::{Group, Language, Options, Registry, Target};
use ottl_vm::GroupMode;
use ottl_vm::path::Context;

fn groups(signal: Signal, context: Context, statements: &[&str]) -> String {
    program(&Options::default(), signal, context, statements).0
}

/// The groups with regrouping, and the level whose rows get what is above them of their own.
fn regrouped(signal: Signal, context: Context, statements: &[&str]) -> (String, Option<Level>) {
    let options = Options {
        regroups: true,
        ..Options::default()
    };
    program(&options, signal, context, statements)
}

fn program(
    options: &Options,
    signal: Signal,
    context: Context,
    statements: &[&str],
) -> (String, Option<Level>) {
    let registry = Registry::new(ottl_stdlib::registry());
    let language = Language::new(&registry, options);
    let target = Target {
        signal,
        context: Some(context),
    };
    let sources: Vec<_> = statements.iter().map(|&source| source.to_owned()).collect();
    let compiled = language
        .compile_group(target, Group::of(&sources))
        .expect("the statements compile");
    let shown = compiled.program.groups.iter().map(|group| {
        let parts: Vec<_> = group.parts.clone().map(|part| part.to_string()).collect();
        match group.mode {
            GroupMode::Columns => parts.join(" "),
            GroupMode::Rows { .. } => format!("[{}]", parts.join(" ")),
        }
    });
    let groups = shown.collect::<Vec<_>>().join(" ");
    (groups, compiled.program.separates)
}

fn spans(statements: &[&str]) -> String {
    groups(Signal::Traces, Level::Span, statements)
}

#[test]
fn writes_to_the_item_itself_run_by_columns() {
    let statements = [
        r#"set(span.attributes["a"], span.name)"#,
        r#"set(span.name, span.attributes["a"]) where resource.attributes["env"] == "prod""#,
        r#"set(span.cache["x"], 1)"#,
        r#"set(span.attributes["b"], span.cache["x"])"#,
    ];
    assert_eq!(spans(&statements), "0 1 2 3");
}

#[test]
fn all_statements_run_by_rows_where_one_writes_to_a_shared_cache() {
    let shared = |statements: &[&str]| {
        let options = Options {
            shared_cache: true,
            ..Options::default()
        };
        program(&options, Signal::Traces, Level::Span, statements).0
    };
    let write = r#"set(span.cache["x"], 1)"#;
    let read = r#"set(span.attributes["b"], span.cache["x"])"#;
    let other = r#"set(span.name, "x")"#;
    // A failure of any statement keeps the cache as the items before it left it.
    assert_eq!(shared(&[other, write, other]), "[0 1 2]");
    assert_eq!(
        shared(&[other, "merge_maps(span.cache, span.attributes, \"upsert\")"]),
        "[0 1]"
    );
    assert_eq!(shared(&[read, other]), "0 1");
    assert_eq!(spans(&[other, write, read]), "0 1 2");
}

#[test]
fn a_shared_write_that_nobody_reads_runs_by_columns() {
    // The last item wins in either order.
    let statements = [
        r#"set(resource.attributes["last"], span.name)"#,
        r#"set(span.attributes["a"], 1)"#,
    ];
    assert_eq!(spans(&statements), "0 1");
}

#[test]
fn a_statement_that_reads_what_it_writes_for_others_runs_by_rows() {
    let count = r#"set(resource.attributes["n"], resource.attributes["n"] + 1)"#;
    assert_eq!(spans(&[count]), "[0]");
    assert_eq!(
        spans(&[r#"set(span.name, "x")"#, count, r#"set(span.kind, 1)"#]),
        "0 [1] 2"
    );
    let condition = r#"set(resource.attributes["n"], 1) where resource.attributes["n"] == nil"#;
    assert_eq!(spans(&[condition]), "[0]");
}

#[test]
fn an_editor_of_a_shared_map_runs_by_rows() {
    assert_eq!(spans(&[r#"set(resource.attributes["a"]["b"], 1)"#]), "[0]");
}

#[test]
fn a_reader_and_a_writer_of_the_same_key_run_by_rows_with_all_between() {
    let statements = [
        r#"set(span.name, "a")"#,
        r#"set(resource.attributes["seen"], true)"#,
        r#"set(span.kind, 1)"#,
        r#"set(span.attributes["late"], true) where resource.attributes["seen"] == true"#,
        r#"set(span.flags, 1)"#,
    ];
    assert_eq!(spans(&statements), "0 [1 2 3] 4");
}

#[test]
fn other_keys_do_not_conflict() {
    let statements = [
        r#"set(resource.attributes["a"], span.name)"#,
        r#"set(span.attributes["x"], resource.attributes["b"])"#,
    ];
    assert_eq!(spans(&statements), "0 1");
}

#[test]
fn a_whole_map_conflicts_with_each_of_its_keys() {
    let statements = [
        r#"set(resource.attributes["a"], span.name)"#,
        r#"set(span.attributes["all"], resource.attributes)"#,
    ];
    assert_eq!(spans(&statements), "[0 1]");
    let dynamic = [
        r#"set(resource.attributes["a"], span.name)"#,
        r#"set(span.attributes["x"], resource.attributes[span.name])"#,
    ];
    assert_eq!(spans(&dynamic), "[0 1]");
}

#[test]
fn two_writers_of_the_same_key_run_by_rows() {
    let statements = [
        r#"set(resource.attributes["a"], 1)"#,
        r#"set(resource.attributes["a"], 2) where span.kind == 1"#,
    ];
    assert_eq!(spans(&statements), "[0 1]");
}

#[test]
fn two_views_of_one_field_conflict() {
    let statements = [
        r#"set(metric.name, "x")"#,
        r#"set(datapoint.attributes["n"], metric.name)"#,
    ];
    assert_eq!(
        groups(Signal::Metrics, Level::DataPoint, &statements),
        "[0 1]"
    );
    let events = [
        "set(span.start_time_unix_nano, 5)",
        "set(spanevent.time, span.start_time)",
    ];
    assert_eq!(groups(Signal::Traces, Level::SpanEvent, &events), "[0 1]");
}

#[test]
fn the_own_level_is_never_shared() {
    let statements = [
        r#"set(resource.attributes["n"], resource.attributes["n"] + 1)"#,
        r#"set(resource.attributes["m"], resource.attributes["n"])"#,
    ];
    assert_eq!(groups(Signal::Logs, Level::Resource, &statements), "0 1");
}

#[test]
fn conflicts_that_overlap_are_one_group() {
    let statements = [
        r#"set(resource.attributes["a"], 1)"#,
        r#"set(resource.attributes["b"], 1)"#,
        r#"set(span.attributes["x"], resource.attributes["a"])"#,
        r#"set(span.attributes["y"], resource.attributes["b"])"#,
        r#"set(span.name, "z")"#,
    ];
    assert_eq!(spans(&statements), "[0 1 2 3] 4");
}

fn profiles(context: Context, statements: &[&str]) -> String {
    groups(Signal::Profiles, context, statements)
}

#[test]
fn the_fields_of_a_profile_are_written_by_columns() {
    let statements = [
        r#"set(profile.period, 7) where resource.attributes["x"] == 1"#,
        r#"set(profile.dropped_attributes_count, profile.period)"#,
    ];
    assert_eq!(profiles(Level::Profile, &statements), "0 1");
    let of_samples = r#"set(profilesample.values, [1])"#;
    assert_eq!(profiles(Level::ProfileSample, &[of_samples]), "0");
}

#[test]
fn profiles_share_the_dictionary_of_the_message() {
    let statements = [
        r#"set(profile.attributes["a"], profile.period)"#,
        r#"set(profile.sample_type.unit, "ns")"#,
        r#"set(profile.period, 7)"#,
    ];
    assert_eq!(profiles(Level::Profile, &statements), "[0 1] 2");
    let of_samples = r#"set(profilesample.attributes["x"], profilesample.attributes["y"])"#;
    assert_eq!(profiles(Level::ProfileSample, &[of_samples]), "[0]");
}

#[test]
fn with_regrouping_what_is_above_an_item_is_its_own() {
    let statements = [
        r#"set(resource.attributes["a"], Concat([resource.attributes["a"], span.name], ""))"#,
        r#"set(span.name, resource.attributes["a"])"#,
        r#"set(scope.name, span.name)"#,
    ];
    assert_eq!(spans(&statements), "[0 1] 2");
    let of = |context, statements: &[&str]| regrouped(Signal::Traces, context, statements);
    let all = ("0 1 2".to_owned(), Some(Level::Span));
    assert_eq!(of(Level::Span, &statements), all);
    // The events of a span share its resource still.
    let events = [
        r#"set(resource.attributes["a"], Concat([resource.attributes["a"], spanevent.name], ""))"#,
    ];
    let rows = ("[0]".to_owned(), Some(Level::Span));
    assert_eq!(of(Level::SpanEvent, &events), rows);
}

#[test]
fn nothing_is_regrouped_unless_a_statement_writes_above_its_item() {
    let own = |signal, context, statement: &str| regrouped(signal, context, &[statement]).1;
    let traces = |context, statement: &str| own(Signal::Traces, context, statement);
    let read = r#"set(span.name, resource.attributes["a"])"#;
    assert_eq!(traces(Level::Span, read), None);
    assert_eq!(
        traces(Level::SpanEvent, "set(span.name, spanevent.name)"),
        None
    );
    let in_resource = r#"set(resource.attributes["a"], 1)"#;
    assert_eq!(traces(Level::Resource, in_resource), None);
    assert_eq!(traces(Level::Scope, in_resource), Some(Level::Scope));
    let metrics = |context, statement: &str| own(Signal::Metrics, context, statement);
    let in_metric = r#"set(metric.unit, "s")"#;
    assert_eq!(metrics(Level::Metric, in_metric), None);
    assert_eq!(metrics(Level::DataPoint, in_metric), Some(Level::DataPoint));
    assert_eq!(metrics(Level::Exemplar, in_metric), Some(Level::DataPoint));
    let reshaping = "extract_sum_metric(true)";
    assert_eq!(metrics(Level::Metric, reshaping), None);
    let both = [reshaping, r#"set(resource.attributes["m"], metric.name)"#];
    let (_, level) = regrouped(Signal::Metrics, Level::Metric, &both);
    assert_eq!(level, Some(Level::Metric));
    // Profiles share a dictionary, with regrouping as without.
    let in_dictionary = r#"set(profile.attributes["a"], 1)"#;
    assert_eq!(own(Signal::Profiles, Level::Profile, in_dictionary), None);
    let in_scope = "set(scope.name, resource.schema_url)";
    assert_eq!(
        own(Signal::Profiles, Level::ProfileSample, in_scope),
        Some(Level::Profile)
    );
}

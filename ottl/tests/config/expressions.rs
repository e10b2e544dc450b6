//! Old filters of metrics by expressions of another language.

use std::time::{Duration, Instant};

use ottl::config::{self, ComponentKind, ItemCounts, ReadOptions, References, Verdict};
use ottl::{Engine, Interpreter, Level, Severity, Signal};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::{check_one, json, pipeline, pipeline_with, shown, wire};

fn exclude(expression: &str) -> String {
    let expression = json!(expression);
    format!("metrics: {{exclude: {{match_type: expr, expressions: [{expression}]}}}}")
}

fn problems(file: &str) -> Vec<String> {
    shown(file, &check_one(ComponentKind::Filter, file))
}

/// Two metrics with two data points each, and one with none.
fn message() -> Vec<u8> {
    let point = |host: &str| {
        let attributes = json!([{"key": "host", "value": {"stringValue": host}}]);
        json!({"asInt": "1", "attributes": attributes})
    };
    let metrics = json!([
        {"name": "one", "gauge": {"dataPoints": [point("a"), point("b")]}},
        {"name": "two", "sum": {"dataPoints": [point("c"), point("d")]}},
        {"name": "none", "gauge": {}},
    ]);
    let message = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]});
    wire(Signal::Metrics, &message)
}

fn names(message: &Json) -> Vec<&str> {
    let metrics = message["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array();
    let metrics = metrics.into_iter().flatten();
    metrics
        .filter_map(|metric| metric["name"].as_str())
        .collect()
}

#[test]
fn a_metric_is_dropped_for_one_of_its_points() {
    for interpreter in [Interpreter::Rows, Interpreter::Columns] {
        let engine = Engine::default().with_interpreter(interpreter);
        for (side, expression, left) in [
            ("exclude", "Label('host') == 'b'", vec!["two", "none"]),
            ("include", "Label('host') == 'b'", vec!["one"]),
            (
                "exclude",
                "not HasLabel('host')",
                vec!["one", "two", "none"],
            ),
            ("include", "MetricType == 'Sum'", vec!["two"]),
            ("include", "true", vec!["one", "two"]),
        ] {
            let file = exclude(expression).replace("exclude", side);
            let pipeline = pipeline_with(ComponentKind::Filter, &file, &engine);
            let outcome = pipeline
                .run(Signal::Metrics, message())
                .expect("no failure");
            let output = json(Signal::Metrics, &outcome.outputs[0].message);
            assert_eq!(names(&output), left, "{interpreter:?}: {file}");
        }
    }
}

#[test]
fn what_is_counted_are_metrics() {
    let file = exclude("Label('host') in ['b', 'c', 'd']");
    let pipeline = pipeline(ComponentKind::Filter, &file);
    assert_eq!(pipeline.groups()[0].contexts, [Level::Metric]);
    let outcome = pipeline
        .run(Signal::Metrics, message())
        .expect("no failure");
    let report = outcome.conditions[0];
    assert_eq!((report.context, report.matched), (Level::Metric, 2));
    let counts = ItemCounts {
        before: 4,
        after: 0,
    };
    assert_eq!(outcome.items, Some(counts));
}

#[test]
fn the_trace_of_a_point_says_that_its_metric_is_dropped() {
    let trace = |side: &str, item| {
        let file = exclude("Label('host') == 'b'").replace("exclude", side);
        let read = config::read_component(ComponentKind::Filter, &file, &ReadOptions::default());
        let component = &read.components[0];
        let item = (Level::DataPoint, item);
        let trace = component.trace(&Engine::default(), Signal::Metrics, message(), item);
        let trace = trace.expect("there is such a point");
        let shown = trace.sections.iter().flat_map(|section| &section.trace);
        let shown: Vec<_> = shown.map(|trace| trace.item).collect();
        match trace.verdict {
            Verdict::Kept => (shown, None),
            Verdict::Dropped { context, held, .. } => (shown, Some((context, held))),
            other => panic!("{other:?}"),
        }
    };
    // The one that matches is shown beside it.
    let by_other = (vec![0, 1], Some((Level::Metric, true)));
    assert_eq!(trace("exclude", 0), by_other);
    assert_eq!(trace("exclude", 1).0, [1]);
    assert_eq!(trace("exclude", 2), (vec![2], None));
    assert_eq!(trace("include", 0), (vec![0, 1], None));
    assert_eq!(trace("include", 3), (vec![3], Some((Level::Metric, false))));
}

#[test]
fn mistakes_are_found_where_they_are() {
    for (expression, problem) in [
        (
            "MetricName = 'a'",
            "1:65 E0105 Expressions compare with `==`.",
        ),
        (
            "MetricName == 'a' && foo",
            "1:75 E0608 Expressions have no name `foo`.",
        ),
        (
            "len(MetricName) * 2 > 8",
            "1:70 E0608 The operator `*` cannot be carried over to OTTL.",
        ),
        (
            "int(Label('a')) > 5",
            "1:54 E0608 The function `int` cannot be carried over to OTTL.",
        ),
        (
            "Label('a')",
            "1:54 E0608 A filter takes a boolean, and this is a text.",
        ),
    ] {
        assert_eq!(problems(&exclude(expression)), [problem], "{expression}");
    }
    let pattern = problems(&exclude("true && MetricName matches '('"));
    assert!(pattern[0].starts_with("1:62 E"), "{pattern:?}");
    let file = "metrics:\n  include:\n    match_type: expr\n    expressions:\n      - >\n        MetricName ==\n        'a' +\n";
    assert_eq!(
        problems(file),
        ["7:14 E0106 The expression ends too early."]
    );
}

#[test]
fn a_short_expression_does_not_become_an_enormous_condition() {
    // Each comparison of two conditions makes one that has both of them twice.
    let doubled = (0..9).fold("HasLabel('a')".to_owned(), |made, _| {
        format!("({made} == HasLabel('b'))")
    });
    let problem = "1:54 E0608 The expression is too intricate to be carried over to OTTL.";
    for elements in [
        // What is equal makes the condition longer, and what is not takes time as well.
        vec!["true"; 5_000].join(","),
        vec!["0, nil"; 3_000].join(","),
    ] {
        let expression = format!("{doubled} in [{elements}]");
        assert!(expression.len() < 32 << 10);
        let file = exclude(&expression);
        let started = Instant::now();
        assert_eq!(problems(&file), [problem], "{file:.100}");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "{took:?}: {file:.100}");
    }
    // The same array is no matter for something small.
    let names: Vec<_> = (0..3_000).map(|at| format!("'{at}'")).collect();
    let names = names.join(",");
    assert!(problems(&exclude(&format!("MetricName in [{names}]"))).is_empty());
}

#[test]
fn names_that_are_nearly_right_are_corrected() {
    for (expression, fixed) in [
        ("MetricNme == 'a'", "MetricName"),
        ("Lable('a') == 'b'", "Label"),
        ("starts('a')", ""),
        ("MetricName = 'a'", "=="),
    ] {
        let file = exclude(expression);
        let found = check_one(ComponentKind::Filter, &file);
        let fix = found[0].fix.as_ref().map(|fix| fix.replacement.as_str());
        assert_eq!(fix.unwrap_or_default(), fixed, "{expression}");
    }
}

#[test]
fn references_are_filled_in_first() {
    let file = exclude("MetricName == ${env:NAME}");
    let found = check_one(ComponentKind::Filter, &file);
    assert!(
        found
            .iter()
            .all(|problem| problem.severity == Severity::Warning)
    );
    assert_eq!(found.len(), 1, "{found:?}");
    let read = config::read_component(ComponentKind::Filter, &file, &ReadOptions::default());
    assert!(read.components[0].compile(&Engine::default()).is_err());
    let lookup = |_: &str| Some("'two'".to_owned());
    let options = ReadOptions {
        references: References::Replace(&lookup),
        ..ReadOptions::default()
    };
    let read = config::read_component(ComponentKind::Filter, &file, &options);
    let pipeline = read.components[0].compile(&Engine::default());
    let outcome = pipeline
        .expect("it is whole")
        .run(Signal::Metrics, message());
    let outcome = outcome.expect("no failure");
    let output = json(Signal::Metrics, &outcome.outputs[0].message);
    assert_eq!(names(&output), ["one", "none"]);
}

const PARTS: [&str; 40] = [
    "MetricName",
    "MetricType",
    "HasLabel",
    "Label",
    "'a'",
    "\"\\n\"",
    "`b`",
    "5",
    "0.5",
    "true",
    "nil",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "==",
    "!=",
    "<",
    ">=",
    "and",
    "||",
    "not",
    "!",
    "in",
    "matches",
    "contains",
    "startsWith",
    "??",
    "?",
    ":",
    "+",
    "|",
    "len",
    "lower",
    "if",
    "else",
    "-",
];

proptest! {
    #[test]
    fn whatever_is_an_expression_becomes_a_condition(
        parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..12),
    ) {
        let file = exclude(&parts.join(" "));
        let found = problems(&file);
        for problem in &found {
            let is_own = problem.contains("E0608") || problem.contains("E010") || problem.contains("E0301");
            prop_assert!(is_own, "{file}: {problem}");
        }
        if found.is_empty() {
            let pipeline = pipeline(ComponentKind::Filter, &file);
            prop_assert!(pipeline.run(Signal::Metrics, message()).is_ok());
        }
    }
}

//! What is measured: scripts, filters and rules, each over data that fit it.

use std::borrow::Cow;

use ottl::{Context, Level};

use crate::data::Dataset;

/// What runs over the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Statements.
    Statements,
    /// Conditions, one a line: an item that one of them holds for is dropped.
    Filter,
}

/// One thing that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The name, as it is written on a command line.
    pub name: &'static str,
    /// What it does, for readers of tables.
    pub title: &'static str,
    /// The messages.
    pub data: Dataset,
    /// What the sources are about.
    pub context: Context,
    /// What the sources are.
    pub kind: Kind,
    source: Source,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Text(&'static str),
    /// So many rules of which at most one applies to an item.
    Rules(usize),
}

impl Scenario {
    /// The sources, one a line; `#` begins a comment.
    #[must_use]
    pub fn source(&self) -> Cow<'static, str> {
        match self.source {
            Source::Text(text) => Cow::Borrowed(text),
            Source::Rules(count) => Cow::Owned(rules(count)),
        }
    }

    /// The same scenario over other messages of the same signal.
    const fn over(self, data: Dataset) -> Self {
        Self { data, ..self }
    }

    const fn named(self, name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            ..self
        }
    }
}

/// Rules of tenants, of which most exist nowhere, as a table of routes has them.
fn rules(count: usize) -> String {
    let rule = |number: usize| {
        format!(
            "set(span.attributes[\"route.to\"], \"exporter_{number}\") \
             where resource.attributes[\"tenant\"] == \"T{number}\"\n"
        )
    };
    (0..count).map(rule).collect()
}

macro_rules! scenario {
    ($name:literal, $data:ident, $context:ident, $kind:ident, $title:literal) => {
        Scenario {
            name: $name,
            title: $title,
            data: Dataset::$data,
            context: Level::$context,
            kind: Kind::$kind,
            source: Source::Text(include_str!(concat!("../scenarios/", $name, ".ottl"))),
        }
    };
}

const fn tenants(name: &'static str, title: &'static str, count: usize) -> Scenario {
    Scenario {
        name,
        title,
        data: Dataset::Traces,
        context: Level::Span,
        kind: Kind::Statements,
        source: Source::Rules(count),
    }
}

const S1_REDACT: Scenario = scenario!(
    "s1_redact",
    Traces,
    Span,
    Statements,
    "hash an attribute where two conditions hold"
);

const S5_PIPELINE: Scenario = scenario!(
    "s5_pipeline",
    Traces,
    Span,
    Statements,
    "ten statements of a whole pipeline"
);

/// All of them, in the order of tables.
#[rustfmt::skip]
pub static SCENARIOS: &[Scenario] = &[
    S1_REDACT,
    scenario!("s2_slo", Traces, Span, Statements, "set the status of slow spans, two statements"),
    scenario!("s3_mark", Traces, Span, Statements, "set an attribute of one tenant's spans"),
    scenario!("s4_keep", Metrics, DataPoint, Statements, "keep three attributes of data points"),
    S5_PIPELINE,
    scenario!("s6_logs", Logs, Log, Statements, "logs: parse JSON bodies, match, hash"),
    tenants("rules_1", "one rule of a tenant", 1),
    tenants("rules_10", "10 exclusive rules", 10),
    tenants("rules_100", "100 exclusive rules", 100),
    tenants("rules_1000", "1,000 exclusive rules", 1000),
    scenario!("filter_spans", Traces, Span, Filter, "drop spans, two conditions"),
    scenario!("filter_logs", Logs, Log, Filter, "drop log records, three conditions"),
    scenario!("filter_metrics", Metrics, DataPoint, Filter, "drop data points, two conditions"),
    scenario!("mixed_spans", Traces, Span, Statements, "ten statements of many kinds"),
    scenario!("predicates", Traces, Span, Statements, "twelve statements with 31 predicates"),
    scenario!("string_heavy", Traces, Span, Statements, "nine statements over texts"),
    scenario!("nested_json", Logs, Log, Statements, "nested JSON bodies: take five values out")
        .over(Dataset::LogsNested),
    scenario!("flatten_json", Logs, Log, Statements, "nested JSON bodies: flatten into attributes")
        .over(Dataset::LogsNested),
    scenario!("parse_text", Logs, Log, Statements, "logs: patterns, key-value pairs, times"),
    scenario!("convert_metrics", Metrics, DataPoint, Statements, "units and dimensions of data points"),
    scenario!("metric_names", Metrics, Metric, Statements, "names and units of metrics"),
    scenario!("resource_rewrite", Traces, Resource, Statements, "rewrite resources"),
    scenario!("resource_from_span", Traces, Span, Statements, "spans write to the resource"),
    S1_REDACT.over(Dataset::TracesOfSdk)
        .named("s1_redact_of_sdk", "the first one, fields in the order of an SDK"),
    S5_PIPELINE.over(Dataset::TracesOfSdk)
        .named("s5_pipeline_of_sdk", "the pipeline, fields in the order of an SDK"),
];

/// The scenario with a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use ottl::{Batch, Engine};

    use super::*;

    #[test]
    fn names_are_there_once() {
        for scenario in SCENARIOS {
            let found = named(scenario.name).expect("it is in the list");
            assert!(std::ptr::eq(found, scenario), "{} twice", scenario.name);
        }
    }

    /// Scripts run without an error over their data and change something, but for the rules, which no
    /// tenant has.
    #[test]
    fn every_script_does_something() {
        for scenario in SCENARIOS {
            if scenario.kind == Kind::Filter {
                continue;
            }
            let signal = scenario.data.signal();
            let engine = Engine::default();
            let script = engine
                .compile(signal, scenario.context, &scenario.source())
                .unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
            let message = scenario.data.message(2000);
            let mut batch = script.decode(message.clone()).expect("a message");
            let report = script.run(&mut batch);
            let report = report.unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
            let is_changed = batch.encode() != message;
            assert_eq!(
                is_changed,
                !scenario.name.starts_with("rules"),
                "{}",
                scenario.name
            );
            assert_eq!(
                report.statements.iter().any(|part| part.changed > 0),
                is_changed
            );
        }
    }

    #[test]
    fn every_filter_drops_some_and_keeps_some() {
        for scenario in SCENARIOS {
            if scenario.kind != Kind::Filter {
                continue;
            }
            let signal = scenario.data.signal();
            let message = scenario.data.message(2000);
            let mut batch = Batch::decode(signal, message).expect("a message");
            let source = scenario.source();
            let conditions = source.lines().filter(|line| !line.starts_with('#'));
            for condition in conditions {
                let compiled =
                    Engine::default().compile_condition(signal, scenario.context, condition);
                let mask = compiled
                    .unwrap_or_else(|error| panic!("{condition}: {error}"))
                    .eval(&mut batch)
                    .expect("conditions without errors");
                assert!(mask.failed.is_empty(), "{condition}");
                let dropped = mask.matched.iter().count();
                assert!((1..batch.items()).contains(&dropped), "{condition}");
            }
        }
    }
}

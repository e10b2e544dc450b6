//! Results as text: Markdown for people, JSON for programs.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::Results;
use super::figures::{Figures, Measured, ratio};
use super::scale::{Scale, cost_of_rules};
use crate::Failure;

/// What the project wants to reach, as times the reference: wire and resident. A goal that is not set
/// is zero.
const GOALS: &[(&str, f64, f64)] = &[
    ("s1_redact", 20.0, 8.0),
    ("s2_slo", 20.0, 8.0),
    ("s3_mark", 20.0, 8.0),
    ("s4_keep", 10.0, 8.0),
    ("s5_pipeline", 12.0, 12.0),
    ("s6_logs", 8.0, 8.0),
    ("rules_1000", 0.0, 500.0),
];

/// A rate or another amount in three digits, or a dash.
pub(super) fn amount(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value >= 1e6 => format!("{} M", digits(value / 1e6)),
        Some(value) if value >= 1e4 => format!("{} k", digits(value / 1e3)),
        Some(value) => digits(value),
    }
}

fn digits(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// How many times, or a dash.
pub(super) fn times(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), digits)
}

fn goal(name: &str, of: fn(&(&str, f64, f64)) -> f64) -> String {
    let goal = GOALS.iter().find(|goal| goal.0 == name).map(of);
    goal.filter(|goal| *goal > 0.0)
        .map_or_else(String::new, |goal| format!(" (goal {goal})"))
}

/// The whole report.
pub(super) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_markdown(results, &mut text);
    text
}

fn write_markdown(results: &Results, text: &mut String) -> std::fmt::Result {
    writeln!(text, "# Beside the reference\n")?;
    writeln!(
        text,
        "{}, on {}. {}. Medians over rounds ({}), with {} s for each figure of each program.\n",
        results.date,
        results.machine,
        results.versions,
        results.options.rounds,
        results.options.seconds
    )?;
    speed(&results.scenarios, text)?;
    latency(&results.scenarios, text)?;
    memory(&results.scenarios, text)?;
    vrl(&results.scenarios, text)?;
    rules(&results.scenarios, text)?;
    if let Some(scale) = &results.scale {
        growth(scale, text)?;
    }
    Ok(())
}

fn speed(scenarios: &[Measured], text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "## Items in a second\n\nHere, in the reference, and how many times as fast.\n"
    )?;
    writeln!(
        text,
        "| scenario | bytes in, bytes out | | statements only | |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- |")?;
    for measured in scenarios {
        let name = measured.scenario.name;
        let pair = |rate: fn(&Figures) -> Option<f64>| {
            let (ours, reference) = (rate(&measured.ours), rate(&measured.reference));
            (
                format!("{} / {}", amount(ours), amount(reference)),
                times(ratio(ours, reference)),
            )
        };
        let wire = pair(|figures| figures.wire_items_per_s);
        let resident = pair(|figures| figures.resident_items_per_s);
        writeln!(
            text,
            "| {name}: {} | {} | {}{} | {} | {}{} |",
            measured.scenario.title,
            wire.0,
            wire.1,
            goal(name, |goal| goal.1),
            resident.0,
            resident.1,
            goal(name, |goal| goal.2),
        )?;
    }
    writeln!(text)
}

fn latency(scenarios: &[Measured], text: &mut String) -> std::fmt::Result {
    writeln!(text, "## Short messages and compiling\n")?;
    writeln!(
        text,
        "Microseconds for a message of 100 items from bytes to bytes, and statements or conditions that \
         are parsed, checked and compiled in a second: here, in the reference, how many times as fast.\n"
    )?;
    writeln!(text, "| scenario | median | 99 of 100 | compiled | |")?;
    writeln!(text, "| --- | --- | --- | --- | --- |")?;
    for measured in scenarios {
        let pair = |of: fn(&Figures) -> Option<f64>| {
            format!(
                "{} / {}",
                amount(of(&measured.ours)),
                amount(of(&measured.reference))
            )
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            measured.scenario.name,
            pair(|figures| figures.p50_us),
            pair(|figures| figures.p99_us),
            pair(|figures| figures.parsed_statements_per_s),
            times(measured.ratio(|figures| figures.parsed_statements_per_s)),
        )?;
    }
    writeln!(text)
}

fn memory(scenarios: &[Measured], text: &mut String) -> std::fmt::Result {
    let has_memory = |measured: &&Measured| measured.memory.is_some();
    if !scenarios.iter().any(|measured| has_memory(&measured)) {
        return Ok(());
    }
    writeln!(text, "## Memory\n")?;
    writeln!(
        text,
        "The most memory of a process that takes one long message from bytes to bytes, as a multiple of \
         the message, which is part of it: here and in the reference.\n"
    )?;
    writeln!(text, "| scenario | message | here | reference |")?;
    writeln!(text, "| --- | --- | --- | --- |")?;
    for measured in scenarios.iter().filter(has_memory) {
        let Some(memory) = measured.memory else {
            continue;
        };
        let factor = |peak: Option<f64>| times(ratio(peak, Some(memory.bytes as f64)));
        writeln!(
            text,
            "| {} | {} MB | {} | {} |",
            measured.scenario.name,
            digits(memory.bytes as f64 / 1e6),
            factor(memory.ours),
            factor(memory.reference),
        )?;
    }
    writeln!(text)
}

fn vrl(scenarios: &[Measured], text: &mut String) -> std::fmt::Result {
    if !scenarios.iter().any(|measured| measured.vrl.is_some()) {
        return Ok(());
    }
    writeln!(text, "## Beside VRL\n")?;
    writeln!(
        text,
        "Spans in a second, here, in VRL, and how many times as fast. VRL runs an equivalent program over \
         spans that are its own values; from bytes to bytes prost decodes and encodes, and what programs \
         may look at becomes a value and back.\n"
    )?;
    writeln!(
        text,
        "| scenario | bytes in, bytes out | | statements only | |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- |")?;
    for measured in scenarios {
        let Some(vrl) = &measured.vrl else {
            continue;
        };
        let ours = &measured.ours;
        writeln!(
            text,
            "| {} | {} / {} | {} | {} / {} | {} |",
            measured.scenario.name,
            amount(ours.wire_items_per_s),
            amount(vrl.wire_items_per_s),
            times(ratio(ours.wire_items_per_s, vrl.wire_items_per_s)),
            amount(ours.resident_items_per_s),
            amount(vrl.resident_items_per_s),
            times(ratio(ours.resident_items_per_s, vrl.resident_items_per_s)),
        )?;
    }
    writeln!(text)
}

/// What a thousand rules cost beside ten.
fn rules(scenarios: &[Measured], text: &mut String) -> std::fmt::Result {
    let named = |name: &str| {
        let found = scenarios.iter().find(|known| known.scenario.name == name);
        found.map(|measured| &measured.ours)
    };
    if let (Some(many), Some(few)) = (named("rules_1000"), named("rules_10")) {
        writeln!(
            text,
            "A thousand rules cost {} times as much as ten here (goal 2).\n",
            times(cost_of_rules(many, few))
        )?;
    }
    Ok(())
}

fn growth(scale: &Scale, text: &mut String) -> std::fmt::Result {
    writeln!(text, "## Growth\n")?;
    writeln!(
        text,
        "| items of one message | {}, items in a second |",
        scale.growth_of
    )?;
    writeln!(text, "| --- | --- |")?;
    for step in &scale.growth {
        writeln!(
            text,
            "| {} | {} |",
            step.items,
            amount(step.wire_items_per_s)
        )?;
    }
    writeln!(
        text,
        "\nTwo threads are {} times as fast as one over a stream of messages ({}, with reading the file; \
         goal 1.8).",
        times(Some(scale.speedup())),
        scale.threads_of
    )
}

/// The same for programs.
pub(super) fn json(results: &Results) -> Result<String, Failure> {
    let scenario = |measured: &Measured| {
        json!({
            "name": measured.scenario.name,
            "title": measured.scenario.title,
            "data": measured.scenario.data.name(),
            "items": measured.items,
            "bytes": measured.bytes,
            "ottl": measured.ours,
            "reference": measured.reference,
            "vrl": measured.vrl,
            "memory": measured.memory,
            "ratio": {
                "wire": measured.ratio(|figures| figures.wire_items_per_s),
                "resident": measured.ratio(|figures| figures.resident_items_per_s),
                "parsed": measured.ratio(|figures| figures.parsed_statements_per_s),
            },
        })
    };
    let all: Json = json!({
        "date": results.date,
        "machine": results.machine,
        "versions": results.versions,
        "rounds": results.options.rounds,
        "seconds": results.options.seconds,
        "scenarios": results.scenarios.iter().map(scenario).collect::<Vec<_>>(),
        "scale": results.scale,
    });
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

#[cfg(test)]
pub(super) mod tests {
    use benches::scenarios::named;

    use super::*;
    use crate::bench::figures::Memory;
    use crate::bench::options::Options;

    /// A result with round numbers.
    pub(in crate::bench) fn results() -> Results {
        let figures = |factor: f64| Figures {
            resident_items_per_s: Some(5e6 * factor),
            wire_items_per_s: Some(250_000.0 * factor),
            parsed_statements_per_s: Some(8_000.0 * factor),
            p50_us: Some(300.0 / factor),
            p99_us: Some(400.0 / factor),
            peak_memory_bytes: None,
        };
        let measured = |name, vrl, memory| Measured {
            scenario: named(name).expect("a scenario"),
            items: 20_000,
            bytes: 12_000_000,
            ours: figures(16.0),
            reference: figures(1.0),
            vrl,
            memory,
        };
        let memory = Memory {
            bytes: 60_000_000,
            ours: Some(150e6),
            reference: Some(900e6),
        };
        let mut filter = measured("filter_spans", None, None);
        filter.reference.resident_items_per_s = None;
        Results {
            options: Options::parse(&[]).expect("defaults"),
            machine: "a machine".to_owned(),
            date: "2026-11-23".to_owned(),
            versions: "rustc 1, Go 1".to_owned(),
            scenarios: vec![
                measured("s1_redact", Some(figures(0.5)), Some(memory)),
                filter,
            ],
            scale: Some(Scale {
                growth_of: "s1_redact",
                growth: Vec::new(),
                threads_of: "s5_pipeline",
                seconds_with_threads: [1.9, 1.0],
            }),
        }
    }

    #[test]
    fn amounts_have_three_digits() {
        for (value, text) in [
            (12_345_678.0, "12.3 M"),
            (1_234_567.0, "1.23 M"),
            (234_567.0, "235 k"),
            (8_765.0, "8765"),
            (12.3, "12.3"),
            (0.5, "0.50"),
        ] {
            assert_eq!(amount(Some(value)), text);
        }
        assert_eq!(amount(None), "–");
    }

    #[test]
    fn tables_have_a_row_for_each_scenario() {
        let text = markdown(&results());
        for row in [
            "| s1_redact: hash an attribute where two conditions hold | 4.00 M / 250 k | 16.0 (goal 20) | \
             80.0 M / 5.00 M | 16.0 (goal 8) |",
            "| filter_spans: drop spans, two conditions | 4.00 M / 250 k | 16.0 | 80.0 M / – | – |",
            "| s1_redact | 18.8 / 300 | 25.0 / 400 | 128 k / 8000 | 16.0 |",
            "| s1_redact | 60.0 MB | 2.50 | 15.0 |",
            "| s1_redact | 4.00 M / 125 k | 32.0 | 80.0 M / 2.50 M | 32.0 |",
            "Two threads are 1.90 times as fast",
        ] {
            assert!(text.contains(row), "{row} is not in\n{text}");
        }
    }

    #[test]
    fn programs_find_the_ratios() {
        let text = json(&results()).expect("numbers can be written");
        let read: Json = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["scenarios"][0]["ratio"]["wire"], 16.0);
        assert_eq!(read["scenarios"][1]["ratio"]["resident"], Json::Null);
        assert_eq!(read["scenarios"][0]["ottl"]["p99_us"], 25.0);
    }
}

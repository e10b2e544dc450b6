//! What the real components do with the same configurations and messages.
//!
//! The cases are in spec-tests/cases; its FORMAT.md says what they hold.

use std::path::Path;

use ottl::config::{self, Component, ComponentKind, PipelineError, ReadOptions};
use ottl::{Engine, Gates, Severity, Signal};
use serde_json::{Map, Value as Json, json};

use crate::{json as to_json, wire};

/// Configurations that ask for what is not supported, by what is in them.
const UNSUPPORTED: [&str; 2] = ["shared_cache: true", "flatten_data: true"];

/// Cases in which the reference knows more: which pipelines there are is not said in a component.
const OTHERS: [&str; 2] = ["routing/wrong-017", "routing/wrong-018"];

/// Functions of components that may not be there; cases that call them are left out while they are
/// not.
const MISSING: [&str; 7] = [
    "HasAttrKeyOnDatapoint",
    "HasAttrOnDatapoint",
    "convert_sum_to_gauge",
    "convert_summary_sum_val_to_sum",
    "copy_metric",
    "extract_count_metric",
    "extract_sum_metric",
];

#[test]
fn components_do_what_those_of_the_collector_do() {
    let cases = cases();
    assert!(cases.len() > 300, "the cases of configurations are missing");
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = &case["expect"];
        let is_other = OTHERS.iter().any(|id| case["id"] == *id);
        if expected.get("panic").is_some() || is_other {
            continue;
        }
        let answer = answer(case);
        let config = case["config"].as_str().unwrap_or_default();
        let is_rejected = answer.get("parse_error").is_some();
        if UNSUPPORTED.iter().any(|part| config.contains(part)) && is_rejected {
            continue;
        }
        if missing(&answer).is_some_and(|name| MISSING.contains(&name)) {
            continue;
        }
        if answer.get("unsupported").is_some() && config.contains("match_type") {
            continue;
        }
        if !is_equal(case, &answer) {
            wrong.push(format!(
                "{}\n{config}\nexpected {expected}\ngot      {answer}\n",
                case["id"]
            ));
        }
    }
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{}\n{count} of {} differ",
        wrong.join("\n"),
        cases.len()
    );
}

/// The function that an answer says does not exist.
fn missing(answer: &Json) -> Option<&str> {
    let error = answer.get("parse_error")?.as_str()?;
    let (_, behind) = error.split_once("error[E0206]: There is no function `")?;
    behind.split('`').next()
}

fn cases() -> Vec<Json> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec-tests/cases");
    let mut cases = Vec::new();
    for name in ["configs-transform", "configs-filter", "configs-routing"] {
        for place in ["", "pending"] {
            let file = folder.join(place).join(format!("{name}.jsonl"));
            let Ok(text) = std::fs::read_to_string(file) else {
                continue;
            };
            cases.extend(
                text.lines()
                    .map(|line| serde_json::from_str::<Json>(line).expect("JSON")),
            );
        }
    }
    cases
}

/// What our component does.
fn answer(case: &Json) -> Json {
    let mut kinds = ComponentKind::ALL.into_iter();
    let kind = kinds
        .find(|kind| case["component"] == kind.name())
        .expect("a component");
    let file = case["config"].as_str().expect("a configuration");
    let read = config::read_component(kind, file, &ReadOptions::default());
    let rejected = |problems: &[ottl::Diagnostic]| json!({ "parse_error": ottl::render(problems, "f", file, false) });
    if read.has_errors() {
        return rejected(&read.diagnostics);
    }
    let compiled = read
        .components
        .first()
        .map(|component: &Component| component.compile(&engine(case)));
    let pipeline = match compiled {
        Some(Ok(pipeline)) => pipeline,
        Some(Err(problems)) => {
            assert!(
                problems
                    .iter()
                    .any(|problem| problem.severity == Severity::Error)
            );
            return rejected(&problems);
        }
        // Nothing in it is the same as nothing to do.
        None => return json!({ "output": case["input"] }),
    };
    let signal = signal(case);
    match pipeline.run(signal, wire(signal, &case["input"])) {
        Ok(outcome) if kind == ComponentKind::Routing => {
            let mut outputs = Map::new();
            for output in outcome.outputs {
                let name = output.pipeline.expect("a connector sends to pipelines");
                let messages = outputs.entry(name).or_insert_with(|| json!([]));
                let messages = messages.as_array_mut().expect("a list");
                messages.push(to_json(signal, &output.message));
            }
            json!({ "outputs": outputs })
        }
        Ok(outcome) => {
            let output = outcome.outputs.first();
            let message = output.map(|output| to_json(signal, &output.message));
            json!({ "output": message.unwrap_or(json!({})) })
        }
        Err(PipelineError::Failed { error, .. }) => json!({ "exec_error": error.to_string() }),
        Err(PipelineError::Unsupported(_)) => json!({ "unsupported": true }),
        Err(error) => panic!("{}: {error}", case["id"]),
    }
}

/// An engine with the gates of a case, those of components aside.
fn engine(case: &Json) -> Engine {
    let mut gates = Gates::default();
    for gate in case["gates"].as_array().into_iter().flatten() {
        let gate = gate.as_str().expect("the name of a gate");
        let name = gate.strip_prefix('-');
        let is_known = gates.set(name.unwrap_or(gate), name.is_none());
        assert!(is_known || !gate.contains("ottl."), "{gate} is not known");
    }
    Engine::default().with_gates(gates)
}

fn signal(case: &Json) -> Signal {
    match case["signal"].as_str() {
        Some("traces") => Signal::Traces,
        Some("metrics") => Signal::Metrics,
        _ => Signal::Logs,
    }
}

fn is_equal(case: &Json, answer: &Json) -> bool {
    let expected = &case["expect"];
    let signal = signal(case);
    if expected.get("output").is_some() {
        return answer.get("output").is_some()
            && normal(signal, &expected["output"]) == normal(signal, &answer["output"]);
    }
    let outputs = |value: &Json| {
        let outputs = value["outputs"].as_object()?;
        // In which order a pipeline gets its messages is not prescribed.
        let mut messages = Vec::new();
        for (name, sent) in outputs {
            let all = sent.as_array().cloned();
            for message in all.unwrap_or_else(|| vec![sent.clone()]) {
                messages.push((name.clone(), normal(signal, &message).to_string()));
            }
        }
        messages.sort();
        Some(messages)
    };
    if expected.get("outputs").is_some() {
        return outputs(expected) == outputs(answer);
    }
    ["parse_error", "exec_error"]
        .iter()
        .all(|key| expected.get(key).is_some() == answer.get(key).is_some())
}

/// A message in a form in which equal messages are equal.
fn normal(signal: Signal, message: &Json) -> Json {
    let mut message = to_json(signal, &wire(signal, message));
    sort(&mut message);
    message
}

/// Sorts attributes, which have no order, and leaves out what is empty.
fn sort(value: &mut Json) {
    match value {
        Json::Array(items) => {
            items.iter_mut().for_each(sort);
            if items.iter().all(|item| item.get("key").is_some()) {
                items.sort_by_key(|item| item["key"].to_string());
            }
        }
        Json::Object(fields) => {
            fields.values_mut().for_each(sort);
            fields.retain(|key, value| {
                let is_empty = value.as_object().is_some_and(Map::is_empty)
                    || value.as_array().is_some_and(Vec::is_empty);
                !is_empty || key.ends_with("Value")
            });
        }
        _ => {}
    }
}

//! What this project's configurations answer to cases that ask a component.

use ottl::config::{self, ComponentKind, PipelineError, ReadOptions};
use ottl::{Diagnostic, Engine};
use serde_json::{Map, Value as Json, json};

use crate::case::{Case, Component, Kind};
use crate::eval::outside;

/// The answer of a component to a message.
pub(crate) fn answer(
    engine: &Engine,
    signal: ottl::Signal,
    component: Component,
    case: &Case,
    message: Vec<u8>,
) -> Result<Json, Json> {
    let kind = match component {
        Component::Transform => ComponentKind::Transform,
        Component::Filter => ComponentKind::Filter,
        Component::Routing => ComponentKind::Routing,
    };
    let text = configuration(component, case);
    let read = config::read_component(kind, &text, &ReadOptions::default());
    let rejected = |problems: &[Diagnostic]| json!({ "parse_error": ottl::render(problems, "configuration", &text, false) });
    if read.has_errors() {
        return Err(rejected(&read.diagnostics));
    }
    let Some(component) = read.components.first() else {
        return Ok(json!({ "output": to_json(signal, &message)? }));
    };
    let pipeline = component
        .compile(engine)
        .map_err(|problems| rejected(&problems))?;
    let outcome = pipeline.run_with(signal, message, &outside(case)?);
    let outcome = outcome.map_err(|error| match error {
        PipelineError::Failed { error, .. } => json!({ "exec_error": error.to_string() }),
        other => json!({ "panic": other.to_string() }),
    })?;
    if kind != ComponentKind::Routing {
        let message = match outcome.outputs.first() {
            Some(output) => to_json(signal, &output.message)?,
            None => json!({}),
        };
        return Ok(json!({ "output": message }));
    }
    let mut outputs: Map<String, Json> = Map::new();
    for output in outcome.outputs {
        let message = to_json(signal, &output.message)?;
        let messages = outputs.entry(output.pipeline.unwrap_or_default());
        if let Json::Array(messages) = messages.or_insert_with(|| json!([])) {
            messages.push(message);
        }
    }
    Ok(json!({ "outputs": outputs }))
}

fn to_json(signal: ottl::Signal, message: &[u8]) -> Result<Json, Json> {
    let mut text = Vec::new();
    let written = ottl::json::from_wire(signal, message, &mut text);
    written.map_err(|error| json!({ "panic": error.to_string() }))?;
    serde_json::from_slice(&text).map_err(|error| json!({ "panic": error.to_string() }))
}

/// The configuration of a case, or the smallest one that holds its sources. A `$` of these stands for
/// itself, and not for a variable of the environment.
fn configuration(component: Component, case: &Case) -> String {
    match &case.config {
        Some(Json::String(text)) => return text.clone(),
        Some(config) => return config.to_string(),
        None => {}
    }
    let signal = case.signal.to_string();
    let list = signal.trim_end_matches('s');
    let mode = case.error_mode.as_deref().unwrap_or("propagate");
    let context = case.context.as_str();
    let sources = case.sources();
    let mut config = json!({ "error_mode": mode });
    if component == Component::Transform && case.kind == Kind::Statements {
        config[format!("{list}_statements")] =
            json!([{ "context": context, "statements": sources }]);
        return config.to_string().replace('$', "$$");
    }
    let old = match (signal.as_str(), context) {
        ("traces", "resource" | "span" | "spanevent") => Some(context),
        ("metrics", "resource" | "metric" | "datapoint") => Some(context),
        ("logs", "resource") => Some(context),
        ("logs", "log") => Some("log_record"),
        ("profiles", "resource" | "profile") => Some(context),
        _ => None,
    };
    match old {
        Some(old) => config[signal.as_str()] = json!({ old: sources }),
        None => {
            config[format!("{list}_conditions")] =
                json!([{ "context": context, "conditions": sources }]);
        }
    }
    config.to_string().replace('$', "$$")
}

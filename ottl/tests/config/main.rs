//! Configurations of the Collector: where problems are shown, what is accepted, what comes out.

mod checking;
mod collectors;
mod counting;
mod expressions;
mod flattening;
mod hostile;
mod positions;
mod reading;
mod running;
mod sharing;
mod tracing;

use ottl::config::{self, ComponentKind, Pipeline, ReadOptions};
use ottl::{Diagnostic, Engine, Signal};
use serde_json::Value as Json;

/// Everything that is wrong with a configuration of a Collector.
fn check(file: &str) -> Vec<Diagnostic> {
    config::read(file, &ReadOptions::default()).check(&Engine::default())
}

/// Everything that is wrong with the configuration of one component.
fn check_one(kind: ComponentKind, file: &str) -> Vec<Diagnostic> {
    config::read_component(kind, file, &ReadOptions::default()).check(&Engine::default())
}

/// Each problem as `line:column code message`.
fn shown(file: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let lines = diagnostics.iter().map(|diagnostic| {
        let rendered = ottl::render(std::slice::from_ref(diagnostic), "f", file, false);
        let place = rendered
            .lines()
            .nth(1)
            .and_then(|line| line.split_once("--> f:"));
        let place = place.map_or("", |(_, place)| place);
        format!(
            "{place} {} {}",
            diagnostic.code.as_str(),
            diagnostic.message
        )
    });
    lines.collect()
}

/// A component that is ready to run.
fn pipeline(kind: ComponentKind, file: &str) -> Pipeline {
    pipeline_with(kind, file, &Engine::default())
}

fn pipeline_with(kind: ComponentKind, file: &str, engine: &Engine) -> Pipeline {
    let read = config::read_component(kind, file, &ReadOptions::default());
    let component = &read.components[0];
    component
        .compile(engine)
        .unwrap_or_else(|problems| panic!("{}", ottl::render(&problems, "f", file, false)))
}

fn wire(signal: Signal, message: &Json) -> Vec<u8> {
    let text = message.to_string();
    ottl::json::to_wire(signal, text.as_bytes())
        .expect("a message")
        .to_vec()
}

fn json(signal: Signal, message: &[u8]) -> Json {
    let mut text = Vec::new();
    ottl::json::from_wire(signal, message, &mut text).expect("a message");
    serde_json::from_slice(&text).expect("JSON")
}

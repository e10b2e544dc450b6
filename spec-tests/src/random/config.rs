//! Random configurations of the transform and filter processors: several groups, each with a context,
//! conditions and modes of its own.

use ottl::{Context, Level, context_name};
use serde_json::{Map, Value, json};

use super::expression::Writer;
use super::program;
use super::rng::Rng;
use super::vocabulary::Vocabulary;
use crate::case::{Component, Kind, Signal};

/// A configuration, and what its case has to have for it.
pub(super) struct Config {
    pub(super) value: Value,
    /// Attributes of items of the first group's context.
    pub(super) planted: Vec<(String, Value)>,
    pub(super) needs_lambdas: bool,
}

/// The contexts of a signal that have both processors.
fn contexts(signal: Signal) -> &'static [Context] {
    match signal {
        Signal::Traces => &[Level::Span, Level::SpanEvent, Level::Scope, Level::Resource],
        Signal::Logs => &[Level::Log, Level::Scope, Level::Resource],
        Signal::Metrics => &[
            Level::DataPoint,
            Level::Metric,
            Level::Scope,
            Level::Resource,
        ],
        Signal::Profiles => &[Level::Profile, Level::Scope, Level::Resource],
    }
}

/// A configuration whose first group is of `context`.
pub(super) fn config(
    rng: &mut Rng,
    vocabulary: &Vocabulary,
    context: Context,
    signal: Signal,
    component: Component,
) -> Config {
    let transforms = component == Component::Transform;
    let mut config = Config {
        value: Value::Null,
        planted: Vec::new(),
        needs_lambdas: false,
    };
    let mut groups = Vec::new();
    for number in 0..rng.between(1, 4) {
        let context = match number {
            0 => context,
            _ => rng.pick(contexts(signal)),
        };
        let mut write = |rng: &mut Rng, kind| {
            let mut writer = Writer {
                rng,
                vocabulary,
                context,
                component: Some(component),
                conditions: kind == Kind::Conditions,
                loose: 0,
                locals: Vec::new(),
                planted: Vec::new(),
                needs_lambdas: false,
            };
            let sources = program::sources(&mut writer, kind);
            config.needs_lambdas |= writer.needs_lambdas;
            if number == 0 {
                config.planted.append(&mut writer.planted);
            }
            sources
        };
        let mut group = Map::new();
        if !transforms || rng.chance(40) {
            group.insert("conditions".into(), json!(write(rng, Kind::Conditions)));
        }
        if transforms {
            group.insert("statements".into(), json!(write(rng, Kind::Statements)));
        }
        group.insert("context".into(), json!(context_name(context)));
        if rng.chance(30) {
            let mode = rng.pick(&["ignore", "silent", "propagate"]);
            group.insert("error_mode".into(), json!(mode));
        }
        if transforms && rng.chance(25) {
            group.insert("shared_cache".into(), json!(true));
        }
        groups.push(Value::Object(group));
    }
    let signal = signal.to_string();
    let list = signal.trim_end_matches('s');
    let kind = if transforms {
        "statements"
    } else {
        "conditions"
    };
    let mut value = json!({ format!("{list}_{kind}"): groups });
    if rng.chance(60) {
        value["error_mode"] = json!(rng.pick(&["ignore", "silent", "propagate"]));
    }
    escape(&mut value);
    config.value = value;
    config
}

/// Doubles the sign that begins the name of a variable of the environment.
fn escape(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace('$', "$$"),
        Value::Array(elements) => elements.iter_mut().for_each(escape),
        Value::Object(fields) => fields.values_mut().for_each(escape),
        _ => {}
    }
}

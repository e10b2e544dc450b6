//! Random programs: what kind of sources a case has, how many, and the statements themselves.

use ottl::{Context, Level, ParamKind};
use ottl_vm::{Type, ValueKind};

use super::expression::Writer;
use super::path::COMMON;
use super::rng::Rng;
use crate::case::{Component, Kind};

/// What a case asks, beside its sources.
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) component: Option<Component>,
    pub(super) mode: Option<&'static str>,
}

/// What kind of case it is to be.
pub(super) fn plan(rng: &mut Rng, context: Context) -> Plan {
    let mode = rng.pick(&[
        None,
        Some("propagate"),
        Some("ignore"),
        Some("ignore"),
        Some("silent"),
    ]);
    if rng.chance(12) && context != Level::ProfileSample {
        let filters = context != Level::Exemplar && rng.chance(30);
        let (component, kind) = match filters {
            true => (Component::Filter, Kind::Conditions),
            false => (Component::Transform, Kind::Statements),
        };
        let mode = Some(mode.unwrap_or("propagate"));
        let component = Some(component);
        return Plan {
            kind,
            component,
            mode,
        };
    }
    let kind = match rng.below(10) {
        0..=5 => Kind::Statements,
        6 => Kind::Conditions,
        _ => Kind::Expressions,
    };
    Plan {
        kind,
        component: None,
        mode: mode.filter(|_| kind == Kind::Statements),
    }
}

/// The sources of a case.
pub(super) fn sources(writer: &mut Writer<'_>, kind: Kind) -> Vec<String> {
    let most = match kind {
        Kind::Statements => 6,
        Kind::Conditions | Kind::Expressions => 4,
    };
    let count = writer.rng.between(1, most);
    (0..count).map(|_| source(writer, kind)).collect()
}

fn source(writer: &mut Writer<'_>, kind: Kind) -> String {
    match kind {
        Kind::Statements => statement(writer),
        Kind::Conditions => writer.condition(0),
        Kind::Expressions => expression(writer),
    }
}

/// A call of any converter, each as often as the others, or some other value.
fn expression(writer: &mut Writer<'_>) -> String {
    if writer.rng.chance(25) {
        return writer.value(Type::Any, 0);
    }
    let vocabulary = writer.vocabulary;
    let all = vocabulary.callable(writer.context, writer.component, writer.conditions, false);
    let callable = all[writer.rng.below(all.len())];
    writer.converter(callable, 1)
}

fn statement(writer: &mut Writer<'_>) -> String {
    let vocabulary = writer.vocabulary;
    let editors = vocabulary.callable(writer.context, writer.component, false, true);
    let stores = |kind| matches!(kind, ParamKind::Setter);
    let takes_any = |kind| matches!(kind, ParamKind::Value(ValueKind::Any));
    let is_store = |params: &[ottl::Param]| match params {
        [target, value] => stores(target.kind) && takes_any(value.kind),
        _ => false,
    };
    let store = editors.iter().find(|it| is_store(it.signature().params));
    if let Some(store) = store
        && writer.rng.chance(45)
    {
        let call = set(writer, store.signature().name);
        return with_condition(writer, call);
    }
    let editor = editors[writer.rng.below(editors.len())];
    let call = writer.call(editor, 0);
    // A metric that is appended is visited in turn: without an end to it the reference never stops.
    if editor.reshapes() {
        let has_name = |param: &ottl::Param| param.name == "name";
        let call = match editor.signature().params.iter().any(has_name) {
            true => format!("{}(name=\"made\")", editor.signature().name),
            false => call,
        };
        return format!("{call} where metric.name != \"made\"");
    }
    with_condition(writer, call)
}

fn with_condition(writer: &mut Writer<'_>, call: String) -> String {
    match writer.rng.chance(35) {
        true => format!("{call} where {}", writer.condition(0)),
        false => call,
    }
}

fn set(writer: &mut Writer<'_>, name: &str) -> String {
    let wanted = writer.rng.pick(&COMMON);
    let target = writer.written(wanted);
    let value = match writer.rng.chance(6) {
        true => "nil".to_owned(),
        false => writer.value(wanted, 0),
    };
    format!("{name}({target}, {value})")
}

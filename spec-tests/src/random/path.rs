//! What can be read and written in each context, drawn from the tables of the virtual machine.

use ottl::{Context, context_name, context_named};
use ottl_vm::Type;
use ottl_vm::path::{Keys, PathDef, cache, paths, visible_contexts};

use super::rng::Rng;

/// The types that literals, attributes and functions can all have.
pub(super) const COMMON: [Type; 9] = [
    Type::Int,
    Type::Double,
    Type::String,
    Type::Bool,
    Type::Map,
    Type::List,
    Type::Bytes,
    Type::Time,
    Type::Duration,
];

/// Attribute keys; what a message holds under a key has the type that stands beside it, most of the
/// time.
pub(super) const KEYS: [(&str, Type); 12] = [
    ("s1", Type::String),
    ("s2", Type::String),
    ("env", Type::String),
    ("i1", Type::Int),
    ("i2", Type::Int),
    ("d1", Type::Double),
    ("t1", Type::Bool),
    ("l1", Type::List),
    ("m1", Type::Map),
    ("y1", Type::Bytes),
    ("x1", Type::Any),
    ("none", Type::Any),
];

/// Where paths are looked for.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) context: Context,
    /// Whether the reference is asked through a component, whose items are not quite the same.
    pub(super) in_component: bool,
}

/// The name of a context that paths may begin with: that of the item in half of the draws.
fn named_level(rng: &mut Rng, context: Context) -> (&'static str, Context) {
    let name = match rng.chance(55) {
        true => context_name(context),
        false => rng.pick(visible_contexts(context)),
    };
    match context_named(name) {
        Some(level) => (name, level),
        None => (context_name(context), context),
    }
}

/// The field of an item that holds its attributes.
pub(super) fn main_map(context: Context) -> &'static str {
    let is_map = |def: &&PathDef| def.keys == Keys::Any && def.ty == Type::Map;
    let def = paths(context).iter().find(is_map);
    def.map_or("cache", |def| def.name)
}

/// Paths to what is known of the request.
const REQUEST: [&str; 6] = [
    "otelcol.client.addr",
    "otelcol.client.metadata",
    "otelcol.client.metadata[\"x-tenant\"]",
    "otelcol.client.auth.attributes",
    "otelcol.client.auth.attributes[\"s1\"]",
    "otelcol.grpc.metadata[\"x-tenant\"]",
];

/// A path of the wanted type, or of none in particular for [`Type::Any`]; a few have keys that
/// their values may not have.
pub(super) fn path(rng: &mut Rng, place: Place, wanted: Type) -> String {
    let mut path = match rng.chance(1) {
        true => rng.pick(&REQUEST).to_owned(),
        false => item_path(rng, place, wanted),
    };
    if rng.chance(1) {
        let keys = ["[0]", "[-1]", "[1]", "[9]", "[\"k\"]", "[\"s1\"]", "[\"\"]"];
        for _ in 0..rng.between(1, 2) {
            path.push_str(rng.pick(&keys));
        }
    }
    path
}

fn item_path(rng: &mut Rng, place: Place, wanted: Type) -> String {
    let (name, level) = named_level(rng, place.context);
    // Times and the like cannot be attributes.
    let only_fields = !COMMON[..7].contains(&wanted) && wanted != Type::Any;
    if rng.chance(if only_fields { 90 } else { 45 })
        && let Some(field) = field(rng, place, level, wanted)
    {
        return format!("{name}.{field}");
    }
    let mut container = main_map(level);
    if level == place.context && rng.chance(10) {
        container = "cache";
    } else if rng.chance(30) {
        let keyed: Vec<_> = paths(level)
            .iter()
            .filter(|def| def.keys == Keys::Any)
            .collect();
        container = keyed
            .get(rng.below(keyed.len().max(1)))
            .map_or(container, |def| def.name);
    }
    if container == "cache" && level != place.context {
        return format!(
            "{}.{}",
            context_name(place.context),
            attribute(rng, place, container, wanted)
        );
    }
    format!("{name}.{}", attribute(rng, place, container, wanted))
}

/// A field of the table, one of the wanted type if there is one.
fn field(rng: &mut Rng, place: Place, level: Context, wanted: Type) -> Option<String> {
    let own_cache = cache(level);
    let fits = |def: &&PathDef| {
        let is_wanted = wanted == Type::Any || def.ty == wanted;
        is_wanted && !(place.in_component && def.name == "event_index")
    };
    let mut fields: Vec<&PathDef> = paths(level).iter().filter(fits).collect();
    if level == place.context && fits(&&own_cache) {
        fields.push(&own_cache);
    }
    let def = match fields.len() {
        0 => return None,
        count => fields[rng.below(count)],
    };
    Some(match def.keys {
        Keys::One if rng.chance(50) => format!("{}[{:?}]", def.name, rng.pick(&["a", "b", "none"])),
        _ => def.name.to_owned(),
    })
}

fn attribute(rng: &mut Rng, place: Place, container: &str, wanted: Type) -> String {
    if wanted == Type::Map && rng.chance(60) {
        return container.to_owned();
    }
    match (wanted, rng.below(10)) {
        (Type::String, 0) => return format!("{container}[\"m1\"][\"k\"]"),
        (Type::Int, 0) => return format!("{container}[\"m1\"][\"n\"]"),
        (Type::Any | Type::String, 1) => return format!("{container}[\"l1\"][{}]", rng.below(3)),
        (Type::Any, 2) => return format!("{container}[\"x1\"][\"k\"]"),
        (Type::Any, 3) if rng.chance(30) => {
            let key = path(rng, place, Type::String);
            return format!("{container}[{key}]");
        }
        _ => {}
    }
    let matching: Vec<&str> = KEYS
        .iter()
        .filter(|(_, t)| *t == wanted)
        .map(|(key, _)| *key)
        .collect();
    let key = match matching.is_empty() || (wanted == Type::Any && rng.chance(60)) {
        true => rng.pick(&KEYS).0,
        false => rng.pick(&matching),
    };
    format!("{container}[{key:?}]")
}

/// A path to write, of the wanted type. One in fifty cannot be written.
pub(super) fn target(rng: &mut Rng, place: Place, wanted: Type) -> String {
    let drawn = path(rng, place, wanted);
    match drawn.ends_with("event_index") && !rng.chance(2) {
        true => format!("{}.cache[\"none\"]", context_name(place.context)),
        false => drawn,
    }
}

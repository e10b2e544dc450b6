//! Random programs: what kind of sources a case has, how many, and the statements themselves.

use super::expression::Writer;
use super::path::{Context, Type, path};
use super::rng::Rng;
use crate::case::Kind;

/// Statements but `set`. `#` and a letter stand for a path to write: `#m` a map, `#l` a list, `#s`
/// a string, `#a` anything; `@` is described at `expression`.
const EDITORS: [&str; 33] = [
    "append(#l, @a)",
    "append(#l, values=[@a, @s])",
    "append(#a, @s)",
    "clear(#a)",
    "delete_index(#l, @I)",
    "delete_index(#l, 0, @I)",
    "delete_key(#m, @K)",
    "delete_key(#m, @s)",
    "delete_matching_keys(#m, @R)",
    "keep_matching_keys(#m, @R)",
    "flatten(#m)",
    "flatten(#m, \"p\")",
    "flatten(#m, depth=1)",
    "flatten(#m, resolve_conflicts=true)",
    "keep_keys(#m, [@K, @K])",
    "keep_keys(#m, [@K, @K, @K, @K])",
    "limit(#m, @I, [])",
    "limit(#m, 2, [@K])",
    "merge_maps(#m, @m, \"upsert\")",
    "merge_maps(#m, @m, \"insert\")",
    "merge_maps(#m, @m, \"update\")",
    "replace_all_matches(#m, @G, @s)",
    "replace_all_patterns(#m, \"value\", @R, @X)",
    "replace_all_patterns(#m, \"key\", @R, @X)",
    "replace_match(#s, @G, @s)",
    "replace_match(#s, @G, @X, ToUpperCase)",
    "replace_pattern(#s, @R, @X)",
    "replace_pattern(#s, @R, @s)",
    "replace_pattern(#s, \"(\\\\w+)\", \"$1\", SHA256)",
    "stringify_all(#m)",
    "truncate_all(#m, @I)",
    "truncate_all(#m, 3, false)",
    "truncate_all(#m, 4, true, \"..\")",
];

/// The kind of a case, its error mode and its sources.
pub(super) fn sources(
    rng: &mut Rng,
    context: Context,
) -> (Kind, Option<&'static str>, Vec<String>) {
    let loose = if rng.chance(20) { 15 } else { 0 };
    let kind = match rng.below(10) {
        0..=6 => Kind::Statements,
        7 => Kind::Conditions,
        _ => Kind::Expressions,
    };
    let modes = [
        None,
        Some("propagate"),
        Some("ignore"),
        Some("ignore"),
        Some("silent"),
    ];
    let mode = rng.pick(&modes);
    let count = rng.between(1, if kind == Kind::Statements { 6 } else { 4 });
    let mut writer = Writer {
        rng,
        context,
        loose,
    };
    let sources = (0..count).map(|_| source(&mut writer, kind)).collect();
    (kind, mode, sources)
}

fn source(writer: &mut Writer<'_>, kind: Kind) -> String {
    match kind {
        Kind::Statements => statement(writer),
        Kind::Conditions => writer.condition(0),
        Kind::Expressions => writer.value(Type::Any, 0),
    }
}

fn statement(writer: &mut Writer<'_>) -> String {
    let call = match writer.rng.chance(45) {
        true => set(writer),
        false => {
            let template = writer.rng.pick(&EDITORS);
            let with_targets = targets(writer, template);
            writer.fill(&with_targets, 0)
        }
    };
    match writer.rng.chance(45) {
        true => format!("{call} where {}", writer.condition(0)),
        false => call,
    }
}

fn set(writer: &mut Writer<'_>) -> String {
    let wanted = writer.rng.pick(&Type::COMMON);
    let target = path(writer.rng, writer.context, wanted);
    let value = match writer.rng.chance(6) {
        true => "nil".to_owned(),
        false => writer.value(wanted, 0),
    };
    format!("set({target}, {value})")
}

/// Replaces the path placeholders of a template.
fn targets(writer: &mut Writer<'_>, template: &str) -> String {
    let mut parts = template.split('#');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let wanted = match part.as_bytes().first() {
            Some(b'm') => Type::Map,
            Some(b'l') => Type::List,
            Some(b's') => Type::Text,
            _ => Type::Any,
        };
        out.push_str(&path(writer.rng, writer.context, wanted));
        out.push_str(part.get(1..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::random::{CONTEXTS, case};

    #[test]
    fn a_case_is_a_function_of_seed_and_number() {
        let text = |seed, number| serde_json::to_string(&case(seed, number)).unwrap();
        assert_eq!(text(1, 5), text(1, 5));
        assert_ne!(text(1, 5), text(1, 6));
        assert_ne!(text(1, 5), text(2, 5));
    }

    #[test]
    fn cases_cover_every_context_and_have_sources() {
        let cases: Vec<_> = (0..400).map(|n| case(3, n)).collect();
        for context in CONTEXTS {
            assert!(
                cases.iter().any(|c| c.context == context.name()),
                "{}",
                context.name()
            );
        }
        assert!(cases.iter().all(|c| !c.sources().is_empty()));
        assert!(
            cases
                .iter()
                .all(|c| c.sources().iter().all(|s| !s.contains(['@', '#'])))
        );
    }

    #[test]
    fn inputs_stay_small() {
        let largest = (0..400).map(|n| case(4, n).input.get().len()).max();
        assert!(largest.is_some_and(|bytes| bytes < 6000), "{largest:?}");
    }
}

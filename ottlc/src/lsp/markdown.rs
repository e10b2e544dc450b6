//! What is said about functions, paths and enum symbols, in Markdown.

use std::fmt::Write as _;

use ottl::reference::{self, Keys, PathDef};
use ottl::{Context, Function, ParamKind, Signature, Type, context_name};
use ottl_syntax::Code;
use ottl_syntax::explanation::{Part, parts};

/// A block of OTTL.
pub(super) fn code(source: &str) -> String {
    format!("```ottl\n{source}\n```")
}

/// What a function does, and where it can be called.
pub(super) fn function(function: &dyn Function) -> String {
    let signature = function.signature();
    let mut out = signature.docs.trim_end().to_owned();
    if let Some(note) = reference::home_note(function.home()) {
        let _ = write!(out, "\n\n{note}");
    }
    if !reference::is_everywhere(function) {
        let contexts = reference::contexts_of(function)
            .into_iter()
            .map(context_name);
        let contexts: Vec<_> = contexts.map(|name| format!("`{name}`")).collect();
        let _ = write!(out, "\n\nOnly in the contexts {}.", contexts.join(", "));
    }
    out
}

/// All about a function: how it is called, what it does, its parameters and examples.
pub(super) fn function_page(about: &dyn Function) -> String {
    let signature = about.signature();
    let mut out = format!(
        "{}\n\n{}",
        code(&ottl::declaration(signature)),
        function(about)
    );
    if !signature.params.is_empty() {
        out.push_str("\n\nParameters:\n");
        for param in signature.params {
            let optional = if param.optional {
                ", may be left out"
            } else {
                ""
            };
            let takes = ottl::describe_param(param.kind);
            let _ = write!(out, "\n- `{}`: {takes}{optional}", param.name);
        }
    }
    if let Some(example) = signature.examples.first() {
        let result = reference::outcome(example);
        let _ = write!(
            out,
            "\n\n{}:\n\n{}\n\n",
            example.title,
            code(example.source)
        );
        if reference::has_attributes(example) {
            let _ = writeln!(out, "- attributes: `{}`", example.attributes);
        }
        let _ = write!(out, "- result: `{result}`");
    }
    out
}

/// The type of a path and whether it can be written, in a few words.
pub(super) fn path_detail(def: &PathDef) -> String {
    let mode = if def.writable { "" } else { ", read-only" };
    format!("{}{mode}", def.ty.name())
}

/// All about a path but its name.
pub(super) fn path(def: &PathDef) -> String {
    let mut out = format!("{}.", reference::place(def));
    out.push_str(match def.writable {
        true => " It can be read and written.",
        false => " It can only be read.",
    });
    match def.keys {
        Keys::None => {}
        Keys::One => out.push_str(" It may have one key, as in `[\"key\"]`."),
        Keys::Any => out.push_str(" It may have keys, as in `[\"key\"]`."),
    }
    if let Some(types) = reference::metric_types(def) {
        let _ = write!(out, "\n\nOnly {types} have it; elsewhere it is nil.");
    }
    if def.ty == Type::Opaque {
        out.push_str("\n\nIt can only be copied, counted or cleared.");
    }
    out
}

/// The heading of a path.
pub(super) fn path_head(prefix: &str, def: &PathDef) -> String {
    code(&format!("{prefix}.{}: {}", def.name, def.ty.name()))
}

/// What a context is.
pub(super) fn context(context: Context) -> String {
    let (one, _) = ottl::context_nouns(context);
    let paths = match context_name(context) {
        name @ ("resource" | "scope") => format!("Paths of the {name} of each item."),
        _ => format!("Paths of each {one}."),
    };
    let signals = ottl::signals_of(context).iter().map(|signal| signal.name());
    let signals: Vec<_> = signals.collect();
    format!("{paths} It is there in {}.", signals.join(", "))
}

/// What `otelcol` is.
pub(super) fn request() -> String {
    "Paths of the request that brought a message. They are there in every context, can only be read, \
     and are nil where nothing is known of the request."
        .to_owned()
}

/// What a code means, from its explanation.
pub(super) fn explanation(code: Code) -> String {
    let first = parts(code.explanation()).find_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Example(_) => None,
    });
    let name = code.as_str();
    format!(
        "**{name}**: {}\n\n{}\n\n`ottlc explain {name}` has examples.",
        code.title(),
        first.unwrap_or_default()
    )
}

/// How a call of a function is written, as a snippet: what it cannot do without, and with
/// `everything` also what may be left out, by name.
pub(super) fn snippet(signature: &Signature, everything: bool) -> String {
    let params = signature.params.iter();
    let wanted = params.filter(|param| everything || !param.optional);
    let mut parts = Vec::new();
    for (at, param) in wanted.enumerate() {
        let stop = at + 1;
        let value = match param.kind {
            ParamKind::Lambda(_) => lambda(param.kind, stop),
            ParamKind::List(_) | ParamKind::StringLiterals | ParamKind::DoubleLiterals => {
                format!("[${{{stop}:{}}}]", param.name)
            }
            ParamKind::StringLiteral => format!("\"${{{stop}:{}}}\"", param.name),
            _ => format!("${{{stop}:{}}}", param.name),
        };
        parts.push(match param.optional {
            true => format!("{}={value}", param.name),
            false => value,
        });
    }
    format!("{}({})$0", signature.name, parts.join(", "))
}

fn lambda(kind: ParamKind, stop: usize) -> String {
    let params = match kind {
        ParamKind::Lambda(0) => "",
        ParamKind::Lambda(1) => "v",
        ParamKind::Lambda(2) => "k, v",
        _ => "a, k, v",
    };
    format!("({params}) => ${{{stop}:v}}")
}

#[cfg(test)]
mod tests {
    use ottl::Engine;

    use super::*;

    fn with<T>(name: &str, ask: impl Fn(&dyn Function) -> T) -> T {
        let engine = Engine::default();
        let registry = engine.registry();
        ask(&**registry.get(registry.find(name).expect("there is such a function")))
    }

    #[test]
    fn snippets_have_what_a_call_needs() {
        let snippet = |name, everything| with(name, |it| snippet(it.signature(), everything));
        assert_eq!(snippet("set", false), "set(${1:target}, ${2:value})$0");
        assert_eq!(snippet("Now", false), "Now()$0");
        let all = snippet("replace_pattern", true);
        assert!(all.contains(", function=${4:function}"), "{all}");
        assert!(!snippet("replace_pattern", false).contains('='));
    }

    #[test]
    fn pages_have_all_there_is() {
        let page = with("Substring", function_page);
        for part in [
            "```ottl\nSubstring(",
            "Parameters:",
            "- `start`",
            "result: `",
        ] {
            assert!(page.contains(part), "{part} is missing in:\n{page}");
        }
        let page = with("IsRootSpan", function_page);
        assert!(page.contains("Only in the contexts `span`."), "{page}");
    }
}

//! What the documentation of functions says beside their signatures, for the command line and for the
//! generated pages.

use ottl_vm::path::CONTEXTS;
use ottl_vm::{Example, Function, Home, Signature};

use crate::Context;

/// The contexts in which a function can be called, all of them for most.
#[must_use]
pub fn contexts_of(function: &dyn Function) -> Vec<Context> {
    let own = function.contexts();
    let fields = function.signature().fields;
    CONTEXTS
        .into_iter()
        .filter(|context| own.is_empty() || own.contains(context))
        .filter(|context| fields.iter().all(|field| field.level() == *context))
        .collect()
}

/// Whether a function can be called in every context.
#[must_use]
pub fn is_everywhere(function: &dyn Function) -> bool {
    contexts_of(function).len() == CONTEXTS.len()
}

/// Who offers a function, as one word.
#[must_use]
pub fn home_name(home: Home) -> &'static str {
    match home {
        Home::Standard => "standard",
        Home::Experimental => "experimental",
        Home::Transform => "transform",
        Home::Filter => "filter",
        Home::Selfops => "selfops",
    }
}

/// What is needed to call a function, as a sentence; none for a standard function.
#[must_use]
pub fn home_note(home: Home) -> Option<&'static str> {
    match home {
        Home::Standard => None,
        Home::Experimental => Some("Only with the gate `ottl.functions.enableLambda`."),
        Home::Transform => Some("From the transform processor."),
        Home::Filter => Some("From the filter processor."),
        Home::Selfops => Some("Only in the `selfops` dialect."),
    }
}

/// The first sentence of a function's documentation.
#[must_use]
pub fn summary(signature: &Signature) -> &str {
    let paragraph = signature.docs.split("\n\n").next().unwrap_or_default();
    match paragraph.find(". ") {
        Some(end) => &paragraph[..=end],
        None => paragraph,
    }
}

/// Whether an example starts from attributes.
#[must_use]
pub fn has_attributes(example: &Example) -> bool {
    !matches!(example.attributes, "" | "{}")
}

/// What an example comes to: the attributes behind an editor, the value of a converter, or the error
/// in a sentence.
#[must_use]
pub fn outcome(example: &Example) -> String {
    let result = example.result;
    if let Some(message) = result.strip_prefix("error: ") {
        return format!("fails: {message}");
    }
    if result.starts_with("rejected: ") {
        return result.to_owned();
    }
    if result == "null" {
        return "nil".to_owned();
    }
    let typed = result
        .strip_prefix("{\"")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|rest| rest.split_once("\":"));
    match typed {
        Some((kind, value))
            if SCALARS.contains(&kind) && !value.contains("\":") && is_converter(example) =>
        {
            format!("{} ({kind})", value.trim_start())
        }
        _ => result.to_owned(),
    }
}

/// The types of results that are shown without their notation.
const SCALARS: [&str; 5] = ["string", "int", "double", "bool", "bytes"];

fn is_converter(example: &Example) -> bool {
    example
        .source
        .starts_with(|first: char| first.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Level};

    fn function(name: &str) -> std::sync::Arc<dyn Function> {
        let engine = Engine::default();
        let registry = engine.registry();
        let id = registry.find(name).expect("there is such a function");
        registry.get(id).clone()
    }

    #[test]
    fn contexts_are_those_that_compile() {
        assert_eq!(contexts_of(&*function("IsRootSpan")), [Level::Span]);
        assert!(is_everywhere(&*function("set")));
        assert!(!is_everywhere(&*function("IsRootSpan")));
    }

    #[test]
    fn summaries_are_one_sentence() {
        let engine = Engine::default();
        for function in engine.registry().all() {
            let summary = summary(function.signature());
            assert!(summary.ends_with('.'), "{summary}");
            assert!(!summary.contains(". "), "{summary}");
        }
    }

    #[test]
    fn outcomes_are_for_people() {
        let outcome = |source, result| {
            outcome(&Example {
                title: "",
                source,
                attributes: "{}",
                result,
            })
        };
        assert_eq!(outcome("A()", r#"{"string":"a"}"#), r#""a" (string)"#);
        assert_eq!(outcome("A()", "null"), "nil");
        assert_eq!(outcome("a()", r#"{"string":"a"}"#), r#"{"string":"a"}"#);
        assert_eq!(outcome("A()", r#"{"list":[]}"#), r#"{"list":[]}"#);
        assert_eq!(
            outcome("A()", "error: It is broken."),
            "fails: It is broken."
        );
    }
}

//! What the documentation of functions says beside their signatures, for the command line and for the
//! generated pages.

use otlp_columns::{Level, MapField, Shape};
use ottl_compiler::enums;
use ottl_syntax::Dialect;
use ottl_vm::path::{self, Access, Shapes};
use ottl_vm::{Example, Function, Home, Signature};

use crate::Context;

pub use ottl_compiler::conventional_keys;
pub use ottl_vm::path::{CONTEXTS, Keys, PathDef, visible_contexts};

/// The paths of a context, its cache included.
#[must_use]
pub fn paths(context: Context, dialect: Dialect) -> Vec<PathDef> {
    let more = match dialect {
        Dialect::Strict => &[],
        Dialect::Selfops => path::selfops_paths(context),
    };
    let own = path::paths(context).iter().chain(more).copied();
    own.chain([path::cache(context)]).collect()
}

/// What a path begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The name of a context.
    Context(Context),
    /// `otelcol`: what is known of the request that brought a message, in every context.
    Request,
}

impl Root {
    /// The root with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            path::REQUEST => Some(Self::Request),
            _ => path::context_named(name).map(Self::Context),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Context(context) => path::context_name(context),
            Self::Request => path::REQUEST,
        }
    }

    /// The paths behind it.
    #[must_use]
    pub fn paths(self, dialect: Dialect) -> Vec<PathDef> {
        match self {
            Self::Context(context) => paths(context, dialect),
            Self::Request => path::request_paths().to_vec(),
        }
    }
}

/// The enum symbols that a context knows, and the numbers behind them.
#[must_use]
pub fn symbols(context: Context, dialect: Dialect) -> Vec<(&'static str, i64)> {
    enums::symbols(context, dialect == Dialect::Selfops).collect()
}

/// Where in a message a path leads, in Markdown, as `` `status.code` of `Span` ``.
#[must_use]
pub fn place(def: &PathDef) -> String {
    let owner = message(def.access.level());
    match (def.access, def.access.field()) {
        (Access::Map(MapField::Scratch(_)), _) => {
            "A map beside each item that belongs to no message".to_owned()
        }
        (Access::Request(_), _) => format!("`{}` of the request", def.name),
        (Access::Map(MapField::MetricMetadata), _) => format!("`metadata` of {owner}"),
        (Access::Map(MapField::Exemplar), _) => format!("`filtered_attributes` of {owner}"),
        (Access::Map(_), _) => format!("`attributes` of {owner}"),
        (Access::Status, _) => format!("`status` of {owner}"),
        (Access::MetricType, _) => format!("Which kind of `data` {owner} has"),
        (Access::EventIndex, _) => "The position among the `events` of `Span`".to_owned(),
        (Access::DurationMillis, _) => {
            format!("`end_time_unix_nano` less `start_time_unix_nano` of {owner}, in milliseconds")
        }
        (Access::NumberDouble(..), _) => format!("`as_double` of {owner}"),
        (Access::NumberInt(..), _) => format!("`as_int` of {owner}"),
        (Access::Number(..), _) => format!("`as_double` or `as_int` of {owner}"),
        (Access::ValueType(..), _) => format!("`{}` of {owner}", def.name),
        (_, Some(field)) => {
            let place = field.place();
            let name = place.split('`').nth(1).unwrap_or(def.name);
            format!("`{name}` of {owner}")
        }
        (_, None) => format!("`{}` of {owner}", def.name),
    }
}

/// The message of OTLP in which the fields of a level stand.
fn message(level: Level) -> &'static str {
    match level {
        Level::Resource => "the resource",
        Level::Scope => "the instrumentation scope",
        Level::Span => "`Span`",
        Level::SpanEvent => "`Span.Event`",
        Level::Log => "`LogRecord`",
        Level::Metric => "`Metric`",
        Level::DataPoint => "the data point",
        Level::Exemplar => "`Exemplar`",
        Level::Profile => "`Profile`",
        Level::ProfileSample => "`Sample`",
    }
}

/// The types of metrics that have a path, when they are not all; reads of others are nil.
#[must_use]
pub fn metric_types(def: &PathDef) -> Option<String> {
    const NAMED: [(Shape, &str); 5] = [
        (Shape::Gauge, "gauges"),
        (Shape::Sum, "sums"),
        (Shape::Histogram, "histograms"),
        (Shape::Exponential, "exponential histograms"),
        (Shape::Summary, "summaries"),
    ];
    if matches!(def.shapes, Shapes::ALL | Shapes::POINTS) {
        return None;
    }
    let having = NAMED
        .iter()
        .filter(|(shape, _)| def.shapes.contains(*shape));
    let names: Vec<_> = having.map(|(_, name)| *name).collect();
    let last = names.last()?;
    Some(match names.len() {
        1 => (*last).to_owned(),
        count => format!("{} and {last}", names[..count - 1].join(", ")),
    })
}

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
            let value = value.trim_start();
            // Integers are texts in JSON, where a number may lose digits.
            let value = match kind {
                "int" => value.trim_matches('"'),
                _ => value,
            };
            format!("{value} ({kind})")
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
    fn every_path_has_a_place() {
        for context in CONTEXTS {
            for def in paths(context, Dialect::Selfops) {
                let place = place(&def);
                assert!(
                    place.starts_with(|first: char| first == '`' || first.is_alphabetic()),
                    "{place}"
                );
            }
        }
        let find = |context, name: &str| {
            let paths = paths(context, Dialect::Strict);
            *paths
                .iter()
                .find(|def| def.name == name)
                .expect("there is such a path")
        };
        let code = find(Level::Span, "status.code");
        assert_eq!(place(&code), "`status.code` of `Span`");
        assert_eq!(metric_types(&code), None);
        let sum = find(Level::DataPoint, "sum");
        assert_eq!(place(&sum), "`sum` of the data point");
        let scale = find(Level::DataPoint, "scale");
        assert_eq!(
            metric_types(&scale).as_deref(),
            Some("exponential histograms")
        );
        let value = find(Level::DataPoint, "value_int");
        assert_eq!(metric_types(&value).as_deref(), Some("gauges and sums"));
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
        assert_eq!(outcome("A()", r#"{"int":"-1"}"#), "-1 (int)");
        assert_eq!(outcome("A()", "null"), "nil");
        assert_eq!(outcome("a()", r#"{"string":"a"}"#), r#"{"string":"a"}"#);
        assert_eq!(outcome("A()", r#"{"list":[]}"#), r#"{"list":[]}"#);
        assert_eq!(
            outcome("A()", "error: It is broken."),
            "fails: It is broken."
        );
    }
}

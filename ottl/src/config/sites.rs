//! What stands where in a configuration, for editors: the statements and conditions of its
//! components, and which keys and values fit a place.

use otlp_columns::Signal;
use ottl_compiler::Component as Owner;
use ottl_syntax::Span;
use ottl_vm::path::{self, Context};

use super::read::{Component, Model};
use super::routing::Rule;
use super::source::Source;
use super::text::Text;
use super::yaml::Style;

/// How many mappings and choices of one configuration are kept.
const MAX_PLACES: usize = 20_000;

/// Whether a source is a statement or a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A statement, as `set(span.name, "x") where span.kind == 1`.
    Statement,
    /// A condition, as `span.kind == 1`.
    Condition,
}

/// Sources that share one context.
#[derive(Clone, Debug)]
pub struct SiteGroup<'r> {
    /// The kind of message; nothing where it may be of several.
    pub signal: Option<Signal>,
    /// The context, where the configuration gives it. A path may then be written without it.
    pub context: Option<Context>,
    /// The editors that statements may call; all that there are where nothing is said.
    pub editors: Option<&'static [&'static str]>,
    /// The sources, conditions first.
    pub sites: Vec<Site<'r>>,
}

/// A statement or condition in a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Site<'r> {
    /// What it is.
    pub sort: Sort,
    /// Whose functions it may call.
    pub owner: Owner,
    /// The text, and where it stands in the file.
    pub text: &'r Text,
    /// How it is written there.
    pub style: Style,
    /// Whether there are references to the environment whose values are not known.
    pub is_open: bool,
}

impl Component {
    /// The statements and conditions, in the order of the configuration. What `include` and
    /// `exclude` of a filter become is not among them.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteGroup<'_>> {
        match self.model() {
            Model::Transform(transform) => transform
                .groups
                .iter()
                .map(|group| {
                    let conditions = sites(&group.conditions, Sort::Condition, Owner::Filter);
                    let statements = sites(&group.statements, Sort::Statement, Owner::Transform);
                    SiteGroup {
                        signal: Some(group.signal),
                        context: group.context,
                        editors: None,
                        sites: conditions.chain(statements).collect(),
                    }
                })
                .collect(),
            Model::Filter(filter) => filter
                .groups
                .iter()
                .filter(|group| group.is_written)
                .flat_map(|group| group.conditions.iter().map(move |one| (group.signal, one)))
                .map(|(signal, condition)| SiteGroup {
                    signal: Some(signal),
                    context: condition.context,
                    editors: None,
                    sites: vec![site(&condition.source, Sort::Condition, Owner::Filter)],
                })
                .collect(),
            Model::Routing(routing) => routing
                .routes
                .iter()
                .filter_map(|route| {
                    let (source, sort) = match &route.rule {
                        Rule::Condition(source) => (source, Sort::Condition),
                        Rule::Statement(source) => (source, Sort::Statement),
                        Rule::Request(_) => return None,
                    };
                    let signal = match path::signals_of(route.context) {
                        [signal] => Some(*signal),
                        _ => None,
                    };
                    Some(SiteGroup {
                        signal,
                        context: Some(route.context),
                        editors: Some(super::routing::EDITORS),
                        sites: vec![site(source, sort, Owner::Other)],
                    })
                })
                .collect(),
        }
    }
}

fn sites(sources: &[Source], sort: Sort, owner: Owner) -> impl Iterator<Item = Site<'_>> {
    sources.iter().map(move |source| site(source, sort, owner))
}

fn site(source: &Source, sort: Sort, owner: Owner) -> Site<'_> {
    Site {
        sort,
        owner,
        text: &source.text,
        style: source.style,
        is_open: source.is_open,
    }
}

/// A mapping of a component or of components, and the keys that it may have or is known to have.
#[derive(Clone, Debug)]
pub struct MappingPlace {
    /// Where its keys stand.
    pub keys: Vec<Span>,
    /// The names of those keys.
    pub present: Vec<String>,
    /// The keys that there are.
    pub known: Vec<&'static str>,
}

/// A value that is one of several names.
#[derive(Clone, Debug)]
pub struct ChoicePlace {
    /// Where it stands.
    pub span: Span,
    /// The names.
    pub choices: Vec<&'static str>,
}

/// The mappings and choices of a configuration, as far as they were read.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The mappings of components.
    pub mappings: Vec<MappingPlace>,
    /// The values that are names from a list.
    pub choices: Vec<ChoicePlace>,
}

impl Outline {
    pub(crate) fn add_mapping(&mut self, place: impl FnOnce() -> MappingPlace) {
        if self.mappings.len() < MAX_PLACES {
            self.mappings.push(place());
        }
    }

    pub(crate) fn add_choice(&mut self, span: Span, choices: &[&'static str]) {
        if self.choices.len() < MAX_PLACES {
            let choices = choices.to_vec();
            self.choices.push(ChoicePlace { span, choices });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ReadOptions, read};

    const FILE: &str = "\
processors:
  transform:
    trace_statements:
      - context: span
        conditions: ['name != nil']
        statements:
          - set(name, 1)
  filter/x:
    log_conditions:
      - log.body == nil
connectors:
  routing:
    table:
      - statement: route()
        pipelines: [logs]
";

    #[test]
    fn sources_know_where_they_stand_and_what_they_are_about() {
        let read = read(FILE, &ReadOptions::default());
        let mut all = Vec::new();
        for component in &read.components {
            for group in component.sites() {
                for site in &group.sites {
                    let written = &FILE[site.text.whole().range()];
                    all.push((group.signal, group.context, site.sort, written));
                }
            }
        }
        let span = Some(Context::Span);
        let traces = Some(Signal::Traces);
        let expected = [
            (traces, span, Sort::Condition, "'name != nil'"),
            (traces, span, Sort::Statement, "set(name, 1)"),
            (Some(Signal::Logs), None, Sort::Condition, "log.body == nil"),
            (None, Some(Context::Resource), Sort::Statement, "route()"),
        ];
        assert_eq!(all, expected);
        assert!(read.outline.mappings.is_empty());
    }

    #[test]
    fn an_outline_says_which_keys_and_values_fit() {
        let options = ReadOptions {
            outline: true,
            ..ReadOptions::default()
        };
        let outline = read(FILE, &options).outline;
        let has = |present: &[&str], known: &str| {
            let mut places = outline.mappings.iter();
            places.any(|place| place.present == present && place.known.contains(&known))
        };
        assert!(has(&["transform", "filter/x"], "transform"));
        assert!(has(
            &["context", "conditions", "statements"],
            "shared_cache"
        ));
        assert!(has(&["table"], "default_pipelines"));
        let context = &outline.choices[0];
        assert_eq!(&FILE[context.span.range()], "span");
        assert_eq!(context.choices, ["resource", "scope", "span", "spanevent"]);
    }
}

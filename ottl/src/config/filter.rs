//! The configuration of the filter processor.
//!
//! From processor/filterprocessor, config.go and internal/condition/config.go.

use otlp_columns::Signal;
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::ErrorMode;
use ottl_vm::path::Context;

use super::fields::Reader;
use super::matching;
use super::shape::{Fields, is_null};
use super::source::Source;
use super::yaml::Node;

const KEYS: [&str; 10] = [
    "error_mode",
    "trace_conditions",
    "metric_conditions",
    "log_conditions",
    "profile_conditions",
    "traces",
    "metrics",
    "logs",
    "profiles",
    "spans",
];
const GROUP_KEYS: [&str; 3] = ["context", "conditions", "error_mode"];

/// A filter processor: what it drops of each signal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) groups: Vec<FilterGroup>,
}

/// Conditions that are asked in one pass over a message.
#[derive(Clone, Debug)]
pub(crate) struct FilterGroup {
    pub(crate) signal: Signal,
    pub(crate) conditions: Vec<FilterCondition>,
    /// The contexts whose items are looked at even without a condition: those with a list.
    pub(crate) contexts: Vec<Context>,
    pub(crate) error_mode: ErrorMode,
    /// Whether it was written under `traces`, `metrics` or `logs`.
    pub(crate) is_old: bool,
    /// Whether its conditions stand in the configuration as they are; those of `include` and
    /// `exclude` do not.
    pub(crate) is_written: bool,
}

/// A condition under which an item is dropped.
#[derive(Clone, Debug)]
pub(crate) struct FilterCondition {
    /// The context; inferred from the paths when it is not given.
    pub(crate) context: Option<Context>,
    pub(crate) source: Source,
    pub(crate) decides: Decides,
}

/// What a condition decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decides {
    /// The items of its context: those that it holds for are dropped.
    Items,
    /// The metrics whose data points it is asked about. Those with a data point that it holds for
    /// are `dropped`; otherwise all others are.
    Metrics { dropped: bool },
}

/// The keys of a signal.
struct Keys {
    signal: Signal,
    inferred: &'static str,
    old: &'static str,
    /// Lists of conditions under the old key, and their contexts.
    lists: &'static [(&'static str, Context)],
    /// Further keys under the old key: the oldest form, which compares properties.
    oldest: &'static [&'static str],
}

const SIGNALS: [Keys; 4] = [
    Keys {
        signal: Signal::Traces,
        inferred: "trace_conditions",
        old: "traces",
        lists: &[
            ("resource", Context::Resource),
            ("span", Context::Span),
            ("spanevent", Context::SpanEvent),
        ],
        oldest: &[],
    },
    Keys {
        signal: Signal::Metrics,
        inferred: "metric_conditions",
        old: "metrics",
        lists: &[
            ("resource", Context::Resource),
            ("metric", Context::Metric),
            ("datapoint", Context::DataPoint),
        ],
        oldest: &["include", "exclude", "regexp"],
    },
    Keys {
        signal: Signal::Logs,
        inferred: "log_conditions",
        old: "logs",
        lists: &[
            ("resource", Context::Resource),
            ("log_record", Context::Log),
        ],
        oldest: &["include", "exclude"],
    },
    Keys {
        signal: Signal::Profiles,
        inferred: "profile_conditions",
        old: "profiles",
        lists: &[
            ("resource", Context::Resource),
            ("profile", Context::Profile),
        ],
        oldest: &[],
    },
];

impl Filter {
    pub(crate) fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Self {
        let mut filter = Self::default();
        let Some(fields) = reader.fields(node, "The filter processor", &KEYS) else {
            return filter;
        };
        let error_mode = reader
            .error_mode(fields.get("error_mode"))
            .unwrap_or(ErrorMode::Ignore);
        for keys in &SIGNALS {
            filter.read_signal(reader, &fields, keys, error_mode);
        }
        filter
    }

    fn read_signal(
        &mut self,
        reader: &mut Reader<'_>,
        fields: &Fields<'_>,
        keys: &Keys,
        error_mode: ErrorMode,
    ) {
        let (old, mut oldest) = match fields.get(keys.old) {
            Some(node) => read_old(reader, node, keys, error_mode),
            None => (None, Oldest::default()),
        };
        if keys.signal == Signal::Traces
            && let Some((key, value)) = fields.entry("spans")
        {
            let inner = reader.fields(value, "`spans`", &SIDES);
            oldest = inner.map_or_else(Oldest::default, |inner| Oldest::of(&inner));
            oldest.place = oldest.place.map(|_| key.span());
        }
        let place = oldest.place;
        let inferred = fields.entry(keys.inferred);
        let is_inferred = inferred.is_some_and(|(_, value)| value.items().len() > 0);
        // An empty list says nothing, and is a list all the same.
        let given = inferred.filter(|(_, value)| !is_null(*value));
        let others = old.as_ref().map(|(_, span)| *span);
        if let Some((key, _)) = given
            && let Some(other) = others.or(place.filter(|_| keys.signal != Signal::Traces))
        {
            let message = format!(
                "`{}` cannot be used together with the conditions under `{}`.",
                keys.inferred, keys.old
            );
            let error = Diagnostic::error(Code::InvalidSettings, key.span(), message)
                .with_secondary(other, "this is the other one");
            reader.problems.report(error);
        } else if let (Some(other), Some(span)) = (others, place) {
            let message =
                "Conditions of OTTL cannot be used together with `include` and `exclude`.";
            let error = Diagnostic::error(Code::InvalidSettings, span, message)
                .with_secondary(other, "this is a list of conditions");
            reader.problems.report(error);
        }
        if let Some((_, list)) = inferred {
            self.read_inferred(reader, list, keys, error_mode);
        }
        self.groups.extend(old.map(|(group, _)| group));
        if let Some(place) = place {
            let matching = matching::read(reader, keys.signal, oldest.sides);
            if is_inferred {
                let message = format!("`{}` takes the place of this.", keys.inferred);
                let warning = Diagnostic::warning(Code::NoEffect, place, message);
                reader.problems.report(warning);
            } else {
                self.add_matching(keys, matching);
            }
        }
    }

    fn add_matching(&mut self, keys: &Keys, conditions: Vec<FilterCondition>) {
        if !conditions.is_empty() {
            self.groups.push(FilterGroup {
                signal: keys.signal,
                conditions,
                contexts: Vec::new(),
                error_mode: ErrorMode::Ignore,
                is_old: true,
                is_written: false,
            });
        }
    }

    fn read_inferred(
        &mut self,
        reader: &mut Reader<'_>,
        list: Node<'_>,
        keys: &Keys,
        error_mode: ErrorMode,
    ) {
        let styles = reader.styles(list, keys.inferred, "conditions", false);
        let Some((groups, plain)) = styles else {
            return;
        };
        let group = |conditions, error_mode| FilterGroup {
            signal: keys.signal,
            conditions,
            contexts: Vec::new(),
            error_mode,
            is_old: false,
            is_written: true,
        };
        for node in groups {
            let Some(fields) = reader.fields(node, "A group of conditions", &GROUP_KEYS) else {
                continue;
            };
            let Some((context, _)) = reader.context(&fields, contexts(keys.signal)) else {
                continue;
            };
            let own_mode = reader.error_mode(fields.get("error_mode"));
            let sources = fields
                .get("conditions")
                .map_or_else(Vec::new, |node| reader.texts(node, "conditions"));
            let conditions = sources.into_iter().map(|source| FilterCondition {
                context,
                source,
                decides: Decides::Items,
            });
            let group = group(conditions.collect(), own_mode.unwrap_or(error_mode));
            self.groups.push(group);
        }
        if !plain.is_empty() {
            let mut conditions = Vec::with_capacity(plain.len());
            for node in plain {
                let source = reader.text(node, "A condition");
                conditions.extend(source.map(|source| FilterCondition {
                    context: None,
                    source,
                    decides: Decides::Items,
                }));
            }
            self.groups.push(group(conditions, error_mode));
        }
    }
}

const SIDES: [&str; 2] = ["include", "exclude"];

/// The oldest form: `include` and `exclude`, and where the first of them is.
#[derive(Default)]
struct Oldest<'d> {
    sides: [Option<Node<'d>>; 2],
    place: Option<Span>,
}

impl<'d> Oldest<'d> {
    fn of(fields: &Fields<'d>) -> Self {
        let entries = SIDES.map(|side| fields.entry(side).filter(|(_, node)| !is_null(*node)));
        let first = entries.iter().flatten().next();
        Self {
            sides: entries.map(|entry| entry.map(|(_, node)| node)),
            place: first.map(|(key, _)| key.span()),
        }
    }
}

/// The conditions under the old key with where they are, and what is in the oldest form there.
fn read_old<'d>(
    reader: &mut Reader<'_>,
    node: Node<'d>,
    keys: &Keys,
    error_mode: ErrorMode,
) -> (Option<(FilterGroup, Span)>, Oldest<'d>) {
    let known: Vec<_> = keys
        .lists
        .iter()
        .map(|(name, _)| *name)
        .chain(keys.oldest.iter().copied())
        .collect();
    let what = format!("`{}`", keys.old);
    let Some(fields) = reader.fields(node, &what, &known) else {
        return (None, Oldest::default());
    };
    matching::regexp(reader, &fields);
    let mut group = FilterGroup {
        signal: keys.signal,
        conditions: Vec::new(),
        contexts: Vec::new(),
        error_mode,
        is_old: true,
        is_written: true,
    };
    let mut place = None;
    for (name, context) in keys.lists {
        let Some((key, value)) = fields.entry(name).filter(|(_, value)| !is_null(*value)) else {
            continue;
        };
        place.get_or_insert(key.span());
        group.contexts.push(*context);
        for source in reader.texts(value, name) {
            group.conditions.push(FilterCondition {
                context: Some(*context),
                source,
                decides: Decides::Items,
            });
        }
    }
    (place.map(|place| (group, place)), Oldest::of(&fields))
}

/// The contexts that groups of a signal may have.
pub(crate) fn contexts(signal: Signal) -> &'static [Context] {
    match signal {
        Signal::Traces => &[
            Context::Resource,
            Context::Scope,
            Context::Span,
            Context::SpanEvent,
        ],
        Signal::Metrics => &[
            Context::Resource,
            Context::Scope,
            Context::Metric,
            Context::DataPoint,
        ],
        Signal::Logs => &[Context::Resource, Context::Scope, Context::Log],
        Signal::Profiles => &[Context::Resource, Context::Scope, Context::Profile],
    }
}

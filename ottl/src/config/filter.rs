//! The configuration of the filter processor.
//!
//! From processor/filterprocessor, config.go and internal/condition/config.go.

use otlp_columns::Signal;
use ottl_syntax::{Code, Diagnostic, Span};
use ottl_vm::ErrorMode;
use ottl_vm::path::Context;

use super::fields::{Fields, Reader, is_null};
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
    /// Signals that are filtered by what is not OTTL, and where that is said.
    pub(crate) foreign: Vec<(Signal, Span)>,
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
}

/// A condition under which an item is dropped.
#[derive(Clone, Debug)]
pub(crate) struct FilterCondition {
    /// The context; inferred from the paths when it is not given.
    pub(crate) context: Option<Context>,
    pub(crate) source: Source,
}

/// The keys of a signal.
struct Keys {
    signal: Signal,
    inferred: &'static str,
    old: &'static str,
    /// Lists of conditions under the old key, and their contexts.
    lists: &'static [(&'static str, Context)],
    /// Keys under the old key that are not OTTL.
    foreign: &'static [&'static str],
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
        foreign: &[],
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
        foreign: &["include", "exclude", "regexp"],
    },
    Keys {
        signal: Signal::Logs,
        inferred: "log_conditions",
        old: "logs",
        lists: &[
            ("resource", Context::Resource),
            ("log_record", Context::Log),
        ],
        foreign: &["include", "exclude"],
    },
    Keys {
        signal: Signal::Profiles,
        inferred: "profile_conditions",
        old: "profiles",
        lists: &[
            ("resource", Context::Resource),
            ("profile", Context::Profile),
        ],
        foreign: &[],
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
        let (old, mut foreign) = match fields.get(keys.old) {
            Some(node) => read_old(reader, node, keys, error_mode),
            None => (None, None),
        };
        if keys.signal == Signal::Traces
            && let Some((key, value)) = fields.entry("spans")
        {
            let inner = reader.fields(value, "`spans`", &["include", "exclude"]);
            let has_any = |name| inner.as_ref().is_some_and(|inner| is_set(inner, name));
            if has_any("include") || has_any("exclude") {
                foreign = Some(key.span());
            }
        }
        let inferred = fields.entry(keys.inferred);
        let is_inferred = inferred.is_some_and(|(_, value)| value.items().len() > 0);
        let others = old.as_ref().map(|(_, span)| *span);
        if let Some((key, _)) = inferred.filter(|_| is_inferred)
            && let Some(other) = others.or(foreign.filter(|_| keys.signal != Signal::Traces))
        {
            let message = format!(
                "`{}` cannot be used together with the conditions under `{}`.",
                keys.inferred, keys.old
            );
            let error = Diagnostic::error(Code::InvalidSettings, key.span(), message)
                .with_secondary(other, "this is the other one");
            reader.problems.report(error);
        } else if let (Some(other), Some(span)) = (others, foreign) {
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
        if let Some(span) = foreign {
            let message = "This way to filter is not OTTL, so that it is not checked.";
            let warning = Diagnostic::warning(Code::NotChecked, span, message).with_note(format!(
                "Conditions under `{}` can say the same.",
                keys.inferred
            ));
            reader.problems.report(warning);
            self.foreign.push((keys.signal, span));
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
            let conditions = sources
                .into_iter()
                .map(|source| FilterCondition { context, source });
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
                }));
            }
            self.groups.push(group(conditions, error_mode));
        }
    }
}

fn is_set(fields: &Fields<'_>, name: &str) -> bool {
    fields.get(name).is_some_and(|node| !is_null(node))
}

/// The conditions under the old key with where they are, and where something there is not OTTL.
fn read_old(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    keys: &Keys,
    error_mode: ErrorMode,
) -> (Option<(FilterGroup, Span)>, Option<Span>) {
    let known: Vec<_> = keys
        .lists
        .iter()
        .map(|(name, _)| *name)
        .chain(keys.foreign.iter().copied())
        .collect();
    let what = format!("`{}`", keys.old);
    let Some(fields) = reader.fields(node, &what, &known) else {
        return (None, None);
    };
    let mut group = FilterGroup {
        signal: keys.signal,
        conditions: Vec::new(),
        contexts: Vec::new(),
        error_mode,
        is_old: true,
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
            });
        }
    }
    let mut foreign = keys.foreign.iter().filter(|name| is_set(&fields, name));
    let foreign = foreign.find_map(|name| fields.entry(name));
    let foreign = foreign.map(|(key, _)| key.span());
    (place.map(|place| (group, place)), foreign)
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

//! Paths of changes in a message that was cut to one item.

use otlp_columns::Signal;
use ottl_vm::path::{Context, context_name};

/// Gives a path in a message with one item the name that it has in OTTL's terms:
/// `span.attributes["a"]` instead of all that is around the span.
pub(super) fn shorten(signal: Signal, context: Context, path: &str) -> String {
    let (resources, scopes, items) = match signal {
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
        Signal::Profiles => ("resourceProfiles", "scopeProfiles", "profiles"),
    };
    let Some(rest) = path.strip_prefix(&format!("{resources}[0].")) else {
        return path.to_owned();
    };
    let levels = signal.levels();
    let depth = |level| levels.iter().position(|known| *known == level);
    let below = |depth: usize| levels.get(depth).copied();
    let is_cut_to =
        |level: Option<Context>| level.is_some_and(|level| depth(level) <= depth(context));
    if rest.starts_with("resource.") {
        return rest.to_owned();
    }
    let Some(rest) = rest.strip_prefix(&format!("{scopes}[0].")) else {
        return own_field("resource", scopes, rest);
    };
    if !is_cut_to(below(1)) {
        return format!("{scopes}[0].{rest}");
    }
    if rest.starts_with("scope.") {
        return rest.to_owned();
    }
    let Some(item) = below(2).filter(|item| is_cut_to(Some(*item))) else {
        return own_field("scope", items, rest);
    };
    match rest.strip_prefix(&format!("{items}[0].")) {
        Some(rest) => inner(context, item, rest),
        None => own_field("scope", items, rest),
    }
}

/// A field beside a resource or a scope, such as the URL of its schema, or a change in the list of
/// what it has.
fn own_field(of: &str, list: &str, path: &str) -> String {
    match path.starts_with(list) {
        true => path.to_owned(),
        false => format!("{of}.{path}"),
    }
}

/// The same below a span, log record, metric or profile.
fn inner(context: Context, item: Context, rest: &str) -> String {
    let own = match context {
        Context::SpanEvent => rest.strip_prefix("events[0]."),
        Context::DataPoint | Context::Exemplar => rest
            .split_once(".dataPoints[0].")
            .filter(|(kind, _)| !kind.contains('.'))
            .map(|(_, rest)| rest),
        Context::ProfileSample => rest.strip_prefix("samples[0]."),
        _ => None,
    };
    match (context, own) {
        (Context::Exemplar, Some(point)) => match point.strip_prefix("exemplars[0].") {
            Some(rest) => format!("exemplar.{rest}"),
            None => format!("datapoint.{point}"),
        },
        (_, Some(rest)) => format!("{}.{rest}", context_name(context)),
        (_, None) => format!("{}.{rest}", context_name(item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otlp_columns::Level;

    #[test]
    fn what_surrounds_the_item_is_left_out() {
        let in_span = |path: &str| shorten(Signal::Traces, Level::Span, path);
        let span = "resourceSpans[0].scopeSpans[0].spans[0]";
        assert_eq!(in_span(&format!("{span}.name")), "span.name");
        assert_eq!(
            in_span(&format!("{span}.events[0].name")),
            "span.events[0].name"
        );
        assert_eq!(
            in_span("resourceSpans[0].resource.attributes[\"a\"]"),
            "resource.attributes[\"a\"]"
        );
        assert_eq!(
            in_span("resourceSpans[0].scopeSpans[0].scope.name"),
            "scope.name"
        );
        for (of, place) in [
            ("resource", "resourceSpans[0]"),
            ("scope", "resourceSpans[0].scopeSpans[0]"),
        ] {
            let schema = format!("{of}.schemaUrl");
            let path = format!("{place}.schemaUrl");
            assert_eq!(in_span(&path), schema);
            assert_eq!(shorten(Signal::Traces, Level::Scope, &path), schema);
        }
        let event = shorten(
            Signal::Traces,
            Level::SpanEvent,
            &format!("{span}.events[0].name"),
        );
        assert_eq!(event, "spanevent.name");
        let point = shorten(
            Signal::Metrics,
            Level::DataPoint,
            "resourceMetrics[0].scopeMetrics[0].metrics[0].sum.dataPoints[0].asInt",
        );
        assert_eq!(point, "datapoint.asInt");
        let whole = shorten(Signal::Traces, Level::Resource, &format!("{span}.name"));
        assert_eq!(whole, "scopeSpans[0].spans[0].name");
    }
}

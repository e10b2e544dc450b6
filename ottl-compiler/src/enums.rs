//! Enum symbols: which contexts know which names, and the numbers behind them.
//!
//! Numbers are those of the OTLP enums; metric types are the reference's own.

use otlp_columns::Level;
use ottl_vm::path::Context;

const SPAN: &[(&str, i64)] = &[
    ("SPAN_KIND_UNSPECIFIED", 0),
    ("SPAN_KIND_INTERNAL", 1),
    ("SPAN_KIND_SERVER", 2),
    ("SPAN_KIND_CLIENT", 3),
    ("SPAN_KIND_PRODUCER", 4),
    ("SPAN_KIND_CONSUMER", 5),
    ("STATUS_CODE_UNSET", 0),
    ("STATUS_CODE_OK", 1),
    ("STATUS_CODE_ERROR", 2),
];

/// Short spellings of the `selfops` dialect.
const SPAN_SELFOPS: &[(&str, i64)] = &[("UNSET", 0), ("OK", 1), ("ERROR", 2)];

const LOG: &[(&str, i64)] = &[
    ("SEVERITY_NUMBER_UNSPECIFIED", 0),
    ("SEVERITY_NUMBER_TRACE", 1),
    ("SEVERITY_NUMBER_TRACE2", 2),
    ("SEVERITY_NUMBER_TRACE3", 3),
    ("SEVERITY_NUMBER_TRACE4", 4),
    ("SEVERITY_NUMBER_DEBUG", 5),
    ("SEVERITY_NUMBER_DEBUG2", 6),
    ("SEVERITY_NUMBER_DEBUG3", 7),
    ("SEVERITY_NUMBER_DEBUG4", 8),
    ("SEVERITY_NUMBER_INFO", 9),
    ("SEVERITY_NUMBER_INFO2", 10),
    ("SEVERITY_NUMBER_INFO3", 11),
    ("SEVERITY_NUMBER_INFO4", 12),
    ("SEVERITY_NUMBER_WARN", 13),
    ("SEVERITY_NUMBER_WARN2", 14),
    ("SEVERITY_NUMBER_WARN3", 15),
    ("SEVERITY_NUMBER_WARN4", 16),
    ("SEVERITY_NUMBER_ERROR", 17),
    ("SEVERITY_NUMBER_ERROR2", 18),
    ("SEVERITY_NUMBER_ERROR3", 19),
    ("SEVERITY_NUMBER_ERROR4", 20),
    ("SEVERITY_NUMBER_FATAL", 21),
    ("SEVERITY_NUMBER_FATAL2", 22),
    ("SEVERITY_NUMBER_FATAL3", 23),
    ("SEVERITY_NUMBER_FATAL4", 24),
];

const METRIC: &[(&str, i64)] = &[
    ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0),
    ("AGGREGATION_TEMPORALITY_DELTA", 1),
    ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
    ("METRIC_DATA_TYPE_NONE", 0),
    ("METRIC_DATA_TYPE_GAUGE", 1),
    ("METRIC_DATA_TYPE_SUM", 2),
    ("METRIC_DATA_TYPE_HISTOGRAM", 3),
    ("METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM", 4),
    ("METRIC_DATA_TYPE_SUMMARY", 5),
];

const DATA_POINT: &[(&str, i64)] = &[("FLAG_NONE", 0), ("FLAG_NO_RECORDED_VALUE", 1)];

/// The symbols that a context knows. Resource, scope, exemplar, profile and its sample know none.
pub fn symbols(context: Context, selfops: bool) -> impl Iterator<Item = (&'static str, i64)> {
    let (first, second): (&[_], &[_]) = match context {
        Level::Span | Level::SpanEvent if selfops => (SPAN, SPAN_SELFOPS),
        Level::Span | Level::SpanEvent => (SPAN, &[]),
        Level::Log => (LOG, &[]),
        Level::Metric => (METRIC, &[]),
        Level::DataPoint => (DATA_POINT, METRIC),
        Level::Resource
        | Level::Scope
        | Level::Exemplar
        | Level::Profile
        | Level::ProfileSample => (&[], &[]),
    };
    first.iter().chain(second).copied()
}

/// The number behind a symbol.
#[must_use]
pub fn lookup(context: Context, selfops: bool, name: &str) -> Option<i64> {
    symbols(context, selfops)
        .find(|(known, _)| *known == name)
        .map(|(_, number)| number)
}

//! `aggregate_on_attributes(aggregation_function, attributes?)`

use otlp_columns::metric::{Attribute, Data};
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
};

use crate::support::keys::KeySet;
use crate::support::metrics::Reshaper;
use crate::support::metrics::aggregate::Aggregation;

/// The editor `aggregate_on_attributes`.
pub(crate) const AGGREGATE_ON_ATTRIBUTES: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "aggregate_on_attributes",
    params: &[
        Param::new("aggregation_function", ParamKind::StringLiteral),
        Param::optional("attributes", ParamKind::StringLiterals),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Keeps some attributes of the data points of a metric, and merges the points that are then \
           the same.\n\n\
           `attributes` are the keys to keep: with an empty list none, without a list all. Points \
           are the same when attributes and times are, those of a delta also need the same start, and \
           those of histograms the same bounds or scale. An integer and a double of the same value are \
           the same attribute. Merged points stand where the first of them stood. Their numbers become \
           their `\"sum\"`, `\"mean\"`, `\"min\"`, `\"max\"`, `\"median\"` or `\"count\"`, of the type \
           of the first; histograms are always added up. A point that remains alone stays as it is. \
           The metric loses its metadata. Summaries are an error.",
    examples: &[
        Example {
            title: "The sum over all hosts",
            source: r#"aggregate_on_attributes("sum", ["zone"])"#,
            attributes: r#"{"gauge":{"dataPoints":[{"attributes":[{"key":"host","value":{"stringValue":"a"}},{"key":"zone","value":{"stringValue":"z"}}],"asInt":"1"},{"attributes":[{"key":"host","value":{"stringValue":"b"}},{"key":"zone","value":{"stringValue":"z"}}],"asInt":"2"}]}}"#,
            result: r#"[{"gauge":{"dataPoints":[{"attributes":[{"key":"zone","value":{"stringValue":"z"}}],"asInt":"3"}]}}]"#,
        },
        Example {
            title: "A summary",
            source: r#"aggregate_on_attributes("sum", [])"#,
            attributes: r#"{"summary":{}}"#,
            result: "error: Summaries cannot be aggregated.",
        },
        Example {
            title: "An unknown aggregation",
            source: r#"aggregate_on_attributes("average")"#,
            attributes: "{}",
            result: "rejected: There is no aggregation `average`; there are `sum`, `mean`, `min`, `max`, `median` and `count`.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let aggregation = Aggregation::bind(args, 0)?;
    let kept = args.strings(1).map(KeySet::new);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let mut metric = cx.metric()?;
        if matches!(metric.data, Data::Summary(_)) {
            return Err(ExecError::new("Summaries cannot be aggregated."));
        }
        if let Some(kept) = &kept {
            let keep = |attributes: &mut Vec<_>| {
                attributes.retain(|it: &Attribute| kept.contains(&it.key));
            };
            metric.data.change_attributes(keep);
        }
        let metric = aggregation.apply(cx, metric)?;
        cx.replace_metric(&metric)?;
        Ok(Value::Nil)
    }))
}

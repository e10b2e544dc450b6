//! `extract_count_metric(monotonic, suffix?)`

use otlp_columns::metric::Number;
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type,
};

use crate::support::metrics::{Reshaper, bind_text, extracted};

/// The editor `extract_count_metric`.
pub(crate) const EXTRACT_COUNT_METRIC: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "extract_count_metric",
    params: &[
        Param::new("monotonic", ParamKind::BoolLiteral),
        Param::optional("suffix", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends a sum of the counts of a histogram, exponential histogram or summary.\n\n\
           Its name is that of the metric with the suffix, `_count` if none is given, with the unit `1`; its \
           temporality is the metric's, and that of a summary is cumulative. \
           Nothing is appended for no points. Metrics of another type, and histograms without a \
           temporality, are errors.",
    examples: &[
        Example {
            title: "A histogram",
            source: "extract_count_metric(true) where metric.name == \"m\"",
            attributes: r#"{"name":"m","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"9","count":"3","sum":4.5}]}}"#,
            result: r#"[{"name":"m","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"9","count":"3","sum":4.5}]}},{"name":"m_count","unit":"1","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"9","asInt":"3"}]}}]"#,
        },
        Example {
            title: "A gauge",
            source: "extract_count_metric(false)",
            attributes: r#"{"name":"m","gauge":{}}"#,
            result: "error: The metric has the type gauge, and a histogram, exponential histogram or summary is needed.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let monotonic = args.bool(0).unwrap_or_default();
    let suffix = bind_text(args, 1, "_count");
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        let mut sum = extracted(&metric, &suffix, monotonic, |count, _| {
            Some(Number::Int(count as i64))
        })?;
        if let Some(sum) = &mut sum {
            sum.unit = b"1".to_vec();
            cx.append_metric(sum)?;
        }
        Ok(Value::Nil)
    }))
}

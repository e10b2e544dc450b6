//! `extract_sum_metric(monotonic, suffix?)`

use otlp_columns::metric::Number;
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type,
};

use crate::support::metrics::{Reshaper, bind_text, extracted};

/// The editor `extract_sum_metric`.
pub(crate) const EXTRACT_SUM_METRIC: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "extract_sum_metric",
    params: &[
        Param::new("monotonic", ParamKind::BoolLiteral),
        Param::optional("suffix", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends a sum of the sums of a histogram, exponential histogram or summary.\n\n\
           Its name is that of the metric with the suffix, `_sum` if none is given, with the unit of the metric; its \
           temporality is the metric's, and that of a summary is cumulative. Points without a sum are left out. \
           Nothing is appended for no points. Metrics of another type, and histograms without a \
           temporality, are errors.",
    examples: &[
        Example {
            title: "A histogram",
            source: "extract_sum_metric(true) where metric.name == \"m\"",
            attributes: r#"{"name":"m","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"9","count":"3","sum":4.5}]}}"#,
            result: r#"[{"name":"m","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"9","count":"3","sum":4.5}]}},{"name":"m_sum","unit":"s","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"9","asDouble":4.5}]}}]"#,
        },
        Example {
            title: "A gauge",
            source: "extract_sum_metric(false)",
            attributes: r#"{"name":"m","gauge":{}}"#,
            result: "error: The metric has the type gauge, and a histogram, exponential histogram or summary is needed.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let monotonic = args.bool(0).unwrap_or_default();
    let suffix = bind_text(args, 1, "_sum");
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        let sum = extracted(&metric, &suffix, monotonic, |_, sum| {
            sum.map(Number::Double)
        })?;
        if let Some(sum) = &sum {
            cx.append_metric(sum)?;
        }
        Ok(Value::Nil)
    }))
}

//! `convert_sum_to_gauge()`

use otlp_columns::metric::{Data, Series};
use otlp_columns::{Level, Value};
use ottl_vm::{Bound, CallContext, Example, ExecError, Signature, Type};

use crate::support::metrics::Reshaper;

/// The editor `convert_sum_to_gauge`.
pub(crate) const CONVERT_SUM_TO_GAUGE: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind: |_| Ok(Bound::kernel(convert)),
};

static SIGNATURE: Signature = Signature {
    name: "convert_sum_to_gauge",
    params: &[],
    result: Type::Nil,
    fields: &[],
    docs: "Makes a gauge of a sum, with the same data points.\n\n\
           Metrics of another type stay as they are.",
    examples: &[
        Example {
            title: "A sum",
            source: "convert_sum_to_gauge()",
            attributes: r#"{"name":"m","sum":{"dataPoints":[{"asInt":"1"}],"aggregationTemporality":2,"isMonotonic":true}}"#,
            result: r#"[{"name":"m","gauge":{"dataPoints":[{"asInt":"1"}]}}]"#,
        },
        Example {
            title: "A summary",
            source: "convert_sum_to_gauge()",
            attributes: r#"{"summary":{"dataPoints":[{"count":"1","sum":2}]}}"#,
            result: r#"[{"summary":{"dataPoints":[{"count":"1","sum":2}]}}]"#,
        },
    ],
};

fn convert(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let mut metric = cx.metric()?;
    if let Data::Sum(series) = &mut metric.data {
        let points = std::mem::take(&mut series.points);
        metric.data = Data::Gauge(Series {
            points,
            ..Series::default()
        });
        cx.replace_metric(&metric)?;
    }
    Ok(Value::Nil)
}

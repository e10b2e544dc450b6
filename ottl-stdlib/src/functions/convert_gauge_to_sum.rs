//! `convert_gauge_to_sum(string_agg_temp, monotonic)`

use otlp_columns::metric::{Data, Series};
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type,
};

use crate::support::metrics::{Reshaper, bind_temporality};

/// The editor `convert_gauge_to_sum`.
pub(crate) const CONVERT_GAUGE_TO_SUM: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "convert_gauge_to_sum",
    params: &[
        Param::new("string_agg_temp", ParamKind::StringLiteral),
        Param::new("monotonic", ParamKind::BoolLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Makes a sum of a gauge, with the same data points.\n\n\
           The aggregation temporality is `\"delta\"` or `\"cumulative\"`. Metrics of another type \
           stay as they are.",
    examples: &[
        Example {
            title: "A gauge",
            source: r#"convert_gauge_to_sum("cumulative", true)"#,
            attributes: r#"{"name":"m","gauge":{"dataPoints":[{"asInt":"1"}]}}"#,
            result: r#"[{"name":"m","sum":{"dataPoints":[{"asInt":"1"}],"aggregationTemporality":2,"isMonotonic":true}}]"#,
        },
        Example {
            title: "An unknown temporality",
            source: r#"convert_gauge_to_sum("Delta", true)"#,
            attributes: "{}",
            result: "rejected: There is no aggregation temporality `Delta`; there are `delta` and `cumulative`.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let temporality = bind_temporality(args, 0)?;
    let monotonic = args.bool(1).unwrap_or_default();
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let mut metric = cx.metric()?;
        if let Data::Gauge(series) = &mut metric.data {
            let points = std::mem::take(&mut series.points);
            metric.data = Data::Sum(Series {
                points,
                temporality,
                monotonic,
                ..Series::default()
            });
            cx.replace_metric(&metric)?;
        }
        Ok(Value::Nil)
    }))
}

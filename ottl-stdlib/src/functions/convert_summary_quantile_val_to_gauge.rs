//! `convert_summary_quantile_val_to_gauge(attribute_key?, suffix?)`

use otlp_columns::metric::{Attribute, Data, Number, Point, Series, Summary};
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
};

use crate::support::metrics::{Reshaper, bind_text, derived};

/// The editor `convert_summary_quantile_val_to_gauge`.
pub(crate) const CONVERT_SUMMARY_QUANTILE_VAL_TO_GAUGE: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "convert_summary_quantile_val_to_gauge",
    params: &[
        Param::optional("attribute_key", ParamKind::StringLiteral),
        Param::optional("suffix", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends a gauge with the quantiles of a summary.\n\n\
           It has a data point for each quantile of each point. The attribute with the key \
           `attribute_key`, `quantile` if none is given, says which quantile it is. The name is that \
           of the metric with the suffix, `.quantiles` if none is given. For metrics of another \
           type nothing is appended.",
    examples: &[
        Example {
            title: "A summary",
            source: "convert_summary_quantile_val_to_gauge()",
            attributes: r#"{"name":"m","summary":{"dataPoints":[{"timeUnixNano":"9","quantileValues":[{"quantile":0.5,"value":2}]}]}}"#,
            result: r#"[{"name":"m","summary":{"dataPoints":[{"timeUnixNano":"9","quantileValues":[{"quantile":0.5,"value":2}]}]}},{"name":"m.quantiles","gauge":{"dataPoints":[{"timeUnixNano":"9","attributes":[{"key":"quantile","value":{"doubleValue":0.5}}],"asDouble":2}]}}]"#,
        },
        Example {
            title: "Another type",
            source: r#"convert_summary_quantile_val_to_gauge("q", "_q")"#,
            attributes: r#"{"name":"m","gauge":{}}"#,
            result: r#"[{"name":"m","gauge":{}}]"#,
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let key = bind_text(args, 0, "quantile");
    let suffix = bind_text(args, 1, ".quantiles");
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        if let Data::Summary(series) = &metric.data {
            let points = quantiles(cx, &series.points, &key)?;
            let series = Series {
                points,
                ..Series::default()
            };
            cx.append_metric(&derived(&metric, &suffix, Data::Gauge(series)))?;
        }
        Ok(Value::Nil)
    }))
}

fn quantiles(
    cx: &CallContext<'_>,
    points: &[Point<Summary>],
    key: &[u8],
) -> Result<Vec<Point<Number>>, ExecError> {
    let mut all = Vec::new();
    let mut size = 0;
    for point in points {
        let attributes = point.attributes.iter();
        let bytes: usize = attributes.map(|it| it.key.len() + it.value.len()).sum();
        for &(quantile, value) in &point.data.quantiles {
            // Every quantile gets all attributes, so that there may be much more than there was.
            size += 1 + bytes / size_of::<Value>();
            cx.room_for_list(size)?;
            let mut point = point.sibling(Number::Double(value));
            let attribute = Attribute::double(key, quantile);
            match point.attributes.iter_mut().find(|it| it.key == key) {
                Some(known) => *known = attribute,
                None => point.attributes.push(attribute),
            }
            all.push(point);
        }
    }
    Ok(all)
}

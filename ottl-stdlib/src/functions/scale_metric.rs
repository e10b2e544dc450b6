//! `scale_metric(multiplier, unit?)`

use otlp_columns::metric::{Data, Histogram, Number, Point, Summary, change_exemplar};
use otlp_columns::{Level, Value};
use ottl_vm::go::f64_to_i64;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::metrics::Reshaper;

/// The editor `scale_metric`.
pub(crate) const SCALE_METRIC: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "scale_metric",
    params: &[
        Param::new("multiplier", ParamKind::DoubleLiteral),
        Param::optional("unit", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Multiplies the values of a metric, and gives it another unit.\n\n\
           These are the numbers of gauges and sums; sum, minimum, maximum, bounds and exemplars of \
           histograms; sum and quantiles of summaries. Integers stay integers: fractions are cut \
           off. Exponential histograms and metrics without a type are errors.",
    examples: &[
        Example {
            title: "Seconds as milliseconds",
            source: r#"scale_metric(1000.0, "ms")"#,
            attributes: r#"{"unit":"s","gauge":{"dataPoints":[{"asDouble":1.5},{"asInt":"2"}]}}"#,
            result: r#"[{"unit":"ms","gauge":{"dataPoints":[{"asDouble":1500},{"asInt":"2000"}]}}]"#,
        },
        Example {
            title: "An exponential histogram",
            source: "scale_metric(10.0)",
            attributes: r#"{"exponentialHistogram":{}}"#,
            result: "error: Exponential histograms cannot be scaled.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let multiplier = args.double(0).unwrap_or(1.0);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let unit = if cx.is_present(1) {
            Some(cx.bytes(cx.string(1)?).to_vec())
        } else {
            None
        };
        let mut metric = cx.metric()?;
        scale(&mut metric.data, multiplier)?;
        if let Some(unit) = unit {
            metric.unit = unit;
        }
        cx.replace_metric(&metric)?;
        Ok(Value::Nil)
    }))
}

fn scale(data: &mut Data, multiplier: f64) -> Result<(), ExecError> {
    match data {
        Data::None => return Err(ExecError::new("A metric without a type cannot be scaled.")),
        Data::Exponential(_) => {
            return Err(ExecError::new("Exponential histograms cannot be scaled."));
        }
        Data::Gauge(series) | Data::Sum(series) => {
            for point in &mut series.points {
                point.data = number(point.data, multiplier);
            }
        }
        Data::Histogram(series) => {
            for point in &mut series.points {
                histogram(point, multiplier);
            }
        }
        Data::Summary(series) => {
            for point in &mut series.points {
                summary(&mut point.data, multiplier);
            }
        }
    }
    Ok(())
}

fn number(number: Number, multiplier: f64) -> Number {
    match number {
        Number::None => Number::None,
        Number::Int(value) => Number::Int(f64_to_i64(value as f64 * multiplier)),
        Number::Double(value) => Number::Double(value * multiplier),
    }
}

fn histogram(point: &mut Point<Histogram>, multiplier: f64) {
    let data = &mut point.data;
    let values = [&mut data.sum, &mut data.min, &mut data.max];
    for value in values.into_iter().flatten().chain(&mut data.bounds) {
        *value *= multiplier;
    }
    for exemplar in &mut point.exemplars {
        change_exemplar(exemplar, |value| number(value, multiplier));
    }
}

fn summary(data: &mut Summary, multiplier: f64) {
    data.sum *= multiplier;
    for (_, value) in &mut data.quantiles {
        *value *= multiplier;
    }
}

//! `extract_percentile_metric(percentile, suffix?)`

use otlp_columns::metric::{Data, Metric, Number, Point, Series};
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
};

use crate::support::metrics::{Reshaper, derived, percentile};

/// The editor `extract_percentile_metric`.
pub(crate) const EXTRACT_PERCENTILE_METRIC: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "extract_percentile_metric",
    params: &[
        Param::new("percentile", ParamKind::DoubleLiteral),
        Param::optional("suffix", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Appends a gauge with an estimate of a percentile of a histogram or exponential \
           histogram.\n\n\
           The percentile is a number above 0 and below 100. Within a bucket the estimate is linear, \
           and logarithmic in an exponential histogram. The name is that of the metric with the \
           suffix, `_p` and the percentile if none is given. Points without values or buckets are left \
           out, and nothing is appended for no points. Counts that do not fit together are an error. \
           For metrics of another type nothing is appended.",
    examples: &[
        Example {
            title: "The median",
            source: "extract_percentile_metric(50.0)",
            attributes: r#"{"name":"m","histogram":{"dataPoints":[{"count":"4","bucketCounts":["1","2","1"],"explicitBounds":[10,20]}]}}"#,
            result: r#"[{"name":"m","histogram":{"dataPoints":[{"count":"4","bucketCounts":["1","2","1"],"explicitBounds":[10,20]}]}},{"name":"m_p50","description":"p50","gauge":{"dataPoints":[{"asDouble":15}]}}]"#,
        },
        Example {
            title: "Bounds that do not fit the buckets",
            source: r#"extract_percentile_metric(50.0, "_median")"#,
            attributes: r#"{"name":"m","histogram":{"dataPoints":[{"count":"4","bucketCounts":["1","2"]}]}}"#,
            result: "error: The histogram has 2 buckets and 0 bounds, which do not fit.",
        },
        Example {
            title: "A percentile out of range",
            source: "extract_percentile_metric(100.0)",
            attributes: "{}",
            result: "rejected: A percentile is a number above 0 and below 100, not 100.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let percentile = args.double(0).unwrap_or_default();
    if percentile <= 0.0 || percentile >= 100.0 {
        return Err(BindError::param(
            0,
            format!("A percentile is a number above 0 and below 100, not {percentile}."),
        ));
    }
    let name = format!("p{}", short(percentile));
    let suffix = match args.string(1) {
        None | Some(b"") => format!("_{name}").into_bytes(),
        Some(suffix) => suffix.to_vec(),
    };
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        let points = match &metric.data {
            Data::Histogram(series) => estimates(&series.points, |data| {
                percentile::of_histogram(data, percentile)
            })?,
            Data::Exponential(series) => estimates(&series.points, |data| {
                percentile::of_exponential(data, percentile)
            })?,
            _ => Vec::new(),
        };
        if !points.is_empty() {
            cx.append_metric(&gauge(&metric, points, &suffix, &name))?;
        }
        Ok(Value::Nil)
    }))
}

fn estimates<D>(
    points: &[Point<D>],
    estimate: impl Fn(&D) -> Result<Option<f64>, ExecError>,
) -> Result<Vec<Point<Number>>, ExecError> {
    let mut estimates = Vec::new();
    for point in points {
        if let Some(value) = estimate(&point.data)? {
            estimates.push(point.sibling(Number::Double(value)));
        }
    }
    Ok(estimates)
}

fn gauge(metric: &Metric, points: Vec<Point<Number>>, suffix: &[u8], name: &str) -> Metric {
    let series = Series {
        points,
        ..Series::default()
    };
    let mut gauge = derived(metric, suffix, Data::Gauge(series));
    let description = &mut gauge.description;
    if description.is_empty() {
        description.extend_from_slice(name.as_bytes());
    } else {
        description.extend_from_slice(format!(" ({name})").as_bytes());
    }
    gauge
}

/// A number below 100 in its shortest form, with an exponent below 0.0001.
fn short(number: f64) -> String {
    if number >= 1e-4 {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once("e-") {
        Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_percentiles_have_an_exponent() {
        assert_eq!(short(99.9), "99.9");
        assert_eq!(short(0.0001), "0.0001");
        assert_eq!(short(0.00001), "1e-05");
        assert_eq!(short(1.25e-10), "1.25e-10");
        assert_eq!(short(5e-324), "5e-324");
    }
}

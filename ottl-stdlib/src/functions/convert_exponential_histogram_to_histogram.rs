//! `convert_exponential_histogram_to_histogram(distribution_fn, explicit_bounds)`

use otlp_columns::metric::{Data, Exponential, Histogram, Point, Series};
use otlp_columns::{Level, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
};

use crate::support::metrics::Reshaper;
use crate::support::metrics::distribution::Distribution;

/// The editor `convert_exponential_histogram_to_histogram`.
pub(crate) const CONVERT_EXPONENTIAL_HISTOGRAM_TO_HISTOGRAM: Reshaper = Reshaper {
    signature: &SIGNATURE,
    contexts: &[Level::Metric],
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "convert_exponential_histogram_to_histogram",
    params: &[
        Param::new("distribution_fn", ParamKind::StringLiteral),
        Param::new("explicit_bounds", ParamKind::DoubleLiterals),
    ],
    result: Type::Nil,
    fields: &[],
    docs: "Makes a histogram with explicit bounds of an exponential histogram.\n\n\
           `distribution_fn` says where the values of a bucket go that lies in more than one of the \
           new ones: `\"upper\"` takes its upper end, `\"midpoint\"` its middle, `\"uniform\"` shares \
           them evenly, and `\"random\"` at random, about in proportion. As in the reference there is a \
           count for each bound and none above the last, and negative values are lost. Sum, minimum and \
           maximum are zero where there was none; flags and metadata are dropped. Metrics of another \
           type stay as they are.",
    examples: &[
        Example {
            title: "By the upper end",
            source: r#"convert_exponential_histogram_to_histogram("upper", [1.0, 4.0])"#,
            attributes: r#"{"exponentialHistogram":{"dataPoints":[{"count":"3","sum":4,"min":1,"max":3,"positive":{"bucketCounts":["2","1"]}}]}}"#,
            result: r#"[{"histogram":{"dataPoints":[{"count":"3","sum":4,"min":1,"max":3,"explicitBounds":[1,4],"bucketCounts":["1","2"]}]}}]"#,
        },
        Example {
            title: "No bounds",
            source: r#"convert_exponential_histogram_to_histogram("upper", [])"#,
            attributes: "{}",
            result: "rejected: A histogram needs at least one bound.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let name = args.string(0).unwrap_or_default();
    let Some(distribution) = Distribution::named(name) else {
        return Err(BindError::param(
            0,
            format!(
                "There is no distribution `{}`; there are `upper`, `midpoint`, `uniform` and \
                 `random`.",
                String::from_utf8_lossy(name)
            ),
        ));
    };
    let bounds = args.doubles(1).unwrap_or_default();
    if bounds.is_empty() {
        return Err(BindError::param(1, "A histogram needs at least one bound."));
    }
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        if let Data::Exponential(series) = &metric.data {
            let points = series.points.iter();
            let points = points.map(|point| convert(cx, distribution, point, &bounds));
            let series = Series {
                points: points.collect::<Result<_, _>>()?,
                temporality: series.temporality,
                ..Series::default()
            };
            cx.replace_metric(&metric.sibling(Data::Histogram(series)))?;
        }
        Ok(Value::Nil)
    }))
}

fn convert(
    cx: &CallContext<'_>,
    distribution: Distribution,
    point: &Point<Exponential>,
    bounds: &[f64],
) -> Result<Point<Histogram>, ExecError> {
    let data = &point.data;
    cx.spend((bounds.len() * (1 + data.positive.counts.len())) as u64)?;
    let counts = distribution.counts(data, bounds, &mut || cx.environment().random());
    let mut converted = point.sibling(Histogram {
        count: data.count,
        sum: data.sum.or(Some(0.0)),
        min: data.min.or(Some(0.0)),
        max: data.max.or(Some(0.0)),
        counts,
        bounds: bounds.to_vec(),
    });
    converted.exemplars.clone_from(&point.exemplars);
    Ok(converted)
}

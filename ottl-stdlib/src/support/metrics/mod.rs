//! What the functions that change whole metrics share.

pub(crate) mod aggregate;
pub(crate) mod attribute;
pub(crate) mod distribution;
pub(crate) mod exponential;
pub(crate) mod percentile;

use otlp_columns::metric::{Data, Metric, Number, Point, Series, Summary};
use otlp_columns::{Level, Value};
use ottl_vm::{BindArgs, BindError, Bound, CallContext, ExecError, Function, Home, Signature};

/// An editor of the transform processor that makes other metrics of a metric.
pub(crate) struct Reshaper {
    pub(crate) signature: &'static Signature,
    /// The contexts that have it.
    pub(crate) contexts: &'static [Level],
    pub(crate) bind: fn(&BindArgs<'_>) -> Result<Bound, BindError>,
}

impl Function for Reshaper {
    fn signature(&self) -> &Signature {
        self.signature
    }

    fn home(&self) -> Home {
        Home::Transform
    }

    fn contexts(&self) -> &'static [Level] {
        self.contexts
    }

    fn reshapes(&self) -> bool {
        true
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        (self.bind)(args)
    }
}

/// `AggregationTemporality` on the wire.
pub(crate) mod temporality {
    pub(crate) const UNSPECIFIED: u64 = 0;
    pub(crate) const DELTA: u64 = 1;
    pub(crate) const CUMULATIVE: u64 = 2;
}

/// The temporality that a literal argument names.
pub(crate) fn bind_temporality(args: &BindArgs<'_>, param: usize) -> Result<u64, BindError> {
    match args.string(param) {
        Some(b"delta") => Ok(temporality::DELTA),
        Some(b"cumulative") => Ok(temporality::CUMULATIVE),
        name => Err(BindError::param(
            param,
            format!(
                "There is no aggregation temporality `{}`; there are `delta` and `cumulative`.",
                String::from_utf8_lossy(name.unwrap_or_default())
            ),
        )),
    }
}

/// The text of an optional literal argument.
pub(crate) fn bind_text(args: &BindArgs<'_>, param: usize, default: &str) -> Vec<u8> {
    args.string(param).unwrap_or(default.as_bytes()).to_vec()
}

/// A point for each of `points` that has a number.
pub(crate) fn numbers<D>(
    points: &[Point<D>],
    number: impl Fn(&D) -> Option<Number>,
) -> Vec<Point<Number>> {
    points
        .iter()
        .filter_map(|point| number(&point.data).map(|number| point.sibling(number)))
        .collect()
}

/// A sum that is made of a metric, with a longer name.
fn sum_of(
    metric: &Metric,
    suffix: &[u8],
    points: Vec<Point<Number>>,
    (temporality, monotonic): (u64, bool),
) -> Metric {
    let series = Series {
        points,
        temporality,
        monotonic,
        rest: Vec::new(),
    };
    derived(metric, suffix, Data::Sum(series))
}

/// A metric that is made of another one, with a longer name.
pub(crate) fn derived(metric: &Metric, suffix: &[u8], data: Data) -> Metric {
    let mut derived = metric.sibling(data);
    derived.name.extend_from_slice(suffix);
    derived
}

/// The name of a metric's type in messages.
pub(crate) fn type_name(data: &Data) -> &'static str {
    match data {
        Data::None => "no type",
        Data::Gauge(_) => "the type gauge",
        Data::Sum(_) => "the type sum",
        Data::Histogram(_) => "the type histogram",
        Data::Exponential(_) => "the type exponential histogram",
        Data::Summary(_) => "the type summary",
    }
}

/// The sum of the counts or sums of a metric's points; `None` for no points.
///
/// # Errors
/// When the metric has none, or no temporality.
pub(crate) fn extracted(
    metric: &Metric,
    suffix: &[u8],
    monotonic: bool,
    number: impl Fn(u64, Option<f64>) -> Option<Number>,
) -> Result<Option<Metric>, ExecError> {
    let (temporality, points) = match &metric.data {
        Data::Histogram(series) => (
            series.temporality,
            numbers(&series.points, |data| number(data.count, data.sum)),
        ),
        Data::Exponential(series) => (
            series.temporality,
            numbers(&series.points, |data| number(data.count, data.sum)),
        ),
        Data::Summary(series) => (
            temporality::CUMULATIVE,
            numbers(&series.points, |data| number(data.count, Some(data.sum))),
        ),
        data => {
            return Err(ExecError::new(format!(
                "The metric has {}, and a histogram, exponential histogram or summary is needed.",
                type_name(data)
            )));
        }
    };
    if temporality == temporality::UNSPECIFIED {
        return Err(ExecError::new(
            "The histogram has no aggregation temporality.",
        ));
    }
    let is_empty = points.is_empty();
    let sum = sum_of(metric, suffix, points, (temporality, monotonic));
    Ok((!is_empty).then_some(sum))
}

/// The sum that a function for the data points of summaries appends.
pub(crate) fn bind_summary_sum(
    args: &BindArgs<'_>,
    suffix: &str,
    number: fn(&Summary) -> Number,
) -> Result<Bound, BindError> {
    let temporality = bind_temporality(args, 0)?;
    let monotonic = args.bool(1).unwrap_or_default();
    let suffix = bind_text(args, 2, suffix);
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let metric = cx.metric()?;
        if let Data::Summary(series) = &metric.data {
            let points = numbers(&series.points, |data| Some(number(data)));
            let sum = sum_of(&metric, &suffix, points, (temporality, monotonic));
            cx.append_metric(&sum)?;
        }
        Ok(Value::Nil)
    }))
}

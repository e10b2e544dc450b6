//! What the functions that change whole metrics share.

pub(crate) mod aggregate;
pub(crate) mod distribution;
pub(crate) mod exponential;
pub(crate) mod percentile;

use otlp_columns::Level;
use otlp_columns::metric::{Data, Metric, Number, Point, Series};
use ottl_vm::{BindArgs, BindError, Bound, Function, Home, Signature};

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
    args.string(param)
        .unwrap_or(default.as_bytes())
        .to_vec()
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
pub(crate) fn sum_of(metric: &Metric, suffix: &[u8], series: Series<Number>) -> Metric {
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

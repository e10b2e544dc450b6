//! Percentiles of histograms, in the order of operations of the reference.

use otlp_columns::metric::{BucketCounts, Exponential, Histogram};
use ottl_vm::ExecError;

use crate::support::math::{exp, exp2, ldexp, log2};

/// The percentile of a point; `None` when there is nothing to estimate it from.
type Estimate = Result<Option<f64>, ExecError>;

/// A percentile of a histogram, linear within a bucket.
pub(crate) fn of_histogram(point: &Histogram, percentile: f64) -> Estimate {
    if point.count == 0 || point.counts.is_empty() {
        return Ok(None);
    }
    let target = target(point.count, percentile);
    let (counts, bounds) = (&point.counts, &point.bounds);
    if counts.len() != bounds.len() + 1 {
        return Err(ExecError::new(format!(
            "The histogram has {} buckets and {} bounds, which do not fit.",
            counts.len(),
            bounds.len()
        )));
    }
    if bounds.is_empty() {
        return match (point.min, point.max) {
            (Some(min), Some(max)) => linear(min, max, target as f64 / counts[0] as f64),
            _ => Ok(None),
        };
    }
    let mut before = 0u64;
    for (index, &count) in counts.iter().enumerate() {
        let reached = before.wrapping_add(count);
        if reached >= target {
            return match ends(point, index) {
                Bucket::Point(value) => Ok(Some(value)),
                Bucket::Range(lower, upper) => {
                    let ratio = target.wrapping_sub(before) as f64 / count as f64;
                    linear(lower, upper, ratio)
                }
            };
        }
        before = reached;
    }
    Err(too_few(target, before))
}

/// Where the values of a bucket are.
enum Bucket {
    Range(f64, f64),
    /// Nothing is known but one end.
    Point(f64),
}

fn ends(point: &Histogram, index: usize) -> Bucket {
    let bounds = &point.bounds;
    if index == 0 {
        let upper = bounds[0];
        return match point.min {
            Some(min) if min < upper => Bucket::Range(min, upper),
            _ if 0.0 > upper => Bucket::Point(upper),
            _ => Bucket::Range(0.0, upper),
        };
    }
    let lower = bounds[index - 1];
    match (bounds.get(index), point.max) {
        (Some(&upper), _) => Bucket::Range(lower, upper),
        (None, Some(max)) if max <= lower => Bucket::Point(lower),
        (None, Some(max)) => Bucket::Range(lower, max),
        (None, None) => Bucket::Point(lower),
    }
}

/// A percentile of an exponential histogram, logarithmic within a bucket.
pub(crate) fn of_exponential(point: &Exponential, percentile: f64) -> Estimate {
    let (negative, positive) = (&point.negative, &point.positive);
    let is_empty =
        negative.counts.is_empty() && positive.counts.is_empty() && point.zero_count == 0;
    if point.count == 0 || is_empty {
        return Ok(None);
    }
    let target = target(point.count, percentile);
    let scale = i64::from(point.scale);
    let mut before = 0u64;
    for (index, &count) in negative.counts.iter().enumerate().rev() {
        let reached = before.wrapping_add(count);
        if reached >= target {
            let ratio = target.wrapping_sub(before) as f64 / count as f64;
            return in_negative(negative, index, scale, ratio);
        }
        before = reached;
    }
    let after_zero = before.wrapping_add(point.zero_count);
    if after_zero >= target {
        let (lower, upper) = around_zero(point);
        let ratio = target.wrapping_sub(before) as f64 / point.zero_count as f64;
        return linear(lower, upper, ratio);
    }
    before = after_zero;
    for (index, &count) in positive.counts.iter().enumerate() {
        let reached = before.wrapping_add(count);
        if reached >= target {
            let (lower, upper) = bounds(positive, index, scale);
            let ratio = target.wrapping_sub(before) as f64 / count as f64;
            return logarithmic(lower, upper, ratio).map(Some);
        }
        before = reached;
    }
    Err(too_few(target, before))
}

fn in_negative(buckets: &BucketCounts, index: usize, scale: i64, ratio: f64) -> Estimate {
    let (lower, upper) = bounds(buckets, index, scale);
    if lower >= upper {
        return Err(ExecError::new(format!(
            "The negative bucket {index} of the exponential histogram ends where it begins, at {lower}."
        )));
    }
    // Counting begins at the end that is farthest from zero.
    logarithmic(lower, upper, 1.0 - ratio).map(|value| Some(-value))
}

/// The bucket for zero; where all other values are on one side of it, so are its own.
fn around_zero(point: &Exponential) -> (f64, f64) {
    let threshold = point.zero_threshold;
    let has_negative = !point.negative.counts.is_empty();
    let has_positive = !point.positive.counts.is_empty();
    match (has_negative, has_positive) {
        (false, true) => (0.0, threshold),
        (true, false) => (-threshold, 0.0),
        _ => (-threshold, threshold),
    }
}

fn bounds(buckets: &BucketCounts, index: usize, scale: i64) -> (f64, f64) {
    let index = i64::from(buckets.offset) + index as i64;
    (bound(index, scale), bound(index + 1, scale))
}

/// Where a bucket begins.
fn bound(index: i64, scale: i64) -> f64 {
    if scale <= 0 {
        let exponent = if scale > -64 { index << -scale } else { 0 };
        return ldexp(1.0, exponent);
    }
    exp(index as f64 * ldexp(std::f64::consts::LN_2, -scale))
}

/// How many values are not above the percentile.
fn target(count: u64, percentile: f64) -> u64 {
    (count as f64 * (percentile / 100.0)).ceil() as u64
}

fn linear(lower: f64, upper: f64, ratio: f64) -> Estimate {
    check(ratio)?;
    Ok(Some(lower + ratio * (upper - lower)))
}

fn logarithmic(lower: f64, upper: f64, ratio: f64) -> Result<f64, ExecError> {
    check(ratio)?;
    if lower <= 0.0 || upper <= 0.0 {
        return Err(ExecError::new(format!(
            "The bucket from {lower} to {upper} has no logarithms."
        )));
    }
    let (from, to) = (log2(lower), log2(upper));
    Ok(exp2(from + (to - from) * ratio))
}

/// What is NaN passes, as in the reference.
fn check(ratio: f64) -> Result<(), ExecError> {
    if ratio.is_nan() || (0.0..=1.0).contains(&ratio) {
        return Ok(());
    }
    Err(ExecError::new(format!(
        "The counts of the histogram do not fit: the percentile lies at {ratio} of a bucket."
    )))
}

fn too_few(target: u64, total: u64) -> ExecError {
    ExecError::new(format!(
        "The percentile needs {target} values, but the buckets of the histogram have {total}."
    ))
}

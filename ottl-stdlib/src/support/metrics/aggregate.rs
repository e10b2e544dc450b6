//! Merging the data points of a metric that nothing tells apart.

use std::collections::HashMap;

use otlp_columns::metric::{
    Attribute, Data, Exponential, Histogram, Metric, Number, Point, Series,
};
use otlp_columns::{Entry, MapKind, Value};
use ottl_vm::go::f64_to_i64;
use ottl_vm::{BindArgs, BindError, CallContext, ExecError, TextBuilder, Zones, text};

use super::exponential::add_buckets;
use super::temporality::DELTA;
use crate::support::math;

/// What becomes of the numbers of a group. Histograms are added up, whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Mean,
    Min,
    Max,
    Median,
    Count,
}

impl Aggregation {
    /// The aggregation that a literal argument names.
    pub(crate) fn bind(args: &BindArgs<'_>, param: usize) -> Result<Self, BindError> {
        let name = args.string(param).unwrap_or_default();
        Ok(match name {
            b"sum" => Self::Sum,
            b"mean" => Self::Mean,
            b"min" => Self::Min,
            b"max" => Self::Max,
            b"median" => Self::Median,
            b"count" => Self::Count,
            _ => {
                return Err(BindError::param(
                    param,
                    format!(
                        "There is no aggregation `{}`; there are `sum`, `mean`, `min`, `max`, \
                         `median` and `count`.",
                        String::from_utf8_lossy(name)
                    ),
                ));
            }
        })
    }

    /// The metric with one point for each group. Its metadata is gone, and so are the points of a
    /// summary.
    pub(crate) fn apply(
        self,
        cx: &mut CallContext<'_>,
        metric: Metric,
    ) -> Result<Metric, ExecError> {
        let mut grouping = Grouping::new(cx);
        let data = match &metric.data {
            Data::None => Data::None,
            Data::Gauge(series) => Data::Gauge(self.numbers(&mut grouping, series, false)?),
            Data::Sum(series) => {
                Data::Sum(self.numbers(&mut grouping, series, series.temporality == DELTA)?)
            }
            Data::Histogram(series) => Data::Histogram(histograms(&mut grouping, series)?),
            Data::Exponential(series) => Data::Exponential(exponentials(&mut grouping, series)?),
            Data::Summary(series) => Data::Summary(series.emptied()),
        };
        Ok(metric.sibling(data))
    }

    fn numbers(
        self,
        grouping: &mut Grouping<'_, '_>,
        series: &Series<Number>,
        by_start: bool,
    ) -> Result<Series<Number>, ExecError> {
        let groups = grouping.group(&series.points, |point, key| {
            if by_start {
                key.word(point.start);
            }
        })?;
        let mut merged = series.emptied();
        for group in groups {
            let mut point = group[0].clone();
            let rest = || group[1..].iter().map(|point| point.data);
            point.data = match point.data {
                Number::None => Number::None,
                Number::Double(first) => Number::Double(self.doubles(first, rest())),
                Number::Int(first) => Number::Int(self.ints(first, rest())),
            };
            if point.data != Number::None {
                point.start = earliest(&group);
            }
            merged.points.push(point);
        }
        Ok(merged)
    }

    fn doubles(self, first: f64, rest: impl ExactSizeIterator<Item = Number>) -> f64 {
        let len = rest.len() + 1;
        let rest = rest.map(|number| match number {
            Number::Double(value) => value,
            Number::Int(value) => value as f64,
            Number::None => 0.0,
        });
        match self {
            Self::Sum => rest.fold(first, |sum, value| sum + value),
            Self::Mean => rest.fold(first, |sum, value| sum + value) / len as f64,
            Self::Max => rest.fold(first, math::max),
            Self::Min => rest.fold(first, math::min),
            Self::Count if len == 1 => first,
            Self::Count => len as f64,
            Self::Median => {
                let mut values: Vec<_> = std::iter::once(first).chain(rest).collect();
                values.sort_by(|left, right| math::order(*left, *right));
                match middle(&values) {
                    (low, Some(high)) => (low + high) / 2.0,
                    (middle, None) => middle,
                }
            }
        }
    }

    fn ints(self, first: i64, rest: impl ExactSizeIterator<Item = Number>) -> i64 {
        let len = rest.len() + 1;
        // Only sum and mean count a double as nothing.
        let exact = |number| match number {
            Number::Int(value) => value,
            Number::Double(_) | Number::None => 0,
        };
        let truncated = |number| match number {
            Number::Int(value) => value,
            Number::Double(value) => f64_to_i64(value),
            Number::None => 0,
        };
        match self {
            Self::Sum => rest.map(exact).fold(first, i64::wrapping_add),
            Self::Mean => rest.map(exact).fold(first, i64::wrapping_add) / len as i64,
            Self::Max => rest.map(truncated).fold(first, i64::max),
            Self::Min => rest.map(truncated).fold(first, i64::min),
            Self::Count if len == 1 => first,
            Self::Count => len as i64,
            Self::Median => {
                let mut values: Vec<_> =
                    std::iter::once(first).chain(rest.map(truncated)).collect();
                values.sort_unstable();
                match middle(&values) {
                    (low, Some(high)) => low.wrapping_add(high) / 2,
                    (middle, None) => middle,
                }
            }
        }
    }
}

/// The one or the two values in the middle.
fn middle<T: Copy>(sorted: &[T]) -> (T, Option<T>) {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        (sorted[half - 1], Some(sorted[half]))
    } else {
        (sorted[half], None)
    }
}

fn earliest<D>(group: &[&Point<D>]) -> u64 {
    group.iter().map(|point| point.start).min().unwrap_or(0)
}

fn histograms(
    grouping: &mut Grouping<'_, '_>,
    series: &Series<Histogram>,
) -> Result<Series<Histogram>, ExecError> {
    let by_start = series.temporality == DELTA;
    let groups = grouping.group(&series.points, |point, key| {
        let data = &point.data;
        key.word(data.bounds.len() as u64);
        data.bounds.iter().for_each(|&bound| key.double(bound));
        key.common(point, by_start, (data.min, data.max));
    })?;
    let mut merged = series.emptied();
    for group in groups {
        let mut point = group[0].clone();
        for next in group[1..].iter().filter(|next| next.data.count != 0) {
            let data = &mut point.data;
            data.count = data.count.wrapping_add(next.data.count);
            data.sum = add(data.sum, next.data.sum);
            extend(&mut data.min, next.data.min, |own, other| own > other);
            extend(&mut data.max, next.data.max, |own, other| own < other);
            // The reference crashes where the first point has fewer buckets than another.
            let len = data.counts.len().max(next.data.counts.len());
            data.counts.resize(len, 0);
            for (sum, &count) in data.counts.iter_mut().zip(&next.data.counts) {
                *sum = sum.wrapping_add(count);
            }
            point.exemplars.extend_from_slice(&next.exemplars);
            point.start = point.start.min(next.start);
        }
        merged.points.push(point);
    }
    Ok(merged)
}

fn exponentials(
    grouping: &mut Grouping<'_, '_>,
    series: &Series<Exponential>,
) -> Result<Series<Exponential>, ExecError> {
    let by_start = series.temporality == DELTA;
    let groups = grouping.group(&series.points, |point, key| {
        key.word(point.data.scale as u64);
        key.common(point, by_start, (point.data.min, point.data.max));
    })?;
    let mut merged = series.emptied();
    for group in groups {
        let mut point = group[0].clone();
        for next in group[1..].iter().filter(|next| next.data.count != 0) {
            let data = &mut point.data;
            data.count = data.count.wrapping_add(next.data.count);
            data.sum = add(data.sum, next.data.sum);
            data.zero_count = data.zero_count.wrapping_add(next.data.zero_count);
            extend(&mut data.min, next.data.min, |own, other| own > other);
            extend(&mut data.max, next.data.max, |own, other| own < other);
            for (sum, counts) in [
                (&mut data.negative, &next.data.negative),
                (&mut data.positive, &next.data.positive),
            ] {
                grouping.made = add_buckets(grouping.cx, sum, counts, grouping.made)?;
            }
            point.exemplars.extend_from_slice(&next.exemplars);
            point.start = point.start.min(next.start);
        }
        merged.points.push(point);
    }
    Ok(merged)
}

/// An absent sum counts as zero, and the merged one is there.
fn add(sum: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(sum.unwrap_or(0.0) + other.unwrap_or(0.0))
}

fn extend(own: &mut Option<f64>, other: Option<f64>, is_beyond: fn(f64, f64) -> bool) {
    let other = other.unwrap_or(0.0);
    if let Some(own) = own
        && is_beyond(*own, other)
    {
        *own = other;
    }
}

/// Finds the points that are to be merged.
struct Grouping<'a, 'b> {
    cx: &'a mut CallContext<'b>,
    text: TextBuilder,
    zones: Zones,
    /// How many buckets were made.
    made: usize,
}

impl<'a, 'b> Grouping<'a, 'b> {
    fn new(cx: &'a mut CallContext<'b>) -> Self {
        Self {
            text: cx.text(),
            cx,
            zones: Zones::default(),
            made: 0,
        }
    }

    /// The points by what tells them apart: attributes, time, and what `more` adds. Groups and
    /// their points are in order.
    fn group<'p, D>(
        &mut self,
        points: &'p [Point<D>],
        more: impl Fn(&Point<D>, &mut Key),
    ) -> Result<Vec<Vec<&'p Point<D>>>, ExecError> {
        let mut groups: Vec<Vec<&Point<D>>> = Vec::new();
        let mut places = HashMap::new();
        for point in points {
            let mut key = self.attributes(&point.attributes)?;
            key.word(point.time);
            more(point, &mut key);
            let place = *places.entry(key.done()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(point),
                None => groups.push(vec![point]),
            }
        }
        Ok(groups)
    }

    /// A key that begins with attributes as the reference compares them: as JSON. An integer then
    /// equals the double of the same value, and bytes equal their base64.
    fn attributes(&mut self, attributes: &[Attribute]) -> Result<Key, ExecError> {
        let heap = self.cx.heap_mut();
        let entries: Vec<_> = attributes
            .iter()
            .map(|attribute| {
                let key = heap.alloc(&attribute.key);
                let value = heap.alloc(&attribute.value);
                Entry::new(key, Value::Wire(value))
            })
            .collect();
        let map = Value::Map(MapKind::Map, heap.alloc_map(&entries));
        self.text.truncate(0);
        match text::json(heap, &self.zones, map, &mut self.text) {
            Err(error) if self.text.refused() || self.cx.must_stop() => Err(error),
            Err(_) => Ok(Key::none()),
            Ok(()) => Ok(Key::from(self.text.bytes())),
        }
    }
}

/// What tells points apart. In the reference it is JSON, and all points meet that have infinity or
/// NaN in it, which JSON does not have.
struct Key(Option<Vec<u8>>);

impl Key {
    fn none() -> Self {
        Self(None)
    }

    fn from(json: &[u8]) -> Self {
        Self(Some(json.to_vec()))
    }

    fn word(&mut self, word: u64) {
        if let Some(key) = &mut self.0 {
            key.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn double(&mut self, value: f64) {
        if value.is_finite() {
            self.word(value.to_bits());
        } else {
            self.0 = None;
        }
    }

    fn common<D>(
        &mut self,
        point: &Point<D>,
        by_start: bool,
        (min, max): (Option<f64>, Option<f64>),
    ) {
        if by_start {
            self.word(point.start);
        }
        let extremes = u64::from(min.is_some()) << 1 | u64::from(max.is_some());
        self.word(extremes << 32 | point.flags & u64::from(u32::MAX));
    }

    fn done(self) -> Vec<u8> {
        self.0.unwrap_or_default()
    }
}

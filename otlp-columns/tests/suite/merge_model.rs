//! Merging data points against a simple model that works on prost's structs.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, Sum,
};
use otlp_columns::Level;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::merge::{CUMULATIVE, DELTA, POD, attribute, batch, decoded, metric, remove_pod};

/// What points of all types have.
trait Point: Clone {
    fn attributes(&mut self) -> &mut Vec<KeyValue>;
    /// Flags, start, time.
    fn common(&mut self) -> (&mut u32, &mut u64, &mut u64);
    /// What must be equal beside attributes and flags; nothing when it can never be merged.
    fn form(&self) -> Option<String>;
    /// Adds the values of another point.
    fn add(&mut self, other: &Self);
}

macro_rules! common {
    () => {
        fn attributes(&mut self) -> &mut Vec<KeyValue> {
            &mut self.attributes
        }

        fn common(&mut self) -> (&mut u32, &mut u64, &mut u64) {
            (
                &mut self.flags,
                &mut self.start_time_unix_nano,
                &mut self.time_unix_nano,
            )
        }
    };
}

impl Point for NumberDataPoint {
    common!();

    fn form(&self) -> Option<String> {
        self.value.map(|_| String::new())
    }

    fn add(&mut self, other: &Self) {
        self.value = match (self.value, other.value) {
            (Some(Number::AsInt(one)), Some(Number::AsInt(other))) => {
                Some(Number::AsInt(one + other))
            }
            (Some(one), Some(other)) => Some(Number::AsDouble(as_double(one) + as_double(other))),
            _ => panic!("points without a value are not merged"),
        };
    }
}

fn as_double(number: Number) -> f64 {
    match number {
        Number::AsInt(value) => value as f64,
        Number::AsDouble(value) => value,
    }
}

macro_rules! add_totals {
    ($to:expr, $from:expr) => {
        $to.count += $from.count;
        $to.sum = $to.sum.zip($from.sum).map(|(one, other)| one + other);
        $to.min = $to.min.zip($from.min).map(|(one, other)| one.min(other));
        $to.max = $to.max.zip($from.max).map(|(one, other)| one.max(other));
    };
}

impl Point for HistogramDataPoint {
    common!();

    fn form(&self) -> Option<String> {
        Some(format!(
            "{:?} {}",
            self.explicit_bounds,
            self.bucket_counts.len()
        ))
    }

    fn add(&mut self, other: &Self) {
        add_totals!(self, other);
        for (count, more) in self.bucket_counts.iter_mut().zip(&other.bucket_counts) {
            *count += more;
        }
    }
}

impl Point for ExponentialHistogramDataPoint {
    common!();

    fn form(&self) -> Option<String> {
        Some(format!("{} {:?}", self.scale, self.zero_threshold))
    }

    fn add(&mut self, other: &Self) {
        add_totals!(self, other);
        self.zero_count += other.zero_count;
        self.positive = both(self.positive.take(), other.positive.clone());
        self.negative = both(self.negative.take(), other.negative.clone());
    }
}

fn both(one: Option<Buckets>, other: Option<Buckets>) -> Option<Buckets> {
    let has_counts = |buckets: &Option<Buckets>| {
        buckets
            .as_ref()
            .is_some_and(|buckets| !buckets.bucket_counts.is_empty())
    };
    if !has_counts(&other) {
        return one;
    }
    let (Some(first), Some(second)) = (one.filter(|one| !one.bucket_counts.is_empty()), &other)
    else {
        return other;
    };
    let count = |buckets: &Buckets, number: i32| {
        let at = usize::try_from(number - buckets.offset).ok();
        at.and_then(|at| buckets.bucket_counts.get(at))
            .copied()
            .unwrap_or(0)
    };
    let end = |buckets: &Buckets| buckets.offset + buckets.bucket_counts.len() as i32;
    let offset = first.offset.min(second.offset);
    let numbers = offset..end(&first).max(end(second));
    Some(Buckets {
        offset,
        bucket_counts: numbers
            .map(|number| count(&first, number) + count(second, number))
            .collect(),
    })
}

/// Attributes as a text that is equal where they are.
fn canonical(attributes: &[KeyValue]) -> String {
    let value = |entry: &KeyValue| match entry.value.as_ref().and_then(|any| any.value.as_ref()) {
        Some(Any::KvlistValue(map)) => canonical(&map.values),
        other => format!("{other:?}"),
    };
    let entries = attributes
        .iter()
        .map(|entry| format!("{:?}: {}", entry.key, value(entry)));
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    format!("{entries:?}")
}

/// What is left of points when the attribute is removed from them.
fn model<P: Point>(points: &mut Vec<P>, temporality: Option<i32>) {
    let is_pod = |entry: &KeyValue| entry.key == POD;
    let is_touched = points
        .iter_mut()
        .any(|point| point.attributes().iter().any(is_pod));
    if !is_touched {
        return;
    }
    let mut groups: Vec<(String, Vec<(String, P)>)> = Vec::new();
    for (at, mut point) in std::mem::take(points).into_iter().enumerate() {
        let series = canonical(point.attributes());
        point.attributes().retain(|entry| !is_pod(entry));
        let flags = *point.common().0;
        let key = match point.form() {
            Some(form) if flags & 1 == 0 => {
                format!("{} {form} {flags}", canonical(point.attributes()))
            }
            _ => format!("alone {at}"),
        };
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push((series, point)),
            None => groups.push((key, vec![(series, point)])),
        }
    }
    points.extend(
        groups
            .into_iter()
            .map(|(_, group)| merge(group, temporality)),
    );
}

fn merge<P: Point>(group: Vec<(String, P)>, temporality: Option<i32>) -> P {
    let time = |point: &P| *point.clone().common().2;
    let mut counted: Vec<P> = Vec::new();
    for (series, point) in &group {
        let is_older = group.iter().any(|(other_series, other)| {
            let is_same_series = match temporality {
                None => true,
                Some(CUMULATIVE) => series == other_series,
                Some(_) => false,
            };
            is_same_series && time(other) > time(point)
        });
        if !is_older {
            counted.push(point.clone());
        }
    }
    if temporality.is_none() {
        return counted.pop().expect("the latest");
    }
    let mut result = counted[0].clone();
    for mut point in counted.drain(1..) {
        result.add(&point);
        let (_, start, time) = result.common();
        let (_, other_start, other_time) = point.common();
        *start = (*start).min(*other_start);
        *time = (*time).max(*other_time);
    }
    result
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let map = |entries: [(&str, i64); 2]| {
        let values = entries.map(|(key, value)| attribute(key, Any::IntValue(value)));
        Any::KvlistValue(KeyValueList {
            values: values.to_vec(),
        })
    };
    let values = vec![
        Any::IntValue(1),
        Any::DoubleValue(1.0),
        Any::StringValue("1".repeat(70)),
        map([("x", 1), ("y", 2)]),
        map([("y", 2), ("x", 1)]),
    ];
    let own = option::of(proptest::sample::select(values));
    let pod = option::weighted(0.7, 0..3i64);
    (own, pod, any::<bool>()).prop_map(|(own, pod, is_reversed)| {
        let mut all = vec![attribute("b", Any::BoolValue(true))];
        all.extend(own.map(|value| attribute("a", value)));
        all.extend(pod.map(|value| attribute(POD, Any::IntValue(value))));
        if is_reversed {
            all.reverse();
        }
        all
    })
}

fn flags() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(0), 1 => Just(1), 1 => Just(2)]
}

/// Doubles whose sums are exact in any order.
fn double() -> impl Strategy<Value = f64> {
    (-8..8i8).prop_map(|halves| f64::from(halves) / 2.0)
}

fn number_points() -> impl Strategy<Value = Vec<NumberDataPoint>> {
    let value = prop_oneof![
        (-50..50i64).prop_map(Number::AsInt),
        double().prop_map(Number::AsDouble),
    ];
    let value = option::weighted(0.9, value);
    let point = (attributes(), 0..4u64, 0..4u64, flags(), value);
    let point = point.prop_map(|(attributes, start, time, flags, value)| NumberDataPoint {
        attributes,
        start_time_unix_nano: start,
        time_unix_nano: time,
        flags,
        value,
        ..NumberDataPoint::default()
    });
    vec(point, 0..12)
}

fn extremes() -> impl Strategy<Value = [Option<f64>; 3]> {
    proptest::array::uniform3(option::weighted(0.9, double()))
}

fn histogram_points() -> impl Strategy<Value = Vec<HistogramDataPoint>> {
    let point = (
        attributes(),
        0..4u64,
        0..4u64,
        flags(),
        extremes(),
        vec(0..9u64, 1..3),
    );
    let point = point.prop_map(
        |(attributes, start, time, flags, [sum, min, max], counts)| HistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            flags,
            count: counts.iter().sum(),
            sum,
            min,
            max,
            explicit_bounds: counts[1..].iter().map(|_| 1.0).collect(),
            bucket_counts: counts,
            ..HistogramDataPoint::default()
        },
    );
    vec(point, 0..12)
}

fn exponential_points() -> impl Strategy<Value = Vec<ExponentialHistogramDataPoint>> {
    let buckets = || {
        let buckets = (-9..9i32, vec(0..300u64, 0..4));
        option::weighted(
            0.9,
            buckets.prop_map(|(offset, bucket_counts)| Buckets {
                offset,
                bucket_counts,
            }),
        )
    };
    let first = (attributes(), 0..4u64, 0..4u64, flags(), extremes());
    let second = (buckets(), buckets(), 0..3u64, 0..2i32, 0..2u8);
    let point = (first, second).prop_map(|(first, second)| {
        let (attributes, start, time, flags, [sum, min, max]) = first;
        let (positive, negative, zero_count, scale, threshold) = second;
        ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: time,
            flags,
            count: zero_count,
            sum,
            min,
            max,
            positive,
            negative,
            zero_count,
            scale,
            zero_threshold: f64::from(threshold),
            ..ExponentialHistogramDataPoint::default()
        }
    });
    vec(point, 0..12)
}

fn a_metric() -> impl Strategy<Value = Metric> {
    let temporality = || DELTA..=CUMULATIVE;
    let data = prop_oneof![
        number_points().prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        (number_points(), temporality()).prop_map(|(data_points, aggregation_temporality)| {
            Data::Sum(Sum {
                data_points,
                aggregation_temporality,
                is_monotonic: true,
            })
        }),
        (histogram_points(), temporality()).prop_map(|(data_points, aggregation_temporality)| {
            Data::Histogram(Histogram {
                data_points,
                aggregation_temporality,
            })
        }),
        (exponential_points(), temporality()).prop_map(|(data_points, aggregation_temporality)| {
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points,
                aggregation_temporality,
            })
        }),
    ];
    data.prop_map(metric)
}

/// The metric with points in an order that does not matter.
fn sorted(mut metric: Metric) -> Metric {
    match &mut metric.data {
        Some(Data::Gauge(data)) => sort(&mut data.data_points),
        Some(Data::Sum(data)) => sort(&mut data.data_points),
        Some(Data::Histogram(data)) => sort(&mut data.data_points),
        Some(Data::ExponentialHistogram(data)) => {
            for point in &mut data.data_points {
                // A message that says nothing is the same as none.
                let is_said = |buckets: &Buckets| *buckets != Buckets::default();
                point.positive = point.positive.take().filter(is_said);
                point.negative = point.negative.take().filter(is_said);
            }
            sort(&mut data.data_points);
        }
        Some(Data::Summary(_)) | None => {}
    }
    metric
}

fn sort<P: std::fmt::Debug>(points: &mut [P]) {
    points.sort_by_cached_key(|point| format!("{point:?}"));
}

fn expected(mut metric: Metric) -> Metric {
    match &mut metric.data {
        Some(Data::Gauge(data)) => model(&mut data.data_points, None),
        Some(Data::Sum(data)) => model(&mut data.data_points, Some(data.aggregation_temporality)),
        Some(Data::Histogram(data)) => {
            model(&mut data.data_points, Some(data.aggregation_temporality));
        }
        Some(Data::ExponentialHistogram(data)) => {
            model(&mut data.data_points, Some(data.aggregation_temporality));
        }
        Some(Data::Summary(_)) | None => {}
    }
    metric
}

fn total(points: &[NumberDataPoint]) -> f64 {
    points
        .iter()
        .filter_map(|point| point.value)
        .map(as_double)
        .sum()
}

proptest! {
    #[test]
    fn merging_is_what_the_model_says(metrics in vec(a_metric(), 1..4)) {
        let mut batch = batch(metrics.clone());
        remove_pod(&mut batch);
        let before = batch.rows(Level::DataPoint);
        let merged = batch.merge_points();
        prop_assert_eq!(merged, batch.dropped(Level::DataPoint).count());
        prop_assert!(merged <= before);
        let found: Vec<_> = decoded(&batch).into_iter().map(sorted).collect();
        let expected: Vec<_> = metrics.into_iter().map(expected).map(sorted).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(batch.merge_points(), 0);
    }

    #[test]
    fn the_total_of_a_sum_stays(points in number_points()) {
        let before = total(&points);
        let sum = Sum { data_points: points, aggregation_temporality: DELTA, is_monotonic: false };
        let mut batch = batch(vec![metric(Data::Sum(sum))]);
        remove_pod(&mut batch);
        batch.merge_points();
        match decoded(&batch).swap_remove(0).data {
            Some(Data::Sum(sum)) => prop_assert_eq!(total(&sum.data_points), before),
            other => prop_assert!(other.is_none(), "a sum stays a sum"),
        }
    }
}

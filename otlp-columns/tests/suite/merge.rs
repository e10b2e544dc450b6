//! Merging data points that became equal, case by case.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::{AsDouble, AsInt};
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    Summary, SummaryDataPoint, number_data_point,
};
use otlp_columns::{Batch, BatchLimits, Field, Level, MapField, Signal, Value};
use prost::Message as _;

/// The attribute that tests remove.
pub(crate) const POD: &str = "pod";
pub(crate) const DELTA: i32 = 1;
pub(crate) const CUMULATIVE: i32 = 2;

pub(crate) fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

pub(crate) fn message(metrics: Vec<Metric>) -> MetricsData {
    MetricsData {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

pub(crate) fn metrics(data: MetricsData) -> Vec<Metric> {
    let resources = data.resource_metrics.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

pub(crate) fn metric(data: Data) -> Metric {
    Metric {
        data: Some(data),
        ..Metric::default()
    }
}

pub(crate) fn batch(metrics: Vec<Metric>) -> Batch {
    Batch::decode_projected(
        Signal::Metrics,
        message(metrics).encode_to_vec(),
        &Batch::merge_projection(),
        BatchLimits::default(),
    )
    .expect("a well-formed message")
}

/// Removes the attribute from every point.
pub(crate) fn remove_pod(batch: &mut Batch) {
    for row in 0..batch.rows(Level::DataPoint) {
        batch.map_retain(MapField::DataPoint, row, |heap, entry| {
            heap.bytes(entry.key) != POD.as_bytes()
        });
    }
}

pub(crate) fn decoded(batch: &Batch) -> Vec<Metric> {
    assert!(!batch.heap().exhausted());
    metrics(MetricsData::decode(batch.encode()).expect("a well-formed message"))
}

/// How many points were merged away and what the metric is without the attribute.
fn merged(data: Data) -> (usize, Data) {
    let mut batch = batch(vec![metric(data)]);
    remove_pod(&mut batch);
    let count = batch.merge_points();
    let data = decoded(&batch).swap_remove(0).data.expect("data");
    (count, data)
}

/// A point of a pod in a cluster.
fn number(cluster: &str, pod: &str, time: u64, value: number_data_point::Value) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![text("cluster", cluster), text(POD, pod)],
        start_time_unix_nano: time / 2,
        time_unix_nano: time,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn sum_of(temporality: i32, data_points: Vec<NumberDataPoint>) -> Data {
    Data::Sum(Sum {
        data_points,
        aggregation_temporality: temporality,
        is_monotonic: true,
    })
}

/// Start, time and value of each point of a gauge or sum.
fn numbers(data: &Data) -> Vec<(u64, u64, number_data_point::Value)> {
    let points = match data {
        Data::Gauge(gauge) => &gauge.data_points,
        Data::Sum(sum) => &sum.data_points,
        _ => panic!("not numbers"),
    };
    let parts = |point: &NumberDataPoint| {
        let (start, time) = (point.start_time_unix_nano, point.time_unix_nano);
        (start, time, point.value.expect("a value"))
    };
    points.iter().map(parts).collect()
}

#[test]
fn sums_are_added_for_each_set_of_attributes() {
    let (count, data) = merged(sum_of(
        DELTA,
        vec![
            number("x", "1", 30, AsInt(1)),
            number("y", "1", 10, AsInt(10)),
            number("x", "2", 20, AsInt(2)),
            number("x", "3", 40, AsInt(4)),
        ],
    ));
    assert_eq!(count, 2);
    assert_eq!(numbers(&data), [(10, 40, AsInt(7)), (5, 10, AsInt(10))]);
    let Data::Sum(sum) = data else {
        panic!("a sum stays a sum")
    };
    assert!(sum.is_monotonic);
    assert_eq!(sum.data_points[0].attributes, [text("cluster", "x")]);
}

#[test]
fn integers_become_doubles_where_they_must() {
    let total = |values: &[number_data_point::Value]| {
        let points = values.iter().map(|&value| number("x", "1", 8, value));
        numbers(&merged(sum_of(DELTA, points.collect())).1)[0].2
    };
    assert_eq!(total(&[AsInt(1), AsDouble(0.5), AsInt(2)]), AsDouble(3.5));
    assert_eq!(total(&[AsDouble(0.5), AsDouble(0.5)]), AsDouble(1.0));
    assert_eq!(total(&[AsInt(i64::MAX), AsInt(1)]), AsDouble(2f64.powi(63)));
    assert_eq!(
        total(&[AsInt(i64::MIN), AsInt(-1)]),
        AsDouble(-(2f64.powi(63)))
    );
    // Only the total must fit.
    assert_eq!(
        total(&[AsInt(i64::MAX), AsInt(1), AsInt(-3)]),
        AsInt(i64::MAX - 2)
    );
    assert_eq!(total(&[AsInt(3), AsInt(-3)]), AsInt(0));
}

#[test]
fn an_unknown_start_stays_unknown() {
    let mut points = vec![number("x", "1", 8, AsInt(1)), number("x", "2", 8, AsInt(1))];
    points[1].start_time_unix_nano = 0;
    assert_eq!(
        numbers(&merged(sum_of(DELTA, points)).1),
        [(0, 8, AsInt(2))]
    );
}

#[test]
fn of_a_cumulative_series_only_the_latest_counts() {
    let points = vec![
        number("x", "1", 10, AsInt(100)),
        number("x", "2", 10, AsInt(1)),
        number("x", "1", 30, AsInt(120)),
        number("x", "2", 20, AsInt(2)),
    ];
    let (count, data) = merged(sum_of(CUMULATIVE, points.clone()));
    assert_eq!(count, 3);
    assert_eq!(numbers(&data), [(10, 30, AsInt(122))]);

    // Deltas are parts of a whole.
    let (count, data) = merged(sum_of(DELTA, points));
    assert_eq!(count, 3);
    assert_eq!(numbers(&data), [(5, 30, AsInt(223))]);
}

#[test]
fn of_a_gauge_the_latest_stays_as_it_is() {
    let mut points = vec![
        number("x", "1", 10, AsInt(1)),
        number("x", "2", 30, AsDouble(2.0)),
        number("x", "3", 30, AsInt(3)),
        number("x", "4", 20, AsInt(4)),
    ];
    for (at, point) in points.iter_mut().enumerate() {
        point.exemplars.push(Exemplar {
            time_unix_nano: at as u64,
            ..Exemplar::default()
        });
    }
    let (count, data) = merged(Data::Gauge(Gauge {
        data_points: points,
    }));
    assert_eq!(count, 3);
    assert_eq!(numbers(&data), [(15, 30, AsInt(3))]);
    let Data::Gauge(gauge) = data else {
        panic!("a gauge stays a gauge")
    };
    assert_eq!(gauge.data_points[0].exemplars[0].time_unix_nano, 2);
}

#[test]
fn exemplars_of_the_first_point_stay() {
    let mut points = vec![number("x", "1", 8, AsInt(1)), number("x", "2", 8, AsInt(1))];
    for (point, time) in points.iter_mut().zip([1, 2]) {
        point.exemplars = vec![Exemplar {
            time_unix_nano: time,
            ..Exemplar::default()
        }];
    }
    let Data::Sum(sum) = merged(sum_of(DELTA, points)).1 else {
        panic!("a sum stays a sum")
    };
    assert_eq!(sum.data_points.len(), 1);
    assert_eq!(sum.data_points[0].exemplars.len(), 1);
    assert_eq!(sum.data_points[0].exemplars[0].time_unix_nano, 1);
}

#[test]
fn points_without_a_value_and_with_other_flags_stay_apart() {
    let mut points: Vec<_> = (0..8).map(|_| number("x", "1", 8, AsInt(1))).collect();
    points[0].flags = 1;
    points[1].flags = 1;
    points[2].flags = 4;
    points[3].flags = 4;
    points[4].value = None;
    points[5].value = None;
    let (count, data) = merged(sum_of(DELTA, points));
    assert_eq!(count, 2);
    let Data::Sum(sum) = data else {
        panic!("a sum stays a sum")
    };
    let parts = sum
        .data_points
        .iter()
        .map(|point| (point.flags, point.value));
    assert_eq!(
        parts.collect::<Vec<_>>(),
        [
            (1, Some(AsInt(1))),
            (1, Some(AsInt(1))),
            (4, Some(AsInt(2))),
            (0, None),
            (0, None),
            (0, Some(AsInt(2))),
        ]
    );
}

#[test]
fn attributes_are_compared_as_otlp() {
    let list = |values: &[i64]| {
        let values = values.iter().map(|&value| AnyValue {
            value: Some(Any::IntValue(value)),
        });
        Any::ArrayValue(ArrayValue {
            values: values.collect(),
        })
    };
    let map = |keys: [&str; 2]| {
        Any::KvlistValue(KeyValueList {
            values: keys.iter().map(|key| attribute(key, list(&[1]))).collect(),
        })
    };
    let nothing = KeyValue {
        key: "a".to_owned(),
        ..KeyValue::default()
    };
    // The last number is that of the class of equal attributes.
    let cases = [
        (vec![text("a", "1"), text("b", "2")], 0),
        (vec![attribute("a", Any::IntValue(1))], 1),
        (vec![text("b", "2"), text("a", "1")], 0),
        (vec![attribute("a", Any::DoubleValue(1.0))], 2),
        (vec![text("a", "1")], 3),
        (vec![attribute("a", Any::BytesValue(b"1".to_vec()))], 4),
        (vec![attribute("a", Any::BoolValue(true))], 5),
        (vec![attribute("a", list(&[1, 2]))], 6),
        (vec![attribute("a", list(&[2, 1]))], 7),
        (vec![attribute("a", list(&[1, 2]))], 6),
        (vec![attribute("a", map(["x", "y"]))], 8),
        (vec![attribute("a", map(["y", "x"]))], 8),
        (vec![attribute("a", map(["x", "z"]))], 9),
        (vec![], 10),
        (vec![nothing], 11),
        (vec![text("a", &"1".repeat(100))], 12),
        (vec![text("a", &"1".repeat(100))], 12),
        (vec![attribute("a", Any::BytesValue(vec![b'1'; 100]))], 13),
        (vec![text("a", &"1".repeat(101))], 14),
    ];
    let points = cases.iter().enumerate().map(|(at, (attributes, class))| {
        let mut attributes = attributes.clone();
        attributes.push(attribute(POD, Any::IntValue(at as i64)));
        NumberDataPoint {
            attributes,
            value: Some(AsInt(100 + class)),
            ..NumberDataPoint::default()
        }
    });
    let (count, data) = merged(sum_of(DELTA, points.collect()));
    assert_eq!(count, 4);
    let values = numbers(&data).into_iter().map(|(_, _, value)| value);
    let expected = [
        200, 101, 102, 103, 104, 105, 212, 107, 216, 109, 110, 111, 224, 113, 114,
    ];
    assert_eq!(values.collect::<Vec<_>>(), expected.map(AsInt));
}

#[test]
fn values_that_a_program_made_equal_those_of_the_message() {
    let points = vec![
        number("x", "1", 8, AsInt(1)),
        number("y", "2", 8, AsInt(2)),
        number("z", "3", 8, AsInt(4)),
    ];
    let mut batch = batch(vec![metric(sum_of(DELTA, points))]);
    remove_pod(&mut batch);
    let value = batch.heap_mut().alloc_str("x");
    batch.map_set(MapField::DataPoint, 1, b"cluster", value);
    batch.map_set(MapField::DataPoint, 2, b"cluster", Value::Nil);
    assert_eq!(batch.merge_points(), 1);
    let data = decoded(&batch).swap_remove(0).data.expect("data");
    let values = numbers(&data).into_iter().map(|(_, _, value)| value);
    assert_eq!(values.collect::<Vec<_>>(), [AsInt(3), AsInt(4)]);
    assert_eq!(batch.merge_points(), 0, "nothing is left to merge");
}

fn histogram(counts: &[u64], bounds: &[f64], extremes: Option<(f64, f64)>) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: vec![text(POD, "1")],
        start_time_unix_nano: 3,
        time_unix_nano: 9,
        count: counts.len() as u64,
        sum: Some(2.5),
        bucket_counts: counts.to_vec(),
        explicit_bounds: bounds.to_vec(),
        min: extremes.map(|(min, _)| min),
        max: extremes.map(|(_, max)| max),
        ..HistogramDataPoint::default()
    }
}

fn histograms(data_points: Vec<HistogramDataPoint>) -> Vec<HistogramDataPoint> {
    let (_, data) = merged(Data::Histogram(Histogram {
        data_points,
        aggregation_temporality: DELTA,
    }));
    match data {
        Data::Histogram(histogram) => histogram.data_points,
        _ => panic!("a histogram stays a histogram"),
    }
}

#[test]
fn histograms_with_the_same_buckets_are_added() {
    let mut points = vec![
        histogram(&[1, 2, 3], &[0.5, 1.5], Some((0.1, 3.0))),
        histogram(&[1, 2, 3], &[0.5, 1.75], Some((0.1, 3.0))),
        histogram(&[u64::MAX, 0, 1], &[0.5, 1.5], Some((-1.0, 2.0))),
        histogram(&[4, 5], &[0.5, 1.5], None),
    ];
    points[2].count = u64::MAX;
    points[2].start_time_unix_nano = 2;
    points[2].time_unix_nano = 12;
    let expected = HistogramDataPoint {
        attributes: Vec::new(),
        start_time_unix_nano: 2,
        time_unix_nano: 12,
        count: u64::MAX,
        sum: Some(5.0),
        bucket_counts: vec![u64::MAX, 2, 4],
        min: Some(-1.0),
        max: Some(3.0),
        ..points[0].clone()
    };
    let found = histograms(points);
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], expected);
}

#[test]
fn sum_min_and_max_stay_only_if_all_points_have_them() {
    let with = || histogram(&[1], &[], Some((1.0, 2.0)));
    let without = || HistogramDataPoint {
        sum: None,
        ..histogram(&[1], &[], None)
    };
    for points in [
        vec![with(), without()],
        vec![without(), with()],
        vec![without(), without()],
    ] {
        let found = histograms(points);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bucket_counts, [2]);
        assert_eq!(
            (found[0].sum, found[0].min, found[0].max),
            (None, None, None)
        );
    }
    let zero = || HistogramDataPoint {
        sum: Some(0.0),
        ..histogram(&[1], &[], Some((0.0, 0.0)))
    };
    let found = histograms(vec![zero(), zero()]);
    assert_eq!(
        (found[0].sum, found[0].min, found[0].max),
        (Some(0.0), Some(0.0), Some(0.0))
    );
}

#[test]
fn a_removed_sum_can_be_set_again() {
    let data = Data::Histogram(Histogram {
        data_points: vec![histogram(&[1], &[], None)],
        aggregation_temporality: DELTA,
    });
    let mut batch = batch(vec![metric(data)]);
    let sum = |batch: &Batch| match decoded(batch).swap_remove(0).data {
        Some(Data::Histogram(histogram)) => histogram.data_points[0].sum,
        _ => panic!("a histogram stays a histogram"),
    };
    assert!(batch.set_optional(Field::PointSum, 0, None));
    assert!(!batch.set_optional(Field::PointSum, 0, None));
    assert_eq!(
        (batch.optional(Field::PointSum, 0), sum(&batch)),
        (None, None)
    );
    assert!(batch.set_scalar(Field::PointSum, 0, 4f64.to_bits()));
    assert_eq!(
        (batch.optional(Field::PointSum, 0), sum(&batch)),
        (Some(4.0), Some(4.0))
    );
    assert!(batch.clear(Field::PointSum, 0));
    assert!(batch.set_optional(Field::PointSum, 0, Some(0.0)));
    assert_eq!(
        (batch.count(Field::PointSum, 0), sum(&batch)),
        (1, Some(0.0))
    );
}

fn exponential(positive: (i32, &[u64]), negative: (i32, &[u64])) -> ExponentialHistogramDataPoint {
    let buckets = |(offset, counts): (i32, &[u64])| {
        Some(Buckets {
            offset,
            bucket_counts: counts.to_vec(),
        })
    };
    ExponentialHistogramDataPoint {
        attributes: vec![text(POD, "1")],
        count: 10,
        sum: Some(1.5),
        scale: -2,
        zero_count: 3,
        zero_threshold: 0.25,
        positive: buckets(positive),
        negative: buckets(negative),
        min: Some(-4.0),
        max: Some(4.0),
        ..ExponentialHistogramDataPoint::default()
    }
}

fn exponentials(
    data_points: Vec<ExponentialHistogramDataPoint>,
) -> Vec<ExponentialHistogramDataPoint> {
    let (_, data) = merged(Data::ExponentialHistogram(ExponentialHistogram {
        data_points,
        aggregation_temporality: DELTA,
    }));
    match data {
        Data::ExponentialHistogram(histogram) => histogram.data_points,
        _ => panic!("a histogram stays a histogram"),
    }
}

#[test]
fn buckets_of_exponential_histograms_are_aligned() {
    let found = exponentials(vec![
        exponential((2, &[1, 2]), (0, &[])),
        exponential((-3, &[10, 20, 30]), (-7, &[5])),
        ExponentialHistogramDataPoint {
            min: Some(-5.0),
            ..exponential((3, &[100, 200]), (-8, &[1, 1, 1]))
        },
    ]);
    let expected = ExponentialHistogramDataPoint {
        attributes: Vec::new(),
        count: 30,
        sum: Some(4.5),
        zero_count: 9,
        min: Some(-5.0),
        max: Some(4.0),
        ..exponential((-3, &[10, 20, 30, 0, 0, 1, 102, 200]), (-8, &[1, 6, 1]))
    };
    assert_eq!(found, [expected]);
}

#[test]
fn exponential_histograms_without_buckets_are_merged() {
    let empty = || ExponentialHistogramDataPoint {
        positive: None,
        negative: None,
        ..exponential((0, &[]), (0, &[]))
    };
    let found = exponentials(vec![empty(), empty()]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].count, &found[0].positive), (20, &None));
    let found = exponentials(vec![
        empty(),
        exponential((i32::MAX, &[1]), (i32::MIN, &[2])),
    ]);
    assert_eq!(found.len(), 1);
    let buckets = |buckets: &Option<Buckets>| {
        let buckets = buckets.clone().expect("buckets");
        (buckets.offset, buckets.bucket_counts)
    };
    assert_eq!(buckets(&found[0].positive), (i32::MAX, vec![1]));
    assert_eq!(buckets(&found[0].negative), (i32::MIN, vec![2]));
}

#[test]
fn exponential_histograms_of_another_kind_or_far_away_stay_apart() {
    let point = |offset| exponential((offset, &[1]), (0, &[]));
    let apart = |other| exponentials(vec![point(0), other]).len() == 2;
    assert!(apart(ExponentialHistogramDataPoint {
        scale: 3,
        ..point(0)
    }));
    assert!(apart(ExponentialHistogramDataPoint {
        zero_threshold: 0.5,
        ..point(0)
    }));
    assert!(apart(point(i32::MAX)));
    assert!(apart(point(i32::MIN)));
    assert!(!apart(point(0)));
    // 320 empty buckets lie between 0 and 321.
    assert!(!apart(point(321)));
    assert!(!apart(point(-321)));
    assert!(apart(point(322)));
    // One that is too far away does not keep the others apart.
    let found = exponentials(vec![point(0), point(1_000_000), point(2)]);
    let offsets = found
        .iter()
        .map(|point| point.positive.clone().expect("buckets"));
    let offsets: Vec<_> = offsets.map(|it| (it.offset, it.bucket_counts)).collect();
    assert_eq!(offsets, [(0, vec![1, 0, 1]), (1_000_000, vec![1])]);
}

#[test]
fn summaries_stay_apart() {
    let point = SummaryDataPoint {
        attributes: vec![text(POD, "1")],
        ..SummaryDataPoint::default()
    };
    let (count, data) = merged(Data::Summary(Summary {
        data_points: vec![point.clone(), point],
    }));
    assert_eq!(count, 0);
    assert!(matches!(data, Data::Summary(summary) if summary.data_points.len() == 2));
}

#[test]
fn other_metrics_and_dropped_points_stay_as_they_came() {
    let equal = || NumberDataPoint {
        attributes: vec![text("cluster", "x")],
        value: Some(AsInt(1)),
        ..NumberDataPoint::default()
    };
    let untouched = metric(sum_of(DELTA, vec![equal(), equal()]));
    let touched = |points: &[&str]| {
        let points = points.iter().map(|pod| number("x", pod, 8, AsInt(1)));
        metric(sum_of(DELTA, points.collect()))
    };
    let mut batch = batch(vec![
        untouched.clone(),
        touched(&["1", "2", "3"]),
        untouched.clone(),
        touched(&["4", "5"]),
    ]);
    assert_eq!(batch.merge_points(), 0);
    assert!(batch.is_clean());
    remove_pod(&mut batch);
    batch.drop_row(Level::DataPoint, 2);
    batch.drop_row(Level::Metric, 3);
    assert_eq!(batch.merge_points(), 1);
    let found = decoded(&batch);
    assert_eq!(found.len(), 3);
    assert_eq!((&found[0], &found[2]), (&untouched, &untouched));
    let data = found[1].data.as_ref().expect("data");
    assert_eq!(numbers(data), [(4, 8, AsInt(2))]);

    let whole = batch.encode();
    let part = untouched.encode_to_vec();
    let copies = whole.windows(part.len()).filter(|window| *window == part);
    assert_eq!(copies.count(), 2);
}

#[test]
fn other_signals_have_nothing_to_merge() {
    let mut batch = Batch::decode(Signal::Logs, Vec::new()).expect("an empty message");
    assert_eq!(batch.merge_points(), 0);
}

/// With a comparison of each point with each other this takes minutes.
#[test]
fn many_points_are_no_burden() {
    let point = |at: usize| number(&format!("{}", at % 25_000), &at.to_string(), 8, AsInt(1));
    let points = (0..50_000).map(point).collect();
    let (count, data) = merged(sum_of(CUMULATIVE, points));
    assert_eq!(count, 25_000);
    assert!(
        numbers(&data)
            .iter()
            .all(|&(_, _, value)| value == AsInt(2))
    );

    let far = |at: i32| exponential((-at, &[1]), (at.wrapping_mul(0x1234_5678), &[1]));
    let found = exponentials((0..20_000).map(far).collect());
    assert!(found.len() > 10_000);
}

#[test]
fn growth_is_limited() {
    let point = || exponential((0, &[1 << 60; 20_000]), (0, &[]));
    let data = Data::ExponentialHistogram(ExponentialHistogram {
        data_points: vec![point(), point()],
        aggregation_temporality: DELTA,
    });
    let limits = BatchLimits {
        growth_factor: 0,
        min_growth: 100_000,
    };
    let bytes = message(vec![metric(data)]).encode_to_vec();
    let projection = Batch::merge_projection();
    let mut batch = Batch::decode_projected(Signal::Metrics, bytes, &projection, limits)
        .expect("a well-formed message");
    batch.set_scalar(Field::PointTime, 0, 1);
    batch.merge_points();
    assert!(batch.heap().exhausted());
}

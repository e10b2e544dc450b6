//! The fields of prost's structs by the names and row numbers that batches use.

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data as MetricData;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
    SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use otlp_columns::{Field, Level, MapField};

use crate::messages::Data;

/// A resource with its schema.
pub(crate) fn resource(data: &mut Data, row: usize) -> (&mut Option<Resource>, &mut String) {
    match data {
        Data::Traces(data) => {
            let found = &mut data.resource_spans[row];
            (&mut found.resource, &mut found.schema_url)
        }
        Data::Logs(data) => {
            let found = &mut data.resource_logs[row];
            (&mut found.resource, &mut found.schema_url)
        }
        Data::Metrics(data) => {
            let found = &mut data.resource_metrics[row];
            (&mut found.resource, &mut found.schema_url)
        }
    }
}

/// A scope with its schema.
pub(crate) fn scope(
    data: &mut Data,
    row: usize,
) -> (&mut Option<InstrumentationScope>, &mut String) {
    let found = match data {
        Data::Traces(data) => (data.resource_spans.iter_mut())
            .flat_map(|resource| &mut resource.scope_spans)
            .nth(row)
            .map(|found| (&mut found.scope, &mut found.schema_url)),
        Data::Logs(data) => (data.resource_logs.iter_mut())
            .flat_map(|resource| &mut resource.scope_logs)
            .nth(row)
            .map(|found| (&mut found.scope, &mut found.schema_url)),
        Data::Metrics(data) => (data.resource_metrics.iter_mut())
            .flat_map(|resource| &mut resource.scope_metrics)
            .nth(row)
            .map(|found| (&mut found.scope, &mut found.schema_url)),
    };
    found.expect("a row")
}

pub(crate) fn span(data: &mut Data, row: usize) -> &mut Span {
    let Data::Traces(data) = data else {
        panic!("traces")
    };
    (data.resource_spans.iter_mut())
        .flat_map(|resource| &mut resource.scope_spans)
        .flat_map(|scope| &mut scope.spans)
        .nth(row)
        .expect("a row")
}

fn event(data: &mut Data, row: usize) -> &mut Event {
    let Data::Traces(data) = data else {
        panic!("traces")
    };
    (data.resource_spans.iter_mut())
        .flat_map(|resource| &mut resource.scope_spans)
        .flat_map(|scope| &mut scope.spans)
        .flat_map(|span| &mut span.events)
        .nth(row)
        .expect("a row")
}

pub(crate) fn log(data: &mut Data, row: usize) -> &mut LogRecord {
    let Data::Logs(data) = data else {
        panic!("logs")
    };
    (data.resource_logs.iter_mut())
        .flat_map(|resource| &mut resource.scope_logs)
        .flat_map(|scope| &mut scope.log_records)
        .nth(row)
        .expect("a row")
}

fn metrics(data: &mut Data) -> impl Iterator<Item = &mut Metric> {
    let Data::Metrics(data) = data else {
        panic!("metrics")
    };
    (data.resource_metrics.iter_mut())
        .flat_map(|resource| &mut resource.scope_metrics)
        .flat_map(|scope| &mut scope.metrics)
}

fn metric(data: &mut Data, row: usize) -> &mut Metric {
    metrics(data).nth(row).expect("a row")
}

/// A data point of any type.
pub(crate) enum Point<'a> {
    Number(&'a mut NumberDataPoint),
    Histogram(&'a mut HistogramDataPoint),
    Exponential(&'a mut ExponentialHistogramDataPoint),
    Summary(&'a mut SummaryDataPoint),
}

macro_rules! common {
    ($point:expr, $field:ident) => {
        match $point {
            Point::Number(point) => &mut point.$field,
            Point::Histogram(point) => &mut point.$field,
            Point::Exponential(point) => &mut point.$field,
            Point::Summary(point) => &mut point.$field,
        }
    };
}

impl<'a> Point<'a> {
    pub(crate) fn exemplars(self) -> Option<&'a mut Vec<Exemplar>> {
        match self {
            Self::Number(point) => Some(&mut point.exemplars),
            Self::Histogram(point) => Some(&mut point.exemplars),
            Self::Exponential(point) => Some(&mut point.exemplars),
            Self::Summary(_) => None,
        }
    }
}

fn points(data: &mut Data) -> Vec<Point<'_>> {
    let mut points = Vec::new();
    for metric in metrics(data) {
        match &mut metric.data {
            None => {}
            Some(MetricData::Gauge(data)) => {
                points.extend(data.data_points.iter_mut().map(Point::Number));
            }
            Some(MetricData::Sum(data)) => {
                points.extend(data.data_points.iter_mut().map(Point::Number));
            }
            Some(MetricData::Histogram(data)) => {
                points.extend(data.data_points.iter_mut().map(Point::Histogram));
            }
            Some(MetricData::ExponentialHistogram(data)) => {
                points.extend(data.data_points.iter_mut().map(Point::Exponential));
            }
            Some(MetricData::Summary(data)) => {
                points.extend(data.data_points.iter_mut().map(Point::Summary));
            }
        }
    }
    points
}

pub(crate) fn point(data: &mut Data, row: usize) -> Point<'_> {
    points(data).swap_remove(row)
}

fn exemplar(data: &mut Data, row: usize) -> &mut Exemplar {
    (points(data).into_iter())
        .filter_map(Point::exemplars)
        .flatten()
        .nth(row)
        .expect("a row")
}

pub(crate) fn attributes(data: &mut Data, map: MapField, row: usize) -> &mut Vec<KeyValue> {
    match map {
        MapField::Resource => &mut resource(data, row).0.get_or_insert_default().attributes,
        MapField::Scope => &mut scope(data, row).0.get_or_insert_default().attributes,
        MapField::Span => &mut span(data, row).attributes,
        MapField::SpanEvent => &mut event(data, row).attributes,
        MapField::Log => &mut log(data, row).attributes,
        MapField::MetricMetadata => &mut metric(data, row).metadata,
        MapField::DataPoint => common!(point(data, row), attributes),
        MapField::Exemplar => &mut exemplar(data, row).filtered_attributes,
        MapField::Scratch(_) | MapField::Shared(_) => panic!("{map:?} is not in the message"),
    }
}

/// Sets a string or bytes field.
pub(crate) fn set_bytes(data: &mut Data, field: Field, row: usize, bytes: &[u8]) {
    let text = || String::from_utf8(bytes.to_vec()).expect("text");
    match field {
        Field::ResourceSchemaUrl => *resource(data, row).1 = text(),
        Field::ScopeName => scope(data, row).0.get_or_insert_default().name = text(),
        Field::ScopeVersion => scope(data, row).0.get_or_insert_default().version = text(),
        Field::ScopeSchemaUrl => *scope(data, row).1 = text(),
        Field::SpanTraceId => span(data, row).trace_id = bytes.to_vec(),
        Field::SpanSpanId => span(data, row).span_id = bytes.to_vec(),
        Field::SpanTraceState => span(data, row).trace_state = text(),
        Field::SpanParentSpanId => span(data, row).parent_span_id = bytes.to_vec(),
        Field::SpanName => span(data, row).name = text(),
        Field::SpanStatusMessage => {
            span(data, row).status.get_or_insert_default().message = text();
        }
        Field::EventName => event(data, row).name = text(),
        Field::LogSeverityText => log(data, row).severity_text = text(),
        Field::LogTraceId => log(data, row).trace_id = bytes.to_vec(),
        Field::LogSpanId => log(data, row).span_id = bytes.to_vec(),
        Field::LogEventName => log(data, row).event_name = text(),
        Field::MetricName => metric(data, row).name = text(),
        Field::MetricDescription => metric(data, row).description = text(),
        Field::MetricUnit => metric(data, row).unit = text(),
        Field::ExemplarSpanId => exemplar(data, row).span_id = bytes.to_vec(),
        Field::ExemplarTraceId => exemplar(data, row).trace_id = bytes.to_vec(),
        other => panic!("{other:?} is not a string"),
    }
}

/// The bits of a column that a small number stands for.
pub(crate) fn scalar_bits(field: Field, number: i64) -> u64 {
    match field {
        Field::PointSum => (number as f64).to_bits(),
        Field::MetricMonotonic => number as u64 & 1,
        Field::PointScale | Field::PointPositiveOffset | Field::PointNegativeOffset => {
            (200 - number) as u64
        }
        _ => number as u64,
    }
}

/// Sets a scalar; rows that do not have it stay as they are.
pub(crate) fn set_scalar(data: &mut Data, field: Field, row: usize, bits: u64) {
    match field.level() {
        Level::Resource => {
            let resource = resource(data, row).0.get_or_insert_default();
            resource.dropped_attributes_count = bits as u32;
        }
        Level::Scope => {
            let scope = scope(data, row).0.get_or_insert_default();
            scope.dropped_attributes_count = bits as u32;
        }
        Level::Span => set_span_scalar(span(data, row), field, bits),
        Level::SpanEvent => {
            let event = event(data, row);
            match field {
                Field::EventTime => event.time_unix_nano = bits,
                _ => event.dropped_attributes_count = bits as u32,
            }
        }
        Level::Log => {
            let log = log(data, row);
            match field {
                Field::LogTime => log.time_unix_nano = bits,
                Field::LogObservedTime => log.observed_time_unix_nano = bits,
                Field::LogSeverityNumber => log.severity_number = bits as i32,
                Field::LogDropped => log.dropped_attributes_count = bits as u32,
                _ => log.flags = bits as u32,
            }
        }
        Level::Metric => set_metric_scalar(metric(data, row), field, bits),
        Level::DataPoint => set_point_scalar(point(data, row), field, bits),
        Level::Exemplar => exemplar(data, row).time_unix_nano = bits,
        Level::Profile | Level::ProfileSample => unreachable!("no data is of profiles"),
    }
}

fn set_span_scalar(span: &mut Span, field: Field, bits: u64) {
    match field {
        Field::SpanKind => span.kind = bits as i32,
        Field::SpanStart => span.start_time_unix_nano = bits,
        Field::SpanEnd => span.end_time_unix_nano = bits,
        Field::SpanDroppedAttributes => span.dropped_attributes_count = bits as u32,
        Field::SpanDroppedEvents => span.dropped_events_count = bits as u32,
        Field::SpanDroppedLinks => span.dropped_links_count = bits as u32,
        Field::SpanStatusCode => span.status.get_or_insert_default().code = bits as i32,
        Field::SpanFlags => span.flags = bits as u32,
        other => panic!("{other:?} is not a number"),
    }
}

fn set_metric_scalar(metric: &mut Metric, field: Field, bits: u64) {
    match (field, &mut metric.data) {
        (Field::MetricTemporality, Some(MetricData::Sum(data))) => {
            data.aggregation_temporality = bits as i32;
        }
        (Field::MetricTemporality, Some(MetricData::Histogram(data))) => {
            data.aggregation_temporality = bits as i32;
        }
        (Field::MetricTemporality, Some(MetricData::ExponentialHistogram(data))) => {
            data.aggregation_temporality = bits as i32;
        }
        (Field::MetricMonotonic, Some(MetricData::Sum(data))) => data.is_monotonic = bits != 0,
        _ => {}
    }
}

fn set_point_scalar(point: Point<'_>, field: Field, bits: u64) {
    let signed = bits as i32;
    match (field, point) {
        (Field::PointStart, point) => *common!(point, start_time_unix_nano) = bits,
        (Field::PointTime, point) => *common!(point, time_unix_nano) = bits,
        (Field::PointFlags, point) => *common!(point, flags) = bits as u32,
        (Field::PointCount, Point::Histogram(point)) => point.count = bits,
        (Field::PointCount, Point::Exponential(point)) => point.count = bits,
        (Field::PointCount, Point::Summary(point)) => point.count = bits,
        (Field::PointSum, Point::Histogram(point)) => set_sum(&mut point.sum, bits),
        (Field::PointSum, Point::Exponential(point)) => set_sum(&mut point.sum, bits),
        (Field::PointSum, Point::Summary(point)) => point.sum = f64::from_bits(bits),
        (Field::PointScale, Point::Exponential(point)) => point.scale = signed,
        (Field::PointZeroCount, Point::Exponential(point)) => point.zero_count = bits,
        (Field::PointPositiveOffset, Point::Exponential(point)) => {
            point.positive.get_or_insert_default().offset = signed;
        }
        (Field::PointNegativeOffset, Point::Exponential(point)) => {
            point.negative.get_or_insert_default().offset = signed;
        }
        _ => {}
    }
}

/// To set zero where there is nothing changes nothing.
fn set_sum(sum: &mut Option<f64>, bits: u64) {
    if sum.unwrap_or(0.0).to_bits() != bits {
        *sum = Some(f64::from_bits(bits));
    }
}

/// Sets a number: 1 a double, 2 an integer.
pub(crate) fn set_number(data: &mut Data, level: Level, row: usize, (kind, bits): (u64, u64)) {
    if level == Level::Exemplar {
        exemplar(data, row).value = Some(match kind {
            1 => exemplar::Value::AsDouble(f64::from_bits(bits)),
            _ => exemplar::Value::AsInt(bits as i64),
        });
    } else if let Point::Number(point) = point(data, row) {
        point.value = Some(match kind {
            1 => number_data_point::Value::AsDouble(f64::from_bits(bits)),
            _ => number_data_point::Value::AsInt(bits as i64),
        });
    }
}

/// Sets a repeated scalar field; rows that do not have it stay as they are.
pub(crate) fn set_packed(data: &mut Data, field: Field, row: usize, elements: &[u64]) {
    match (field, point(data, row)) {
        (Field::PointBucketCounts, Point::Histogram(point)) => {
            point.bucket_counts = elements.to_vec();
        }
        (Field::PointBounds, Point::Histogram(point)) => {
            point.explicit_bounds = elements.iter().map(|&bits| f64::from_bits(bits)).collect();
        }
        (Field::PointPositiveCounts, Point::Exponential(point)) => {
            point.positive.get_or_insert_default().bucket_counts = elements.to_vec();
        }
        (Field::PointNegativeCounts, Point::Exponential(point)) => {
            point.negative.get_or_insert_default().bucket_counts = elements.to_vec();
        }
        _ => {}
    }
}

/// Sets or removes a double; rows that do not have it stay as they are.
pub(crate) fn set_optional(data: &mut Data, field: Field, row: usize, value: Option<f64>) {
    match (field, point(data, row)) {
        (Field::PointSum, Point::Histogram(point)) => point.sum = value,
        (Field::PointSum, Point::Exponential(point)) => point.sum = value,
        (Field::PointMin, Point::Histogram(point)) => point.min = value,
        (Field::PointMin, Point::Exponential(point)) => point.min = value,
        (Field::PointMax, Point::Histogram(point)) => point.max = value,
        (Field::PointMax, Point::Exponential(point)) => point.max = value,
        (Field::PointZeroThreshold, Point::Exponential(point)) => {
            point.zero_threshold = value.unwrap_or(0.0);
        }
        _ => {}
    }
}

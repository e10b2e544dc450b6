//! The message types below a scope of metrics.

use super::{
    SPAN_ID, TEMPORALITY, TRACE_ID, attributes, column, data, field, inline, number_value,
    optional, raw, repeated, rows,
};
use crate::schema::Coding::{Fixed64, Len, Varint, Varint32, ZigZag32};
use crate::schema::{Field, JsonKind as J, Kind, Level, MapField, Message, Shape};

pub(super) static METRIC: Message = Message::new(
    "Metric",
    &[
        column(1, "name", J::String, Len, Field::MetricName),
        column(2, "description", J::String, Len, Field::MetricDescription),
        column(3, "unit", J::String, Len, Field::MetricUnit),
        data(5, "gauge", Shape::Gauge, &GAUGE),
        data(7, "sum", Shape::Sum, &SUM),
        data(9, "histogram", Shape::Histogram, &HISTOGRAM),
        data(
            10,
            "exponentialHistogram",
            Shape::Exponential,
            &EXPONENTIAL_HISTOGRAM,
        ),
        data(11, "summary", Shape::Summary, &SUMMARY),
        attributes(12, "metadata", MapField::MetricMetadata),
    ],
);
static GAUGE: Message = Message::new(
    "Gauge",
    &[rows(1, "dataPoints", Level::DataPoint, &NUMBER_POINT)],
);
static SUM: Message = Message::new(
    "Sum",
    &[
        rows(1, "dataPoints", Level::DataPoint, &NUMBER_POINT),
        column(
            2,
            "aggregationTemporality",
            TEMPORALITY,
            Varint,
            Field::MetricTemporality,
        ),
        column(3, "isMonotonic", J::Bool, Varint, Field::MetricMonotonic),
    ],
);
static HISTOGRAM: Message = Message::new(
    "Histogram",
    &[
        rows(1, "dataPoints", Level::DataPoint, &HISTOGRAM_POINT),
        column(
            2,
            "aggregationTemporality",
            TEMPORALITY,
            Varint,
            Field::MetricTemporality,
        ),
    ],
);
static EXPONENTIAL_HISTOGRAM: Message = Message::new(
    "ExponentialHistogram",
    &[
        rows(1, "dataPoints", Level::DataPoint, &EXPONENTIAL_POINT),
        column(
            2,
            "aggregationTemporality",
            TEMPORALITY,
            Varint,
            Field::MetricTemporality,
        ),
    ],
);
static SUMMARY: Message = Message::new(
    "Summary",
    &[rows(1, "dataPoints", Level::DataPoint, &SUMMARY_POINT)],
);

pub(super) static NUMBER_POINT: Message = Message::new(
    "NumberDataPoint",
    &[
        column(
            2,
            "startTimeUnixNano",
            J::UInt64,
            Fixed64,
            Field::PointStart,
        ),
        column(3, "timeUnixNano", J::UInt64, Fixed64, Field::PointTime),
        number_value(
            4,
            "asDouble",
            J::Double,
            Field::PointValueKind,
            Field::PointValueBits,
            1,
        ),
        rows(5, "exemplars", Level::Exemplar, &EXEMPLAR),
        number_value(
            6,
            "asInt",
            J::Int64,
            Field::PointValueKind,
            Field::PointValueBits,
            2,
        ),
        attributes(7, "attributes", MapField::DataPoint),
        column(8, "flags", J::UInt32, Varint32, Field::PointFlags),
    ],
);
pub(super) static HISTOGRAM_POINT: Message = Message::new(
    "HistogramDataPoint",
    &[
        column(
            2,
            "startTimeUnixNano",
            J::UInt64,
            Fixed64,
            Field::PointStart,
        ),
        column(3, "timeUnixNano", J::UInt64, Fixed64, Field::PointTime),
        column(4, "count", J::UInt64, Fixed64, Field::PointCount),
        optional(column(5, "sum", J::Double, Fixed64, Field::PointSum)),
        field(6, "bucketCounts", J::UInt64, Kind::Packed(Fixed64)),
        field(7, "explicitBounds", J::Double, Kind::Packed(Fixed64)),
        rows(8, "exemplars", Level::Exemplar, &EXEMPLAR),
        attributes(9, "attributes", MapField::DataPoint),
        column(10, "flags", J::UInt32, Varint32, Field::PointFlags),
        optional(field(11, "min", J::Double, Kind::Plain(Fixed64))),
        optional(field(12, "max", J::Double, Kind::Plain(Fixed64))),
    ],
);
pub(super) static EXPONENTIAL_POINT: Message = Message::new(
    "ExponentialHistogramDataPoint",
    &[
        attributes(1, "attributes", MapField::DataPoint),
        column(
            2,
            "startTimeUnixNano",
            J::UInt64,
            Fixed64,
            Field::PointStart,
        ),
        column(3, "timeUnixNano", J::UInt64, Fixed64, Field::PointTime),
        column(4, "count", J::UInt64, Fixed64, Field::PointCount),
        optional(column(5, "sum", J::Double, Fixed64, Field::PointSum)),
        column(6, "scale", J::Int32, ZigZag32, Field::PointScale),
        column(7, "zeroCount", J::UInt64, Fixed64, Field::PointZeroCount),
        inline(8, "positive", &POSITIVE),
        inline(9, "negative", &NEGATIVE),
        column(10, "flags", J::UInt32, Varint32, Field::PointFlags),
        rows(11, "exemplars", Level::Exemplar, &EXEMPLAR),
        optional(field(12, "min", J::Double, Kind::Plain(Fixed64))),
        optional(field(13, "max", J::Double, Kind::Plain(Fixed64))),
        field(14, "zeroThreshold", J::Double, Kind::Plain(Fixed64)),
    ],
);
static POSITIVE: Message = Message::new(
    "Buckets",
    &[
        column(1, "offset", J::Int32, ZigZag32, Field::PointPositiveOffset),
        field(2, "bucketCounts", J::UInt64, Kind::Packed(Varint)),
    ],
);
static NEGATIVE: Message = Message::new(
    "Buckets",
    &[
        column(1, "offset", J::Int32, ZigZag32, Field::PointNegativeOffset),
        field(2, "bucketCounts", J::UInt64, Kind::Packed(Varint)),
    ],
);
pub(super) static SUMMARY_POINT: Message = Message::new(
    "SummaryDataPoint",
    &[
        column(
            2,
            "startTimeUnixNano",
            J::UInt64,
            Fixed64,
            Field::PointStart,
        ),
        column(3, "timeUnixNano", J::UInt64, Fixed64, Field::PointTime),
        column(4, "count", J::UInt64, Fixed64, Field::PointCount),
        column(5, "sum", J::Double, Fixed64, Field::PointSum),
        repeated(raw(6, "quantileValues", &QUANTILE)),
        attributes(7, "attributes", MapField::DataPoint),
        column(8, "flags", J::UInt32, Varint32, Field::PointFlags),
    ],
);
static QUANTILE: Message = Message::new(
    "ValueAtQuantile",
    &[
        field(1, "quantile", J::Double, Kind::Plain(Fixed64)),
        field(2, "value", J::Double, Kind::Plain(Fixed64)),
    ],
);
pub(super) static EXEMPLAR: Message = Message::new(
    "Exemplar",
    &[
        column(2, "timeUnixNano", J::UInt64, Fixed64, Field::ExemplarTime),
        number_value(
            3,
            "asDouble",
            J::Double,
            Field::ExemplarValueKind,
            Field::ExemplarValueBits,
            1,
        ),
        column(4, "spanId", SPAN_ID, Len, Field::ExemplarSpanId),
        column(5, "traceId", TRACE_ID, Len, Field::ExemplarTraceId),
        number_value(
            6,
            "asInt",
            J::Int64,
            Field::ExemplarValueKind,
            Field::ExemplarValueBits,
            2,
        ),
        attributes(7, "filteredAttributes", MapField::Exemplar),
    ],
);

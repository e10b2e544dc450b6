//! Arbitrary messages of every signal.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    Summary, SummaryDataPoint, exemplar, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use otlp_columns::Signal;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;

/// A message of any signal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Traces(TracesData),
    Logs(LogsData),
    Metrics(MetricsData),
}

impl Data {
    pub(crate) fn signal(&self) -> Signal {
        match self {
            Self::Traces(_) => Signal::Traces,
            Self::Logs(_) => Signal::Logs,
            Self::Metrics(_) => Signal::Metrics,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Traces(data) => data.encode_to_vec(),
            Self::Logs(data) => data.encode_to_vec(),
            Self::Metrics(data) => data.encode_to_vec(),
        }
    }

    pub(crate) fn decode(signal: Signal, bytes: &[u8]) -> Result<Self, prost::DecodeError> {
        Ok(match signal {
            Signal::Traces => Self::Traces(TracesData::decode(bytes)?),
            Signal::Logs => Self::Logs(LogsData::decode(bytes)?),
            Signal::Metrics => Self::Metrics(MetricsData::decode(bytes)?),
            Signal::Profiles => unreachable!("no data is of profiles"),
        })
    }
}

pub(crate) fn data() -> impl Strategy<Value = Data> {
    prop_oneof![
        vec(resource_spans(), 0..3)
            .prop_map(|resource_spans| Data::Traces(TracesData { resource_spans })),
        vec(resource_logs(), 0..3).prop_map(|resource_logs| Data::Logs(LogsData { resource_logs })),
        vec(resource_metrics(), 0..3)
            .prop_map(|resource_metrics| Data::Metrics(MetricsData { resource_metrics })),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z.]{0,8}",
        1 => "\\PC{0,6}",
        1 => "[\\x00-\\x7f]{120,140}",
    ]
}

/// Few keys, so that some occur twice and some are those that tests project.
pub(crate) fn key() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abc]", 1 => text()]
}

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(1.5),
        Just(-3e300),
        Just(1e-7),
        Just(f64::INFINITY),
        any::<f64>()
    ]
}

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 0..300i64, any::<i64>()]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..300u64, any::<u64>()]
}

fn small() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), 0..300u32, any::<u32>()]
}

fn enum_value() -> impl Strategy<Value = i32> {
    prop_oneof![4 => 0..6i32, 1 => any::<i32>()]
}

fn id(len: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Vec::new()), vec(1..=255u8, len)]
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        text().prop_map(Any::StringValue),
        any::<bool>().prop_map(Any::BoolValue),
        integer().prop_map(Any::IntValue),
        double().prop_map(Any::DoubleValue),
        vec(any::<u8>(), 0..5).prop_map(Any::BytesValue),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        let wrapped = option::weighted(0.8, inner).prop_map(|value| AnyValue { value });
        let entry = (key(), option::weighted(0.9, wrapped.clone())).prop_map(key_value_of);
        prop_oneof![
            vec(wrapped, 0..4).prop_map(|values| Any::ArrayValue(ArrayValue { values })),
            vec(entry, 0..4).prop_map(|values| Any::KvlistValue(KeyValueList { values })),
        ]
    });
    option::weighted(0.9, value).prop_map(|value| AnyValue { value })
}

fn key_value_of((key, value): (String, Option<AnyValue>)) -> KeyValue {
    KeyValue {
        key,
        value,
        ..KeyValue::default()
    }
}

pub(crate) fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(
        (key(), option::weighted(0.9, any_value())).prop_map(key_value_of),
        0..5,
    )
}

fn resource() -> impl Strategy<Value = Option<Resource>> {
    let entity = (text(), text(), vec(text(), 0..3), vec(text(), 0..2)).prop_map(
        |(schema_url, r#type, id_keys, description_keys)| EntityRef {
            schema_url,
            r#type,
            id_keys,
            description_keys,
        },
    );
    option::weighted(
        0.8,
        (attributes(), small(), vec(entity, 0..2)).prop_map(
            |(attributes, dropped_attributes_count, entity_refs)| Resource {
                attributes,
                dropped_attributes_count,
                entity_refs,
            },
        ),
    )
}

fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    option::weighted(
        0.8,
        (text(), text(), attributes(), small()).prop_map(
            |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
                name,
                version,
                attributes,
                dropped_attributes_count,
            },
        ),
    )
}

fn event() -> impl Strategy<Value = Event> {
    (number(), text(), attributes(), small()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    (id(16), id(8), text(), attributes(), small(), small()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    )
}

fn span() -> impl Strategy<Value = Span> {
    let status = option::of((text(), enum_value()))
        .prop_map(|status| status.map(|(message, code)| Status { message, code }));
    (
        (id(16), id(8), text(), id(8), small(), text(), enum_value()),
        (number(), number(), attributes(), small(), status),
        (vec(event(), 0..3), small(), vec(link(), 0..3), small()),
    )
        .prop_map(|(first, second, third)| Span {
            trace_id: first.0,
            span_id: first.1,
            trace_state: first.2,
            parent_span_id: first.3,
            flags: first.4,
            name: first.5,
            kind: first.6,
            start_time_unix_nano: second.0,
            end_time_unix_nano: second.1,
            attributes: second.2,
            dropped_attributes_count: second.3,
            status: second.4,
            events: third.0,
            dropped_events_count: third.1,
            links: third.2,
            dropped_links_count: third.3,
        })
}

fn resource_spans() -> impl Strategy<Value = ResourceSpans> {
    let scopes =
        (scope(), vec(span(), 0..4), text()).prop_map(|(scope, spans, schema_url)| ScopeSpans {
            scope,
            spans,
            schema_url,
        });
    (resource(), vec(scopes, 0..3), text()).prop_map(|(resource, scope_spans, schema_url)| {
        ResourceSpans {
            resource,
            scope_spans,
            schema_url,
        }
    })
}

fn log_record() -> impl Strategy<Value = LogRecord> {
    (
        (
            number(),
            number(),
            enum_value(),
            text(),
            option::of(any_value()),
        ),
        (attributes(), small(), small(), id(16), id(8), text()),
    )
        .prop_map(|(first, second)| LogRecord {
            time_unix_nano: first.0,
            observed_time_unix_nano: first.1,
            severity_number: first.2,
            severity_text: first.3,
            body: first.4,
            attributes: second.0,
            dropped_attributes_count: second.1,
            flags: second.2,
            trace_id: second.3,
            span_id: second.4,
            event_name: second.5,
        })
}

pub(crate) fn resource_logs() -> impl Strategy<Value = ResourceLogs> {
    let scopes =
        (scope(), vec(log_record(), 0..4), text()).prop_map(|(scope, log_records, schema_url)| {
            ScopeLogs {
                scope,
                log_records,
                schema_url,
            }
        });
    (resource(), vec(scopes, 0..3), text()).prop_map(|(resource, scope_logs, schema_url)| {
        ResourceLogs {
            resource,
            scope_logs,
            schema_url,
        }
    })
}

fn exemplars() -> impl Strategy<Value = Vec<Exemplar>> {
    let value = prop_oneof![
        double().prop_map(exemplar::Value::AsDouble),
        integer().prop_map(exemplar::Value::AsInt),
    ];
    let exemplar = (
        attributes(),
        number(),
        id(8),
        id(16),
        option::weighted(0.9, value),
    )
        .prop_map(
            |(filtered_attributes, time_unix_nano, span_id, trace_id, value)| Exemplar {
                filtered_attributes,
                time_unix_nano,
                span_id,
                trace_id,
                value,
            },
        );
    vec(exemplar, 0..3)
}

fn number_points() -> impl Strategy<Value = Vec<NumberDataPoint>> {
    let value = prop_oneof![
        double().prop_map(number_data_point::Value::AsDouble),
        integer().prop_map(number_data_point::Value::AsInt),
    ];
    let value = option::weighted(0.9, value);
    let point = (
        attributes(),
        number(),
        number(),
        exemplars(),
        small(),
        value,
    )
        .prop_map(
            |(attributes, start_time_unix_nano, time_unix_nano, exemplars, flags, value)| {
                NumberDataPoint {
                    attributes,
                    start_time_unix_nano,
                    time_unix_nano,
                    exemplars,
                    flags,
                    value,
                }
            },
        );
    vec(point, 0..4)
}

fn histogram_points() -> impl Strategy<Value = Vec<HistogramDataPoint>> {
    let point = (
        (
            attributes(),
            number(),
            number(),
            number(),
            option::of(double()),
        ),
        (
            vec(number(), 0..4),
            vec(double(), 0..4),
            exemplars(),
            small(),
        ),
        (option::of(double()), option::of(double())),
    )
        .prop_map(|(first, second, third)| HistogramDataPoint {
            attributes: first.0,
            start_time_unix_nano: first.1,
            time_unix_nano: first.2,
            count: first.3,
            sum: first.4,
            bucket_counts: second.0,
            explicit_bounds: second.1,
            exemplars: second.2,
            flags: second.3,
            min: third.0,
            max: third.1,
        });
    vec(point, 0..4)
}

fn buckets() -> impl Strategy<Value = Option<Buckets>> {
    option::of((any::<i32>(), vec(number(), 0..4))).prop_map(|buckets| {
        buckets.map(|(offset, bucket_counts)| Buckets {
            offset,
            bucket_counts,
        })
    })
}

fn exponential_points() -> impl Strategy<Value = Vec<ExponentialHistogramDataPoint>> {
    let point = (
        (
            attributes(),
            number(),
            number(),
            number(),
            option::of(double()),
        ),
        (any::<i32>(), number(), buckets(), buckets(), small()),
        (
            exemplars(),
            option::of(double()),
            option::of(double()),
            double(),
        ),
    )
        .prop_map(|(first, second, third)| ExponentialHistogramDataPoint {
            attributes: first.0,
            start_time_unix_nano: first.1,
            time_unix_nano: first.2,
            count: first.3,
            sum: first.4,
            scale: second.0,
            zero_count: second.1,
            positive: second.2,
            negative: second.3,
            flags: second.4,
            exemplars: third.0,
            min: third.1,
            max: third.2,
            zero_threshold: third.3,
        });
    vec(point, 0..4)
}

fn summary_points() -> impl Strategy<Value = Vec<SummaryDataPoint>> {
    let quantile =
        (double(), double()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    let point = (
        (attributes(), number(), number(), number()),
        (double(), vec(quantile, 0..3), small()),
    )
        .prop_map(|(first, second)| SummaryDataPoint {
            attributes: first.0,
            start_time_unix_nano: first.1,
            time_unix_nano: first.2,
            count: first.3,
            sum: second.0,
            quantile_values: second.1,
            flags: second.2,
        });
    vec(point, 0..4)
}

fn metric() -> impl Strategy<Value = Metric> {
    let data = prop_oneof![
        number_points().prop_map(|data_points| metric::Data::Gauge(Gauge { data_points })),
        (number_points(), 0..3i32, any::<bool>()).prop_map(
            |(data_points, aggregation_temporality, is_monotonic)| {
                metric::Data::Sum(Sum {
                    data_points,
                    aggregation_temporality,
                    is_monotonic,
                })
            }
        ),
        (histogram_points(), 0..3i32).prop_map(|(data_points, aggregation_temporality)| {
            metric::Data::Histogram(Histogram {
                data_points,
                aggregation_temporality,
            })
        }),
        (exponential_points(), 0..3i32).prop_map(|(data_points, aggregation_temporality)| {
            metric::Data::ExponentialHistogram(ExponentialHistogram {
                data_points,
                aggregation_temporality,
            })
        }),
        summary_points().prop_map(|data_points| metric::Data::Summary(Summary { data_points })),
    ];
    (
        text(),
        text(),
        text(),
        attributes(),
        option::weighted(0.9, data),
    )
        .prop_map(|(name, description, unit, metadata, data)| Metric {
            name,
            description,
            unit,
            metadata,
            data,
        })
}

fn resource_metrics() -> impl Strategy<Value = ResourceMetrics> {
    let scopes = (scope(), vec(metric(), 0..4), text()).prop_map(|(scope, metrics, schema_url)| {
        ScopeMetrics {
            scope,
            metrics,
            schema_url,
        }
    });
    (resource(), vec(scopes, 0..3), text()).prop_map(|(resource, scope_metrics, schema_url)| {
        ResourceMetrics {
            resource,
            scope_metrics,
            schema_url,
        }
    })
}

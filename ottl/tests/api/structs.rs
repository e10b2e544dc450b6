//! The structs of the crate `opentelemetry-proto`.

use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, MetricsData, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use ottl::{Batch, Engine, Level, Signal};

fn traces() -> TracesData {
    let span = Span {
        name: "GET /cart".to_owned(),
        ..Span::default()
    };
    let scope = ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    };
    TracesData {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![scope],
            ..ResourceSpans::default()
        }],
    }
}

fn logs() -> LogsData {
    let scope = ScopeLogs {
        log_records: vec![LogRecord::default()],
        ..ScopeLogs::default()
    };
    LogsData {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![scope],
            ..ResourceLogs::default()
        }],
    }
}

fn metrics() -> MetricsData {
    let point = NumberDataPoint {
        value: Some(Number::AsInt(7)),
        ..NumberDataPoint::default()
    };
    let metric = Metric {
        data: Some(Data::Gauge(Gauge {
            data_points: vec![point],
        })),
        ..Metric::default()
    };
    let scope = ScopeMetrics {
        metrics: vec![metric],
        ..ScopeMetrics::default()
    };
    MetricsData {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![scope],
            ..ResourceMetrics::default()
        }],
    }
}

fn run(batch: &mut Batch, context: Level, source: &str) {
    let script = Engine::default()
        .compile(batch.signal(), context, source)
        .unwrap_or_else(|error| panic!("{error}"));
    script.run(batch).expect("no failure");
}

#[test]
fn spans_there_and_back() {
    let data = traces();
    let mut batch = Batch::try_from(&data).expect("a message");
    assert_eq!(TracesData::try_from(&batch), Ok(data.clone()));
    run(&mut batch, Level::Span, r#"set(span.name, "x")"#);
    let mut expected = data;
    expected.resource_spans[0].scope_spans[0].spans[0].name = "x".to_owned();
    assert_eq!(TracesData::try_from(&batch), Ok(expected));
}

#[test]
fn log_records_there_and_back() {
    let data = logs();
    let mut batch = Batch::try_from(&data).expect("a message");
    assert_eq!(LogsData::try_from(&batch), Ok(data));
    run(&mut batch, Level::Log, r#"set(log.body, "x")"#);
    let changed = LogsData::try_from(&batch).expect("a message");
    let body = changed.resource_logs[0].scope_logs[0].log_records[0]
        .body
        .clone();
    let body = body.and_then(|body| body.value);
    assert_eq!(body, Some(AnyValue::StringValue("x".to_owned())));
}

#[test]
fn data_points_there_and_back() {
    let data = metrics();
    let mut batch = Batch::try_from(&data).expect("a message");
    assert_eq!(MetricsData::try_from(&batch), Ok(data));
    let source = "set(datapoint.value_int, datapoint.value_int * 6)";
    run(&mut batch, Level::DataPoint, source);
    let changed = MetricsData::try_from(&batch).expect("a message");
    let metric = &changed.resource_metrics[0].scope_metrics[0].metrics[0];
    let Some(Data::Gauge(gauge)) = &metric.data else {
        panic!("{metric:?} is no gauge");
    };
    assert_eq!(gauge.data_points[0].value, Some(Number::AsInt(42)));
}

#[test]
fn structs_of_another_signal_are_an_error() {
    let batch = Batch::try_from(&traces()).expect("a message");
    assert_eq!(batch.signal(), Signal::Traces);
    assert!(LogsData::try_from(&batch).is_err());
    assert!(MetricsData::try_from(&batch).is_err());
}

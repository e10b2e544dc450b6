//! Items with resources and scopes of their own, against a model that works on prost's structs.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data as Points;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use otlp_columns::{
    Batch, BatchLimits, Field, Level, MapField, Projection, Separation, Signal, Value,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use crate::encode::{check, projection, view};
use crate::messages::{Data, data};
use crate::rewrite::{Style, Type, rewrite};

/// What is done for an item.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Nothing,
    /// Sets the resource's attribute `a`.
    Attribute(i64),
    /// Removes it.
    Remove,
    /// Sets the scope's name.
    Scope(&'static str),
    /// Sets the resource's schema.
    Schema(&'static str),
    /// Sets the name of the metric, where there is one above the item.
    Metric(&'static str),
    /// Drops the item, but not what it is in.
    Drop,
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let name = prop_oneof![Just(""), Just("x"), Just("y")];
    prop_oneof![
        3 => Just(Op::Nothing),
        3 => (0..3i64).prop_map(Op::Attribute),
        1 => Just(Op::Remove),
        2 => name.clone().prop_map(Op::Scope),
        1 => name.clone().prop_map(Op::Schema),
        2 => name.prop_map(Op::Metric),
        1 => Just(Op::Drop),
    ]
}

/// What surrounds one item.
pub(crate) struct Around<'a> {
    pub(crate) resource: &'a mut Option<Resource>,
    pub(crate) schema: &'a mut String,
    pub(crate) scope: &'a mut Option<InstrumentationScope>,
    pub(crate) metric: Option<&'a mut Metric>,
}

impl Op {
    /// Does it and tells whether the item stays.
    pub(crate) fn apply(self, around: Around<'_>) -> bool {
        match self {
            Self::Nothing => {}
            Self::Attribute(number) => {
                let attributes = &mut around.resource.get_or_insert_default().attributes;
                let value = Some(AnyValue {
                    value: Some(Any::IntValue(number)),
                });
                match attributes.iter_mut().find(|known| known.key == "a") {
                    Some(known) => known.value = value,
                    None => attributes.push(KeyValue {
                        key: "a".to_owned(),
                        value,
                        ..Default::default()
                    }),
                }
            }
            Self::Remove => {
                let attributes = &mut around.resource.get_or_insert_default().attributes;
                if let Some(at) = attributes.iter().position(|known| known.key == "a") {
                    attributes.remove(at);
                }
            }
            Self::Scope(name) => name.clone_into(&mut around.scope.get_or_insert_default().name),
            Self::Schema(url) => url.clone_into(around.schema),
            Self::Metric(name) => {
                if let Some(metric) = around.metric {
                    name.clone_into(&mut metric.name);
                }
            }
            Self::Drop => return false,
        }
        true
    }

    pub(crate) fn apply_to(self, batch: &mut Batch, level: Level, row: usize) {
        let above = |batch: &Batch, to| batch.ancestor(level, row, to);
        let mut set = |field: Field, text: &str| {
            let row = above(batch, field.level());
            let text = batch.heap_mut().alloc(text.as_bytes());
            batch.set_slice(field, row, text);
        };
        match self {
            Self::Nothing => {}
            Self::Scope(name) => set(Field::ScopeName, name),
            Self::Schema(url) => set(Field::ResourceSchemaUrl, url),
            Self::Metric(name) if level == Level::DataPoint => set(Field::MetricName, name),
            Self::Metric(_) => {}
            Self::Attribute(number) => {
                let row = above(batch, Level::Resource);
                batch.map_set(MapField::Resource, row, b"a", Value::Int(number));
            }
            Self::Remove => {
                let row = above(batch, Level::Resource);
                batch.map_remove(MapField::Resource, row, b"a");
            }
            Self::Drop => batch.drop_row(level, row),
        }
    }
}

/// The data with one item or none in each resource, the items as `ops` say.
fn apart(data: &Data, level: Level, ops: &[Op]) -> Vec<Data> {
    let mut singles = Vec::new();
    let mut next = ops.iter().copied().cycle();
    macro_rules! apart {
        ($of:ident, $data:ident, $resources:ident, $scopes:ident, $items:ident) => {
            for resource in &$data.$resources {
                let mut single = |scopes| {
                    let mut resource = resource.clone();
                    resource.$scopes = scopes;
                    let mut data = $data.clone();
                    data.$resources = vec![resource];
                    singles.push(Data::$of(data));
                };
                if resource.$scopes.is_empty() {
                    single(Vec::new());
                }
                for scope in &resource.$scopes {
                    let mut items: Vec<_> =
                        scope.$items.iter().map(|item| vec![item.clone()]).collect();
                    if items.is_empty() {
                        items.push(Vec::new());
                    }
                    for items in items {
                        let mut scope = scope.clone();
                        scope.$items = items;
                        single(vec![scope]);
                    }
                }
            }
        };
    }
    match data {
        Data::Traces(data) => apart!(Traces, data, resource_spans, scope_spans, spans),
        Data::Logs(data) => apart!(Logs, data, resource_logs, scope_logs, log_records),
        Data::Metrics(data) => {
            apart!(Metrics, data, resource_metrics, scope_metrics, metrics);
        }
    }
    if level == Level::DataPoint {
        singles = singles.iter().flat_map(points_apart).collect();
    }
    for single in &mut singles {
        change(single, level, &mut next);
    }
    singles
}

/// The points of the only metric of a message.
fn points_apart(single: &Data) -> Vec<Data> {
    let Data::Metrics(data) = single else {
        return Vec::new();
    };
    let metric = || {
        data.resource_metrics
            .first()?
            .scope_metrics
            .first()?
            .metrics
            .first()
    };
    let Some(points) = metric().and_then(|metric| metric.data.as_ref()) else {
        return vec![single.clone()];
    };
    macro_rules! each {
        ($($of:ident)*) => {
            match points {
                $(Points::$of(all) if !all.data_points.is_empty() => all
                    .data_points
                    .iter()
                    .map(|point| {
                        let mut one = all.clone();
                        one.data_points = vec![point.clone()];
                        Points::$of(one)
                    })
                    .collect(),)*
                none => vec![none.clone()],
            }
        };
    }
    let points: Vec<Points> = each!(Gauge Sum Histogram ExponentialHistogram Summary);
    let each = points.into_iter().map(|points| {
        let mut data = data.clone();
        data.resource_metrics[0].scope_metrics[0].metrics[0].data = Some(points);
        Data::Metrics(data)
    });
    each.collect()
}

/// Does the next of the changes, if the message has an item.
fn change(single: &mut Data, level: Level, next: &mut impl Iterator<Item = Op>) {
    macro_rules! change {
        ($data:ident, $resources:ident, $scopes:ident, $items:ident) => {{
            let Some(resource) = $data.$resources.first_mut() else {
                return;
            };
            let Some(scope) = resource.$scopes.first_mut() else {
                return;
            };
            if scope.$items.is_empty() {
                return;
            }
            let around = Around {
                resource: &mut resource.resource,
                schema: &mut resource.schema_url,
                scope: &mut scope.scope,
                metric: None,
            };
            if let Some(op) = next.next()
                && !op.apply(around)
            {
                scope.$items.clear();
            }
        }};
    }
    match single {
        Data::Traces(data) => change!(data, resource_spans, scope_spans, spans),
        Data::Logs(data) => change!(data, resource_logs, scope_logs, log_records),
        Data::Metrics(data) if level == Level::Metric => {
            change!(data, resource_metrics, scope_metrics, metrics);
        }
        Data::Metrics(data) => {
            let Some(resource) = data.resource_metrics.first_mut() else {
                return;
            };
            let Some(scope) = resource.scope_metrics.first_mut() else {
                return;
            };
            let Some(metric) = scope.metrics.first_mut() else {
                return;
            };
            if points(metric).is_empty() {
                return;
            }
            let around = Around {
                resource: &mut resource.resource,
                schema: &mut resource.schema_url,
                scope: &mut scope.scope,
                metric: Some(metric),
            };
            if let Some(op) = next.next()
                && !op.apply(around)
                && let Some(metric) = scope.metrics.first_mut()
            {
                clear(metric);
            }
        }
    }
}

/// The points of a metric, encoded.
fn points(metric: &Metric) -> Vec<Vec<u8>> {
    macro_rules! encoded {
        ($($of:ident)*) => {
            match &metric.data {
                $(Some(Points::$of(all)) => {
                    all.data_points.iter().map(Message::encode_to_vec).collect()
                })*
                None => Vec::new(),
            }
        };
    }
    encoded!(Gauge Sum Histogram ExponentialHistogram Summary)
}

fn clear(metric: &mut Metric) {
    macro_rules! clear {
        ($($of:ident)*) => {
            match &mut metric.data {
                $(Some(Points::$of(all)) => all.data_points.clear(),)*
                None => {}
            }
        };
    }
    clear!(Gauge Sum Histogram ExponentialHistogram Summary);
}

fn append(to: &mut Metric, from: Metric) {
    macro_rules! append {
        ($($of:ident)*) => {
            match (&mut to.data, from.data) {
                $((Some(Points::$of(to)), Some(Points::$of(from))) => {
                    to.data_points.extend(from.data_points);
                })*
                _ => {}
            }
        };
    }
    append!(Gauge Sum Histogram ExponentialHistogram Summary);
}

/// Attributes in an order that is the same for all that are equal.
fn sorted(attributes: &mut [KeyValue]) {
    for attribute in attributes.iter_mut() {
        // No value is the same as one with nothing set.
        if attribute
            .value
            .as_ref()
            .is_some_and(|value| value.value.is_none())
        {
            attribute.value = None;
        }
        if let Some(value) = &mut attribute.value {
            sort_value(value);
        }
    }
    attributes.sort_by_key(Message::encode_to_vec);
}

fn sort_value(value: &mut AnyValue) {
    match &mut value.value {
        Some(Any::KvlistValue(map)) => sorted(&mut map.values),
        Some(Any::ArrayValue(list)) => list.values.iter_mut().for_each(sort_value),
        _ => {}
    }
}

type Key = (Vec<u8>, String);

fn resource_key(resource: &Option<Resource>, schema: &str) -> Key {
    let mut resource = resource.clone().unwrap_or_default();
    sorted(&mut resource.attributes);
    (resource.encode_to_vec(), schema.to_owned())
}

fn scope_key(scope: &Option<InstrumentationScope>, schema: &str) -> Key {
    let mut scope = scope.clone().unwrap_or_default();
    sorted(&mut scope.attributes);
    (scope.encode_to_vec(), schema.to_owned())
}

fn metric_key(metric: &Metric) -> Vec<u8> {
    let mut metric = metric.clone();
    clear(&mut metric);
    sorted(&mut metric.metadata);
    metric.encode_to_vec()
}

/// One message of many, in which what is equal is there once.
fn together(mut singles: Vec<Data>, whole: &Data, level: Level) -> Data {
    macro_rules! together {
        ($of:ident, $resource:ident, $scope:ident, $resources:ident, $scopes:ident, $items:ident) => {{
            let Data::$of(mut whole) = whole.clone() else {
                panic!("the same signal")
            };
            whole.$resources.clear();
            for single in singles.drain(..) {
                let Data::$of(single) = single else {
                    panic!("the same signal")
                };
                for mut resource in single.$resources {
                    let scopes = std::mem::take(&mut resource.$scopes);
                    let key = |it: &$resource| resource_key(&it.resource, &it.schema_url);
                    let at = whole
                        .$resources
                        .iter()
                        .position(|it| key(it) == key(&resource));
                    let at = at.unwrap_or_else(|| {
                        whole.$resources.push(resource);
                        whole.$resources.len() - 1
                    });
                    let known = &mut whole.$resources[at].$scopes;
                    for mut scope in scopes {
                        let items = std::mem::take(&mut scope.$items);
                        let key = |it: &$scope| scope_key(&it.scope, &it.schema_url);
                        let at = known.iter().position(|it| key(it) == key(&scope));
                        let at = at.unwrap_or_else(|| {
                            known.push(scope);
                            known.len() - 1
                        });
                        known[at].$items.extend(items);
                    }
                }
            }
            Data::$of(whole)
        }};
    }
    let mut data = match whole {
        Data::Traces(_) => {
            together!(
                Traces,
                ResourceSpans,
                ScopeSpans,
                resource_spans,
                scope_spans,
                spans
            )
        }
        Data::Logs(_) => {
            together!(
                Logs,
                ResourceLogs,
                ScopeLogs,
                resource_logs,
                scope_logs,
                log_records
            )
        }
        Data::Metrics(_) => {
            together!(
                Metrics,
                ResourceMetrics,
                ScopeMetrics,
                resource_metrics,
                scope_metrics,
                metrics
            )
        }
    };
    if let (Data::Metrics(data), Level::DataPoint) = (&mut data, level) {
        let resources = data.resource_metrics.iter_mut();
        for scope in resources.flat_map(|resource| &mut resource.scope_metrics) {
            let mut metrics: Vec<Metric> = Vec::new();
            for metric in scope.metrics.drain(..) {
                let key = metric_key(&metric);
                match metrics.iter_mut().find(|known| metric_key(known) == key) {
                    Some(known) => append(known, metric),
                    None => metrics.push(metric),
                }
            }
            scope.metrics = metrics;
        }
    }
    data
}

/// A way to look at a message with just what the changes need, or more.
pub(crate) fn needed(data: &Data, wide: Option<crate::encode::View>) -> Projection {
    let mut needed = match wide {
        Some(view) => projection(data, view),
        None => Projection::new(data.signal().item_level()),
    };
    needed.add_key(MapField::Resource, b"a");
    for field in [
        Field::ScopeName,
        Field::ResourceSchemaUrl,
        Field::MetricName,
    ] {
        if data.signal().levels().contains(&field.level()) {
            needed.add_field(field);
        }
    }
    needed
}

fn level(data: &Data, by_points: bool) -> Level {
    match data.signal() {
        Signal::Metrics if !by_points => Level::Metric,
        signal => signal.item_level(),
    }
}

pub(crate) fn styled() -> impl Strategy<Value = Style> {
    proptest::array::uniform3(any::<bool>()).prop_map(|[reversed, split, unpacked]| Style {
        reversed,
        split,
        unpacked,
        unknown: false,
    })
}

pub(crate) fn read(data: &Data, bytes: Vec<u8>, projection: &Projection) -> Batch {
    Batch::decode_projected(data.signal(), bytes, projection, BatchLimits::default())
        .expect("a well-formed message")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn each_item_gets_its_own_and_what_is_equal_becomes_one(
        data in data(),
        style in styled(),
        wide in proptest::option::of(view()),
        by_points in any::<bool>(),
        ops in vec(op(), 1..6),
    ) {
        let level = level(&data, by_points);
        let projection = needed(&data, wide);
        let bytes = rewrite(&data.encode(), Type::Top(data.signal()), style);
        let mut batch = read(&data, bytes, &projection);
        batch.separate(level, Separation::Passing);
        let mut changes = ops.iter().copied().cycle();
        for row in 0..batch.rows(level) {
            if let Some(op) = changes.next() {
                op.apply_to(&mut batch, level, row);
            }
        }
        let expected = together(apart(&data, level, &ops), &data, level);
        check(&expected, &batch.encode())?;
        // Reading it anew changes nothing more.
        batch.regroup();
        prop_assert_eq!(batch.separated(), None);
        check(&expected, &batch.encode())?;
    }

    #[test]
    fn what_nobody_wrote_to_stays_as_it_came(
        data in data(),
        style in crate::encode::style(),
        wide in proptest::option::of(view()),
        by_points in any::<bool>(),
    ) {
        let level = level(&data, by_points);
        let projection = needed(&data, wide);
        let bytes = rewrite(&data.encode(), Type::Top(data.signal()), style);
        let mut batch = read(&data, bytes.clone(), &projection);
        let parents = |batch: &Batch| -> Vec<usize> {
            (0..batch.rows(level)).map(|row| batch.parent(level, row)).collect()
        };
        let before = parents(&batch);
        batch.separate(level, Separation::Passing);
        prop_assert!(batch.rejoin());
        prop_assert_eq!(parents(&batch), before);
        prop_assert!(batch.is_clean());
        prop_assert_eq!(batch.encode(), bytes);
    }
}

//! Items with resources and scopes of their own, against a model that works on prost's structs.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data as Points;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use otlp_columns::{
    Batch, BatchLimits, BitSet, Field, Level, MapField, Projection, Separation, Signal, Value, json,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use crate::encode::{check, projection, view};
use crate::messages::{Data, data};
use crate::rewrite::{Style, Type, rewrite};

/// What is done for an item.
#[derive(Clone, Copy, Debug)]
enum Op {
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

fn op() -> impl Strategy<Value = Op> {
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
struct Around<'a> {
    resource: &'a mut Option<Resource>,
    schema: &'a mut String,
    scope: &'a mut Option<InstrumentationScope>,
    metric: Option<&'a mut Metric>,
}

impl Op {
    /// Does it and tells whether the item stays.
    fn apply(self, around: Around<'_>) -> bool {
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

    fn apply_to(self, batch: &mut Batch, level: Level, row: usize) {
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
fn needed(data: &Data, wide: Option<crate::encode::View>) -> Projection {
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

fn styled() -> impl Strategy<Value = Style> {
    proptest::array::uniform3(any::<bool>()).prop_map(|[reversed, split, unpacked]| Style {
        reversed,
        split,
        unpacked,
        unknown: false,
    })
}

fn read(data: &Data, bytes: Vec<u8>, projection: &Projection) -> Batch {
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

fn logs(text: &str) -> Batch {
    let message = json::to_wire(Signal::Logs, text.as_bytes()).expect("OTLP/JSON");
    let mut projection = Projection::new(Level::Log);
    projection.add_map(MapField::Resource);
    Batch::decode_projected(Signal::Logs, message, &projection, BatchLimits::default())
        .expect("a well-formed message")
}

fn text(signal: Signal, message: &[u8]) -> String {
    let mut out = Vec::new();
    json::from_wire(signal, message, &mut out).expect("a well-formed message");
    String::from_utf8(out).expect("JSON")
}

fn set(batch: &mut Batch, row: usize, number: i64) {
    batch.map_set(MapField::Resource, row, b"a", Value::Int(number));
}

const FOUR: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"1"},{"severityText":"2"}]},{"scope":{"name":"s"},"logRecords":[{"severityText":"3"},{"severityText":"4"}]}]}]}"#;

/// Resources with the attribute `a` and scopes without a name.
fn expected(resources: &[(i64, &str)]) -> String {
    let resources = resources.iter().map(|(number, scopes)| {
        let attribute = format!(r#"{{"key":"a","value":{{"intValue":"{number}"}}}}"#);
        format!(r#"{{"resource":{{"attributes":[{attribute}]}},"scopeLogs":[{scopes}]}}"#)
    });
    let resources: Vec<_> = resources.collect();
    format!(r#"{{"resourceLogs":[{}]}}"#, resources.join(","))
}

#[test]
fn a_part_of_the_items_is_encoded_with_what_it_needs() {
    let mut batch = logs(FOUR);
    batch.separate(Level::Log, Separation::Passing);
    for (row, number) in [7, 8, 7, 7].into_iter().enumerate() {
        set(&mut batch, row, number);
    }
    let mut rows = BitSet::new(4);
    [0, 2, 3].into_iter().for_each(|row| rows.insert(row));
    let part = batch.encode_rows(Level::Log, &rows);
    let scopes = concat!(
        r#"{"logRecords":[{"severityText":"1"}]},"#,
        r#"{"scope":{"name":"s"},"logRecords":[{"severityText":"3"},{"severityText":"4"}]}"#
    );
    assert_eq!(text(Signal::Logs, &part), expected(&[(7, scopes)]));
    let whole = text(Signal::Logs, &batch.encode());
    let other = r#"{"logRecords":[{"severityText":"2"}]}"#;
    assert_eq!(whole, expected(&[(7, scopes), (8, other)]));
}

#[test]
fn a_passing_separation_ends_with_the_next_projection() {
    for (lasts, rows) in [(Separation::Passing, 2), (Separation::Lasting, 4)] {
        let mut batch = logs(FOUR);
        batch.separate(Level::Log, lasts);
        for (row, number) in [1, 1, 2, 1].into_iter().enumerate() {
            set(&mut batch, row, number);
        }
        assert_eq!(batch.rows(Level::Resource), 4);
        let same = batch.projection().clone();
        batch.project(&same);
        assert_eq!(batch.rows(Level::Resource), rows);
        let mut more = same;
        more.add_field(Field::ScopeName);
        batch.project(&more);
        assert_eq!(batch.rows(Level::Resource), rows);
        let is_lasting = lasts == Separation::Lasting;
        assert_eq!(batch.separated(), is_lasting.then_some(Level::Log));
        batch.regroup();
        assert_eq!(batch.rows(Level::Resource), 2);
        assert_eq!(batch.items(), 4);
    }
}

#[test]
fn earlier_changes_are_copied_and_come_back() {
    let mut batch = logs(FOUR);
    set(&mut batch, 0, 1);
    batch.separate(Level::Log, Separation::Passing);
    assert!(batch.rejoin());
    assert!(!batch.rejoin(), "it is only there once");
    let scopes = FOUR.split_once(r#""scopeLogs":["#).expect("scopes").1;
    let scopes = scopes.strip_suffix("]}]}").expect("the end");
    assert_eq!(
        text(Signal::Logs, &batch.encode()),
        expected(&[(1, scopes)])
    );
    batch.separate(Level::Log, Separation::Passing);
    set(&mut batch, 3, 2);
    assert!(!batch.rejoin());
    let message = text(Signal::Logs, &batch.encode());
    assert_eq!(message.matches(r#""intValue":"1""#).count(), 1);
    assert_eq!(message.matches(r#""intValue":"2""#).count(), 1);
}

/// A field of a message.
fn field(number: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    otlp_columns::put_varint(&mut out, body.len() as u64);
    out.extend_from_slice(body);
    out
}

#[test]
fn unknown_fields_are_part_of_what_a_resource_is() {
    let item = field(2, &field(2, &field(3, b"text")));
    // A resource with a field 15 inside, and one beside it.
    let resource = |inside: &[u8], beside: &[u8]| {
        let resource = field(1, &field(15, inside));
        field(1, &[resource, item.clone(), field(14, beside)].concat())
    };
    for (other, resources) in [
        (resource(b"x", b"y"), 1),
        (resource(b"z", b"y"), 2),
        (resource(b"x", b"z"), 2),
    ] {
        let message = [resource(b"x", b"y"), other, field(13, b"top")].concat();
        let mut batch = Batch::decode(Signal::Logs, message).expect("a message");
        batch.separate(Level::Log, Separation::Lasting);
        batch.regroup();
        assert_eq!(batch.rows(Level::Resource), resources);
        assert_eq!(batch.items(), 2);
        assert!(batch.encode().ends_with(&field(13, b"top")));
    }
}

#[test]
fn an_attribute_is_the_same_by_reference_and_in_full() {
    // The dictionary comes last: "", "key", "value".
    let strings = [&b""[..], b"key", b"value"].map(|text| field(5, text));
    let dictionary = field(2, &strings.concat());
    let profile = field(2, &field(2, &[]));
    let by_reference = [0x18, 1].as_slice();
    let full = [field(1, b"key"), field(2, &field(1, b"value"))].concat();
    let half = [by_reference, &field(2, &field(1, b"value"))].concat();
    let list = |value: &[u8]| {
        let list = field(5, &field(1, value));
        [field(1, b"key"), field(2, &list)].concat()
    };
    for (one, other, resources) in [
        (full.clone(), half.clone(), 1),
        (full, [by_reference, &field(2, &[0x40, 2])].concat(), 1),
        (list(&[0x40, 2]), list(&field(1, b"value")), 1),
        (list(&[0x40, 2]), list(&[0x40, 1]), 2),
    ] {
        let resource = |attribute: &[u8]| {
            let resource = field(1, &field(1, attribute));
            field(1, &[resource, profile.clone()].concat())
        };
        let message = [resource(&one), resource(&other), dictionary.clone()].concat();
        let mut batch = Batch::decode(Signal::Profiles, message).expect("a message");
        batch.separate(Level::Profile, Separation::Lasting);
        batch.intern_string(b"new");
        batch.regroup();
        assert_eq!(batch.rows(Level::Resource), resources, "{one:?} {other:?}");
        assert_eq!(batch.dictionary_size().0, 4);
    }
}

/// Spans in a resource of `bytes` bytes.
fn large(bytes: usize, spans: usize) -> Vec<u8> {
    let attribute = [field(1, b"long"), field(2, &field(1, &vec![b'x'; bytes]))].concat();
    let resource = field(1, &field(1, &attribute));
    let spans = field(2, &field(5, b"name")).repeat(spans);
    field(1, &[resource, field(2, &spans)].concat())
}

#[test]
fn a_large_resource_is_copied_only_when_it_is_written() {
    let message = large(100_000, 20_000);
    let size = message.len();
    let mut projection = Projection::new(Level::Span);
    projection.add_key(MapField::Resource, b"a");
    let limits = BatchLimits {
        growth_factor: 8,
        min_growth: 0,
    };
    let read = |message: Vec<u8>| {
        Batch::decode_projected(Signal::Traces, message, &projection, limits).expect("a message")
    };
    let mut batch = read(message.clone());
    batch.separate(Level::Span, Separation::Passing);
    for row in 0..20_000 {
        set(&mut batch, row, row as i64 % 3);
    }
    assert!(!batch.heap().exhausted());
    let encoded = batch
        .try_encode()
        .expect("three resources are not too large");
    assert!(
        (size + 200_000..size + 201_000).contains(&encoded.len()),
        "{size} {}",
        encoded.len()
    );

    // A resource for each would be 2 GB.
    let mut batch = read(message);
    batch.separate(Level::Span, Separation::Passing);
    for row in 0..20_000 {
        set(&mut batch, row, row as i64);
    }
    assert!(batch.try_encode().is_err());
    batch.regroup();
    assert!(batch.heap().exhausted());
}

#[test]
fn many_groups_of_many_take_time_that_is_proportional() {
    let mut message = large(10, 30_000);
    message.extend(field(1, &field(1, &[])).repeat(30_000));
    let mut projection = Projection::new(Level::Span);
    projection.add_map(MapField::Resource);
    let mut batch =
        Batch::decode_projected(Signal::Traces, message, &projection, BatchLimits::default())
            .expect("a message");
    batch.separate(Level::Span, Separation::Passing);
    for row in 0..30_000 {
        set(&mut batch, row, row as i64);
    }
    batch.regroup();
    assert!(!batch.heap().exhausted());
    // All those without spans are equal.
    assert_eq!(batch.rows(Level::Resource), 30_001);
    assert_eq!(batch.items(), 30_000);
}

#[test]
fn without_memory_for_copies_nothing_is_copied() {
    let message = large(10, 5_000);
    let limits = BatchLimits {
        growth_factor: 0,
        min_growth: 200_000,
    };
    let projection = Projection::new(Level::Span);
    let mut batch = Batch::decode_projected(Signal::Traces, message.clone(), &projection, limits)
        .expect("a message");
    batch.separate(Level::Span, Separation::Passing);
    assert!(batch.heap().exhausted());
    assert_eq!(batch.separated(), None);
    assert_eq!(batch.encode(), message);
}

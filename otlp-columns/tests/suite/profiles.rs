//! Messages of profiles: rows, the dictionary they refer to, and what is hostile about indices.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::profiles::v1development::{
    KeyValueAndUnit, Link, Profile, ProfilesData, ProfilesDictionary, ResourceProfiles, Sample,
    ScopeProfiles, ValueType,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;

use otlp_columns::{
    Batch, BatchLimits, Field, Level, MapField, MapKind, Projection, Signal, Value, json,
};

const ROWS: &str = r#"{"resourceProfiles":[{"resource":{"attributes":[
    {"keyStrindex":1,"value":{"stringValueStrindex":2}},
    {"key":"list","value":{"arrayValue":{"values":[{"stringValueStrindex":2}]}}}]},
    "scopeProfiles":[{"profiles":[
        {"sampleType":{"typeStrindex":1},"attributeIndices":[1,-3,7],"period":"5","samples":[
            {"stackIndex":3,"values":["1","-2"],"timestampsUnixNano":["9"]},{"linkIndex":-1}]},
        {"profileId":"0102030405060708090a0b0c0d0e0f10","originalPayload":"AQID"}]}]}]}"#;
const DICTIONARY: &str = r#"{"dictionary":{"stringTable":["","host","a"],
    "linkTable":[{"spanId":"0102030405060708"}],
    "attributeTable":[{"value":{}},{"keyStrindex":1,"value":{"stringValue":"x"},"unitStrindex":2},
        {"keyStrindex":9,"value":{"intValue":"1"}}]}}"#;

/// A field that no message has.
const UNKNOWN: [u8; 3] = [0xf8, 0x07, 0x05];

fn wire(text: &str) -> Vec<u8> {
    json::to_wire(Signal::Profiles, text.as_bytes()).expect("OTLP/JSON")
}

fn message(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| wire(part)).collect()
}

fn text(message: &[u8]) -> serde_json::Value {
    let mut out = Vec::new();
    json::from_wire(Signal::Profiles, message, &mut out).expect("a well-formed message");
    serde_json::from_slice(&out).expect("JSON")
}

fn everything() -> Projection {
    let mut projection = Projection::new(Level::ProfileSample);
    for &field in Field::ALL {
        if Signal::Profiles.levels().contains(&field.level()) {
            projection.add_field(field);
        }
    }
    projection.add_map(MapField::Resource);
    projection.add_map(MapField::Scope);
    projection
}

fn batch(message: Vec<u8>, projection: &Projection) -> Batch {
    Batch::decode_projected(
        Signal::Profiles,
        message,
        projection,
        BatchLimits::default(),
    )
    .expect("a well-formed message")
}

fn string(batch: &Batch, value: Option<Value>) -> String {
    match value {
        Some(Value::Str(slice)) => String::from_utf8_lossy(batch.heap().bytes(slice)).into_owned(),
        other => panic!("{other:?} is no string"),
    }
}

#[test]
fn what_is_not_changed_stays_as_it_was() {
    let mut all = message(&[ROWS, DICTIONARY]);
    all.extend(UNKNOWN);
    let mut batch = batch(all.clone(), &everything());
    assert_eq!(batch.rows(Level::Profile), 2);
    assert_eq!(batch.rows(Level::ProfileSample), 2);
    assert_eq!(batch.dictionary_size(), (3, 3));
    assert_eq!(batch.intern_string(b"host"), 1);
    assert!(batch.is_clean());
    assert_eq!(batch.encode(), all);
    let again = text(&all);
    assert_eq!(text(&wire(&again.to_string())), again);
}

#[test]
fn fields_of_profiles_and_samples_are_read_and_written() {
    let mut batch = batch(message(&[ROWS, DICTIONARY]), &everything());
    assert_eq!(batch.scalars(Field::ProfileSampleType), [1, 0]);
    assert_eq!(batch.integers(Field::SampleLink), [0, -1]);
    let values = batch.packed(Field::SampleValues, 0);
    assert_eq!(values, Some(vec![1, -2_i64 as u64]));
    assert!(batch.set_scalar(Field::ProfilePeriodUnit, 0, 2));
    assert!(batch.set_packed(Field::SampleTimestamps, 1, &[7, 8]));
    assert!(batch.clear(Field::ProfileSamples, 1) || batch.count(Field::ProfileSamples, 1) == 0);
    let mut expected = text(&message(&[ROWS, DICTIONARY]));
    let profiles = &mut expected["resourceProfiles"][0]["scopeProfiles"][0]["profiles"];
    profiles[0]["periodType"] = serde_json::json!({"unitStrindex": 2});
    profiles[0]["samples"][1]["timestampsUnixNano"] = serde_json::json!(["7", "8"]);
    assert_eq!(text(&batch.encode()), expected);
}

#[test]
fn new_entries_are_written_behind_the_others_wherever_the_dictionary_is() {
    let orders: [&[&str]; 5] = [
        &[ROWS, DICTIONARY],
        &[DICTIONARY, ROWS],
        &[ROWS, DICTIONARY, ROWS],
        &[DICTIONARY, ROWS, r#"{"dictionary":{"stringTable":["b"]}}"#],
        &[ROWS],
    ];
    for parts in orders {
        let mut all = message(parts);
        all.extend(UNKNOWN);
        let mut batch = batch(all.clone(), &everything());
        let (strings, attributes) = batch.dictionary_size();
        let key = batch.intern_string(b"new");
        let attribute = batch.intern_attribute(key, Value::Int(7));
        assert_eq!((key as usize, attribute as usize), (strings, attributes));
        assert_eq!(batch.intern_string(b"new"), key);
        assert_eq!(batch.intern_attribute(key, Value::Int(7)), attribute);
        let encoded = batch.encode();
        let kept = encoded.windows(3).any(|bytes| bytes == UNKNOWN);
        assert!(kept, "{parts:?}");
        let (mut found, expected) = (text(&encoded), text(&all));
        let table = &mut found["dictionary"]["stringTable"];
        let last = table.as_array_mut().and_then(Vec::pop);
        assert_eq!(last, Some("new".into()));
        let table = &mut found["dictionary"]["attributeTable"];
        let last = table.as_array_mut().and_then(Vec::pop);
        let entry = serde_json::json!({"keyStrindex": key, "value": {"intValue": "7"}});
        // With an empty table the key has the index 0, which is not written.
        match key {
            0 => assert_eq!(last, Some(serde_json::json!({"value": {"intValue": "7"}}))),
            _ => assert_eq!(last, Some(entry)),
        }
        let (found, expected) = (&found["resourceProfiles"], &expected["resourceProfiles"]);
        assert_eq!(found, expected, "{parts:?}");
    }
}

#[test]
fn attributes_are_found_by_equality() {
    let mut batch = batch(
        message(&[ROWS, DICTIONARY]),
        &Projection::new(Level::Profile),
    );
    // Another unit is another attribute.
    let text = Value::Str(batch.heap_mut().alloc(b"x"));
    assert_eq!(batch.intern_attribute(1, text), 3);
    let zero = batch.intern_attribute(1, Value::Double(0.0));
    assert_eq!(batch.intern_attribute(1, Value::Double(-0.0)), zero);
    assert_ne!(batch.intern_attribute(1, Value::Int(0)), zero);
    assert_ne!(batch.intern_attribute(2, Value::Double(0.0)), zero);
    let nan = batch.intern_attribute(1, Value::Double(f64::NAN));
    assert_eq!(batch.intern_attribute(1, Value::Double(f64::NAN)), nan + 1);
    let map = |batch: &mut Batch, keys: [&str; 2]| {
        let entries = keys.map(|key| {
            let slice = batch.heap_mut().alloc(key.as_bytes());
            otlp_columns::Entry::new(slice, Value::Int(key.len() as i64))
        });
        Value::Map(MapKind::Map, batch.heap_mut().alloc_map(&entries))
    };
    let (one, other) = (map(&mut batch, ["a", "bc"]), map(&mut batch, ["bc", "a"]));
    let third = map(&mut batch, ["a", "bd"]);
    let index = batch.intern_attribute(1, one);
    assert_eq!(batch.intern_attribute(1, other), index);
    assert_ne!(batch.intern_attribute(1, third), index);
}

#[test]
fn attributes_of_resources_may_refer_to_strings_that_come_later() {
    let mut whole = everything();
    whole.add_map(MapField::Resource);
    let mut keyed = Projection::new(Level::Profile);
    keyed.add_key(MapField::Resource, b"host");
    keyed.add_key(MapField::Resource, b"list");
    for projection in [whole, keyed] {
        let mut batch = batch(message(&[ROWS, DICTIONARY]), &projection);
        let host = batch.map_get(MapField::Resource, 0, b"host");
        assert_eq!(string(&batch, host), "a");
        let Some(Value::List(_, range)) = batch.map_get(MapField::Resource, 0, b"list") else {
            panic!("the attribute is a list");
        };
        let element = batch.heap().list(range)[0];
        assert_eq!(string(&batch, Some(element)), "a");
        assert!(batch.map_set(MapField::Resource, 0, b"host", Value::Int(1)));
        let found = text(&batch.encode());
        let attributes = &found["resourceProfiles"][0]["resource"]["attributes"];
        assert_eq!(attributes.as_array().map(Vec::len), Some(2));
    }
}

#[test]
fn indices_that_lead_nowhere_find_nothing() {
    let mut batch = batch(
        message(&[ROWS, DICTIONARY]),
        &Projection::new(Level::Profile),
    );
    for index in [-1, 3, i32::MIN, i32::MAX] {
        assert_eq!(batch.dictionary_string(index), None);
        assert_eq!(batch.dictionary_attribute(index), None);
    }
    let missing = batch.dictionary_attribute(2).map(|attribute| attribute.key);
    assert_eq!(missing, Some(9));
    assert_eq!(batch.dictionary_string(9), None);
}

#[test]
fn the_tables_keep_to_the_limits_of_the_batch() {
    let limits = BatchLimits {
        growth_factor: 0,
        min_growth: 1 << 12,
    };
    let projection = Projection::new(Level::Profile);
    let decode = |message: Vec<u8>| {
        Batch::decode_projected(Signal::Profiles, message, &projection, limits)
            .expect("a well-formed message")
    };
    let mut small = decode(message(&[ROWS, DICTIONARY]));
    for number in 0..1000 {
        let key = small.intern_string(format!("key {number}").as_bytes());
        small.intern_attribute(key, Value::Int(number));
    }
    assert!(small.heap().exhausted());
    // The entries of a table are much larger than what they are read from.
    let body = [0x32, 0].repeat(1 << 16);
    let mut large = vec![0x12];
    otlp_columns::put_varint(&mut large, body.len() as u64);
    large.extend(body);
    let mut large = decode(large);
    assert!(large.dictionary_size().1 < 1 << 10);
    assert!(large.heap().exhausted());
}

proptest! {
    #[test]
    fn damaged_messages_are_errors_or_messages(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut bytes = message(&[DICTIONARY, ROWS, DICTIONARY]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let limits = BatchLimits::default();
        let decoded = Batch::decode_projected(Signal::Profiles, bytes.clone(), &everything(), limits);
        let mut out = Vec::new();
        let written = json::from_wire(Signal::Profiles, &bytes, &mut out);
        prop_assert_eq!(decoded.is_ok(), written.is_ok());
        if let Ok(mut batch) = decoded {
            prop_assert_eq!(batch.encode(), bytes);
            for row in 0..batch.rows(Level::Profile) {
                for index in batch.packed(Field::ProfileAttributeIndices, row).unwrap_or_default() {
                    let _ = batch.dictionary_attribute(index as i32);
                }
            }
            batch.intern_string(b"new");
            let encoded = batch.encode();
            prop_assert!(Batch::decode(Signal::Profiles, encoded).is_ok());
        }
    }
}

fn index() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -1..6i32, 1 => any::<i32>()]
}

fn value() -> impl Strategy<Value = AnyValue> {
    let value = prop_oneof![
        "[a-c]{0,3}".prop_map(Any::StringValue),
        any::<i64>().prop_map(Any::IntValue),
        (-9..9i32).prop_map(|number| Any::DoubleValue(f64::from(number) / 2.0)),
        any::<bool>().prop_map(Any::BoolValue),
        vec(any::<u8>(), 0..4).prop_map(Any::BytesValue),
    ];
    option::of(value).prop_map(|value| AnyValue { value })
}

fn value_type() -> impl Strategy<Value = Option<ValueType>> {
    option::of(
        (index(), index()).prop_map(|(type_strindex, unit_strindex)| ValueType {
            type_strindex,
            unit_strindex,
        }),
    )
}

fn sample() -> impl Strategy<Value = Sample> {
    (
        index(),
        vec(index(), 0..4),
        index(),
        vec(any::<i64>(), 0..3),
        vec(any::<u64>(), 0..3),
    )
        .prop_map(
            |(stack_index, attribute_indices, link_index, values, timestamps_unix_nano)| Sample {
                stack_index,
                attribute_indices,
                link_index,
                values,
                timestamps_unix_nano,
            },
        )
}

fn profile() -> impl Strategy<Value = Profile> {
    (
        (
            value_type(),
            vec(sample(), 0..3),
            any::<u64>(),
            any::<u64>(),
        ),
        (
            value_type(),
            any::<i64>(),
            vec(any::<u8>(), 0..17),
            any::<u32>(),
        ),
        ("[a-c]{0,3}", vec(any::<u8>(), 0..5), vec(index(), 0..4)),
    )
        .prop_map(|(first, second, third)| Profile {
            sample_type: first.0,
            samples: first.1,
            time_unix_nano: first.2,
            duration_nano: first.3,
            period_type: second.0,
            period: second.1,
            profile_id: second.2,
            dropped_attributes_count: second.3,
            original_payload_format: third.0,
            original_payload: third.1,
            attribute_indices: third.2,
        })
}

fn dictionary() -> impl Strategy<Value = ProfilesDictionary> {
    let attribute =
        (index(), option::of(value()), index()).prop_map(|(key_strindex, value, unit_strindex)| {
            KeyValueAndUnit {
                key_strindex,
                value,
                unit_strindex,
            }
        });
    let link = (vec(any::<u8>(), 16), vec(any::<u8>(), 8))
        .prop_map(|(trace_id, span_id)| Link { trace_id, span_id });
    (
        vec("[a-c]{0,3}", 0..5),
        vec(attribute, 0..5),
        vec(link, 0..2),
    )
        .prop_map(
            |(string_table, attribute_table, link_table)| ProfilesDictionary {
                string_table,
                attribute_table,
                link_table,
                ..ProfilesDictionary::default()
            },
        )
}

fn data() -> impl Strategy<Value = ProfilesData> {
    let resource = ("[a-c]{0,2}", value()).prop_map(|(key, value)| Resource {
        attributes: vec![KeyValue {
            key,
            value: Some(value),
            ..KeyValue::default()
        }],
        ..Resource::default()
    });
    let scope = vec(profile(), 0..3).prop_map(|profiles| ScopeProfiles {
        profiles,
        ..ScopeProfiles::default()
    });
    let resources =
        (option::of(resource), vec(scope, 0..3)).prop_map(|(resource, scope_profiles)| {
            ResourceProfiles {
                resource,
                scope_profiles,
                ..ResourceProfiles::default()
            }
        });
    (vec(resources, 0..3), option::of(dictionary())).prop_map(|(resource_profiles, dictionary)| {
        ProfilesData {
            resource_profiles,
            dictionary,
        }
    })
}

/// What is written to every profile and sample; nothing where it stays.
#[derive(Clone, Debug)]
struct Edits {
    time: Option<u64>,
    period: Option<i64>,
    sample_type: Option<i32>,
    indices: Option<Vec<i32>>,
    link: Option<i32>,
    values: Option<Vec<i64>>,
    timestamps: Option<Vec<u64>>,
}

fn edits() -> impl Strategy<Value = Edits> {
    (
        option::of(any::<u64>()),
        option::of(any::<i64>()),
        option::of(index()),
        option::of(vec(index(), 0..4)),
        option::of(index()),
        option::of(vec(any::<i64>(), 0..4)),
        option::of(vec(any::<u64>(), 0..4)),
    )
        .prop_map(
            |(time, period, sample_type, indices, link, values, timestamps)| Edits {
                time,
                period,
                sample_type,
                indices,
                link,
                values,
                timestamps,
            },
        )
}

/// The number as a column has it.
fn bits(number: i32) -> u64 {
    i64::from(number) as u64
}

fn edit_batch(batch: &mut Batch, edits: &Edits) {
    for row in 0..batch.rows(Level::Profile) {
        if let Some(time) = edits.time {
            batch.set_scalar(Field::ProfileTime, row, time);
        }
        if let Some(period) = edits.period {
            batch.set_scalar(Field::ProfilePeriod, row, period as u64);
        }
        if let Some(index) = edits.sample_type {
            batch.set_scalar(Field::ProfileSampleType, row, bits(index));
        }
        if let Some(indices) = &edits.indices {
            let indices: Vec<_> = indices.iter().map(|&index| bits(index)).collect();
            batch.set_packed(Field::ProfileAttributeIndices, row, &indices);
        }
    }
    for row in 0..batch.rows(Level::ProfileSample) {
        if let Some(index) = edits.link {
            batch.set_scalar(Field::SampleLink, row, bits(index));
        }
        if let Some(values) = &edits.values {
            let values: Vec<_> = values.iter().map(|&value| value as u64).collect();
            batch.set_packed(Field::SampleValues, row, &values);
        }
        if let Some(timestamps) = &edits.timestamps {
            batch.set_packed(Field::SampleTimestamps, row, timestamps);
        }
    }
}

fn edit_data(data: &mut ProfilesData, edits: &Edits) {
    let resources = data.resource_profiles.iter_mut();
    let scopes = resources.flat_map(|resource| &mut resource.scope_profiles);
    for profile in scopes.flat_map(|scope| &mut scope.profiles) {
        profile.time_unix_nano = edits.time.unwrap_or(profile.time_unix_nano);
        profile.period = edits.period.unwrap_or(profile.period);
        if let Some(index) = edits.sample_type {
            profile.sample_type.get_or_insert_default().type_strindex = index;
        }
        if let Some(indices) = &edits.indices {
            profile.attribute_indices.clone_from(indices);
        }
        for sample in &mut profile.samples {
            sample.link_index = edits.link.unwrap_or(sample.link_index);
            if let Some(values) = &edits.values {
                sample.values.clone_from(values);
            }
            if let Some(timestamps) = &edits.timestamps {
                sample.timestamps_unix_nano.clone_from(timestamps);
            }
        }
    }
}

/// The message without what protobuf cannot tell from nothing: an empty `sample_type`.
fn plain(mut data: ProfilesData) -> ProfilesData {
    let resources = data.resource_profiles.iter_mut();
    let scopes = resources.flat_map(|resource| &mut resource.scope_profiles);
    for profile in scopes.flat_map(|scope| &mut scope.profiles) {
        let is_empty = |it: &ValueType| *it == ValueType::default();
        if profile.sample_type.as_ref().is_some_and(is_empty) {
            profile.sample_type = None;
        }
    }
    data
}

proptest! {
    #[test]
    fn edited_messages_are_what_prost_would_make(data in data(), edits in edits()) {
        let mut batch = batch(data.encode_to_vec(), &everything());
        edit_batch(&mut batch, &edits);
        let mut expected = data;
        edit_data(&mut expected, &edits);
        let found = ProfilesData::decode(batch.encode());
        prop_assert_eq!(found.map(plain), Ok(plain(expected)));
    }

    #[test]
    fn the_dictionary_is_what_prost_reads(data in data(), key in "[a-d]{0,2}", number in any::<i64>()) {
        let mut batch = batch(data.encode_to_vec(), &everything());
        let key_index = batch.intern_string(key.as_bytes());
        let index = batch.intern_attribute(key_index, Value::Int(number));
        let found = ProfilesData::decode(batch.encode()).expect("a message");
        let dictionary = found.dictionary.unwrap_or_default();
        prop_assert_eq!(&dictionary.string_table[key_index as usize], &key);
        let attribute = &dictionary.attribute_table[index as usize];
        prop_assert_eq!(attribute.key_strindex, key_index);
        let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
        prop_assert_eq!(value, Some(&Any::IntValue(number)));
        let before = data.dictionary.unwrap_or_default();
        prop_assert!(dictionary.string_table.starts_with(&before.string_table));
        prop_assert!(dictionary.attribute_table.starts_with(&before.attribute_table));
        prop_assert_eq!(dictionary.link_table, before.link_table);
        prop_assert_eq!(found.resource_profiles, data.resource_profiles);
    }
}

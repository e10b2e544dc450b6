//! Messages of profiles: rows, the dictionary they refer to, and what is hostile about indices.

use proptest::prelude::*;

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

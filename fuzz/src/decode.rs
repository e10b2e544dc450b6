//! Messages.

use otlp_columns::{
    Batch, BatchLimits, Field, Level, MapField, Projection, Signal, Storage, Value, json,
};

const MAPS: [MapField; 8] = [
    MapField::Resource,
    MapField::Scope,
    MapField::Span,
    MapField::SpanEvent,
    MapField::Log,
    MapField::MetricMetadata,
    MapField::DataPoint,
    MapField::Exemplar,
];

/// Reads bytes as a message of each signal, looked at in several ways, and as OTLP/JSON.
///
/// # Panics
/// When the ways disagree whether it is a message, an unchanged message does not come out as it
/// went in, or a changed one is no message any more.
pub fn decode(data: &[u8]) {
    for signal in Signal::ALL {
        let decoded = projections(signal).map(|projection| check_decode(signal, data, &projection));
        let is_message = decoded[0];
        assert!(
            decoded.iter().all(|&other| other == is_message),
            "{decoded:?} for {signal:?}"
        );
        let mut text = Vec::new();
        let written = json::from_wire(signal, data, &mut text);
        assert_eq!(written.is_ok(), is_message, "{written:?}");
        check_json(signal, data);
        if is_message {
            match json::to_wire(signal, &text) {
                Ok(again) => assert!(Batch::decode(signal, again).is_ok()),
                // An id of a wrong length passes through as bytes, but OTLP/JSON has no form for it.
                Err(error) if error.message.contains("hexadecimal digits") => {}
                Err(error) => panic!("{error}: {}", text.escape_ascii()),
            }
        }
    }
}

/// As little as there is, known keys only, and everything.
fn projections(signal: Signal) -> [Projection; 3] {
    let rows = Projection::new(signal.item_level());
    let mut keyed = Projection::new(signal.levels().last().copied().unwrap_or(Level::Resource));
    Field::ALL.iter().for_each(|&field| keyed.add_field(field));
    let mut whole = keyed.clone();
    for map in MAPS {
        ["", "a", "key"]
            .iter()
            .for_each(|key| keyed.add_key(map, key.as_bytes()));
        whole.add_map(map);
    }
    [rows, keyed, whole]
}

fn check_decode(signal: Signal, data: &[u8], projection: &Projection) -> bool {
    let decoded =
        Batch::decode_projected(signal, data.to_vec(), projection, BatchLimits::default());
    let mut batch = match decoded {
        Ok(batch) => batch,
        Err(error) => {
            assert!(error.offset <= data.len(), "{error}");
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    assert_eq!(
        batch.encode(),
        data,
        "an unchanged message comes out as it went in"
    );
    let before = rows(&batch);
    change(&mut batch);
    if signal == Signal::Profiles {
        change_dictionary(&mut batch);
    }
    let changed = batch.encode();
    let again = Batch::decode_projected(signal, changed, projection, BatchLimits::default());
    let again = again.unwrap_or_else(|error| panic!("a changed message is none: {error}"));
    assert_eq!(rows(&again), before);
    true
}

fn rows(batch: &Batch) -> Vec<usize> {
    batch
        .signal()
        .levels()
        .iter()
        .map(|&level| batch.rows(level))
        .collect()
}

/// Writes to all maps and lists of numbers that the batch knows, so that every row is rewritten.
fn change(batch: &mut Batch) {
    for map in MAPS {
        if batch.projection().map(map).is_none() {
            continue;
        }
        for row in 0..batch.rows(map.level()) {
            let value = batch.map_get(map, row, b"a").unwrap_or(Value::Int(1));
            batch.map_set(map, row, b"key", value);
            batch.map_remove(map, row, b"");
        }
    }
    for &field in Field::ALL {
        for row in 0..batch.rows(field.level()) {
            if field.storage() == Storage::Raw && batch.projection().has(field) {
                assert!(batch.count(field, row) <= batch.heap().input().len());
                if let Some(numbers) = batch.packed(field, row) {
                    batch.set_packed(field, row, &numbers);
                }
            }
        }
    }
}

/// Gives every profile and sample that the batch knows of an attribute that is new to the dictionary.
///
/// # Panics
/// When an entry of the dictionary cannot be found under its index.
fn change_dictionary(batch: &mut Batch) {
    let (strings, attributes) = batch.dictionary_size();
    for index in [-1, 0, i32::MAX] {
        let is_known = usize::try_from(index).is_ok_and(|index| index < strings);
        assert_eq!(batch.dictionary_string(index).is_some(), is_known);
    }
    for index in 0..attributes.min(100) {
        let attribute = batch.dictionary_attribute(index as i32).expect("an entry");
        let (key, value) = (attribute.key, attribute.value);
        let same = batch.intern_attribute(key, value);
        let same = batch.dictionary_attribute(same).expect("an entry");
        assert_eq!(
            (same.key, same.unit),
            (key, if same == attribute { attribute.unit } else { 0 })
        );
    }
    let key = batch.intern_string(b"a key that no message has");
    assert_eq!(batch.intern_string(b"a key that no message has"), key);
    let new = batch.intern_attribute(key, Value::Int(7));
    for field in [
        Field::ProfileAttributeIndices,
        Field::SampleAttributeIndices,
    ] {
        for row in 0..batch.rows(field.level()) {
            if let Some(mut indices) = batch.packed(field, row).filter(|it| it.len() < 1000) {
                for &index in &indices {
                    let _ = batch.dictionary_attribute(index as i32);
                }
                indices.push(new as u64);
                batch.set_packed(field, row, &indices);
            }
        }
    }
}

fn check_json(signal: Signal, text: &[u8]) {
    if let Ok(message) = json::to_wire(signal, text) {
        assert!(Batch::decode(signal, message.clone()).is_ok());
        let mut out = Vec::new();
        assert!(json::from_wire(signal, &message, &mut out).is_ok());
    }
}

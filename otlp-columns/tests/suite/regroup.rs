//! Items with resources and scopes of their own: what is shared, what is a part of what, and limits.

use otlp_columns::{
    Batch, BatchLimits, BitSet, Field, Level, MapField, Projection, Separation, Signal, Value, json,
};

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

#[test]
fn rows_without_items_have_copies_above_them_as_well() {
    // 5,000 metrics without data points, each of which gets a scope and a resource.
    let metrics = field(2, &field(1, b"m")).repeat(5_000);
    let message = field(1, &field(2, &metrics));
    let separated = |min_growth: usize| {
        let limits = BatchLimits {
            growth_factor: 0,
            min_growth,
        };
        let projection = Projection::new(Level::DataPoint);
        let batch = Batch::decode_projected(Signal::Metrics, message.clone(), &projection, limits);
        let mut batch = batch.expect("a message");
        batch.separate(Level::DataPoint, Separation::Passing);
        (batch.separated(), batch.rows(Level::Resource))
    };
    assert_eq!(separated(10 << 20), (Some(Level::DataPoint), 5_000));
    // Enough for the copies of one level, and not for those of three.
    let (level, resources) = separated(300_000);
    assert_eq!((level, resources), (None, 1));
}

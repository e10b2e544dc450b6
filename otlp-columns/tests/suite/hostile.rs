//! Messages that are meant to do harm: deep, wide, or both.

use otlp_columns::{
    Batch, BatchLimits, DecodeReason, Field, Level, MapField, MapKind, PoolRange, Projection,
    Signal, Value, json,
};

fn put_varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// `body` inside fields of these numbers, the first innermost.
fn wrapped(body: &[u8], numbers: impl IntoIterator<Item = u8>) -> Vec<u8> {
    // Built backwards, since each length comes before what it counts.
    let mut reversed: Vec<u8> = body.iter().rev().copied().collect();
    let mut head = Vec::new();
    for number in numbers {
        head.clear();
        head.push(number << 3 | 2);
        put_varint(&mut head, reversed.len());
        reversed.extend(head.iter().rev());
    }
    reversed.reverse();
    reversed
}

/// A log record whose body is nested `depth` lists.
fn nested_log(depth: usize) -> Vec<u8> {
    let values = std::iter::repeat_n([5, 1], depth).flatten();
    let lists: Vec<u8> = values.collect::<Vec<_>>().into_iter().rev().collect();
    // From the inside: AnyValue in ArrayValue in AnyValue, then record, scope, resource, message.
    wrapped(&[], lists.into_iter().chain([5, 2, 2, 1]))
}

fn everything(signal: Signal) -> Projection {
    let deepest = signal.levels().last().copied().unwrap_or(Level::Resource);
    let mut projection = Projection::new(deepest);
    Field::ALL
        .iter()
        .for_each(|&field| projection.add_field(field));
    for map in [
        MapField::Resource,
        MapField::Scope,
        MapField::Span,
        MapField::SpanEvent,
    ] {
        projection.add_map(map);
    }
    projection
}

#[test]
fn values_nest_down_to_a_limit() {
    for depth in [0, 1, 50, 63] {
        let bytes = nested_log(depth);
        let mut batch = Batch::decode_projected(
            Signal::Logs,
            bytes.clone(),
            &everything(Signal::Logs),
            BatchLimits::default(),
        )
        .expect("not too deep");
        let mut value = batch.body(0);
        let mut seen = 0;
        while let Value::List(_, range) = batch.heap_mut().resolve(value) {
            value = batch
                .heap()
                .list(range)
                .first()
                .copied()
                .unwrap_or_default();
            seen += 1;
        }
        assert_eq!(seen, depth);
        let mut text = Vec::new();
        json::from_wire(Signal::Logs, &bytes, &mut text).expect("not too deep");
        assert_eq!(
            json::to_wire(Signal::Logs, &text).expect("not too deep"),
            bytes
        );
    }
    for depth in [64, 65, 1000, 100_000] {
        let bytes = nested_log(depth);
        let error = Batch::decode(Signal::Logs, bytes.clone()).unwrap_err();
        assert_eq!(error.reason, DecodeReason::TooDeep);
        assert!(error.to_string().contains("nested too deep"), "{error}");
        let error = json::from_wire(Signal::Logs, &bytes, &mut Vec::new()).unwrap_err();
        assert_eq!(error.reason, DecodeReason::TooDeep);
    }
}

#[test]
fn groups_nest_down_to_a_limit() {
    let group = |depth: usize| [vec![0x7b; depth], vec![0x7c; depth]].concat();
    assert!(Batch::decode(Signal::Traces, group(20)).is_ok());
    for depth in [100, 100_000] {
        let error = Batch::decode(Signal::Traces, group(depth)).unwrap_err();
        assert_eq!(error.reason, DecodeReason::TooDeep);
    }
}

#[test]
fn json_that_is_too_deep_is_an_error() {
    for depth in [64, 100_000] {
        let text = format!(
            r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{}{}}}]}}]}}]}}"#,
            r#"{"arrayValue":{"values":["#.repeat(depth),
            "]}}".repeat(depth),
        );
        let result = json::to_wire(Signal::Logs, text.as_bytes());
        assert_eq!(result.is_ok(), depth < 65, "{depth}");
    }
    let ignored = format!(
        r#"{{"what":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(
        json::to_wire(Signal::Logs, ignored.as_bytes()),
        Ok(Vec::new())
    );
}

/// A message of one scope with so many empty spans, of two bytes each.
fn empty_spans(count: usize) -> Vec<u8> {
    wrapped(&[0x12, 0x00].repeat(count), [2, 1])
}

#[test]
fn a_message_of_empty_rows_takes_little_memory_without_columns() {
    let limits = BatchLimits {
        growth_factor: 32,
        min_growth: 0,
    };
    let projection = Projection::new(Level::Span);
    for count in [200, 4096, 4097, 131_073, 1_000_000, 1 << 20, (1 << 20) + 1] {
        let message = empty_spans(count);
        let batch = Batch::decode_projected(Signal::Traces, message, &projection, limits);
        assert!(batch.is_ok_and(|batch| batch.items() == count), "{count}");
    }
}

#[test]
fn a_message_of_empty_rows_is_rejected_where_its_columns_are_too_large() {
    let limits = BatchLimits {
        growth_factor: 32,
        min_growth: 1 << 20,
    };
    let projection = everything(Signal::Traces);
    let few = Batch::decode_projected(Signal::Traces, empty_spans(1000), &projection, limits);
    assert_eq!(few.expect("within the limit").items(), 1000);
    let message = empty_spans(1_000_000);
    let error = Batch::decode_projected(Signal::Traces, message, &projection, limits).unwrap_err();
    assert_eq!(error.reason, DecodeReason::TooManyRows);
    assert!(error.offset > 100_000);
    assert!(error.to_string().contains("raise the limit"), "{error}");
}

#[test]
fn columns_of_many_keys_give_way_to_entries() {
    let mut projection = Projection::new(Level::Span);
    for key in 0..800 {
        projection.add_key(MapField::Span, format!("key.{key}").as_bytes());
    }
    let limits = BatchLimits {
        growth_factor: 32,
        min_growth: 1 << 20,
    };
    let decode = |count| {
        Batch::decode_projected(Signal::Traces, empty_spans(count), &projection, limits)
            .expect("within the limit")
    };
    assert!(decode(10).is_keyed(MapField::Span));
    let mut batch = decode(100_000);
    assert!(!batch.is_keyed(MapField::Span));
    assert_eq!(batch.map_get(MapField::Span, 99_999, b"key.7"), None);
    assert!(batch.map_set(MapField::Span, 99_999, b"key.7", Value::Int(7)));
    assert_eq!(
        batch.map_get(MapField::Span, 99_999, b"key.7"),
        Some(Value::Int(7))
    );
}

#[test]
fn attributes_between_events_are_kept_together() {
    // An attribute, an event with an attribute, and again, so that entries of two maps mix.
    let count = 20_000;
    let attribute = [0x4a, 0x07, 0x0a, 0x01, b'a', 0x12, 0x02, 0x18, 0x01];
    let event = [
        0x5a, 0x09, 0x1a, 0x07, 0x0a, 0x01, b'b', 0x12, 0x02, 0x18, 0x02,
    ];
    let span = [attribute.as_slice(), event.as_slice()]
        .concat()
        .repeat(count);
    let message = wrapped(&span, [2, 2, 1]);
    let mut batch = Batch::decode_projected(
        Signal::Traces,
        message,
        &everything(Signal::Traces),
        BatchLimits::default(),
    )
    .expect("a well-formed message");
    assert!(!batch.heap().exhausted());
    let range = batch.map(MapField::Span, 0);
    assert_eq!(range.len as usize, count);
    let heap = batch.heap();
    assert!(
        heap.map(range)
            .iter()
            .all(|entry| heap.bytes(entry.key) == b"a")
    );
    assert_eq!(batch.rows(Level::SpanEvent), count);
    for row in [0, count / 2, count - 1] {
        assert_eq!(
            batch.map_get(MapField::SpanEvent, row, b"b"),
            Some(Value::Int(2))
        );
    }
}

#[test]
fn of_many_kinds_of_data_the_last_counts() {
    // Gauges and sums by turns; quadratic work would not end.
    let point = [0x0a, 0x02, 0x40, 0x05];
    let gauge = [[0x2a, 0x04].as_slice(), &point].concat();
    let sum = [[0x3a, 0x04].as_slice(), &point].concat();
    let turns = [gauge.as_slice(), &sum].concat().repeat(200_000);
    let metric = [turns.as_slice(), &gauge, &gauge].concat();
    let message = wrapped(&metric, [2, 2, 1]);
    let mut projection = Projection::new(Level::DataPoint);
    projection.add_field(Field::PointFlags);
    let mut batch = Batch::decode_projected(
        Signal::Metrics,
        message,
        &projection,
        BatchLimits::default(),
    )
    .expect("a well-formed message");
    assert_eq!(batch.items(), 2);
    assert_eq!(batch.shape(Level::Metric, 0), otlp_columns::Shape::Gauge);
    assert!(batch.set_scalar(Field::PointFlags, 1, 9));
    let changed = [gauge.as_slice(), &[0x2a, 0x04, 0x0a, 0x02, 0x40, 0x09]].concat();
    assert_eq!(batch.encode(), wrapped(&changed, [2, 2, 1]));
    batch.drop_row(Level::DataPoint, 0);
    let changed = [0x2a, 0x00, 0x2a, 0x04, 0x0a, 0x02, 0x40, 0x09];
    assert_eq!(batch.encode(), wrapped(&changed, [2, 2, 1]));
}

#[test]
fn a_long_value_on_many_rows_has_a_limit() {
    let limits = BatchLimits {
        growth_factor: 32,
        min_growth: 1 << 20,
    };
    let mut projection = Projection::new(Level::Span);
    projection.add_field(Field::SpanName);
    let message = empty_spans(10_000);
    let room = message.len() + (1 << 20);
    let mut batch = Batch::decode_projected(Signal::Traces, message, &projection, limits)
        .expect("within the limit");
    let name = batch.heap_mut().alloc(&[b'x'; 100_000]);
    for row in 0..10 {
        batch.set_slice(Field::SpanName, row, name);
    }
    assert_eq!(batch.try_encode(), Ok(batch.encode()));
    batch.set_slice(Field::SpanName, 10, name);
    assert!(batch.encode().len() > room);
    let error = batch.try_encode().unwrap_err();
    assert_eq!(error.limit, room);
    assert!(error.to_string().contains("the limit"), "{error}");
    for row in 11..50 {
        batch.set_slice(Field::SpanName, row, name);
    }
    assert_eq!(batch.try_encode(), Err(error));
    // To read it again is not possible either; whoever asks is told.
    assert!(!batch.heap().exhausted());
    projection.add_field(Field::SpanKind);
    batch.project(&projection);
    assert!(batch.heap().exhausted());
    assert_eq!(batch.items(), 10_000);
}

/// All of it would be 16 GiB.
#[test]
fn a_long_value_many_times_in_one_row_is_not_written_out() {
    let limits = BatchLimits {
        growth_factor: 32,
        min_growth: 32 << 20,
    };
    let mut projection = Projection::new(Level::Span);
    projection.add_map(MapField::Span);
    let mut batch = Batch::decode_projected(Signal::Traces, empty_spans(1), &projection, limits)
        .expect("within the limit");
    let text = Value::Str(batch.heap_mut().alloc(&vec![b'x'; 16 << 20]));
    for key in 0..1_024 {
        batch.map_set(MapField::Span, 0, format!("k{key}").as_bytes(), text);
    }
    assert!(batch.try_encode().is_err());
    let entries = batch.map(MapField::Span, 0);
    batch.map_replace(MapField::Span, 0, PoolRange::EMPTY);
    let map = Value::Map(MapKind::Map, entries);
    batch.map_set(MapField::Span, 0, b"nested", map);
    assert!(batch.try_encode().is_err());
}

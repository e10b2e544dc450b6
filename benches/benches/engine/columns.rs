//! What `otlp-columns` does with a message: indexing, looking attributes up, encoding.

use std::hint::black_box;

use benches::data::Dataset;
use criterion::{BatchSize, Criterion};
use otlp_columns::{Batch, BatchLimits, Field, Level, MapField, Projection, Signal};
use ottl::Interpreter;

use crate::{ITEMS, bytes, compile, of_items};

/// A key that every span has, one that a fifth has, and one that none has.
const KEYS: [&str; 3] = ["http.route", "credit_card", "no.such.key"];

fn fields() -> Projection {
    let mut projection = Projection::new(Level::Span);
    for field in [Field::SpanName, Field::SpanStart, Field::SpanEnd] {
        projection.add_field(field);
    }
    projection
}

fn keyed(keys: &[&str]) -> Projection {
    let mut projection = Projection::new(Level::Span);
    for key in keys {
        projection.add_key(MapField::Span, key.as_bytes());
    }
    projection
}

fn entries() -> Projection {
    let mut projection = Projection::new(Level::Span);
    projection.add_map(MapField::Span);
    projection
}

fn of_resources() -> Projection {
    let mut projection = Projection::new(Level::Span);
    projection.add_key(MapField::Resource, b"env");
    projection
}

fn decode(message: &bytes::Bytes, projection: &Projection) -> Batch {
    let limits = BatchLimits::default();
    Batch::decode_projected(Signal::Traces, message.clone(), projection, limits).expect("a message")
}

pub(crate) fn index(criterion: &mut Criterion) {
    let mut group = of_items(criterion, "index");
    for (name, projection) in [
        ("resources", Projection::new(Level::Resource)),
        ("nothing", Projection::new(Level::Span)),
        ("fields", fields()),
        ("one key", keyed(&KEYS[..1])),
        ("three keys", keyed(&KEYS)),
        ("whole maps", entries()),
        ("a key of the resource", of_resources()),
    ] {
        for data in [Dataset::Traces, Dataset::TracesOfSdk] {
            let message = bytes(data);
            let name = match data {
                Dataset::TracesOfSdk => format!("{name}, order of an SDK"),
                _ => name.to_owned(),
            };
            group.bench_function(name, |bencher| {
                bencher.iter(|| decode(&message, &projection))
            });
        }
    }
}

pub(crate) fn attributes(criterion: &mut Criterion) {
    let mut group = of_items(criterion, "attributes");
    let message = bytes(Dataset::Traces);
    for (form, projection) in [("keyed", keyed(&KEYS)), ("entries", entries())] {
        let mut batch = decode(&message, &projection);
        for key in KEYS {
            group.bench_function(format!("{form}, {key}"), |bencher| {
                bencher.iter(|| {
                    (0..ITEMS)
                        .filter(|row| {
                            batch
                                .map_get(MapField::Span, *row, key.as_bytes())
                                .is_some()
                        })
                        .count()
                });
            });
        }
    }
    let mut batch = decode(&message, &of_resources());
    group.bench_function("resource of each span", |bencher| {
        bencher.iter(|| {
            (0..ITEMS)
                .filter(|row| {
                    let resource = batch.ancestor(Level::Span, *row, Level::Resource);
                    batch
                        .map_get(MapField::Resource, resource, b"env")
                        .is_some()
                })
                .count()
        });
    });
}

pub(crate) fn encode(criterion: &mut Criterion) {
    let mut group = of_items(criterion, "encode");
    for (name, source) in [
        ("unchanged", "set(span.name, \"x\") where span.kind == 77"),
        (
            "one field of few",
            "set(span.status.code, STATUS_CODE_ERROR) \
             where span.end_time_unix_nano - span.start_time_unix_nano > 3000000000",
        ),
        (
            "one field of all",
            "set(span.dropped_events_count, span.dropped_events_count + 1)",
        ),
        (
            "an attribute of few",
            "set(span.attributes[\"credit_card\"], \"x\") where span.attributes[\"credit_card\"] != nil",
        ),
        (
            "an attribute of all",
            "set(span.attributes[\"http.route\"], \"x\")",
        ),
        (
            "a new attribute of all",
            "set(span.attributes[\"new\"], span.name)",
        ),
        (
            "fewer attributes of all",
            "keep_keys(span.attributes, [\"http.route\", \"url.full\"])",
        ),
        ("a resource", "set(resource.attributes[\"new\"], \"x\")"),
    ] {
        let script = compile(Dataset::Traces, Interpreter::Auto, source);
        let mut batch = script.decode(bytes(Dataset::Traces)).expect("a message");
        script.run(&mut batch).expect("statements without errors");
        group.bench_function(name, |bencher| bencher.iter(|| black_box(batch.encode())));
    }
    let mut projection = Projection::new(Level::Span);
    projection.add_level(Level::Span);
    let message = bytes(Dataset::Traces);
    group.bench_function("half of the spans dropped", |bencher| {
        bencher.iter_batched_ref(
            || {
                let mut batch = decode(&message, &projection);
                (0..ITEMS)
                    .step_by(2)
                    .for_each(|row| batch.drop_row(Level::Span, row));
                batch
            },
            |batch| batch.encode(),
            BatchSize::LargeInput,
        );
    });
}

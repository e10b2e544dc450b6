//! What goes in comes out: unchanged bytes byte for byte, changed ones as prost's structs with the
//! same changes.

use otlp_columns::{Batch, BatchLimits, Field, Level, MapField, Projection};
use proptest::prelude::*;

use crate::edits::{Both, Edit, edit, maps};
use crate::messages::{Data, data};
use crate::rewrite::{Style, Type, canonical, rewrite, unknown_fields};

/// How a test looks at a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Whether rows are indexed down to the deepest level, or to the items only.
    pub(crate) deep: bool,
    pub(crate) fields: bool,
    /// For each map: not at all, by keys, or as a whole.
    pub(crate) maps: [u8; 5],
}

pub(crate) fn view() -> impl Strategy<Value = View> {
    (
        any::<bool>(),
        any::<bool>(),
        proptest::array::uniform5(0..3u8),
    )
        .prop_map(|(deep, fields, maps)| View { deep, fields, maps })
}

pub(crate) fn projection(data: &Data, view: View) -> Projection {
    let signal = data.signal();
    let mut projection = Projection::new(signal.item_level());
    if view.deep {
        projection.add_level(*signal.levels().last().unwrap_or(&Level::Resource));
    }
    if view.fields {
        Field::ALL
            .iter()
            .for_each(|&field| projection.add_field(field));
    }
    for (&map, used) in maps(data).iter().zip(view.maps) {
        match used {
            0 => {}
            1 => ["a", "b", "c"]
                .iter()
                .for_each(|key| projection.add_key(map, key.as_bytes())),
            _ => projection.add_map(map),
        }
    }
    projection
}

pub(crate) fn style() -> impl Strategy<Value = Style> {
    proptest::array::uniform4(any::<bool>()).prop_map(|[reversed, split, unpacked, unknown]| {
        Style {
            reversed,
            split,
            unpacked,
            unknown,
        }
    })
}

pub(crate) fn batch(data: &Data, view: View, bytes: Vec<u8>) -> Batch {
    let projection = projection(data, view);
    Batch::decode_projected(data.signal(), bytes, &projection, BatchLimits::default())
        .expect("a well-formed message")
}

pub(crate) fn check(expected: &Data, encoded: &[u8]) -> Result<(), TestCaseError> {
    let top = Type::Top(expected.signal());
    let decoded = Data::decode(expected.signal(), encoded)
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(
        canonical(&decoded.encode(), top),
        canonical(&expected.encode(), top),
        "{:#?} is not {:#?}",
        decoded,
        expected
    );
    Ok(())
}

proptest! {
    #[test]
    fn an_unchanged_batch_gives_its_bytes_back(data in data(), view in view(), style in style()) {
        let bytes = rewrite(&data.encode(), Type::Top(data.signal()), style);
        let batch = batch(&data, view, bytes.clone());
        prop_assert!(batch.is_clean());
        prop_assert_eq!(batch.encode(), bytes);
    }

    #[test]
    fn rewriting_keeps_the_meaning(data in data(), style in style()) {
        check(&data, &rewrite(&data.encode(), Type::Top(data.signal()), style))?;
    }

    #[test]
    fn changes_are_those_made_to_the_structs(
        data in data(),
        style in style(),
        view in view(),
        edits in proptest::collection::vec(edit(), 1..12),
    ) {
        let view = View { fields: true, maps: view.maps.map(|used| used.max(1)), ..view };
        let bytes = rewrite(&data.encode(), Type::Top(data.signal()), style);
        let mut both = Both::new(batch(&data, view, bytes), data);
        for edit in &edits {
            both.apply(edit);
        }
        prop_assert!(!both.batch.heap().exhausted());
        let encoded = both.batch.encode();
        check(&both.expected(), &encoded)?;
    }

    #[test]
    fn a_batch_without_room_stays_a_message(
        data in data(),
        view in view(),
        room in 0..2000usize,
        edits in proptest::collection::vec(edit(), 1..30),
    ) {
        let view = View { fields: true, maps: view.maps.map(|used| used.max(1)), ..view };
        let limits = BatchLimits { growth_factor: 0, min_growth: 40_000 + room };
        let projection = projection(&data, view);
        let decoded = Batch::decode_projected(data.signal(), data.encode(), &projection, limits);
        let Ok(mut batch) = decoded else {
            return Ok(());
        };
        // Use up what the columns did not need, so that the edits run out of it.
        batch.heap_mut().alloc(&vec![b'x'; 40_000]);
        let mut both = Both::new(batch, data);
        edits.iter().for_each(|edit| both.apply(edit));
        let encoded = both.batch.encode();
        prop_assert!(Batch::decode(both.data.signal(), encoded.clone()).is_ok());
        if !both.batch.heap().exhausted() {
            check(&both.expected(), &encoded)?;
        }
    }

    #[test]
    fn a_projection_may_be_widened_after_changes(
        data in data(),
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        let view = View { deep: true, fields: true, maps: [1; 5] };
        let mut both = Both::new(batch(&data, view, data.encode()), data);
        // Rows that are dropped lose their number when the batch is read again.
        for edit in edits.iter().filter(|edit| !matches!(edit, Edit::Drop(..) | Edit::Clear(..))) {
            both.apply(edit);
        }
        let wider = projection(&both.data, View { maps: [2; 5], ..view });
        both.batch.project(&wider);
        prop_assert!(both.batch.projection().covers(&wider));
        for edit in &edits {
            both.apply(edit);
        }
        let encoded = both.batch.encode();
        check(&both.expected(), &encoded)?;
    }

    #[test]
    fn unknown_fields_survive_changes_to_their_row(
        data in data(),
        style in style(),
        deep in any::<bool>(),
        edits in proptest::collection::vec(edit(), 1..12),
    ) {
        let top = Type::Top(data.signal());
        let bytes = rewrite(&data.encode(), top, Style { unknown: true, ..style });
        let before = unknown_fields(&bytes, top);
        let view = View { deep, fields: true, maps: [1; 5] };
        let mut both = Both::new(batch(&data, view, bytes), data);
        // Other changes remove messages with unknown fields inside.
        let keeps = |edit: &&Edit| matches!(
            edit,
            Edit::Scalar(..) | Edit::Slice(..) | Edit::Number(..) | Edit::Packed(..)
                | Edit::CopyBuckets(..)
        );
        edits.iter().filter(keeps).for_each(|edit| both.apply(edit));
        prop_assert_eq!(unknown_fields(&both.batch.encode(), top), before);
    }
}

#[test]
fn a_key_that_occurs_twice_is_found_by_whole_maps() {
    let pair = [0x0a, 0x01, b'a', 0x12, 0x02, 0x18, 0x07];
    let mut span = vec![0x4a, 7];
    span.extend_from_slice(&pair);
    span.extend_from_slice(&[0x4a, 7]);
    span.extend_from_slice(&pair);
    let mut message = vec![0x0a, 20, 0x12, 18, 0x12, 18];
    message[3] = span.len() as u8 + 2;
    message[1] = message[3] + 2;
    message[5] = span.len() as u8;
    message.extend_from_slice(&span);
    let mut projection = Projection::new(Level::Span);
    projection.add_key(MapField::Span, b"a");
    let mut batch = Batch::decode_projected(
        otlp_columns::Signal::Traces,
        message,
        &projection,
        BatchLimits::default(),
    )
    .expect("a well-formed message");
    assert!(!batch.is_keyed(MapField::Span));
    assert!(batch.map_remove(MapField::Span, 0, b"a"));
    assert!(batch.map_remove(MapField::Span, 0, b"a"));
    assert!(!batch.map_remove(MapField::Span, 0, b"a"));
}

/// Values of every length class, and every way to write a key and a value that a reader for the
/// common case might get wrong.
#[test]
fn attributes_of_every_shape_are_read() {
    let field = |number: u8, body: &[u8]| {
        let mut out = vec![number << 3 | 2];
        let len = body.len();
        if len >= 0x4000 {
            out.extend_from_slice(&[len as u8 | 0x80, (len >> 7) as u8 | 0x80, (len >> 14) as u8]);
        } else if len >= 0x80 {
            out.extend_from_slice(&[len as u8 | 0x80, (len >> 7) as u8]);
        } else {
            out.push(len as u8);
        }
        out.extend_from_slice(body);
        out
    };
    for len in [
        0, 1, 125, 126, 127, 128, 129, 16_379, 16_380, 16_383, 16_384, 100_000,
    ] {
        let text = vec![b'v'; len];
        for key_len in [1, 127, 128, 300, 20_000] {
            let key = field(1, &vec![b'k'; key_len]);
            let value = field(2, &field(1, &text));
            for body in [
                [key.as_slice(), &value].concat(),
                [value.as_slice(), &key].concat(),
            ] {
                let message = field(1, &field(2, &field(2, &field(9, &body))));
                let mut projection = Projection::new(Level::Span);
                projection.add_map(MapField::Span);
                let limits = BatchLimits::default();
                let signal = otlp_columns::Signal::Traces;
                let mut batch = Batch::decode_projected(signal, message, &projection, limits)
                    .expect("a well-formed message");
                let range = batch.map(MapField::Span, 0);
                let entry = batch.heap().map(range)[0];
                assert_eq!(batch.heap().bytes(entry.key).len(), key_len);
                let otlp_columns::Value::Str(slice) = entry.value else {
                    panic!("{:?} of {len} bytes", entry.value);
                };
                assert_eq!(batch.heap().bytes(slice), text);
            }
        }
    }
}

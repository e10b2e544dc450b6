//! Bytes of any kind: what prost reads is read here, what it rejects is rejected, nothing panics.

use otlp_columns::{Batch, DecodeReason, Signal};
use proptest::prelude::*;

use crate::encode::{View, batch, check, projection, view};
use crate::messages::{Data, data};

/// Bytes that look enough like messages to be read some way into.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let tag = (
        1..17u8,
        prop_oneof![6 => Just(2u8), 1 => Just(0u8), 1 => 0..8u8],
    )
        .prop_map(|(number, wire)| vec![number << 3 | wire, 2]);
    let piece = prop_oneof![
        6 => tag,
        2 => Just(vec![0x0a, 6, 0x12, 4, 0x12, 2, 0x0a, 0]),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
        1 => proptest::collection::vec(0..20u8, 0..12),
    ];
    let loose = proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    // The same a few levels down, with lengths that fit.
    (loose, 0..5usize, 1..3u8).prop_map(|(mut bytes, depth, number)| {
        for level in 0..depth {
            let mut outer = vec![if level + 1 == depth {
                0x0a
            } else {
                number << 3 | 2
            }];
            let mut len = bytes.len();
            while len >= 0x80 {
                outer.push(len as u8 | 0x80);
                len >>= 7;
            }
            outer.push(len as u8);
            outer.extend_from_slice(&bytes);
            bytes = outer;
        }
        bytes
    })
}

/// A well-formed message with some bytes changed.
fn damaged() -> impl Strategy<Value = (Signal, Vec<u8>)> {
    let damage = (any::<proptest::sample::Index>(), any::<u8>());
    (data(), proptest::collection::vec(damage, 1..4)).prop_map(|(data, damage)| {
        let mut bytes = data.encode();
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        (data.signal(), bytes)
    })
}

fn compare(signal: Signal, bytes: &[u8], view: View) -> Result<(), TestCaseError> {
    let oracle = Data::decode(signal, bytes);
    let ours = Batch::decode(signal, bytes.to_vec());
    match (&oracle, &ours) {
        (Ok(data), Ok(_)) => {
            let batch = batch(data, view, bytes.to_vec());
            check(data, &batch.encode())?;
        }
        (Err(_), Err(error)) => prop_assert!(error.offset <= bytes.len(), "{error}"),
        (Ok(_), Err(error)) => prop_assert!(false, "prost reads it, but: {error}"),
        // Strings are bytes here, and values may nest deeper.
        (Err(error), Ok(_)) => {
            let text = error.to_string();
            prop_assert!(
                text.contains("UTF-8") || text.contains("recursion"),
                "{text}"
            );
        }
    }
    let mut out = Vec::new();
    match otlp_columns::json::from_wire(signal, bytes, &mut out) {
        Ok(()) => {
            prop_assert!(ours.is_ok());
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
        }
        Err(_) => {
            prop_assert!(ours.is_err());
            prop_assert!(out.is_empty());
        }
    }
    Ok(())
}

fn signal() -> impl Strategy<Value = Signal> {
    // Of profiles there are no structs to compare with.
    proptest::sample::select(vec![Signal::Traces, Signal::Logs, Signal::Metrics])
}

proptest! {
    #[test]
    fn loose_bytes_are_read_like_prost_reads_them(
        signal in signal(), bytes in bytes(), view in view(),
    ) {
        compare(signal, &bytes, view)?;
    }

    #[test]
    fn damaged_messages_are_read_like_prost_reads_them(
        (signal, bytes) in damaged(), view in view(),
    ) {
        compare(signal, &bytes, view)?;
    }

    #[test]
    fn a_message_that_ends_early_is_an_error_or_a_shorter_message(
        data in data(), view in view(),
    ) {
        let bytes = data.encode();
        let projection = projection(&data, view);
        for end in 0..bytes.len() {
            let cut = bytes[..end].to_vec();
            let limits = otlp_columns::BatchLimits::default();
            match Batch::decode_projected(data.signal(), cut.clone(), &projection, limits) {
                Ok(batch) => prop_assert_eq!(batch.encode(), cut),
                Err(error) => {
                    prop_assert_eq!(error.reason, DecodeReason::Truncated);
                    prop_assert!(error.offset <= end);
                }
            }
        }
    }

    #[test]
    fn invalid_text_passes_through(view in view(), text in proptest::collection::vec(128..=255u8, 1..9)) {
        // A span with a name and an attribute that are not UTF-8.
        let mut span = vec![0x2a, text.len() as u8];
        span.extend_from_slice(&text);
        span.extend_from_slice(&[0x4a, text.len() as u8 + 2, 0x0a, text.len() as u8]);
        span.extend_from_slice(&text);
        let len = span.len() as u8;
        let mut bytes = vec![0x0a, len + 4, 0x12, len + 2, 0x12, len];
        bytes.extend_from_slice(&span);
        let traces = Data::Traces(Default::default());
        let batch = batch(&traces, view, bytes.clone());
        prop_assert_eq!(batch.items(), 1);
        prop_assert_eq!(batch.encode(), bytes);
    }
}

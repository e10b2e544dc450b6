//! The constants of a program as values of a batch.
//!
//! Every run needs them in its heap. A program may have thousands of them, and a message few items:
//! so their text lies in one piece, which is copied at once, and only the places in it are moved.

use std::sync::OnceLock;

use otlp_columns::{Heap, Slice, Value};

use crate::{Literal, compose};

/// Constants that were made ready to be copied, when a run first needed them.
#[derive(Debug, Default)]
pub struct ReadyConstants(OnceLock<Pieces>);

#[derive(Debug, Default)]
struct Pieces {
    text: Vec<u8>,
    /// Text and bytes have places that are counted from the beginning of the text.
    values: Vec<Value>,
    /// Lists and maps, and where they go.
    composed: Vec<(usize, Literal)>,
}

impl ReadyConstants {
    /// The values of `constants`, which are the same each time.
    pub(crate) fn values(&self, constants: &[Literal], heap: &mut Heap) -> Vec<Value> {
        let pieces = self.0.get_or_init(|| Pieces::of(constants));
        let base = heap.alloc(&pieces.text);
        // Where there was no room the run stops, but not before something may look at a value.
        let has_room = base.len as usize == pieces.text.len();
        let moved = |slice: Slice| match has_room && !slice.is_empty() {
            true => Slice {
                off: base.off + slice.off,
                len: slice.len,
            },
            false => Slice::EMPTY,
        };
        let values = pieces.values.iter().map(|value| match *value {
            Value::Str(slice) => Value::Str(moved(slice)),
            Value::Bytes(slice) => Value::Bytes(moved(slice)),
            other => other,
        });
        let mut values: Vec<_> = values.collect();
        for (at, literal) in &pieces.composed {
            values[*at] = compose::literal(heap, literal);
        }
        values
    }
}

impl Pieces {
    fn of(constants: &[Literal]) -> Self {
        let mut pieces = Self::default();
        for (at, constant) in constants.iter().enumerate() {
            let value = match constant {
                Literal::Nil => Value::Nil,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Int(value) => Value::Int(*value),
                Literal::Double(value) => Value::Double(*value),
                Literal::String(text) => Value::Str(pieces.text(text)),
                Literal::Bytes(bytes) => Value::Bytes(pieces.text(bytes)),
                Literal::List(_) | Literal::Map(_) => {
                    pieces.composed.push((at, constant.clone()));
                    Value::Nil
                }
            };
            pieces.values.push(value);
        }
        pieces
    }

    fn text(&mut self, text: &[u8]) -> Slice {
        let off = self.text.len() as u32;
        self.text.extend(text);
        let len = text.len() as u32;
        Slice { off, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompareOp, compare};

    #[test]
    fn they_are_the_values_of_the_literals() {
        let text = |text: &str| Literal::String(text.as_bytes().to_vec());
        let constants = [
            text("a"),
            Literal::Nil,
            text(""),
            Literal::Bytes(b"xyz".to_vec()),
            Literal::List(vec![Literal::Int(1), text("b")]),
            Literal::Map(vec![(b"k".to_vec(), text("c"))]),
            Literal::Bool(true),
            Literal::Int(-1),
            Literal::Double(0.5),
            text("the end"),
        ];
        let heap = &mut Heap::scratch();
        heap.alloc(b"something before");
        let ready = ReadyConstants::default();
        for _ in 0..2 {
            let values = ready.values(&constants, heap);
            assert_eq!(values.len(), constants.len());
            for (value, literal) in values.into_iter().zip(&constants) {
                let expected = compose::literal(heap, literal);
                assert_eq!(
                    crate::type_name(value),
                    crate::type_name(expected),
                    "{literal:?}"
                );
                assert!(compare(heap, CompareOp::Eq, value, expected), "{literal:?}");
            }
        }
    }
}

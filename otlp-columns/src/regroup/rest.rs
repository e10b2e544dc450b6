//! What a row has beside the rows below: the parts of its message that go with each copy of it.

use crate::schema::{Kind, Message};
use crate::validate::settle_oneof;
use crate::wire::Reader;

/// Parts of a message, in order.
pub(crate) type Parts = Vec<(usize, usize)>;

/// A row's message without the rows below.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// What it has itself.
    pub(crate) parts: Parts,
    /// Of a metric the field with its data, and what that has beside the data points.
    pub(crate) data: Option<(u32, &'static Message, Parts)>,
}

impl Rest {
    /// The rest of the row at `input[start..end]`.
    pub(crate) fn of(input: &[u8], message: &'static Message, start: usize, end: usize) -> Self {
        let mut rest = Self::default();
        let mut data_from = None;
        let mut from = start;
        let mut reader = Reader::new(input, start, end, message.name);
        while let Ok(Some(field)) = reader.next() {
            match message.field(field.number).map(|desc| desc.kind) {
                Some(Kind::Rows(..)) => {}
                Some(Kind::Data(_, inner)) => {
                    let counts_from = *data_from.get_or_insert_with(|| {
                        settle_oneof(message, &field, reader).unwrap_or(field.head)
                    });
                    if field.head >= counts_from {
                        let inside = Self::of(input, inner, field.start, field.end);
                        let data = (rest.data).get_or_insert((field.number, inner, Vec::new()));
                        data.2.extend(inside.parts);
                    }
                }
                _ => continue,
            }
            push(&mut rest.parts, from, field.head);
            from = field.end;
        }
        push(&mut rest.parts, from, end);
        rest
    }
}

fn push(parts: &mut Parts, start: usize, end: usize) {
    if start < end {
        parts.push((start, end));
    }
}

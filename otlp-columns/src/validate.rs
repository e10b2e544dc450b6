//! Whether bytes are the message they should be, where no index is made of them.

use crate::error::{DecodeError, DecodeReason};
use crate::heap::Heap;
use crate::key_value::plain_key_value;
use crate::messages::{ANY_VALUE, KEY_VALUE};
use crate::schema::{FieldDesc, JsonKind, Kind, Message, Presence};
use crate::slice::Slice;
use crate::wire::{RawField, Reader, WireType};

/// How deep values may nest. prost stops before 50, since each level is two or three messages.
pub const MAX_VALUE_DEPTH: usize = 64;

/// How large a message may be. Offsets have 31 bits, so that those behind the message fit into 32.
pub(crate) const MAX_SIZE: usize = i32::MAX as usize;

/// Checks that a message is not larger than [`MAX_SIZE`].
pub(crate) fn check_size(input: &[u8], message: &'static Message) -> Result<(), DecodeError> {
    if input.len() > MAX_SIZE {
        return Err(DecodeError {
            offset: 0,
            reason: DecodeReason::TooLarge,
            message: message.name,
        });
    }
    Ok(())
}

/// Reads all of a message that is not indexed; it lies in `depth` values.
pub(crate) fn validate(
    message: &'static Message,
    input: &[u8],
    start: usize,
    end: usize,
    depth: usize,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(input, start, end, message.name);
    let depth = depth + usize::from(std::ptr::eq(message, &ANY_VALUE));
    if depth > MAX_VALUE_DEPTH {
        return Err(reader.error(start, DecodeReason::TooDeep));
    }
    while let Some(field) = reader.next()? {
        let Some(desc) = message.field(field.number) else {
            continue;
        };
        check_field(input, &field, desc, message)?;
        if let JsonKind::Message(inner) = desc.json_kind {
            let (start, end) = (field.start, field.end);
            if std::ptr::eq(inner, &KEY_VALUE) && plain_key_value(input, start, end).is_some() {
                continue;
            }
            validate(inner, input, start, end, depth)?;
        }
    }
    Ok(())
}

impl Heap {
    /// Whether a value in wire form can stand below `depth - 1` others.
    #[must_use]
    pub fn nests_within(&self, wire: Slice, depth: usize) -> bool {
        let bytes = self.bytes(wire);
        validate(&ANY_VALUE, bytes, 0, bytes.len(), depth - 1).is_ok()
    }
}

/// Checks the wire type of a known field, and the elements of repeated scalars.
#[inline]
pub(crate) fn check_field(
    input: &[u8],
    field: &RawField,
    desc: &'static FieldDesc,
    message: &'static Message,
) -> Result<(), DecodeError> {
    if field.wire == desc.wire {
        return Ok(());
    }
    check_packed(input, field, desc, message)
}

/// Repeated scalars come each in its own field or packed in one.
fn check_packed(
    input: &[u8],
    field: &RawField,
    desc: &'static FieldDesc,
    message: &'static Message,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(input, field.start, field.end, message.name);
    let Kind::Packed(coding) = desc.kind else {
        return Err(unexpected(&reader, field));
    };
    if field.wire != WireType::Len {
        return Err(unexpected(&reader, field));
    }
    while reader.packed(coding)?.is_some() {}
    Ok(())
}

#[cold]
fn unexpected(reader: &Reader<'_>, field: &RawField) -> DecodeError {
    let reason = DecodeReason::UnexpectedWireType {
        field: field.number,
    };
    reader.error(field.head, reason)
}

/// From where on the fields of a message's `oneof` count: they are of one field, the last.
///
/// `rest` reads what follows `first`, the first of them.
pub(crate) fn settle_oneof(
    message: &'static Message,
    first: &RawField,
    mut rest: Reader<'_>,
) -> Result<usize, DecodeError> {
    let (mut chosen, mut from) = (first.number, first.head);
    while let Some(later) = rest.next()? {
        let is_member = message
            .field(later.number)
            .is_some_and(|desc| desc.presence == Presence::OneOf);
        if is_member && later.number != chosen {
            (chosen, from) = (later.number, later.head);
        }
    }
    Ok(from)
}

//! A long message as shorter ones, one after the other.
//!
//! Resources know nothing of each other, and messages one behind the other are their union. What is
//! done to a few resources at a time finds them and what is made of them in the cache.

use std::ops::Range;

use crate::schema::Signal;
use crate::wire::{Reader, WireType};

/// The field of all messages with the resources.
const RESOURCES: u32 = 1;

/// The places of messages which together are `message`, each of whole resources and, if there are as
/// many, of `size` bytes or a little more.
///
/// Messages of profiles have more than resources, and cannot be split. `None` for them, for
/// messages with unknown fields, and where something is wrong with the message at this level.
#[must_use]
pub fn split(signal: Signal, message: &[u8], size: usize) -> Option<Vec<Range<usize>>> {
    if signal == Signal::Profiles {
        return None;
    }
    let mut pieces = Vec::with_capacity(message.len() / size.max(1) + 1);
    let mut start = 0;
    let mut reader = Reader::new(message, 0, message.len(), "message");
    while let Some(field) = reader.next().ok()? {
        if field.number != RESOURCES || field.wire != WireType::Len {
            return None;
        }
        if field.end - start >= size {
            pieces.push(start..field.end);
            start = field.end;
        }
    }
    if start < message.len() {
        pieces.push(start..message.len());
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three resources of 4, 6 and 3 bytes.
    const MESSAGE: [u8; 13] = [10, 2, 26, 0, 10, 4, 26, 2, b'a', b'b', 10, 1, 0];

    fn pieces(message: &[u8], size: usize) -> Option<Vec<Range<usize>>> {
        split(Signal::Logs, message, size)
    }

    #[test]
    fn pieces_are_whole_resources_of_about_a_size() {
        assert_eq!(pieces(&MESSAGE, 1), Some(vec![0..4, 4..10, 10..13]));
        assert_eq!(pieces(&MESSAGE, 5), Some(vec![0..10, 10..13]));
        assert_eq!(
            pieces(&MESSAGE, 100),
            Some(vec![Range { start: 0, end: 13 }])
        );
        assert_eq!(pieces(&[], 100), Some(vec![]));
    }

    #[test]
    fn what_is_more_than_resources_is_left_whole() {
        assert_eq!(split(Signal::Profiles, &MESSAGE, 1), None);
        assert_eq!(pieces(&[18, 0], 1), None);
        assert_eq!(pieces(&MESSAGE[..12], 1), None);
        assert_eq!(pieces(&[8, 1], 1), None);
    }
}

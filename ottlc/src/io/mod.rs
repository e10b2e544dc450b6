//! Files of messages: what they are compressed with, how messages are framed, how they are encoded.
//!
//! [`input`] opens a file and [`messages`] cuts it into messages, one at a time, so that a file may
//! be larger than the memory. [`output`] is the other direction.

pub(crate) mod compression;
pub(crate) mod detect;
pub(crate) mod format;
pub(crate) mod input;
pub(crate) mod messages;
pub(crate) mod output;
pub(crate) mod part;
pub(crate) mod payload;

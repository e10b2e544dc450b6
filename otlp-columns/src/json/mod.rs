//! OTLP/JSON: the other form of a message, for files and the edges of a system.
//!
//! Both directions follow the tables of message types; there is no code for a particular message.
//! Nothing here is fast: bytes that are to be worked on should come and go as protobuf.
//!
//! What is read is what the data model of the Go collector reads, and a little more: field names in
//! lowerCamelCase or snake_case, unknown names skipped, 64-bit integers and doubles as numbers or
//! strings, enums as numbers or names, ids in hexadecimal of either case, `null` for what is absent.
//! What is written is compact and plain: lowerCamelCase, enums as numbers, 64-bit integers as
//! strings, no field that is equal to its default unless its presence means something.

mod read;
mod write;

use std::fmt;

use crate::schema::Signal;
use crate::{DecodeError, messages};

/// Why a text is not the OTLP/JSON it should be, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1; 0 for the end of the line before.
    pub column: usize,
    /// What is wrong there, as part of a sentence.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(
            f,
            "The OTLP/JSON at line {line}, column {column} cannot be read: {message}."
        )
    }
}

impl std::error::Error for JsonError {}

/// The protobuf form of the OTLP/JSON message `json`, which is a `TracesData`, `LogsData` or
/// `MetricsData` object.
///
/// Strings pass through as they are, valid UTF-8 or not; a surrogate without its partner becomes
/// U+FFFD.
///
/// # Errors
/// When `json` is not JSON, a field has a value that does not fit it, something follows the
/// object, or values nest deeper than a batch may hold.
pub fn to_wire(signal: Signal, json: &[u8]) -> Result<Vec<u8>, JsonError> {
    read::message(messages::top(signal), json, false)
}

/// The same as [`to_wire`] for documents that are written by hand: a field that OTLP does not have,
/// which is skipped there, is an error here.
///
/// # Errors
/// As [`to_wire`], and when there is such a field.
pub fn to_wire_strict(signal: Signal, json: &[u8]) -> Result<Vec<u8>, JsonError> {
    read::message(messages::top(signal), json, true)
}

/// Appends the OTLP/JSON form of the protobuf message `message` to `out`, without line breaks.
///
/// Invalid UTF-8 becomes U+FFFD, one for each maximal invalid part. Ids of zeros are left out, as
/// are fields that this crate does not know.
///
/// # Errors
/// When the bytes are not a well-formed message of the signal; `out` is then as it was.
pub fn from_wire(signal: Signal, message: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
    write::message(messages::top(signal), message, out)
}

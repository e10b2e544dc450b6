//! What can be wrong with a message.

use std::fmt;

/// Why bytes are not the message they should be, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Offset of the offending byte from the start of the message.
    pub offset: usize,
    /// What is wrong there.
    pub reason: DecodeReason,
    /// The message type that was being read, as `Span`.
    pub message: &'static str,
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeReason {
    /// The message ends inside a field.
    Truncated,
    /// A variable-length integer of more than ten bytes.
    VarintTooLong,
    /// Field number 0, or one above the maximum.
    FieldNumber,
    /// A wire type that does not exist.
    WireType,
    /// A known field with the wire type of another.
    UnexpectedWireType {
        /// The field's number.
        field: u32,
    },
    /// A group that ends without having begun, or the other way round.
    Group,
    /// Values or groups nested deeper than the limit.
    TooDeep,
    /// More bytes than a batch can address.
    TooLarge,
    /// So many rows that their columns would exceed the limit on memory beside the message.
    TooManyRows,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            offset, message, ..
        } = self;
        match self.reason {
            DecodeReason::Truncated => {
                write!(
                    f,
                    "The message ends inside a field of {message} at byte {offset}."
                )
            }
            DecodeReason::VarintTooLong => write!(
                f,
                "A variable-length integer in {message} at byte {offset} has more than ten bytes."
            ),
            DecodeReason::FieldNumber => {
                write!(
                    f,
                    "A field of {message} at byte {offset} has an invalid number."
                )
            }
            DecodeReason::WireType => {
                write!(
                    f,
                    "A field of {message} at byte {offset} has an invalid wire type."
                )
            }
            DecodeReason::UnexpectedWireType { field } => write!(
                f,
                "Field {field} of {message} at byte {offset} has the wire type of another field."
            ),
            DecodeReason::Group => {
                write!(
                    f,
                    "A group in {message} at byte {offset} does not begin and end in order."
                )
            }
            DecodeReason::TooDeep => {
                write!(f, "{message} at byte {offset} is nested too deep.")
            }
            DecodeReason::TooLarge => {
                write!(
                    f,
                    "The message is larger than a batch can hold, which is 2 GiB."
                )
            }
            DecodeReason::TooManyRows => write!(
                f,
                "{message} has more rows before byte {offset} than the limit on memory allows; \
                 raise the limit or send messages with fewer empty rows."
            ),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A message that would be too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The number of bytes that it may have.
    pub limit: usize,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The changed message has more than {} bytes, the limit for what was read; copy long \
             values to fewer rows or raise the limit.",
            self.limit
        )
    }
}

impl std::error::Error for EncodeError {}

//! Why there is no trace.

use std::fmt;

use otlp_columns::{DecodeError, EncodeError};
use ottl_syntax::Diagnostic;
use ottl_vm::path::{Context, context_name};
use ottl_vm::{RunError, StatementError};

/// Why an item cannot be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceError {
    /// The message is malformed.
    Decode(DecodeError),
    /// The message has grown beyond the limits.
    Encode(EncodeError),
    /// A limit was hit.
    Run(RunError),
    /// The message has no item with this number.
    NoItem {
        /// What was looked for.
        context: Context,
        /// The number, from 0.
        item: usize,
        /// How many there are.
        items: usize,
    },
    /// A statement failed on an item before and ended the run.
    Before(StatementError),
    /// A resource or scope has no records, and the component leaves it out.
    LeftOut {
        /// What was looked for.
        context: Context,
        /// The number, from 0.
        item: usize,
    },
    /// The component has errors, so that it does not run.
    Rejected(Vec<Diagnostic>),
}

impl From<DecodeError> for TraceError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for TraceError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<RunError> for TraceError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Statement(error) => Self::Before(error),
            limit => Self::Run(limit),
        }
    }
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
            Self::NoItem {
                context,
                item,
                items,
            } => {
                let name = context_name(*context);
                match items {
                    0 => write!(f, "The message has no {name}."),
                    1 => write!(
                        f,
                        "There is no {name} {item}: the message has one, number 0."
                    ),
                    _ => write!(
                        f,
                        "There is no {name} {item}: the message has {items}, numbered from 0 to {}.",
                        items - 1
                    ),
                }
            }
            Self::Before(error) => write!(
                f,
                "The run ends before the item: statement {} fails on item {}: {}",
                error.statement + 1,
                error.item,
                error.error
            ),
            Self::LeftOut { context, item } => {
                let name = context_name(*context);
                write!(
                    f,
                    "The {name} {item} has no records. With `flatten_data` it is left out, and no \
                     statement runs for it."
                )
            }
            Self::Rejected(problems) => {
                f.write_str("The component has errors and does not run.")?;
                match problems.first() {
                    Some(first) => write!(f, " {}", first.message),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for TraceError {}

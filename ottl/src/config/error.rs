//! Why a message did not get through a component.

use std::fmt;

use otlp_columns::{DecodeError, EncodeError};
use ottl_syntax::Span;
use ottl_vm::{ExecError, RunError};

/// Why a message did not get through.
#[derive(Clone, Debug, PartialEq)]
pub enum PipelineError {
    /// It is not a well-formed message of the signal.
    Decode(DecodeError),
    /// What it became is larger than the limits allow.
    Encode(EncodeError),
    /// A statement or condition failed, and errors are to be propagated.
    Failed {
        /// Where the statement or condition stands in the configuration.
        span: Span,
        /// Row of the item among those of the context.
        item: usize,
        /// Why.
        error: ExecError,
    },
    /// The run hit a limit.
    Run(RunError),
}

impl From<DecodeError> for PipelineError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for PipelineError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<RunError> for PipelineError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Failed { item, error, .. } => {
                write!(f, "A statement or condition failed on item {item}: {error}")
            }
            Self::Run(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PipelineError {}

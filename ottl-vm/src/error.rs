//! What can go wrong while a program runs.

use std::borrow::Cow;
use std::fmt;

/// Why a statement failed on an item. A user's data, never a bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecError {
    message: Cow<'static, str>,
}

impl ExecError {
    /// An error with a sentence that says what is wrong with the data.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// The value is of another type than the one needed.
    #[must_use]
    pub fn expected(needed: &'static str, found: &'static str) -> Self {
        Self::new(format!("Expected {needed} but got {found}."))
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExecError {}

//! Why a command failed, in sentences.

use std::fmt;
use std::io;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// A file, the data or a run has an error.
    Error(Error),
    /// There is an error that was shown already.
    Reported,
    /// Nobody reads standard output any more.
    BrokenPipe,
}

/// What went wrong, where, and what can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    /// The file and the place in it, when there is one.
    pub(crate) place: Option<String>,
    /// A sentence.
    pub(crate) message: String,
    /// A sentence that says what to do.
    pub(crate) help: Option<String>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A failed operation on the file `name`; `doing` completes "cannot be …".
pub(crate) fn file_error(name: &str, doing: &str, error: &io::Error) -> Error {
    let (reason, help) = match error.kind() {
        io::ErrorKind::NotFound => ("it does not exist", Some("Check the path.")),
        io::ErrorKind::PermissionDenied => (
            "permission is denied",
            Some("Check the permissions of the file and its folder."),
        ),
        io::ErrorKind::IsADirectory => ("it is a directory", Some("Give the path of a file.")),
        io::ErrorKind::StorageFull => ("the disk is full", Some("Make room and run again.")),
        _ => ("", None),
    };
    let message = if reason.is_empty() {
        format!("The file cannot be {doing}: {error}.")
    } else {
        format!("The file cannot be {doing}: {reason}.")
    };
    let mut made = Error::new(message).at(name);
    made.help = help.map(str::to_owned);
    made
}

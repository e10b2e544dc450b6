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
    /// Tests cannot be run, which was shown already.
    Broken,
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

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A failed operation on the file `name`.
pub(crate) fn file_error(name: &str, access: Access, error: &io::Error) -> Error {
    let (reason, help) = match (error.kind(), access) {
        (io::ErrorKind::NotFound, Access::Read) => ("it does not exist", "Check the path."),
        (io::ErrorKind::NotFound, Access::Write) => (
            "its folder does not exist",
            "Check the path, or make the folder.",
        ),
        (io::ErrorKind::PermissionDenied, _) => (
            "permission is denied",
            "Check the permissions of the file and its folder.",
        ),
        (io::ErrorKind::IsADirectory, _) => ("it is a directory", "Give the path of a file."),
        (io::ErrorKind::NotADirectory, _) => ("its folder is a file", "Check the path."),
        (io::ErrorKind::ReadOnlyFilesystem, _) => {
            ("the file system is read-only", "Write to another place.")
        }
        (io::ErrorKind::StorageFull, _) => ("the disk is full", "Make room and run again."),
        _ => ("", ""),
    };
    let done = match access {
        Access::Read => "read",
        Access::Write => "written",
    };
    if reason.is_empty() {
        return Error::new(format!("The file cannot be {done}: {error}.")).at(name);
    }
    Error::new(format!("The file cannot be {done}: {reason}."))
        .at(name)
        .help(help)
}

//! Writing messages to a file.
//!
//! A file appears under its name only when it is complete: until then it is a temporary file beside
//! it, so that whatever was there before stays when something goes wrong. Standard output and what
//! is no regular file, such as a pipe, is written directly.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use bytes::Bytes;
use ottl::{Signal, json, put_varint};

use crate::error::{Access, Error, Failure, file_error};
use crate::io::compression::{Compression, Compressor};
use crate::io::format::Format;
use crate::io::part::Part;
use crate::terminal;

const BUFFER: usize = 256 << 10;

/// How to write a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) signal: Signal,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
}

impl Settings {
    /// What of a message, which is protobuf, is written.
    pub(crate) fn content(&self, message: Bytes) -> Result<Bytes, Error> {
        if !self.format.is_json() {
            return Ok(message);
        }
        let mut text = Vec::new();
        let written = json::from_wire(self.signal, &message, &mut text);
        written.map_err(|error| Error::new(error.to_string()))?;
        text.push(b'\n');
        Ok(text.into())
    }
}

/// A file that messages are written to.
pub(crate) struct Output {
    name: String,
    settings: Settings,
    to: Compressor<BufWriter<Target>>,
    messages: u64,
    bytes: u64,
}

/// A complete file that is not at its place yet.
#[must_use]
pub(crate) struct Finished {
    name: String,
    target: Target,
    /// Bytes of content, before compression.
    pub(crate) bytes: u64,
}

enum Target {
    Stdout(io::Stdout),
    Direct(File),
    Part(Part),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Direct(file) => file.write(bytes),
            Self::Part(part) => part.file().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Direct(file) => file.flush(),
            Self::Part(part) => part.file().flush(),
        }
    }
}

impl Output {
    /// Begins a file, or standard output for none.
    pub(crate) fn create(path: Option<&Path>, settings: Settings) -> Result<Self, Failure> {
        let name = path.map_or_else(|| "<stdout>".to_owned(), |path| path.display().to_string());
        let create = || {
            let target = target(path)?;
            settings
                .compression
                .writer(BufWriter::with_capacity(BUFFER, target))
        };
        let to = create().map_err(|error| file_error(&name, Access::Write, &error))?;
        Ok(Self {
            name,
            settings,
            to,
            messages: 0,
            bytes: 0,
        })
    }

    fn failure(&self, error: &io::Error) -> Failure {
        failure(&self.name, error)
    }

    /// How the file is written.
    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    /// Writes one message in the form that the settings gave it.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<(), Failure> {
        let format = self.settings.format;
        if format == Format::Json && self.messages > 0 {
            let error =
                Error::new("A JSON document holds one message, and there are more of them.");
            let help = "Use --output-format json-lines, or proto, which joins them.";
            return Err(error.at(&self.name).help(help).into());
        }
        let mut length = Vec::new();
        if format == Format::ProtoDelimited {
            put_varint(&mut length, content.len() as u64);
        }
        for part in [&length, content] {
            self.to
                .write_all(part)
                .map_err(|error| self.failure(&error))?;
            self.bytes += part.len() as u64;
        }
        self.messages += 1;
        Ok(())
    }

    /// Writes what is still held back.
    pub(crate) fn finish(mut self) -> Result<Finished, Failure> {
        // A file without any text is no JSON, and nothing can be wrong with a message of nothing.
        if self.settings.format == Format::Json && self.messages == 0 {
            let nothing = self.settings.content(Bytes::new());
            self.write(&nothing.map_err(|error| error.at(&self.name))?)?;
        }
        let Self {
            name, to, bytes, ..
        } = self;
        let finish = || {
            let mut buffered = to.finish()?;
            buffered.flush()?;
            buffered
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
        };
        let target = finish().map_err(|error| failure(&name, &error))?;
        Ok(Finished {
            name,
            target,
            bytes,
        })
    }
}

impl Finished {
    /// A file that holds `text` and nothing else.
    pub(crate) fn text(path: &Path, text: &str) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let mut target =
            target(Some(path)).map_err(|error| file_error(&name, Access::Write, &error))?;
        let written = target
            .write_all(text.as_bytes())
            .and_then(|()| target.flush());
        written.map_err(|error| failure(&name, &error))?;
        let bytes = text.len() as u64;
        Ok(Self {
            name,
            target,
            bytes,
        })
    }

    /// Puts files at their places, all of them or none unless the folders change meanwhile.
    pub(crate) fn commit(files: Vec<Self>) -> Result<(), Failure> {
        let mut parts = Vec::new();
        for Self { name, target, .. } in files {
            if let Target::Part(mut part) = target {
                let synced = part.file().sync_all();
                synced.map_err(|error| failure(&name, &error))?;
                parts.push(part);
            }
        }
        Part::place_all(parts)
            .map_err(|(place, error)| failure(&place.display().to_string(), &error))
    }
}

fn failure(name: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return terminal::stdout_failure(error);
    }
    file_error(name, Access::Write, error).into()
}

fn target(path: Option<&Path>) -> io::Result<Target> {
    let Some(path) = path else {
        return Ok(Target::Stdout(io::stdout()));
    };
    // A link stays a link, and what it leads to is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let metadata = path.metadata().ok();
    if metadata.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if metadata
        .as_ref()
        .is_some_and(|metadata| !metadata.is_file())
    {
        return Ok(Target::Direct(File::options().write(true).open(path)?));
    }
    // Replacing the file needs no permission to write it, but who withheld that meant something.
    if metadata
        .as_ref()
        .is_some_and(|metadata| metadata.permissions().readonly())
    {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut part = Part::create(path)?;
    if let Some(metadata) = metadata {
        part.file().set_permissions(metadata.permissions())?;
    }
    Ok(Target::Part(part))
}

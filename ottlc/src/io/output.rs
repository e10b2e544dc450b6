//! Writing messages to a file.
//!
//! A file appears under its name only when it is complete: until then it is a temporary file beside
//! it, so that whatever was there before stays when something goes wrong. Standard output and what
//! is no regular file, such as a pipe, is written directly.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ottl::{Signal, json};
use tempfile::NamedTempFile;

use crate::error::{Error, Failure, file_error};
use crate::io::compression::{Compression, Compressor};
use crate::io::format::Format;
use crate::terminal;

const BUFFER: usize = 256 << 10;

/// How to write a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) signal: Signal,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
}

/// A file that messages are written to.
pub(crate) struct Output {
    name: String,
    settings: Settings,
    to: Compressor<BufWriter<Target>>,
    messages: u64,
    bytes: u64,
    text: Vec<u8>,
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
    Temporary { file: NamedTempFile, path: PathBuf },
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Direct(file) => file.write(bytes),
            Self::Temporary { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Direct(file) => file.flush(),
            Self::Temporary { file, .. } => file.flush(),
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
        let to = create().map_err(|error| file_error(&name, "written", &error))?;
        Ok(Self {
            name,
            settings,
            to,
            messages: 0,
            bytes: 0,
            text: Vec::new(),
        })
    }

    fn failure(&self, error: &io::Error) -> Failure {
        failure(&self.name, error)
    }

    /// Writes one message, which is protobuf.
    pub(crate) fn write(&mut self, message: &[u8]) -> Result<(), Failure> {
        let Settings { signal, format, .. } = self.settings;
        if format == Format::Json && self.messages > 0 {
            let error =
                Error::new("A JSON document holds one message, and there are more of them.");
            let help = "Use --output-format json-lines, or proto, which joins them.";
            return Err(error.at(&self.name).help(help).into());
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let content = if format.is_json() {
            let written = json::from_wire(signal, message, &mut text);
            written.map_err(|error| Error::new(error.to_string()).at(&self.name))?;
            text.push(b'\n');
            text.as_slice()
        } else {
            if format == Format::ProtoDelimited {
                put_varint(&mut text, message.len() as u64);
            }
            self.bytes += text.len() as u64;
            self.to
                .write_all(&text)
                .map_err(|error| self.failure(&error))?;
            message
        };
        self.to
            .write_all(content)
            .map_err(|error| self.failure(&error))?;
        self.bytes += content.len() as u64;
        self.messages += 1;
        self.text = text;
        Ok(())
    }

    /// Writes what is still held back.
    pub(crate) fn finish(self) -> Result<Finished, Failure> {
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
    /// Puts the file at its place.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        let Target::Temporary { file, path } = self.target else {
            return Ok(());
        };
        let synced = file.as_file().sync_all();
        let persisted = synced.and_then(|()| file.persist(&path).map_err(|error| error.error));
        persisted
            .map(drop)
            .map_err(|error| failure(&self.name, &error))
    }
}

fn failure(name: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return terminal::stdout_failure(error);
    }
    file_error(name, "written", error).into()
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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ottlc-").suffix(".part");
    #[cfg(unix)]
    let new_file = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(new_file);
    let file = builder.tempfile_in(folder)?;
    if let Some(metadata) = metadata {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    Ok(Target::Temporary { file, path })
}

/// Appends a varint.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

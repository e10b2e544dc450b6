//! The files that tests name, by paths from the folder of the test file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use ottl::Signal;
use ottl::config::yaml::YamlLimits;
use ottl::testing::Files;

use crate::error::{Access, Error, file_error};
use crate::io::compression::InputCompression;
use crate::io::format::InputFormat;
use crate::io::{input, payload};
use crate::progress::Progress;

/// The longest message that is read.
const MAX_MESSAGE: usize = 64 << 20;

/// The folder of a test file.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn of(file: &Path) -> Self {
        Self(file.parent().unwrap_or(Path::new("")).to_owned())
    }

    /// Where a path leads that stands in the test file.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

/// The text of a test file, a script or a configuration.
pub(super) fn source(path: &Path) -> Result<String, Error> {
    let name = path.display().to_string();
    let failed = |error| file_error(&name, Access::Read, &error);
    let limit = YamlLimits::default().max_bytes;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() > limit {
        let message = format!("The file has more than {limit} bytes.");
        let help = "Split it, or move messages to files of their own.";
        return Err(Error::new(message).at(name).help(help));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::new(format!("The file is not UTF-8 from byte {at} on."))
            .at(&name)
            .help("Save it as UTF-8.")
    })?;
    // What some editors put before text is not part of it.
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}

impl Files for Folder {
    fn text(&self, path: &str) -> Result<String, String> {
        source(&self.path(path)).map_err(|error| error.to_string())
    }

    fn message(&self, signal: Signal, path: &str) -> Result<Bytes, String> {
        self.read(signal, path).map_err(|error| error.to_string())
    }

    fn name(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }
}

impl Folder {
    fn read(&self, signal: Signal, path: &str) -> Result<Bytes, Error> {
        let settings = input::Settings {
            format: InputFormat::Auto,
            compression: InputCompression::default(),
            max_message: MAX_MESSAGE,
        };
        let progress = Rc::new(Progress::new());
        let mut input = input::open(&self.path(path), settings, &progress)?;
        let name = input.name.clone();
        let mut all = Vec::new();
        // Messages one behind the other are one message with all that is in them.
        while let Some(message) = input.messages.next()? {
            let format = input.messages.format();
            let wire = payload::wire(&name, signal, format, &message)?;
            let decoded = ottl::Batch::decode(signal, wire.clone());
            decoded.map_err(|error| {
                payload::decode_error(&name, signal, format, &message, &wire, error)
            })?;
            all.extend_from_slice(&wire);
        }
        progress.clear();
        Ok(all.into())
    }
}

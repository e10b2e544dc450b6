//! The files that tests name, by paths from the folder of the test file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use ottl::Signal;
use ottl::config::yaml::YamlLimits;
use ottl::testing::Files;

use crate::error::Error;
use crate::io::compression::InputCompression;
use crate::io::format::InputFormat;
use crate::io::{input, payload};
use crate::progress::Progress;
use crate::script;

/// The longest message that is read.
const MAX_MESSAGE: usize = 64 << 20;

/// The folder of a test file.
#[derive(Debug)]
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
pub(super) fn source(path: &Path, noun: &str) -> Result<String, Error> {
    let name = path.display().to_string();
    let limit = YamlLimits::default().max_bytes;
    script::text(name, File::open(path), limit, noun).map(|source| source.text)
}

impl Files for Folder {
    fn text(&self, path: &str) -> Result<String, String> {
        source(&self.path(path), "file of text").map_err(|error| error.to_string())
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

//! Opening a file of messages.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use crate::error::{Access, Error, file_error};
use crate::io::compression::{Compression, InputCompression, MAGIC_LEN};
use crate::io::detect::{self, WINDOW};
use crate::io::format::{Format, InputFormat};
use crate::io::messages::{Framing, Messages};
use crate::progress::Progress;

const BUFFER: usize = 256 << 10;

/// How to read a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) format: InputFormat,
    pub(crate) compression: InputCompression,
    /// The longest message, in bytes.
    pub(crate) max_message: usize,
}

/// An open file of messages.
pub(crate) struct Input {
    /// What to call it.
    pub(crate) name: String,
    pub(crate) compression: Compression,
    pub(crate) messages: Messages,
}

/// Opens a file, or standard input for `-`, and finds out what it holds.
pub(crate) fn open(
    path: &Path,
    settings: Settings,
    progress: &Rc<Progress>,
) -> Result<Input, Error> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    };
    let (file, size) =
        raw(path, is_stdin).map_err(|error| file_error(&name, Access::Read, &error))?;
    progress.expect(size);
    let counted = Counted {
        inner: file,
        progress: Rc::clone(progress),
    };
    let (compression, content) = decompress(counted, settings.compression)
        .map_err(|error| file_error(&name, Access::Read, &error))?;
    let (start, content) =
        peek(content, WINDOW).map_err(|error| read_error(&name, compression, 0, &error))?;
    let framing = match settings.format.known() {
        Some(Format::Proto) => Framing::Whole(Format::Proto),
        Some(Format::Json) => Framing::Whole(Format::Json),
        Some(Format::ProtoDelimited) => Framing::Lengths,
        Some(Format::JsonLines) => Framing::Lines,
        None => match detect::detect(&start) {
            detect::Kind::Proto => Framing::Whole(Format::Proto),
            detect::Kind::ProtoDelimited => Framing::Lengths,
            detect::Kind::Json => Framing::LineOrWhole,
        },
    };
    let mut messages = Messages::new(&name, content, compression, framing, settings.max_message);
    if let (Compression::None, Some(size)) = (compression, size) {
        messages = messages.of_size(size);
    }
    Ok(Input {
        name,
        compression,
        messages,
    })
}

fn raw(path: &Path, is_stdin: bool) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if is_stdin {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let size = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), size))
}

fn decompress(
    raw: Counted,
    compression: InputCompression,
) -> io::Result<(Compression, Box<dyn BufRead>)> {
    let (start, raw) = peek(Box::new(BufReader::with_capacity(BUFFER, raw)), MAGIC_LEN)?;
    let compression = compression.resolve(&start);
    let content: Box<dyn BufRead> = match compression {
        Compression::None => raw,
        _ => Box::new(BufReader::with_capacity(BUFFER, compression.reader(raw)?)),
    };
    Ok((compression, content))
}

/// The first `wanted` bytes, or all there are, and a reader that has them still before it.
fn peek(mut from: Box<dyn BufRead>, wanted: usize) -> io::Result<(Vec<u8>, Box<dyn BufRead>)> {
    let mut start = Vec::with_capacity(wanted);
    from.by_ref().take(wanted as u64).read_to_end(&mut start)?;
    let rest = Cursor::new(start.clone()).chain(from);
    Ok((start, Box::new(rest)))
}

/// A failed read behind `offset` bytes of content.
pub(crate) fn read_error(
    name: &str,
    compression: Compression,
    offset: u64,
    error: &io::Error,
) -> Error {
    if compression == Compression::None {
        return file_error(name, Access::Read, error);
    }
    let kind = compression.name();
    Error::new(format!(
        "The {kind} data is damaged or cut short, behind {offset} bytes of content: {error}."
    ))
    .at(name)
    .help(format!(
        "Check the file with `{kind} -t`; what is readable of it can be given uncompressed."
    ))
}

/// Tells what is read.
struct Counted {
    inner: Box<dyn Read>,
    progress: Rc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.progress.add(read);
        Ok(read)
    }
}

//! gzip and zstd, recognised by their first bytes or by the name of a file.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use clap::ValueEnum;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// What a file is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// How to find out what an input is compressed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputCompression {
    /// By its first bytes.
    #[default]
    Auto,
    /// It is not compressed.
    None,
    /// It is gzip.
    Gzip,
    /// It is Zstandard.
    Zstd,
}

/// How many bytes [`Compression::of_content`] looks at.
pub(crate) const MAGIC_LEN: usize = 4;

impl Compression {
    /// What content that begins with `start` is compressed with. No OTLP message begins like that.
    pub(crate) fn of_content(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// What a file of this name is to be compressed with.
    pub(crate) fn of_name(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("gz" | "gzip") => Self::Gzip,
            Some("zst" | "zstd") => Self::Zstd,
            _ => Self::None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Reads what was compressed; several members or frames are read one after the other.
    pub(crate) fn reader(self, from: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::None => Box::new(from),
            Self::Gzip => Box::new(MultiGzDecoder::new(from)),
            Self::Zstd => Box::new(zstd::Decoder::with_buffer(from)?),
        })
    }

    pub(crate) fn writer<W: Write>(self, to: W) -> io::Result<Compressor<W>> {
        Ok(match self {
            Self::None => Compressor::None(to),
            Self::Gzip => Compressor::Gzip(GzEncoder::new(to, flate2::Compression::default())),
            Self::Zstd => {
                Compressor::Zstd(zstd::Encoder::new(to, zstd::DEFAULT_COMPRESSION_LEVEL)?)
            }
        })
    }
}

impl InputCompression {
    /// The compression of content that begins with `start`.
    pub(crate) fn resolve(self, start: &[u8]) -> Compression {
        match self {
            Self::Auto => Compression::of_content(start),
            Self::None => Compression::None,
            Self::Gzip => Compression::Gzip,
            Self::Zstd => Compression::Zstd,
        }
    }
}

/// Compresses what is written.
pub(crate) enum Compressor<W: Write> {
    None(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    /// Writes what is still held back.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::None(to) => Ok(to),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::None(to) => to.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::None(to) => to.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(compression: Compression, content: &[u8]) -> Vec<u8> {
        let mut writer = compression.writer(Vec::new()).unwrap();
        writer.write_all(content).unwrap();
        let compressed = writer.finish().unwrap();
        assert_eq!(Compression::of_content(&compressed), compression);
        let mut out = Vec::new();
        let mut reader = compression.reader(io::Cursor::new(compressed)).unwrap();
        reader.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn what_was_written_is_recognised_and_read() {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            assert_eq!(round_trip(compression, b"{\"a\":1}"), b"{\"a\":1}");
        }
    }
}

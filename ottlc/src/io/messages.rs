//! Cutting a file into messages.
//!
//! One message is in memory at a time. Its length is limited before it is read, so that a length
//! that lies does not matter.

use std::io::{self, BufRead, Read};

use bytes::Bytes;
use ottl::split_varint;

use crate::error::Error;
use crate::io::compression::Compression;
use crate::io::detect::{BYTE_ORDER_MARK, is_whole_object};
use crate::io::format::Format;
use crate::io::input::read_error;
use crate::terminal::thousands;

/// Where one message ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The file is one message.
    Whole(Format),
    /// Each message stands behind its length.
    Lengths,
    /// Each line is a message.
    Lines,
    /// Each line is a message if the first one is and there are more; else the file is one message.
    LineOrWhole,
}

/// A message as it stands in a file.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Its text or protobuf bytes.
    pub(crate) content: Bytes,
    /// Its number in the file, from 1.
    pub(crate) number: u64,
    /// Bytes of content before it.
    pub(crate) offset: u64,
    /// Its first line, from 1, in a file of text.
    pub(crate) line: u64,
}

/// The messages of a file.
pub(crate) struct Messages {
    name: String,
    from: Box<dyn BufRead>,
    compression: Compression,
    framing: Framing,
    max_message: usize,
    number: u64,
    offset: u64,
    line: u64,
    done: bool,
    /// How many bytes the file has, as far as that is known; the message that is all of it needs
    /// no more room.
    expected: usize,
}

impl Messages {
    pub(crate) fn new(
        name: &str,
        from: Box<dyn BufRead>,
        compression: Compression,
        framing: Framing,
        max_message: usize,
    ) -> Self {
        Self {
            name: name.to_owned(),
            from,
            compression,
            framing,
            max_message,
            number: 0,
            offset: 0,
            line: 1,
            done: false,
            expected: 0,
        }
    }

    /// The same of a file that has so many bytes.
    pub(crate) fn of_size(self, bytes: u64) -> Self {
        Self {
            expected: usize::try_from(bytes).unwrap_or(usize::MAX),
            ..self
        }
    }

    /// The form of the file; settled after the first message was read.
    pub(crate) fn format(&self) -> Format {
        match self.framing {
            Framing::Whole(format) => format,
            Framing::Lengths => Format::ProtoDelimited,
            Framing::Lines | Framing::LineOrWhole => Format::JsonLines,
        }
    }

    /// Bytes of content read so far.
    pub(crate) fn position(&self) -> u64 {
        self.offset
    }

    /// The next message, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, Error> {
        if self.done {
            return Ok(None);
        }
        let (offset, line) = (self.offset, self.line);
        let message = match self.framing {
            Framing::Whole(_) => {
                self.done = true;
                let mut content = Vec::new();
                self.rest(&mut content)?;
                Some((content, offset, line))
            }
            Framing::Lengths => self.behind_length()?,
            Framing::Lines => self.next_line()?,
            Framing::LineOrWhole => self.first_line()?,
        };
        self.done |= message.is_none();
        Ok(message.map(|(content, offset, line)| {
            self.number += 1;
            Message {
                content: content.into(),
                number: self.number,
                offset,
                line,
            }
        }))
    }

    fn read_error(&self, error: &io::Error) -> Error {
        read_error(&self.name, self.compression, self.offset, error)
    }

    fn too_long(&self) -> Error {
        Error::new(format!(
            "Message {}, which begins at byte {}, has more than {} bytes.",
            self.number + 1,
            self.offset,
            thousands(self.max_message as u64)
        ))
        .at(&self.name)
        .help("Raise the limit with --max-message-size, or split the message.")
    }

    /// Appends everything up to the end of the file.
    fn rest(&mut self, content: &mut Vec<u8>) -> Result<(), Error> {
        let before = content.len();
        let room = self.max_message.saturating_sub(before) + 1;
        // One more, since reading ends with a look at whether there is more.
        let expected = self.expected.saturating_sub(before).saturating_add(1);
        // Without the room now it is looked for while reading.
        let _ = content.try_reserve_exact(expected.min(room));
        let read = read_whole(&mut self.from, room, content);
        read.map_err(|error| {
            read_error(
                &self.name,
                self.compression,
                self.offset + content.len() as u64,
                &error,
            )
        })?;
        if content.len() > self.max_message {
            return Err(self.too_long());
        }
        self.offset += (content.len() - before) as u64;
        Ok(())
    }

    fn behind_length(&mut self) -> Result<Option<(Vec<u8>, u64, u64)>, Error> {
        let begin = self.offset;
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        if length > self.max_message as u64 {
            self.offset = begin;
            return Err(self.too_long());
        }
        let mut content = Vec::new();
        let read = read_whole(&mut self.from, length as usize, &mut content);
        read.map_err(|error| self.read_error(&error))?;
        if (content.len() as u64) < length {
            let number = self.number + 1;
            return Err(Error::new(format!(
                "Message {number}, which begins at byte {begin}, should have {length} bytes, but \
                 the file ends after {}.",
                content.len()
            ))
            .at(&self.name)
            .help("The file was cut short, or is not made of messages behind their lengths: see --input-format."));
        }
        let offset = self.offset;
        self.offset += length;
        Ok(Some((content, offset, self.line)))
    }

    /// The length before a message; none at the end of the file.
    fn length(&mut self) -> Result<Option<u64>, Error> {
        let begin = self.offset;
        let mut bytes = [0; 10];
        for len in 0..bytes.len() {
            let read = self.from.by_ref().take(1).read(&mut bytes[len..]);
            if read.map_err(|error| self.read_error(&error))? == 0 {
                if len == 0 {
                    return Ok(None);
                }
                break;
            }
            self.offset += 1;
            if bytes[len] & 0x80 == 0 {
                match split_varint(&bytes[..=len]) {
                    Some((length, _)) => return Ok(Some(length)),
                    None => break,
                }
            }
        }
        Err(Error::new(format!(
            "The length of message {} at byte {begin} is not a varint.",
            self.number + 1
        ))
        .at(&self.name)
        .help("The file is damaged, or is not made of messages behind their lengths: see --input-format."))
    }

    /// Appends up to the end of a line; says whether there was anything.
    fn read_line(&mut self, content: &mut Vec<u8>) -> Result<bool, Error> {
        let room = (self.max_message - content.len()) as u64 + 2;
        let read = self.from.by_ref().take(room).read_until(b'\n', content);
        let read = read.map_err(|error| self.read_error(&error))?;
        if content.trim_ascii_end().len() > self.max_message
            || (read as u64 == room && content.last() != Some(&b'\n'))
        {
            return Err(self.too_long());
        }
        self.offset += read as u64;
        self.line += u64::from(content.last() == Some(&b'\n'));
        Ok(read > 0)
    }

    /// The next line with something on it.
    fn next_line(&mut self) -> Result<Option<(Vec<u8>, u64, u64)>, Error> {
        loop {
            let (offset, line) = (self.offset, self.line);
            let mut content = Vec::new();
            if !self.read_line(&mut content)? {
                return Ok(None);
            }
            if offset == 0 && content.starts_with(BYTE_ORDER_MARK) {
                content.drain(..BYTE_ORDER_MARK.len());
            }
            if !content.trim_ascii().is_empty() {
                return Ok(Some((content, offset, line)));
            }
        }
    }

    /// The first line if it is a document, else the whole file.
    fn first_line(&mut self) -> Result<Option<(Vec<u8>, u64, u64)>, Error> {
        self.framing = Framing::Lines;
        let Some((mut content, offset, line)) = self.next_line()? else {
            return Ok(None);
        };
        let is_line = is_whole_object(&content);
        if !is_line {
            self.rest(&mut content)?;
        }
        if !is_line || self.skip_space()? {
            self.framing = Framing::Whole(Format::Json);
            self.done = true;
        }
        Ok(Some((content, offset, line)))
    }

    /// Skips white space and says whether it was the rest of the file.
    fn skip_space(&mut self) -> Result<bool, Error> {
        loop {
            let buffered = self
                .from
                .fill_buf()
                .map_err(|error| read_error(&self.name, self.compression, self.offset, &error))?;
            let spaces = buffered.len() - buffered.trim_ascii_start().len();
            let lines = buffered[..spaces]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            let (is_end, is_text) = (buffered.is_empty(), spaces < buffered.len());
            self.from.consume(spaces);
            self.offset += spaces as u64;
            self.line += lines as u64;
            if is_end || is_text {
                return Ok(is_end);
            }
        }
    }
}
/// Appends up to `room` bytes, into the spare memory first. What is read may be much, so that the
/// memory grows by a quarter at a time and is never twice what is needed.
fn read_whole(from: &mut impl Read, room: usize, content: &mut Vec<u8>) -> io::Result<()> {
    /// Bytes that are asked for at a time, at least.
    const PART: usize = 64 << 10;

    let end = content.len().saturating_add(room);
    while content.len() < end {
        let spare = content.capacity() - content.len();
        let part = if spare > 0 {
            spare
        } else {
            (content.len() / 4).max(PART)
        };
        let part = part.min(end - content.len());
        content.reserve_exact(part);
        let read = from.by_ref().take(part as u64).read_to_end(content)?;
        if read < part {
            break;
        }
    }
    Ok(())
}

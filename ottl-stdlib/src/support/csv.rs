//! Rows of comma-separated values, as lenient as the reference's reader.
//!
//! A row may have several lines: what follows a line feed outside of quotes continues the last field
//! of the line before, and empty lines do not count. Where quotes are wrong in a line of which at
//! least one field is whole, the rest of that line is dropped and the next line is read.

use std::ops::Range;

use memchr::{memchr, memmem};
use ottl_vm::{CallContext, ExecError, TextBuilder};

use super::slices::{between, push_counted};

/// The fields of a row while they are found.
pub(crate) struct Fields<'a, 'b> {
    cx: &'a CallContext<'b>,
    ranges: Vec<Range<usize>>,
    max: usize,
}

impl<'a, 'b> Fields<'a, 'b> {
    /// No fields yet, and `max` of them at the most.
    pub(crate) fn new(cx: &'a CallContext<'b>, max: usize) -> Self {
        Self {
            cx,
            ranges: Vec::new(),
            max,
        }
    }

    /// Where each field is.
    pub(crate) fn into_ranges(self) -> Vec<Range<usize>> {
        self.ranges
    }

    fn add(&mut self, range: Range<usize>) -> Result<(), ExecError> {
        if self.ranges.len() == self.max {
            return Err(wrong_count(self.max));
        }
        push_counted(self.cx, &mut self.ranges, range)
    }

    /// Adds what is between the delimiters in `text`; quotes are characters as others.
    ///
    /// # Errors
    /// When there are too many fields, or the run has to stop.
    pub(crate) fn split(&mut self, text: &[u8], delimiter: &[u8]) -> Result<(), ExecError> {
        between(text, delimiter).try_for_each(|field| self.add(field))
    }

    /// Adds the fields of a row, whose text without quotes is appended to `out`.
    ///
    /// # Errors
    /// When quotes are wrong before the first field of a line is whole, there is no line, there are
    /// too many fields, or the run has to stop.
    pub(crate) fn read(
        &mut self,
        text: &[u8],
        delimiter: &[u8],
        lazy_quotes: bool,
        out: &mut TextBuilder,
    ) -> Result<(), ExecError> {
        let mut reader = Reader {
            fields: self,
            lines: Lines { rest: text },
            finder: memmem::Finder::new(delimiter),
            lazy_quotes,
            out,
            start: 0,
        };
        let mut any = false;
        while let Some(line) = reader.lines.next() {
            if line.content.is_empty() {
                continue;
            }
            if any {
                reader.continue_row()?;
            }
            any = true;
            reader.record(line)?;
        }
        if any {
            Ok(())
        } else {
            Err(ExecError::new("The row is empty."))
        }
    }
}

/// The error of a row that has not as many fields as there are headers.
pub(crate) fn wrong_count(headers: usize) -> ExecError {
    ExecError::new(format!(
        "The row does not have one field for each of the {headers} headers."
    ))
}

struct Reader<'r, 'a, 'b> {
    fields: &'r mut Fields<'a, 'b>,
    lines: Lines<'r>,
    finder: memmem::Finder<'r>,
    lazy_quotes: bool,
    out: &'r mut TextBuilder,
    /// Where the field that is read begins in `out`.
    start: usize,
}

/// What is wrong with quotes, or what stops the row.
enum Stop {
    Quotes,
    Error(ExecError),
}

impl From<ExecError> for Stop {
    fn from(error: ExecError) -> Self {
        Self::Error(error)
    }
}

impl<'r> Reader<'r, '_, '_> {
    /// Makes the next field that is read a part of the last one.
    fn continue_row(&mut self) -> Result<(), ExecError> {
        self.start = match self.fields.ranges.pop() {
            Some(last) => last.start,
            None => self.out.len(),
        };
        self.out.push(b"\n")
    }

    fn record(&mut self, line: Line<'r>) -> Result<(), ExecError> {
        let before = self.fields.ranges.len();
        match self.try_record(line) {
            Ok(()) => Ok(()),
            Err(Stop::Quotes) if self.fields.ranges.len() > before => {
                let end = self.fields.ranges.last().map_or(0, |last| last.end);
                self.out.truncate(end);
                Ok(())
            }
            Err(Stop::Quotes) => Err(ExecError::new(
                "The row has a quote that is not at the begin or end of a field, or is not closed.",
            )),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    fn try_record(&mut self, mut line: Line<'r>) -> Result<(), Stop> {
        loop {
            let rest = match line.content.strip_prefix(b"\"") {
                Some(content) => self.quoted(Line { content, ..line })?,
                None => self.plain(line)?,
            };
            match rest {
                Some(rest) => line = rest,
                None => return Ok(()),
            }
        }
    }

    fn field(&mut self) -> Result<(), ExecError> {
        let end = self.out.len();
        self.fields.add(self.start..end)?;
        self.start = end;
        Ok(())
    }

    /// Reads a field without quotes, and gives what is behind the delimiter if there is one.
    fn plain(&mut self, line: Line<'r>) -> Result<Option<Line<'r>>, Stop> {
        let found = self.finder.find(line.content);
        let field = found.map_or(line.content, |at| &line.content[..at]);
        if !self.lazy_quotes && memchr(b'"', field).is_some() {
            return Err(Stop::Quotes);
        }
        self.out.push(field)?;
        self.field()?;
        Ok(found.map(|at| line.from(at + self.finder.needle().len())))
    }

    /// Reads a field behind its opening quote, and gives what is behind the delimiter if there is
    /// one.
    fn quoted(&mut self, mut line: Line<'r>) -> Result<Option<Line<'r>>, Stop> {
        loop {
            let Some(at) = memchr(b'"', line.content) else {
                if line.is_at_end() {
                    // The text ends inside of quotes.
                    if !self.lazy_quotes {
                        return Err(Stop::Quotes);
                    }
                    self.field()?;
                    return Ok(None);
                }
                self.out.push(line.content)?;
                if line.has_feed {
                    self.out.push(b"\n")?;
                }
                line = self.lines.next().unwrap_or_default();
                continue;
            };
            self.out.push(&line.content[..at])?;
            line = line.from(at + 1);
            if line.content.starts_with(b"\"") {
                self.out.push(b"\"")?;
                line = line.from(1);
            } else if line.content.starts_with(self.finder.needle()) {
                self.field()?;
                return Ok(Some(line.from(self.finder.needle().len())));
            } else if line.content.is_empty() {
                self.field()?;
                return Ok(None);
            } else if self.lazy_quotes {
                self.out.push(b"\"")?;
            } else {
                return Err(Stop::Quotes);
            }
        }
    }
}

struct Lines<'t> {
    rest: &'t [u8],
}

/// A line, or what is left of it, without its end.
#[derive(Clone, Copy, Default)]
struct Line<'t> {
    content: &'t [u8],
    has_feed: bool,
}

impl Line<'_> {
    fn from(self, at: usize) -> Self {
        Self {
            content: &self.content[at..],
            ..self
        }
    }

    /// Whether neither text nor the end of a line follows.
    fn is_at_end(self) -> bool {
        self.content.is_empty() && !self.has_feed
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    /// The next line; a carriage return before its end, or before the end of the text, is no part
    /// of it.
    fn next(&mut self) -> Option<Line<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let feed = memchr(b'\n', self.rest);
        let content = &self.rest[..feed.unwrap_or(self.rest.len())];
        self.rest = feed.map_or(&[], |at| &self.rest[at + 1..]);
        Some(Line {
            content: content.strip_suffix(b"\r").unwrap_or(content),
            has_feed: feed.is_some(),
        })
    }
}

//! JSON text as values, as lenient as the reference's parser.
//!
//! That parser takes some texts that are no JSON: numbers such as `01`, `1.` and `-.5`, control
//! characters inside strings, `null` as an empty key, and anything behind a NUL byte at the end.
//! Every number is a double; of entries with the same key the last one counts. Text without escapes
//! stays where it is in the heap.

use std::collections::HashMap;

use otlp_columns::{Entry, Heap, ListKind, MapKind, PoolRange, Slice, Value};
use ottl_vm::{ExecError, go};

use super::slices::part_of;

/// The list or map that `text` is. Values may nest `max_depth` deep.
pub(crate) fn parse(heap: &mut Heap, text: Slice, max_depth: usize) -> Result<Value, ExecError> {
    // A byte that no JSON has marks the end, so that looking ahead needs no check.
    let text_bytes = heap.bytes(text);
    let mut bytes = Vec::with_capacity(text_bytes.len() + 1);
    bytes.extend_from_slice(text_bytes);
    bytes.push(0);
    let mut parser = Parser {
        heap,
        text,
        bytes: &bytes,
        at: 0,
        depth: max_depth,
        elements: Vec::new(),
        entries: Vec::new(),
    };
    let value = parser.value()?;
    if !matches!(value, Value::Map(..) | Value::List(..)) {
        return Err(ExecError::new(
            "The JSON text is neither a list nor an object.",
        ));
    }
    match parser.peek() {
        0 => Ok(value),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    heap: &'a mut Heap,
    text: Slice,
    bytes: &'a [u8],
    at: usize,
    /// How much deeper values may nest.
    depth: usize,
    /// The elements of all lists that are open, and the entries of all maps.
    elements: Vec<Value>,
    entries: Vec<Entry>,
}

impl Parser<'_> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> u8 {
        while matches!(self.bytes[self.at], b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.bytes[self.at]
    }

    #[cold]
    fn unexpected(&self) -> ExecError {
        if self.at + 1 >= self.bytes.len() {
            return ExecError::new("The JSON text ends too early.");
        }
        ExecError::new(format!("The JSON text has an error at byte {}.", self.at))
    }

    fn value(&mut self) -> Result<Value, ExecError> {
        match self.peek() {
            b'{' => self.nested(Self::map),
            b'[' => self.nested(Self::list),
            b'"' => self.string().map(Value::Str),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true", Value::Bool(true)),
            b'f' => self.word(b"false", Value::Bool(false)),
            b'n' => self.word(b"null", Value::Nil),
            _ => Err(self.unexpected()),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, ExecError>,
    ) -> Result<Value, ExecError> {
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| ExecError::new("The JSON text is nested too deep."))?;
        self.at += 1;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn word(&mut self, word: &[u8], value: Value) -> Result<Value, ExecError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, ExecError> {
        let start = self.at;
        self.at += 1;
        while matches!(
            self.bytes[self.at],
            b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'
        ) {
            self.at += 1;
        }
        match self.bytes[self.at] {
            0 | b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'}' | b']' => {
                go::parse_float(&self.bytes[start..self.at]).map(Value::Double)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn list(&mut self) -> Result<Value, ExecError> {
        let first = self.elements.len();
        if self.peek() == b']' {
            self.at += 1;
            return Ok(Value::List(ListKind::Slice, PoolRange::EMPTY));
        }
        loop {
            let element = self.value()?;
            self.elements.push(element);
            match self.peek() {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        let range = self.heap.alloc_list(&self.elements[first..]);
        self.elements.truncate(first);
        Ok(Value::List(ListKind::Slice, range))
    }

    fn map(&mut self) -> Result<Value, ExecError> {
        let first = self.entries.len();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(Value::Map(MapKind::Map, PoolRange::EMPTY));
        }
        loop {
            let key = match self.peek() {
                b'"' => self.string()?,
                b'n' => self.word(b"null", Value::Nil).map(|_| Slice::EMPTY)?,
                _ => return Err(self.unexpected()),
            };
            if self.peek() != b':' {
                return Err(self.unexpected());
            }
            self.at += 1;
            let value = self.value()?;
            self.entries.push(Entry::new(key, value));
            match self.peek() {
                b',' => self.at += 1,
                b'}' => break,
                _ => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        self.keep_last(first);
        let range = self.heap.alloc_map(&self.entries[first..]);
        self.entries.truncate(first);
        Ok(Value::Map(MapKind::Map, range))
    }

    /// Gives a key that occurs again its last value.
    fn keep_last(&mut self, first: usize) {
        /// Up to here looking at each pair is faster than a table.
        const FEW: usize = 12;

        let heap = &*self.heap;
        let entries = &mut self.entries;
        let count = entries.len() - first;
        let mut kept = first;
        let mut places = HashMap::new();
        for at in first..entries.len() {
            let entry = entries[at];
            let key = heap.bytes(entry.key);
            let known = if count <= FEW {
                (first..kept).find(|&known| heap.bytes(entries[known].key) == key)
            } else {
                places.get(key).copied()
            };
            let place = known.unwrap_or(kept);
            entries[place] = entry;
            if known.is_none() {
                if count > FEW {
                    places.insert(key, kept);
                }
                kept += 1;
            }
        }
        entries.truncate(kept);
    }

    fn string(&mut self) -> Result<Slice, ExecError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    return Ok(part_of(self.text, start..self.at - 1));
                }
                b'\\' => return self.escaped_string(start),
                0 => return Err(self.unexpected()),
                _ => self.at += 1,
            }
        }
    }

    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self, start: usize) -> Result<Slice, ExecError> {
        let mut out = self.bytes[start..self.at].to_vec();
        loop {
            match self.bytes[self.at] {
                b'"' => break,
                0 => return Err(self.unexpected()),
                b'\\' => self.escape(&mut out)?,
                byte => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Ok(self.heap.alloc(&out))
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ExecError> {
        self.at += 1;
        let byte = match self.bytes[self.at] {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let char = self.unicode_escape()?;
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected()),
        };
        out.push(byte);
        self.at += 1;
        Ok(())
    }

    /// One character from one escape, or from two that are surrogates. A surrogate alone is the
    /// replacement character.
    fn unicode_escape(&mut self) -> Result<char, ExecError> {
        let first = self
            .hex_digits(self.at + 1)
            .ok_or_else(|| self.unexpected())?;
        self.at += 5;
        let is_pair =
            (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u");
        if is_pair && let Some(second @ 0xdc00..0xe000) = self.hex_digits(self.at + 2) {
            self.at += 6;
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex_digits(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 4)?;
        digits.iter().try_fold(0, |code, &digit| {
            Some(code << 4 | char::from(digit).to_digit(16)?)
        })
    }
}

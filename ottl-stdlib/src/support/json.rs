//! JSON text as values, as lenient as the reference's parser.
//!
//! That parser takes some texts that are no JSON: numbers such as `01`, `1.` and `-.5`, control
//! characters inside strings, `null` as an empty key, and anything behind a NUL byte at the end.
//! Every number is a double; of entries with the same key the last one counts. Text without escapes
//! stays where it is in the heap.

use std::collections::HashMap;

use otlp_columns::{Entry, Heap, ListKind, MapKind, PoolRange, Slice, Value};
use ottl_vm::{ExecError, go};

use super::maps::Seen;
use super::slices::part_of;

/// Memory for what is being read, which is empty between texts.
#[derive(Debug, Default)]
pub(crate) struct Open {
    /// The elements of all lists that are open, and the entries of all maps.
    elements: Vec<Value>,
    entries: Vec<Entry>,
    /// The string that has escapes.
    text: Vec<u8>,
    /// The whole text with bytes behind it that no JSON has, so that looking ahead needs no check.
    source: Vec<u8>,
}

/// The list or map that `text` is. Values may nest `max_depth` deep. Of a map only the entry with
/// the key `wanted` is kept, if there is one that is.
pub(crate) fn parse(
    heap: &mut Heap,
    text: Slice,
    max_depth: usize,
    wanted: Option<&[u8]>,
    open: &mut Open,
) -> Result<Value, ExecError> {
    let mut source = std::mem::take(&mut open.source);
    source.clear();
    source.extend_from_slice(heap.bytes(text));
    source.extend_from_slice(&[0; END]);
    open.elements.clear();
    open.entries.clear();
    let parser = Parser {
        heap,
        text,
        bytes: &source,
        at: 0,
        depth: max_depth,
        wanted,
        skips: false,
        open,
    };
    let value = parser.whole();
    if source.capacity() <= KEPT {
        open.source = source;
    }
    value
}

/// So many bytes that no JSON has follow the text.
const END: usize = 8;
/// Memory up to here is kept for the next text.
const KEPT: usize = 1 << 20;

struct Parser<'a> {
    heap: &'a mut Heap,
    text: Slice,
    bytes: &'a [u8],
    at: usize,
    /// How much deeper values may nest.
    depth: usize,
    /// The key of the outermost map whose value is asked for, if it is only one.
    wanted: Option<&'a [u8]>,
    /// Whether values are only checked.
    skips: bool,
    open: &'a mut Open,
}

impl<'a> Parser<'a> {
    fn whole(mut self) -> Result<Value, ExecError> {
        let value = self.value()?;
        if !matches!(value, Value::Map(..) | Value::List(..)) {
            return Err(ExecError::new(
                "The JSON text is neither a list nor an object.",
            ));
        }
        match self.peek() {
            0 => Ok(value),
            _ => Err(self.unexpected()),
        }
    }

    /// The next byte that is no blank.
    #[inline]
    fn peek(&mut self) -> u8 {
        loop {
            match self.bytes[self.at] {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// The bytes from `at` on, without those behind the text.
    #[inline]
    fn rest(&self, at: usize) -> &'a [u8] {
        self.bytes
            .get(at..self.bytes.len() - END)
            .unwrap_or_default()
    }

    #[cold]
    fn unexpected(&self) -> ExecError {
        if self.at + END >= self.bytes.len() {
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
        if !self.rest(self.at).starts_with(word) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, ExecError> {
        let rest = &self.bytes[self.at..];
        let of_number = |&byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
        let len = 1 + rest[1..].iter().take_while(|byte| of_number(byte)).count();
        let behind = rest[len];
        let value = go::parse_float(&rest[..len]);
        self.at += len;
        match behind {
            0 | b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'}' | b']' => {
                value.map(Value::Double)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn list(&mut self) -> Result<Value, ExecError> {
        let first = self.open.elements.len();
        self.wanted = None;
        if self.peek() == b']' {
            self.at += 1;
            return Ok(Value::List(ListKind::Slice, PoolRange::EMPTY));
        }
        loop {
            let element = self.value()?;
            if !self.skips {
                self.open.elements.push(element);
            }
            match self.peek() {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        let range = self.heap.alloc_list(&self.open.elements[first..]);
        self.open.elements.truncate(first);
        Ok(Value::List(ListKind::Slice, range))
    }

    fn map(&mut self) -> Result<Value, ExecError> {
        let first = self.open.entries.len();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(Value::Map(MapKind::Map, PoolRange::EMPTY));
        }
        // Maps within are wanted as a whole or not at all.
        let wanted = self.wanted.take();
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
            let skipped = self.skips;
            self.skips |= wanted.is_some_and(|wanted| self.heap.bytes(key) != wanted);
            let value = self.value()?;
            if !self.skips {
                self.open.entries.push(Entry::new(key, value));
            }
            self.skips = skipped;
            match self.peek() {
                b',' => self.at += 1,
                b'}' => break,
                _ => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        self.keep_last(first);
        let range = self.heap.alloc_map(&self.open.entries[first..]);
        self.open.entries.truncate(first);
        Ok(Value::Map(MapKind::Map, range))
    }

    /// Gives a key that occurs again its last value.
    fn keep_last(&mut self, first: usize) {
        /// Up to here looking at each pair is faster than a table.
        const FEW: usize = 48;

        let heap = &*self.heap;
        let entries = &mut self.open.entries;
        let count = entries.len() - first;
        let (mut kept, mut seen) = (first, Seen::default());
        let mut places = HashMap::new();
        for at in first..entries.len() {
            let entry = entries[at];
            let key = heap.bytes(entry.key);
            let known = if count > FEW {
                places.get(key).copied()
            } else if seen.insert(key) {
                (first..kept).find(|&known| heap.bytes(entries[known].key) == key)
            } else {
                None
            };
            let place = known.unwrap_or(kept);
            if place < at {
                entries[place] = entry;
            }
            if known.is_none() {
                if count > FEW {
                    places.insert(key, kept);
                }
                kept += 1;
            }
        }
        entries.truncate(kept);
    }

    #[inline]
    fn string(&mut self) -> Result<Slice, ExecError> {
        let start = self.at + 1;
        let len = until_special(&self.bytes[start..]);
        self.at = start + len;
        match self.bytes[self.at] {
            b'"' => {
                self.at += 1;
                Ok(part_of(self.text, start..start + len))
            }
            b'\\' => self.escaped_string(start),
            _ => Err(self.unexpected()),
        }
    }

    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self, start: usize) -> Result<Slice, ExecError> {
        let mut out = std::mem::take(&mut self.open.text);
        out.clear();
        out.extend_from_slice(&self.bytes[start..self.at]);
        let result = self.unescape(&mut out);
        let text = result.map(|()| match self.skips {
            true => Slice::EMPTY,
            false => self.heap.alloc(&out),
        });
        self.open.text = out;
        text
    }

    fn unescape(&mut self, out: &mut Vec<u8>) -> Result<(), ExecError> {
        loop {
            let rest = &self.bytes[self.at..];
            let len = until_special(rest);
            out.extend_from_slice(&rest[..len]);
            self.at += len;
            match self.bytes[self.at] {
                b'"' => break,
                b'\\' => self.escape(out)?,
                _ => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        Ok(())
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
        let is_pair = (0xd800..0xdc00).contains(&first) && self.rest(self.at).starts_with(b"\\u");
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

/// How many bytes there are before a quote, a backslash or a NUL, several of which end the text.
#[inline]
fn until_special(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    // The highest bit of each byte that is zero; of those behind the first one perhaps as well.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let mut at = 0;
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*word);
        let quotes = zeros(word ^ (ONES * u64::from(b'"')));
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let special = quotes | backslashes | zeros(word);
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0);
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_anywhere() {
        for special in [b'"', b'\\', 0] {
            for len in 0..40 {
                let mut text = vec![b'a' + (len % 3) as u8; len];
                text.extend([1, 0x21, 0x23, 0x5b, 0x5d, 0xff, 0x80]);
                assert_eq!(until_special(&text), len + 7);
                text.push(special);
                text.extend(b"\"\\\0 rest");
                assert_eq!(until_special(&text), len + 7, "{special} behind {len}");
            }
        }
    }

    #[test]
    fn of_a_map_one_entry_can_be_kept() {
        let mut heap = Heap::scratch();
        let mut read = |text: &str, wanted: &str| -> Result<Vec<(String, Value)>, ExecError> {
            let slice = heap.alloc(text.as_bytes());
            let value = parse(
                &mut heap,
                slice,
                10,
                Some(wanted.as_bytes()),
                &mut Open::default(),
            )?;
            let Value::Map(_, range) = value else {
                return Ok(vec![(String::new(), value)]);
            };
            let entries = heap.map(range).iter();
            Ok(entries
                .map(|entry| {
                    let key = String::from_utf8_lossy(heap.bytes(entry.key));
                    (key.into_owned(), entry.value)
                })
                .collect())
        };
        let text = r#"{"a": 1, "b": {"a": 2, "c": [3, {"a": 4}]}, "\u0061": 5, "d": "x\n"}"#;
        assert_eq!(
            read(text, "a"),
            Ok(vec![("a".to_owned(), Value::Double(5.0))])
        );
        let within = read(text, "b").expect("it is JSON");
        assert!(matches!(
            within[..],
            [(_, Value::Map(_, PoolRange { len: 2, .. }))]
        ));
        assert_eq!(read(text, "c"), Ok(Vec::new()));
        assert!(matches!(
            read("[1, 2]", "a").as_deref(),
            Ok([(_, Value::List(..))])
        ));
        for wrong in [
            r#"{"a": 1, "b": tru}"#,
            r#"{"a": 1, "b": "\x"}"#,
            r#"{"a": 1, "b": [1e400]}"#,
            r#"{"a": 1, "b": {"c": }}"#,
            r#"{"a": 1, "b": [[[[[[[[[[]]]]]]]]]]}"#,
        ] {
            assert!(read(wrong, "a").is_err(), "{wrong}");
        }
    }
}

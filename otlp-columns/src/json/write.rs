//! Protobuf to OTLP/JSON.
//!
//! JSON wants all elements of a repeated field in one place while protobuf may scatter them, and a
//! singular message may come in parts. So the occurrences of a message's fields are gathered on a
//! stack, sorted by field, and written field by field.

use std::io::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::DecodeError;
use crate::schema::{Coding, FieldDesc, JsonKind, Message, Presence};
use crate::validate::{check_size, validate};
use crate::wire::{Reader, WireType};

pub(super) fn message(
    top: &'static Message,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    check_size(input, top)?;
    validate(top, input, 0, input.len(), 0)?;
    let mut writer = Writer {
        input,
        out,
        stack: Vec::new(),
    };
    writer.gather(top, 0, input.len());
    writer.object(top, 0);
    Ok(())
}

/// One occurrence of a field on the wire.
#[derive(Clone, Copy)]
struct Occurrence {
    /// Place in the table of the message's fields.
    field: u8,
    wire: WireType,
    /// The value's bytes.
    start: u32,
    end: u32,
}

/// The field of occurrences that another of the same `oneof` came behind.
const OVERRIDDEN: u8 = u8::MAX;

struct Writer<'a> {
    input: &'a [u8],
    out: &'a mut Vec<u8>,
    stack: Vec<Occurrence>,
}

impl Writer<'_> {
    /// Puts the known fields between two offsets on the stack. The bytes have been validated.
    fn gather(&mut self, message: &'static Message, start: usize, end: usize) {
        let mut reader = Reader::new(self.input, start, end, message.name);
        while let Ok(Some(found)) = reader.next() {
            if let Some(field) = message.field_index(found.number) {
                self.stack.push(Occurrence {
                    field,
                    wire: found.wire,
                    start: found.start as u32,
                    end: found.end as u32,
                });
            }
        }
    }

    /// Writes the message whose fields are the stack from `base` on, and takes them away.
    fn object(&mut self, message: &'static Message, base: usize) {
        self.settle_oneof(message, base);
        self.stack[base..].sort_by_key(|occurrence| occurrence.field);
        let end = self.stack.len();
        let mut at = base;
        let mut separator = b'{';
        while at < end {
            let field = self.stack[at].field;
            let count = self.stack[at..end].partition_point(|other| other.field == field);
            let range = at..at + count;
            at = range.end;
            if let Some(desc) = message.fields.get(usize::from(field))
                && !self.is_default(desc, range.end - 1)
            {
                self.out.push(separator);
                separator = b',';
                self.out.push(b'"');
                self.out.extend_from_slice(desc.json.as_bytes());
                self.out.extend_from_slice(b"\":");
                self.field(desc, range);
            }
        }
        if separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
        self.stack.truncate(base);
    }

    /// Of the fields of a `oneof` the last counts, together with those of the same field that come
    /// right before it.
    fn settle_oneof(&mut self, message: &'static Message, base: usize) {
        let mut winner = None;
        let mut lost = false;
        for occurrence in self.stack[base..].iter_mut().rev() {
            if message.fields[usize::from(occurrence.field)].presence != Presence::OneOf {
                continue;
            }
            lost |= *winner.get_or_insert(occurrence.field) != occurrence.field;
            if lost {
                occurrence.field = OVERRIDDEN;
            }
        }
    }

    /// Whether a field says nothing by being there; `last` is its last occurrence.
    fn is_default(&self, desc: &FieldDesc, last: usize) -> bool {
        if desc.repeated || desc.presence != Presence::Implicit {
            return false;
        }
        match desc.json_kind {
            JsonKind::Message(_) => false,
            JsonKind::String | JsonKind::Bytes => self.bytes(last).is_empty(),
            JsonKind::Id(len) => {
                let id = self.bytes(last);
                id.is_empty() || id.len() == len && id.iter().all(|&byte| byte == 0)
            }
            _ => self.bits(desc, last) == 0,
        }
    }

    fn field(&mut self, desc: &'static FieldDesc, range: Range<usize>) {
        match desc.json_kind {
            JsonKind::Message(inner) if !desc.repeated => {
                let base = self.stack.len();
                for at in range {
                    let part = self.stack[at];
                    self.gather(inner, part.start as usize, part.end as usize);
                }
                self.object(inner, base);
            }
            _ if !desc.repeated => self.single(desc, range.end - 1),
            _ => {
                self.out.push(b'[');
                let start = self.out.len();
                for at in range {
                    self.elements(desc, at);
                }
                // Each element has left a comma behind it.
                if self.out.len() > start {
                    self.out.pop();
                }
                self.out.push(b']');
            }
        }
    }

    /// Writes the elements that one occurrence of a repeated field has, each with a comma.
    fn elements(&mut self, desc: &'static FieldDesc, at: usize) {
        let occurrence = self.stack[at];
        let (start, end) = (occurrence.start as usize, occurrence.end as usize);
        match desc.coding() {
            Some(coding) if coding != Coding::Len && occurrence.wire == WireType::Len => {
                let mut reader = Reader::new(self.input, start, end, desc.json);
                while let Ok(Some(bits)) = reader.packed(coding) {
                    self.number(desc.json_kind, bits);
                    self.out.push(b',');
                }
            }
            _ => {
                if let JsonKind::Message(inner) = desc.json_kind {
                    let base = self.stack.len();
                    self.gather(inner, start, end);
                    self.object(inner, base);
                } else {
                    self.single(desc, at);
                }
                self.out.push(b',');
            }
        }
    }

    fn bytes(&self, at: usize) -> &[u8] {
        let Occurrence { start, end, .. } = self.stack[at];
        &self.input[start as usize..end as usize]
    }

    fn bits(&self, desc: &FieldDesc, at: usize) -> u64 {
        let Occurrence { start, end, .. } = self.stack[at];
        let mut reader = Reader::new(self.input, start as usize, end as usize, desc.json);
        let coding = desc.coding().unwrap_or(Coding::Varint);
        reader.packed(coding).ok().flatten().unwrap_or(0)
    }

    fn single(&mut self, desc: &FieldDesc, at: usize) {
        let Occurrence { start, end, .. } = self.stack[at];
        let bytes = &self.input[start as usize..end as usize];
        match desc.json_kind {
            JsonKind::String => text(self.out, bytes),
            JsonKind::Bytes => {
                self.out.push(b'"');
                self.out
                    .extend_from_slice(STANDARD.encode(bytes).as_bytes());
                self.out.push(b'"');
            }
            JsonKind::Id(_) => {
                self.out.push(b'"');
                self.out.extend_from_slice(hex::encode(bytes).as_bytes());
                self.out.push(b'"');
            }
            kind => self.number(kind, self.bits(desc, at)),
        }
    }

    fn number(&mut self, kind: JsonKind, bits: u64) {
        let written = match kind {
            JsonKind::Bool => write!(self.out, "{}", bits != 0),
            JsonKind::Enum(_) | JsonKind::Int32 => write!(self.out, "{}", bits as i32),
            JsonKind::UInt32 => write!(self.out, "{}", bits as u32),
            JsonKind::Int64 => write!(self.out, "\"{}\"", bits as i64),
            JsonKind::UInt64 => write!(self.out, "\"{bits}\""),
            JsonKind::Double => double(self.out, f64::from_bits(bits)),
            JsonKind::String | JsonKind::Bytes | JsonKind::Id(_) | JsonKind::Message(_) => Ok(()),
        };
        written.expect("writing to memory does not fail");
    }
}

/// Writes the shortest number that reads back as `value`, or a string where JSON has no number.
fn double(out: &mut Vec<u8>, value: f64) -> std::io::Result<()> {
    if value.is_nan() {
        write!(out, "\"NaN\"")
    } else if value.is_infinite() {
        write!(out, "\"{}Infinity\"", if value < 0.0 { "-" } else { "" })
    } else {
        write!(out, "{value:?}")?;
        if out.ends_with(b".0") {
            out.truncate(out.len() - 2);
        }
        Ok(())
    }
}

/// Writes a JSON string.
fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        valid_text(out, chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn valid_text(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[copied..]);
}

//! The protobuf wire format: reading with offsets, writing.

use crate::Slice;
use crate::error::{DecodeError, DecodeReason};
use crate::schema::Coding;

/// How deep groups may nest before reading gives up.
const MAX_GROUP_DEPTH: usize = 32;

/// The wire type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint,
    Fixed64,
    Len,
    StartGroup,
    Fixed32,
}

impl WireType {
    /// Its number in a tag.
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Varint => 0,
            Self::Fixed64 => 1,
            Self::Len => 2,
            Self::StartGroup => 3,
            Self::Fixed32 => 5,
        }
    }
}

/// Reads fields from `buf[pos..]`; all offsets are offsets into `buf`.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// Ends where the message that is read ends.
    buf: &'a [u8],
    pos: usize,
    message: &'static str,
}

/// One field as read: its number, type, and where its value lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawField {
    pub(crate) number: u32,
    pub(crate) wire: WireType,
    /// Offset of the tag.
    pub(crate) head: usize,
    /// The scalar's bits, when it is one.
    pub(crate) bits: u64,
    /// The value's bytes; for a length-delimited field without the length.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(buf: &'a [u8], start: usize, end: usize, message: &'static str) -> Self {
        debug_assert!(start <= end);
        Self {
            buf: &buf[..end],
            pos: start,
            message,
        }
    }

    #[cold]
    pub(crate) fn error(&self, offset: usize, reason: DecodeReason) -> DecodeError {
        DecodeError {
            offset,
            reason,
            message: self.message,
        }
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        match self.buf.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, DecodeError> {
        let start = self.pos;
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let Some(&byte) = self.buf.get(self.pos) else {
                return Err(self.error(start, DecodeReason::Truncated));
            };
            self.pos += 1;
            // The tenth byte has room for one bit only.
            if shift == 63 && byte > 1 {
                return Err(self.error(start, DecodeReason::VarintTooLong));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error(start, DecodeReason::VarintTooLong))
    }

    /// The next field, or `None` at the end.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<RawField>, DecodeError> {
        if self.pos >= self.buf.len() {
            return Ok(None);
        }
        self.field().map(Some)
    }

    #[inline(always)]
    fn field(&mut self) -> Result<RawField, DecodeError> {
        let head = self.pos;
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number > 0x1fff_ffff {
            return Err(self.error(head, DecodeReason::FieldNumber));
        }
        let mut field = RawField {
            number: number as u32,
            wire: WireType::Varint,
            head,
            bits: 0,
            start: self.pos,
            end: self.pos,
        };
        match tag & 7 {
            0 => {
                field.bits = self.varint()?;
            }
            1 => {
                field.wire = WireType::Fixed64;
                field.bits = u64::from_le_bytes(self.fixed::<8>()?);
            }
            2 => {
                field.wire = WireType::Len;
                let len = self.varint()?;
                if len > (self.buf.len() - self.pos) as u64 {
                    return Err(self.error(head, DecodeReason::Truncated));
                }
                field.start = self.pos;
                self.pos += len as usize;
            }
            3 => {
                field.wire = WireType::StartGroup;
                self.skip_group(field.number, 0)?;
            }
            4 => return Err(self.error(head, DecodeReason::Group)),
            5 => {
                field.wire = WireType::Fixed32;
                field.bits = u64::from(u32::from_le_bytes(self.fixed::<4>()?));
            }
            _ => return Err(self.error(head, DecodeReason::WireType)),
        }
        field.end = self.pos;
        Ok(field)
    }

    /// The next field whose number is one of `numbers`, one bit each. The message must be well
    /// formed.
    #[inline(always)]
    pub(crate) fn next_of(&mut self, numbers: u32) -> Option<RawField> {
        while let Some(&tag) = self.buf.get(self.pos) {
            let number = tag >> 3;
            if tag >= 0x80 || numbers >> number & 1 == 1 {
                let field = self.field().ok()?;
                if field.number < u32::BITS && numbers >> field.number & 1 == 1 {
                    return Some(field);
                }
                continue;
            }
            match tag & 7 {
                1 => self.pos += 9,
                2 => {
                    self.pos += 1;
                    self.pos += self.varint().ok()? as usize;
                }
                5 => self.pos += 5,
                _ => drop(self.field().ok()?),
            }
        }
        None
    }

    /// The next field if it is like `before`, a length-delimited one, and short: the elements of a
    /// repeated field usually follow each other, and this is faster than [`Reader::next`].
    #[inline(always)]
    pub(crate) fn another(&mut self, before: &RawField) -> Option<RawField> {
        let rest = &self.buf[self.pos..];
        let (&tag, &len) = (rest.first()?, rest.get(1)?);
        let start = self.pos + 2;
        let end = start + usize::from(len);
        if u32::from(tag) != before.number << 3 | WireType::Len.code()
            || tag.max(len) >= 0x80
            || end > self.buf.len()
        {
            return None;
        }
        let head = std::mem::replace(&mut self.pos, end);
        Some(RawField {
            head,
            start,
            end,
            ..*before
        })
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.buf[self.pos..].first_chunk::<N>() {
            Some(bytes) => {
                self.pos += N;
                Ok(*bytes)
            }
            None => Err(self.error(self.pos, DecodeReason::Truncated)),
        }
    }

    /// The bits of the next of several packed scalars, or `None` at the end.
    pub(crate) fn packed(&mut self, coding: Coding) -> Result<Option<u64>, DecodeError> {
        if self.pos >= self.buf.len() {
            return Ok(None);
        }
        Ok(Some(match coding {
            Coding::Varint | Coding::Len => self.varint()?,
            Coding::Varint32 => self.varint()? & 0xffff_ffff,
            Coding::ZigZag32 => unzigzag(self.varint()?),
            Coding::Fixed32 => u64::from(u32::from_le_bytes(self.fixed()?)),
            Coding::Fixed64 => u64::from_le_bytes(self.fixed()?),
        }))
    }

    fn skip_group(&mut self, number: u32, depth: usize) -> Result<(), DecodeError> {
        if depth >= MAX_GROUP_DEPTH {
            return Err(self.error(self.pos, DecodeReason::TooDeep));
        }
        loop {
            let head = self.pos;
            let tag = self.varint()?;
            let inner = (tag >> 3) as u32;
            if inner == 0 || tag >> 3 > 0x1fff_ffff {
                return Err(self.error(head, DecodeReason::FieldNumber));
            }
            match tag & 7 {
                0 => {
                    self.varint()?;
                }
                1 => {
                    self.fixed::<8>()?;
                }
                2 => {
                    let len = self.varint()?;
                    if len > (self.buf.len() - self.pos) as u64 {
                        return Err(self.error(head, DecodeReason::Truncated));
                    }
                    self.pos += len as usize;
                }
                3 => self.skip_group(inner, depth + 1)?,
                4 if inner == number => return Ok(()),
                4 => return Err(self.error(head, DecodeReason::Group)),
                5 => {
                    self.fixed::<4>()?;
                }
                _ => return Err(self.error(head, DecodeReason::WireType)),
            }
        }
    }
}

/// Where the bytes are whose length is at `at`, if that is below 16 KiB and `buf` has them all.
#[inline(always)]
pub(crate) fn short_len(buf: &[u8], at: usize) -> Option<(usize, usize)> {
    let low = usize::from(*buf.get(at)?);
    let (start, len) = if low < 0x80 {
        (at + 1, low)
    } else {
        let high = usize::from(*buf.get(at + 1)?);
        if high >= 0x80 {
            return None;
        }
        (at + 2, low & 0x7f | high << 7)
    };
    let end = start + len;
    (end <= buf.len()).then_some((start, end))
}

/// The bits of the scalar whose tag is at `at`, as a column has them, and the place behind it; if
/// the tag has one byte, a varint has one, and a length is below 16 KiB.
#[inline(always)]
pub(crate) fn short_scalar(buf: &[u8], at: usize, coding: Coding) -> Option<(u64, usize)> {
    let rest = buf.get(at + 1..)?;
    match coding {
        Coding::Varint | Coding::Varint32 | Coding::ZigZag32 => {
            let low = *rest.first()?;
            let bits = u64::from(low);
            let bits = match coding {
                Coding::ZigZag32 => unzigzag(bits),
                _ => bits,
            };
            (low < 0x80).then_some((bits, at + 2))
        }
        Coding::Fixed32 => {
            let bits = u32::from_le_bytes(*rest.first_chunk()?);
            Some((u64::from(bits), at + 5))
        }
        Coding::Fixed64 => Some((u64::from_le_bytes(*rest.first_chunk()?), at + 9)),
        Coding::Len => {
            let (start, end) = short_len(buf, at + 1)?;
            Some((Slice::new(start, end).to_bits(), end))
        }
    }
}

/// The protobuf varint that `bytes` begin with, and how many bytes it has. None if it does not end,
/// or does not fit into 64 bits.
#[must_use]
pub fn split_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut reader = Reader::new(bytes, 0, bytes.len(), "");
    let value = reader.varint().ok()?;
    Some((value, reader.pos))
}

/// Number of bytes of `value` as a variable-length integer.
pub(crate) fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends a protobuf varint, as it stands before each message of a stream of them.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_tag(out: &mut Vec<u8>, number: u32, wire: WireType) {
    put_varint(out, u64::from(number << 3 | wire.code()));
}

/// The tag of a field with a number below 16.
pub(crate) const fn tag(number: u32, wire: WireType) -> u8 {
    debug_assert!(number < 16);
    (number << 3 | wire.code()) as u8
}

/// Writes a length-delimited field.
#[inline]
pub(crate) fn put_len(out: &mut Vec<u8>, number: u32, body: &[u8]) {
    put_len_head(out, number, body.len());
    out.extend_from_slice(body);
}

/// Writes the tag and the length of a length-delimited field.
#[inline]
pub(crate) fn put_len_head(out: &mut Vec<u8>, number: u32, len: usize) {
    if number < 16 && len < 0x80 {
        out.extend_from_slice(&[tag(number, WireType::Len), len as u8]);
    } else {
        put_tag(out, number, WireType::Len);
        put_varint(out, len as u64);
    }
}

/// The value of a 32-bit variable-length integer with its sign in the lowest bit, as the bits of a
/// 64-bit integer.
pub(crate) fn unzigzag(bits: u64) -> u64 {
    let bits = bits as u32;
    i64::from((bits >> 1) as i32 ^ -((bits & 1) as i32)) as u64
}

/// The other way round.
pub(crate) fn zigzag(bits: u64) -> u64 {
    let value = bits as i32;
    u64::from(((value << 1) ^ (value >> 31)) as u32)
}

/// Writes a scalar without its tag.
pub(crate) fn put_scalar(out: &mut Vec<u8>, coding: Coding, bits: u64) {
    match coding {
        Coding::Varint | Coding::Varint32 => put_varint(out, bits),
        Coding::ZigZag32 => put_varint(out, zigzag(bits)),
        Coding::Fixed32 => out.extend_from_slice(&(bits as u32).to_le_bytes()),
        Coding::Fixed64 | Coding::Len => out.extend_from_slice(&bits.to_le_bytes()),
    }
}

/// Writes a length-delimited field whose body `write` produces in place.
pub(crate) fn put_nested(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>)) {
    let at = begin_nested(out, number);
    write(out);
    end_nested(out, at);
}

/// Starts a length-delimited field whose body follows.
pub(crate) fn begin_nested(out: &mut Vec<u8>, number: u32) -> usize {
    put_tag(out, number, WireType::Len);
    // Most nested messages are shorter than 128 bytes, so that one byte of length is the right
    // guess; a longer one is moved.
    out.push(0);
    out.len() - 1
}

/// Ends the field that [`begin_nested`] started and gave `at` for.
pub(crate) fn end_nested(out: &mut Vec<u8>, at: usize) {
    let len = out.len() - at - 1;
    let extra = varint_len(len as u64) - 1;
    if extra > 0 {
        out.splice(at..at, std::iter::repeat_n(0, extra));
    }
    fill_varint(&mut out[at..=at + extra], len as u64);
}

/// Writes `value` as a variable-length integer into `place`, which has its length.
pub(crate) fn fill_varint(place: &mut [u8], value: u64) {
    let mut rest = value;
    for byte in place.iter_mut() {
        *byte = rest as u8 | 0x80;
        rest >>= 7;
    }
    if let Some(last) = place.last_mut() {
        *last &= 0x7f;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_of_every_length_are_read_back() {
        for shift in 0..64 {
            let value = u64::MAX >> shift;
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(out.len(), varint_len(value));
            let mut reader = Reader::new(&out, 0, out.len(), "Test");
            assert_eq!(reader.varint(), Ok(value));
            assert_eq!(reader.pos, out.len());
            assert_eq!(split_varint(&out), Some((value, out.len())));
            assert_eq!(split_varint(&out[..out.len() - 1]), None);
        }
    }

    #[test]
    fn eleven_byte_varints_are_rejected() {
        let bytes = [0xff; 11];
        let mut reader = Reader::new(&bytes, 0, 11, "Test");
        assert_eq!(
            reader.varint().unwrap_err().reason,
            DecodeReason::VarintTooLong
        );
        assert_eq!(split_varint(&bytes), None);
    }

    #[test]
    fn nested_bodies_of_every_length_class_get_their_length() {
        for len in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
            let mut out = Vec::new();
            put_nested(&mut out, 5, |out| out.resize(out.len() + len, 7));
            let mut reader = Reader::new(&out, 0, out.len(), "Test");
            let field = reader.next().unwrap().unwrap();
            assert_eq!((field.number, field.end - field.start), (5, len));
            assert!(out[field.start..field.end].iter().all(|&byte| byte == 7));
            assert_eq!(field.end, out.len());
        }
    }

    #[test]
    fn groups_are_skipped_and_must_match() {
        let good = [0x0b, 0x10, 0x01, 0x0c];
        let mut reader = Reader::new(&good, 0, 4, "Test");
        assert_eq!(reader.next().unwrap().unwrap().end, 4);
        let bad = [0x0b, 0x14];
        let mut reader = Reader::new(&bad, 0, 2, "Test");
        assert_eq!(reader.next().unwrap_err().reason, DecodeReason::Group);
    }
}

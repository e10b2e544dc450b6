//! OTLP/JSON to protobuf.
//!
//! The text is read once, as it comes, and each value written behind the field that it belongs to;
//! no tree of it is built.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::JsonError;
use crate::messages::ANY_VALUE;
use crate::schema::{Coding, FieldDesc, JsonKind, Message, Presence};
use crate::validate::MAX_VALUE_DEPTH;
use crate::wire::{begin_nested, end_nested, put_len, put_scalar, put_tag};

/// Padding is required; bits behind the last byte are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// `knows_all` says whether a field that the message does not have is an error.
pub(super) fn message(
    top: &'static Message,
    json: &[u8],
    knows_all: bool,
) -> Result<Vec<u8>, JsonError> {
    let mut writer = Writer {
        out: Vec::with_capacity(json.len() / 2),
        depth: 0,
        knows_all,
    };
    let mut text = serde_json::Deserializer::from_slice(json);
    // Nesting is limited where values nest; what is skipped is skipped without recursion.
    text.disable_recursion_limit();
    let body = Body {
        message: top,
        writer: &mut writer,
    };
    body.deserialize(&mut text)
        .and_then(|()| text.end())
        .map_err(|error| describe(&error))?;
    Ok(writer.out)
}

fn describe(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    JsonError {
        line: line.max(1),
        column,
        message: shown(text.strip_suffix(&place).unwrap_or(&text), 160),
    }
}

struct Writer {
    out: Vec<u8>,
    /// How many values the one being read is inside of.
    depth: usize,
    /// Whether a field that the message does not have is an error.
    knows_all: bool,
}

/// Reads an object, or `null`, as the body of a message.
struct Body<'w> {
    message: &'static Message,
    writer: &'w mut Writer,
}

impl<'de> DeserializeSeed<'de> for Body<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let level = usize::from(std::ptr::eq(self.message, &ANY_VALUE));
        if self.writer.depth + level > MAX_VALUE_DEPTH {
            return Err(D::Error::custom(format!(
                "values nest more than {MAX_VALUE_DEPTH} deep"
            )));
        }
        self.writer.depth += level;
        let writer = &mut *self.writer;
        deserializer.deserialize_any(Body {
            message: self.message,
            writer,
        })?;
        self.writer.depth -= level;
        Ok(())
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object that is a {}", self.message.name)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut seen = 0u32;
        // Where the last message field of a `oneof` was written.
        let mut chosen: Option<(u32, std::ops::Range<usize>)> = None;
        let key = |writer: &Writer| Key(self.message, writer.knows_all);
        while let Some(index) = object.next_key_seed(key(self.writer))? {
            let Some(desc) = index.and_then(|index| self.message.fields.get(index)) else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let bit = 1 << desc.number;
            let repeats = seen & bit != 0;
            seen |= bit;
            let start = self.writer.out.len();
            object.next_value_seed(Field {
                desc,
                // An earlier value must be overridden even by a default.
                keep_default: repeats,
                writer: self.writer,
            })?;
            if desc.presence == Presence::OneOf && matches!(desc.json_kind, JsonKind::Message(_)) {
                let mut range = start..self.writer.out.len();
                // On the wire two messages of one field would merge.
                if let Some((number, old)) = chosen
                    && number == desc.number
                {
                    range = range.start - old.len()..range.end - old.len();
                    self.writer.out.drain(old);
                }
                chosen = Some((desc.number, range));
            }
        }
        Ok(())
    }
}

/// Reads a key: the place of the field in the message, if the message has it.
struct Key(&'static Message, bool);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of a field of {}", self.0.name)
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        let Self(message, knows_all) = self;
        let is_named =
            |desc: &FieldDesc| desc.json.as_bytes() == key || is_snake_case(desc.json, key);
        let found = message.fields.iter().position(is_named);
        if found.is_none() && knows_all {
            let key = String::from_utf8_lossy(key);
            return Err(E::custom(format!("{} has no field `{key}`", message.name)));
        }
        Ok(found)
    }
}

/// Whether `key` is the name `camel` in snake_case.
fn is_snake_case(camel: &str, key: &[u8]) -> bool {
    let mut rest = key.iter();
    camel.bytes().all(|byte| {
        if byte.is_ascii_uppercase() {
            rest.next() == Some(&b'_') && rest.next() == Some(&byte.to_ascii_lowercase())
        } else {
            rest.next() == Some(&byte)
        }
    }) && rest.next().is_none()
}

/// Reads the value of a field and writes it with its tag.
struct Field<'w> {
    desc: &'static FieldDesc,
    keep_default: bool,
    writer: &'w mut Writer,
}

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.desc.repeated {
            return deserializer.deserialize_any(Elements(self));
        }
        match self.desc.json_kind {
            // In a `oneof` the name alone makes the choice, whatever the value.
            JsonKind::Message(_) | JsonKind::String if self.desc.presence == Presence::OneOf => {
                Element(self).deserialize(deserializer)
            }
            _ => deserializer.deserialize_option(self),
        }
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expecting(self.desc, f)
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Element(self).deserialize(deserializer)
    }
}

/// Reads the elements of a repeated field.
struct Elements<'w>(Field<'w>);

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array, of which each element is ")?;
        expecting(self.0.desc, f)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let Field { desc, writer, .. } = self.0;
        if let Some(coding) = desc.coding()
            && coding != Coding::Len
        {
            let at = begin_nested(&mut writer.out, desc.number);
            while let Some(bits) = array.next_element_seed(Number(desc.json_kind))? {
                put_scalar(&mut writer.out, coding, bits);
            }
            end_nested(&mut writer.out, at);
            return Ok(());
        }
        while let Some(()) = array.next_element_seed(Element(Field {
            desc,
            keep_default: true,
            writer: &mut *writer,
        }))? {}
        Ok(())
    }
}

/// Reads one value of a field, which is there even if it is `null`.
struct Element<'w>(Field<'w>);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Field {
            desc,
            keep_default,
            writer,
        } = self.0;
        let keep_default = keep_default || desc.presence != Presence::Implicit;
        match desc.json_kind {
            JsonKind::Message(message) => {
                let at = begin_nested(&mut writer.out, desc.number);
                Body { message, writer }.deserialize(deserializer)?;
                end_nested(&mut writer.out, at);
            }
            JsonKind::String | JsonKind::Bytes | JsonKind::Id(_) => {
                let bytes = deserializer.deserialize_option(Text(desc))?;
                if keep_default && !matches!(desc.json_kind, JsonKind::Id(_)) || !bytes.is_empty() {
                    put_len(&mut writer.out, desc.number, &bytes);
                }
            }
            kind => {
                let bits = Number(kind).deserialize(deserializer)?;
                if let Some(coding) = desc.coding()
                    && (keep_default || bits != 0)
                {
                    put_tag(&mut writer.out, desc.number, coding.wire());
                    put_scalar(&mut writer.out, coding, bits);
                }
            }
        }
        Ok(())
    }
}

/// Reads a string that stands for itself, for bytes, or for an id.
struct Text(&'static FieldDesc);

impl Text {
    fn decode<'t, E: Error>(&self, text: Cow<'t, [u8]>) -> Result<Cow<'t, [u8]>, E> {
        match self.0.json_kind {
            JsonKind::Bytes => BASE64
                .decode(text)
                .map(Cow::Owned)
                .map_err(|error| E::custom(format!("{} is not base64: {error}", self.0.json))),
            JsonKind::Id(len) if !text.is_empty() => hex::decode(&text)
                .ok()
                .filter(|id| id.len() == len)
                .map(Cow::Owned)
                .ok_or_else(|| {
                    let digits = 2 * len;
                    E::custom(format!(
                        "{} must have {digits} hexadecimal digits",
                        self.0.json
                    ))
                }),
            _ => Ok(text),
        }
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expecting(self.0, f)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(&[]))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }

    /// Without escapes: the bytes are those of the text.
    fn visit_borrowed_bytes<E: Error>(self, text: &'de [u8]) -> Result<Self::Value, E> {
        self.decode(Cow::Borrowed(text))
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Self::Value, E> {
        self.decode(Cow::Owned(without_surrogates(text)))
    }
}

/// Puts U+FFFD where an escape sequence was half a surrogate pair, which arrives as ED A0..BF and a
/// third byte.
fn without_surrogates(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for at in 0..out.len().saturating_sub(2) {
        if out[at] == 0xed && out[at + 1] >= 0xa0 {
            out[at..at + 3].copy_from_slice("\u{fffd}".as_bytes());
        }
    }
    out
}

/// Reads a number, boolean or enum as the bits of its field's column.
struct Number(JsonKind);

impl<'de> DeserializeSeed<'de> for Number {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Number {
    fn expected(&self) -> &'static str {
        match self.0 {
            JsonKind::Bool => "true or false",
            JsonKind::Enum(_) => "the number or name of an enum value",
            JsonKind::Double => "a number, as such or as a string",
            _ => "an integer, as a number or as a string",
        }
    }

    fn integer<E: Error>(&self, value: i128) -> Result<u64, E> {
        let fits = match self.0 {
            JsonKind::Enum(_) | JsonKind::Int32 => i32::try_from(value).is_ok(),
            JsonKind::UInt32 => u32::try_from(value).is_ok(),
            JsonKind::Int64 => i64::try_from(value).is_ok(),
            JsonKind::UInt64 => u64::try_from(value).is_ok(),
            _ => {
                let found = format!("number {value}");
                return Err(E::invalid_type(serde::de::Unexpected::Other(&found), self));
            }
        };
        if fits {
            Ok(value as u64)
        } else {
            Err(E::custom(format!("{value} is out of range")))
        }
    }
}

impl<'de> Visitor<'de> for Number {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<u64, E> {
        match self.0 {
            JsonKind::Bool => Ok(u64::from(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        match self.0 {
            JsonKind::Double => Ok((value as f64).to_bits()),
            _ => self.integer(i128::from(value)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
        match self.0 {
            JsonKind::Double => Ok((value as f64).to_bits()),
            _ => self.integer(i128::from(value)),
        }
    }

    /// An integer may be written with a fraction of zero or an exponent.
    fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
        match self.0 {
            JsonKind::Double => Ok(value.to_bits()),
            _ if value.trunc() == value && value.abs() < 1e20 => self.integer(value as i128),
            _ => Err(E::invalid_value(serde::de::Unexpected::Float(value), &self)),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<u64, E> {
        let bad = || E::custom(format!("`{}` is not {}", shown(value, 40), self.expected()));
        match self.0 {
            JsonKind::Bool => Err(bad()),
            // The reference knows one of the names only with a space behind it.
            JsonKind::Enum(names) => names
                .iter()
                .position(|&name| name == value.trim_end())
                .map(|index| index as u64)
                .ok_or_else(bad),
            JsonKind::Double => {
                let number: f64 = value.parse().map_err(|_| bad())?;
                // A number too large for a double is an error; infinity has a name.
                if number.is_infinite() && value.contains(|c: char| c.is_ascii_digit()) {
                    return Err(bad());
                }
                if number.is_nan() {
                    return Ok(GO_NAN);
                }
                Ok(number.to_bits())
            }
            _ => {
                let number: i128 = value.parse().map_err(|_| bad())?;
                self.integer(number)
            }
        }
    }
}

/// The bits of NaN as the reference makes it.
const GO_NAN: u64 = 0x7ff8_0000_0000_0001;

/// As much of a text as an error message has room for; the text may be as long as the message.
fn shown(text: &str, room: usize) -> String {
    let mut shown: String = text.chars().take(room).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn expecting(desc: &FieldDesc, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match desc.json_kind {
        JsonKind::Message(message) => write!(f, "an object that is a {}", message.name),
        JsonKind::String => f.write_str("a string"),
        JsonKind::Bytes => f.write_str("a string in base64"),
        JsonKind::Id(len) => write!(f, "a string of {} hexadecimal digits", 2 * len),
        kind => Number(kind).expecting(f),
    }
}

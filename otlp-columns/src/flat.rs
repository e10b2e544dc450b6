//! Log records with resources and scopes of their own, as the reference's transform processor makes
//! them where a configuration says `flatten_data`.
//!
//! What a record then has above it is less than what it had: of a resource the attributes, of a scope
//! the name, the version, the attributes and the schema. The counts of dropped attributes, the schema
//! and the entities of a resource, and resources and scopes without records are left out. Fields that
//! OTLP does not know stay where they are, and so does what has them.
//!
//! [`bare`] leaves out what there will not be. A batch with such a message gives each record its own
//! with [`Batch::separate`](crate::Batch::separate) and [`Separation::Flat`](crate::Separation::Flat),
//! which takes little memory.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::messages;
use crate::schema::{Field, Kind, Level, Message, Shape, Signal};
use crate::validate::{check_size, validate};
use crate::wire::{Reader, WireType, put_nested};

/// The field with the resources of a message, the scopes of a resource, the records of a scope.
const RESOURCES: u32 = 1;
const SCOPES: u32 = 2;

/// Whether records have a field above them.
pub(crate) fn keeps(field: Field) -> bool {
    matches!(
        field,
        Field::ScopeName | Field::ScopeVersion | Field::ScopeSchemaUrl
    )
}

/// The logs in `message` with just what there is above records once each has its own. What is bare
/// already comes back as it is.
///
/// # Errors
/// When the bytes are not a well-formed message of logs, as far as that is looked at: what is bare
/// already may be malformed elsewhere.
pub fn bare(message: &Bytes) -> Result<Bytes, DecodeError> {
    let logs = Logs::of(message)?;
    if logs.is_bare {
        return Ok(message.clone());
    }
    // What is left out is not read again.
    validate(messages::top(Signal::Logs), message, 0, message.len(), 0)?;
    let mut out = Vec::with_capacity(message.len());
    for resource in &logs.resources {
        put_nested(&mut out, RESOURCES, |out| {
            out.extend_from_slice(&resource.around);
            for scope in &resource.scopes {
                put_nested(out, SCOPES, |out| {
                    out.extend_from_slice(&scope.around);
                    for &(head, end) in &scope.below {
                        out.extend_from_slice(&message[head..end]);
                    }
                });
            }
        });
    }
    out.extend_from_slice(&logs.around);
    Ok(out.into())
}

/// The parts of a message of logs, without what there is not to be.
struct Logs {
    resources: Vec<Resource>,
    around: Vec<u8>,
    /// Whether nothing was left out.
    is_bare: bool,
}

struct Resource {
    around: Vec<u8>,
    scopes: Vec<Scope>,
}

/// A scope with its records, from tag to end.
type Scope = Parts;

/// A message with rows below, taken apart.
#[derive(Default)]
struct Parts {
    /// What stays beside the rows below.
    around: Vec<u8>,
    /// Where the rows below are, from tag to end.
    below: Vec<(usize, usize)>,
    /// Where their messages are.
    inside: Vec<(usize, usize)>,
    /// Whether something was left out.
    is_less: bool,
    /// Whether there is a field that OTLP does not know.
    has_unknown: bool,
}

impl Logs {
    fn of(input: &[u8]) -> Result<Self, DecodeError> {
        let top = messages::top(Signal::Logs);
        check_size(input, top)?;
        let row = |level| messages::row(Signal::Logs, level, Shape::None);
        let whole = Parts::of(input, top, 0, input.len())?;
        let mut logs = Self {
            resources: Vec::with_capacity(whole.inside.len()),
            around: whole.around,
            is_bare: !whole.is_less,
        };
        for (start, end) in whole.inside {
            let parts = Parts::of(input, row(Level::Resource), start, end)?;
            logs.is_bare &= !parts.is_less;
            let mut resource = Resource {
                around: parts.around,
                scopes: Vec::with_capacity(parts.inside.len()),
            };
            for (start, end) in parts.inside {
                let scope = Parts::of(input, row(Level::Scope), start, end)?;
                logs.is_bare &= !scope.is_less;
                if scope.below.is_empty() && !scope.has_unknown {
                    logs.is_bare = false;
                } else {
                    resource.scopes.push(scope);
                }
            }
            if resource.scopes.is_empty() && !parts.has_unknown {
                logs.is_bare = false;
            } else {
                logs.resources.push(resource);
            }
        }
        Ok(logs)
    }
}

impl Parts {
    fn of(
        input: &[u8],
        message: &'static Message,
        start: usize,
        end: usize,
    ) -> Result<Self, DecodeError> {
        let mut parts = Self::default();
        let mut around = Vec::new();
        parts.read(input, message, (start, end), &mut around)?;
        parts.around = around;
        Ok(parts)
    }

    /// Reads the message at `input[start..end]`, and writes to `out` what stays of it beside rows.
    fn read(
        &mut self,
        input: &[u8],
        message: &'static Message,
        (start, end): (usize, usize),
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let mut reader = Reader::new(input, start, end, message.name);
        while let Some(field) = reader.next()? {
            let is_message = field.wire == WireType::Len;
            let stays = match message.field(field.number).map(|desc| desc.kind) {
                Some(Kind::Rows(..)) if is_message => {
                    self.below.push((field.head, field.end));
                    self.inside.push((field.start, field.end));
                    continue;
                }
                Some(Kind::Inline(inner)) if is_message => {
                    let mut inside = Vec::new();
                    self.read(input, inner, (field.start, field.end), &mut inside)?;
                    put_nested(out, field.number, |out| out.extend_from_slice(&inside));
                    continue;
                }
                Some(Kind::Column(to, _)) => keeps(to),
                Some(Kind::Attribute(_)) => true,
                Some(_) => false,
                None => {
                    self.has_unknown = true;
                    true
                }
            };
            self.is_less |= !stays;
            if stays {
                out.extend_from_slice(&input[field.head..field.end]);
            }
        }
        Ok(())
    }
}

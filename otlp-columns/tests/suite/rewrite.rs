//! The same message in other bytes: fields in another order, in parts, among unknown ones.

use otlp_columns::Signal;

/// A message type, as far as rewriting needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Top(Signal),
    Resources(Signal),
    Scopes(Signal),
    Resource,
    Scope,
    EntityRef,
    Span,
    Event,
    Link,
    Status,
    Log,
    Metric,
    Data(u32),
    Point(u32),
    Exemplar,
    Quantile,
    Buckets,
    KeyValue,
    Any,
    Array,
    Map,
}

/// What a field holds.
enum Child {
    Scalar,
    /// Repeated scalars of 8 bytes each.
    Fixed,
    One(Type),
    Many(Type),
}

impl Type {
    fn child(self, number: u32) -> Child {
        use Child::{Fixed, Many, One, Scalar};
        use Signal::{Logs, Metrics, Traces};
        match (self, number) {
            (Self::Top(signal), 1) => Many(Self::Resources(signal)),
            (Self::Resources(_), 1) => One(Self::Resource),
            (Self::Resources(signal), 2) => Many(Self::Scopes(signal)),
            (Self::Scopes(_), 1) => One(Self::Scope),
            (Self::Scopes(Traces), 2) => Many(Self::Span),
            (Self::Scopes(Logs), 2) => Many(Self::Log),
            (Self::Scopes(Metrics), 2) => Many(Self::Metric),
            (Self::Resource, 3) => Many(Self::EntityRef),
            (Self::Span, 11) => Many(Self::Event),
            (Self::Span, 13) => Many(Self::Link),
            (Self::Span, 15) => One(Self::Status),
            (Self::Log, 5) | (Self::KeyValue, 2) => One(Self::Any),
            (Self::Metric, 5 | 7 | 9 | 10 | 11) => One(Self::Data(number)),
            (Self::Data(kind), 1) => Many(Self::Point(kind)),
            (Self::Point(5 | 7), 5) | (Self::Point(9), 8) | (Self::Point(10), 11) => {
                Many(Self::Exemplar)
            }
            (Self::Point(9), 6 | 7) => Fixed,
            (Self::Point(10), 8 | 9) => One(Self::Buckets),
            (Self::Point(11), 6) => Many(Self::Quantile),
            (Self::Resource | Self::Point(10), 1)
            | (Self::Scope | Self::Event, 3)
            | (Self::Span, 9)
            | (Self::Link, 4)
            | (Self::Log, 6)
            | (Self::Metric, 12)
            | (Self::Point(5 | 7 | 11) | Self::Exemplar, 7)
            | (Self::Point(9), 9)
            | (Self::Map, 1) => Many(Self::KeyValue),
            (Self::Array, 1) => Many(Self::Any),
            (Self::Any, 5) => One(Self::Array),
            (Self::Any, 6) => One(Self::Map),
            _ => Scalar,
        }
    }

    /// Whether an empty message of the type means nothing where it is singular.
    fn is_transparent(self) -> bool {
        matches!(
            self,
            Self::Resource | Self::Scope | Self::Status | Self::Buckets | Self::Any
        )
    }
}

/// A field with its tag; a length-delimited one without tag and length.
struct Found<'a> {
    number: u32,
    wire: u8,
    value: &'a [u8],
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a varint");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The fields of a well-formed message in which groups are those that [`rewrite`] adds.
fn parse(mut bytes: &[u8]) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let before = bytes;
        let len = match tag & 7 {
            0 => {
                varint(&mut bytes);
                before.len() - bytes.len()
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            3 => GROUP,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let start = if tag & 7 == 0 { before } else { bytes };
        let (value, rest) = start.split_at(len);
        bytes = rest;
        found.push(Found {
            number: (tag >> 3) as u32,
            wire: (tag & 7) as u8,
            value,
        });
    }
    found
}

fn put(out: &mut Vec<u8>, field: &Found<'_>) {
    put_varint(out, u64::from(field.number) << 3 | u64::from(field.wire));
    if field.wire == 2 {
        put_varint(out, field.value.len() as u64);
    }
    out.extend_from_slice(field.value);
}

/// How a message is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// Fields of higher numbers first, as some writers do.
    pub(crate) reversed: bool,
    /// Singular messages in two parts, the first before all else and the second behind it.
    pub(crate) split: bool,
    /// Repeated scalars each with a tag.
    pub(crate) unpacked: bool,
    /// Unknown fields in every message: a number, a string and a group.
    pub(crate) unknown: bool,
}

/// Number of the first of three fields that no message has.
const UNKNOWN: u32 = 1000;

/// Bytes of the group's body and end.
const GROUP: usize = 4;

/// Writes a message of type `kind` in another style.
pub(crate) fn rewrite(bytes: &[u8], kind: Type, style: Style) -> Vec<u8> {
    let mut fields = parse(bytes);
    if style.reversed {
        fields.sort_by_key(|field| std::cmp::Reverse(field.number));
    }
    let mut out = Vec::new();
    let mut behind = Vec::new();
    if style.unknown {
        let number = UNKNOWN;
        put(
            &mut out,
            &Found {
                number,
                wire: 0,
                value: &[7],
            },
        );
        put(
            &mut out,
            &Found {
                number: number + 1,
                wire: 2,
                value: b"unknown",
            },
        );
        // The group has one field and ends with its own number.
        let mut group = vec![0x08, 0x01];
        put_varint(&mut group, u64::from(number + 2) << 3 | 4);
        assert_eq!(group.len(), GROUP);
        put(
            &mut behind,
            &Found {
                number: number + 2,
                wire: 3,
                value: &group,
            },
        );
    }
    for field in &fields {
        match kind.child(field.number) {
            Child::Fixed if style.unpacked && field.wire == 2 => {
                for value in field.value.chunks(8) {
                    put(
                        &mut out,
                        &Found {
                            wire: 1,
                            value,
                            ..*field
                        },
                    );
                }
            }
            Child::One(inner) => {
                let body = rewrite(field.value, inner, style);
                let (first, second) = halves(&body, style.split && inner.is_transparent());
                put(
                    &mut out,
                    &Found {
                        value: &first,
                        ..*field
                    },
                );
                if let Some(second) = second {
                    put(
                        &mut behind,
                        &Found {
                            value: &second,
                            ..*field
                        },
                    );
                }
            }
            Child::Many(inner) => {
                let body = rewrite(field.value, inner, style);
                put(
                    &mut out,
                    &Found {
                        value: &body,
                        ..*field
                    },
                );
            }
            Child::Fixed | Child::Scalar => put(&mut out, field),
        }
    }
    out.extend_from_slice(&behind);
    out
}

fn halves(body: &[u8], split: bool) -> (Vec<u8>, Option<Vec<u8>>) {
    if !split {
        return (body.to_vec(), None);
    }
    let fields = scan(body);
    let half = fields.len() / 2;
    (fields[..half].concat(), Some(fields[half..].concat()))
}

/// Each field as its bytes, groups included.
fn scan(body: &[u8]) -> Vec<&[u8]> {
    let mut rest = body;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let before = rest;
        let tag = varint(&mut rest);
        match tag & 7 {
            0 => {
                varint(&mut rest);
            }
            1 => rest = &rest[8..],
            2 => {
                let len = varint(&mut rest) as usize;
                rest = &rest[len..];
            }
            3 => rest = &rest[GROUP..],
            _ => rest = &rest[4..],
        }
        fields.push(&before[..before.len() - rest.len()]);
    }
    fields
}

/// How many unknown fields the messages of all levels have.
pub(crate) fn unknown_fields(bytes: &[u8], kind: Type) -> usize {
    let mut count = 0;
    for field in scan(bytes) {
        let mut rest = field;
        let tag = varint(&mut rest);
        let number = (tag >> 3) as u32;
        if (UNKNOWN..UNKNOWN + 3).contains(&number) {
            count += 1;
        } else if let Child::One(inner) | Child::Many(inner) = kind.child(number) {
            varint(&mut rest);
            count += unknown_fields(rest, inner);
        }
    }
    count
}

/// The message in a form in which two messages that mean the same are equal: attributes sorted,
/// empty singular messages left out. The bytes must be as prost writes them.
pub(crate) fn canonical(bytes: &[u8], kind: Type) -> Vec<u8> {
    let mut fields: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut sorted: Vec<(u32, Vec<u8>)> = Vec::new();
    for field in parse(bytes) {
        let mut written = Vec::new();
        match kind.child(field.number) {
            Child::One(inner) => {
                let value = &canonical(field.value, inner);
                if value.is_empty() && inner.is_transparent() {
                    continue;
                }
                put(&mut written, &Found { value, ..field });
            }
            Child::Many(inner) => {
                let value = &canonical(field.value, inner);
                put(&mut written, &Found { value, ..field });
                if inner == Type::KeyValue {
                    sorted.push((field.number, written));
                    continue;
                }
            }
            Child::Fixed | Child::Scalar => put(&mut written, &field),
        }
        fields.push((field.number, written));
    }
    sorted.sort();
    fields.extend(sorted);
    fields.into_iter().flat_map(|(_, bytes)| bytes).collect()
}

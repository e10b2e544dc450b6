//! What the pass does with each field of each message, settled once before it begins.
//!
//! Nearly every field has a tag of one byte, so that a table by that byte says at once what is to be
//! done, the check of the wire type included. What is rare has no step of its own.

use std::ptr;

use crate::messages::{self, ANY_VALUE, KEY_VALUE};
use crate::projection::Projection;
use crate::schema::{Coding, Field, FieldDesc, Kind, Level, Message, Signal, Storage};
use crate::wire::WireType;

/// Tags of one byte.
const TAGS: usize = 0x80;

/// What is done with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What is rare: its description says it.
    Look,
    /// Passed over, by its wire type.
    Varint,
    /// Passed over.
    Fixed64,
    /// Passed over.
    Fixed32,
    /// Passed over.
    Len,
    /// A column's value.
    Column(Field, Coding),
    /// The number of a point: kind column, bits column, 1 or 2.
    Number(Field, Field, u8),
    /// An attribute of the row.
    Attribute,
    /// An attribute that only has to be well formed.
    PlainAttribute,
    /// A message of the same row.
    Inline(PlanId),
    /// A message that only has to be well formed.
    Check(PlanId),
    /// A row of a level below.
    Row(Level, PlanId),
}

/// A plan's place in [`Plans`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlanId(u8);

/// What is done with the fields of one message.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) message: &'static Message,
    steps: [Step; TAGS],
}

impl Plan {
    /// What is done with the field whose tag begins with a byte.
    #[inline(always)]
    pub(super) fn step(&self, tag: u8) -> Step {
        if tag < 0x80 {
            self.steps[usize::from(tag)]
        } else {
            Step::Look
        }
    }
}

/// The plans of a signal's messages.
#[derive(Debug)]
pub(super) struct Plans {
    list: Vec<Plan>,
}

/// What the steps of a pass depend on.
struct Wanted<'a> {
    projection: &'a Projection,
    /// Whether what is not indexed has to be well formed.
    validate: bool,
    /// The levels whose maps are looked at, one bit each.
    maps: u32,
}

impl Plans {
    /// Plans for the messages of a signal; the first is that of the message at the top.
    pub(super) fn new(signal: Signal, projection: &Projection, validate: bool) -> Self {
        let is_used = |map: &_| projection.map(*map).is_some();
        let maps = super::MAPS.into_iter().filter(is_used);
        let wanted = Wanted {
            projection,
            validate,
            maps: maps.fold(0, |bits, map| bits | 1 << map.level() as u32),
        };
        let mut plans = Self { list: Vec::new() };
        plans.add(messages::top(signal), &wanted);
        plans
    }

    /// The plan of the message at the top.
    pub(super) fn top(&self) -> &Plan {
        &self.list[0]
    }

    #[inline(always)]
    pub(super) fn get(&self, id: PlanId) -> &Plan {
        &self.list[usize::from(id.0)]
    }

    /// The plan of a message that was reached from one that has a plan.
    pub(super) fn of(&self, message: &'static Message) -> &Plan {
        let found = self.list.iter().find(|plan| ptr::eq(plan.message, message));
        found.unwrap_or_else(|| self.top())
    }

    fn add(&mut self, message: &'static Message, wanted: &Wanted<'_>) -> PlanId {
        let known = self
            .list
            .iter()
            .position(|plan| ptr::eq(plan.message, message));
        if let Some(known) = known {
            return PlanId(known as u8);
        }
        let id = PlanId(self.list.len() as u8);
        self.list.push(Plan {
            message,
            steps: passing(),
        });
        for desc in message.fields {
            let step = self.plan(desc, wanted);
            let plan = &mut self.list[usize::from(id.0)];
            for wire in 0..8 {
                if let Some(at) = plan.steps.get_mut((desc.number << 3 | wire) as usize) {
                    // Another wire type than the field's is an error, or an element of many.
                    *at = if wire == desc.wire.code() {
                        step
                    } else {
                        Step::Look
                    };
                }
            }
        }
        id
    }

    fn plan(&mut self, desc: &'static FieldDesc, wanted: &Wanted<'_>) -> Step {
        match desc.kind {
            Kind::Column(field, coding) if wanted.has(field) => Step::Column(field, coding),
            Kind::Number(kind, bits, tag) if wanted.has(kind) || wanted.has(bits) => {
                Step::Number(kind, bits, tag as u8)
            }
            Kind::Column(..) | Kind::Number(..) | Kind::Plain(_) => pass(desc.wire),
            Kind::Packed(_) | Kind::Any => Step::Look,
            Kind::Attribute(map) if wanted.maps >> map.level() as u32 & 1 == 1 => Step::Attribute,
            Kind::Attribute(_) | Kind::PlainAttribute if wanted.validate => Step::PlainAttribute,
            Kind::Attribute(_) | Kind::PlainAttribute => Step::Len,
            Kind::RawMessage(inner) => self.check(inner, wanted),
            Kind::Rows(level, inner) if level > wanted.projection.depth() => {
                self.check(inner, wanted)
            }
            Kind::Inline(inner) => Step::Inline(self.add(inner, wanted)),
            Kind::Rows(level, inner) => Step::Row(level, self.add(inner, wanted)),
            Kind::Data(_, inner) => {
                self.add(inner, wanted);
                Step::Look
            }
        }
    }

    /// What is done with a message that is not indexed.
    fn check(&mut self, message: &'static Message, wanted: &Wanted<'_>) -> Step {
        if !wanted.validate {
            return Step::Len;
        }
        if ptr::eq(message, &KEY_VALUE) || ptr::eq(message, &ANY_VALUE) {
            return Step::Look;
        }
        Step::Check(self.add(message, wanted))
    }
}

impl Wanted<'_> {
    fn has(&self, field: Field) -> bool {
        self.projection.has(field) && field.storage() != Storage::Raw
    }
}

/// The steps of a message without known fields.
fn passing() -> [Step; TAGS] {
    let mut steps = [Step::Look; TAGS];
    // There is no field 0.
    for (tag, step) in steps.iter_mut().enumerate().skip(1 << 3) {
        *step = match tag as u32 & 7 {
            0 => pass(WireType::Varint),
            1 => pass(WireType::Fixed64),
            2 => pass(WireType::Len),
            5 => pass(WireType::Fixed32),
            _ => Step::Look,
        };
    }
    steps
}

fn pass(wire: WireType) -> Step {
    match wire {
        WireType::Varint => Step::Varint,
        WireType::Fixed64 => Step::Fixed64,
        WireType::Len => Step::Len,
        WireType::StartGroup => Step::Look,
        WireType::Fixed32 => Step::Fixed32,
    }
}

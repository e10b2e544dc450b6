//! Writing a value that holds the place it is written to, or that is part of a list of such values.
//!
//! The reference has no snapshots: a map that a path gives is the map itself, and it is copied while
//! the copy is already part of it. What the copy sees of itself depends on the order of the writes
//! and on whether the old elements are overwritten in place. So the way from the item to the place
//! is taken apart here into elements and the lists and maps over them, as the reference keeps them,
//! and the same writes are done one by one.
//!
//! Only the lists and maps on the way can change; everything beside it stays a [`Value`].

mod world;

use otlp_columns::{Batch, Heap, ListKind, MapField, MapKind, Value};

use self::world::{Content, ROOT, World};
use super::coding::not_indexable_body;
use super::keys::{map_key, with_key};
use super::{Keys, Position, get, set};
use crate::ExecError;
use crate::path::{Access, PathDef};
use crate::types::type_name;

/// What a value may be or contain that holds the place it is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holders {
    /// Bit `n` is set for what the first `n` keys of the path lead to; those keys are literal.
    pub keys: u32,
    /// Where the value is a list, bit `n` is set for an element `n` that may be or contain a holder;
    /// [`Self::LAST`] stands for all elements behind it, too.
    pub elements: u64,
}

impl Holders {
    /// The last bit for elements.
    pub const LAST: usize = 63;
}

/// Writes a value that may hold its own place, and tells whether anything changed.
///
/// # Errors
/// As [`set`].
pub fn set_within(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    (value, among): (Value, Holders),
) -> Result<bool, ExecError> {
    let mut known = Vec::new();
    if matches!(value, Value::Map(MapKind::Map, _) | Value::List(..)) {
        for depth in (0..keys.len().min(32)).filter(|depth| among.keys >> depth & 1 == 1) {
            let holder = get(batch, def, keys.prefix(depth), position);
            known.push((depth, holder.unwrap_or_default()));
        }
    }
    let written = Written::new(batch.heap_mut(), value, &known, among.elements);
    if !written.has_holder() {
        return set(batch, def, keys, position, value);
    }
    change(batch, def, keys, position, |world, heap, keys| {
        let place = world.descend(heap, keys)?;
        world.store(heap, place, &written)
    })
}

/// Merges what the first `depth` keys of a path lead to into the map at its end, which is part of
/// it, and tells whether anything changed. `wanted` says so of the entries whose key the map has and
/// of those whose key it has not; with `empties` a place is emptied before it is written.
///
/// # Errors
/// As [`set`].
pub fn merge_within(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    depth: usize,
    (wanted, empties): (impl Fn(bool) -> bool, bool),
) -> Result<bool, ExecError> {
    match get(batch, def, keys, position)? {
        Value::Map(..) => {}
        other => return Err(ExecError::expected("map", type_name(other))),
    }
    change(batch, def, keys, position, |world, heap, keys| {
        let place = world.descend(heap, keys)?;
        world.expand(heap, place)?;
        match (world.slot(place).content, world.holders.get(depth)) {
            (Content::Map(target), Some(&source)) => {
                world.merge(heap, target, source, &wanted, empties)
            }
            _ => Ok(()),
        }
    })
}

/// A value that is written, with the holders in it.
enum Written {
    /// No holder.
    Plain(Value),
    /// The map at this depth.
    Map(usize),
    /// The list at this depth.
    Slice(usize),
    /// A list literal.
    Elements(Vec<Written>),
}

impl Written {
    /// Finds what is `known` in a value, but for the elements that `elements` leaves out.
    fn new(heap: &mut Heap, value: Value, known: &[(usize, Value)], elements: u64) -> Self {
        let find = |heap: &mut Heap| {
            let mut known = known.iter();
            known.find_map(|(depth, holder)| identical(heap, *holder, value).then_some(*depth))
        };
        match value {
            Value::List(ListKind::Any, range) => {
                let element = |at: usize| {
                    let known = match elements >> at.min(Holders::LAST) & 1 {
                        0 => &[],
                        _ => known,
                    };
                    let element = heap.list(range)[at];
                    Self::new(heap, element, known, u64::MAX)
                };
                Self::Elements((0..range.len as usize).map(element).collect())
            }
            Value::Map(MapKind::Map, _) => match find(heap) {
                Some(depth) => Self::Map(depth),
                None => Self::Plain(value),
            },
            Value::List(ListKind::Slice, _) => match find(heap) {
                Some(depth) => Self::Slice(depth),
                None => Self::Plain(value),
            },
            _ => Self::Plain(value),
        }
    }

    fn has_holder(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Map(_) | Self::Slice(_) => true,
            Self::Elements(elements) => elements.iter().any(Self::has_holder),
        }
    }
}

/// Whether two values have the same parts in the same order, to the bit. Where the run is stopped
/// meanwhile it may say no of such, too.
fn identical(heap: &mut Heap, left: Value, right: Value) -> bool {
    let (left, right) = (heap.resolve(left), heap.resolve(right));
    match (left, right) {
        (Value::Map(_, left), Value::Map(_, right)) => {
            left == right
                || left.len == right.len
                    && heap.meter().spend(left.len.into())
                    && (0..left.len as usize).all(|at| {
                        let (left, right) = (heap.map(left)[at], heap.map(right)[at]);
                        heap.bytes(left.key) == heap.bytes(right.key)
                            && identical(heap, left.value, right.value)
                    })
        }
        (Value::List(_, left), Value::List(_, right)) => {
            left == right
                || left.len == right.len
                    && heap.meter().spend(left.len.into())
                    && (0..left.len as usize).all(|at| {
                        let (left, right) = (heap.list(left)[at], heap.list(right)[at]);
                        identical(heap, left, right)
                    })
        }
        (Value::Str(left), Value::Str(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            heap.bytes(left) == heap.bytes(right)
        }
        (Value::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
        _ => left == right,
    }
}

/// Does something to the value that holds a place, and writes it back.
fn change(
    batch: &mut Batch,
    def: &PathDef,
    keys: Keys<'_>,
    position: Position,
    then: impl FnOnce(&mut World, &mut Heap, Keys<'_>) -> Result<(), ExecError>,
) -> Result<bool, ExecError> {
    let row = position.row_of(batch, def.access.level());
    match def.access {
        Access::Map(map) => change_entry(batch, map, keys, row, then),
        Access::Body => {
            let body = batch.body(row);
            let body = batch.heap_mut().resolve(body);
            if !matches!(body, Value::Map(..) | Value::List(..)) {
                return Err(not_indexable_body(body));
            }
            let mut world = World::new(body);
            let outcome = then(&mut world, batch.heap_mut(), keys);
            let new = world.unload(batch.heap_mut(), 1)?;
            let changed = !identical(batch.heap_mut(), body, new) && batch.set_body(row, new);
            outcome.map(|()| changed)
        }
        _ => Err(ExecError::new("The path has no keys.")),
    }
}

fn change_entry(
    batch: &mut Batch,
    map: MapField,
    keys: Keys<'_>,
    row: usize,
    then: impl FnOnce(&mut World, &mut Heap, Keys<'_>) -> Result<(), ExecError>,
) -> Result<bool, ExecError> {
    let Some((first, rest)) = keys.split_first() else {
        return Err(ExecError::new("The path has no keys."));
    };
    with_key(batch, map_key(first)?, |batch, key| {
        let old = batch.map_get(map, row, key);
        // The map of the item is a holder only where the program reads all of it.
        let mut world = match batch.is_keyed(map) {
            true => {
                let mut world = World::new(old.unwrap_or_default());
                // Nobody asks for it, but those behind it count from here.
                world.holders.push(usize::MAX);
                world
            }
            false => {
                let range = batch.map(map, row);
                let mut world = World::new(Value::Map(MapKind::Map, range));
                world.start = world.enter(batch.heap_mut(), ROOT, keys)?;
                world
            }
        };
        let outcome = then(&mut world, batch.heap_mut(), rest);
        let new = world.unload(batch.heap_mut(), 1)?;
        let changed = old.is_none_or(|old| !identical(batch.heap_mut(), old, new))
            && batch.map_set(map, row, key, new);
        outcome.map(|()| changed)
    })
}

//! The way to a place, taken apart as the reference keeps it: arrays of slots, and the lists and maps
//! over them.

use std::collections::HashMap;

use otlp_columns::{Entry, Heap, ListKind, MapKind, Slice, Value};

use super::Written;
use crate::ExecError;
use crate::access::Keys;
use crate::access::keys::{MapKey, list_index, map_key};
use crate::access::store::{MAX_STORED_VALUES, assign, check_size, too_large};
use crate::limits::spend;

/// An element of a list, an entry of a map, or the body.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    key: Slice,
    pub(super) content: Content,
    /// The bytes of an entry that did not change.
    raw: Slice,
}

impl Slot {
    const EMPTY: Self = Self {
        key: Slice::EMPTY,
        content: Content::Whole(Value::Nil),
        raw: Slice::EMPTY,
    };
}

#[derive(Clone, Copy)]
pub(super) enum Content {
    /// What is not on the way to the place.
    Whole(Value),
    /// A map on the way, or a copy of one, by the index of its container.
    Map(usize),
    /// The same of a list.
    List(usize),
}

/// A list or map: so many of an array's slots are in use.
#[derive(Clone, Copy)]
struct Container {
    array: usize,
    len: usize,
}

/// Where a slot is: in which array, and where there.
pub(super) type Place = (usize, usize);

/// The way to a place, taken apart.
pub(super) struct World {
    arrays: Vec<Vec<Slot>>,
    containers: Vec<Container>,
    /// The containers on the way, outermost first.
    pub(super) holders: Vec<usize>,
    /// The slot that is written back.
    pub(super) start: Place,
    /// How many more slots there may be, and whether that was not enough.
    left: usize,
    is_full: bool,
}

/// Where the only slot of the outermost value is.
pub(super) const ROOT: Place = (0, 0);

impl World {
    pub(super) fn new(root: Value) -> Self {
        let content = Content::Whole(root);
        Self {
            arrays: vec![vec![Slot {
                content,
                ..Slot::EMPTY
            }]],
            containers: Vec::new(),
            holders: Vec::new(),
            start: ROOT,
            left: MAX_STORED_VALUES,
            is_full: false,
        }
    }

    pub(super) fn slot(&self, place: Place) -> Slot {
        self.arrays[place.0][place.1]
    }

    fn put(&mut self, place: Place, content: Content) {
        let slot = &mut self.arrays[place.0][place.1];
        slot.content = content;
        slot.raw = Slice::EMPTY;
    }

    /// A container whose array has so many slots, none of them in use.
    fn container(&mut self, heap: &Heap, capacity: usize) -> Result<usize, ExecError> {
        let array = self.array(heap, capacity)?;
        self.containers.push(Container { array, len: 0 });
        Ok(self.containers.len() - 1)
    }

    fn array(&mut self, heap: &Heap, capacity: usize) -> Result<usize, ExecError> {
        let Some(left) = self.left.checked_sub(capacity) else {
            self.is_full = true;
            return Err(too_large());
        };
        spend(heap.meter(), capacity as u64)?;
        self.left = left;
        self.arrays.push(vec![Slot::EMPTY; capacity]);
        Ok(self.arrays.len() - 1)
    }
}

/// A key that is looked up in a table, which costs more the longer it is.
fn looked_up(heap: &Heap, key: Slice) -> Result<&[u8], ExecError> {
    spend(heap.meter(), 1 + u64::from(key.len) / 64)?;
    Ok(heap.bytes(key))
}

/// What the reference's paths, copies and functions do to a way.
impl World {
    /// Follows keys from the start, and makes what is missing.
    pub(super) fn descend(&mut self, heap: &mut Heap, keys: Keys<'_>) -> Result<Place, ExecError> {
        let (mut place, mut keys) = (self.start, keys);
        while let Some((_, rest)) = keys.split_first() {
            place = self.enter(heap, place, keys)?;
            keys = rest;
        }
        Ok(place)
    }

    /// Follows the first key from a place.
    pub(super) fn enter(
        &mut self,
        heap: &mut Heap,
        place: Place,
        keys: Keys<'_>,
    ) -> Result<Place, ExecError> {
        let Some((key, _)) = keys.split_first() else {
            return Ok(place);
        };
        self.expand(heap, place)?;
        match self.slot(place).content {
            Content::Map(map) => {
                self.holders.push(map);
                let key = match map_key(key)? {
                    MapKey::Literal(key) => key.to_vec(),
                    MapKey::Heap(slice) => heap.bytes(slice).to_vec(),
                };
                match self.find(heap, map, &key) {
                    Some(place) => Ok(place),
                    None => {
                        let key = heap.alloc(&key);
                        self.push(heap, map, key)
                    }
                }
            }
            Content::List(list) => {
                self.holders.push(list);
                let Container { array, len } = self.containers[list];
                Ok((array, list_index(key, len)?))
            }
            Content::Whole(value) => {
                let (made, outcome) = assign(heap, value, keys.first(), Value::Nil);
                outcome?;
                self.put(place, Content::Whole(made));
                self.enter(heap, place, keys)
            }
        }
    }

    /// Takes a list or map apart into its elements.
    pub(super) fn expand(&mut self, heap: &mut Heap, place: Place) -> Result<(), ExecError> {
        let Content::Whole(value) = self.slot(place).content else {
            return Ok(());
        };
        let is_read = matches!(value, Value::Wire(_));
        let (slots, is_read): (Vec<Slot>, bool) = match heap.resolve(value) {
            Value::Map(_, range) => {
                let entries = heap.map(range);
                let slots = entries.iter().map(|entry| Slot {
                    key: entry.key,
                    content: Content::Whole(entry.value),
                    raw: entry.raw,
                });
                let is_read = is_read || entries.iter().any(|entry| entry.raw != Slice::EMPTY);
                (slots.collect(), is_read)
            }
            Value::List(_, range) => {
                let slots = heap.list(range).iter().map(|&element| Slot {
                    content: Content::Whole(element),
                    ..Slot::EMPTY
                });
                (slots.collect(), is_read)
            }
            _ => return Ok(()),
        };
        // Reading a message appends element by element, which leaves room for more; a copy does not.
        let capacity = match is_read && !slots.is_empty() {
            true => slots.len().next_power_of_two(),
            false => slots.len(),
        };
        let container = self.container(heap, capacity)?;
        let Container { array, .. } = self.containers[container];
        self.arrays[array][..slots.len()].copy_from_slice(&slots);
        self.containers[container].len = slots.len();
        let content = match heap.resolve(value) {
            Value::Map(..) => Content::Map(container),
            _ => Content::List(container),
        };
        self.put(place, content);
        Ok(())
    }

    fn find(&self, heap: &Heap, map: usize, key: &[u8]) -> Option<Place> {
        let Container { array, len } = self.containers[map];
        let mut slots = self.arrays[array][..len].iter();
        let at = slots.position(|slot| heap.bytes(slot.key) == key)?;
        Some((array, at))
    }

    /// Appends an empty entry to a map.
    fn push(&mut self, heap: &Heap, map: usize, key: Slice) -> Result<Place, ExecError> {
        let Container { array, len } = self.containers[map];
        if len == self.arrays[array].len() {
            let larger = self.array(heap, (2 * len).max(1))?;
            let slots = self.arrays[array].clone();
            self.arrays[larger][..len].copy_from_slice(&slots);
            self.containers[map].array = larger;
        }
        let container = &mut self.containers[map];
        container.len += 1;
        let place = (container.array, len);
        self.arrays[place.0][place.1] = Slot { key, ..Slot::EMPTY };
        Ok(place)
    }

    /// Writes a value to a place.
    pub(super) fn store(
        &mut self,
        heap: &mut Heap,
        place: Place,
        written: &Written,
    ) -> Result<(), ExecError> {
        let (depth, is_map) = match written {
            Written::Plain(value) => return self.store_plain(heap, place, *value),
            Written::Elements(elements) => return self.store_elements(heap, place, elements),
            Written::Map(depth) => (*depth, true),
            Written::Slice(depth) => (*depth, false),
        };
        let Some(&source) = self.holders.get(depth) else {
            return Ok(());
        };
        self.expand(heap, place)?;
        let target = match self.slot(place).content {
            Content::Map(map) if is_map => map,
            Content::List(list) if !is_map => list,
            _ => {
                let made = self.container(heap, 0)?;
                let content = if is_map { Content::Map } else { Content::List };
                self.put(place, content(made));
                made
            }
        };
        self.copy_all(heap, source, target)
    }

    fn store_plain(
        &mut self,
        heap: &mut Heap,
        place: Place,
        value: Value,
    ) -> Result<(), ExecError> {
        let old = match self.slot(place).content {
            Content::Whole(old) => old,
            Content::Map(_) | Content::List(_) => Value::Nil,
        };
        let (new, outcome) = assign(heap, old, Keys::new(&[], &[]), value);
        if outcome.is_ok() {
            self.put(place, Content::Whole(new));
        }
        outcome
    }

    fn store_elements(
        &mut self,
        heap: &mut Heap,
        place: Place,
        elements: &[Written],
    ) -> Result<(), ExecError> {
        let list = self.container(heap, elements.len())?;
        let array = self.containers[list].array;
        self.put(place, Content::List(list));
        let mut outcome = Ok(());
        for (at, element) in elements.iter().enumerate() {
            self.containers[list].len = at + 1;
            // Only the last element's failure is told, as in the reference.
            outcome = self.store(heap, (array, at), element);
        }
        outcome
    }

    /// Overwrites a container with another, slot by slot, in its own array where that is long enough.
    fn copy_all(&mut self, heap: &Heap, source: usize, target: usize) -> Result<(), ExecError> {
        if source == target {
            return Ok(());
        }
        let (from, to) = (self.containers[source], self.containers[target]);
        let array = match self.arrays[to.array].len() < from.len {
            true => self.array(heap, from.len)?,
            false => {
                self.arrays[to.array][from.len.min(to.len)..to.len].fill(Slot::EMPTY);
                to.array
            }
        };
        self.copy_slots(heap, from, array)?;
        let len = from.len;
        self.containers[target] = Container { array, len };
        Ok(())
    }

    fn copy_slots(&mut self, heap: &Heap, from: Container, to: usize) -> Result<(), ExecError> {
        spend(heap.meter(), from.len as u64)?;
        for at in 0..from.len {
            let source = self.slot((from.array, at));
            // The key is written first, and may be seen by the copy of the value.
            let target = &mut self.arrays[to][at];
            (target.key, target.raw) = (source.key, Slice::EMPTY);
            let content = self.copy(heap, source.content)?;
            let target = &mut self.arrays[to][at];
            (target.content, target.raw) = (content, source.raw);
        }
        Ok(())
    }

    /// A copy of what a container holds now.
    fn copy(&mut self, heap: &Heap, content: Content) -> Result<Content, ExecError> {
        let (source, wrap): (_, fn(usize) -> Content) = match content {
            Content::Whole(_) => return Ok(content),
            Content::Map(map) => (map, Content::Map),
            Content::List(list) => (list, Content::List),
        };
        let from = self.containers[source];
        let made = self.container(heap, from.len)?;
        self.copy_slots(heap, from, self.containers[made].array)?;
        self.containers[made].len = from.len;
        Ok(wrap(made))
    }

    /// Puts entries of a map around another one into that.
    pub(super) fn merge(
        &mut self,
        heap: &Heap,
        target: usize,
        source: usize,
        wanted: &impl Fn(bool) -> bool,
        empties: bool,
    ) -> Result<(), ExecError> {
        // Nothing but the entries that are appended here changes which keys the map has.
        let mut known = self.places(heap, target)?;
        for at in 0..self.containers[source].len {
            let from = (self.containers[source].array, at);
            let key = self.slot(from).key;
            let name = looked_up(heap, key)?;
            let place = known.get(name).copied();
            if !wanted(place.is_some()) {
                continue;
            }
            let to = match place {
                Some(at) => (self.containers[target].array, at),
                None => {
                    let made = self.push(heap, target, key)?;
                    known.insert(name, made.1);
                    made
                }
            };
            if empties {
                self.put(to, Content::Whole(Value::Nil));
            }
            let content = self.copy(heap, self.slot(from).content)?;
            self.put(to, content);
        }
        Ok(())
    }

    /// Where each key of a map is, which is the first entry that has it.
    fn places<'h>(
        &self,
        heap: &'h Heap,
        map: usize,
    ) -> Result<HashMap<&'h [u8], usize>, ExecError> {
        let Container { array, len } = self.containers[map];
        let mut places = HashMap::with_capacity(len);
        for (at, slot) in self.arrays[array][..len].iter().enumerate() {
            places.entry(looked_up(heap, slot.key)?).or_insert(at);
        }
        Ok(places)
    }

    /// What is written back, as a value that is stored below `depth` others.
    pub(super) fn unload(&self, heap: &mut Heap, depth: usize) -> Result<Value, ExecError> {
        // An element's failure may have been passed over, and a stopped run makes nothing more.
        spend(heap.meter(), 1)?;
        if self.is_full {
            return Err(too_large());
        }
        let value = self.build(heap, self.slot(self.start).content);
        check_size(heap, value, depth)?;
        Ok(value)
    }

    fn build(&self, heap: &mut Heap, content: Content) -> Value {
        let slots = |container: usize| {
            let Container { array, len } = self.containers[container];
            &self.arrays[array][..len]
        };
        match content {
            Content::Whole(value) => value,
            Content::Map(map) => {
                let entry = |slot: &Slot| Entry {
                    key: slot.key,
                    value: self.build(heap, slot.content),
                    raw: slot.raw,
                };
                let entries: Vec<_> = slots(map).iter().map(entry).collect();
                Value::Map(MapKind::Map, heap.alloc_map(&entries))
            }
            Content::List(list) => {
                let element = |slot: &Slot| self.build(heap, slot.content);
                let elements: Vec<_> = slots(list).iter().map(element).collect();
                Value::List(ListKind::Slice, heap.alloc_list(&elements))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use otlp_columns::{Meter, Stop};

    use super::*;

    const ENTRIES: usize = 8_000;

    /// A map with a first value, more of 1, and one of `last` whose key is that of the second again.
    fn map(heap: &mut Heap, count: usize, first: Value, last: i64) -> Value {
        let keys = (0..count).map(|at| heap.alloc(format!("k{at}").as_bytes()));
        let mut entries: Vec<_> = keys.map(|key| Entry::new(key, Value::Int(1))).collect();
        entries[0].value = first;
        entries.push(Entry::new(entries[1].key, Value::Int(last)));
        Value::Map(MapKind::Map, heap.alloc_map(&entries))
    }

    /// The map at a place.
    fn taken_apart(world: &mut World, heap: &mut Heap, place: Place) -> usize {
        world.expand(heap, place).expect("there is enough left");
        let Content::Map(map) = world.slot(place).content else {
            panic!("it is a map");
        };
        map
    }

    /// Merges a large map into its first value, and gives how many entries that has then.
    fn merge(
        heap: &mut Heap,
        wanted: impl Fn(bool) -> bool,
    ) -> (World, usize, Result<(), ExecError>) {
        let inner = map(heap, 2, Value::Nil, 3);
        let mut world = World::new(map(heap, ENTRIES, inner, 2));
        let outer = taken_apart(&mut world, heap, ROOT);
        world.start = world.find(heap, outer, b"k0").expect("it is there");
        let place = world.start;
        let inner = taken_apart(&mut world, heap, place);
        let outcome = world.merge(heap, inner, outer, &wanted, false);
        let len = world.containers[inner].len;
        (world, len, outcome)
    }

    #[test]
    fn a_merge_finds_the_first_of_entries_with_a_key() {
        for (wanted, known) in [(false, [1, 3]), (true, [2, 3])] {
            let mut heap = Heap::scratch();
            let (world, _, outcome) = merge(&mut heap, |is_known| wanted || !is_known);
            outcome.expect("there is no limit");
            let merged = world.unload(&mut heap, 1);
            let Ok(Value::Map(_, range)) = merged else {
                panic!("{merged:?}");
            };
            // The two keys that it had, one of them twice, and those that it had not.
            assert_eq!(range.len as usize, ENTRIES + 1);
            let values = heap.map(range)[1..3].iter().map(|entry| entry.value);
            assert_eq!(values.collect::<Vec<_>>(), known.map(Value::Int));
            assert!(!heap.exhausted());
        }
    }

    #[test]
    fn a_merge_is_stopped_in_the_middle() {
        let run = |meter: Meter| {
            let mut heap = Heap::scratch();
            let meter = Arc::new(meter);
            heap.set_meter(Arc::clone(&meter));
            let (_, len, outcome) = merge(&mut heap, |is_known| !is_known);
            (outcome.is_ok(), len, meter)
        };
        let (is_done, len, meter) = run(Meter::new(1 << 40));
        assert_eq!((is_done, len), (true, ENTRIES + 1));
        let needed = (1 << 40) - meter.left();
        assert!(needed < 10 * ENTRIES as u64, "{needed} units");
        assert!(run(Meter::new(needed)).0);
        // Taking the large map apart needs a unit for each entry, and so does looking up each key.
        let (is_done, len, meter) = run(Meter::new(3 * ENTRIES as u64));
        assert_eq!((is_done, meter.stopped()), (false, Some(Stop::Work)));
        assert!(len < ENTRIES, "{len} entries");
        let asked = AtomicU64::new(0);
        let interrupt = move || asked.fetch_add(1, Ordering::Relaxed) > 0;
        let (is_done, len, meter) = run(Meter::default().with_interrupt(Arc::new(interrupt)));
        assert_eq!((is_done, meter.stopped()), (false, Some(Stop::Interrupt)));
        assert!(len < ENTRIES, "{len} entries");
    }
}

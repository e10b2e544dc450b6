//! What a program needs of a message.

use std::collections::HashMap;

use crate::schema::{Field, Level, MapField};

/// The rows, fields and attributes that are to be indexed.
///
/// Whatever is not named stays bytes: it costs nothing to have and is encoded as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    depth: Level,
    fields: u128,
    maps: Vec<(MapField, MapUse)>,
    /// Keys that may come to a map, where somebody said so.
    spare: Vec<(MapField, u8)>,
}

/// The most places that are kept free for a row.
const MAX_SPARE: usize = 8;

const _: () = assert!(Field::ALL.len() <= 128);

/// How a map of attributes is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapUse {
    /// Only through these keys, which are numbered in the order they were added in.
    Keys(HashMap<Vec<u8>, usize>),
    /// As a whole, or through keys that are not known beforehand.
    All,
}

impl Projection {
    /// Nothing but the rows down to `depth`.
    #[must_use]
    pub fn new(depth: Level) -> Self {
        Self {
            depth,
            fields: 0,
            maps: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The deepest level whose rows are indexed.
    #[must_use]
    pub fn depth(&self) -> Level {
        self.depth
    }

    /// Adds the rows down to `depth`.
    pub fn add_level(&mut self, depth: Level) {
        self.depth = self.depth.max(depth);
    }

    /// Adds a field's column.
    pub fn add_field(&mut self, field: Field) {
        self.fields |= 1 << field as u8;
    }

    /// Adds one key of a map.
    pub fn add_key(&mut self, map: MapField, key: &[u8]) {
        match self.use_of(map) {
            MapUse::All => {}
            MapUse::Keys(keys) => {
                let next = keys.len();
                if !keys.contains_key(key) {
                    keys.insert(key.to_vec(), next);
                }
            }
        }
    }

    /// Adds a map as a whole.
    pub fn add_map(&mut self, map: MapField) {
        *self.use_of(map) = MapUse::All;
    }

    fn use_of(&mut self, map: MapField) -> &mut MapUse {
        let index = self.maps.iter().position(|(known, _)| *known == map);
        let index = index.unwrap_or_else(|| {
            self.maps.push((map, MapUse::Keys(HashMap::new())));
            self.maps.len() - 1
        });
        &mut self.maps[index].1
    }

    /// Says that as many as `keys` keys may be added to each row's map, so that there is room for
    /// them. Saying nothing costs time later, nothing else.
    pub fn add_spare(&mut self, map: MapField, keys: usize) {
        let keys = keys.min(MAX_SPARE) as u8;
        match self.spare.iter_mut().find(|(known, _)| *known == map) {
            Some((_, most)) => *most = keys.max(*most),
            None => self.spare.push((map, keys)),
        }
    }

    pub(crate) fn spare(&self, map: MapField) -> u32 {
        let found = self.spare.iter().find(|(known, _)| *known == map);
        found.map_or(0, |(_, keys)| u32::from(*keys))
    }

    /// How `map` is used, if at all.
    #[must_use]
    pub fn map(&self, map: MapField) -> Option<&MapUse> {
        self.maps
            .iter()
            .find(|(known, _)| *known == map)
            .map(|(_, use_)| use_)
    }

    /// Whether `field` has a column.
    #[inline]
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.fields >> (field as u8) & 1 == 1
    }

    /// Adds all that `other` has.
    pub fn merge(&mut self, other: &Self) {
        self.depth = self.depth.max(other.depth);
        self.fields |= other.fields;
        for (map, keys) in &other.spare {
            self.add_spare(*map, usize::from(*keys));
        }
        for (map, use_) in &other.maps {
            match use_ {
                MapUse::All => self.add_map(*map),
                MapUse::Keys(keys) => {
                    for key in in_order(keys) {
                        self.add_key(*map, key);
                    }
                }
            }
        }
    }

    /// Whether everything that `other` has is here as well.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.depth >= other.depth
            && self.fields & other.fields == other.fields
            && other
                .maps
                .iter()
                .all(|(map, use_)| match (self.map(*map), use_) {
                    (Some(MapUse::All), _) => true,
                    (Some(MapUse::Keys(have)), MapUse::Keys(want)) => {
                        want.keys().all(|key| have.contains_key(key))
                    }
                    (_, MapUse::Keys(want)) => want.is_empty(),
                    (_, MapUse::All) => false,
                })
    }
}

/// Keys in the order they were added in.
pub(crate) fn in_order(keys: &HashMap<Vec<u8>, usize>) -> Vec<&[u8]> {
    let mut ordered = vec![[].as_slice(); keys.len()];
    for (key, &at) in keys {
        ordered[at] = key;
    }
    ordered
}

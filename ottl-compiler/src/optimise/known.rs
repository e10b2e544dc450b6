//! Common subexpressions: where values are that were computed already.
//!
//! A value that is computed inside of a region is only there for the items that entered it. So what
//! a condition computes is kept apart by the outcomes with which it is there: where all parts of an
//! `and` hold, all of them were evaluated.

use super::{Map, ValueId};

/// Values, and what stands for them in the code.
pub(crate) struct Known<T> {
    values: Map<ValueId, T>,
    /// The numbers in the order in which they came.
    order: Vec<ValueId>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            values: Map::default(),
            order: Vec::new(),
        }
    }
}

/// A place in the order in which values became known.
#[derive(Clone, Copy)]
pub(crate) struct Mark(usize);

impl<T: Copy> Known<T> {
    /// Where a value is.
    pub(crate) fn get(&self, id: ValueId) -> Option<T> {
        self.values.get(&id).copied()
    }

    /// Notes where a value is, unless that is known already: then that is for more items.
    pub(crate) fn add(&mut self, id: ValueId, place: T) {
        self.values.entry(id).or_insert_with(|| {
            self.order.push(id);
            place
        });
    }

    pub(crate) fn add_all(&mut self, values: &[(ValueId, T)]) {
        for &(id, place) in values {
            self.add(id, place);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.order.clear();
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark(self.order.len())
    }

    /// Forgets the values that became known since the mark, and gives them.
    pub(crate) fn forget(&mut self, mark: Mark) -> Vec<(ValueId, T)> {
        let values = &mut self.values;
        let forgotten = self.order.drain(mark.0..);
        forgotten
            .filter_map(|id| values.remove(&id).map(|place| (id, place)))
            .collect()
    }
}

/// The values that are known where a condition holds, and where it does not.
pub(crate) struct Branches<T> {
    pub(crate) held: Vec<(ValueId, T)>,
    pub(crate) missed: Vec<(ValueId, T)>,
}

impl<T> Default for Branches<T> {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            missed: Vec::new(),
        }
    }
}

impl<T> Branches<T> {
    /// Values that are known where the condition is `when`.
    pub(crate) fn only(when: bool, values: Vec<(ValueId, T)>) -> Self {
        let (held, missed) = match when {
            true => (values, Vec::new()),
            false => (Vec::new(), values),
        };
        Self { held, missed }
    }

    /// Those of the opposite condition.
    pub(crate) fn inverted(self) -> Self {
        Self {
            held: self.missed,
            missed: self.held,
        }
    }

    pub(crate) fn of(self, when: bool) -> Vec<(ValueId, T)> {
        if when { self.held } else { self.missed }
    }
}

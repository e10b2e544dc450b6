//! In which order statements must run, from what they read and write.
//!
//! The reference runs every statement on one item, then every statement on the next. Running one
//! statement on all items first gives the same result exactly if no item sees what another one
//! wrote. So two statements conflict when one writes a shared place that the other reads or writes,
//! and a statement conflicts with itself when it reads a shared place that it writes. One that
//! removes rows above conflicts with all, since its own item's siblings may go. Conflicting
//! statements, and all between them, run by rows; all others run by columns.
//!
//! What is kept for later messages is kept as well when a failure ends the run, so that no item
//! behind the failed one may have written to it: with such a write all statements run by rows.
//!
//! No two statements are ever compared: a script may have tens of thousands.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;
use otlp_columns::MapField;
use ottl_vm::{Group, GroupMode};

use crate::effects::{Effects, Place};

/// Splits statements with these effects into groups.
pub(crate) fn groups(effects: &[Effects]) -> Vec<Group> {
    let mut writes = effects.iter().flat_map(|own| &own.writes);
    if let Some(place) = writes.find(|place| place.is_kept()) {
        return vec![by_rows(0..effects.len(), place)];
    }
    let mut groups = Vec::new();
    if effects.iter().all(|own| own.writes.is_empty()) {
        if !effects.is_empty() {
            push_columns(&mut groups, 0..effects.len());
        }
        return groups;
    }
    let last = LastUses::of(effects);
    let mut at = 0;
    while at < effects.len() {
        let (end, reason) = conflicting_run(effects, &last, at);
        match reason {
            Some(place) => groups.push(by_rows(at..end, place)),
            None => push_columns(&mut groups, at..end),
        }
        at = end;
    }
    groups
}

fn by_rows(parts: Range<usize>, place: &Place) -> Group {
    Group {
        parts,
        mode: GroupMode::Rows {
            reason: format!("items see what others write to the {}", place.describe()),
        },
        fused: Vec::new(),
    }
}

/// Neighbouring groups that run by columns are one.
fn push_columns(groups: &mut Vec<Group>, parts: Range<usize>) {
    match groups.last_mut() {
        Some(Group {
            parts: last,
            mode: GroupMode::Columns,
            ..
        }) => last.end = parts.end,
        _ => groups.push(Group {
            parts,
            mode: GroupMode::Columns,
            fused: Vec::new(),
        }),
    }
}

/// The end of the statements from `start` on that must run together, and the place they conflict
/// over; none for a single statement without conflict.
fn conflicting_run<'e>(
    effects: &'e [Effects],
    last: &LastUses<'e>,
    start: usize,
) -> (usize, Option<&'e Place>) {
    let mut end = start + 1;
    let mut reason = self_conflict(&effects[start]);
    let mut at = start;
    while at < end {
        if let Some((later, place)) = last.conflict(effects, at)
            && later >= end
        {
            end = later + 1;
            reason = reason.or(Some(place));
        }
        at += 1;
    }
    (end, reason)
}

/// A statement over all items leaves what the last item wrote, as in the reference, unless it
/// reads what it writes.
fn self_conflict(effects: &Effects) -> Option<&Place> {
    let read = |place: &&Place| effects.reads.iter().any(|known| known.overlaps(place));
    effects
        .removal()
        .or_else(|| effects.writes.iter().find(read))
}

/// The last statement that uses each place.
struct LastUses<'e> {
    touched: LastUse<'e>,
    written: LastUse<'e>,
    /// The last statement that removes rows.
    removal: Option<(usize, &'e Place)>,
}

impl<'e> LastUses<'e> {
    fn of(effects: &'e [Effects]) -> Self {
        let mut last = Self {
            touched: LastUse::default(),
            written: LastUse::default(),
            removal: None,
        };
        for (at, statement) in effects.iter().enumerate() {
            for place in &statement.reads {
                last.touched.record(place, at);
            }
            for place in &statement.writes {
                last.touched.record(place, at);
                last.written.record(place, at);
            }
            if let Some(place) = statement.removal() {
                last.removal = Some((at, place));
            }
        }
        last
    }

    /// The last of the statements behind `at` that conflicts with it, and a place they conflict
    /// over.
    fn conflict(&self, effects: &'e [Effects], at: usize) -> Option<(usize, &'e Place)> {
        let own = &effects[at];
        if let Some(place) = own.removal() {
            return Some((effects.len() - 1, place)).filter(|(later, _)| *later > at);
        }
        let writes = own.writes.iter().map(|place| (place, &self.touched));
        let reads = own.reads.iter().map(|place| (place, &self.written));
        let shared = writes
            .chain(reads)
            .filter_map(|(place, uses)| uses.of(place).map(|later| (later, place)));
        // The first of the places that reach furthest is named.
        self.removal
            .into_iter()
            .chain(shared)
            .filter(|(later, _)| *later > at)
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
    }
}

/// The last statement that uses a place in one way.
#[derive(Default)]
struct LastUse<'e> {
    exact: HashMap<&'e Place, usize, RandomState>,
    /// Those that use a map or any key of it.
    maps: HashMap<MapField, usize, RandomState>,
}

impl<'e> LastUse<'e> {
    /// Takes statements in their order.
    fn record(&mut self, place: &'e Place, at: usize) {
        self.exact.insert(place, at);
        if let Place::Key(map, _) | Place::Map(map) = place {
            self.maps.insert(*map, at);
        }
    }

    /// The last statement that uses a place that overlaps this one; see [`Place::overlaps`].
    fn of(&self, place: &Place) -> Option<usize> {
        let exact = |place: &Place| self.exact.get(place).copied();
        match place {
            Place::Key(map, _) => exact(place).max(exact(&Place::Map(*map))),
            Place::Map(map) => self.maps.get(map).copied(),
            Place::Field(_) | Place::Rows(_) | Place::Dictionary => exact(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otlp_columns::Field;

    /// The definition: whether two statements may not be interchanged.
    fn conflict(one: &Effects, other: &Effects) -> bool {
        let overlap = |left: &[Place], right: &[Place]| {
            left.iter()
                .any(|place| right.iter().any(|known| known.overlaps(place)))
        };
        one.removal().is_some()
            || other.removal().is_some()
            || overlap(&one.writes, &other.writes)
            || overlap(&one.writes, &other.reads)
            || overlap(&one.reads, &other.writes)
    }

    /// Effects on a few places, drawn from the digits of a number.
    fn drawn(mut number: usize) -> Effects {
        let mut digit = |base: usize| {
            let digit = number % base;
            number /= base;
            digit
        };
        let places = [
            Place::Key(MapField::Resource, b"a".to_vec()),
            Place::Key(MapField::Resource, b"b".to_vec()),
            Place::Map(MapField::Resource),
            Place::Key(MapField::Scope, b"a".to_vec()),
            Place::Field(Field::ScopeName),
            Place::Rows(otlp_columns::Level::Span),
        ];
        let mut effects = Effects::default();
        for _ in 0..digit(3) {
            effects.reads.push(places[digit(6)].clone());
        }
        for _ in 0..digit(2) {
            effects.writes.push(places[digit(5)].clone());
        }
        // Were they not rare, nothing else would decide.
        if digit(40) == 0 {
            effects.writes.push(places[5].clone());
        }
        effects
    }

    #[test]
    fn the_last_conflict_is_the_one_that_comparing_all_pairs_finds() {
        let mut seed = 1_usize;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed >> 16
        };
        for _ in 0..500 {
            let length = 1 + next() % 9;
            let effects: Vec<_> = (0..length).map(|_| drawn(next())).collect();
            let last = LastUses::of(&effects);
            for at in 0..length {
                let expected = (at + 1..length)
                    .rev()
                    .find(|later| conflict(&effects[at], &effects[*later]));
                let found = last.conflict(&effects, at).map(|(later, _)| later);
                assert_eq!(found, expected, "{at} of {effects:?}");
            }
        }
    }
}

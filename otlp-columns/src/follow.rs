//! Following a row while rows get other numbers.
//!
//! A batch that is read anew, regrouped or made of another message has its rows in other places.
//! [`Batch::follow`] names a row that is to be known again: the batch keeps its number, or its
//! numbers where it was copied. Do not use this for more than one row of a message; whoever is
//! interested in all of them looks at the message that comes out.

use crate::batch::Batch;
use crate::regroup::Plan;
use crate::schema::Level;

/// Rows that are known again.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    pub(crate) level: Level,
    /// Their numbers, ascending.
    pub(crate) rows: Vec<usize>,
}

impl Batch {
    /// Follows a row from now on instead of any other. Where rows of `level` have copies, see
    /// [`Batch::separate`], it is counted among those that there were before.
    pub fn follow(&mut self, level: Level, row: usize) {
        let separated = self.separated.as_ref();
        let before = separated.and_then(|separated| {
            let mut above = separated.above().iter();
            above.find(|before| before.level == level)
        });
        let rows = match before {
            Some(before) => copies(&before.origins, &[row]),
            None => vec![row],
        };
        self.followed = Some(Box::new(Followed { level, rows }));
    }

    /// The same for the row of `level`, and its copies, that an item of the signal belongs to.
    pub fn follow_around(&mut self, level: Level, item: usize) {
        let mut row = self.ancestor(self.signal.item_level(), item, level);
        if let Some(separated) = &self.separated {
            let mut above = separated.above().iter();
            if let Some(before) = above.find(|before| before.level == level) {
                row = before.origins[row] as usize;
            }
        }
        self.follow(level, row);
    }

    /// The level of the row that is followed, and the rows that it is now: none once it was dropped
    /// and the batch was read anew, several where it was copied.
    #[must_use]
    pub fn followed(&self) -> Option<(Level, &[usize])> {
        let followed = self.followed.as_ref()?;
        Some((followed.level, &followed.rows))
    }

    /// Where the rows that are followed are in the message that the batch is encoded as: for each the
    /// number of its resource, of its scope in that, and so on down to its own.
    #[must_use]
    pub fn followed_places(&self) -> Vec<Vec<usize>> {
        let Some(followed) = &self.followed else {
            return Vec::new();
        };
        let plan = self
            .separated
            .as_ref()
            .map(|separated| Plan::of(self, separated, &self.dropped_rows()));
        let place = |row: &usize| self.place(plan.as_ref(), followed.level, *row);
        let mut places: Vec<_> = followed.rows.iter().filter_map(place).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Follows the rows at places, which are as [`Batch::followed_places`] gives them.
    pub fn follow_places(&mut self, level: Level, places: &[Vec<usize>]) {
        let rows = places.iter().filter_map(|place| self.row_at(place));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable();
        self.followed = Some(Box::new(Followed { level, rows }));
    }

    fn place(&self, plan: Option<&Plan>, level: Level, row: usize) -> Option<Vec<usize>> {
        let levels = self.signal.levels();
        let depth = levels.iter().position(|known| *known == level)?;
        let rows = levels[..=depth].iter();
        let rows: Vec<_> = rows
            .map(|above| self.ancestor(level, row, *above))
            .collect();
        let place = (0..=depth).map(|at| {
            if self.dropped(levels[at]).contains(rows[at]) {
                return None;
            }
            if let Some(members) = plan.and_then(|plan| plan.siblings(&rows, at)) {
                let (siblings, own) = members;
                return siblings.iter().position(|sibling| *sibling == own);
            }
            let siblings = match at {
                0 => 0..rows[at],
                _ => self.children(levels[at - 1], rows[at - 1]).start..rows[at],
            };
            let dropped = self.dropped(levels[at]);
            Some(siblings.filter(|row| !dropped.contains(*row)).count())
        });
        place.collect()
    }

    fn row_at(&self, place: &[usize]) -> Option<usize> {
        let levels = self.signal.levels();
        let mut row = *place.first()?;
        if row >= self.rows(levels[0]) {
            return None;
        }
        for (depth, number) in place.iter().enumerate().skip(1) {
            let children = self.children(levels[depth - 1], row);
            row = children.start + number;
            if !children.contains(&row) || row >= self.rows(levels[depth]) {
                return None;
            }
        }
        Some(row)
    }

    /// Goes on to the copies of rows: `origins` has for each copy of `level` the row it is one of.
    pub(crate) fn follow_copies(&mut self, level: Level, origins: &[u32]) {
        let followed = self.followed.as_mut();
        if let Some(followed) = followed.filter(|followed| followed.level == level) {
            followed.rows = copies(origins, &followed.rows);
        }
    }

    /// Goes back to the rows that the copies are of.
    pub(crate) fn follow_origins(&mut self, level: Level, origins: &[u32]) {
        let followed = self.followed.as_mut();
        if let Some(followed) = followed.filter(|followed| followed.level == level) {
            for row in &mut followed.rows {
                *row = origins[*row] as usize;
            }
            followed.rows.sort_unstable();
            followed.rows.dedup();
        }
    }
}

/// The copies of some rows.
fn copies(origins: &[u32], rows: &[usize]) -> Vec<usize> {
    let is_of = |copy: &usize| rows.contains(&(origins[*copy] as usize));
    (0..origins.len()).filter(is_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchLimits, MapField, Projection, Separation, Signal, Value, json};

    fn batch(level: Level) -> Batch {
        let log = |name: &str| format!(r#"{{"severityText":"{name}"}}"#);
        let scope = |names: [&str; 2]| {
            let [one, other] = names.map(log);
            format!(r#"{{"logRecords":[{one},{other}]}}"#)
        };
        let (one, two) = (scope(["a", "b"]), scope(["c", "d"]));
        let text =
            format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{}},{one}]}},{{"scopeLogs":[{two}]}}]}}"#);
        let message = json::to_wire(Signal::Logs, text.as_bytes()).expect("OTLP/JSON");
        let mut projection = Projection::new(level);
        projection.add_map(MapField::Resource);
        let limits = BatchLimits::default();
        Batch::decode_projected(Signal::Logs, message, &projection, limits).expect("a message")
    }

    fn rows(batch: &Batch) -> Vec<usize> {
        batch
            .followed()
            .map_or(Vec::new(), |(_, rows)| rows.to_vec())
    }

    /// Reads the batch anew, for something that is not projected yet.
    fn read_anew(batch: &mut Batch) {
        let mut projection = Projection::new(Level::Log);
        projection.add_map(MapField::Log);
        batch.project(&projection);
    }

    #[test]
    fn numbers_are_those_of_the_rows_that_are_left() {
        for (row, expected) in [(0, vec![]), (1, vec![0]), (2, vec![1]), (3, vec![2])] {
            let mut batch = batch(Level::Log);
            batch.follow(Level::Log, row);
            batch.drop_row(Level::Log, 0);
            batch.drop_row(Level::Scope, 0);
            read_anew(&mut batch);
            assert_eq!(rows(&batch), expected);
        }
    }

    #[test]
    fn what_is_in_something_dropped_is_gone() {
        let mut batch = batch(Level::Log);
        batch.follow(Level::Log, 3);
        batch.drop_row(Level::Resource, 1);
        assert_eq!(rows(&batch), [3], "it is still there as a row");
        read_anew(&mut batch);
        assert_eq!(batch.followed(), Some((Level::Log, &[][..])));
    }

    #[test]
    fn a_row_that_is_copied_becomes_several_and_one_again() {
        let mut batch = batch(Level::Log);
        batch.follow(Level::Resource, 0);
        batch.separate(Level::Log, Separation::Lasting);
        // One for the scope without records.
        assert_eq!(rows(&batch), [0, 1, 2]);
        batch.follow(Level::Resource, 1);
        assert_eq!(rows(&batch), [3, 4], "counted as before");
        assert!(batch.rejoin());
        assert_eq!(rows(&batch), [1]);
        batch.separate(Level::Log, Separation::Lasting);
        batch.follow_around(Level::Scope, 2);
        assert_eq!(rows(&batch), [3, 4]);
    }

    #[test]
    fn a_row_is_found_where_it_went_when_equal_ones_were_put_together() {
        let homes = [("a", 0, 0), ("b", 1, 2), ("c", 2, 3), ("d", 0, 1)];
        for (row, (_, resource, place)) in homes.into_iter().enumerate() {
            for level in [Level::Log, Level::Resource] {
                let mut batch = batch(Level::Log);
                batch.follow(Level::Log, row);
                batch.separate(Level::Log, Separation::Passing);
                for (row, (_, home, _)) in homes.into_iter().enumerate() {
                    let own = batch.ancestor(Level::Log, row, Level::Resource);
                    let home = Value::Int(home as i64);
                    batch.map_set(MapField::Resource, own, b"home", home);
                }
                if level == Level::Resource {
                    let own = batch.ancestor(Level::Log, row, level);
                    batch.followed = Some(Box::new(Followed {
                        level,
                        rows: vec![own],
                    }));
                }
                batch.regroup();
                // The scope without records keeps its resource as it was.
                let expected = match level {
                    Level::Log => place,
                    _ => resource + 1,
                };
                assert_eq!(rows(&batch), [expected], "{row} {level:?}");
            }
        }
    }
}

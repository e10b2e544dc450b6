//! Merging data points that have become equal.
//!
//! When attributes are removed, points that only those told apart are left with equal attributes,
//! which no receiver of metrics expects of one metric. [`Batch::merge_points`] makes one of them, as
//! the type of the metric demands. It is no aggregation over time: it sees one message.

use std::collections::HashMap;
use std::ops::Range;

use crate::batch::Batch;
use crate::bits::BitSet;
use crate::identity::{Ids, Node};
use crate::messages;
use crate::projection::Projection;
use crate::raw::Buckets;
use crate::regroup::Plan;
use crate::schema::{Field, Level, MapField, Shape, Signal};

/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_RECORDED_VALUE: u64 = 1;
/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u64 = 2;
/// The values of [`Field::PointValueKind`].
const NO_NUMBER: u64 = 0;
const DOUBLE: u64 = 1;
const INT: u64 = 2;

/// How many buckets without a count may be made between those of exponential histograms, for each
/// sign: twice as many as an SDK keeps. Offsets are any 32-bit numbers, and what lies between two of
/// them may take much more memory than the message.
const MAX_GAP: i64 = 320;

/// Points of one metric that are equal but for what they measured, in order.
#[derive(Debug, Default)]
struct Group {
    /// The points whose values count.
    rows: Vec<usize>,
    /// Points that one of the others replaces.
    replaced: Vec<usize>,
}

impl Batch {
    /// What must be projected so that [`Batch::merge_points`] can be called.
    #[must_use]
    pub fn merge_projection() -> Projection {
        let mut projection = Projection::new(Level::DataPoint);
        projection.add_map(MapField::DataPoint);
        for field in [
            Field::MetricTemporality,
            Field::PointStart,
            Field::PointTime,
            Field::PointFlags,
            Field::PointValueKind,
            Field::PointValueBits,
            Field::PointCount,
            Field::PointSum,
            Field::PointMin,
            Field::PointMax,
            Field::PointBucketCounts,
            Field::PointBounds,
            Field::PointScale,
            Field::PointZeroCount,
            Field::PointZeroThreshold,
            Field::PointPositiveOffset,
            Field::PointPositiveCounts,
            Field::PointNegativeOffset,
            Field::PointNegativeCounts,
        ] {
            projection.add_field(field);
        }
        projection
    }

    /// Merges the data points of a metric that have equal attributes and flags, and gives the number
    /// of points that are left out for it.
    ///
    /// Only metrics are looked at of which a data point changed since the batch was read or last
    /// projected anew. Attributes are equal whatever their order is; types are strict.
    ///
    /// - Of the points of a gauge the latest stays, of several the last.
    /// - Those of sums are added. Integers stay integers unless one of the values is a double or the
    ///   total does not fit into 64 bits.
    /// - So are those of histograms with equal bounds and equally many buckets, and of exponential
    ///   histograms with equal scale and zero threshold, unless their buckets lie so far apart that
    ///   more than 320 empty ones would be needed between them. Counts stop at the largest number
    ///   there is. `sum`, `min` and `max` stay only if each of the points has them.
    /// - Where values are cumulative, points that had the same attributes in the message as it came
    ///   are one series, of which only the latest counts.
    /// - Points of summaries stay apart, and those without a value: with the flag that says so, or
    ///   numbers without a number.
    ///
    /// Sums and histograms are merged into the first of the points that count: its exemplars stay
    /// and those of the others are left out. It starts with the earliest of them, where 0 stands for
    /// a time that is not known, and has the time of the latest.
    ///
    /// The memory for merged buckets is limited like everything that a program makes; see
    /// [`Heap::exhausted`](crate::Heap::exhausted).
    ///
    /// # Panics
    /// When points changed and the batch does not have [`Batch::merge_projection`].
    pub fn merge_points(&mut self) -> usize {
        let mut merged = 0;
        for group in self.groups() {
            merged += self.merge_group(group);
            if self.heap.exhausted() {
                break;
            }
        }
        merged
    }

    /// Equal points of all metrics of which a point changed, two or more in each group.
    fn groups(&mut self) -> Vec<Group> {
        let homes = self.homes();
        let mut rows = Vec::new();
        for metric in self.changed_metrics(homes.as_deref()).iter() {
            let points = self.children(Level::Metric, metric);
            rows.extend(points.filter(|&row| self.can_merge(row)));
        }
        // Sharing a map needs the batch for itself, numbering it does not.
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| (row, self.map(MapField::DataPoint, row)))
            .collect();
        let mut ids = Ids::new(&self.heap);
        let mut groups: Vec<Group> = Vec::new();
        let mut places = HashMap::new();
        for (row, map) in rows {
            let attributes = ids.map(map);
            let form = ids.node(Node::Form(self.form(row)));
            let metric = self.parent(Level::DataPoint, row);
            let metric = homes.as_ref().map_or(metric, |homes| homes[metric]);
            let point = ids.node(Node::Point(metric, attributes, form));
            let place = *places.entry(point).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Group::default());
            }
            groups[place].rows.push(row);
        }
        groups.retain(|group| group.rows.len() > 1);
        for group in &mut groups {
            self.replace_older(&mut ids, group);
        }
        groups
    }

    /// Where data points have metrics of their own, for each of these which it is in the end; a
    /// number that is no row's for one that is left out.
    fn homes(&self) -> Option<Vec<usize>> {
        let separated = self.separated.as_ref()?;
        if separated.level() != Level::DataPoint {
            return None;
        }
        let plan = Plan::of(self, separated, &self.dropped_rows());
        Some(plan.homes().iter().map(|home| *home as usize).collect())
    }

    /// The metrics of which something changed, with all that become one with them.
    fn changed_metrics(&self, homes: Option<&[usize]>) -> BitSet {
        let metrics = self.touched_metrics();
        let Some(homes) = homes else {
            return metrics;
        };
        let mut changed = BitSet::new(homes.len());
        let above = [Level::Metric, Level::Scope, Level::Resource];
        for (metric, &home) in homes.iter().enumerate() {
            let has_moved = |level: &Level| {
                let row = self.ancestor(Level::Metric, metric, *level);
                self.tables[*level as usize].touched.contains(row)
            };
            if home < homes.len() && (metrics.contains(metric) || above.iter().any(has_moved)) {
                changed.insert(home);
            }
        }
        let mut all = BitSet::new(homes.len());
        let is_changed = |(_, home): &(usize, &usize)| changed.contains(**home);
        for (metric, _) in homes.iter().enumerate().filter(is_changed) {
            all.insert(metric);
        }
        all
    }

    fn touched_metrics(&self) -> BitSet {
        let mut metrics = BitSet::new(self.rows(Level::Metric));
        for row in self.tables[Level::DataPoint as usize].touched.iter() {
            let metric = self.parent(Level::DataPoint, row);
            let is_left_out = [Level::Metric, Level::Scope, Level::Resource]
                .into_iter()
                .any(|level| {
                    self.dropped(level)
                        .contains(self.ancestor(Level::Metric, metric, level))
                });
            if !is_left_out {
                metrics.insert(metric);
            }
        }
        metrics
    }

    fn can_merge(&self, row: usize) -> bool {
        let has_value = match self.shape(Level::DataPoint, row) {
            Shape::Gauge | Shape::Sum => self.scalars(Field::PointValueKind)[row] != NO_NUMBER,
            Shape::Histogram | Shape::Exponential => true,
            Shape::Summary | Shape::None => false,
        };
        has_value
            && self.scalars(Field::PointFlags)[row] & NO_RECORDED_VALUE == 0
            && !self.dropped(Level::DataPoint).contains(row)
    }

    /// What must be equal beside the attributes, for points of one metric.
    fn form(&self, row: usize) -> Vec<u64> {
        let mut form = vec![self.scalars(Field::PointFlags)[row]];
        match self.shape(Level::DataPoint, row) {
            Shape::Histogram => {
                form.push(self.buckets(Field::PointBucketCounts, row).len() as u64);
                form.extend(self.buckets(Field::PointBounds, row));
            }
            Shape::Exponential => {
                let threshold = self.optional(Field::PointZeroThreshold, row);
                form.push(self.scalars(Field::PointScale)[row]);
                form.push(threshold.unwrap_or(0.0).to_bits());
            }
            Shape::Gauge | Shape::Sum | Shape::Summary | Shape::None => {}
        }
        form
    }

    fn buckets(&self, field: Field, row: usize) -> Vec<u64> {
        self.packed(field, row).unwrap_or_default()
    }

    /// Finds the points of a group that others replace because they came later.
    fn replace_older<'a>(&'a self, ids: &mut Ids<'a>, group: &mut Group) {
        let times = self.scalars(Field::PointTime);
        let first = group.rows[0];
        let metric = self.parent(Level::DataPoint, first);
        let shape = self.shape(Level::DataPoint, first);
        let rows = std::mem::take(&mut group.rows);
        if shape == Shape::Gauge {
            // Of several that are the latest this gives the last.
            let latest = rows.iter().copied().max_by_key(|&row| times[row]);
            (group.rows, group.replaced) = rows.into_iter().partition(|&row| Some(row) == latest);
        } else if self.scalars(Field::MetricTemporality)[metric] == CUMULATIVE {
            let message = messages::row(Signal::Metrics, Level::DataPoint, shape);
            let mut latest: HashMap<u32, u64> = HashMap::new();
            let mut series = Vec::with_capacity(rows.len());
            for &row in &rows {
                let at = self.tables[Level::DataPoint as usize].rows[row];
                let id = ids.map_on_wire(message, at.start as usize, at.end as usize);
                // Points of several metrics are several series, also where they become one metric.
                let id = ids.node(Node::Pair(id, self.metric_before(row)));
                let time = latest.entry(id).or_default();
                *time = times[row].max(*time);
                series.push(id);
            }
            for (row, id) in rows.into_iter().zip(series) {
                let is_latest = latest.get(&id) == Some(&times[row]);
                let rows = if is_latest {
                    &mut group.rows
                } else {
                    &mut group.replaced
                };
                rows.push(row);
            }
        } else {
            group.rows = rows;
        }
    }

    /// The metric that a point had in the message as it came, among those it had.
    fn metric_before(&self, row: usize) -> u32 {
        let metric = self.parent(Level::DataPoint, row);
        let separated = self.separated.as_ref();
        let copies = separated.and_then(|separated| separated.above().get(2));
        copies.map_or(metric as u32, |before| before.origins[metric])
    }

    /// Merges the points of a group and gives the number of those that are left out.
    fn merge_group(&mut self, mut group: Group) -> usize {
        let shape = self.shape(Level::DataPoint, group.rows[0]);
        if shape == Shape::Exponential {
            group.rows = self.within_reach(&group.rows);
        }
        let rows = group.rows.as_slice();
        if rows.len() > 1 {
            match shape {
                Shape::Sum => self.add_numbers(rows),
                Shape::Histogram => {
                    self.add_totals(rows);
                    self.add_buckets(rows);
                }
                Shape::Exponential => {
                    self.add_totals(rows);
                    self.add_count(Field::PointZeroCount, rows);
                    self.add_exponential(Buckets::Positive, rows);
                    self.add_exponential(Buckets::Negative, rows);
                }
                Shape::Gauge | Shape::Summary | Shape::None => {}
            }
            self.join_times(rows);
        }
        let left_out = || rows[1..].iter().chain(&group.replaced);
        for &row in left_out() {
            self.drop_row(Level::DataPoint, row);
        }
        left_out().count()
    }

    fn join_times(&mut self, rows: &[usize]) {
        let of = |times: &[u64], pick: fn(u64, u64) -> u64| {
            rows.iter().map(|&row| times[row]).reduce(pick).unwrap_or(0)
        };
        let start = of(self.scalars(Field::PointStart), u64::min);
        let time = of(self.scalars(Field::PointTime), u64::max);
        self.set_scalar(Field::PointStart, rows[0], start);
        self.set_scalar(Field::PointTime, rows[0], time);
    }

    fn add_numbers(&mut self, rows: &[usize]) {
        let kinds = self.scalars(Field::PointValueKind);
        let bits = self.scalars(Field::PointValueBits);
        // So many 64-bit numbers as there may be rows do not overflow it.
        let mut integers = 0i128;
        let mut doubles = None;
        for &row in rows {
            if kinds[row] == INT {
                integers += i128::from(bits[row] as i64);
            } else {
                let value = f64::from_bits(bits[row]);
                doubles = Some(doubles.map_or(value, |sum: f64| sum + value));
            }
        }
        let number = match (doubles, i64::try_from(integers)) {
            (None, Ok(total)) => (INT, total as u64),
            (None, Err(_)) => (DOUBLE, (integers as f64).to_bits()),
            (Some(doubles), _) => (DOUBLE, (doubles + integers as f64).to_bits()),
        };
        self.set_number(
            Field::PointValueKind,
            Field::PointValueBits,
            rows[0],
            number,
        );
    }

    /// What both types of histogram have.
    fn add_totals(&mut self, rows: &[usize]) {
        self.add_count(Field::PointCount, rows);
        self.join(Field::PointSum, rows, |one, other| one + other);
        self.join(Field::PointMin, rows, f64::min);
        self.join(Field::PointMax, rows, f64::max);
    }

    fn add_count(&mut self, field: Field, rows: &[usize]) {
        let counts = self.scalars(field);
        let total = rows
            .iter()
            .fold(0u64, |total, &row| total.saturating_add(counts[row]));
        self.set_scalar(field, rows[0], total);
    }

    fn join(&mut self, field: Field, rows: &[usize], both: fn(f64, f64) -> f64) {
        let values = rows.iter().map(|&row| self.optional(field, row));
        let joined = values
            .reduce(|one, other| Some(both(one?, other?)))
            .flatten();
        self.set_optional(field, rows[0], joined);
    }

    fn add_buckets(&mut self, rows: &[usize]) {
        let mut total = self.buckets(Field::PointBucketCounts, rows[0]);
        for &row in &rows[1..] {
            add(&mut total, &self.buckets(Field::PointBucketCounts, row));
        }
        self.set_packed(Field::PointBucketCounts, rows[0], &total);
    }

    /// The exponential histograms whose buckets are near enough to those before.
    fn within_reach(&self, rows: &[usize]) -> Vec<usize> {
        let (mut positive, mut negative) = (Reach::default(), Reach::default());
        let fits = |&row: &usize| {
            let next = (
                positive.and(self.reach(Buckets::Positive, row)),
                negative.and(self.reach(Buckets::Negative, row)),
            );
            let (Some(of_positive), Some(of_negative)) = next else {
                return false;
            };
            (positive, negative) = (of_positive, of_negative);
            true
        };
        rows.iter().copied().filter(fits).collect()
    }

    /// The numbers of the buckets of a point: a bucket's place in the list and the offset.
    fn reach(&self, buckets: Buckets, row: usize) -> Range<i64> {
        let (offset, counts) = buckets.fields();
        // The wire has 32 bits for it, whatever was set.
        let offset = i64::from(self.scalars(offset)[row] as i32);
        offset..offset + self.buckets(counts, row).len() as i64
    }

    fn add_exponential(&mut self, buckets: Buckets, rows: &[usize]) {
        let (offset, counts) = buckets.fields();
        let reaches = rows.iter().map(|&row| self.reach(buckets, row));
        let Some(all) = reaches.filter(|reach| !reach.is_empty()).reduce(union) else {
            return;
        };
        let mut total = vec![0; (all.end - all.start) as usize];
        for &row in rows {
            let own = self.buckets(counts, row);
            if !own.is_empty() {
                let at = self.reach(buckets, row).start - all.start;
                add(&mut total[at as usize..], &own);
            }
        }
        self.set_scalar(offset, rows[0], all.start as u64);
        self.set_packed(counts, rows[0], &total);
    }
}

/// The buckets of several points of one sign.
#[derive(Clone, Debug, Default)]
struct Reach {
    buckets: Range<i64>,
    /// How many of them had to be put between others.
    gap: i64,
}

impl Reach {
    /// With those of another point, unless they are too far away.
    fn and(&self, other: Range<i64>) -> Option<Self> {
        if other.is_empty() {
            return Some(self.clone());
        }
        if self.buckets.is_empty() {
            return Some(Self {
                buckets: other,
                gap: self.gap,
            });
        }
        let between = self.buckets.start.max(other.start) - self.buckets.end.min(other.end);
        let gap = self.gap + between.max(0);
        (gap <= MAX_GAP).then(|| Self {
            buckets: union(self.buckets.clone(), other),
            gap,
        })
    }
}

fn union(one: Range<i64>, other: Range<i64>) -> Range<i64> {
    one.start.min(other.start)..one.end.max(other.end)
}

fn add(total: &mut [u64], counts: &[u64]) {
    for (total, count) in total.iter_mut().zip(counts) {
        *total = total.saturating_add(*count);
    }
}

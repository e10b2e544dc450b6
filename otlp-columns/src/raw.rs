//! Fields without columns, repeated ones and optional doubles: found in the row's bytes when somebody
//! asks.

use crate::Slice;
use crate::batch::Batch;
use crate::bits::BitSet;
use crate::schema::{Coding, Field, Level, Shape, Storage};
use crate::table::Column;
use crate::wire::{RawField, Reader, WireType, put_len, put_scalar, put_tag};

/// Where a raw field is on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The message inside the row that has the field, if it is not the row itself.
    pub(crate) container: Option<u32>,
    pub(crate) number: u32,
    form: Form,
}

/// What is found in a place.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Messages, which may be the rows of a level.
    Messages(Option<Level>),
    /// Repeated scalars.
    Packed(Coding),
    /// A double, or none.
    Single,
}

const fn messages(number: u32, rows: Option<Level>) -> Place {
    Place {
        container: None,
        number,
        form: Form::Messages(rows),
    }
}

const fn packed(container: Option<u32>, number: u32, coding: Coding) -> Place {
    Place {
        container,
        number,
        form: Form::Packed(coding),
    }
}

const fn single(number: u32) -> Place {
    Place {
        container: None,
        number,
        form: Form::Single,
    }
}

/// Where `field` is in a row of `shape`; `None` when such rows do not have it.
pub(crate) fn place(field: Field, shape: Shape) -> Option<Place> {
    let data = |number| Place {
        container: Some(number),
        ..messages(1, Some(Level::DataPoint))
    };
    Some(match (field, shape) {
        (Field::SpanEvents, _) => messages(11, Some(Level::SpanEvent)),
        (Field::SpanLinks, _) => messages(13, None),
        (Field::MetricPoints, Shape::Gauge) => data(5),
        (Field::MetricPoints, Shape::Sum) => data(7),
        (Field::MetricPoints, Shape::Histogram) => data(9),
        (Field::MetricPoints, Shape::Exponential) => data(10),
        (Field::MetricPoints, Shape::Summary) => data(11),
        (Field::PointExemplars, Shape::Gauge | Shape::Sum) => messages(5, Some(Level::Exemplar)),
        (Field::PointExemplars, Shape::Histogram) => messages(8, Some(Level::Exemplar)),
        (Field::PointExemplars, Shape::Exponential) => messages(11, Some(Level::Exemplar)),
        (Field::PointQuantiles, Shape::Summary) => messages(6, None),
        (Field::PointBucketCounts, Shape::Histogram) => packed(None, 6, Coding::Fixed64),
        (Field::PointBounds, Shape::Histogram) => packed(None, 7, Coding::Fixed64),
        (Field::PointPositiveCounts, Shape::Exponential) => packed(Some(8), 2, Coding::Varint),
        (Field::PointNegativeCounts, Shape::Exponential) => packed(Some(9), 2, Coding::Varint),
        (Field::PointSum, Shape::Histogram | Shape::Exponential) => single(5),
        (Field::PointMin, Shape::Histogram) => single(11),
        (Field::PointMax, Shape::Histogram) => single(12),
        (Field::PointMin, Shape::Exponential) => single(12),
        (Field::PointMax, Shape::Exponential) => single(13),
        (Field::PointZeroThreshold, Shape::Exponential) => single(14),
        (Field::ProfileSamples, _) => messages(2, Some(Level::ProfileSample)),
        (Field::ProfileAttributeIndices, _) => packed(None, 11, Coding::Varint),
        (Field::SampleAttributeIndices, _) => packed(None, 2, Coding::Varint),
        (Field::SampleValues, _) => packed(None, 4, Coding::Varint),
        (Field::SampleTimestamps, _) => packed(None, 5, Coding::Fixed64),
        _ => return None,
    })
}

/// The positive or the negative buckets of an exponential histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buckets {
    /// `positive`.
    Positive,
    /// `negative`.
    Negative,
}

impl Buckets {
    pub(crate) fn fields(self) -> (Field, Field) {
        match self {
            Self::Positive => (Field::PointPositiveOffset, Field::PointPositiveCounts),
            Self::Negative => (Field::PointNegativeOffset, Field::PointNegativeCounts),
        }
    }
}

impl Batch {
    /// How many messages or scalars a row has of a field that is kept raw.
    #[must_use]
    pub fn count(&self, field: Field, row: usize) -> usize {
        let level = field.level();
        let Some(place) = place(field, self.shape(level, row)) else {
            return 0;
        };
        match place.form {
            Form::Messages(Some(rows)) if self.rows(rows) > 0 => {
                let dropped = self.dropped(rows);
                return self
                    .children(level, row)
                    .filter(|&child| !dropped.contains(child))
                    .count();
            }
            Form::Messages(_) => {}
            Form::Packed(_) => return self.packed(field, row).map_or(0, |elements| elements.len()),
            Form::Single => return usize::from(self.optional(field, row).is_some()),
        }
        if self.columns[field as usize].dirty.contains(row) {
            return 0;
        }
        let mut count = 0;
        self.occurrences(level, row, place, |_| count += 1);
        count
    }

    /// Removes all that a row has of a field that is kept raw and tells whether there was any.
    pub fn clear(&mut self, field: Field, row: usize) -> bool {
        let level = field.level();
        let Some(place) = place(field, self.shape(level, row)) else {
            return false;
        };
        if self.count(field, row) == 0 {
            return false;
        }
        match place.form {
            Form::Messages(Some(rows)) if self.rows(rows) > 0 => {
                for child in self.children(level, row) {
                    self.drop_row(rows, child);
                }
            }
            Form::Messages(_) | Form::Packed(_) => self.set_raw(field, row, Slice::EMPTY),
            Form::Single => return self.set_optional(field, row, None),
        }
        true
    }

    /// A double that a row may have or not: `min`, `max` and `zero_threshold`, and the `sum` of
    /// histograms, whose column does not tell none from zero.
    #[must_use]
    pub fn optional(&self, field: Field, row: usize) -> Option<f64> {
        let level = field.level();
        let place = place(field, self.shape(level, row))?;
        let Form::Single = place.form else {
            return None;
        };
        let column = &self.columns[field as usize];
        let mut bits = None;
        if !column.dirty.contains(row) {
            self.occurrences(level, row, place, |found| bits = Some(found.bits));
        } else if field.storage() == Storage::Scalar {
            bits = (!column.absent.contains(row)).then(|| column.data[row]);
        } else {
            let bytes = self.heap.bytes(Slice::from_bits(column.data[row]));
            bits = bytes.last_chunk().map(|last| u64::from_le_bytes(*last));
        }
        bits.map(f64::from_bits)
    }

    /// Whether a row may have a field and does not; its column cannot tell that from zero.
    pub(crate) fn lacks(&self, field: Field, row: usize) -> bool {
        let place = place(field, self.shape(field.level(), row));
        place.is_some_and(|place| matches!(place.form, Form::Single))
            && self.optional(field, row).is_none()
    }

    /// Sets or removes a double that a row may have or not, and tells whether it changed.
    ///
    /// Rows whose shape does not have the field stay as they are. A `sum` must be projected.
    pub fn set_optional(&mut self, field: Field, row: usize, value: Option<f64>) -> bool {
        let level = field.level();
        let Some(Place {
            number,
            form: Form::Single,
            ..
        }) = place(field, self.shape(level, row))
        else {
            return false;
        };
        if self.optional(field, row).map(f64::to_bits) == value.map(f64::to_bits) {
            return false;
        }
        if field.storage() == Storage::Scalar {
            self.set_optional_scalar(field, row, value.map(f64::to_bits));
        } else {
            let mut out = Vec::new();
            if let Some(value) = value {
                put_tag(&mut out, number, WireType::Fixed64);
                put_scalar(&mut out, Coding::Fixed64, value.to_bits());
            }
            let slice = self.heap.alloc(&out);
            self.set_raw(field, row, slice);
        }
        true
    }

    fn set_optional_scalar(&mut self, field: Field, row: usize, bits: Option<u64>) {
        let column = &mut self.columns[field as usize];
        column.data[row] = bits.unwrap_or(0);
        column.dirty.insert(row);
        if bits.is_some() {
            column.absent.remove(row);
        } else {
            if column.absent.len() < column.data.len() {
                column.absent = BitSet::new(column.data.len());
            }
            column.absent.insert(row);
        }
        self.touch(field.level(), row);
    }

    /// The elements of a repeated scalar field: integers, or the bits of doubles.
    #[must_use]
    pub fn packed(&self, field: Field, row: usize) -> Option<Vec<u64>> {
        let level = field.level();
        let place = place(field, self.shape(level, row))?;
        let Form::Packed(coding) = place.form else {
            return None;
        };
        let mut elements = Vec::new();
        let mut read = |buf: &[u8], found: &RawField| {
            if found.wire != WireType::Len {
                elements.push(found.bits);
                return;
            }
            let mut reader = Reader::new(buf, found.start, found.end, "packed");
            while let Ok(Some(bits)) = reader.packed(coding) {
                elements.push(bits);
            }
        };
        let column = &self.columns[field as usize];
        if column.dirty.contains(row) {
            let bytes = self.heap.bytes(Slice::from_bits(column.data[row]));
            let mut reader = Reader::new(bytes, 0, bytes.len(), "packed");
            while let Ok(Some(found)) = reader.next() {
                read(bytes, &found);
            }
        } else {
            let input = self.heap.input();
            self.occurrences(level, row, place, |found| read(input, found));
        }
        Some(elements)
    }

    /// Replaces the elements of a repeated scalar field and tells whether they changed.
    ///
    /// Rows whose shape does not have the field stay as they are.
    pub fn set_packed(&mut self, field: Field, row: usize, elements: &[u64]) -> bool {
        let shape = self.shape(field.level(), row);
        let Some(Place {
            number,
            form: Form::Packed(coding),
            ..
        }) = place(field, shape)
        else {
            return false;
        };
        if self.packed(field, row).is_some_and(|old| old == elements) {
            return false;
        }
        let mut body = Vec::with_capacity(elements.len() * 8);
        for &bits in elements {
            put_scalar(&mut body, coding, bits);
        }
        let mut out = Vec::with_capacity(body.len() + 8);
        if !body.is_empty() {
            put_len(&mut out, number, &body);
        }
        let slice = self.heap.alloc(&out);
        self.set_raw(field, row, slice);
        true
    }

    /// Copies the buckets of one sign to the other and tells whether anything changed.
    pub fn copy_buckets(&mut self, row: usize, from: Buckets, to: Buckets) -> bool {
        let ((from_offset, from_counts), (to_offset, to_counts)) = (from.fields(), to.fields());
        let offset = self.scalars(from_offset)[row];
        let counts = self.packed(from_counts, row).unwrap_or_default();
        let changed = self.set_scalar(to_offset, row, offset);
        self.set_packed(to_counts, row, &counts) | changed
    }

    /// `bytes` are the field's occurrences with tags and lengths.
    fn set_raw(&mut self, field: Field, row: usize, bytes: Slice) {
        let rows = self.rows(field.level());
        let column = &mut self.columns[field as usize];
        if column.data.is_empty() {
            *column = Column {
                data: vec![0; rows],
                dirty: BitSet::new(rows),
                absent: BitSet::default(),
            };
        }
        column.data[row] = bytes.to_bits();
        column.dirty.insert(row);
        self.touch(field.level(), row);
    }

    fn occurrences(
        &self,
        level: Level,
        row: usize,
        place: Place,
        mut found: impl FnMut(&RawField),
    ) {
        let input = self.heap.input();
        let at = self.tables[level as usize].rows[row];
        let mut reader = Reader::new(input, at.start as usize, at.end as usize, "row");
        while let Ok(Some(field)) = reader.next() {
            match place.container {
                None if field.number == place.number => found(&field),
                Some(container) if field.number == container => {
                    let mut inner = Reader::new(input, field.start, field.end, "row");
                    while let Ok(Some(field)) = inner.next() {
                        if field.number == place.number {
                            found(&field);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

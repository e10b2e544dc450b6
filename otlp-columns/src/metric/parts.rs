//! What changing metrics needs of their parts.

use super::{Attribute, Data, Metric, Number, Point, Series};
use crate::schema::Coding;
use crate::wire::{Reader, WireType, put_len, put_scalar, put_tag};

/// Field numbers of `Exemplar` and `AnyValue`.
mod number {
    pub(super) const EXEMPLAR_DOUBLE: u32 = 3;
    pub(super) const EXEMPLAR_INT: u32 = 6;
    pub(super) const ANY_STRING: u32 = 1;
    pub(super) const ANY_DOUBLE: u32 = 4;
}

impl Metric {
    /// A metric with the name, description and unit of this one, and nothing else of it.
    #[must_use]
    pub fn sibling(&self, data: Data) -> Self {
        Self {
            name: self.name.clone(),
            description: self.description.clone(),
            unit: self.unit.clone(),
            data,
            ..Self::default()
        }
    }
}

impl Data {
    /// The attributes of each point, in order.
    pub fn attributes(&self) -> Box<dyn Iterator<Item = &[Attribute]> + '_> {
        fn of<D>(series: &Series<D>) -> Box<dyn Iterator<Item = &[Attribute]> + '_> {
            Box::new(
                series
                    .points
                    .iter()
                    .map(|point| point.attributes.as_slice()),
            )
        }
        match self {
            Self::None => Box::new(std::iter::empty()),
            Self::Gauge(series) | Self::Sum(series) => of(series),
            Self::Histogram(series) => of(series),
            Self::Exponential(series) => of(series),
            Self::Summary(series) => of(series),
        }
    }

    /// Shows the attributes of each point to `change`.
    pub fn change_attributes(&mut self, mut change: impl FnMut(&mut Vec<Attribute>)) {
        fn each<D>(series: &mut Series<D>, change: &mut dyn FnMut(&mut Vec<Attribute>)) {
            for point in &mut series.points {
                change(&mut point.attributes);
            }
        }
        match self {
            Self::None => {}
            Self::Gauge(series) | Self::Sum(series) => each(series, &mut change),
            Self::Histogram(series) => each(series, &mut change),
            Self::Exponential(series) => each(series, &mut change),
            Self::Summary(series) => each(series, &mut change),
        }
    }
}

impl<D> Series<D> {
    /// The same series without its points.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self {
            points: Vec::new(),
            temporality: self.temporality,
            monotonic: self.monotonic,
            rest: Vec::new(),
        }
    }
}

impl<D> Point<D> {
    /// A point with other data for the same attributes and times, without flags and exemplars.
    #[must_use]
    pub fn sibling<E>(&self, data: E) -> Point<E> {
        Point {
            attributes: self.attributes.clone(),
            start: self.start,
            time: self.time,
            flags: 0,
            exemplars: Vec::new(),
            data,
            rest: Vec::new(),
        }
    }
}

impl Attribute {
    /// An attribute with a double.
    #[must_use]
    pub fn double(key: &[u8], value: f64) -> Self {
        let mut wire = Vec::with_capacity(9);
        put_tag(&mut wire, number::ANY_DOUBLE, WireType::Fixed64);
        put_scalar(&mut wire, Coding::Fixed64, value.to_bits());
        Self {
            key: key.to_vec(),
            value: wire,
        }
    }

    /// Makes the value a string.
    pub fn set_string(&mut self, text: &[u8]) {
        self.value.clear();
        put_len(&mut self.value, number::ANY_STRING, text);
    }
}

/// Changes the number of an exemplar, given as its message. One without a number stays as it is.
pub fn change_exemplar(exemplar: &mut Vec<u8>, change: impl FnOnce(Number) -> Number) {
    let mut value = Number::None;
    let mut others = Vec::with_capacity(exemplar.len());
    let mut reader = Reader::new(exemplar, 0, exemplar.len(), "Exemplar");
    // The bytes were validated with the message that they are of.
    while let Ok(Some(field)) = reader.next() {
        value = match (field.number, field.wire) {
            (number::EXEMPLAR_DOUBLE, WireType::Fixed64) => {
                Number::Double(f64::from_bits(field.bits))
            }
            (number::EXEMPLAR_INT, WireType::Fixed64) => Number::Int(field.bits as i64),
            _ => {
                others.extend_from_slice(&exemplar[field.head..field.end]);
                value
            }
        };
    }
    let (number, bits) = match value {
        Number::None => return,
        number => match change(number) {
            Number::None => return *exemplar = others,
            Number::Double(value) => (number::EXEMPLAR_DOUBLE, value.to_bits()),
            Number::Int(value) => (number::EXEMPLAR_INT, value as u64),
        },
    };
    put_tag(&mut others, number, WireType::Fixed64);
    put_scalar(&mut others, Coding::Fixed64, bits);
    *exemplar = others;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_exemplar_is_changed_and_nothing_else() {
        // time_unix_nano = 1, as_int = 3, an unknown field.
        let before = [
            &[0x11, 1, 0, 0, 0, 0, 0, 0, 0][..],
            &[0x31, 3, 0, 0, 0, 0, 0, 0, 0],
            &[0x78, 5],
        ]
        .concat();
        let mut exemplar = before.clone();
        change_exemplar(&mut exemplar, |number| {
            assert_eq!(number, Number::Int(3));
            Number::Int(4)
        });
        let after = [&before[..9], &before[18..], &[0x31, 4, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(exemplar, after);
        let mut empty = vec![0x78, 5];
        change_exemplar(&mut empty, |_| Number::Int(4));
        assert_eq!(empty, [0x78, 5]);
    }

    #[test]
    fn attributes_are_made_as_they_are_read() {
        let mut attribute = Attribute::double(b"k", 1.5);
        assert_eq!(attribute.string(), None);
        attribute.set_string(b"text");
        assert_eq!(attribute.string(), Some(&b"text"[..]));
        attribute.set_string(b"");
        assert_eq!(attribute.string(), Some(&b""[..]));
    }
}

//! Reading metrics from the wire and writing them, by the field numbers of
//! opentelemetry/proto/metrics/v1.

use super::{
    Attribute, BucketCounts, Data, Exponential, Histogram, Metric, Number, Point, Series, Summary,
};
use crate::error::DecodeError;
use crate::schema::Coding;
use crate::wire::{RawField, Reader, WireType, put_len, put_nested, put_scalar, put_tag, unzigzag};

impl Metric {
    /// Reads a metric message.
    ///
    /// # Errors
    /// When the bytes are not well formed. Those of a metric of a [`Batch`](crate::Batch) are.
    pub fn read(message: &[u8]) -> Result<Self, DecodeError> {
        let mut metric = Self::default();
        each(message, "Metric", |field, body| {
            match (field.number, field.wire) {
                (1, WireType::Len) => metric.name = body.to_vec(),
                (2, WireType::Len) => metric.description = body.to_vec(),
                (3, WireType::Len) => metric.unit = body.to_vec(),
                (5 | 7 | 9 | 10 | 11, WireType::Len) => metric.data.read(field.number, body)?,
                (12, WireType::Len) => metric.metadata.push(Attribute::read(body)?),
                _ => metric.rest.extend_from_slice(whole(message, field)),
            }
            Ok(())
        })?;
        Ok(metric)
    }

    /// The metric message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, text) in [(1, &self.name), (2, &self.description), (3, &self.unit)] {
            if !text.is_empty() {
                put_len(&mut out, number, text);
            }
        }
        match &self.data {
            Data::None => {}
            Data::Gauge(series) => write_series(series, &mut out, 5),
            Data::Sum(series) => write_series(series, &mut out, 7),
            Data::Histogram(series) => write_series(series, &mut out, 9),
            Data::Exponential(series) => write_series(series, &mut out, 10),
            Data::Summary(series) => write_series(series, &mut out, 11),
        }
        for attribute in &self.metadata {
            put_nested(&mut out, 12, |out| attribute.write(out));
        }
        out.extend_from_slice(&self.rest);
        out
    }
}

impl Data {
    /// Reads one of the fields of which the last counts.
    fn read(&mut self, number: u32, body: &[u8]) -> Result<(), DecodeError> {
        match (number, &mut *self) {
            (5, Self::Gauge(series)) | (7, Self::Sum(series)) => read_series(series, body),
            (9, Self::Histogram(series)) => read_series(series, body),
            (10, Self::Exponential(series)) => read_series(series, body),
            (11, Self::Summary(series)) => read_series(series, body),
            _ => {
                *self = match number {
                    5 => Self::Gauge(Series::default()),
                    7 => Self::Sum(Series::default()),
                    9 => Self::Histogram(Series::default()),
                    10 => Self::Exponential(Series::default()),
                    11 => Self::Summary(Series::default()),
                    _ => return Ok(()),
                };
                self.read(number, body)
            }
        }
    }
}

fn read_series<D: PointData>(series: &mut Series<D>, message: &[u8]) -> Result<(), DecodeError> {
    each(message, "Metric", |field, body| {
        match (field.number, field.wire) {
            (1, WireType::Len) => series.points.push(read_point(body)?),
            (2, WireType::Varint) => series.temporality = field.bits,
            (3, WireType::Varint) => series.monotonic = field.bits != 0,
            _ => series.rest.extend_from_slice(whole(message, field)),
        }
        Ok(())
    })
}

fn write_series<D: PointData>(series: &Series<D>, out: &mut Vec<u8>, number: u32) {
    put_nested(out, number, |out| {
        for point in &series.points {
            put_nested(out, 1, |out| write_point(point, out));
        }
        scalar(out, 2, Coding::Varint, series.temporality);
        scalar(out, 3, Coding::Varint, series.monotonic.into());
        out.extend_from_slice(&series.rest);
    });
}

fn read_point<D: PointData>(message: &[u8]) -> Result<Point<D>, DecodeError> {
    let mut point = Point::<D>::default();
    each(message, "DataPoint", |field, body| {
        match (field.number, field.wire) {
            (2, WireType::Fixed64) => point.start = field.bits,
            (3, WireType::Fixed64) => point.time = field.bits,
            (number, WireType::Varint) if number == D::FLAGS => point.flags = field.bits,
            (number, WireType::Len) if number == D::ATTRIBUTES => {
                point.attributes.push(Attribute::read(body)?);
            }
            (number, WireType::Len) if Some(number) == D::EXEMPLARS => {
                point.exemplars.push(body.to_vec());
            }
            _ => {
                if !point.data.read(&field, body)? {
                    point.rest.extend_from_slice(whole(message, field));
                }
            }
        }
        Ok(())
    })?;
    Ok(point)
}

fn write_point<D: PointData>(point: &Point<D>, out: &mut Vec<u8>) {
    for attribute in &point.attributes {
        put_nested(out, D::ATTRIBUTES, |out| attribute.write(out));
    }
    scalar(out, 2, Coding::Fixed64, point.start);
    scalar(out, 3, Coding::Fixed64, point.time);
    point.data.write(out);
    scalar(out, D::FLAGS, Coding::Varint, point.flags);
    if let Some(number) = D::EXEMPLARS {
        for exemplar in &point.exemplars {
            put_len(out, number, exemplar);
        }
    }
    out.extend_from_slice(&point.rest);
}

/// What distinguishes the points of one type from those of another.
trait PointData: Default {
    const ATTRIBUTES: u32;
    const FLAGS: u32;
    const EXEMPLARS: Option<u32>;

    /// Reads a field, and tells whether it is known.
    fn read(&mut self, field: &RawField, body: &[u8]) -> Result<bool, DecodeError>;
    fn write(&self, out: &mut Vec<u8>);
}

impl PointData for Number {
    const ATTRIBUTES: u32 = 7;
    const FLAGS: u32 = 8;
    const EXEMPLARS: Option<u32> = Some(5);

    fn read(&mut self, field: &RawField, _: &[u8]) -> Result<bool, DecodeError> {
        match (field.number, field.wire) {
            (4, WireType::Fixed64) => *self = Self::Double(f64::from_bits(field.bits)),
            (6, WireType::Fixed64) => *self = Self::Int(field.bits as i64),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::None => {}
            Self::Double(value) => put(out, 4, Coding::Fixed64, value.to_bits()),
            Self::Int(value) => put(out, 6, Coding::Fixed64, value as u64),
        }
    }
}

impl PointData for Histogram {
    const ATTRIBUTES: u32 = 9;
    const FLAGS: u32 = 10;
    const EXEMPLARS: Option<u32> = Some(8);

    fn read(&mut self, field: &RawField, body: &[u8]) -> Result<bool, DecodeError> {
        match (field.number, field.wire) {
            (4, WireType::Fixed64) => self.count = field.bits,
            (5, WireType::Fixed64) => self.sum = Some(f64::from_bits(field.bits)),
            (6, _) => repeated(field, body, Coding::Fixed64, |bits| self.counts.push(bits))?,
            (7, _) => repeated(field, body, Coding::Fixed64, |bits| {
                self.bounds.push(f64::from_bits(bits));
            })?,
            (11, WireType::Fixed64) => self.min = Some(f64::from_bits(field.bits)),
            (12, WireType::Fixed64) => self.max = Some(f64::from_bits(field.bits)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn write(&self, out: &mut Vec<u8>) {
        scalar(out, 4, Coding::Fixed64, self.count);
        optional(out, 5, self.sum);
        packed(out, 6, Coding::Fixed64, self.counts.iter().copied());
        let bounds = self.bounds.iter().map(|bound| bound.to_bits());
        packed(out, 7, Coding::Fixed64, bounds);
        optional(out, 11, self.min);
        optional(out, 12, self.max);
    }
}

impl PointData for Exponential {
    const ATTRIBUTES: u32 = 1;
    const FLAGS: u32 = 10;
    const EXEMPLARS: Option<u32> = Some(11);

    fn read(&mut self, field: &RawField, body: &[u8]) -> Result<bool, DecodeError> {
        match (field.number, field.wire) {
            (4, WireType::Fixed64) => self.count = field.bits,
            (5, WireType::Fixed64) => self.sum = Some(f64::from_bits(field.bits)),
            (6, WireType::Varint) => self.scale = unzigzag(field.bits) as i32,
            (7, WireType::Fixed64) => self.zero_count = field.bits,
            (8, WireType::Len) => self.positive.read(body)?,
            (9, WireType::Len) => self.negative.read(body)?,
            (12, WireType::Fixed64) => self.min = Some(f64::from_bits(field.bits)),
            (13, WireType::Fixed64) => self.max = Some(f64::from_bits(field.bits)),
            (14, WireType::Fixed64) => self.zero_threshold = f64::from_bits(field.bits),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn write(&self, out: &mut Vec<u8>) {
        scalar(out, 4, Coding::Fixed64, self.count);
        optional(out, 5, self.sum);
        scalar(out, 6, Coding::ZigZag32, self.scale as u64);
        scalar(out, 7, Coding::Fixed64, self.zero_count);
        put_nested(out, 8, |out| self.positive.write(out));
        put_nested(out, 9, |out| self.negative.write(out));
        optional(out, 12, self.min);
        optional(out, 13, self.max);
        scalar(out, 14, Coding::Fixed64, self.zero_threshold.to_bits());
    }
}

impl BucketCounts {
    fn read(&mut self, message: &[u8]) -> Result<(), DecodeError> {
        each(message, "Buckets", |field, body| {
            match (field.number, field.wire) {
                (1, WireType::Varint) => self.offset = unzigzag(field.bits) as i32,
                (2, _) => repeated(&field, body, Coding::Varint, |bits| self.counts.push(bits))?,
                _ => {}
            }
            Ok(())
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        scalar(out, 1, Coding::ZigZag32, self.offset as u64);
        packed(out, 2, Coding::Varint, self.counts.iter().copied());
    }
}

impl PointData for Summary {
    const ATTRIBUTES: u32 = 7;
    const FLAGS: u32 = 8;
    const EXEMPLARS: Option<u32> = None;

    fn read(&mut self, field: &RawField, body: &[u8]) -> Result<bool, DecodeError> {
        match (field.number, field.wire) {
            (4, WireType::Fixed64) => self.count = field.bits,
            (5, WireType::Fixed64) => self.sum = f64::from_bits(field.bits),
            (6, WireType::Len) => {
                let mut quantile = (0.0, 0.0);
                each(body, "ValueAtQuantile", |field, _| {
                    match (field.number, field.wire) {
                        (1, WireType::Fixed64) => quantile.0 = f64::from_bits(field.bits),
                        (2, WireType::Fixed64) => quantile.1 = f64::from_bits(field.bits),
                        _ => {}
                    }
                    Ok(())
                })?;
                self.quantiles.push(quantile);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn write(&self, out: &mut Vec<u8>) {
        scalar(out, 4, Coding::Fixed64, self.count);
        scalar(out, 5, Coding::Fixed64, self.sum.to_bits());
        for (quantile, value) in &self.quantiles {
            put_nested(out, 6, |out| {
                scalar(out, 1, Coding::Fixed64, quantile.to_bits());
                scalar(out, 2, Coding::Fixed64, value.to_bits());
            });
        }
    }
}

impl Attribute {
    fn read(message: &[u8]) -> Result<Self, DecodeError> {
        let mut attribute = Self::default();
        each(message, "KeyValue", |field, body| {
            match (field.number, field.wire) {
                (1, WireType::Len) => attribute.key = body.to_vec(),
                // Parts of a message mean the same as one after the other.
                (2, WireType::Len) => attribute.value.extend_from_slice(body),
                _ => {}
            }
            Ok(())
        })?;
        Ok(attribute)
    }

    fn write(&self, out: &mut Vec<u8>) {
        put_len(out, 1, &self.key);
        put_len(out, 2, &self.value);
    }
}

/// Shows each field of a message with its body.
fn each(
    message: &[u8],
    name: &'static str,
    mut visit: impl FnMut(RawField, &[u8]) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(message, 0, message.len(), name);
    while let Some(field) = reader.next()? {
        visit(field, &message[field.start..field.end])?;
    }
    Ok(())
}

/// A field with its tag.
fn whole(message: &[u8], field: RawField) -> &[u8] {
    &message[field.head..field.end]
}

/// Reads a repeated scalar, packed or not.
fn repeated(
    field: &RawField,
    body: &[u8],
    coding: Coding,
    mut push: impl FnMut(u64),
) -> Result<(), DecodeError> {
    if field.wire != WireType::Len {
        push(field.bits);
        return Ok(());
    }
    let mut reader = Reader::new(body, 0, body.len(), "DataPoint");
    while let Some(bits) = reader.packed(coding)? {
        push(bits);
    }
    Ok(())
}

fn packed(out: &mut Vec<u8>, number: u32, coding: Coding, values: impl Iterator<Item = u64>) {
    let mut values = values.peekable();
    if values.peek().is_some() {
        put_nested(out, number, |out| {
            values.for_each(|bits| put_scalar(out, coding, bits));
        });
    }
}

/// A scalar, which is left out when it is zero.
fn scalar(out: &mut Vec<u8>, number: u32, coding: Coding, bits: u64) {
    if bits != 0 {
        put(out, number, coding, bits);
    }
}

fn optional(out: &mut Vec<u8>, number: u32, value: Option<f64>) {
    if let Some(value) = value {
        put(out, number, Coding::Fixed64, value.to_bits());
    }
}

fn put(out: &mut Vec<u8>, number: u32, coding: Coding, bits: u64) {
    put_tag(out, number, coding.wire());
    put_scalar(out, coding, bits);
}

//! A message of metrics taken apart into its metrics.
//!
//! What makes other metrics of a metric changes how many there are, so that rows would have to be
//! numbered anew. Instead each metric is looked at in a message of its own, together with its
//! resource and scope, and put back. What a metric is surrounded by, fields that OTLP does not know
//! included, is kept as it stood.
//!
//! A metric may also have a resource and a scope of its own, once it changed them; see
//! [`Pieces::separated`].

use std::collections::HashSet;

use bytes::Bytes;

use crate::error::DecodeError;
use crate::wire::{Reader, WireType, put_len, put_nested};

/// The field with the resources of a message, the scopes of a resource, the metrics of a scope.
const RESOURCES: u32 = 1;
const SCOPES: u32 = 2;
const METRICS: u32 = 2;

/// The parts of a message of metrics.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    resources: Vec<Resource>,
    rest: Vec<u8>,
    metric_bytes: usize,
    is_separated: bool,
    /// What several metrics may have around them is there once.
    surroundings: HashSet<Bytes>,
}

#[derive(Clone, Debug, Default)]
struct Resource {
    scopes: Vec<Scope>,
    rest: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Scope {
    metrics: Vec<Metric>,
    rest: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Metric {
    /// `None` for one that was removed.
    message: Option<Bytes>,
    /// What it has around it instead of what the others of its scope have: the rest of the resource
    /// and that of the scope.
    own: Option<(Bytes, Bytes)>,
}

/// Where a metric is: the numbers of its resource, of its scope there, and its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the resource.
    pub resource: usize,
    /// Number of the scope.
    pub scope: usize,
    /// Number of the metric.
    pub metric: usize,
}

impl Pieces {
    /// Takes a message apart.
    ///
    /// # Errors
    /// When the bytes are not well formed.
    pub fn of(message: &Bytes) -> Result<Self, DecodeError> {
        let mut pieces = Self::default();
        let whole = (0, message.len());
        let (resources, rest) = split(message, whole, RESOURCES, "MetricsData")?;
        pieces.rest = rest;
        for resource in resources {
            let (scopes, rest) = split(message, resource, SCOPES, "ResourceMetrics")?;
            let mut resource = Resource {
                scopes: Vec::new(),
                rest,
            };
            for scope in scopes {
                let (metrics, rest) = split(message, scope, METRICS, "ScopeMetrics")?;
                let metrics = metrics.into_iter().map(|(start, end)| Metric {
                    message: Some(message.slice(start..end)),
                    own: None,
                });
                resource.scopes.push(Scope {
                    metrics: metrics.collect(),
                    rest,
                });
            }
            pieces.resources.push(resource);
        }
        Ok(pieces)
    }

    /// The same pieces, in which a metric that is put back in another resource or scope than it was
    /// taken from keeps that for itself.
    #[must_use]
    pub fn separated(mut self, is_separated: bool) -> Self {
        self.is_separated = is_separated;
        self
    }

    /// Whether a metric has a resource and a scope of its own.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        !self.surroundings.is_empty()
    }

    /// The place of the first metric.
    #[must_use]
    pub fn first(&self) -> Option<Place> {
        self.settle(Place::default())
    }

    /// The place of the metric behind another one, those that were appended included.
    #[must_use]
    pub fn after(&self, place: Place) -> Option<Place> {
        self.settle(Place {
            metric: place.metric + 1,
            ..place
        })
    }

    /// The first place from `place` on where there is a metric.
    fn settle(&self, mut place: Place) -> Option<Place> {
        loop {
            let resource = self.resources.get(place.resource)?;
            match resource.scopes.get(place.scope) {
                Some(scope) if place.metric < scope.metrics.len() => return Some(place),
                Some(_) => {
                    place.scope += 1;
                    place.metric = 0;
                }
                None => {
                    place.resource += 1;
                    place.scope = 0;
                    place.metric = 0;
                }
            }
        }
    }

    /// A message with one metric and what surrounds it.
    ///
    /// # Panics
    /// When there is nothing at `place`.
    #[must_use]
    pub fn single(&self, place: Place) -> Bytes {
        let scope = &self.resources[place.resource].scopes[place.scope];
        let metric = scope.metrics[place.metric].message.clone();
        self.single_with(place, &metric.unwrap_or_default())
    }

    /// The same with another metric in its place.
    ///
    /// # Panics
    /// When there is nothing at `place`.
    #[must_use]
    pub fn single_with(&self, place: Place, metric: &[u8]) -> Bytes {
        let resource = &self.resources[place.resource];
        let scope = &resource.scopes[place.scope];
        let (resource, scope) = match &scope.metrics[place.metric].own {
            Some((resource, scope)) => (&resource[..], &scope[..]),
            None => (&resource.rest[..], &scope.rest[..]),
        };
        let mut out = Vec::with_capacity(resource.len() + scope.len() + metric.len() + 16);
        put_around(&mut out, resource, scope, |out| {
            put_len(out, METRICS, metric);
        });
        out.into()
    }

    /// Puts a message that [`Pieces::single`] gave back after it was changed.
    ///
    /// # Errors
    /// When the bytes are not well formed.
    ///
    /// # Panics
    /// When there is nothing at `place`.
    pub fn put_back(&mut self, place: Place, message: &Bytes) -> Result<(), DecodeError> {
        let mut single = Self::of(message)?;
        let mut around = single.resources.pop().unwrap_or_default();
        let mut within = around.scopes.pop().unwrap_or_default();
        let message = within.metrics.pop().and_then(|metric| metric.message);
        self.metric_bytes += message.as_ref().map_or(0, Bytes::len);
        let own = self.is_separated.then(|| {
            let resource = &self.resources[place.resource];
            let is_same = (&resource.rest, &resource.scopes[place.scope].rest)
                == (&around.rest, &within.rest);
            (!is_same).then(|| (self.shared(&around.rest), self.shared(&within.rest)))
        });
        let resource = &mut self.resources[place.resource];
        let scope = &mut resource.scopes[place.scope];
        scope.metrics[place.metric] = Metric {
            message,
            own: own.flatten(),
        };
        if !self.is_separated {
            scope.rest = within.rest;
            resource.rest = around.rest;
        }
        Ok(())
    }

    /// Bytes that are there once, however many metrics they are around.
    fn shared(&mut self, bytes: &[u8]) -> Bytes {
        if let Some(known) = self.surroundings.get(bytes) {
            return known.clone();
        }
        let bytes = Bytes::copy_from_slice(bytes);
        self.metric_bytes += bytes.len();
        self.surroundings.insert(bytes.clone());
        bytes
    }

    /// Appends a metric to the scope of another one.
    ///
    /// # Panics
    /// When there is nothing at `place`.
    pub fn append(&mut self, place: Place, metric: Bytes) {
        self.metric_bytes += metric.len();
        let scope = &mut self.resources[place.resource].scopes[place.scope];
        let own = scope.metrics[place.metric].own.clone();
        scope.metrics.push(Metric {
            message: Some(metric),
            own,
        });
    }

    /// Bytes of all metrics that were put back or appended, and of what they have around them of
    /// their own.
    #[must_use]
    pub fn metric_bytes(&self) -> usize {
        self.metric_bytes
    }

    /// Where what was at a place is in the whole message: the number of its resource, and where there
    /// are more that of its scope and its own. Nowhere when it was removed, and at several places
    /// where metrics of a resource or scope have others of their own.
    #[must_use]
    pub fn places_of(&self, place: &[usize]) -> Vec<Vec<usize>> {
        let (place, below) = place.split_at(place.len().min(3));
        let mut found: Vec<Vec<usize>> = Vec::new();
        let mut resources = 0;
        for (number, resource) in self.resources.iter().enumerate() {
            for (from, to) in resource.places() {
                let from: Vec<_> = [number].into_iter().chain(from).collect();
                let mut to: Vec<_> = [resources + to[0]]
                    .into_iter()
                    .chain(to[1..].to_vec())
                    .collect();
                if from.starts_with(place) {
                    to.truncate(place.len());
                    to.extend(below);
                    if found.last() != Some(&to) {
                        found.push(to);
                    }
                }
            }
            resources += resource.written();
        }
        found
    }

    /// The whole message, unless it has more than `most` bytes.
    #[must_use]
    pub fn assemble(&self, most: usize) -> Option<Bytes> {
        let mut out = self.rest.clone();
        for resource in &self.resources {
            if resource.has_moved() {
                resource.put_apart(&mut out, most);
            } else {
                put_nested(&mut out, RESOURCES, |out| {
                    out.extend_from_slice(&resource.rest);
                    for scope in &resource.scopes {
                        put_nested(out, SCOPES, |out| {
                            out.extend_from_slice(&scope.rest);
                            Metric::put_all(&scope.metrics, out);
                        });
                    }
                });
            }
            if out.len() > most {
                return None;
            }
        }
        Some(out.into())
    }
}

impl Resource {
    fn has_moved(&self) -> bool {
        let mut metrics = self.scopes.iter().flat_map(|scope| &scope.metrics);
        metrics.any(|metric| metric.own.is_some())
    }

    /// How many resources are written for this one.
    fn written(&self) -> usize {
        if !self.has_moved() {
            return 1;
        }
        let scopes = self.scopes.iter();
        scopes.map(|scope| scope.runs().count().max(1)).sum()
    }

    /// For what is in this resource, and is written, the numbers of its scope and its own, and those
    /// of its resource, its scope and its own in what is written.
    fn places(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let has_moved = self.has_moved();
        let mut places = Vec::new();
        let mut written = 0;
        for (number, scope) in self.scopes.iter().enumerate() {
            let around = |written| match has_moved {
                true => vec![written, 0],
                false => vec![0, number],
            };
            if scope.metrics.is_empty() {
                places.push((vec![number], around(written)));
                written += 1;
            }
            let (mut metric, mut place) = (0, 0);
            for run in scope.runs() {
                if has_moved {
                    place = 0;
                }
                places.push((vec![number], around(written)));
                for one in run {
                    if one.message.is_some() {
                        let to = around(written).into_iter().chain([place]);
                        places.push((vec![number, metric], to.collect()));
                        place += 1;
                    }
                    metric += 1;
                }
                written += 1;
            }
        }
        if places.is_empty() {
            places.push((Vec::new(), vec![0]));
        }
        places
    }

    /// Writes neighbours with the same around them as one resource, so that all metrics stay in
    /// order.
    fn put_apart(&self, out: &mut Vec<u8>, most: usize) {
        for scope in &self.scopes {
            // Without metrics there is nothing to be written instead.
            if scope.metrics.is_empty() {
                put_around(out, &self.rest, &scope.rest, |_| {});
            }
            for run in scope.runs() {
                if out.len() > most {
                    return;
                }
                let (resource, rest) = match &run[0].own {
                    Some((resource, scope)) => (&resource[..], &scope[..]),
                    None => (&self.rest[..], &scope.rest[..]),
                };
                put_around(out, resource, rest, |out| Metric::put_all(run, out));
            }
        }
    }
}

impl Scope {
    /// Neighbours with the same around them.
    fn runs(&self) -> impl Iterator<Item = &[Metric]> {
        self.metrics.chunk_by(|one, other| one.own == other.own)
    }
}

impl Metric {
    fn put_all(metrics: &[Self], out: &mut Vec<u8>) {
        let messages = metrics.iter().filter_map(|metric| metric.message.as_ref());
        messages.for_each(|message| put_len(out, METRICS, message));
    }
}

/// Writes a resource with one scope.
fn put_around(
    out: &mut Vec<u8>,
    resource: &[u8],
    scope: &[u8],
    metrics: impl FnOnce(&mut Vec<u8>),
) {
    put_nested(out, RESOURCES, |out| {
        out.extend_from_slice(resource);
        put_nested(out, SCOPES, |out| {
            out.extend_from_slice(scope);
            metrics(out);
        });
    });
}

/// Where a message is.
type Span = (usize, usize);

/// The messages in field `number`, and all other fields.
fn split(
    buf: &[u8],
    (start, end): Span,
    number: u32,
    name: &'static str,
) -> Result<(Vec<Span>, Vec<u8>), DecodeError> {
    let mut found = Vec::new();
    let mut rest = Vec::new();
    let mut reader = Reader::new(buf, start, end, name);
    while let Some(field) = reader.next()? {
        if field.number == number && field.wire == WireType::Len {
            found.push((field.start, field.end));
        } else {
            rest.extend_from_slice(&buf[field.head..field.end]);
        }
    }
    Ok((found, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Signal, json};

    const MESSAGE: &str = r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"r","value":{"intValue":"1"}}]},"scopeMetrics":[{"scope":{"name":"a"},"metrics":[{"name":"m1","sum":{"dataPoints":[{"asInt":"1"}],"aggregationTemporality":2,"isMonotonic":true}},{"name":"m2"}],"schemaUrl":"s"},{"scope":{"name":"b"}}]},{"scopeMetrics":[{"metrics":[{"name":"m3"}]}]}]}"#;

    fn text(message: &[u8]) -> String {
        let mut out = Vec::new();
        json::from_wire(Signal::Metrics, message, &mut out).expect("a message");
        String::from_utf8(out).expect("JSON")
    }

    #[test]
    fn every_metric_is_visited_and_comes_back() {
        let message =
            Bytes::from(json::to_wire(Signal::Metrics, MESSAGE.as_bytes()).expect("OTLP"));
        let mut pieces = Pieces::of(&message).expect("well formed");
        let mut place = pieces.first();
        let mut singles = Vec::new();
        while let Some(at) = place {
            let single = pieces.single(at);
            singles.push(text(&single));
            pieces.put_back(at, &single).expect("well formed");
            if singles.len() == 1 {
                let metric = pieces.resources[0].scopes[0].metrics[1].clone();
                pieces.append(at, metric.message.expect("a metric"));
            }
            place = pieces.after(at);
        }
        assert_eq!(singles.len(), 4);
        assert_eq!(
            singles[1],
            r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"r","value":{"intValue":"1"}}]},"scopeMetrics":[{"scope":{"name":"a"},"metrics":[{"name":"m2"}],"schemaUrl":"s"}]}]}"#
        );
        let whole = MESSAGE.replace(r#"{"name":"m2"}"#, r#"{"name":"m2"},{"name":"m2"}"#);
        let assembled = pieces.assemble(usize::MAX).expect("no limit");
        assert_eq!(text(&assembled), whole);
        assert_eq!(pieces.assemble(10), None);
        assert!(!pieces.has_moved());
        for place in [&[0, 0, 1][..], &[0, 1], &[1], &[1, 0, 0, 5]] {
            assert_eq!(pieces.places_of(place), [place]);
        }
        let scope = &mut pieces.resources[0].scopes[0];
        scope.metrics[0].message = None;
        assert!(pieces.places_of(&[0, 0, 0]).is_empty());
        assert_eq!(pieces.places_of(&[0, 0, 1]), [[0, 0, 0]]);
    }

    #[test]
    fn a_metric_keeps_what_it_wrote_around_it() {
        let message =
            Bytes::from(json::to_wire(Signal::Metrics, MESSAGE.as_bytes()).expect("OTLP"));
        let mut pieces = Pieces::of(&message).expect("well formed").separated(true);
        let first = pieces.first().expect("a metric");
        let changed = text(&pieces.single(first)).replace(r#""name":"a""#, r#""name":"x""#);
        let changed = json::to_wire(Signal::Metrics, changed.as_bytes()).expect("OTLP");
        pieces
            .put_back(first, &changed.into())
            .expect("well formed");
        let second = pieces.after(first).expect("a metric");
        let same = pieces.single(second);
        pieces.put_back(second, &same).expect("well formed");
        pieces.append(first, Bytes::new());
        assert!(pieces.has_moved());
        assert_eq!(pieces.places_of(&[0, 0, 1]), [[1, 0, 0]]);
        assert_eq!(pieces.places_of(&[0, 0, 2, 7]), [[2, 0, 0, 7]]);
        assert_eq!(pieces.places_of(&[0]), [[0], [1], [2], [3]]);
        assert_eq!(pieces.places_of(&[0, 1]), [[3, 0]]);
        assert_eq!(pieces.places_of(&[1, 0, 0]), [[4, 0, 0]]);
        let assembled = text(&pieces.assemble(usize::MAX).expect("no limit"));
        let scopes: Vec<_> = assembled.matches(r#"{"scope":{"name":""#).collect();
        assert_eq!(scopes.len(), 4, "{assembled}");
        let order = ["x", "m1", "a", "m2", "x", "b", "m3"];
        let mut rest = assembled.as_str();
        for name in order {
            let quoted = format!(r#""name":"{name}""#);
            let (_, behind) = rest
                .split_once(&quoted)
                .unwrap_or_else(|| panic!("{name}: {rest}"));
            rest = behind;
        }
    }
}

//! A message of metrics taken apart into its metrics.
//!
//! What makes other metrics of a metric changes how many there are, so that rows would have to be
//! numbered anew. Instead each metric is looked at in a message of its own, together with its
//! resource and scope, and put back. What a metric is surrounded by, fields that OTLP does not know
//! included, is kept as it stood.

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
}

#[derive(Clone, Debug, Default)]
struct Resource {
    scopes: Vec<Scope>,
    rest: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Scope {
    /// `None` for one that was removed.
    metrics: Vec<Option<Bytes>>,
    rest: Vec<u8>,
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
                let metrics = metrics
                    .into_iter()
                    .map(|(start, end)| Some(message.slice(start..end)));
                resource.scopes.push(Scope {
                    metrics: metrics.collect(),
                    rest,
                });
            }
            pieces.resources.push(resource);
        }
        Ok(pieces)
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
        let metric = scope.metrics[place.metric].clone().unwrap_or_default();
        self.single_with(place, &metric)
    }

    /// The same with another metric in its place.
    ///
    /// # Panics
    /// When there is nothing at `place`.
    #[must_use]
    pub fn single_with(&self, place: Place, metric: &[u8]) -> Bytes {
        let resource = &self.resources[place.resource];
        let scope = &resource.scopes[place.scope];
        let mut out =
            Vec::with_capacity(resource.rest.len() + scope.rest.len() + metric.len() + 16);
        put_nested(&mut out, RESOURCES, |out| {
            out.extend_from_slice(&resource.rest);
            put_nested(out, SCOPES, |out| {
                out.extend_from_slice(&scope.rest);
                put_len(out, METRICS, metric);
            });
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
        let mut changed = single.resources.pop().unwrap_or_default();
        let resource = &mut self.resources[place.resource];
        resource.rest = changed.rest;
        let mut changed = changed.scopes.pop().unwrap_or_default();
        let scope = &mut resource.scopes[place.scope];
        scope.rest = changed.rest;
        let metric = changed.metrics.pop().flatten();
        self.metric_bytes += metric.as_ref().map_or(0, Bytes::len);
        scope.metrics[place.metric] = metric;
        Ok(())
    }

    /// Appends a metric to the scope of another one.
    ///
    /// # Panics
    /// When there is nothing at `place`.
    pub fn append(&mut self, place: Place, metric: Bytes) {
        self.metric_bytes += metric.len();
        let scope = &mut self.resources[place.resource].scopes[place.scope];
        scope.metrics.push(Some(metric));
    }

    /// Bytes of all metrics that were put back or appended.
    #[must_use]
    pub fn metric_bytes(&self) -> usize {
        self.metric_bytes
    }

    /// The whole message.
    #[must_use]
    pub fn assemble(&self) -> Bytes {
        let mut out = self.rest.clone();
        for resource in &self.resources {
            put_nested(&mut out, RESOURCES, |out| {
                out.extend_from_slice(&resource.rest);
                for scope in &resource.scopes {
                    put_nested(out, SCOPES, |out| {
                        out.extend_from_slice(&scope.rest);
                        for metric in scope.metrics.iter().flatten() {
                            put_len(out, METRICS, metric);
                        }
                    });
                }
            });
        }
        out.into()
    }
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
                pieces.append(at, metric.expect("a metric"));
            }
            place = pieces.after(at);
        }
        assert_eq!(singles.len(), 4);
        assert_eq!(
            singles[1],
            r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"r","value":{"intValue":"1"}}]},"scopeMetrics":[{"scope":{"name":"a"},"metrics":[{"name":"m2"}],"schemaUrl":"s"}]}]}"#
        );
        let whole = MESSAGE.replace(r#"{"name":"m2"}"#, r#"{"name":"m2"},{"name":"m2"}"#);
        assert_eq!(text(&pieces.assemble()), whole);
    }
}

//! What is known of the request that brought a message: who sent it, and with which metadata.
//!
//! It is no part of the message and comes from whoever runs programs, with each run. Programs read it
//! through the paths that begin with [`REQUEST`](crate::path::REQUEST) and never write it.
//!
//! Facts are from pkg/ottl/contexts/internal/ctxotelcol and the package `client` of the Collector.

use otlp_columns::{Batch, Heap, Value};

use crate::Literal;
use crate::compose::literal;
use crate::path::RequestPart;

/// What is known of the request that brought a message.
///
/// Keys of metadata are kept in lower case, and found in whatever case they are asked for.
///
/// ```
/// use ottl_vm::Request;
///
/// let request = Request::default()
///     .with_address("192.0.2.7:51012")
///     .with_metadata("X-Tenant", ["acme"]);
/// assert_eq!(request.address(), Some("192.0.2.7:51012"));
/// assert_eq!(request.metadata("x-tenant"), ["acme"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    address: Option<String>,
    /// None where there was no authenticator.
    auth: Option<Vec<(Vec<u8>, Literal)>>,
    metadata: Vec<(String, Vec<String>)>,
    /// None where the request was no gRPC call.
    grpc_metadata: Option<Vec<(String, Vec<String>)>>,
}

impl Request {
    /// The same request from a client at an address, such as `192.0.2.7:51012`.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// The same request with more values for a key of the client's metadata, such as a header.
    #[must_use]
    pub fn with_metadata<V: Into<String>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        extend(&mut self.metadata, key, values);
        self
    }

    /// The same request with more values for a key of the metadata of a gRPC call.
    #[must_use]
    pub fn with_grpc_metadata<V: Into<String>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        extend(self.grpc_metadata.get_or_insert_default(), key, values);
        self
    }

    /// The same request, which is a gRPC call, with or without metadata.
    #[must_use]
    pub fn with_call(mut self) -> Self {
        self.grpc_metadata.get_or_insert_default();
        self
    }

    /// The same request, which an authenticator let in, whatever it found out.
    #[must_use]
    pub fn with_authentication(mut self) -> Self {
        self.auth.get_or_insert_default();
        self
    }

    /// The same request with another attribute that an authenticator found out, in place of one
    /// with the same name.
    #[must_use]
    pub fn with_auth_attribute(mut self, name: impl Into<Vec<u8>>, value: Literal) -> Self {
        let name = name.into();
        let attributes = self.auth.get_or_insert_default();
        match attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => attributes.push((name, value)),
        }
        self
    }

    /// The address of the client.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The values of a key of the client's metadata, in whatever case it is written.
    #[must_use]
    pub fn metadata(&self, key: &str) -> &[String] {
        values(&self.metadata, key)
    }

    /// The values of a key of the metadata of the gRPC call, in whatever case it is written.
    #[must_use]
    pub fn grpc_metadata(&self, key: &str) -> &[String] {
        values(self.grpc_metadata.as_deref().unwrap_or_default(), key)
    }

    /// Puts the values into the heap of a batch, where programs find them.
    pub(crate) fn hand_over(&self, batch: &mut Batch) {
        let heap = batch.heap_mut();
        let mut asides = [Value::Nil; 4];
        if let Some(address) = &self.address {
            asides[RequestPart::Address as usize] = heap.alloc_str(address);
        }
        if let Some(auth) = &self.auth {
            let attributes = Literal::Map(auth.clone());
            asides[RequestPart::Auth as usize] = literal(heap, &attributes);
        }
        asides[RequestPart::Metadata as usize] = lists(heap, &self.metadata);
        if let Some(metadata) = &self.grpc_metadata {
            asides[RequestPart::GrpcMetadata as usize] = lists(heap, metadata);
        }
        batch.set_asides(asides.to_vec());
    }
}

fn extend<V: Into<String>>(
    metadata: &mut Vec<(String, Vec<String>)>,
    key: &str,
    values: impl IntoIterator<Item = V>,
) {
    let key = folded(key);
    let values = values.into_iter().map(Into::into);
    match metadata.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => known.extend(values),
        None => metadata.push((key, values.collect())),
    }
}

fn values<'m>(metadata: &'m [(String, Vec<String>)], key: &str) -> &'m [String] {
    let key = folded(key);
    let found = metadata.iter().find(|(known, _)| *known == key);
    found.map_or(&[], |(_, values)| values)
}

fn lists(heap: &mut Heap, metadata: &[(String, Vec<String>)]) -> Value {
    let text = |value: &String| Literal::String(value.clone().into_bytes());
    let entries = metadata.iter().map(|(key, values)| {
        let values = values.iter().map(text).collect();
        (key.clone().into_bytes(), Literal::List(values))
    });
    literal(heap, &Literal::Map(entries.collect()))
}

/// A key in lower case, letter by letter as Go does it: no letter becomes two.
pub(crate) fn folded(key: &str) -> String {
    let fold = |letter: char| letter.to_lowercase().next().unwrap_or(letter);
    key.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_one_in_every_case() {
        let request = Request::default()
            .with_metadata("X-A", ["1"])
            .with_metadata("x-a", ["2"])
            .with_grpc_metadata("İ", ["3"]);
        assert_eq!(request.metadata("X-a"), ["1", "2"]);
        assert_eq!(request.grpc_metadata("i"), ["3"]);
        assert!(request.metadata("none").is_empty());
        assert!(request.grpc_metadata("none").is_empty());
    }

    #[test]
    fn of_equal_attributes_the_last_counts() {
        let one = Request::default().with_auth_attribute("a", Literal::Int(1));
        let two = one.clone().with_auth_attribute("a", Literal::Int(2));
        assert_eq!(
            two,
            Request::default().with_auth_attribute("a", Literal::Int(2))
        );
        assert_ne!(one, two);
    }
}

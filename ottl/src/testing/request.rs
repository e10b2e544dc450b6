//! What a test says of the request that brings the message.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottl_syntax::{Code, Span};
use ottl_vm::Request;
use serde_json::{Map, Value as Json};

use super::fields::Reader;
use super::{Files, Settings, data};
use crate::config::yaml::{Node, NodeKind, Resolved};
use crate::request::{request_from, request_from_json};

/// What is known of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestRef {
    /// As it stands in the test file.
    Inline(Request),
    /// A file with it, as `ottlc run --otelcol` takes it.
    File {
        /// The path, as it is written.
        path: String,
        /// Where that stands in the test file.
        span: Span,
    },
}

/// What is below `otelcol`: the shape of the paths, or a file with it.
pub(super) fn read(reader: &mut Reader, node: Node<'_>) -> Option<RequestRef> {
    match node.kind() {
        NodeKind::Scalar(Resolved::String(path)) if !path.is_empty() => Some(RequestRef::File {
            path: path.to_owned(),
            span: node.span(),
        }),
        NodeKind::Mapping => match request_from(&json(node)) {
            Ok(request) => Some(RequestRef::Inline(request)),
            Err(error) => {
                let place = error.place().try_fold(node, |node, name| entry(node, name));
                let span = place.unwrap_or(node).span();
                reader.error_with_note(
                    Code::WrongShape,
                    span,
                    format!("This does not describe a request: {error}"),
                    "Its form is `{client: {metadata: {key: [value]}}}`; docs/otelcol.md has all of it.",
                );
                None
            }
        },
        _ => {
            let expected = "what is known of a request, or the path of a file with it";
            reader.problems.wrong_shape(node, "`otelcol`", expected);
            None
        }
    }
}

/// What is below `client_metadata`: a value or a list of values for each key.
pub(super) fn metadata(
    reader: &mut Reader,
    node: Node<'_>,
    metadata: &mut BTreeMap<String, Vec<String>>,
) {
    let Some(fields) = reader.problems.mapping(node, "`client_metadata`") else {
        return;
    };
    for (key, _, value) in fields.all() {
        let values = reader.some(value).into_iter();
        let values = values.filter_map(|value| reader.scalar(value, "A value of metadata"));
        metadata.insert(key.to_owned(), values.collect());
    }
}

/// What is known of the request in a case; nothing when nothing was said.
///
/// # Errors
/// A sentence, and the place in the test file.
pub(super) fn known(
    settings: &Settings,
    files: &dyn Files,
) -> Result<Option<Arc<Request>>, (String, Span)> {
    let request = match &settings.otelcol {
        None if settings.client_metadata.is_empty() => return Ok(None),
        None => Request::default(),
        Some(RequestRef::Inline(request)) => request.clone(),
        Some(RequestRef::File { path, span }) => {
            let text = files.text(path).map_err(|error| (error, *span))?;
            request_from_json(text.as_bytes()).map_err(|error| {
                let name = files.name(path);
                (
                    format!("{name} does not describe a request: {error}"),
                    *span,
                )
            })?
        }
    };
    let metadata = settings.client_metadata.iter();
    let request = metadata.fold(request, |request, (key, values)| {
        request.with_metadata(key, values.clone())
    });
    Ok(Some(Arc::new(request)))
}

fn entry<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    let mut entries = node.entries();
    let is_named = |(key, _): &(Node<'_>, _)| key.scalar().is_some_and(|key| key.value == name);
    entries.find(is_named).map(|(_, value)| value)
}

/// A node as JSON, which YAML may do no more than nest.
fn json(node: Node<'_>) -> Json {
    match node.kind() {
        NodeKind::Scalar(scalar) => {
            serde_json::from_str(&data::scalar_json(scalar)).unwrap_or_default()
        }
        NodeKind::Sequence => node.items().map(json).collect(),
        NodeKind::Mapping => {
            let entries = node.entries();
            let entry = |(key, value): (Node<'_>, _)| {
                let key = key.scalar().map_or("", |key| key.value.as_str());
                (key.to_owned(), json(value))
            };
            Json::Object(entries.map(entry).collect::<Map<_, _>>())
        }
    }
}

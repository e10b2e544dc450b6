//! What is known of a request, as JSON.

use std::fmt;

use ottl_vm::{Literal, Request};
use serde_json::{Map, Value as Json};

/// Why a text does not describe a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    /// Where in the text, such as `client.metadata`; empty for the whole.
    place: String,
    /// What is wrong there, as a sentence.
    message: String,
}

impl RequestError {
    /// The names that lead to what is wrong.
    pub(crate) fn place(&self) -> impl Iterator<Item = &str> {
        let names = self.place.split('.');
        names.filter(|name| !name.is_empty())
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.message),
            place => write!(f, "`{place}`: {}", self.message),
        }
    }
}

impl std::error::Error for RequestError {}

/// Reads what is known of a request from JSON that is laid out like the paths that lead to it. All of
/// it is optional:
///
/// ```
/// let request = ottl::request_from_json(
///     br#"{
///         "client": {
///             "addr": "192.0.2.7:51012",
///             "metadata": {"x-tenant": ["acme"], "user-agent": "probe/1"},
///             "auth": {"attributes": {"subject": "ann", "level": 3}}
///         },
///         "grpc": {"metadata": {"x-tenant": ["acme"]}}
///     }"#,
/// )?;
/// assert_eq!(request.metadata("X-Tenant"), ["acme"]);
/// # Ok::<(), ottl::RequestError>(())
/// ```
///
/// # Errors
/// When the text is not JSON, or has something that is no part of a request.
pub fn request_from_json(text: &[u8]) -> Result<Request, RequestError> {
    let whole = serde_json::from_slice(text);
    let whole: Json = whole.map_err(|error| wrong("", format!("This is not JSON: {error}.")))?;
    request_from(&whole)
}

/// The same, from what was read already.
pub(crate) fn request_from(whole: &Json) -> Result<Request, RequestError> {
    let mut request = Request::default();
    for (name, part) in object("", whole, &["client", "grpc"])? {
        match name.as_str() {
            "client" => request = client(request, part)?,
            _ => {
                // Its presence alone says that the request was a call.
                request = request.with_call();
                for (_, metadata) in object("grpc", part, &["metadata"])? {
                    let place = "grpc.metadata";
                    for (key, values) in any_object(place, metadata)? {
                        request = request.with_grpc_metadata(key, strings(place, key, values)?);
                    }
                }
            }
        }
    }
    Ok(request)
}

fn client(mut request: Request, client: &Json) -> Result<Request, RequestError> {
    for (name, part) in object("client", client, &["addr", "auth", "metadata"])? {
        match name.as_str() {
            "addr" => {
                let address = part.as_str();
                let address = address
                    .ok_or_else(|| wrong("client.addr", "An address is a string.".to_owned()))?;
                request = request.with_address(address);
            }
            "auth" => {
                request = request.with_authentication();
                for (_, attributes) in object("client.auth", part, &["attributes"])? {
                    for (key, value) in any_object("client.auth.attributes", attributes)? {
                        request = request.with_auth_attribute(key.as_str(), literal(value));
                    }
                }
            }
            _ => {
                let place = "client.metadata";
                for (key, values) in any_object(place, part)? {
                    request = request.with_metadata(key, strings(place, key, values)?);
                }
            }
        }
    }
    Ok(request)
}

/// The fields of an object that has only those that are known.
fn object<'j>(
    place: &str,
    json: &'j Json,
    known: &[&str],
) -> Result<&'j Map<String, Json>, RequestError> {
    let fields = any_object(place, json)?;
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(wrong(
            place,
            format!("There is no `{name}` here, only {}.", known.join(", ")),
        )),
        None => Ok(fields),
    }
}

fn any_object<'j>(place: &str, json: &'j Json) -> Result<&'j Map<String, Json>, RequestError> {
    json.as_object()
        .ok_or_else(|| wrong(place, "Write an object in braces here.".to_owned()))
}

/// One string, or a list of them.
fn strings(place: &str, key: &str, json: &Json) -> Result<Vec<String>, RequestError> {
    let elements = match json {
        Json::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts = elements.iter().map(|element| element.as_str());
    let texts = texts.map(|text| text.map(str::to_owned));
    texts.collect::<Option<_>>().ok_or_else(|| {
        let message = format!("The value of `{key}` is a string or a list of strings.");
        wrong(place, message)
    })
}

/// A value of an attribute. Numbers without a fraction are integers where they fit.
fn literal(json: &Json) -> Literal {
    match json {
        Json::Null => Literal::Nil,
        Json::Bool(value) => Literal::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => Literal::Int(value),
            None => Literal::Double(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Literal::String(text.clone().into_bytes()),
        Json::Array(elements) => Literal::List(elements.iter().map(literal).collect()),
        Json::Object(fields) => {
            let entry = |(key, value): (&String, &Json)| (key.clone().into_bytes(), literal(value));
            Literal::Map(fields.iter().map(entry).collect())
        }
    }
}

fn wrong(place: &str, message: String) -> RequestError {
    RequestError {
        place: place.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        request_from_json(text.as_bytes())
            .expect_err(text)
            .to_string()
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert!(problem("{").starts_with("This is not JSON: "));
        assert_eq!(problem("[]"), "Write an object in braces here.");
        assert_eq!(
            problem(r#"{"clent": {}}"#),
            "There is no `clent` here, only client, grpc."
        );
        assert_eq!(
            problem(r#"{"client": {"metadata": {"a": 1}}}"#),
            "`client.metadata`: The value of `a` is a string or a list of strings."
        );
        assert_eq!(
            problem(r#"{"client": {"addr": 1}}"#),
            "`client.addr`: An address is a string."
        );
        assert_eq!(
            problem(r#"{"grpc": {"metadata": []}}"#),
            "`grpc.metadata`: Write an object in braces here."
        );
    }

    #[test]
    fn everything_is_read() {
        let text = r#"{"client": {"addr": "a:1", "metadata": {"K": "v", "l": ["1", "2"]},
            "auth": {"attributes": {"n": null, "d": 1.5, "m": {"x": [true]}}}},
            "grpc": {"metadata": {}}}"#;
        let map = vec![(b"x".to_vec(), Literal::List(vec![Literal::Bool(true)]))];
        let expected = Request::default()
            .with_address("a:1")
            .with_metadata("k", ["v"])
            .with_metadata("l", ["1", "2"])
            .with_auth_attribute("d", Literal::Double(1.5))
            .with_auth_attribute("m", Literal::Map(map))
            .with_auth_attribute("n", Literal::Nil)
            .with_call();
        assert_eq!(request_from_json(text.as_bytes()), Ok(expected));
        assert_eq!(request_from_json(b"{}"), Ok(Request::default()));
    }
}

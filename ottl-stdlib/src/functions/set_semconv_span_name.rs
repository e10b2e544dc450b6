//! `set_semconv_span_name(semconv_version, original_span_name_attribute?)`

use otlp_columns::{Field, Level, MapField, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Function, Home, Param, ParamKind,
    Signature, Type,
};

use crate::support::span_name;
use crate::support::version::Version;

/// The editor `set_semconv_span_name`.
pub(crate) struct SetSemconvSpanName;

static SIGNATURE: Signature = Signature {
    name: "set_semconv_span_name",
    params: &[
        Param::new("semconv_version", ParamKind::StringLiteral),
        Param::optional("original_span_name_attribute", ParamKind::StringLiteral),
    ],
    result: Type::Nil,
    fields: &[Field::SpanName, Field::SpanKind],
    docs: "Gives a span the name that the semantic conventions want for it.\n\n\
           The name is made of the attributes for HTTP, RPC, messaging and databases that spans of \
           the kind have, tried in this order; names of attributes from before the conventions were \
           stable are known as well. A span without them keeps its name. \
           `original_span_name_attribute` is the key of an attribute that gets the name of before, if \
           that was another. `semconv_version` is a version of the conventions from 1.37.0 to \
           1.43.0, which all want the same.",
    examples: &[
        Example {
            title: "A server's span with the name `op`",
            source: r#"set_semconv_span_name("1.37.0", "original")"#,
            attributes: r#"{"http.request.method":"GET","http.route":"/users/:id"}"#,
            result: r#"{"http.request.method":"GET","http.route":"/users/:id","original":"op"}"#,
        },
        Example {
            title: "A span that no convention is for",
            source: r#"set_semconv_span_name("1.37.0", "original")"#,
            attributes: r#"{"k":"v"}"#,
            result: r#"{"k":"v"}"#,
        },
        Example {
            title: "Another version",
            source: r#"set_semconv_span_name("1.36.0")"#,
            attributes: "{}",
            result: "rejected: The version 1.36.0 of the semantic conventions is not one from 1.37.0 to 1.43.0.",
        },
    ],
};

/// The versions that are known.
const FIRST: [u64; 3] = [1, 37, 0];
const LAST: [u64; 3] = [1, 43, 0];

impl Function for SetSemconvSpanName {
    fn signature(&self) -> &Signature {
        &SIGNATURE
    }

    fn home(&self) -> Home {
        Home::Transform
    }

    fn contexts(&self) -> &'static [Level] {
        &[Level::Span]
    }

    fn writes(&self) -> &'static [Field] {
        &[Field::SpanName]
    }

    fn maps(&self) -> &'static [MapField] {
        &[MapField::Span]
    }

    fn bind(&self, args: &BindArgs<'_>) -> Result<Bound, BindError> {
        check_version(args.string(0).unwrap_or_default())?;
        let original = args.string(1).map(<[u8]>::to_vec);
        if original.as_deref() == Some(b"") {
            let message = "The attribute for the original name of the span has an empty key.";
            return Err(BindError::param(1, message));
        }
        Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
            set_name(cx, original.as_deref()).map(|()| Value::Nil)
        }))
    }
}

fn check_version(text: &[u8]) -> Result<(), BindError> {
    let shown = text.escape_ascii();
    let Some(version) = Version::read(text) else {
        return Err(BindError::param(0, format!("{shown} is no version.")));
    };
    // A version before a release is older than the release.
    let is_known = (FIRST..=LAST).contains(&version.numbers)
        && !(version.numbers == FIRST && version.is_early);
    if !is_known {
        let message = format!(
            "The version {shown} of the semantic conventions is not one from 1.37.0 to 1.43.0."
        );
        return Err(BindError::param(0, message));
    }
    Ok(())
}

fn set_name(cx: &mut CallContext<'_>, original: Option<&[u8]>) -> Result<(), ExecError> {
    let mut name = cx.text();
    let (batch, position) = cx.batch();
    let row = position.row;
    span_name::derive(batch, row, &mut name)?;
    if name.is_empty() {
        return Ok(());
    }
    let name = cx.new_text(name);
    let (batch, _) = cx.batch();
    let old = batch.slice(Field::SpanName, row);
    if !batch.set_slice(Field::SpanName, row, name) {
        return Ok(());
    }
    if let Some(key) = original {
        batch.map_set(MapField::Span, row, key, Value::Str(old));
    }
    cx.note_change();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, Span, text};
    use serde_json::{Value as Json, json};

    /// A span with the name `op`.
    fn span(kind: u32, attributes: &[(&str, Json)]) -> Span {
        let entries: Vec<_> = attributes
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect();
        Span::otlp(&json!({"name": "op", "kind": kind, "attributes": entries}).to_string())
    }

    fn name(kind: u32, attributes: &[(&str, &str)]) -> Json {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(key, value)| (*key, json!({"stringValue": value})))
            .collect();
        let mut span = span(kind, &attributes);
        let result = span.call(&SetSemconvSpanName, &[text("1.40.0")]);
        assert_eq!(result, Ok(Json::Null));
        span.field("name")["string"].clone()
    }

    #[test]
    fn each_kind_has_its_conventions() {
        let all = [
            ("http.request.method", "GET"),
            ("http.route", "/r"),
            ("url.template", "/t"),
            ("messaging.system", "kafka"),
        ];
        for (kind, expected) in [
            (0, "op"),
            (1, "op"),
            (2, "GET /r"),
            (3, "GET /t"),
            (4, "kafka"),
            (5, "kafka"),
            (9, "op"),
        ] {
            assert_eq!(name(kind, &all), json!(expected), "{kind}");
        }
    }

    #[test]
    fn an_empty_name_leaves_the_next_convention_its_turn() {
        assert_eq!(
            name(2, &[("http.method", ""), ("rpc.system", "grpc")]),
            json!("grpc")
        );
        assert_eq!(
            name(2, &[("http.method", ""), ("http.route", "/")]),
            json!(" /")
        );
        assert_eq!(name(3, &[("rpc.system", "")]), json!("op"));
    }

    #[test]
    fn calls_have_service_and_method() {
        let system = ("rpc.system", "grpc");
        let (service, method) = (("rpc.service", "S"), ("rpc.grpc.method", "m"));
        assert_eq!(name(3, &[system, service, method]), json!("S/m"));
        assert_eq!(name(3, &[system, service]), json!("S/*"));
        assert_eq!(name(3, &[system, method]), json!("m"));
        assert_eq!(name(3, &[service, method]), json!("op"));
    }

    #[test]
    fn database_calls_have_operation_and_target() {
        let system = ("db.system", "pg");
        let operation = ("db.operation", "GET");
        let (namespace, collection) = (("db.name", "n"), ("db.collection.name", "c"));
        let (address, port) = (("server.address", "h"), ("server.port", "80"));
        for (attributes, expected) in [
            (
                vec![system, operation, namespace, collection, address],
                "GET n.c",
            ),
            (vec![system, operation, address, port], "GET h:80"),
            (vec![system, operation, port], "GET"),
            (vec![system, collection], "c"),
            (vec![system, namespace, ("db.collection.name", "")], "n."),
            (vec![system, ("db.stored_procedure.name", "p")], "p"),
            (vec![system, operation, ("db.query.summary", "s")], "s"),
            (vec![system], "pg"),
        ] {
            assert_eq!(name(3, &attributes), json!(expected), "{attributes:?}");
        }
    }

    #[test]
    fn messages_have_operation_and_destination() {
        let system = ("messaging.system", "kafka");
        let operation = ("messaging.operation", "send");
        let destination = ("messaging.destination", "d");
        for (attributes, expected) in [
            (vec![system, operation, destination], "send d"),
            (vec![system, operation], "send"),
            (vec![system, destination], "d"),
            (
                vec![system, destination, ("messaging.destination.template", "t")],
                "t",
            ),
            (
                vec![
                    system,
                    destination,
                    ("messaging.destination.temporary", "true"),
                ],
                "d",
            ),
            (vec![operation, destination], "op"),
        ] {
            assert_eq!(name(4, &attributes), json!(expected), "{attributes:?}");
        }
        for (key, expected) in [("temporary", "(temporary)"), ("anonymous", "(anonymous)")] {
            let key = format!("messaging.destination.{key}");
            let system = ("messaging.system", json!({"stringValue": "kafka"}));
            let mut span = span(5, &[system, (&key, json!({"boolValue": true}))]);
            assert!(span.call(&SetSemconvSpanName, &[text("1.40.0")]).is_ok());
            assert_eq!(span.field("name")["string"], json!(expected));
        }
    }

    #[test]
    fn the_name_of_before_is_kept_where_it_changed() {
        let method = ("http.request.method", json!({"stringValue": "GET"}));
        let args = [text("1.40.0"), text("was")];
        let mut span = span(2, &[method, ("was", json!({"intValue": "1"}))]);
        assert!(span.call(&SetSemconvSpanName, &args).is_ok());
        assert!(span.changed());
        assert_eq!(span.attributes()["was"], json!("op"));
        // The name is what it should be now.
        assert!(span.call(&SetSemconvSpanName, &args).is_ok());
        assert_eq!(span.attributes()["was"], json!("op"));
    }

    #[test]
    fn a_span_that_keeps_its_name_is_not_changed() {
        let mut span = span(2, &[("http.request.method", json!({"stringValue": "op"}))]);
        let result = span.call(&SetSemconvSpanName, &[text("1.40.0"), text("was")]);
        assert_eq!(result, Ok(Json::Null));
        assert!(!span.changed());
        assert_eq!(span.attributes(), json!({"http.request.method": "op"}));
    }

    #[test]
    fn versions_and_keys_are_checked_beforehand() {
        for version in ["1.37.0", "v1.38", "1.43", "1.43.0-rc.1", "1.37.1-0"] {
            assert!(check_version(version.as_bytes()).is_ok(), "{version}");
        }
        for version in [
            "",
            "latest",
            "1",
            "1.36.9",
            "1.37.0-rc.1",
            "1.43.1",
            "2.0.0",
        ] {
            assert!(check_version(version.as_bytes()).is_err(), "{version}");
        }
        let result = span(2, &[]).call(&SetSemconvSpanName, &[text("1.40.0"), text("")]);
        assert!(matches!(result, Err(Failure::Bind(_))));
    }
}

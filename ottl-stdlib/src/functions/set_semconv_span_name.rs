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

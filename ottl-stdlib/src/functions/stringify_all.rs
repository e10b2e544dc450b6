//! `stringify_all(target)`

use otlp_columns::{Entry, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, text};

use crate::support::plain::Plain;

/// The editor `stringify_all`.
pub(crate) const STRINGIFY_ALL: Plain = Plain {
    signature: &SIGNATURE,
    kernel: stringify_all,
};

static SIGNATURE: Signature = Signature {
    name: "stringify_all",
    params: &[Param::new("target", ParamKind::MapGetSetter)],
    result: Type::Nil,
    fields: &[],
    docs: "Makes text of all values of a map.\n\n\
           Bytes become base64, maps and lists JSON, and no value becomes no text.",
    examples: &[
        Example {
            title: "Numbers, lists and maps",
            source: "stringify_all(span.attributes)",
            attributes: r#"{"d":1.5,"i":1,"l":[1,"x"],"m":{"a":true},"s":"s"}"#,
            result: r#"{"d":"1.5","i":"1","l":"[1,\"x\"]","m":"{\"a\":true}","s":"s"}"#,
        },
        Example {
            title: "No value",
            source: r#"stringify_all(span.attributes)"#,
            attributes: r#"{"n":null}"#,
            result: r#"{"n":""}"#,
        },
    ],
};

fn stringify_all(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let map = cx.map(0)?;
    let is_string = |entry: &Entry| matches!(entry.value, Value::Str(_));
    if cx.heap().map(map).iter().all(is_string) {
        return cx.leave(0);
    }
    let mut entries = cx.heap().map(map).to_vec();
    for entry in &mut entries {
        if !is_string(entry) {
            let mut out = cx.text();
            text::attribute(cx.heap_mut(), entry.value, &mut out)?;
            *entry = Entry::new(entry.key, Value::Str(cx.new_text(out)));
        }
    }
    let entries = cx.heap_mut().alloc_map(&entries);
    cx.write_map(0, entries)?;
    Ok(Value::Nil)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span, attribute, attributes, edit};
    use serde_json::json;

    #[test]
    fn each_type_has_its_text() {
        let before = r#"{"bin":{"$bytes":"AQI="},"big":1e21,"small":1e-7,"whole":2.0,
            "neg":-5,"t":true,"deep":[{"b":{"$bytes":"AQ=="},"n":null}],"html":["<&>"]}"#;
        let after = json!({
            "bin": "AQI=", "big": "1e+21", "small": "1e-7", "whole": "2", "neg": "-5", "t": "true",
            "deep": r#"[{"b":"AQ==","n":null}]"#, "html": r#"["<&>"]"#,
        });
        assert_eq!(edit(&STRINGIFY_ALL, before, &[attributes()]), Ok(after));
    }

    #[test]
    fn strings_change_nothing() {
        let mut span = Span::new(r#"{"a":"x"}"#);
        assert!(span.call(&STRINGIFY_ALL, &[attributes()]).is_ok());
        assert!(!span.changed());
    }

    #[test]
    fn a_map_within_can_be_the_target() {
        let after = edit(&STRINGIFY_ALL, r#"{"m":{"a":1},"n":2}"#, &[attribute("m")]);
        assert_eq!(after, Ok(json!({"m": {"a": "1"}, "n": 2})));
        assert!(edit(&STRINGIFY_ALL, r#"{"m":1}"#, &[attribute("m")]).is_err());
    }
}

//! `ParseJSON(target)`

use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::by_key::ByKey;
use crate::support::json::{self, Open};
use crate::support::work;

/// The converter `ParseJSON`.
pub(crate) const PARSE_JSON: ByKey = ByKey {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ParseJSON",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Any,
    fields: &[],
    docs: "Reads JSON text that is an object or a list.\n\n\
           Every number becomes a double. Of entries with the same key the last one counts. \
           Text that is no JSON, that is a single value, or that nests too deep is an error.",
    examples: &[
        Example {
            title: "An object",
            source: r#"ParseJSON("{\"a\":1,\"b\":[true,null]}")"#,
            attributes: "{}",
            result: r#"{"map":{"a":{"double":1},"b":{"list":[{"bool":true},null]}}}"#,
        },
        Example {
            title: "An attribute",
            source: r#"ParseJSON(span.attributes["j"])["k"]"#,
            attributes: r#"{"j":"{\"k\":\"v\"}"}"#,
            result: r#"{"string":"v"}"#,
        },
        Example {
            title: "A single value",
            source: r#"ParseJSON("1")"#,
            attributes: "{}",
            result: "error: The JSON text is neither a list nor an object.",
        },
    ],
};

fn bind(_: &BindArgs<'_>, key: Option<&[u8]>) -> Result<Bound, BindError> {
    let key = key.map(<[u8]>::to_vec);
    Ok(Bound::remembering(
        move |open: &mut Open, cx: &mut CallContext<'_>| {
            let text = work::string(cx, 0)?;
            let max_depth = cx.limits().max_depth;
            json::parse(cx.heap_mut(), text, max_depth, key.as_deref(), open)
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Arg, Span, convert, text};
    use otlp_columns::Value;
    use serde_json::{Value as Json, json};

    fn parsed(source: &str) -> Option<Json> {
        convert(&PARSE_JSON, &[text(source)]).ok()
    }

    #[test]
    fn numbers_are_doubles_and_read_leniently() {
        let numbers = parsed("[0, -0, 01, 1., -.5, 1E2, 12345678901234567890]");
        let expected = json!({"list": [
            {"double": 0.0}, {"double": -0.0}, {"double": 1.0}, {"double": 1.0},
            {"double": -0.5}, {"double": 100.0}, {"double": 12_345_678_901_234_567_890.0}
        ]});
        assert_eq!(numbers, Some(expected));
        for wrong in [
            "[1e400]", "[-]", "[+1]", "[.5]", "[0x1]", "[1_0]", "[NaN]", "[1e]",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let twice = parsed(r#"{"a": 1, "b": 2, "a": {"c": 3}}"#);
        let expected = json!({"map": {"a": {"map": {"c": {"double": 3.0}}}, "b": {"double": 2.0}}});
        assert_eq!(twice, Some(expected));
        let many: Vec<_> = (0..100)
            .map(|at| format!("\"k{}\": {at}", at % 40))
            .collect();
        let many = parsed(&format!("{{{}}}", many.join(","))).expect("it is JSON");
        assert_eq!(many["map"].as_object().map(serde_json::Map::len), Some(40));
        assert_eq!(many["map"]["k19"], json!({"double": 99.0}));
        assert_eq!(many["map"]["k20"], json!({"double": 60.0}));
        assert_eq!(
            parsed("{null: 1}"),
            Some(json!({"map": {"": {"double": 1.0}}}))
        );
    }

    #[test]
    fn strings_are_unescaped() {
        let strings =
            parsed(r#"["\u00e9\/\b", "\ud83d\ude00", "\ud83d", "\ud83dx\udc00", "a\tb"]"#);
        let expected = json!({"list": [
            {"string": "é/\u{8}"}, {"string": "😀"}, {"string": "\u{fffd}"},
            {"string": "\u{fffd}x\u{fffd}"}, {"string": "a\tb"}
        ]});
        assert_eq!(strings, Some(expected));
        for wrong in [
            r#"["\x"]"#,
            r#"["\u12"]"#,
            r#"["\u12g4"]"#,
            r#"["a]"#,
            "[\"\0\"]",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn control_characters_and_invalid_bytes_pass() {
        let result = convert(&PARSE_JSON, &[text(b"[\"\n\xff\"]")]);
        assert_eq!(result, Ok(json!({"list": [{"string": "\n\u{fffd}"}]})));
        assert_eq!(parsed("{}\0 and more"), Some(json!({"map": {}})));
    }

    #[test]
    fn structure_is_strict() {
        for wrong in [
            "",
            "1",
            "\"a\"",
            "null",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "{\"a\" 1}",
            "{}x",
            "[",
            "{",
            "{\"a\":",
            "[tru]",
            "{1:2}",
            "[}",
            "{]",
            ",",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
        assert_eq!(parsed(" \t\r\n[ ] "), Some(json!({"list": []})));
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parsed(&nested(100)).is_some());
        assert!(parsed(&nested(101)).is_none());
        assert!(parsed(&"[".repeat(1 << 20)).is_none());
        let mut span = Span::new("{}");
        span.limits(|limits| limits.max_depth = 1);
        assert!(span.call(&PARSE_JSON, &[text("{\"a\":[]}")]).is_err());
        assert!(convert(&PARSE_JSON, &[Arg::Computed(|_| Value::Nil)]).is_err());
    }
}

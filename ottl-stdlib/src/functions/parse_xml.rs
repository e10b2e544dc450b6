//! `ParseXML(target)`

use otlp_columns::{Entry, Heap, ListKind, MapKind, Slice, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::blanks::trim;
use crate::support::maps::MapBuilder;
use crate::support::plain::Plain;
use crate::support::work;
use crate::support::xml::{Reader, Token};

/// The converter `ParseXML`.
pub(crate) const PARSE_XML: Plain = Plain {
    signature: &SIGNATURE,
    kernel: parse_xml,
};

static SIGNATURE: Signature = Signature {
    name: "ParseXML",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Map,
    fields: &[],
    docs: "Reads an XML element as a map.\n\n\
           `tag` is its name, `content` its text, `attributes` a map, `children` a list of the same \
           kind of maps; what an element does not have is left out. Names lose their prefix. White \
           space at the ends of texts is dropped, and so are comments, instructions and \
           declarations. Anything behind the element is an error.",
    examples: &[
        Example {
            title: "An element",
            source: r#"ParseXML("<a id=\"1\">hi<b/></a>")"#,
            attributes: "{}",
            result: r#"{"map":{"tag":{"string":"a"},"content":{"string":"hi"},"attributes":{"map":{"id":{"string":"1"}}},"children":{"list":[{"map":{"tag":{"string":"b"}}}]}}}"#,
        },
        Example {
            title: "An attribute",
            source: r#"ParseXML(span.attributes["x"])["children"][0]["content"]"#,
            attributes: r#"{"x":"<log><level> warn </level></log>"}"#,
            result: r#"{"string":"warn"}"#,
        },
        Example {
            title: "An element that does not end",
            source: r#"ParseXML("<a>")"#,
            attributes: "{}",
            result: "error: The XML text ends too early.",
        },
    ],
};

fn parse_xml(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let text = work::string(cx, 0)?;
    // An element is a map in a list.
    let max_depth = cx.limits().max_depth.div_ceil(2);
    let text = cx.bytes(text).to_vec();
    let mut reader = Reader::new(&text, false);
    let mut open: Vec<Element> = Vec::new();
    while let Some(token) = reader.next()? {
        match token {
            Token::Start(name) => {
                if reader.depth() > max_depth {
                    return Err(ExecError::new("The XML text is nested too deep."));
                }
                cx.spend(1 + reader.attributes().len() as u64)?;
                let heap = cx.heap_mut();
                let tag = heap.alloc(reader.bytes(name.local));
                open.push(Element::new(tag, &reader, heap));
            }
            Token::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.extend_from_slice(trim(reader.bytes(text)));
                }
            }
            Token::End => {
                let Some(element) = open.pop() else {
                    continue;
                };
                let value = element.value(cx.heap_mut());
                match open.last_mut() {
                    Some(parent) => parent.children.push(value),
                    None if reader.is_at_end() => return Ok(value),
                    None => return Err(ExecError::new("Something follows the XML element.")),
                }
            }
            Token::Comment(_) | Token::Instruction(..) | Token::Directive(_) => {}
        }
    }
    Err(ExecError::new("The XML text has no element."))
}

/// An element that is open.
struct Element {
    tag: Slice,
    text: Vec<u8>,
    attributes: MapBuilder,
    children: Vec<Value>,
}

impl Element {
    fn new(tag: Slice, reader: &Reader<'_>, heap: &mut Heap) -> Self {
        let mut attributes = MapBuilder::default();
        for attribute in reader.attributes() {
            let key = heap.alloc(reader.bytes(attribute.name.local));
            let value = Value::Str(heap.alloc(reader.bytes(attribute.value)));
            attributes.put(heap, Entry::new(key, value));
        }
        Self {
            tag,
            text: Vec::new(),
            attributes,
            children: Vec::new(),
        }
    }

    fn value(&self, heap: &mut Heap) -> Value {
        let mut entries = Vec::with_capacity(4);
        let mut put = |heap: &mut Heap, key: &[u8], value| {
            let key = heap.alloc(key);
            entries.push(Entry::new(key, value));
        };
        put(heap, b"tag", Value::Str(self.tag));
        if !self.text.is_empty() {
            let text = Value::Str(heap.alloc(&self.text));
            put(heap, b"content", text);
        }
        if !self.attributes.entries().is_empty() {
            let attributes = heap.alloc_map(self.attributes.entries());
            put(heap, b"attributes", Value::Map(MapKind::Map, attributes));
        }
        if !self.children.is_empty() {
            let children = heap.alloc_list(&self.children);
            put(heap, b"children", Value::List(ListKind::Slice, children));
        }
        Value::Map(MapKind::Map, heap.alloc_map(&entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span, convert, text};
    use serde_json::json;

    fn parsed(source: &str) -> Option<serde_json::Value> {
        convert(&PARSE_XML, &[text(source)]).ok()
    }

    #[test]
    fn names_lose_their_prefix() {
        let expected = json!({"map": {
            "tag": {"string": "a"},
            "attributes": {"map": {"x": {"string": "u"}, "k": {"string": "2"}}}
        }});
        let source = r#"<x:a xmlns:x="u" x:k="1" k="2"/>"#;
        assert_eq!(parsed(source), Some(expected));
    }

    #[test]
    fn texts_are_joined_without_the_space_around_them() {
        let expected = json!({"map": {
            "tag": {"string": "a"},
            "content": {"string": "x yz <"},
            "children": {"list": [{"map": {"tag": {"string": "b"}}}]}
        }});
        let source = "<!-- c --><a> x y <b></b> z <![CDATA[ < ]]></a>";
        let result = parsed(source).expect("it is XML");
        assert_eq!(result["map"]["content"], json!({"string": "x yz<"}));
        assert_eq!(result["map"]["children"], expected["map"]["children"]);
    }

    #[test]
    fn there_is_one_element_and_nothing_behind() {
        assert!(parsed("<?xml version='1.0'?>\n<a/>").is_some());
        for wrong in [
            "",
            " ",
            "x",
            "<!-- -->",
            "<a/> ",
            "<a/><b/>",
            "<a/><!-- -->",
            "</a>",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn other_encodings_are_an_error() {
        assert!(parsed(r#"<?xml version="1.0" encoding="UTF-8"?><a/>"#).is_some());
        assert_eq!(
            parsed(r#"<?xml version="1.0" encoding="latin1"?><a/>"#),
            None
        );
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parsed(&nested(50)).is_some());
        assert!(parsed(&nested(51)).is_none());
        assert!(parsed(&"<a>".repeat(1 << 16)).is_none());
        let mut span = Span::new("{}");
        span.limits(|limits| limits.max_depth = 1);
        assert!(span.call(&PARSE_XML, &[text("<a/>")]).is_ok());
        assert!(span.call(&PARSE_XML, &[text("<a><b/></a>")]).is_err());
    }
}

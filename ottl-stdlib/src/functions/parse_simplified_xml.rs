//! `ParseSimplifiedXML(target)`

use std::collections::HashMap;

use otlp_columns::{Entry, Heap, ListKind, MapKind, PoolRange, Value};
use ottl_vm::{CallContext, Example, ExecError, Param, ParamKind, Signature, Type, ValueKind};

use crate::support::plain::Plain;
use crate::support::xml::{self, Kind, NodeId, Span, Tree};

/// The converter `ParseSimplifiedXML`.
pub(crate) const PARSE_SIMPLIFIED_XML: Plain = Plain {
    signature: &SIGNATURE,
    kernel: parse_simplified_xml,
};

static SIGNATURE: Signature = Signature {
    name: "ParseSimplifiedXML",
    params: &[Param::new("target", ParamKind::Value(ValueKind::String))],
    result: Type::Map,
    fields: &[],
    docs: "Reads XML as nested maps of its elements.\n\n\
           An element that has no elements in it is its first text; another one is a map. Elements \
           that have the same name in one place become a list. Attributes, text beside elements, \
           empty elements and everything else are dropped.",
    examples: &[
        Example {
            title: "Elements with one name",
            source: r#"ParseSimplifiedXML("<log><id>1</id><id>2</id><user><name>jane</name></user></log>")"#,
            attributes: "{}",
            result: r#"{"map":{"log":{"map":{"id":{"list":[{"string":"1"},{"string":"2"}]},"user":{"map":{"name":{"string":"jane"}}}}}}}"#,
        },
        Example {
            title: "What is dropped",
            source: r#"ParseSimplifiedXML("<a x=\"1\">text<b>1</b><c/></a>")"#,
            attributes: "{}",
            result: r#"{"map":{"a":{"map":{"b":{"string":"1"}}}}}"#,
        },
        Example {
            title: "No XML",
            source: r#"ParseSimplifiedXML("a")"#,
            attributes: "{}",
            result: "error: The XML text has no element.",
        },
    ],
};

fn parse_simplified_xml(cx: &mut CallContext<'_>) -> Result<Value, ExecError> {
    let text = cx.string(0)?;
    let tree = xml::read(cx.heap(), cx.bytes(text))?;
    cx.spend(tree.len() as u64)?;
    let depth = cx.limits().max_depth;
    let entries = elements(cx.heap_mut(), &tree, tree.root(), depth)?;
    Ok(Value::Map(MapKind::Map, entries))
}

/// What the elements with one name become.
enum Content {
    One(Value),
    Many(Vec<Value>),
}

/// The entries for the elements in `parent`, whose values may nest `depth` levels.
fn elements(
    heap: &mut Heap,
    tree: &Tree,
    parent: NodeId,
    depth: usize,
) -> Result<PoolRange, ExecError> {
    let is_element = |&child: &NodeId| tree.node(child).kind == Kind::Element;
    let mut places: HashMap<&[u8], (usize, Option<usize>)> = HashMap::new();
    for child in tree.children(parent).filter(is_element) {
        places.entry(tree.data(child)).or_default().0 += 1;
    }
    let mut contents: Vec<(&[u8], Content)> = Vec::new();
    for child in tree.children(parent).filter(is_element) {
        if tree.node(child).first.is_none() {
            continue;
        }
        let name = tree.data(child);
        let Some((count, place)) = places.get_mut(name) else {
            continue;
        };
        let is_one = *count == 1;
        if !is_one && place.is_none() {
            *place = Some(contents.len());
            contents.push((name, Content::Many(Vec::new())));
        }
        let value = match leaf(tree, child) {
            Some(text) => Value::Str(heap.alloc(tree.bytes(text))),
            None => {
                let levels = if is_one { 1 } else { 2 };
                let Some(depth) = depth.checked_sub(levels) else {
                    return Err(ExecError::new("The XML text is nested too deep."));
                };
                let entries = elements(heap, tree, child, depth)?;
                if entries.len == 0 {
                    continue;
                }
                Value::Map(MapKind::Map, entries)
            }
        };
        match place.map(|place| &mut contents[place].1) {
            Some(Content::Many(values)) => values.push(value),
            _ => contents.push((name, Content::One(value))),
        }
    }
    let entries: Vec<_> = contents
        .iter()
        .map(|(name, content)| {
            let value = match content {
                Content::One(value) => *value,
                Content::Many(values) => Value::List(ListKind::Slice, heap.alloc_list(values)),
            };
            Entry::new(heap.alloc(name), value)
        })
        .collect();
    Ok(heap.alloc_map(&entries))
}

/// The first text of an element that has no elements, if it is not empty.
fn leaf(tree: &Tree, element: NodeId) -> Option<Span> {
    let mut text = None;
    for child in tree.children(element) {
        let child = tree.node(child);
        match child.kind {
            Kind::Element => return None,
            Kind::Text | Kind::Section => {
                text.get_or_insert(child.data);
            }
            _ => {}
        }
    }
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Span as TestSpan, convert, text};
    use serde_json::json;

    fn parsed(source: &str) -> Option<serde_json::Value> {
        convert(&PARSE_SIMPLIFIED_XML, &[text(source)]).ok()
    }

    #[test]
    fn a_list_may_be_empty() {
        let result = parsed("<a><b/><b><c/></b><d>1</d></a>");
        let expected = json!({"map": {"a": {"map": {"b": {"list": []}, "d": {"string": "1"}}}}});
        assert_eq!(result, Some(expected));
        assert_eq!(parsed("<a><b/><b/></a>"), Some(json!({"map": {}})));
    }

    #[test]
    fn the_first_text_counts() {
        let result = parsed("<a><b>1<!-- -->2</b><c><![CDATA[]]>x</c></a>");
        let expected = json!({"map": {"a": {"map": {"b": {"string": "1"}}}}});
        assert_eq!(result, Some(expected));
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}1{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parsed(&nested(101)).is_some());
        assert!(parsed(&nested(102)).is_none());
        let mut span = TestSpan::new("{}");
        span.limits(|limits| limits.max_depth = 1);
        let mut call = |source| span.call(&PARSE_SIMPLIFIED_XML, &[text(source)]);
        assert!(call("<a>1</a>").is_ok());
        assert!(call("<a><b>1</b></a>").is_ok());
        assert!(call("<a><b><c>1</c></b></a>").is_err());
        assert!(call("<r><a><b>1</b></a><a/></r>").is_err());
    }
}

//! `GetXML(target, x_path)`

use std::collections::HashSet;

use otlp_columns::{Slice, Value};
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature,
    TextBuilder, Type, ValueKind,
};

use crate::support::prepared::Prepared;
use crate::support::xml::{self, Kind, NodeId, Span, Tree};
use crate::support::xpath::{Selected, XPath};

/// The converter `GetXML`.
pub(crate) const GET_XML: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "GetXML",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("x_path", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "The elements, texts and attributes that an XPath selects, one behind the other.\n\n\
           Of attributes and sections of character data it is the text. What is selected is moved, \
           as in the reference: an element that was selected before an element in it has that as its \
           last child, and what follows. Where that would not end, each node is written once as it \
           stood.",
    examples: &[
        Example {
            title: "Elements",
            source: r#"GetXML("<a><b>1</b><c/><b>2</b></a>", "/a/b")"#,
            attributes: "{}",
            result: r#"{"string":"<b>1</b><b>2</b>"}"#,
        },
        Example {
            title: "Text",
            source: r#"GetXML(span.attributes["x"], "//level/text()")"#,
            attributes: r#"{"x":"<log><level>warn</level></log>"}"#,
            result: r#"{"string":"warn"}"#,
        },
        Example {
            title: "An attribute",
            source: r#"GetXML("<a id=\"1\"/>", "/a/@id")"#,
            attributes: "{}",
            result: r#"{"string":"1"}"#,
        },
        Example {
            title: "No XPath",
            source: r#"GetXML("<a/>", "/a[")"#,
            attributes: "{}",
            result: "rejected: The XPath expression `/a[` is not valid: a step of a path is missing.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let xpath = XPath::bind(args, 1, b"")?;
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.string(0)?;
        if target.len == 0 {
            return Ok(Value::Str(target));
        }
        let mut tree = xml::read(cx.heap(), cx.bytes(target))?;
        let selected = xpath.select(&tree, cx.heap(), cx.limits().max_string_bytes)?;
        let mut out = cx.text();
        write_moved(cx, target, &mut tree, &selected, &mut out)?;
        Ok(Value::Str(cx.new_text(out)))
    }))
}

/// What of a selected node is written.
enum Part {
    /// The node.
    Node(NodeId),
    /// A text.
    Text(Span),
}

fn part(tree: &Tree, selected: Selected) -> Option<Part> {
    if let Some(attribute) = selected.attribute(tree) {
        return Some(Part::Text(attribute.value));
    }
    let node = tree.node(selected.node);
    match node.kind {
        Kind::Element | Kind::Text => Some(Part::Node(selected.node)),
        Kind::Section => Some(Part::Text(node.data)),
        _ => None,
    }
}

/// Moves what is selected into a new document, and writes that.
fn write_moved(
    cx: &CallContext<'_>,
    target: Slice,
    tree: &mut Tree,
    selected: &[Selected],
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    cx.spend(selected.len() as u64)?;
    let parts: Vec<_> = selected.iter().filter_map(|&one| part(tree, one)).collect();
    let document = tree.add(Kind::Document, Span::default());
    for part in &parts {
        let node = match *part {
            Part::Node(node) => node,
            Part::Text(text) => tree.add(Kind::Text, text),
        };
        tree.append(document, node);
    }
    let Some(first) = tree.node(document).first else {
        return Ok(());
    };
    if parts.len() > 1 && xml::has_cycle(tree, first, cx.heap().meter())? {
        let mut tree = xml::read(cx.heap(), cx.bytes(target))?;
        return write_each(&mut tree, selected, out);
    }
    xml::write_children(tree, document, None, out)
}

/// Writes each node once.
fn write_each(
    tree: &mut Tree,
    selected: &[Selected],
    out: &mut TextBuilder,
) -> Result<(), ExecError> {
    let mut written = HashSet::new();
    for &selected in selected {
        if !written.insert(selected) {
            continue;
        }
        let node = match part(tree, selected) {
            None => continue,
            Some(Part::Node(node)) => node,
            Some(Part::Text(text)) => tree.add(Kind::Text, text),
        };
        xml::write_node(tree, node, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, Span as TestSpan, convert, text};

    fn get(document: &str, xpath: &str) -> String {
        let result = convert(&GET_XML, &[text(document), text(xpath)]);
        let result = result.expect("both are valid");
        result["string"].as_str().expect("a string").to_owned()
    }

    #[test]
    fn nodes_in_each_other_are_moved() {
        let nested = "<a><a><a>x</a></a></a>";
        assert_eq!(
            get(nested, "//a"),
            "<a><a><a>x</a></a><a>x</a></a><a><a>x</a></a><a>x</a>"
        );
        assert_eq!(
            get("<r><a><b/>x</a></r>", "//a | //b"),
            "<a><b></b></a><b></b>"
        );
    }

    #[test]
    fn what_would_not_end_is_written_as_it_stood() {
        assert_eq!(get("<c><b/></c>", "//b | //c"), "<b></b><c><b></b></c>");
        assert_eq!(get("<a><b/><b/></a>", "//b/.."), "<a><b></b><b></b></a>");
        assert_eq!(
            get(
                "<a x='1'><b y='2'><c/></b>t</a>",
                "//c | //@* | //text() | //b | /a"
            ),
            "<c></c>12t<b y=\"2\"><c></c></b><a x=\"1\"><b y=\"2\"><c></c></b>t</a>"
        );
    }

    #[test]
    fn nothing_is_empty() {
        assert_eq!(get("", "/a"), "");
        assert_eq!(get("<a/>", "/b"), "");
        assert_eq!(get("<a/>", "/"), "");
        assert_eq!(get("<a/>", "count(/a)"), "");
    }

    #[test]
    fn doubled_nodes_have_an_end() {
        let depth = 40;
        let nested = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        let mut span = TestSpan::new("{}");
        span.limits(|limits| limits.max_string_bytes = 1 << 16);
        let result = span.call(&GET_XML, &[text(nested), text("//a")]);
        let error = Failure::Exec("The text would be longer than 65536 bytes.".to_owned());
        assert_eq!(result, Err(error));
    }
}

//! `InsertXML(target, x_path, sub_document)`

use std::collections::HashSet;

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::prepared::Prepared;
use crate::support::xml::{self, Inserted, Kind, NodeId, Tree};
use crate::support::xpath::{Selected, XPath};

/// The converter `InsertXML`.
pub(crate) const INSERT_XML: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "InsertXML",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("x_path", ParamKind::StringLiteral),
        Param::new("sub_document", ParamKind::Value(ValueKind::String)),
    ],
    result: Type::String,
    fields: &[],
    docs: "A document with another one at the end of each element that an XPath selects.\n\n\
           Selecting anything but elements, or the document itself, is an error.",
    examples: &[
        Example {
            title: "Into an element",
            source: r#"InsertXML("<a><b/></a>", "/a", "<c>1</c>")"#,
            attributes: "{}",
            result: r#"{"string":"<a><b></b><c>1</c></a>"}"#,
        },
        Example {
            title: "Into several elements",
            source: r#"InsertXML(span.attributes["x"], "//b", "<c/>")"#,
            attributes: r#"{"x":"<a><b/><b/></a>"}"#,
            result: r#"{"string":"<a><b><c></c></b><b><c></c></b></a>"}"#,
        },
        Example {
            title: "Into an attribute",
            source: r#"InsertXML("<a x=\"1\"/>", "/a/@x", "<c/>")"#,
            attributes: "{}",
            result: "error: The XPath expression selects something that is no element.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let xpath = XPath::bind(args, 1, b"")?;
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.string(0)?;
        let tree = if target.len == 0 {
            Tree::new(Kind::Element)
        } else {
            xml::read(cx.heap(), cx.bytes(target))?
        };
        let sub_document = cx.string(2)?;
        let sub_document = xml::read(cx.heap(), cx.bytes(sub_document))?;
        let selected = xpath.select(&tree, cx.heap(), cx.limits().max_string_bytes)?;
        cx.spend(selected.len() as u64)?;
        let into = targets(&tree, &selected)?;
        let inserted = Inserted {
            tree: &sub_document,
            into: &into,
        };
        let mut out = cx.text();
        xml::write_children(&tree, tree.root(), Some(&inserted), &mut out)?;
        Ok(Value::Str(cx.new_text(out)))
    }))
}

/// The elements that are selected; each counts once.
fn targets(tree: &Tree, selected: &[Selected]) -> Result<HashSet<NodeId>, ExecError> {
    let target = |selected: &Selected| {
        let kind = tree.node(selected.node).kind;
        let is_target = matches!(kind, Kind::Element | Kind::Document);
        (is_target && selected.attribute(tree).is_none()).then_some(selected.node)
    };
    let targets: Option<_> = selected.iter().map(target).collect();
    targets
        .ok_or_else(|| ExecError::new("The XPath expression selects something that is no element."))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{Failure, convert, text};
    use serde_json::json;

    fn insert(document: &str, xpath: &str, sub: &str) -> Result<serde_json::Value, Failure> {
        convert(&INSERT_XML, &[text(document), text(xpath), text(sub)])
    }

    #[test]
    fn an_element_that_is_selected_twice_counts_once() {
        let result = insert("<a><b/><b/></a>", "//b/..", "<c/><d/>");
        assert_eq!(
            result,
            Ok(json!({"string": "<a><b></b><b></b><c></c><d></d></a>"}))
        );
        let result = insert("<a><b/></a>", "//b | //a", "<c/>");
        assert_eq!(
            result,
            Ok(json!({"string": "<a><b><c></c></b><c></c></a>"}))
        );
    }

    #[test]
    fn the_document_is_a_target() {
        let result = insert("<?xml version='1.0'?><a/>", "/", "<b/>");
        let expected = "<?xml version=\"1.0\"?><a></a><b></b>";
        assert_eq!(result, Ok(json!({ "string": expected })));
        assert_eq!(insert("", "/", "<b/>"), Ok(json!({"string": "<b></b>"})));
        assert_eq!(insert("", "/a", "<b/>"), Ok(json!({"string": ""})));
    }

    #[test]
    fn white_space_is_that_of_the_target() {
        let result = insert("<a xml:space='default'> x </a>", "/a", "<b> y </b>");
        let expected = r#"<a xml:space="default">x<b>y</b></a>"#;
        assert_eq!(result, Ok(json!({ "string": expected })));
    }

    #[test]
    fn both_documents_must_be_valid() {
        for (document, sub) in [("<a>", "<b/>"), ("<a/>", ""), ("<a/>", "<b>")] {
            let result = insert(document, "/a", sub);
            assert!(matches!(result, Err(Failure::Exec(_))), "{document} {sub}");
        }
    }
}

//! `RemoveXML(target, x_path)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::prepared::Prepared;
use crate::support::xml::{self, Kind, NodeAttribute, NodeId, Tree};
use crate::support::xpath::XPath;

/// The converter `RemoveXML`.
pub(crate) const REMOVE_XML: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "RemoveXML",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::new("x_path", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "A document without the elements, attributes, texts and comments that an XPath selects.\n\n\
           Attributes whose names have a prefix stay.",
    examples: &[
        Example {
            title: "An element",
            source: r#"RemoveXML("<a><b/><c>1</c></a>", "/a/b")"#,
            attributes: "{}",
            result: r#"{"string":"<a><c>1</c></a>"}"#,
        },
        Example {
            title: "An attribute",
            source: r#"RemoveXML(span.attributes["x"], "//@password")"#,
            attributes: r#"{"x":"<login user='jane' password='secret'/>"}"#,
            result: r#"{"string":"<login user=\"jane\"></login>"}"#,
        },
        Example {
            title: "No XML",
            source: r#"RemoveXML("<a>", "/a")"#,
            attributes: "{}",
            result: "error: The XML text ends too early.",
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
        cx.spend(selected.len() as u64)?;
        // Removing one attribute moves those behind it.
        let selected: Vec<_> = selected
            .iter()
            .map(|selected| (selected.node, selected.attribute(&tree)))
            .collect();
        for (node, attribute) in selected {
            remove(cx, &mut tree, node, attribute)?;
        }
        let mut out = cx.text();
        xml::write_children(&tree, tree.root(), None, &mut out)?;
        Ok(Value::Str(cx.new_text(out)))
    }))
}

fn remove(
    cx: &CallContext<'_>,
    tree: &mut Tree,
    node: NodeId,
    attribute: Option<NodeAttribute>,
) -> Result<(), ExecError> {
    match (attribute, tree.node(node).kind) {
        (Some(attribute), _) => {
            cx.spend(tree.attributes(node).len() as u64)?;
            tree.remove_attribute(node, attribute.local);
        }
        (None, Kind::Element | Kind::Comment | Kind::Section) => tree.remove(node),
        (None, Kind::Text) => tree.clear_text(node),
        (None, Kind::Document | Kind::Declaration | Kind::Directive | Kind::Instruction) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{convert, text};
    use serde_json::json;

    fn without(document: &str, xpath: &str) -> Option<serde_json::Value> {
        let result = convert(&REMOVE_XML, &[text(document), text(xpath)]);
        result.ok().map(|result| result["string"].clone())
    }

    #[test]
    fn each_kind_of_node_can_be_removed() {
        let document = "<a x='1' y='2'>t<!-- c --><b>u</b><![CDATA[d]]></a>";
        for (xpath, expected) in [
            ("//@*", "<a>t<!-- c --><b>u</b><![CDATA[d]]></a>"),
            ("//b", r#"<a x="1" y="2">t<!-- c --><![CDATA[d]]></a>"#),
            ("//text()", r#"<a x="1" y="2"><!-- c --><b></b></a>"#),
            (
                "//comment()",
                r#"<a x="1" y="2">t<b>u</b><![CDATA[d]]></a>"#,
            ),
            ("/a", ""),
            (
                "/",
                r#"<a x="1" y="2">t<!-- c --><b>u</b><![CDATA[d]]></a>"#,
            ),
        ] {
            assert_eq!(without(document, xpath), Some(json!(expected)), "{xpath}");
        }
    }

    #[test]
    fn attributes_with_a_prefix_stay() {
        let document = r#"<a xmlns:x="u" x:k="1" k="2"></a>"#;
        let expected = r#"<a xmlns:x="u" x:k="1"></a>"#;
        assert_eq!(without(document, "//@*"), Some(json!(expected)));
    }

    #[test]
    fn nodes_in_removed_nodes_do_not_matter() {
        assert_eq!(
            without("<a><b><b/></b>x</a>", "//b"),
            Some(json!("<a>x</a>"))
        );
        assert_eq!(without("<a><b/></a>", "//b/../b/.."), Some(json!("")));
    }
}

//! `ConvertAttributesToElementsXML(target, x_path?)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, Param, ParamKind, Signature, Type, ValueKind,
};

use crate::support::prepared::Prepared;
use crate::support::xml;
use crate::support::xpath::XPath;

/// The converter `ConvertAttributesToElementsXML`.
pub(crate) const CONVERT_ATTRIBUTES_TO_ELEMENTS_XML: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ConvertAttributesToElementsXML",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::optional("x_path", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "A document whose attributes are elements, the last ones in their elements.\n\n\
           Without an XPath these are all attributes. The elements have the names without prefix; an \
           attribute with a prefix stays as well.",
    examples: &[
        Example {
            title: "All attributes",
            source: r#"ConvertAttributesToElementsXML("<log id=\"1\"><b/></log>")"#,
            attributes: "{}",
            result: r#"{"string":"<log><b></b><id>1</id></log>"}"#,
        },
        Example {
            title: "Some of them",
            source: r#"ConvertAttributesToElementsXML(span.attributes["x"], "/log/@id")"#,
            attributes: r#"{"x":"<log id='1'><b id='2'/></log>"}"#,
            result: r#"{"string":"<log><b id=\"2\"></b><id>1</id></log>"}"#,
        },
        Example {
            title: "No XML",
            source: r#"ConvertAttributesToElementsXML("")"#,
            attributes: "{}",
            result: "error: The XML text has no element.",
        },
    ],
};

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let xpath = XPath::bind(args, 1, b"//@*")?;
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.string(0)?;
        let mut tree = xml::read(cx.heap(), cx.bytes(target))?;
        let selected = xpath.select(&tree, cx.heap(), cx.limits().max_string_bytes)?;
        cx.spend(selected.len() as u64)?;
        // Removing one attribute moves those behind it.
        let attributes: Vec<_> = selected
            .iter()
            .filter_map(|selected| Some((selected.node, selected.attribute(&tree)?)))
            .collect();
        for (element, attribute) in attributes {
            cx.spend(tree.attributes(element).len() as u64)?;
            tree.append_element(element, attribute.local, attribute.value);
            tree.remove_attribute(element, attribute.local);
        }
        let mut out = cx.text();
        xml::write_children(&tree, tree.root(), None, &mut out)?;
        Ok(Value::Str(cx.new_text(out)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{convert, text};

    fn converted(document: &str, xpath: &str) -> String {
        let args = [text(document), text(xpath)];
        let result = convert(&CONVERT_ATTRIBUTES_TO_ELEMENTS_XML, &args).expect("both are valid");
        result["string"].as_str().expect("a string").to_owned()
    }

    #[test]
    fn attributes_with_a_prefix_stay() {
        let document = r#"<a xmlns:x="u" x:k="1" k="&lt;"/>"#;
        let expected = r#"<a xmlns:x="u" x:k="1"><x>u</x><k>1</k><k>&lt;</k></a>"#;
        assert_eq!(converted(document, ""), expected);
    }

    #[test]
    fn other_nodes_stay_as_they_are() {
        let document = r#"<a x="1"><b></b></a>"#;
        assert_eq!(converted(document, "//b | /a"), document);
        assert_eq!(converted(document, "//b/../@x"), "<a><b></b><x>1</x></a>");
    }
}

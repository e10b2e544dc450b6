//! `ConvertTextToElementsXML(target, x_path?, element_name?)`

use otlp_columns::Value;
use ottl_vm::{
    BindArgs, BindError, Bound, CallContext, Example, ExecError, Param, ParamKind, Signature, Type,
    ValueKind,
};

use crate::support::prepared::Prepared;
use crate::support::xml::{self, Kind, NodeId, Span, Tree};
use crate::support::xpath::XPath;

/// The converter `ConvertTextToElementsXML`.
pub(crate) const CONVERT_TEXT_TO_ELEMENTS_XML: Prepared = Prepared {
    signature: &SIGNATURE,
    bind,
};

static SIGNATURE: Signature = Signature {
    name: "ConvertTextToElementsXML",
    params: &[
        Param::new("target", ParamKind::Value(ValueKind::String)),
        Param::optional("x_path", ParamKind::StringLiteral),
        Param::optional("element_name", ParamKind::StringLiteral),
    ],
    result: Type::String,
    fields: &[],
    docs: "A document whose texts are in elements of their own, where they are not yet.\n\n\
           That is all text beside elements or other text, in the elements that the XPath selects \
           and below them; without an XPath, in the whole document. The elements are called `value` \
           unless another name is given.",
    examples: &[
        Example {
            title: "Text beside an element",
            source: r#"ConvertTextToElementsXML("<a>x<b>y</b></a>")"#,
            attributes: "{}",
            result: r#"{"string":"<a><value>x</value><b>y</b></a>"}"#,
        },
        Example {
            title: "Another name, in one place",
            source: r#"ConvertTextToElementsXML(span.attributes["x"], "/r/a", "text")"#,
            attributes: r#"{"x":"<r><a>1<c/></a><b>2<c/></b></r>"}"#,
            result: r#"{"string":"<r><a><text>1</text><c></c></a><b>2<c></c></b></r>"}"#,
        },
        Example {
            title: "No XML",
            source: r#"ConvertTextToElementsXML("x")"#,
            attributes: "{}",
            result: "error: The XML text has no element.",
        },
    ],
};

/// How deep the reference goes below what is selected.
const MAX_DEPTH: usize = 10_000;

fn bind(args: &BindArgs<'_>) -> Result<Bound, BindError> {
    let xpath = XPath::bind(args, 1, b"/")?;
    let name = args.string(2).filter(|name| !name.is_empty());
    let name = name.unwrap_or(b"value").to_vec();
    Ok(Bound::kernel(move |cx: &mut CallContext<'_>| {
        let target = cx.string(0)?;
        let mut tree = xml::read(cx.heap(), cx.bytes(target))?;
        let selected = xpath.select(&tree, cx.heap(), cx.limits().max_string_bytes)?;
        let name = tree.push_bytes(&name);
        for selected in selected {
            if selected.attribute(&tree).is_none() {
                wrap_texts(cx, &mut tree, selected.node, name)?;
            }
        }
        let mut out = cx.text();
        xml::write_children(&tree, tree.root(), None, &mut out)?;
        Ok(Value::Str(cx.new_text(out)))
    }))
}

/// Wraps texts in `top` and in all elements below it.
fn wrap_texts(
    cx: &CallContext<'_>,
    tree: &mut Tree,
    top: NodeId,
    name: Span,
) -> Result<(), ExecError> {
    let mut pending = vec![(top, 0)];
    let mut children = Vec::new();
    while let Some((parent, depth)) = pending.pop() {
        if !matches!(tree.node(parent).kind, Kind::Element | Kind::Document) {
            continue;
        }
        if depth > MAX_DEPTH {
            return Err(ExecError::new("The XML text is nested too deep."));
        }
        children.clear();
        children.extend(tree.children(parent));
        cx.spend(1 + children.len() as u64)?;
        let (mut texts, mut elements) = (0, 0);
        for &child in &children {
            match tree.node(child).kind {
                Kind::Element => {
                    elements += 1;
                    pending.push((child, depth + 1));
                }
                Kind::Text => texts += 1,
                _ => {}
            }
        }
        if texts == 0 || texts + elements <= 1 {
            continue;
        }
        for &child in &children {
            if tree.node(child).kind == Kind::Text {
                tree.wrap_text(child, name);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::testing::{convert, text};

    fn converted(document: &str, xpath: &str, name: &str) -> String {
        let args = [text(document), text(xpath), text(name)];
        let result = convert(&CONVERT_TEXT_TO_ELEMENTS_XML, &args).expect("all are valid");
        result["string"].as_str().expect("a string").to_owned()
    }

    #[test]
    fn only_text_beside_something_is_wrapped() {
        assert_eq!(converted("<a>x</a>", "", ""), "<a>x</a>");
        assert_eq!(
            converted("<a>x<!-- -->y</a>", "", ""),
            "<a><value>x</value><!-- --><value>y</value></a>"
        );
        let section = "<a><![CDATA[x]]><b></b></a>";
        assert_eq!(converted(section, "", ""), section);
    }

    #[test]
    fn text_is_wrapped_once() {
        let expected = "<a><v>x</v><b><v>y</v><c></c></b></a>";
        assert_eq!(converted("<a>x<b>y<c/></b></a>", "//*", "v"), expected);
        assert_eq!(
            converted("<a>x<b>y<c/></b></a>", "//text() | //@* | /a", "v"),
            expected
        );
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        let call = |depth| convert(&CONVERT_TEXT_TO_ELEMENTS_XML, &[text(nested(depth))]);
        assert!(call(MAX_DEPTH).is_ok());
        assert!(call(MAX_DEPTH + 1).is_err());
    }
}

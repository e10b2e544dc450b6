//! Tests of whole expressions.

use std::sync::Arc;

use otlp_columns::{Heap, Meter, Stop};
use ottl_vm::{BindArg, Literal, Patterns};

use super::*;
use crate::support::xml;

fn compile(text: &str) -> Result<XPath, BindError> {
    let args = [BindArg::Literal(Literal::String(text.as_bytes().to_vec()))];
    let patterns = Patterns::default();
    XPath::bind(
        &BindArgs {
            args: &args,
            patterns: &patterns,
        },
        0,
        b"",
    )
}

/// The names and texts of what is selected.
fn select(document: &str, xpath: &str) -> Vec<String> {
    let xpath = compile(xpath).unwrap_or_else(|error| panic!("{xpath}: {}", error.message));
    let heap = Heap::scratch();
    let tree = xml::read(&heap, document.as_bytes()).expect("it is XML");
    let selected = xpath.select(&tree, &heap, 1 << 20).expect("it is cheap");
    let name = |selected: Selected| match selected.attribute(&tree) {
        Some(attribute) => tree.bytes(attribute.local).to_vec(),
        None => tree.data(selected.node).to_vec(),
    };
    let names = selected.into_iter().map(name);
    names
        .map(|name| String::from_utf8_lossy(&name).into_owned())
        .collect()
}

/// Whether a condition holds in a document.
fn holds(document: &str, condition: &str) -> bool {
    !select(document, &format!("/*[{condition}]")).is_empty()
}

const DOCUMENT: &str = "<r><a k='1'>x<b/></a><a k='2'><b/><c k='3'/></a><d>y</d></r>";

#[test]
fn axes_go_in_their_directions() {
    for (xpath, expected) in [
        ("/r/a", "a a"),
        ("//b", "b b"),
        ("//@k", "k k k"),
        ("//c/ancestor::*", "a r"),
        ("//c/ancestor-or-self::*", "c a r"),
        ("//c/..", "a"),
        ("//c/preceding-sibling::*", "b"),
        ("//a/following-sibling::*", "a d d"),
        ("//c/following::node()", "d y"),
        ("//c/preceding::*", "b a b"),
        ("/r/descendant::b", "b b"),
        ("/r/a[2]/*[last()]", "c"),
        ("/r/a[last()]/b", "b"),
        ("//a[b and c]", "a"),
        ("//text()", "x y"),
        ("/r/(a,d)", "a a d"),
        ("reverse(//d | //c)", "c d"),
        ("/namespace::x/a", ""),
    ] {
        assert_eq!(select(DOCUMENT, xpath).join(" "), expected, "{xpath}");
    }
}

#[test]
fn unions_have_each_node_once() {
    assert_eq!(select("<c><b/></c>", "//b | //c | //b"), ["b", "c"]);
}

#[test]
fn functions_compute() {
    for condition in [
        "count(a) = 2",
        "sum(//@k) = 6",
        "string(a/@k) = '1'",
        "name(a) = 'a'",
        "contains(d, 'y')",
        "starts-with(concat('a', d), 'ay')",
        "substring('hello', 2, 3) = 'ell'",
        "substring-before('a=b', '=') = 'a'",
        "normalize-space(' a  b ') = 'a b'",
        "translate('abc', 'ab', 'x') = 'xc'",
        "matches(d, '^y$')",
        "replace('ab', '(a)', '$1$1') = 'aab'",
        "string-join(a/@k, ',') = '1,2'",
        "round(2.5) = 3 and floor(-1.5) = -2 and ceiling(1.2) = 2",
        "7 mod 4 = 3 and 1 div 4 = 0.25 and - -2 = 2",
        "not(e) and not(true() = true())",
        "lower-case('ÀB') = 'àb'",
    ] {
        assert!(holds(DOCUMENT, condition), "{condition}");
    }
}

#[test]
fn where_the_reference_crashes_the_rules_of_xpath_hold() {
    for condition in [
        "starts-with(12, 1)",
        "contains(d, d)",
        "boolean() and boolean(a) != 0",
        "true() = 1",
        "true() > 0",
        "substring('hello', 2, 10) = 'ello'",
        "substring('hello', '2') = 'ello'",
        "string(sum('x')) = 'NaN'",
        "count(namespace::a) = 0",
        "not(namespace::a = 'x')",
        "//@k[name(/) = '']",
    ] {
        assert!(holds(DOCUMENT, condition), "{condition}");
    }
}

#[test]
fn what_follows_an_expression_is_not_read() {
    assert_eq!(select(DOCUMENT, "/r/d x ]"), ["d"]);
    assert!(compile("/r/d #").is_err());
}

#[test]
fn malformed_expressions_are_rejected() {
    for wrong in [
        "",
        "/a[",
        "a[]",
        "//",
        "a/",
        "@",
        "$x",
        "f()",
        "x::a",
        "'a",
        "a:",
        "count()",
        "true(",
        "matches(a, '(')",
        "not(matches(a, 1))",
        "concat('a')",
        "namespace::a",
        "a[namespace::b]",
        "a !",
        "1e",
        "#",
        "[",
        "a | ",
        "lower-case()",
    ] {
        let accepted = ["a !", "1e"].contains(&wrong);
        assert_eq!(compile(wrong).is_ok(), accepted, "{wrong}");
    }
}

#[test]
fn expressions_have_limits() {
    let wide = |count| vec!["a"; count].join("|");
    assert!(compile(&wide(199)).is_ok());
    assert!(compile(&wide(300)).is_err());
    assert!(compile(&"a/".repeat(1 << 15)).is_err());
    let nested = |open: &str, depth: usize| format!("{}a", open.repeat(depth));
    for open in ["(", "a[", "not(", "-("] {
        let error = compile(&nested(open, 3000)).err().expect("it is too deep");
        assert!(error.message.contains("levels deep"), "{open}");
    }
    let sequences = format!("a/{}", "(".repeat(3000));
    let error = compile(&sequences).err().expect("it is too deep");
    assert!(error.message.contains("levels deep"));
    let groups = format!("{}a{}", "(".repeat(60), ")".repeat(60));
    assert!(compile(&groups).is_ok());
    assert!(compile(&"-".repeat(10_000)).is_err());
}

#[test]
fn deep_plans_can_be_evaluated() {
    let document = format!("{}{}", "<a>".repeat(300), "</a>".repeat(300));
    for xpath in [
        format!("{}a", "a/".repeat(198)),
        format!("{}a", "a[1]/".repeat(98)),
        format!("{}a{}", "a[".repeat(60), "]".repeat(60)),
        format!("{}.{}", "not(".repeat(60), ")".repeat(60)),
        format!("a{}", "/..[a]".repeat(90)),
        vec!["a"; 199].join(" and "),
    ] {
        select(&document, &xpath);
    }
}

#[test]
fn work_is_counted() {
    let document = format!("<r>{}</r>", "<a>x</a>".repeat(2_000));
    let mut heap = Heap::scratch();
    let tree = xml::read(&heap, document.as_bytes()).expect("it is XML");
    for xpath in [
        "//a[last()]",
        "//a[position() = 1]",
        "//a/following::a",
        "//a[../a = 'y']",
        "//a | //a/preceding::a",
        "//a[count(../a) = 1]",
        "//a[contains(.., 'y')]",
    ] {
        heap.set_meter(Arc::new(Meter::new(100_000)));
        let xpath = compile(xpath).expect("it is valid");
        assert!(xpath.select(&tree, &heap, 1 << 20).is_err());
        assert_eq!(heap.meter().stopped(), Some(Stop::Work));
    }
}

#[test]
fn texts_are_limited() {
    let xpath = compile("/a[replace(replace(., 'x', 'xxxx'), 'x', 'xxxx')]").expect("it is valid");
    let heap = Heap::scratch();
    let tree = xml::read(&heap, b"<a>xxxx</a>").expect("it is XML");
    assert!(xpath.select(&tree, &heap, 64).is_ok());
    assert!(xpath.select(&tree, &heap, 63).is_err());
}

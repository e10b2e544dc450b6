//! Tests: documents are read and written as the reference does.

use otlp_columns::Heap;
use ottl_vm::TextBuilder;

use super::*;

fn written(document: impl AsRef<[u8]>) -> Option<String> {
    let heap = Heap::scratch();
    let tree = read(&heap, document.as_ref()).ok()?;
    let mut out = TextBuilder::new(&heap, usize::MAX);
    write_children(&tree, tree.root(), None, &mut out).expect("it is short");
    Some(String::from_utf8_lossy(out.bytes()).into_owned())
}

#[test]
fn text_is_escaped_as_html() {
    let document = "<a k='&quot;&lt;'>&#x41;&amp;&apos;\r\n&gt;</a>";
    let expected = "<a k=\"&#34;&lt;\">A&amp;&#39;\n&gt;</a>";
    assert_eq!(written(document).as_deref(), Some(expected));
}

#[test]
fn a_declaration_stays_only_if_it_stands_first() {
    let declared = "<?xml version=\"1.0\" standalone='yes'?>\n<a/>";
    let expected = "<?xml version=\"1.0\" standalone=\"yes\"?>\n<a></a>";
    assert_eq!(written(declared).as_deref(), Some(expected));
    assert_eq!(written("<a/>").as_deref(), Some("<a></a>"));
    // What comes first is taken for one.
    assert_eq!(written("<?x y?><a/>").as_deref(), Some("<a></a>"));
    let stylesheet = "<?xml-stylesheet href='x'?><a/>";
    let expected = "<?xml-stylesheet href='x'?><a></a>";
    assert_eq!(written(stylesheet).as_deref(), Some(expected));
}

#[test]
fn what_stands_before_the_root_is_beside_the_document() {
    assert_eq!(
        written("<!-- x --> <!DOCTYPE a><a/>").as_deref(),
        Some("<a></a>")
    );
    let behind = "<a></a><!-- x --><?y z?>";
    assert_eq!(written(behind).as_deref(), Some(behind));
}

#[test]
fn sections_of_character_data_stay() {
    let document = "<a>x<![CDATA[<&]]>y<![CDATA[]]></a>";
    assert_eq!(written(document).as_deref(), Some(document));
    // The reference tells them by how they begin.
    let no_section = "<a>![CDATA[x</a>";
    assert_eq!(
        written(no_section).as_deref(),
        Some("<a><![CDATA[![CDATA[x]]></a>")
    );
}

#[test]
fn prefixes_stay_where_they_are_known() {
    let document = r#"<x:a xmlns:x="u" x:k="1" xml:lang="en"><x:b></x:b></x:a>"#;
    assert_eq!(written(document).as_deref(), Some(document));
    // Of several prefixes for one namespace the last one counts.
    let several = r#"<x:a xmlns:x="u" xmlns:y="u" x:k="1"></x:a>"#;
    let expected = r#"<a xmlns:x="u" xmlns:y="u" y:k="1"></a>"#;
    assert_eq!(written(several).as_deref(), Some(expected));
    assert_eq!(written("<x:a/>"), None);
}

#[test]
fn encodings_are_followed() {
    let document = b"<?xml version=\"1.0\" encoding=\"latin1\"?><a>\xe9</a>";
    let expected = "<?xml version=\"1.0\" encoding=\"latin1\"?><a>é</a>";
    assert_eq!(written(document).as_deref(), Some(expected));
    assert_eq!(written(r#"<?xml encoding="none"?><a/>"#), None);
    let often = r#"<?xml encoding="latin1"?>"#.repeat(3);
    assert_eq!(written(format!("{often}<a/>")), None);
}

#[test]
fn a_doctype_is_not_looked_into() {
    let bomb = "<a><!DOCTYPE a [<!ENTITY x \"]>\"><!-- ' --> <!ENTITY y '&x;&x;'>]></a>";
    let expected = "<a><!DOCTYPE a [<!ENTITY x \"]>\">  <!ENTITY y '&x;&x;'>]></a>";
    assert_eq!(written(bomb).as_deref(), Some(expected));
    assert_eq!(written("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), None);
}

#[test]
fn documents_are_well_formed() {
    for wrong in [
        "",
        "a",
        "<a>",
        "</a>",
        "<a></b>",
        "<a b></a>",
        "<a b=c></a>",
        "<a b='<'></a>",
        "<a b='",
        "<a / >",
        "<a>&b;</a>",
        "<a>&amp</a>",
        "<a>&#0;</a>",
        "<a>&#x110000;</a>",
        "<a>]]></a>",
        "<a>\u{1}</a>",
        "<a>\u{ffff}</a>",
        "<a><![CDATA[</a>",
        "<a><![cdata[]]></a>",
        "<a><!-- -- --></a>",
        "<a><!- --></a>",
        "<1/>",
        "<a:b:c/>",
        "<?xml version='1.1'?><a/>",
        "<? x?><a/>",
        "<a></a b>",
        "<a><!b",
    ] {
        assert_eq!(written(wrong), None, "{wrong}");
    }
    assert_eq!(written(b"<a>\xff</a>"), None);
}

#[test]
fn depth_and_width_do_not_matter() {
    let count = 4_000;
    let nested = format!("{}{}", "<a>".repeat(count), "</a>".repeat(count));
    assert!(written(&nested) == Some(nested));
    let wide = format!("<a>{}</a>", "<b></b>x".repeat(count));
    assert!(written(&wide) == Some(wide));
    // Nodes take more than their text, and are limited like everything that a run makes.
    assert_eq!(written(format!("<a>{}</a>", "<b/>".repeat(1 << 18))), None);
}
